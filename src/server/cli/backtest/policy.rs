//! The stored history under another policy, beside what was.

use crate::{
    cli::open_host,
    config::Config,
    history::{self, Under},
    policy,
};
use ::tools::{Clock, Ids};
use domain::{
    Error, Result,
    history::{Course, PolicyScore, as_stored, rerun, score},
    policy::Policy,
};
use std::path::Path;

pub async fn run(file: &Path, json: bool, config: &Config) -> Result<()> {
    let policy = named(file)?;
    let host = open_host(config, Clock::System, Ids::Random).await?;
    let mut all = history::until_now(&host);
    all.to += chrono::TimeDelta::days(3650);
    let mut courses: Vec<Course> = Vec::new();
    for plan in history::evaluated(&host, all).await? {
        courses.push(history::course(&host, plan, all, Under::This(&policy)).await?);
    }
    host.store.close().await;
    let stored: Vec<_> = courses.iter().map(|course| (course, as_stored(course))).collect();
    let tried: Vec<_> = courses.iter().map(|course| (course, rerun(course, &policy))).collect();
    let scores = [score("as stored", &stored), score(&policy.version, &tried)];
    let differ =
        stored.iter().zip(&tried).filter(|((_, was), (_, would))| was.last() != would.last()).count();
    if json {
        say!("{}", serde_json::to_string_pretty(&scores).map_err(Error::internal)?);
    } else {
        told(&scores);
        say!("{differ} of {} plans would have ended in another status", courses.len());
    }
    Ok(())
}

/// A file that names no version is called by its name.
fn named(file: &Path) -> Result<Policy> {
    let policy = policy::read(file)?;
    let is_own = policy.version != Policy::default().version;
    Ok(if is_own { policy } else { Policy { version: file.display().to_string(), ..policy } })
}

fn told(scores: &[PolicyScore]) {
    let figure = |value: Option<f64>, digits: usize| {
        value.map_or("–".to_owned(), |value| format!("{value:.digits$}"))
    };
    say!(
        "{:<24}{:>9}{:>12}{:>8}{:>12}{:>11}{:>10}",
        "policy",
        "changes",
        "per quarter",
        "alerts",
        "per week",
        "precision",
        "lead days"
    );
    for score in scores {
        say!(
            "{:<24}{:>9}{:>12}{:>8}{:>12}{:>11}{:>10}",
            score.policy,
            score.status_changes,
            figure(score.changes_per_quarter, 2),
            score.alerts,
            figure(score.alerts_per_week, 3),
            figure(score.precision, 2),
            figure(score.lead_days, 0)
        );
    }
}
