//! Pages that only say something: an error, the sign-in.

use askama::Template;

use super::{Link, Shell};

/// What went wrong and what to do about it.
#[derive(Debug, Clone, Template)]
#[template(path = "message.html")]
pub struct Message {
    pub shell: Shell,
    /// "There is no such upsell".
    pub headline: String,
    /// The error's message, which says what to do.
    pub text: String,
    pub next: Option<Link>,
}

/// A key is pasted, a session comes back.
#[derive(Debug, Clone, Template)]
#[template(path = "sign_in.html")]
pub struct SignIn {
    pub shell: Shell,
    /// Where the form is posted, with the fields `key` and `next`.
    pub action: String,
    /// The page to go to afterwards; a path of ours.
    pub next: String,
    pub error: Option<String>,
}
