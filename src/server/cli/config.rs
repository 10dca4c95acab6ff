//! Shows the settings, where each came from, and where they are looked for.

use crate::config::{Config, Source};
use domain::Result;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Every value with the layer it came from; passwords are masked.
    Show,
    /// The settings file in use, or where one would be looked for.
    Path,
    /// Check that the settings are good, without starting anything.
    Check,
}

pub fn run(args: &Args, config: &Config) -> Result<()> {
    match args.action {
        Action::Show => show(config)?,
        Action::Path => match &config.config {
            Some(path) => say!("{}", path.display()),
            None => Config::usual_files().iter().for_each(|path| say!("{} (not there)", path.display())),
        },
        Action::Check => {
            config.listen_address()?;
            config.database()?;
            crate::templates::load_templates(config.templates.as_deref())?;
            crate::policy::load(config.policy_file.as_deref())?;
            say!("the settings are good");
        }
    }
    Ok(())
}

fn show(config: &Config) -> Result<()> {
    let path = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let log_format = config.log_format.map(|format| format!("{format:?}").to_lowercase());
    for (name, value) in [
        ("listen", Some(config.listen_address()?.to_string())),
        ("public_url", Some(config.base_url())),
        ("allow_hosts", Some(config.allow_hosts.join(","))),
        ("allow_origins", Some(config.allow_origins.join(","))),
        ("database_url", Some(masked(&config.database()?))),
        ("data_dir", Some(config.data_folder().display().to_string())),
        ("templates", path(&config.templates)),
        ("policy_file", path(&config.policy_file)),
        ("log_format", log_format),
        ("log", config.log.clone()),
    ] {
        let source = config.sources.get(name).copied().map_or("default", Source::as_str);
        say!("{name:<14} {:<44} {source}", value.unwrap_or_else(|| "-".to_owned()));
    }
    Ok(())
}

/// The address without its password.
fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((login, place)) = rest.rsplit_once('@') else { return url.to_owned() };
    let user = login.split(':').next().unwrap_or_default();
    format!("{scheme}://{user}:…@{place}")
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(masked("postgres://ana:se:cr@et@db:5432/u"), "postgres://ana:…@db:5432/u");
        assert_eq!(masked("sqlite:/data/uptake.db"), "sqlite:/data/uptake.db");
        assert_eq!(masked("postgres://db/u"), "postgres://db/u");
    }
}
