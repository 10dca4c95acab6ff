//! Every setting, its flag, variable and default.

use std::path::PathBuf;

/// Settings shared by all subcommands: flag over `UPTAKE_…` over file over default.
#[derive(Debug, Clone, clap::Args)]
pub struct Config {
    /// Database: `sqlite:PATH`, `sqlite::memory:` or `postgres://…`; a file in the data folder when absent.
    #[arg(long, env = "UPTAKE_DATABASE_URL", global = true)]
    pub database_url: Option<String>,
    /// Folder for the database and what else is kept.
    #[arg(long, env = "UPTAKE_DATA_DIR", global = true)]
    pub data_dir: Option<PathBuf>,
    /// Folder whose TOML templates add to or override the built-in ones.
    #[arg(long, env = "UPTAKE_TEMPLATES", global = true)]
    pub templates: Option<PathBuf>,
}
