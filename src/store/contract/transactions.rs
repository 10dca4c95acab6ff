//! What is acknowledged stays, what is not leaves nothing, and nobody spoils another's turn.

use super::{Fresh, contract, run, samples};
use crate::{Store, Tx};
use domain::{Code, Result, upsell::Upsell};
use std::sync::Arc;

contract! {
    a_transaction_dropped_leaves_nothing
    a_transaction_rolled_back_leaves_nothing
    a_reader_sees_only_what_is_committed
    a_reader_keeps_its_moment
    a_reader_cannot_write
    many_writers_each_keep_their_own
    callers_that_go_away_spoil_nobodys_write
    a_failed_statement_spoils_only_its_own_transaction
    a_write_after_a_failed_one_goes_through
    readiness_writes_and_reads_back
    what_was_committed_is_there_after_a_restart
    a_second_server_is_kept_off_a_file_and_welcome_on_a_server
}

async fn put(store: &Store, n: u64) -> Result<()> {
    let mut tx = store.write("test").await?;
    tx.insert_upsell(&samples::upsell(n)).await?;
    tx.commit().await
}

async fn is_there(tx: &mut Tx, n: u64) -> bool {
    tx.upsell_by_id(samples::upsell(n).id).await.is_ok()
}

async fn count(store: &Store) -> usize {
    store.read().await.unwrap().upsells_without_plan(100_000).await.unwrap().len()
}

async fn a_transaction_dropped_leaves_nothing(fresh: &Fresh) {
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&samples::upsell(1)).await.unwrap();
    drop(tx);
    put(&fresh.store, 2).await.unwrap();
    let mut tx = fresh.store.read().await.unwrap();
    assert!(!is_there(&mut tx, 1).await);
    assert!(is_there(&mut tx, 2).await);
}

async fn a_transaction_rolled_back_leaves_nothing(fresh: &Fresh) {
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&samples::upsell(1)).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(count(&fresh.store).await, 0);
}

async fn a_reader_sees_only_what_is_committed(fresh: &Fresh) {
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&samples::upsell(1)).await.unwrap();
    assert!(is_there(&mut tx, 1).await, "a writer sees its own");
    assert_eq!(count(&fresh.store).await, 0);
    tx.commit().await.unwrap();
    assert_eq!(count(&fresh.store).await, 1);
}

async fn a_reader_keeps_its_moment(fresh: &Fresh) {
    let mut tx = fresh.store.read().await.unwrap();
    assert!(!is_there(&mut tx, 1).await);
    put(&fresh.store, 1).await.unwrap();
    assert!(!is_there(&mut tx, 1).await, "what came later is not part of this answer");
}

async fn a_reader_cannot_write(fresh: &Fresh) {
    let mut tx = fresh.store.read().await.unwrap();
    assert!(tx.insert_upsell(&samples::upsell(1)).await.is_err());
    drop(tx);
    assert_eq!(count(&fresh.store).await, 0);
    put(&fresh.store, 1).await.unwrap();
}

