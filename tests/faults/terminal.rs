//! Whatever a server answers, the command line's output never moves the terminal.

use serde_json::json;
use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    thread,
};
use tempfile::TempDir;
use tests::process::run;

const EVIL: &str = "Mallory\u{1b}[2J\u{9b}31m\u{202e}\u{7f}";

/// Answers one request with these words.
fn answers_once(status: &'static str, body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).unwrap();
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes()).unwrap();
    });
    address
}

#[tokio::test]
async fn an_import_rejects_what_nobody_sees_and_says_why() {
    let folder = TempDir::new().unwrap();
    let (events, sales) = (folder.path().join("usage.ndjson"), folder.path().join("sales.csv"));
    let event = |user: &str| {
        let event = json!({ "eventId": user, "customer": "acme", "feature": "f", "user": user, "at": "2026-01-20T09:00:00Z" });
        format!("{event}\n")
    };
    fs::write(&events, event("kim") + &event("k\u{202e}im") + &event("lee")).unwrap();
    let head = "Opportunity ID,Account ID,Account Name,Type,Stage,Amount,Currency,Close Date,Product(s)";
    let row = "0065g00000Kx1AAAAZ,acme,Acme\u{200b},Upsell,Closed Won,100,USD,1/20/2026,Data Sync";
    fs::write(&sales, format!("{head}\n{row}\n")).unwrap();
    for (file, reason) in [(&events, "U+202E"), (&sales, "U+200B")] {
        let data = folder.path().join("data");
        let done = run(&[
            "import",
            file.to_str().unwrap(),
            "--data-dir",
            data.to_str().unwrap(),
            "--at",
            "2026-01-29",
        ])
        .await;
        let printed = String::from_utf8(done.stdout).unwrap() + &String::from_utf8(done.stderr).unwrap();
        let rejects = fs::read_to_string(format!("{}.rejects.csv", file.display()));
        let rejects = rejects.unwrap_or_else(|error| panic!("{error}: {printed}"));
        assert!(rejects.lines().count() == 2 && rejects.contains(reason), "{rejects}\n{printed}");
    }
}

#[tokio::test]
async fn a_call_prints_no_control_character() {
    let problem = json!({ "code": "conflict", "message": EVIL, "fieldErrors": [] });
    for (status, body) in [("200 OK", format!("{EVIL}\nsecond")), ("409 Conflict", problem.to_string())] {
        let url = answers_once(status, body);
        let done = run(&["call", "--url", &url, "list_alerts"]).await;
        let printed = [done.stdout, done.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert!(printed.contains("Mallory\\u{1b}[2J\\u{9b}31m\\u{202e}\\u{7f}"), "{printed:?}");
        assert!(!printed.chars().any(|letter| letter.is_control() && letter != '\n'), "{printed:?}");
    }
}
