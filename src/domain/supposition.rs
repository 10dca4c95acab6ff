//! What a metric would come to if it stood at another value: a level, which makes no trend.

use crate::{
    assess::{Inputs, Trend, judged},
    forecast::{Forecast, Level},
    id::MetricKey,
    metric::Metric,
    observation::known,
    prediction::Outlook,
};

/// A metric at a value by a day. The value is of a usual day, whichever weekday the day is.
#[derive(Debug, Clone, PartialEq)]
pub struct Supposed {
    pub metric: MetricKey,
    pub value: f64,
    pub day: u16,
}

/// The outlooks with those of the supposed metrics made anew. The account's own trend stays the one that was seen.
pub fn outlooks_if(inputs: &Inputs<'_>, outlooks: &[Outlook], supposed: &[Supposed]) -> Vec<Outlook> {
    let anew = |outlook: &Outlook| {
        let found = supposed.iter().find(|supposed| supposed.metric == outlook.metric);
        match found.zip(inputs.plan.metric(&outlook.metric).ok()) {
            Some((supposed, metric)) => Outlook {
                current: Some(supposed.value),
                forecast: forecast_if(inputs, metric, supposed),
                ..outlook.clone()
            },
            None => outlook.clone(),
        }
    };
    outlooks.iter().map(anew).collect()
}

fn forecast_if(inputs: &Inputs<'_>, metric: &Metric, supposed: &Supposed) -> Forecast {
    let Some(level) = metric.attainment(supposed.value) else {
        return Forecast::Unknown { why: "no baseline to compare with".to_owned() };
    };
    let values = judged(metric, &known(inputs.observations, &metric.key, inputs.now));
    let trend = Trend::of(inputs.plan, metric, &values);
    trend.view(inputs, metric).supposing(Level { day: supposed.day.into(), level })
}

#[cfg(test)]
mod tests;
