//! The metrics of a plan: the template's, those asked for, and those the standing version has of its own.

use super::{AskedMetric, Draft, targets, waits::lacks};
use crate::{
    Error, Result,
    baseline::Baseline,
    error::FieldFault,
    id::MetricKey,
    metric::{Authority, Collection, Frequency, Metric, MetricType, TargetOffer},
    pace::Curve,
    template::{TemplateBaseline, TemplateMetric, TemplateUsage},
};

impl Draft<'_> {
    /// The metrics, and what was left out with its reason.
    pub(super) fn metrics(&self) -> Result<(Vec<Metric>, Vec<String>)> {
        self.check_asked()?;
        let (mut metrics, mut left_out) = (Vec::new(), Vec::new());
        for metric in &self.found.template.metrics {
            match lacks(metric, self.upsell) {
                Some(waits) => left_out.push(format!("{}, which {waits}", metric.name)),
                None => metrics.push(self.of_template(metric)?),
            }
        }
        let own = self.current.iter().flat_map(|current| &current.metrics).filter(|metric| is_own(metric));
        for metric in own {
            if !metrics.iter().any(|known| known.key == metric.key) {
                metrics.push(self.of_standing(metric)?);
            }
        }
        for (index, asked) in self.asked.iter().enumerate() {
            match metrics.iter().find(|metric| asked.means(&metric.key, &metric.name)) {
                Some(standing) => none_of(asked.contradictions(index, standing))?,
                None => metrics.push(self.of_asked(index, asked)?),
            }
        }
        none_of(self.out_of_range(&metrics))?;
        Ok((metrics, left_out))
    }

    /// What is asked of a metric must be a value it can have.
    fn out_of_range(&self, metrics: &[Metric]) -> Vec<FieldFault> {
        let faults = self.asked.iter().enumerate().flat_map(|(index, asked)| {
            let range =
                metrics.iter().find(|metric| asked.means(&metric.key, &metric.name)).map(Metric::range);
            let numbers = [("target", Some(asked.target)), ("baseline", asked.baseline)];
            numbers.into_iter().filter_map(move |(field, number)| {
                let (number, range) = (number?, range.as_ref()?);
                (!range.contains(number)).then(|| {
                    FieldFault::new(
                        format!("metrics[{index}].{field}"),
                        number.to_string(),
                        range.to_string(),
                    )
                })
            })
        });
        faults.collect()
    }

    fn check_asked(&self) -> Result<()> {
        let twice = self.asked.iter().enumerate().filter_map(|(index, asked)| {
            let first = self.asked[..index].iter().position(|earlier| earlier.key() == asked.key())?;
            Some(FieldFault {
                field: format!("metrics[{index}].name"),
                received: format!("{:?}", asked.name),
                wanted: format!("a name other than that of metrics[{first}]"),
            })
        });
        let each = self.asked.iter().enumerate().filter_map(|(index, asked)| asked.faults(index));
        none_of(each.chain(twice).collect())
    }

    fn of_template(&self, metric: &TemplateMetric) -> Result<Metric> {
        let asked = self.asked.iter().find(|asked| asked.means(&metric.key, &metric.name));
        let standing = self.standing(&metric.key);
        let baseline = match (asked.and_then(|asked| asked.baseline), standing.map(|known| &known.baseline)) {
            (Some(value), _) => Baseline::Stated { value, by: self.by.to_owned() },
            (None, Some(known)) if known.value().is_some() => known.clone(),
            _ => self.baseline_of(metric),
        };
        let offers = self.offers_of(&metric.key, asked, standing);
        let offers =
            offers.chain(targets::of_template(metric, &baseline, self.upsell.seats)).collect::<Vec<_>>();
        let basis = targets::decide(&metric.name, &metric.unit, metric.direction, &baseline, offers)?;
        let target = basis.won.target;
        Ok(Metric {
            key: metric.key.clone(),
            name: metric.name.as_str().into(),
            kind: metric.kind,
            target,
            unit: metric.unit.clone(),
            collection: self.collection_of(metric.usage.as_ref()),
            direction: metric.direction,
            weight: metric.weight,
            critical: metric.critical,
            thresholds: targets::thresholds(&metric.thresholds, &baseline, target),
            baseline,
            curve: metric.curve,
            frequency: metric.frequency,
            target_basis: basis,
            original_target: standing.map_or(target, |known| known.original_target),
        })
    }

    /// A metric people added earlier, with what is asked for it now.
    fn of_standing(&self, standing: &Metric) -> Result<Metric> {
        let mut metric = standing.clone();
        if let Some(asked) = self.asked.iter().find(|asked| asked.means(&metric.key, &metric.name)) {
            if let Some(value) = asked.baseline {
                metric.baseline = Baseline::Stated { value, by: self.by.to_owned() };
            }
            let offers = self.offers_of(&metric.key, Some(asked), Some(standing)).collect();
            let basis =
                targets::decide(&metric.name, &metric.unit, metric.direction, &metric.baseline, offers)?;
            metric.target = basis.won.target;
            metric.target_basis = basis;
        }
        Ok(metric)
    }

    fn of_asked(&self, index: usize, asked: &AskedMetric) -> Result<Metric> {
        let collection = asked.collection(index, self.upsell.seats.is_some()).map_err(Error::faults)?;
        let baseline = asked
            .baseline
            .map_or(Baseline::NewProduct, |value| Baseline::Stated { value, by: self.by.to_owned() });
        let unit = asked.unit.clone().unwrap_or_default();
        let offers = self.offers_of(&asked.key(), Some(asked), None).collect();
        let basis = targets::decide(&asked.name, &unit, asked.direction(), &baseline, offers)?;
        let target = basis.won.target;
        let is_manual = collection == Collection::Manual;
        Ok(Metric {
            key: asked.key(),
            name: asked.name.as_str().into(),
            kind: asked.kind.unwrap_or(MetricType::Usage),
            target,
            unit,
            collection,
            direction: asked.direction(),
            weight: 1.0,
            critical: false,
            baseline,
            curve: Curve::Linear,
            thresholds: Vec::new(),
            frequency: if is_manual { Frequency::AtCheckpoint } else { Frequency::Daily },
            target_basis: basis,
            original_target: target,
        })
    }

    fn standing(&self, key: &MetricKey) -> Option<&Metric> {
        self.current?.metrics.iter().find(|metric| &metric.key == key)
    }

    /// What is asked now, what was set or learned before, what is learned now: newest first among equals. What is asked again in
    /// the same words keeps its old place, so that a repeated request does not undo what was set after it.
    fn offers_of(
        &self,
        key: &MetricKey,
        asked: Option<&AskedMetric>,
        standing: Option<&Metric>,
    ) -> impl Iterator<Item = TargetOffer> {
        let before = standing.map(|known| &known.target_basis);
        let before = before.into_iter().flat_map(|basis| std::iter::once(&basis.won).chain(&basis.lost));
        let mut offers: Vec<TargetOffer> = before.filter(|offer| !is_of_template(offer)).cloned().collect();
        let asked = asked.map(|asked| asked.offer(self.by));
        if let Some(asked) = asked.filter(|asked| !offers.contains(asked)) {
            offers.insert(0, asked);
        }
        offers.into_iter().chain(self.offers.get(key).cloned().into_iter().flatten())
    }

    fn baseline_of(&self, metric: &TemplateMetric) -> Baseline {
        match metric.baseline {
            TemplateBaseline::NewProduct => Baseline::NewProduct,
            TemplateBaseline::Stated(value) => {
                Baseline::Stated { value, by: format!("template {}", self.found.template.id) }
            }
            TemplateBaseline::Measured => {
                let measured = self.baselines.get(&metric.key).cloned();
                measured.unwrap_or_else(|| Baseline::Absent { why: "it was not measured".to_owned() })
            }
        }
    }

    fn collection_of(&self, usage: Option<&TemplateUsage>) -> Collection {
        let selector = usage.map(|usage| usage.selector(&self.found.products));
        selector.map_or(Collection::Manual, Collection::Automatic)
    }
}

/// Drafted anew with every version; the other offers are kept from version to version.
const fn is_of_template(offer: &TargetOffer) -> bool {
    matches!(offer.authority, Authority::Benchmark | Authority::TemplateDefault)
}

/// People added it: no template ever offered a target for it.
fn is_own(metric: &Metric) -> bool {
    let basis = &metric.target_basis;
    std::iter::once(&basis.won).chain(&basis.lost).all(|offer| !is_of_template(offer))
}

fn none_of(faults: Vec<FieldFault>) -> Result<()> {
    if faults.is_empty() { Ok(()) } else { Err(Error::faults(faults)) }
}
