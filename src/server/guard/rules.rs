//! Which names we answer to, and whose pages may call.

use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use domain::{Error, Result};

const FETCH_SITE: &str = "sec-fetch-site";
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Which names we answer to, and which pages elsewhere may call us.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Host names beside the loopback ones, without port.
    pub hosts: Vec<String>,
    /// Origins beside our own whose pages may change things, such as `https://app.example.com`.
    pub origins: Vec<String>,
}

impl Rules {
    /// Pages of our own and of named origins may do anything. Those on loopback may ask, without reading the answer;
    /// they change nothing, because any program on the machine can serve one and a server without keys obeys.
    pub fn admit(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Error> {
        let host = host_of(uri, headers).ok_or_else(|| Error::invalid("the request has no Host header"))?;
        if !self.is_our_name(name_of(&host)) {
            return Err(Error::forbidden(
                "this Host is not one of ours; an operator can add it with --allow-host",
            ));
        }
        let origin = headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
        if origin.is_some_and(|origin| self.is_named(origin)) {
            return Ok(());
        }
        let is_own = origin.is_none_or(|origin| is_own(origin, &host));
        if may_change(method, headers) && (!is_own || is_of_another_origin(headers)) {
            return Err(Error::forbidden(
                "pages of another origin may not change anything; an operator can let one in with --allow-origin",
            ));
        }
        if is_own || origin.is_some_and(is_near) {
            return Ok(());
        }
        Err(Error::forbidden("pages of this Origin may not call; an operator can add it with --allow-origin"))
    }

    /// The origin of a page elsewhere that the operator lets in by name.
    pub fn guest(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        self.is_named(origin.to_str().ok()?).then(|| origin.clone())
    }

    fn is_named(&self, origin: &str) -> bool {
        self.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
    }

    fn is_our_name(&self, name: &str) -> bool {
        let same = |ours: &str| ours.eq_ignore_ascii_case(name);
        LOOPBACK.iter().any(|ours| same(ours)) || self.hosts.iter().any(|ours| same(ours))
    }
}

/// Everything but a look; a web socket opens with a look and then does anything.
fn may_change(method: &Method, headers: &HeaderMap) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) || headers.contains_key(header::UPGRADE)
}

/// What a browser says itself, whatever the page's script does. Programs say nothing.
fn is_of_another_origin(headers: &HeaderMap) -> bool {
    let site = headers.get(FETCH_SITE);
    site.is_some_and(|site| site != "same-origin" && site != "none")
}

fn is_own(origin: &str, host: &str) -> bool {
    origin.split_once("://").is_some_and(|(scheme, authority)| {
        authority.eq_ignore_ascii_case(host) && matches!(scheme, "http" | "https")
    })
}

fn is_near(origin: &str) -> bool {
    let authority = origin.strip_prefix("http://");
    authority
        .is_some_and(|authority| LOOPBACK.iter().any(|near| near.eq_ignore_ascii_case(name_of(authority))))
}

fn host_of(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let named = headers.get(header::HOST).map(|host| host.to_str().unwrap_or_default().to_owned());
    named.or_else(|| uri.authority().map(ToString::to_string))
}

/// The name in `name:port`; an IPv6 name keeps its brackets.
fn name_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::error::Code;

    fn admitted(rules: &Rules, host: &str, origin: Option<&str>) -> Option<Code> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        rules.admit(&Method::GET, &Uri::from_static("/mcp"), &headers).err().map(|error| error.code)
    }

    /// A request to 127.0.0.1:8080 as a browser or a program sends it.
    fn sent(rules: &Rules, method: &Method, named: &[(&'static str, &'static str)]) -> Option<Code> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:8080"));
        for (name, value) in named {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        rules.admit(method, &Uri::from_static("/rpc"), &headers).err().map(|error| error.code)
    }

    #[test]
    fn a_page_of_another_origin_changes_nothing_unless_it_is_named() {
        let rules = Rules { origins: vec!["http://localhost:6274".to_owned()], ..Rules::default() };
        let refused = Some(Code::Forbidden);
        for (named, wanted) in [
            (&[][..], None),
            (&[("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", "same-origin")], None),
            (&[("origin", "http://127.0.0.1:8080")], None),
            (&[("origin", "http://localhost:6274"), ("sec-fetch-site", "cross-site")], None),
            (&[("origin", "http://localhost:3000"), ("sec-fetch-site", "same-site")], refused),
            (&[("origin", "http://localhost:3000")], refused),
            (&[("origin", "http://127.0.0.1:3000")], refused),
            (&[("origin", "http://[::1]:8080")], refused),
            (&[("origin", "null")], refused),
            (&[("sec-fetch-site", "cross-site")], refused),
            (&[("sec-fetch-site", "same-site")], refused),
            (&[("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", "cross-site")], refused),
        ] {
            for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
                assert_eq!(sent(&rules, &method, named), wanted, "{method} {named:?}");
            }
            let opening: Vec<_> = named.iter().copied().chain([("upgrade", "websocket")]).collect();
            assert_eq!(sent(&rules, &Method::GET, &opening), wanted, "a web socket {named:?}");
        }
    }

    #[test]
    fn a_link_from_elsewhere_opens_a_page() {
        let link = [("sec-fetch-site", "cross-site")];
        assert_eq!(sent(&Rules::default(), &Method::GET, &link), None);
    }

    #[test]
    fn only_our_own_names_and_origins_are_let_in() {
        let rules = Rules {
            hosts: vec!["uptake.example.com".to_owned()],
            origins: vec!["https://app.example.com".to_owned()],
        };
        let refused = Some(Code::Forbidden);
        for (host, origin, wanted) in [
            ("127.0.0.1:8080", None, None),
            ("LOCALHOST", None, None),
            ("[::1]:8080", Some("http://[::1]:8080"), None),
            ("uptake.example.com", Some("https://uptake.example.com"), None),
            ("uptake.example.com:443", Some("https://app.example.com"), None),
            ("127.0.0.1:8080", Some("http://localhost:6274"), None),
            ("127.0.0.1:8080", Some("https://evil.example"), refused),
            ("127.0.0.1:8080", Some("http://localhost.evil.example"), refused),
            ("127.0.0.1:8080", Some("null"), refused),
            ("127.0.0.1:8080", Some("http://127.0.0.1:8080.evil.example"), refused),
            ("evil.example", None, refused),
            ("localhost.evil.example:8080", None, refused),
        ] {
            assert_eq!(admitted(&rules, host, origin), wanted, "{host} {origin:?}");
        }
    }
}
