//! Whatever a server answers, the command line's output never moves the terminal.

use std::{io::Write, net::TcpListener, thread};
use tests::process::run;

const EVIL: &str = "Mallory\u{1b}[2J\u{9b}31m\u{202e}\u{7f}";

/// Answers one request with these words.
fn answers_once(status: &'static str, body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        std::io::Read::read(&mut stream, &mut request).unwrap();
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes()).unwrap();
    });
    address
}

#[tokio::test]
async fn a_call_prints_no_control_character() {
    let problem = serde_json::json!({ "code": "conflict", "message": EVIL, "fieldErrors": [] });
    for (status, body) in [("200 OK", format!("{EVIL}\nsecond")), ("409 Conflict", problem.to_string())] {
        let url = answers_once(status, body);
        let done = run(&["call", "--url", &url, "list_alerts"]).await;
        let printed = [done.stdout, done.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert!(printed.contains("Mallory\\u{1b}[2J\\u{9b}31m\\u{202e}\\u{7f}"), "{printed:?}");
        assert!(!printed.chars().any(|letter| letter.is_control() && letter != '\n'), "{printed:?}");
    }
}
