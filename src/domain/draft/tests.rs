use super::*;
use crate::{
    id::{Product, UpsellId},
    matching::{Bought, choose},
    metric::Authority,
    money::{Currency, Money},
    template::built_in,
    upsell::{Arr, Customer, UpsellDetails, UpsellSource},
};

fn upsell(product: &str, seats: Option<u32>) -> Upsell {
    Upsell {
        id: UpsellId::from_bits(1),
        source: UpsellSource::Manual,
        opportunity_id: None,
        customer: Customer {
            id: "northwind".into(),
            name: "Northwind Traders".into(),
            zone: chrono_tz::America::New_York,
            industry: None,
            segment: None,
        },
        details: UpsellDetails {
            products: vec![Product::from(product)],
            arr: Arr(Money { minor: 12_800_000, currency: Currency::USD }),
            close_date: "2026-02-20".parse().unwrap(),
            sales_rep: None,
        },
        goals: vec!["Fewer spreadsheets".to_owned()],
        owner: None,
        entitlement_start: None,
        seats,
        seats_before: seats.map(|seats| seats / 2),
        detected_at: now(),
        ended: None,
    }
}

fn now() -> DateTime<Utc> {
    "2026-02-21T08:00:00Z".parse().unwrap()
}

/// Drafts with what a test says, over the built-in templates.
struct Desk {
    upsell: Upsell,
    baselines: BTreeMap<MetricKey, Baseline>,
    asked: Vec<AskedMetric>,
    days: Option<Vec<u16>>,
}

impl Desk {
    fn of(upsell: Upsell) -> Self {
        Self { upsell, baselines: BTreeMap::new(), asked: Vec::new(), days: None }
    }

    fn baseline(mut self, metric: &str, value: f64) -> Self {
        let measured = crate::baseline::measured(&[value], 28, &crate::policy::Policy::default());
        self.baselines.insert(metric.into(), measured);
        self
    }

    fn ask(mut self, asked: AskedMetric) -> Self {
        self.asked.push(asked);
        self
    }

    fn draft(&self, current: Option<&MeasurementPlan>) -> Result<MeasurementPlan> {
        let templates = built_in();
        let found = choose(&templates, Bought::from(&self.upsell)).unwrap();
        let draft = Draft {
            upsell: &self.upsell,
            found: &found,
            baselines: &self.baselines,
            offers: &BTreeMap::new(),
            asked: &self.asked,
            goals: &[],
            checkpoint_days: self.days.as_deref(),
            current,
            by: "ana",
        };
        draft.plan(PlanId::from_bits(9), now())
    }

    fn plan(&self) -> MeasurementPlan {
        self.draft(None).unwrap()
    }
}

fn asked(name: &str, target: f64) -> AskedMetric {
    AskedMetric {
        name: name.to_owned(),
        kind: None,
        target,
        unit: None,
        measurement: None,
        features: Vec::new(),
        how: None,
        baseline: None,
        committed: false,
    }
}

#[test]
fn a_plan_has_the_products_features_the_checkpoints_and_the_reason_of_its_template() {
    let plan = Desk::of(upsell("CRM seats", Some(200))).baseline("seats_in_use", 40.0).plan();
    let seats = plan.metric(&"seats_in_use".into()).unwrap();
    assert_eq!(seats.selector().unwrap().features[0].0, "crm-seats.*");
    assert_eq!(plan.checkpoints.iter().map(|c| c.day).collect::<Vec<_>>(), [30, 60, 90]);
    assert_eq!(plan.checkpoints[0].scheduled_date.to_rfc3339(), "2026-03-22T13:00:00+00:00");
    assert_eq!(plan.template.why, "Its word “seats” stands in the product's name CRM seats.");
    assert_eq!(plan.goals[0].text, "Fewer spreadsheets");
    assert_eq!(plan.benchmarks["seats_in_use"], 73.0);
    assert_eq!((plan.version, plan.id), (1, PlanId::from_bits(9)));
}

