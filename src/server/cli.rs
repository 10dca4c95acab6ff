//! The command line.

pub mod demo;
pub mod import;
pub mod tick;

use crate::config::Config;
use domain::Result;
use std::{process::ExitCode, sync::Arc};
use tools::{Clock, Host, Ids};

pub fn main() -> ExitCode {
    todo!()
}

/// Opens the store named by the configuration, migrated, with templates and policy.
pub async fn open_host(_config: &Config, _clock: Clock, _ids: Ids) -> Result<Arc<Host>> {
    todo!()
}