async fn many_writers_each_keep_their_own(fresh: &Fresh) {
    let writers = (0..64_u64).map(|writer| {
        let store = fresh.store.clone();
        tokio::spawn(async move {
            for n in 0..5 {
                put(&store, 1 + writer * 5 + n).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert_eq!(count(&fresh.store).await, 64 * 5);
}

/// Half of the callers are cut off at some moment between asking for the writer and hearing of the commit.
async fn callers_that_go_away_spoil_nobodys_write(fresh: &Fresh) {
    let store = Arc::new(fresh.store.clone());
    let mut staying = Vec::new();
    for n in 0..60_u64 {
        let (kept, cut) = (Arc::clone(&store), Arc::clone(&store));
        staying.push(tokio::spawn(async move { put(&kept, 1 + n).await.map(|()| n) }));
        let leaving = tokio::spawn(async move { put(&cut, 1_001 + n).await });
        for _ in 0..n {
            tokio::task::yield_now().await;
        }
        leaving.abort();
    }
    for task in staying {
        let n = task.await.unwrap().unwrap();
        let mut tx = store.read().await.unwrap();
        assert!(is_there(&mut tx, 1 + n).await, "acknowledged and lost");
    }
    put(&store, 5_000).await.unwrap();
}

async fn a_failed_statement_spoils_only_its_own_transaction(fresh: &Fresh) {
    put(&fresh.store, 1).await.unwrap();
    let mut same = samples::upsell(2);
    same.opportunity_id = samples::upsell(1).opportunity_id;
    let tasks = (0..32_u64).map(|n| {
        let (store, same) = (fresh.store.clone(), same.clone());
        tokio::spawn(async move {
            if n % 2 == 0 { put(&store, 100 + n).await } else { fail(&store, &same).await }
        })
    });
    let tasks: Vec<_> = tasks.collect();
    for (n, task) in tasks.into_iter().enumerate() {
        let outcome = task.await.unwrap();
        assert_eq!(outcome.is_ok(), n % 2 == 0, "{n}: {outcome:?}");
    }
    assert_eq!(count(&fresh.store).await, 1 + 16);
}

async fn fail(store: &Store, upsell: &Upsell) -> Result<()> {
    let mut tx = store.write("test").await?;
    tx.insert_upsell(upsell).await
}

/// An error that may have ended the transaction by itself costs its connection, and nothing else.
async fn a_write_after_a_failed_one_goes_through(fresh: &Fresh) {
    for n in 0..3 {
        let mut tx = fresh.store.write("test").await.unwrap();
        tx.insert_upsell(&samples::upsell(50)).await.unwrap();
        let broken = run(&mut tx, "no such statement").await;
        assert_eq!(broken.unwrap_err().code, Code::Internal);
        assert!(tx.commit().await.is_err());
        put(&fresh.store, 1 + n).await.unwrap();
    }
    assert_eq!(count(&fresh.store).await, 3);
}

async fn readiness_writes_and_reads_back(fresh: &Fresh) {
    fresh.store.is_writable().await.unwrap();
    fresh.store.is_writable().await.unwrap();
}

async fn what_was_committed_is_there_after_a_restart(fresh: &Fresh) {
    put(&fresh.store, 1).await.unwrap();
    fresh.store.close().await;
    assert!(put(&fresh.store, 2).await.is_err(), "closed");
    let again = Store::open(&fresh.url).await.unwrap();
    assert_eq!(count(&again).await, 1);
    again.close().await;
}

async fn a_second_server_is_kept_off_a_file_and_welcome_on_a_server(fresh: &Fresh) {
    let held = fresh.store.hold_alone().unwrap();
    let second = Store::open(&fresh.url).await.unwrap();
    match second.hold_alone() {
        Ok(None) => assert!(held.is_none() && fresh.folder.is_none(), "PostgreSQL serves many"),
        Ok(Some(_)) => panic!("two servers hold one file"),
        Err(error) => {
            assert_eq!(error.code, Code::Conflict);
            assert!(error.message.contains("another server"), "{error}");
            drop(held);
            assert!(second.hold_alone().unwrap().is_some(), "the first one ended");
        }
    }
    second.close().await;
}

/// SQLite ends the transaction by itself when the disk is full. What was acknowledged before stays, what was refused
/// is not there, and the first write after space came back goes through.
#[tokio::test]
async fn a_full_disk_costs_nothing_that_was_acknowledged() {
    let fresh = super::sqlite().await;
    let mut tx = fresh.store.write("test").await.unwrap();
    run(&mut tx, "pragma max_page_count = 1").await.unwrap();
    tx.commit().await.unwrap();
    let (mut kept, mut refused) = (Vec::new(), Vec::new());
    for round in 0..100_u64 {
        let writers = (0..8).map(|n| {
            let (store, number) = (fresh.store.clone(), 1 + round * 8 + n);
            tokio::spawn(async move { (number, put(&store, number).await) })
        });
        for writer in writers.collect::<Vec<_>>() {
            let (number, outcome) = writer.await.unwrap();
            match outcome {
                Ok(()) => kept.push(number),
                Err(error) => refused.push((number, error)),
            }
        }
        if !refused.is_empty() {
            break;
        }
    }
    assert!(!refused.is_empty(), "the disk never was full");
    for (_, error) in &refused {
        assert_eq!(error.code, Code::Unavailable, "{error:?}");
        assert!(error.message.contains("storage is full"), "{error}");
    }
    put(&fresh.store, 5_000).await.unwrap();
    fresh.store.close().await;
    let again = Store::open(&fresh.url).await.unwrap();
    let mut tx = again.read().await.unwrap();
    for number in kept.iter().chain(&[5_000]) {
        assert!(is_there(&mut tx, *number).await, "{number} was acknowledged and is lost");
    }
    for (number, _) in refused {
        assert!(!is_there(&mut tx, number).await, "{number} was refused and is there");
    }
}
