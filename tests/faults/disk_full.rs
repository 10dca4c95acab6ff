//! D5: a full disk refuses writes, keeps reading, recovers by itself, and loses nothing said afterwards.

use crate::load::{Acknowledged, lost, register, registration};
use serde_json::json;
use std::{
    fs::File,
    io::Write,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tests::{face::Face, process::Program};
use tokio::time::sleep;

const REFUSED: usize = 20;
const WRITTEN: usize = 50;

/// A file system of its own size, for as long as the test runs.
struct Disk(TempDir);

impl Disk {
    fn of(size: &str) -> Option<Self> {
        let disk = Self(TempDir::new().unwrap());
        let mounted = mount(&["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"], disk.path());
        mounted.then_some(disk)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn grow(&self, size: &str) {
        assert!(mount(&["-o", &format!("remount,size={size}")], self.path()));
    }

    /// Writes until not one more byte goes in.
    fn fill(&self) {
        let mut file = File::create(self.path().join("filler")).unwrap();
        for piece in [64 * 1024, 4096, 1] {
            while file.write_all(&vec![1; piece]).is_ok() {}
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

fn mount(arguments: &[&str], at: &Path) -> bool {
    let ran = Command::new("mount").args(arguments).arg(at).stderr(std::process::Stdio::null()).status();
    ran.is_ok_and(|status| status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn d5_a_full_disk_loses_nothing() {
    let disk = Disk::of("6m").expect("a file system of 6 MiB can be mounted here: run the faults as root");
    let folder = disk.path().to_str().unwrap().to_owned();
    let program = Program::serve(&["--data-dir", &folder]).await;
    let before = Acknowledged::default();
    register(&program.door, &before).await.expect("there is room");

    disk.fill();
    let mut refusals = Vec::new();
    for _ in 0..REFUSED {
        refusals.push(register(&program.door, &before).await.expect_err("there is no room"));
    }
    assert!(refusals.iter().all(|refusal| refusal == "503 unavailable"), "{refusals:?}");
    let unready_after = until(&program, false).await;
    let read = program.door.ask(Face::Rest, "list_measurements", json!({})).await;
    assert!(read.is_ok(), "{read:?}");
    // A refusal by rule rolls back, too: the first registration again, with other content.
    let known = before.lock().unwrap()[0].0.clone();
    let mut other = registration(&known);
    other["arrIncrease"] = json!(13000);
    let conflict = program.door.ask(Face::Rest, "register_upsell", other).await.expect_err("it is settled");

    disk.grow("20m");
    let grown = Instant::now();
    let after = Acknowledged::default();
    while register(&program.door, &after).await.is_err() {
        assert!(grown.elapsed() < Duration::from_secs(10), "no write goes through after space is back");
        sleep(Duration::from_millis(20)).await;
    }
    let recovered = grown.elapsed();
    for _ in 1..WRITTEN {
        register(&program.door, &after).await.expect("there is room again");
    }
    let ready_after = until(&program, true).await;
    program.kill().await;

    let program = Program::serve(&["--data-dir", &folder]).await;
    let mut gone = lost(&program.door, &before).await;
    gone.extend(lost(&program.door, &after).await);
    program.kill().await;
    println!(
        "D5 disk full: {REFUSED} refused as {}, a rule as {}, unready after {} ms, first write {} ms after space, \
         ready after {} ms, {WRITTEN} acknowledged, {} lost",
        refusals[0],
        conflict.code,
        unready_after.as_millis(),
        recovered.as_millis(),
        ready_after.as_millis(),
        gone.len()
    );
    assert!(gone.is_empty(), "{gone:?}");
    assert!(recovered <= Duration::from_secs(1), "{recovered:?}");
}

/// How long until readiness is as wanted; within five seconds.
async fn until(program: &Program, is_ready: bool) -> Duration {
    let started = Instant::now();
    while program.is_ready().await != is_ready {
        assert!(started.elapsed() < Duration::from_secs(5), "readiness stays {}", !is_ready);
        sleep(Duration::from_millis(20)).await;
    }
    started.elapsed()
}
