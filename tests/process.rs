//! The real program as a process of its own: started, killed, asked to stop.

use crate::face::Door;
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::{sleep, timeout},
};

const START_LIMIT: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(10);

/// `uptake serve` on a free port of loopback.
pub struct Program {
    child: Child,
    pub door: Door,
    /// From the start of the process to its first readiness.
    pub ready_after: Duration,
}

impl Program {
    /// Starts and waits until it is ready.
    pub async fn serve(arguments: &[&str]) -> Self {
        let mut command = Command::new(binary("uptake"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--log", "error"]).args(arguments);
        Self::start(command).await
    }

    /// Runs any program of ours whose first line of output ends with where it listens.
    pub async fn start(mut command: Command) -> Self {
        let started = Instant::now();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("the program was built");
        let output = child.stdout.take().expect("its output is a pipe");
        let mut lines = BufReader::new(output).lines();
        let line = timeout(START_LIMIT, lines.next_line()).await.expect("it says where it listens in time");
        let line = line.expect("its output is text").expect("it says where it listens before it ends");
        // What it prints later must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let door = Door::open(&address_in(&line));
        let program = Self { child, door, ready_after: Duration::ZERO };
        program.until_ready().await;
        Self { ready_after: started.elapsed(), ..program }
    }

    async fn until_ready(&self) {
        let deadline = Instant::now() + START_LIMIT;
        while !self.is_ready().await {
            assert!(Instant::now() < deadline, "not ready within {START_LIMIT:?}");
            sleep(POLL).await;
        }
    }

    /// Whether `/readyz` says so.
    pub async fn is_ready(&self) -> bool {
        let asked = self.door.client.get(format!("{}/readyz", self.door.base)).send().await;
        asked.is_ok_and(|answer| answer.status().is_success())
    }

    /// What `/readyz` answers.
    pub async fn readiness(&self) -> Value {
        let asked = self.door.client.get(format!("{}/readyz", self.door.base)).send().await;
        asked.expect("the server is up").json().await.expect("readiness is JSON")
    }

    pub fn pid(&self) -> u32 {
        self.child.id().expect("it still runs")
    }

    /// kill -9, and waits until it is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it still ran");
    }

    /// SIGTERM; how long it took to end, and whether it ended well.
    pub async fn terminate(mut self, limit: Duration) -> (Duration, bool) {
        let asked = Instant::now();
        let sent =
            Command::new("kill").arg(self.pid().to_string()).status().await.expect("kill is installed");
        assert!(sent.success());
        let ended = timeout(limit, self.child.wait()).await;
        let is_well = matches!(ended, Ok(Ok(status)) if status.success());
        (asked.elapsed(), is_well)
    }
}

/// Runs `uptake` to its end and gives what it printed.
pub async fn run(arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new(binary("uptake"));
    command.args(arguments).args(["--log", "error"]).stdin(Stdio::null());
    command.output().await.expect("the program was built")
}

/// A program of the workspace; `tests/run faults` builds it first.
pub fn binary(name: &str) -> PathBuf {
    let program = folder_of_programs().join(name);
    assert!(program.exists(), "{} was not built; `bash tests/run faults` does it", program.display());
    program
}

/// Beside the test that runs: `target/debug/deps/TEST` → `target/debug`.
fn folder_of_programs() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    test.ancestors().nth(2).map(Path::to_path_buf).expect("a test lies in target/PROFILE/deps")
}

fn address_in(line: &str) -> String {
    let word =
        line.split_whitespace().find(|word| word.contains("127.0.0.1:")).expect("the line names an address");
    if word.starts_with("http") { word.to_owned() } else { format!("http://{word}") }
}
