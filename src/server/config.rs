//! Every setting, its flag, variable and default.

mod file;

use clap::{ArgMatches, ValueEnum, parser::ValueSource};
use domain::{Error, Result};
use std::{
    collections::BTreeMap,
    fs,
    net::{SocketAddr, ToSocketAddrs},
    path::{Path, PathBuf},
};

const LISTEN: &str = "127.0.0.1:8080";

/// Settings shared by all subcommands: flag over `UPTAKE_…` over file over default.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Settings")]
pub struct Config {
    /// Settings file (TOML); otherwise ./uptake.toml, then uptake/uptake.toml in the user's config folder.
    #[arg(long, env = "UPTAKE_CONFIG", global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Database: `sqlite:PATH`, `sqlite::memory:` or `postgres://…`; a file in the data folder when absent.
    #[arg(long, env = "UPTAKE_DATABASE_URL", global = true, hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Folder for the database and what else is kept.
    #[arg(long, env = "UPTAKE_DATA_DIR", global = true, value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
    /// Folder whose TOML templates add to or override the built-in ones.
    #[arg(long, env = "UPTAKE_TEMPLATES", global = true, value_name = "FOLDER")]
    pub templates: Option<PathBuf>,
    /// TOML file with policy values that differ from the built-in ones, and a `version` of its own.
    #[arg(long, env = "UPTAKE_POLICY_FILE", global = true, value_name = "FILE")]
    pub policy_file: Option<PathBuf>,
    /// Address to serve on; beyond loopback a key must exist. [default: 127.0.0.1:8080]
    #[arg(long, env = "UPTAKE_LISTEN", global = true, value_name = "HOST:PORT")]
    pub listen: Option<String>,
    /// Where people and agents reach this server, when not at the listening address.
    #[arg(long, env = "UPTAKE_PUBLIC_URL", global = true, value_name = "URL")]
    pub public_url: Option<String>,
    /// Host name to answer to, beside loopback and the public one.
    #[arg(
        long = "allow-host",
        env = "UPTAKE_ALLOW_HOSTS",
        global = true,
        value_delimiter = ',',
        value_name = "NAME"
    )]
    pub allow_hosts: Vec<String>,
    /// Origin whose pages may call, beside our own.
    #[arg(
        long = "allow-origin",
        env = "UPTAKE_ALLOW_ORIGINS",
        global = true,
        value_delimiter = ',',
        value_name = "ORIGIN"
    )]
    pub allow_origins: Vec<String>,
    /// Log lines for people or for machines. [default: text on a terminal, json otherwise]
    #[arg(long, env = "UPTAKE_LOG_FORMAT", global = true)]
    pub log_format: Option<LogFormat>,
    /// What to log, such as `info` or `info,server=debug`.
    #[arg(long, env = "UPTAKE_LOG", global = true, value_name = "FILTER")]
    pub log: Option<String>,
    /// The layer each value came from, for `config show`.
    #[arg(skip)]
    pub sources: BTreeMap<&'static str, Source>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

/// The layer a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Flag,
    Variable,
    File,
}

impl Source {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Variable => "variable",
            Self::File => "file",
        }
    }
}

impl Config {
    /// Notes what flags and variables gave, and fills the rest from the settings file.
    pub fn layered(mut self, matches: &ArgMatches) -> Result<Self> {
        for id in matches.ids().map(clap::Id::as_str) {
            let Some(name) =
                file::NAMES.iter().map(|(_, name)| *name).chain(["config"]).find(|name| *name == id)
            else {
                continue;
            };
            let source = match matches.value_source(id) {
                Some(ValueSource::CommandLine) => Source::Flag,
                Some(ValueSource::EnvVariable) => Source::Variable,
                _ => continue,
            };
            self.sources.insert(name, source);
        }
        if let Some(path) = self.file_path()? {
            file::Layer::read(&path)?.fill(&mut self);
            self.config.get_or_insert(path);
        }
        Ok(self)
    }

    /// The settings file: the one named, which must be there, or the first found.
    fn file_path(&self) -> Result<Option<PathBuf>> {
        if let Some(named) = &self.config {
            return if named.is_file() {
                Ok(Some(named.clone()))
            } else {
                Err(Error::invalid(format!("the settings file {} is not there", named.display())))
            };
        }
        Ok(Self::usual_files().into_iter().find(|path| path.is_file()))
    }

    /// Where a settings file is looked for.
    pub fn usual_files() -> Vec<PathBuf> {
        let of_user = folder("XDG_CONFIG_HOME", ".config").map(|folder| folder.join("uptake/uptake.toml"));
        std::iter::once(PathBuf::from("uptake.toml")).chain(of_user).collect()
    }

    pub fn data_folder(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(|| {
            folder("XDG_DATA_HOME", ".local/share")
                .map_or_else(|| PathBuf::from("uptake-data"), |folder| folder.join("uptake"))
        })
    }

    /// The database's address; `file:PATH` stands for the address kept in that file.
    pub fn database(&self) -> Result<String> {
        match &self.database_url {
            None => Ok(format!("sqlite:{}", self.data_folder().join("uptake.db").display())),
            Some(url) => match url.strip_prefix("file:") {
                Some(path) => read_secret(Path::new(path)),
                None => Ok(url.clone()),
            },
        }
    }

    pub fn listen_address(&self) -> Result<SocketAddr> {
        let text = self.listen.as_deref().unwrap_or(LISTEN);
        let mut found = text.to_socket_addrs().map_err(|error| {
            Error::invalid(format!("`{text}` is not an address to listen on ({error}); try {LISTEN}"))
        })?;
        found.next().ok_or_else(|| Error::invalid(format!("`{text}` names no address; try {LISTEN}")))
    }

    /// Where pages are opened, without a trailing slash.
    pub fn base_url(&self) -> String {
        let listening = || {
            let address = self.listen.as_deref().unwrap_or(LISTEN);
            format!("http://{}", address.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]"))
        };
        self.public_url.as_deref().map_or_else(listening, |url| url.trim_end_matches('/').to_owned())
    }
}

fn read_secret(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path)
        .map_err(|error| Error::invalid(format!("{} could not be read ({error})", path.display())))?;
    Ok(text.trim().to_owned())
}

/// A secret from a variable or a file, never from a flag's value: those are seen by everyone on the machine.
pub fn key(file: Option<&Path>) -> Result<Option<String>> {
    match file {
        Some(path) => read_secret(path).map(Some),
        None => Ok(variable("UPTAKE_KEY")),
    }
}

fn folder(variable_name: &str, under_home: &str) -> Option<PathBuf> {
    let named = variable(variable_name).map(PathBuf::from).filter(|path| path.is_absolute());
    named.or_else(|| Some(PathBuf::from(variable("HOME")?).join(under_home)))
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
