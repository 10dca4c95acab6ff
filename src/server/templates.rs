//! The success templates this process works with: the built-in ones, and those of a folder.

use domain::{
    Error, Result,
    template::{Template, built_in, parse},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The built-in templates; a `.toml` file in `folder` adds one, or overrides the one with its id. A file that cannot be
/// taken stops the start, with file, line and reason.
pub fn load_templates(folder: Option<&Path>) -> Result<Vec<Template>> {
    let mut templates = built_in();
    let mut seen: Vec<(String, PathBuf)> = Vec::new();
    for file in folder.map(files_of).transpose()?.unwrap_or_default() {
        let text = fs::read_to_string(&file).map_err(|error| unreadable(&file, &error))?;
        let template = parse(&file.display().to_string(), &text)?;
        if let Some((_, first)) = seen.iter().find(|(id, _)| *id == template.id) {
            return Err(Error::invalid(format!(
                "{} and {} both have the template id `{}`; give one another id",
                first.display(),
                file.display(),
                template.id
            )));
        }
        seen.push((template.id.clone(), file));
        match templates.iter_mut().find(|known| known.id == template.id) {
            Some(known) => *known = template,
            None => templates.push(template),
        }
    }
    templates.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(templates)
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries = entries.map_err(|error| unreadable(folder, &error))?;
    let paths = entries.into_iter().map(|entry| entry.path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect();
    files.sort();
    Ok(files)
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::invalid(format!("{} cannot be read ({error}); check --templates", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "id = \"general\"\nversion = 7\nname = \"Ours\"\nsummary = \"Ours.\"\nmatches = { general = true }\n\
        [[metric]]\nkey = \"users\"\nname = \"Users\"\ntype = \"usage\"\nunit = \"users\"\ntarget = 5\n";

    #[test]
    fn a_file_adds_a_template_or_takes_the_place_of_a_built_in_one() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.toml"), OWN).unwrap();
        fs::write(folder.path().join("b.toml"), OWN.replace("\"general\"", "\"own\"")).unwrap();
        fs::write(folder.path().join("notes.md"), "not a template").unwrap();
        let templates = load_templates(Some(folder.path())).unwrap();
        assert_eq!(templates.len(), built_in().len() + 1);
        assert_eq!(templates.iter().find(|template| template.id == "general").unwrap().version, 7);
    }

    #[test]
    fn a_broken_file_is_refused_with_its_name_line_and_reason() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("broken.toml"), OWN.replace("target = 5", "target = 5\nweight = -1"))
            .unwrap();
        let error = load_templates(Some(folder.path())).unwrap_err();
        assert!(error.message.contains("broken.toml:12: weight must be above 0"), "{error}");
    }

    #[test]
    fn an_id_in_two_files_and_a_missing_folder_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.toml"), OWN).unwrap();
        fs::write(folder.path().join("b.toml"), OWN).unwrap();
        assert!(
            load_templates(Some(folder.path())).unwrap_err().message.contains("both have the template id")
        );
        assert!(load_templates(Some(Path::new("nowhere"))).unwrap_err().message.contains("--templates"));
    }
}
