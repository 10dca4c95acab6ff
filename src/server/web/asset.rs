//! Style, script and font: embedded, named by their content, cached for ever.

use std::fmt::Write;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

#[derive(RustEmbed)]
#[folder = "web/assets/"]
struct Folder;

/// What is served, of what lies in the folder. The style names the font, so the font comes first.
const SERVED: [(&str, &str); 4] = [
    ("vendor/inter.woff2", "font/woff2"),
    ("vendor/htmx.js", "text/javascript; charset=utf-8"),
    ("app.js", "text/javascript; charset=utf-8"),
    ("app.css", "text/css; charset=utf-8"),
];

const FOREVER: &str = "public, max-age=31536000, immutable";

struct Asset {
    name: &'static str,
    href: String,
    kind: &'static str,
    body: Vec<u8>,
}

/// Read once. In a debug build that is from disk: a restart shows an edited style.
static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    let mut assets: Vec<Asset> = Vec::new();
    for (name, kind) in SERVED {
        let mut body = Folder::get(name).expect("every served asset is in the folder").data.into_owned();
        if name == "app.css" {
            body = with_hashed_names(body, &assets);
        }
        assets.push(Asset { name, href: href_of(name, &body), kind, body });
    }
    assets
});

/// Where a page finds an asset: "app.css" is at "/assets/app.3f9a….css".
///
/// # Panics
/// When no such asset is served: a misspelt template, which its test finds.
pub fn href(name: &str) -> &'static str {
    let asset = ASSETS.iter().find(|asset| asset.name == name);
    &asset.unwrap_or_else(|| panic!("no asset is called {name}")).href
}

pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{file}", get(serve))
}

async fn serve(Path(file): Path<String>) -> Response {
    let wanted = format!("/assets/{file}");
    if let Some(asset) = ASSETS.iter().find(|asset| asset.href == wanted) {
        return answer(asset, FOREVER);
    }
    // While versions overlap, a page of the other one still gets its style, but nobody keeps it.
    match ASSETS.iter().find(|asset| stem_and_end(&asset.href) == stem_and_end(&wanted)) {
        Some(asset) => answer(asset, "no-store"),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(asset: &'static Asset, caching: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, asset.kind),
        (header::CACHE_CONTROL, caching),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, asset.body.as_slice()).into_response()
}

fn href_of(name: &str, body: &[u8]) -> String {
    let file = name.rsplit('/').next().unwrap_or(name);
    let (stem, end) = file.rsplit_once('.').expect("an asset's name has an ending");
    format!("/assets/{stem}.{}.{end}", &hash_of(body)[..12])
}

fn hash_of(body: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(body) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn with_hashed_names(css: Vec<u8>, assets: &[Asset]) -> Vec<u8> {
    let text = String::from_utf8(css).expect("the style is text");
    assets
        .iter()
        .fold(text, |text, asset| {
            text.replace(&format!("\"{}\"", asset.name), &format!("\"{}\"", asset.href))
        })
        .into()
}

/// "/assets/app" and "css" of "/assets/app.3f9a.css".
fn stem_and_end(href: &str) -> Option<(&str, &str)> {
    let (stem, rest) = href.split_once('.')?;
    Some((stem, rest.rsplit_once('.')?.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    async fn fetch(href: &str) -> Response {
        serve(Path(href.trim_start_matches("/assets/").to_owned())).await
    }

    #[tokio::test]
    async fn an_asset_is_cached_for_ever_under_its_own_hash() {
        let answer = fetch(href("app.css")).await;
        assert_eq!(answer.headers()[header::CACHE_CONTROL], FOREVER);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/css; charset=utf-8");
    }

    #[tokio::test]
    async fn another_versions_hash_is_answered_but_not_kept() {
        assert_eq!(fetch("/assets/app.000000000000.css").await.headers()[header::CACHE_CONTROL], "no-store");
        assert_eq!(fetch("/assets/manifest.json").await.status(), StatusCode::NOT_FOUND);
        assert_eq!(fetch("/assets/..%2fapp.css").await.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn the_style_asks_only_for_what_is_served() {
        let body = to_bytes(fetch(href("app.css")).await.into_body(), usize::MAX).await.unwrap();
        let style = String::from_utf8(body.to_vec()).unwrap();
        for asked in style.split("url(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert_eq!(fetch(asked).await.status(), StatusCode::OK, "{asked}");
        }
        assert!(!style.contains("@import"));
    }

    #[test]
    fn vendored_files_are_those_the_manifest_names() {
        let manifest = Folder::get("vendor/manifest.json").unwrap();
        let manifest: Vec<serde_json::Value> = serde_json::from_slice(&manifest.data).unwrap();
        for entry in &manifest {
            let file = format!("vendor/{}", entry["file"].as_str().unwrap());
            assert_eq!(entry["sha256"], hash_of(&Folder::get(&file).unwrap().data), "{file}");
        }
        let vendored = SERVED.iter().filter(|(name, _)| name.starts_with("vendor/")).count();
        assert!(manifest.len() >= vendored);
    }
}