#[test]
fn the_benchmark_wins_over_the_default_and_the_loser_is_kept() {
    let plan = Desk::of(upsell("CRM seats", Some(200))).baseline("seats_in_use", 40.0).plan();
    let basis = &plan.metric(&"seats_in_use".into()).unwrap().target_basis;
    assert_eq!((basis.won.authority, basis.won.target), (Authority::Benchmark, 73.0));
    assert_eq!((basis.lost[0].authority, basis.lost[0].target), (Authority::TemplateDefault, 80.0));
}

#[test]
fn authority_decides_commitment_then_override_then_benchmark_then_default() {
    let committed = AskedMetric { committed: true, ..asked("Seats in use", 60.0) };
    let desk = Desk::of(upsell("CRM seats", Some(200))).baseline("seats_in_use", 40.0);
    let plan = desk.ask(committed).plan();
    let mut metric = plan.metric(&"seats_in_use".into()).unwrap().clone();
    assert_eq!((metric.target, metric.target_basis.won.authority), (60.0, Authority::CustomerCommitment));
    let mine = TargetOffer { authority: Authority::CsmOverride, target: 90.0, because: "a hunch".to_owned() };
    retarget(&mut metric, mine).unwrap();
    assert_eq!(metric.target, 60.0, "an override does not beat what the customer committed to");
    let order: Vec<Authority> = metric.target_basis.lost.iter().map(|offer| offer.authority).collect();
    assert_eq!(order, [Authority::CsmOverride, Authority::Benchmark, Authority::TemplateDefault]);
}

#[test]
fn a_plan_per_seat_waits_for_seats_and_says_so() {
    let error = Desk::of(upsell("CRM seats", None)).draft(None).unwrap_err();
    assert!(error.message.contains("needs seats: Seats in use is told per entitled seat"), "{error}");
    assert_eq!(error.faults[0].field, "seats");
}

#[test]
fn an_optional_metric_is_left_out_and_the_plan_says_so() {
    let mut without = upsell("CRM seats", Some(200));
    without.seats_before = None;
    let plan = Desk::of(without).baseline("seats_in_use", 40.0).plan();
    assert!(plan.metric(&"new_seats_in_use".into()).is_err());
    assert!(
        plan.template.why.contains("Left out: New seats in use, which needs seatsBefore"),
        "{}",
        plan.template.why
    );
}

#[test]
fn a_default_multiplies_the_baseline_or_says_that_there_is_none() {
    let api = || Desk::of(upsell("Messaging API", None));
    let target = |desk: Desk| {
        let plan = desk.plan();
        let metric = plan.metric(&"volume".into()).unwrap();
        (metric.target, metric.target_basis.won.because.clone())
    };
    let (doubled, why) = target(api().baseline("volume", 40_000.0));
    assert_eq!(doubled, 60_000.0);
    assert_eq!(why, "the template's default: 1.5 × the baseline of 40,000 calls");
    let (otherwise, why) = target(api());
    assert_eq!(otherwise, 100_000.0);
    assert_eq!(why, "the template's default where no baseline is known");
}

#[test]
fn a_target_on_offer_below_the_baseline_is_passed_over_and_one_asked_for_is_refused() {
    let high = || Desk::of(upsell("CRM seats", Some(200))).baseline("seats_in_use", 78.0);
    let plan = high().plan();
    assert_eq!(
        plan.metric(&"seats_in_use".into()).unwrap().target,
        80.0,
        "the benchmark of 73 is no progress"
    );
    let error = high().ask(asked("Seats in use", 50.0)).draft(None).unwrap_err();
    assert!(error.message.contains("50 % of “Seats in use” is not above its baseline 78 %"), "{error}");
    let full = Desk::of(upsell("CRM seats", Some(200))).baseline("seats_in_use", 95.0).plan();
    assert_eq!(full.metric(&"seats_in_use".into()).unwrap().target, 95.0, "keep what is there");
}

