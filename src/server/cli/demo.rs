//! Makes a believable portfolio by driving the tools and reconcilers under a moved clock.

use crate::config::Config;
use domain::Result;

#[derive(Debug, clap::Args)]
pub struct Args {}

pub async fn run(_args: Args, _config: &Config) -> Result<()> {
    todo!()
}
