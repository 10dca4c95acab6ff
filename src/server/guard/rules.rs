//! Which names we answer to, and whose pages may call.

use axum::http::{HeaderMap, HeaderValue, Uri, header};
use domain::{Error, Result};

const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Which names we answer to, and which pages elsewhere may call us.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Host names beside the loopback ones, without port.
    pub hosts: Vec<String>,
    /// Origins beside our own and those on loopback, such as `https://app.example.com`.
    pub origins: Vec<String>,
}

impl Rules {
    pub fn admit(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Error> {
        let host = host_of(uri, headers).ok_or_else(|| Error::invalid("the request has no Host header"))?;
        if !self.is_our_name(name_of(&host)) {
            return Err(Error::forbidden(
                "this Host is not one of ours; an operator can add it with --allow-host",
            ));
        }
        let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
        let origin = origin.to_str().unwrap_or_default();
        if self.is_welcome(origin, &host) {
            return Ok(());
        }
        Err(Error::forbidden("pages of this Origin may not call; an operator can add it with --allow-origin"))
    }

    /// The origin of a page elsewhere that the operator lets in by name.
    pub fn guest(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        let named = origin.to_str().ok()?;
        self.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(named)).then(|| origin.clone())
    }

    fn is_our_name(&self, name: &str) -> bool {
        let same = |ours: &str| ours.eq_ignore_ascii_case(name);
        LOOPBACK.iter().any(|ours| same(ours)) || self.hosts.iter().any(|ours| same(ours))
    }

    fn is_welcome(&self, origin: &str, host: &str) -> bool {
        let Some((scheme, authority)) = origin.split_once("://") else { return false };
        let is_own = authority.eq_ignore_ascii_case(host) && matches!(scheme, "http" | "https");
        let is_near =
            scheme == "http" && LOOPBACK.iter().any(|near| near.eq_ignore_ascii_case(name_of(authority)));
        is_own || is_near || self.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
    }
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
        rules.admit(&Uri::from_static("/mcp"), &headers).err().map(|error| error.code)
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
