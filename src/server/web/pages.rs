//! The pages and what each of them prints. Strings arrive formatted; templates decide nothing.

pub mod measurement;
pub mod message;
pub mod portfolio;
#[cfg(test)]
mod samples;
mod status;

use super::asset;
pub use status::{Mark, Status};

/// What stands around every page.
#[derive(Debug, Clone, Default)]
pub struct Shell {
    pub title: String,
    /// What is searched for, perhaps nothing; `None` where nobody is signed in and the bar is bare.
    pub search: Option<String>,
    pub theme: Theme,
    pub is_portfolio: bool,
}

impl Shell {
    /// Where an asset is, for the template.
    fn asset(name: &str) -> &'static str {
        asset::href(name)
    }

    fn themes() -> [Theme; 3] {
        Theme::ALL
    }
}

/// Light or dark: as the system says, or as chosen. The choice is kept in the cookie `theme`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// Of the `Cookie` header.
    pub fn of_cookies(cookies: &str) -> Self {
        let chosen = cookies.split(';').find_map(|pair| pair.trim().strip_prefix("theme="));
        match chosen {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    /// The value of the cookie; none where the system decides.
    fn chosen(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }
}

/// Text that leads somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub text: String,
    pub href: String,
}

/// One of several views of the same page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab {
    pub text: String,
    pub href: String,
    pub is_current: bool,
}

/// Who did something, and whether that was a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub name: String,
    pub is_agent: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_theme_is_the_chosen_one_or_the_systems() {
        assert_eq!(Theme::of_cookies("a=b; theme=dark"), Theme::Dark);
        assert_eq!(Theme::of_cookies("theme=light"), Theme::Light);
        assert_eq!(Theme::of_cookies("theme=<script>"), Theme::System);
        assert_eq!(Theme::of_cookies(""), Theme::System);
    }
}
