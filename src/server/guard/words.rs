//! Every refusal in our words and shape, whoever made it: JSON for programs, a page for people.

use crate::{
    face::{Refused, log_cause, refusal_with},
    sign_in,
    web::pages::{Link, Shell, Theme, message::Message},
    web::words::capital,
};
use askama::Template;
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use domain::{Error, error::Code};

/// What is to be known of a request once it is gone.
pub struct Asked {
    method: Method,
    path: String,
    /// By a browser, for somebody to look at.
    for_a_person: bool,
    theme: Theme,
}

impl Asked {
    pub fn of(request: &Request) -> Self {
        let text =
            |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self {
            method: request.method().clone(),
            path: request.uri().path().chars().take(100).collect(),
            for_a_person: text(header::ACCEPT).contains("text/html"),
            theme: Theme::of_cookies(text(header::COOKIE)),
        }
    }

    /// A framework refuses with a line of text or with nothing; we never do.
    pub fn in_our_words(&self, response: Response) -> Response {
        let response = if is_foreign(&response) { self.reworded(response) } else { response };
        if !self.for_a_person {
            return response;
        }
        match response.extensions().get::<Refused>().cloned() {
            Some(Refused(code, message)) => self.page(response, code, &message),
            None => response,
        }
    }

    fn reworded(&self, response: Response) -> Response {
        let (parts, _) = response.into_parts();
        let error = self.error(parts.status, &parts.headers);
        log_cause(&error);
        let mut ours = refusal_with(parts.status, &error);
        // `Allow`, `Retry-After` and their like stay.
        for (name, value) in parts.headers.iter().filter(|(name, _)| !is_of_the_body(name)) {
            ours.headers_mut().append(name, value.clone());
        }
        ours
    }

    fn error(&self, status: StatusCode, headers: &HeaderMap) -> Error {
        let Self { method, path, .. } = self;
        let where_to_look = if self.for_a_person { "" } else { "; /openapi.json lists what is" };
        match status {
            StatusCode::NOT_FOUND => Error::not_found(format!("nothing is at {path}{where_to_look}")),
            StatusCode::METHOD_NOT_ALLOWED => {
                let allowed = headers.get(header::ALLOW).and_then(|allow| allow.to_str().ok());
                let allowed = allowed.map(|allowed| format!(", only {}", allowed.replace(',', ", ")));
                let allowed = allowed.unwrap_or_default();
                Error::invalid(format!("{method} is not offered at {path}{allowed}{where_to_look}"))
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE if path == sign_in::PATH => {
                Error::invalid("send the form as application/x-www-form-urlencoded")
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Error::invalid(format!("{path} takes JSON: send Content-Type: application/json"))
            }
            StatusCode::PAYLOAD_TOO_LARGE => Error::invalid("the body is too large; send it in parts"),
            StatusCode::NOT_ACCEPTABLE => {
                Error::invalid(format!("{path} answers JSON: send Accept: application/json"))
            }
            StatusCode::UNAUTHORIZED => {
                Error::new(Code::Unauthenticated, "send a key as `Authorization: Bearer usm_…`")
            }
            StatusCode::FORBIDDEN => Error::forbidden("this is not allowed here"),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                Error::unavailable("not available right now; ask again later")
            }
            _ if status.is_client_error() => Error::invalid(format!(
                "the address, headers or body of this {method} to {path} cannot be read"
            )),
            _ => Error::internal(format!("{method} {path} ended with {status}")),
        }
    }

    fn page(&self, response: Response, code: Code, message: &str) -> Response {
        let headline = headline(code);
        let page = Message {
            shell: Shell { title: headline.to_owned(), theme: self.theme, ..Shell::default() },
            headline: headline.to_owned(),
            text: format!("{}.", capital(message.trim_end_matches('.'))),
            next: Some(if code == Code::Unauthenticated {
                Link { text: "Sign in".to_owned(), href: sign_in::PATH.to_owned() }
            } else {
                Link { text: "Portfolio".to_owned(), href: "/".to_owned() }
            }),
        };
        let Ok(html) = page.render() else { return response };
        let (mut parts, _) = response.into_parts();
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        Response::from_parts(parts, Body::from(html))
    }
}

/// Ours are JSON or a page.
fn is_foreign(response: &Response) -> bool {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_ours =
        kind.is_some_and(|kind| kind.starts_with("application/json") || kind.starts_with("text/html"));
    (status.is_client_error() || status.is_server_error()) && !is_ours
}

fn is_of_the_body(name: &header::HeaderName) -> bool {
    [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CACHE_CONTROL].contains(name)
}

const fn headline(code: Code) -> &'static str {
    match code {
        Code::NotFound => "There is no such page",
        Code::Invalid => "Invalid request",
        Code::Unauthenticated => "Sign in first",
        Code::Forbidden => "You do not have access",
        Code::Conflict => "Something changed meanwhile",
        Code::TooMany => "Too much at once",
        Code::Unavailable => "Not available right now",
        Code::Internal => "Something failed on our side",
    }
}