#[test]
fn thresholds_are_percent_of_the_way_and_move_with_the_target() {
    let plan = Desk::of(upsell("CRM seats", Some(200))).baseline("seats_in_use", 33.0).plan();
    let mut metric = plan.metric(&"seats_in_use".into()).unwrap().clone();
    assert_eq!(
        (metric.thresholds[1].warn, metric.thresholds[1].fail),
        (53.0, 43.0),
        "50 % and 25 % of 33 → 73"
    );
    let mine = TargetOffer { authority: Authority::CsmOverride, target: 93.0, because: "agreed".to_owned() };
    retarget(&mut metric, mine).unwrap();
    assert_eq!((metric.thresholds[1].warn, metric.thresholds[1].fail), (63.0, 48.0));
    assert_eq!((metric.target, metric.original_target), (93.0, 73.0));
}

#[test]
fn a_metric_asked_for_lists_everything_it_lacks() {
    let desk = Desk::of(upsell("Data Sync", None));
    let vague =
        AskedMetric { measurement: Some(crate::metric::Measurement::Automatic), ..asked("Syncs", 5.0) };
    let error = desk.ask(vague).draft(None).unwrap_err();
    let fields: Vec<&str> = error.faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["metrics[0].type", "metrics[0].unit", "metrics[0].features"]);
}

#[test]
fn a_revision_keeps_id_originals_and_what_people_set() {
    let desk = Desk::of(upsell("Data Sync", None));
    let first = desk.plan();
    let desk = desk.ask(asked("Active users", 30.0));
    let second = desk.draft(Some(&first)).unwrap();
    let metric = second.metric(&"active_users".into()).unwrap();
    assert_eq!((second.version, second.id, second.created_at), (2, first.id, first.created_at));
    assert_eq!((metric.target, metric.original_target), (30.0, 15.0));
    assert!(is_same(&second, &desk.draft(Some(&second)).unwrap()), "the same again changes nothing");
    let plain = Desk::of(upsell("Data Sync", None)).draft(Some(&second)).unwrap();
    assert_eq!(plain.metric(&"active_users".into()).unwrap().target, 30.0, "what was set before stays");
}

#[test]
fn a_metric_of_their_own_survives_a_revision() {
    let own = AskedMetric {
        kind: Some(crate::metric::MetricType::Roi),
        unit: Some("hours".to_owned()),
        ..asked("Hours saved", 100.0)
    };
    let first = Desk::of(upsell("Data Sync", None)).ask(own).plan();
    let mut desk = Desk::of(upsell("Data Sync", None));
    desk.days = Some(vec![14, 45, 90]);
    let second = desk.draft(Some(&first)).unwrap();
    assert_eq!(second.metric(&"hours_saved".into()).unwrap().target, 100.0);
    assert_eq!(second.checkpoints.iter().map(|c| c.day).collect::<Vec<_>>(), [14, 45, 90]);
}

#[test]
fn a_closed_checkpoint_stays_in_every_revision() {
    let mut desk = Desk::of(upsell("Data Sync", None));
    let mut first = desk.plan();
    first.close(30, CheckpointState::Completed { at: now() }).unwrap();
    desk.days = Some(vec![45, 90]);
    let error = desk.draft(Some(&first)).unwrap_err();
    assert!(error.message.contains("the 30-day check is closed already"), "{error}");
    desk.days = Some(vec![30, 45, 90]);
    assert!(!desk.draft(Some(&first)).unwrap().checkpoints[0].is_open());
}

#[test]
fn a_plan_reads_as_it_was_written() {
    for (product, seats) in
        [("CRM seats", Some(200)), ("API", None), ("Analytics", None), ("Enterprise", None)]
    {
        let plan = Desk::of(upsell(product, seats)).baseline("seats_in_use", 40.0).plan();
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<MeasurementPlan>(&text).unwrap(), plan, "{product}");
    }
}

#[test]
fn a_computed_target_has_three_digits() {
    let table = [
        (22.499_999_999_999_996, 22.5),
        (61_949.7, 61_900.0),
        (0.012_345, 0.0123),
        (0.0, 0.0),
        (-2.71942, -2.72),
    ];
    for (from, to) in table {
        assert_eq!(three_digits(from), to);
    }
}
