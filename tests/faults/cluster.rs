//! A PostgreSQL server of one test's own: what it does to the server's disk reaches no other test.

use sqlx::Connection;
use std::{
    net::TcpListener,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::time::sleep;

const START_LIMIT: Duration = Duration::from_mins(1);
const NAME: &str = "uptake";

pub struct Cluster {
    server: Child,
    port: u16,
    uid: u32,
    _folder: TempDir,
}

impl Cluster {
    /// As root: the server refuses to be, so it runs as `postgres`.
    pub async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let uid = uid_of("postgres");
        chown(folder.path(), Some(uid), None).unwrap();
        let data = folder.path().join("data");
        let mut init = Command::new(bin().join("initdb"));
        init.args(["--username=uptake", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]);
        let init = init.arg("--pgdata").arg(&data).current_dir("/").uid(uid).stdout(Stdio::null()).status();
        assert!(init.unwrap().success(), "initdb");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Command::new(bin().join("postgres"));
        server.arg("-D").arg(&data).args(["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1"]);
        server.args(["-c", "unix_socket_directories=", "-c", &format!("port={port}")]);
        let server =
            server.current_dir("/").uid(uid).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let cluster = Self { server, port, uid, _folder: folder };
        cluster.until_up().await;
        cluster
    }

    /// A new database whose files lie in that folder; the log of the server does not.
    pub async fn database_in(&self, folder: &Path) -> String {
        let files = folder.join("postgres");
        std::fs::create_dir(&files).unwrap();
        chown(&files, Some(self.uid), None).unwrap();
        self.run(format!("create tablespace {NAME} location '{}'", files.display())).await;
        self.run(format!("create database {NAME} tablespace {NAME}")).await;
        self.url(NAME)
    }

    async fn run(&self, statement: String) {
        let mut session = sqlx::PgConnection::connect(&self.url("postgres")).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut session).await.unwrap();
    }

    async fn until_up(&self) {
        let started = Instant::now();
        while sqlx::PgConnection::connect(&self.url("postgres")).await.is_err() {
            assert!(started.elapsed() < START_LIMIT, "PostgreSQL does not start");
            sleep(Duration::from_millis(20)).await;
        }
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://uptake@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for Cluster {
    /// Nothing of it is wanted any more, so it need not end well.
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn bin() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed");
    let newest = versions.filter_map(|version| version.ok()?.file_name().to_str()?.parse::<u32>().ok()).max();
    PathBuf::from(format!("/usr/lib/postgresql/{}/bin", newest.expect("PostgreSQL is installed")))
}

fn uid_of(user: &str) -> u32 {
    let asked = Command::new("id").args(["-u", user]).output().unwrap();
    String::from_utf8(asked.stdout).unwrap().trim().parse().expect("the package of PostgreSQL made its user")
}
