//! The conformance suite's fixture tools behind the product's own router: same guard, same limits, same transport.
//!
//! `conformance FOLDER` keeps a database there, listens on a free port and prints it on one line.

mod content;
mod fixture;
mod rounds;

use server::{Faces, listen, router::build_router_with};
use std::{env, sync::Arc};
use tests::world::host_at;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() {
    let folder = env::args().nth(1).expect("the first argument is a folder for the database");
    let url = format!("sqlite:{folder}/conformance.db");
    let host = Arc::new(host_at(&url, tools::Clock::System).await);
    let faces = Faces::default();
    let router = build_router_with(&host, &faces, fixture::Fixture::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    println!("{}", listener.local_addr().expect("a bound listener has an address"));
    listen::serve(listener, router, listen::Limits::default(), faces.health.stopping.clone()).await;
}
