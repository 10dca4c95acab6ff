//! Answers belong to a kind of key and to a caller, those of older schemas too.

use super::{Fresh, contract, run, samples::at};
use crate::{
    Store,
    answers::{AnswerKey, StoredAnswer},
    keys::KeyRow,
};
use domain::id::KeyId;
use sqlx::query;

contract! {
    keys_of_two_kinds_or_callers_never_meet
    answers_of_before_go_to_whose_they_are
}

const TOOL: &str = "register_upsell";

fn own(caller: Option<u64>, key: &str) -> AnswerKey {
    AnswerKey::Idempotency { caller: caller.map(KeyId::from_bits), key: key.to_owned() }
}

async fn body_of(store: &Store, tool: &str, key: &AnswerKey) -> Option<String> {
    let mut tx = store.read().await.unwrap();
    let answer = tx.answer(tool, key).await.unwrap();
    tx.rollback().await.unwrap();
    answer.map(|stored| stored.answer)
}

async fn keys_of_two_kinds_or_callers_never_meet(fresh: &Fresh) {
    let natural = |key: &str| AnswerKey::Natural(key.to_owned());
    let keys = [
        natural("salesforce:006-A"),
        AnswerKey::Change("salesforce:006-A".to_owned()),
        own(None, "salesforce:006-A"),
        own(Some(1), "salesforce:006-A"),
        own(Some(2), "salesforce:006-A"),
        own(Some(1), "006-A"),
        natural("006-A"),
    ];
    let mut tx = fresh.store.write("test").await.unwrap();
    for (number, key) in keys.iter().enumerate() {
        let answer = StoredAnswer { digest: "d".to_owned(), answer: number.to_string() };
        assert!(tx.insert_answer(TOOL, key, &answer, at("2026-02-10T05:00:00Z")).await.unwrap(), "{key:?}");
    }
    tx.commit().await.unwrap();
    for (number, key) in keys.iter().enumerate() {
        assert_eq!(body_of(&fresh.store, TOOL, key).await, Some(number.to_string()), "{key:?}");
    }
}

const OLD_IN_SQLITE: &str = "create table answer (tool text not null, settled_key text not null, digest text not null, \
     body text not null, at text not null, primary key (tool, settled_key)) strict, without rowid";
const OLD_IN_POSTGRES: &str = "create table answer (tool text collate \"C\" not null, \
     settled_key text collate \"C\" not null, digest text collate \"C\" not null, body text collate \"C\" not null, \
     at timestamptz not null, primary key (tool, settled_key))";
const OLD_ANSWER: &str =
    "insert into answer (tool, settled_key, digest, body, at) values ($1, $2, 'd', $3, $4)";

/// The table as schema 13 had it, with these rows.
async fn put_back(store: &Store, rows: &[(&str, &str, &str)]) {
    let mut tx = store.write("test").await.unwrap();
    run(&mut tx, "drop table answer").await.unwrap();
    on_each(&mut tx).await.unwrap();
    run(&mut tx, "delete from schema_version where version = 14").await.unwrap();
    for (tool, key, body) in rows {
        let now = crate::at::At::from(at("2026-02-10T05:00:00Z"));
        let stored: domain::Result<()> = async {
            on!(&mut tx, db => query(OLD_ANSWER).bind(*tool).bind(*key).bind(*body).bind(now).execute(db).await.map(|_| ()))
        }
        .await;
        stored.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn on_each(tx: &mut crate::Tx) -> domain::Result<()> {
    on!(tx, sqlite db => query(OLD_IN_SQLITE).execute(db).await.map(|_| ()),
        postgres db => query(OLD_IN_POSTGRES).execute(db).await.map(|_| ()))
}

async fn answers_of_before_go_to_whose_they_are(fresh: &Fresh) {
    let mut tx = fresh.store.write("test").await.unwrap();
    let names =
        [(1, "salesforce"), (2, "anna"), (3, &format!("anna {}", KeyId::from_bits(3))), (4, "a"), (5, "a:b")];
    for (id, name) in names {
        let key = KeyRow {
            id: KeyId::from_bits(id),
            name: name.to_owned(),
            role: "csm".to_owned(),
            hash: "h".to_owned(),
            created_at: at("2026-02-01T05:00:00Z"),
            revoked_at: None,
        };
        tx.insert_key(&key).await.unwrap();
    }
    tx.commit().await.unwrap();
    let (asked, own_words) = (r#"{"asked":{"n":1}}"#, r#"{"lines":[]}"#);
    put_back(
        &fresh.store,
        &[
            (TOOL, "salesforce:006-A", asked),
            (TOOL, "salesforce:006-B", own_words),
            (TOOL, "local:k", own_words),
            (TOOL, "anna:k", own_words),
            (TOOL, "a:b:c", own_words),
            (TOOL, "a:x", own_words),
            (TOOL, "gone:k", own_words),
            ("update_metrics", "u_1:d:0", asked),
        ],
    )
    .await;
    assert_eq!(fresh.store.migrate().await.unwrap(), ["0014_answers"]);
    let store = &fresh.store;
    let there = |body: &str| Some(body.to_owned());
    assert_eq!(body_of(store, TOOL, &AnswerKey::Natural("salesforce:006-A".to_owned())).await, there(asked));
    assert_eq!(
        body_of(store, "update_metrics", &AnswerKey::Change("u_1:d:0".to_owned())).await,
        there(asked)
    );
    assert_eq!(body_of(store, TOOL, &own(Some(1), "006-B")).await, there(own_words));
    assert_eq!(body_of(store, TOOL, &AnswerKey::Natural("salesforce:006-B".to_owned())).await, None);
    assert_eq!(body_of(store, TOOL, &own(None, "k")).await, there(own_words));
    assert_eq!(body_of(store, TOOL, &own(Some(4), "x")).await, there(own_words));
    for ambiguous in
        [own(Some(2), "k"), own(Some(3), "k"), own(Some(4), "b:c"), own(Some(5), "c"), own(None, "gone:k")]
    {
        assert_eq!(body_of(store, TOOL, &ambiguous).await, None, "{ambiguous:?}");
    }
}
