//! What an upsell lacks before it can have a plan.

use crate::{
    Error,
    error::FieldFault,
    metric::Measure,
    template::{Template, TemplateMetric},
    text::Name,
    upsell::Upsell,
};
use std::fmt;

/// Why there is no plan yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waits {
    /// No template fits what was bought.
    NoTemplate { products: Vec<String> },
    /// A metric per seat cannot be told without the number of entitled seats.
    NeedsSeats { metric: String },
    /// A metric of the added seats cannot be told without the number of seats before, fewer than after.
    NeedsSeatsBefore { metric: String },
}

impl Waits {
    /// No template fits what was bought.
    pub fn no_template(upsell: &Upsell) -> Self {
        Self::NoTemplate {
            products: upsell.details.products.iter().map(|product| product.name().to_string()).collect(),
        }
    }

    /// What the template needs of the upsell and does not get.
    pub fn of(upsell: &Upsell, template: &Template) -> Option<Self> {
        template.metrics.iter().filter(|metric| !metric.optional).find_map(|metric| lacks(metric, upsell))
    }
}

/// What one metric needs of the upsell and does not get.
pub fn lacks(metric: &TemplateMetric, upsell: &Upsell) -> Option<Waits> {
    let name = || Name::from(metric.name.as_str()).to_string();
    let measure = &metric.usage.as_ref()?.measure;
    let needs_seats = matches!(measure, Measure::DistinctUsersPerSeat | Measure::IncrementalSeats);
    match (upsell.seats.filter(|seats| *seats > 0), upsell.seats_before) {
        (None, _) if needs_seats => Some(Waits::NeedsSeats { metric: name() }),
        (Some(after), before) if *measure == Measure::IncrementalSeats => {
            let has_added = before.is_some_and(|before| before < after);
            (!has_added).then(|| Waits::NeedsSeatsBefore { metric: name() })
        }
        _ => None,
    }
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTemplate { products } => {
                write!(f, "needs a template: none fits {}", products.join(", "))
            }
            Self::NeedsSeats { metric } => write!(f, "needs seats: {metric} is told per entitled seat"),
            Self::NeedsSeatsBefore { metric } => {
                write!(f, "needs seatsBefore, below seats: {metric} is told of the seats added")
            }
        }
    }
}

impl From<Waits> for Error {
    fn from(waits: Waits) -> Self {
        let said = waits.to_string();
        let (field, wanted) = match waits {
            Waits::NoTemplate { .. } => ("template", "the id of a template, as list_templates shows them"),
            Waits::NeedsSeats { .. } => ("seats", "the number of seats entitled after the upsell"),
            Waits::NeedsSeatsBefore { .. } => ("seatsBefore", "the number of seats before, fewer than seats"),
        };
        let fault = FieldFault {
            field: field.to_owned(),
            received: "nothing".to_owned(),
            wanted: format!("{wanted}, or another template"),
        };
        let mut error = Self::invalid(format!(
            "the plan waits, it {said}. Send create_measurement_plan with {field}: {wanted}, or name another template"
        ));
        error.faults = vec![fault];
        error
    }
}
