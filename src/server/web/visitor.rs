//! Who looks at a page, and what they may ask: the tools, through the one door.

use super::pages::{Shell, Theme};
use crate::face::Face;
use chrono::{DateTime, TimeDelta, Utc};
use domain::{Error, Result, analysis::measures::Measures};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};
use tools::{Caller, Host};

#[derive(Clone)]
pub struct Visitor {
    pub host: Arc<Host>,
    caller: Caller,
    theme: Theme,
    kept: Arc<Kept>,
}

impl Visitor {
    pub fn of(host: Arc<Host>, caller: Caller, kept: Arc<Kept>, cookies: &str) -> Self {
        Self { host, caller, theme: Theme::of_cookies(cookies), kept }
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

    /// The four measures of success, for those who may analyse. Of a large portfolio those kept, which the next look
    /// renews when they are old: nobody waits for them twice.
    pub async fn measures(&self) -> Option<Measures> {
        if !self.may(ANALYSIS) {
            return None;
        }
        match self.kept.get() {
            None => self.analyse().await,
            Some(kept) if self.host.clock.now() - kept.at < FRESH_FOR => Some(kept.measures),
            Some(kept) => {
                if let Some(renewing) = self.kept.renew() {
                    let visitor = self.clone();
                    tokio::spawn(async move {
                        visitor.analyse().await;
                        drop(renewing);
                    });
                }
                Some(kept.measures)
            }
        }
    }

    async fn analyse(&self) -> Option<Measures> {
        let asked = json!({ "question": "success_rate" });
        // What went wrong is in the log; the page stands without the strip.
        let Analysis { as_of, upsells, measures } = self.ask(ANALYSIS, asked).await.ok()?;
        let measures = measures?;
        if upsells >= KEPT_FROM {
            self.kept.put(KeptMeasures { at: as_of, measures: measures.clone() });
        }
        Some(measures)
    }
}

const ANALYSIS: &str = "analyze_outcomes";
/// Below so many upsells they are worked out at each look.
const KEPT_FROM: usize = 500;
const FRESH_FOR: TimeDelta = TimeDelta::minutes(1);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Analysis {
    as_of: DateTime<Utc>,
    upsells: usize,
    measures: Option<Measures>,
}

/// The measures as worked out last.
#[derive(Default)]
pub struct Kept {
    last: Mutex<Option<KeptMeasures>>,
    renewing: Arc<AtomicBool>,
}

/// Held by the one look that renews them.
struct Renewing(Arc<AtomicBool>);

impl Drop for Renewing {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

#[derive(Clone)]
struct KeptMeasures {
    at: DateTime<Utc>,
    measures: Measures,
}

impl Kept {
    fn get(&self) -> Option<KeptMeasures> {
        self.last.lock().ok()?.clone()
    }

    fn put(&self, measures: KeptMeasures) {
        if let Ok(mut kept) = self.last.lock() {
            *kept = Some(measures);
        }
    }

    /// `None`: somebody is at it already.
    fn renew(&self) -> Option<Renewing> {
        let is_first = !self.renewing.swap(true, Ordering::AcqRel);
        is_first.then(|| Renewing(Arc::clone(&self.renewing)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_measures_are_renewed_by_one_look_at_a_time() {
        let kept = Kept::default();
        let first = kept.renew().unwrap();
        assert!(kept.renew().is_none(), "somebody is at it");
        drop(first);
        assert!(kept.renew().is_some());
    }
}
