//! The settings file: four sections, every key known, a typo answered with the nearest name.

use super::{Config, LogFormat, Source};
use domain::{Error, Result};
use serde::Deserialize;
use std::{
    fs,
    path::{Path, PathBuf},
};
use toml::{Table, Value};

/// Section and key of every setting a file may hold.
pub const NAMES: [(&str, &str); 10] = [
    ("server", "listen"),
    ("server", "public_url"),
    ("server", "allow_hosts"),
    ("server", "allow_origins"),
    ("store", "database_url"),
    ("store", "data_dir"),
    ("plans", "templates"),
    ("plans", "policy_file"),
    ("log", "log_format"),
    ("log", "log"),
];

/// What a file gives.
#[derive(Debug, Default, Deserialize)]
pub struct Layer {
    listen: Option<String>,
    public_url: Option<String>,
    allow_hosts: Option<Vec<String>>,
    allow_origins: Option<Vec<String>>,
    database_url: Option<String>,
    data_dir: Option<PathBuf>,
    templates: Option<PathBuf>,
    policy_file: Option<PathBuf>,
    log_format: Option<LogFormat>,
    log: Option<String>,
}

impl Layer {
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)
            .map_err(|error| Error::invalid(format!("{} could not be read ({error})", path.display())))?;
        Self::parse(&text).map_err(|error| Error::invalid(format!("{}: {}", path.display(), error.message)))
    }

    fn parse(text: &str) -> Result<Self> {
        let sections: Table =
            text.parse().map_err(|error: toml::de::Error| Error::invalid(error.to_string()))?;
        let mut settings = Table::new();
        for (section, keys) in sections {
            let Value::Table(keys) = keys else {
                return Err(unknown(&section, NAMES.map(|(section, _)| section), "at the top"));
            };
            for (key, value) in keys {
                check(&section, &key)?;
                settings.insert(key, value);
            }
        }
        settings.try_into().map_err(|error: toml::de::Error| Error::invalid(error.message().to_owned()))
    }

    /// Gives what flags and variables did not.
    pub fn fill(self, config: &mut Config) {
        let Self {
            listen,
            public_url,
            allow_hosts,
            allow_origins,
            database_url,
            data_dir,
            templates,
            policy_file,
            log_format,
            log,
        } = self;
        let sources = &mut config.sources;
        let mut from_file = |name| *sources.entry(name).or_insert(Source::File) == Source::File;
        macro_rules! fill {
            ($($setting:ident)*) => {$(
                if let Some(value) = $setting.filter(|_| from_file(stringify!($setting))) {
                    config.$setting = value.into();
                }
            )*};
        }
        fill!(listen public_url allow_hosts allow_origins database_url data_dir templates policy_file log_format log);
    }
}

fn check(section: &str, key: &str) -> Result<()> {
    let mut in_section = NAMES.iter().filter(|(of, _)| *of == section).map(|(_, key)| *key).peekable();
    if in_section.peek().is_none() {
        return Err(unknown(section, NAMES.map(|(section, _)| section), "as a section"));
    }
    if in_section.clone().any(|known| known == key) {
        return Ok(());
    }
    Err(unknown(key, in_section, &format!("in [{section}]")))
}

fn unknown<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, place: &str) -> Error {
    let nearest = known.into_iter().min_by_key(|known| distance(name, known)).unwrap_or_default();
    Error::invalid(format!("unknown key `{name}` {place}, did you mean `{nearest}`?"))
}

/// Letters to add, drop or change (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.chars().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(a != b)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_what_flags_and_variables_did_not() {
        let layer = Layer::parse(
            "[server]\nlisten = \"127.0.0.1:9000\"\nallow_hosts = [\"a\"]\n[log]\nlog = \"debug\"",
        )
        .unwrap();
        let mut config = Config { log: Some("info".to_owned()), ..Config::default() };
        config.sources.insert("log", Source::Flag);
        layer.fill(&mut config);
        assert_eq!(config.listen.as_deref(), Some("127.0.0.1:9000"));
        assert_eq!(config.allow_hosts, ["a"]);
        assert_eq!(config.log.as_deref(), Some("info"));
        assert_eq!(config.sources["listen"], Source::File);
    }

    #[test]
    fn an_unknown_key_is_answered_with_the_nearest() {
        for (text, wanted) in [
            ("[server]\nlistn = \"\"", "unknown key `listn` in [server], did you mean `listen`?"),
            ("[sever]\nlisten = \"\"", "unknown key `sever` as a section, did you mean `server`?"),
            ("log = \"info\"", "unknown key `log` at the top, did you mean `log`?"),
        ] {
            assert_eq!(Layer::parse(text).unwrap_err().message, wanted);
        }
    }

    #[test]
    fn distance_counts_single_letters() {
        for (left, right, wanted) in
            [("", "", 0), ("abc", "abc", 0), ("listn", "listen", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(left, right), wanted, "{left} {right}");
        }
    }
}
