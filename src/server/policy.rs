//! Policy values of an operator's own, from a TOML file.

use domain::{Error, Result, policy::Policy};
use std::{fs, path::Path};

/// The built-in policy, or the values of a file over it. Such a file names a version of its own: what was made under it
/// must be told apart.
pub fn load(file: Option<&Path>) -> Result<Policy> {
    let Some(file) = file else { return Ok(Policy::default()) };
    let policy = read(file)?;
    if policy.version != Policy::default().version {
        return Ok(policy);
    }
    Err(Error::invalid(format!(
        "{} has no version of its own; add one that is not {}, such as version = \"ours-1\"",
        file.display(),
        policy.version
    )))
}

/// The values of a file over the built-in ones.
pub fn read(file: &Path) -> Result<Policy> {
    let name = file.display();
    let text = fs::read_to_string(file)
        .map_err(|error| Error::invalid(format!("the policy file {name} cannot be read: {error}")))?;
    toml::from_str(&text).map_err(|error| Error::invalid(format!("{name} is no policy: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_some_values_a_version_and_nothing_unknown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("policy.toml");
        let told = |text: &str| {
            fs::write(&file, text).unwrap();
            load(Some(&file))
        };
        let ours = told("version = \"ours-1\"\non_track_ratio = 0.95").unwrap();
        assert_eq!(ours, Policy { version: "ours-1".to_owned(), on_track_ratio: 0.95, ..Policy::default() });
        assert!(told("on_track_ratio = 0.95").unwrap_err().message.contains("no version of its own"));
        assert!(
            told("version = \"ours-1\"\non_trak_ratio = 0.95").unwrap_err().message.contains("on_trak_ratio")
        );
    }
}
