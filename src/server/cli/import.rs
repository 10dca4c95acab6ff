//! Imports opportunities (CSV) and usage events (NDJSON, CSV).

use crate::config::Config;
use domain::Result;

#[derive(Debug, clap::Args)]
pub struct Args {}

pub async fn run(_args: Args, _config: &Config) -> Result<()> {
    todo!()
}
