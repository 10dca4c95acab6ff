//! The forecast methods on adoption curves from a file.

use domain::{
    Error, Result,
    backtest::{Curves, Score, Trial, judge},
    policy::Policy,
};
use serde::Deserialize;
use std::path::Path;

/// Settings of a trial.
#[derive(Debug, clap::Args)]
pub struct TrialArgs {
    /// Ages to forecast from.
    #[arg(long, value_delimiter = ',', default_value = "3,5,8", requires = "curves")]
    ages: Vec<u32>,
    /// Steps to forecast ahead.
    #[arg(long, value_delimiter = ',', default_value = "2,4", requires = "curves")]
    horizons: Vec<u32>,
    /// Neighbours taken.
    #[arg(long, default_value_t = 20, requires = "curves")]
    k: usize,
    /// Past curves needed at an age.
    #[arg(long, default_value_t = 10, requires = "curves")]
    min_analogs: usize,
    /// Distance in level that counts as one; the past curves' interquartile range when absent.
    #[arg(long, requires = "curves")]
    level_scale: Option<f64>,
    /// Distance in slope that counts as one; likewise.
    #[arg(long, requires = "curves")]
    slope_scale: Option<f64>,
    /// Which curves are the past.
    #[arg(long, value_enum, default_value_t, requires = "curves")]
    split: Split,
}

/// How curves are split into past and held out.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Split {
    /// Sorted by name: even positions are the past, odd ones are held out.
    #[default]
    EvenOdd,
}

#[derive(Deserialize)]
struct Row {
    series: String,
    age: u32,
    value: f64,
}

pub fn run(file: &Path, args: &TrialArgs, json: bool) -> Result<()> {
    let Split::EvenOdd = args.split;
    let policy = Policy::default();
    let trial = Trial {
        ages: args.ages.clone(),
        horizons: args.horizons.clone(),
        k: args.k.max(1),
        min_analogs: args.min_analogs,
        level_scale: scale("--level-scale", args.level_scale)?,
        slope_scale: scale("--slope-scale", args.slope_scale)?,
        damping: policy.damping,
        shrink_prior: policy.shrink_prior,
        coverage: policy.band_coverage,
    };
    if trial.ages.contains(&0) {
        return Err(Error::invalid("--ages 0 has no past to forecast from; send ages of 1 or more"));
    }
    let scores = judge(&read(file)?, &trial);
    if json {
        say!("{}", serde_json::to_string_pretty(&scores).map_err(Error::internal)?);
    } else {
        told(&scores);
    }
    Ok(())
}

fn scale(flag: &str, scale: Option<f64>) -> Result<Option<f64>> {
    match scale {
        Some(scale) if !scale.is_finite() || scale <= 0.0 => {
            Err(Error::invalid(format!("{flag} {scale} measures nothing; send a number above 0")))
        }
        scale => Ok(scale),
    }
}

/// Every row or none: a value that is no number, or an age told twice, is refused with its line.
fn read(file: &Path) -> Result<Curves> {
    let name = file.display();
    let unreadable =
        |error: csv::Error| Error::invalid(format!("{name}: {error}; send columns series, age, value"));
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(file).map_err(unreadable)?;
    let mut curves = Curves::new();
    for (index, row) in reader.deserialize::<Row>().enumerate() {
        let Row { series, age, value } = row.map_err(unreadable)?;
        let line = index + 2;
        if !value.is_finite() {
            return Err(Error::invalid(format!(
                "{name} line {line}: {value} is no value; send a finite number"
            )));
        }
        if curves.entry(series.clone()).or_default().insert(age, value).is_some() {
            return Err(Error::invalid(format!(
                "{name} line {line}: {series} has age {age} twice; send it once"
            )));
        }
    }
    Ok(curves)
}

fn told(scores: &[Score]) {
    let figure = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.2}"));
    let percent =
        |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{:.0} %", 100.0 * value));
    say!(
        "{:>4}{:>8}{:>6}{:>8}{:>9}{:>9}{:>9}{:>9}{:>9}{:>10}{:>11}",
        "age",
        "horizon",
        "past",
        "judged",
        "naive",
        "line",
        "own",
        "analog",
        "blend",
        "band raw",
        "conformal"
    );
    for score in scores {
        say!(
            "{:>4}{:>8}{:>6}{:>8}{:>9}{:>9}{:>9}{:>9}{:>9}{:>10}{:>11}",
            score.age,
            score.horizon,
            score.past,
            score.judged,
            figure(score.naive),
            figure(score.straight_line),
            figure(score.own_trend),
            figure(score.analog),
            figure(score.blend),
            percent(score.coverage_raw),
            percent(score.coverage_conformal)
        );
    }
    say!("Figures are mean absolute errors; bands are nominal 80 % bands and the share of ends they held.");
}
