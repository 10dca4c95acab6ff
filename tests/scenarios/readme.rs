//! The README's table of tools is the catalogue's.

use std::{fs, path::PathBuf};
use tools::{Effect, Entry, Method, catalogue};

const BEGIN: &str = "<!-- tools: written by the tests, UPDATE_CATALOG=1 -->\n";
const END: &str = "<!-- end of tools -->";

#[test]
fn the_readme_lists_the_tools() {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md"));
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).expect("the README marks where the table begins");
    let (_, after) = rest.split_once(END).expect("the README marks where the table ends");
    let wanted = format!("{before}{BEGIN}{}{END}{after}", table());
    if is_updating() {
        fs::write(&path, &wanted).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap() == wanted,
        "the README's tools are old; run the tests with UPDATE_CATALOG=1"
    );
}

#[expect(clippy::disallowed_methods, reason = "how the tests are told to write what they compare")]
fn is_updating() -> bool {
    std::env::var("UPDATE_CATALOG").is_ok()
}

fn table() -> String {
    let rows = catalogue().iter().map(row).collect::<String>();
    format!("| tool | what it does | who | REST |\n|---|---|---|---|\n{rows}")
}

fn row(entry: &Entry) -> String {
    let what = entry.description.split_once(". ").map_or(entry.description.as_str(), |(first, _)| first);
    let what = what.split([';', ':']).next().unwrap_or(what).trim_end_matches('.');
    let reads = if entry.effect == Effect::Reads { " *(reads)*" } else { "" };
    let who: Vec<&str> = entry.roles.iter().map(|role| role.as_str()).collect();
    let method = match entry.route.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
    };
    let route = format!("`{method} {}`", entry.route.path);
    let views = entry.views.iter().map(|view| format!("`GET {}`", view.path));
    let routes: Vec<String> = std::iter::once(route).chain(views).collect();
    format!("| `{}` | {what}{reads} | {} | {} |\n", entry.name, who.join(", "), routes.join(", "))
}
