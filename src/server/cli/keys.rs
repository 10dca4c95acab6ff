//! Creates, lists and revokes the keys agents and people call with.

use super::database;
use crate::{
    auth::{hash, new_key},
    config::Config,
};
use ::tools::{Clock, Ids, Role};
use domain::{
    Error, Result,
    id::KeyId,
    text::{self, Lines},
};
use serde_json::{Value, json};
use store::{Store, keys::KeyRow};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a key and show it, once.
    Create {
        /// monitor, orchestrator, researcher, csm or admin.
        #[arg(long, value_parser = role)]
        role: Role,
        /// Who or what it is for, as it will stand in the record of changes; no other live key has it.
        /// [default: the role]
        #[arg(long, value_parser = key_name)]
        name: Option<String>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// List the keys, without their secrets.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make a key useless; running servers notice within a second.
    Revoke {
        /// The key's id, as `keys list` shows it.
        id: KeyId,
    },
}

fn role(text: &str) -> Result<Role, String> {
    let roles: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    Role::parse(text).ok_or_else(|| format!("roles are {}", roles.join(", ")))
}

/// In characters.
const LONGEST_NAME: usize = 60;

/// A name as the record of changes shows it: nothing in it hides, and two that look alike by their spaces are one.
fn key_name(name: &str) -> Result<String, String> {
    let taken = text::taken(name, Lines::One).map_err(|unseen| format!("leave out {unseen}"))?;
    let name = taken.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.chars().count() {
        0 => Err("a name needs at least one letter".to_owned()),
        count if count > LONGEST_NAME => {
            Err(format!("a name has at most {LONGEST_NAME} characters; this one has {count}"))
        }
        _ => Ok(name),
    }
}

pub async fn run(args: Args, config: &Config) -> Result<()> {
    let store = Store::open(&database(config)?).await?;
    let done = match args.action {
        Action::Create { role, name, json } => create(&store, role, name, json).await,
        Action::List { json } => list(&store, json).await,
        Action::Revoke { id } => revoke(&store, id).await,
    };
    store.close().await;
    done
}

async fn create(store: &Store, role: Role, name: Option<String>, json: bool) -> Result<()> {
    let id: KeyId = Ids::Random.next();
    let key = new_key(id);
    let row = KeyRow {
        id,
        name: name.unwrap_or_else(|| role.as_str().to_owned()),
        role: role.as_str().to_owned(),
        hash: hash(&key),
        created_at: Clock::System.now(),
        revoked_at: None,
    };
    let mut tx = store.write("create_key").await?;
    if let Some(taken) = tx.live_key_named(&row.name).await? {
        tx.rollback().await?;
        return Err(name_taken(&row.name, taken));
    }
    tx.insert_key(&row).await?;
    tx.commit().await?;
    if json {
        say!("{}", json!({ "id": id, "name": row.name, "role": role, "key": key }));
        return Ok(());
    }
    say!("{key}");
    eprintln!("This is key {id} ({}, {}). It is not kept and not shown again.", row.name, row.role);
    eprintln!("Send it as `Authorization: Bearer …`, or put it into UPTAKE_KEY.");
    Ok(())
}

fn name_taken(name: &str, taken: KeyId) -> Error {
    Error::conflict(format!(
        "the live key {taken} is called {name} already; give this one another name with --name, or revoke that one \
         first (uptake keys revoke {taken})"
    ))
}

async fn list(store: &Store, json: bool) -> Result<()> {
    let mut tx = store.read().await?;
    let rows = tx.list_keys().await;
    tx.rollback().await?;
    let rows = rows?;
    if json {
        say!("{}", rows.iter().map(shown).collect::<Value>());
        return Ok(());
    }
    for row in &rows {
        let state =
            row.revoked_at.map_or_else(|| "live".to_owned(), |at| format!("revoked {}", at.date_naive()));
        say!("{}  {:<12}  {:<24}  {}  {state}", row.id, row.role, row.name, row.created_at.date_naive());
    }
    if rows.is_empty() {
        eprintln!("There are no keys. Next: uptake keys create --role admin --name NAME");
    }
    Ok(())
}

fn shown(row: &KeyRow) -> Value {
    json!({ "id": row.id, "name": row.name, "role": row.role, "createdAt": row.created_at, "revokedAt": row.revoked_at })
}

async fn revoke(store: &Store, id: KeyId) -> Result<()> {
    let mut tx = store.write("revoke_key").await?;
    if tx.key(id).await?.is_none() {
        tx.rollback().await?;
        return Err(Error::not_found(format!("there is no key {id}; `uptake keys list` shows them")));
    }
    tx.revoke_key(id, Clock::System.now()).await?;
    tx.commit().await?;
    say!("{id} is revoked; running servers refuse it within a second");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_taken_by_a_live_key_is_refused_with_what_to_do() {
        let store = Store::open("sqlite::memory:").await.unwrap();
        create(&store, Role::Monitor, Some("nightly".to_owned()), true).await.unwrap();
        let error = create(&store, Role::Csm, Some("Nightly".to_owned()), true).await.unwrap_err();
        assert_eq!(error.code, domain::Code::Conflict);
        let mut tx = store.read().await.unwrap();
        let keys = tx.list_keys().await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(keys.len(), 1);
        let revoking = format!("uptake keys revoke {}", keys[0].id);
        assert!(error.message.contains(&revoking) && error.message.contains("--name"), "{error}");
        revoke(&store, keys[0].id).await.unwrap();
        create(&store, Role::Csm, Some("Nightly".to_owned()), true).await.unwrap();
    }

    #[test]
    fn a_name_is_what_can_be_seen() {
        for (name, wanted) in [
            ("nightly", "nightly"),
            ("  Ana \u{a0} Ruiz ", "Ana Ruiz"),
            ("Zoe\u{308} (Köln) #2", "Zoë (Köln) #2"),
            ("Ana\nadmin", "Ana admin"),
            ("田中", "田中"),
        ] {
            assert_eq!(key_name(name).as_deref(), Ok(wanted));
        }
        let long = "x".repeat(LONGEST_NAME + 1);
        for name in [
            "",
            "   ",
            "Ana\u{202e}",
            "A\u{200b}na",
            "Ana\u{7}",
            "\u{3164}",
            "\u{feff}Ana",
            "\u{e0041}",
            &long,
        ] {
            assert!(key_name(name).is_err(), "{name:?}");
        }
    }
}
