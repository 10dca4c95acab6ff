//! Who looks at a page, and what they may ask: the tools, through the one door.

use super::pages::{Shell, Theme};
use crate::face::Face;
use domain::{Error, Result, analysis::measures::Measures};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use tools::{Caller, Host};

pub struct Visitor {
    pub host: Arc<Host>,
    caller: Caller,
    theme: Theme,
}

impl Visitor {
    pub fn of(host: Arc<Host>, caller: Caller, cookies: &str) -> Self {
        Self { host, caller, theme: Theme::of_cookies(cookies) }
    }

    pub fn shell(&self, title: &str, searched: Option<&str>, is_portfolio: bool) -> Shell {
        Shell {
            title: title.to_owned(),
            search: Some(searched.unwrap_or_default().to_owned()),
            theme: self.theme,
            is_portfolio,
        }
    }

    /// A tool's answer, as what it is about.
    pub async fn ask<T: DeserializeOwned>(&self, tool: &str, arguments: Value) -> Result<T> {
        let entry = tools::entry(tool).ok_or_else(|| Error::internal(format!("no tool is called {tool}")))?;
        let answer = Face::Web.call(&self.host, &self.caller, entry, arguments).await?;
        serde_json::from_value(answer.structured).map_err(Error::internal)
    }

    /// Whether a tool is for them: what it tells is left off their pages otherwise.
    pub fn may(&self, tool: &str) -> bool {
        tools::entry(tool).is_some_and(|entry| entry.is_open_to(self.caller.role))
    }

    /// The four measures of success, for those who may analyse.
    pub async fn measures(&self) -> Option<Measures> {
        #[derive(serde::Deserialize)]
        struct Analysis {
            measures: Option<Measures>,
        }
        if !self.may("analyze_outcomes") {
            return None;
        }
        let analysis: Result<Analysis> =
            self.ask("analyze_outcomes", json!({ "question": "success_rate" })).await;
        analysis.ok()?.measures
    }
}
