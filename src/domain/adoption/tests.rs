//! Hand-computed small cases, and what is said where the data does not allow a figure.

use super::*;
use crate::{
    assess::{self, Cohorts, Inputs, Occasion},
    example,
    id::UserId,
    metric::Collection,
    usage::{FeatureDay, UserDays, UserWeek, week_of},
};
use chrono::DateTime;

/// Four users of twelve seats, eight of them new, over the thirty days since day 0, a Sunday.
struct Case {
    plan: MeasurementPlan,
    days: Vec<FeatureDay>,
    users: Vec<UserDays>,
    weeks: Vec<UserWeek>,
}

impl Case {
    fn new() -> Self {
        let plan = MeasurementPlan { seats: Some(12), seats_before: Some(4), ..example::plan() };
        Self { plan, days: Vec::new(), users: Vec::new(), weeks: Vec::new() }
    }

    fn did(mut self, feature: &str, user: &str, days: &[i32]) -> Self {
        for day in days {
            let on = self.plan.date_of(*day);
            let (feature, user, (block, bit)) =
                (Feature::from(feature), UserId::from(user), UserDays::place(on));
            let week = week_of(epoch_day(on));
            self.weeks.push(UserWeek { feature: feature.clone(), user: user.clone(), week, events: 1 });
            self.users.push(UserDays { feature, user, block, bits: 1 << bit });
        }
        self
    }

    fn worth(mut self, feature: &str, day: i32, amount: f64) -> Self {
        let (day, latest_at) = (self.plan.date_of(day), DateTime::UNIX_EPOCH);
        self.days.push(FeatureDay {
            feature: feature.into(),
            day,
            events: 1,
            sum: amount,
            latest: amount,
            latest_at,
        });
        self
    }

    /// As told on a day, the feed alive since long before up to `fed_to`.
    fn told(&self, day: i32, fed_to: i32) -> Adoption {
        let (plan, policy, upsell) = (&self.plan, Policy::default(), example::upsell());
        let today = plan.date_of(day);
        let progress = assess::assess(&Inputs {
            plan,
            observations: &[],
            previous: None,
            cohorts: &Cohorts::new(),
            policy: &policy,
            ended_on: None,
            now: crate::checkpoint::instant(today.and_time(chrono::NaiveTime::MIN), plan.zone),
            occasion: Occasion::Look,
        });
        let usage = Usage {
            days: &self.days,
            users: &self.users,
            weeks: &self.weeks,
            span: Some((plan.date_of(-90), plan.date_of(fed_to))),
            day_zero: plan.tracking_start,
            seats: plan.seats,
            seats_before: plan.seats_before,
            ..Usage::default()
        };
        let facts = Facts { upsell: &upsell, plan, progress: &progress, usage, policy: &policy, today };
        Adoption::of(&facts)
    }
}

fn used() -> Case {
    let case = Case::new();
    let case = case.did("data-sync.run", "ann", &[1, 2, 3, 8, 29]).did("data-sync.map", "ann", &[1]);
    case.did("data-sync.run", "bob", &[2]).did("data-sync.run", "cid", &[9, 29]).did("other.run", "eve", &[9])
}

fn figures(readings: [&Reading; 3]) -> [Option<f64>; 3] {
    readings.map(|reading| match reading {
        Reading::Known { value, .. } => Some((value * 1e6).round() / 1e6),
        Reading::Unknown { .. } => None,
    })
}

#[test]
fn usage_figures_are_what_a_person_works_out() {
    let told = used().told(29, 29);
    // Of the 28 days from day 2 on: Ann 4, Bob 1, Cid 2 of them; day 29 is a Monday, so weeks end on days 0 to 28.
    assert_eq!(told.frequency, Reading::known(7.0 / 28.0 * 7.0 / 3.0, "days", 3, "active users"));
    // Whole weeks end on days 7, 14, 21 and 28: Ann 5 in two, Bob 1 in one, Cid 1 in one.
    assert_eq!(told.depth, Reading::known(1.0, "actions", 3, "active users"));
    assert_eq!(told.reach, Reading::known(25.0, "%", 12, "entitled seats"));
    assert_eq!(told.stickiness, Reading::known(100.0 * 7.0 / (28.0 * 3.0), "%", 3, "active users"));
    // Sevens that end on days 29, 22, 15 and 8: two, none, one and two were active.
    assert_eq!(told.stickiness_weekly, Reading::known(100.0 * 5.0 / (4.0 * 3.0), "%", 3, "active users"));
    assert_eq!(told.usage_to, Some(used().plan.date_of(29)));
}

#[test]
fn seats_are_told_now_on_average_and_at_most() {
    let told = used().told(29, 29).licences;
    // One on day 1, two from day 2, three from day 9 on, of twelve, over thirty days.
    let average = (1.0 + 7.0 * 2.0 + 21.0 * 3.0) / 30.0 / 12.0 * 100.0;
    let rounded = (average * 1e6_f64).round() / 1e6;
    assert_eq!(figures([&told.now, &told.average, &told.peak]), [Some(25.0), Some(rounded), Some(25.0)]);
    let new = used().told(29, 29).new_licences;
    assert_eq!(
        figures([&new.now, &new.average, &new.peak]),
        [Some(0.0); 3],
        "three users sit on four old seats"
    );
    let mut bought = used();
    bought.plan.seats_before = Some(1);
    assert_eq!(
        bought.told(29, 29).new_licences.peak,
        Reading::known(100.0 * 2.0 / 11.0, "%", 11, "new seats")
    );
}

#[test]
fn who_had_no_value_yet_is_censored_and_quarters_may_not_be_reached() {
    let mut case = used();
    case.plan.seats = Some(6);
    let Figure::Days { of, reached, quarter, median, three_quarters } = case.told(29, 29).first_value else {
        panic!("six seats")
    };
    assert_eq!((of, reached, quarter, median, three_quarters), (6, 3, Some(2.0), Some(9.0), None));
}

#[test]
fn where_data_does_not_allow_a_figure_it_says_why_and_is_not_zero() {
    let none = Case::new().told(29, -3);
    let why = |reading: &Reading| reading.figure().is_none().then(|| reading.basis());
    for reading in
        [&none.depth, &none.frequency, &none.reach, &none.stickiness, &none.licences.now, &none.breadth]
    {
        assert_eq!(why(reading).as_deref(), Some("no usage since day 0"));
    }
    assert_eq!((none.nps, none.csat, none.value.so_far), (None, None, None));
    assert!(why(&none.value.realisation).unwrap().contains("value.committed.<line>"));
    let mut seatless = used();
    (seatless.plan.seats, seatless.plan.seats_before) = (None, None);
    let told = seatless.told(29, 29);
    assert!(why(&told.licences.peak).is_some() && why(&told.new_licences.now).is_some());
    assert_eq!(told.reach, Reading::known(100.0, "%", 3, "users seen"));
    assert!(why(&used().told(3, 3).frequency).is_none(), "the feed was alive before day 0");
    assert!(why(&used().told(29, 29).breadth).unwrap().contains("lists the entitled features"));
}

#[test]
fn breadth_is_of_the_features_the_plan_lists() {
    let mut case = used();
    let features = ["data-sync.run", "data-sync.map", "data-sync.plan"].map(Feature::from).to_vec();
    let selector = Selector { features, measure: Measure::Breadth { min_users: 1 }, window_days: Some(7) };
    case.plan.metrics[0].collection = Collection::Automatic(selector);
    assert_eq!(case.told(28, 28).breadth, Reading::known(200.0 / 3.0, "%", 3, "entitled features"));
    assert_eq!(case.told(29, 29).breadth, Reading::known(100.0 / 3.0, "%", 3, "entitled features"));
}

#[test]
fn value_is_told_by_who_says_so_beside_what_was_promised() {
    let case = used().worth("value.committed.hours", 0, 400.0).worth("value.stated.hours", 20, 100.0);
    let case = case.worth("value.measured.errors", 25, 30.0);
    let told = case.told(29, 29).value;
    let value = told.so_far.unwrap();
    assert_eq!((value.measured, value.customer_stated, value.modelled), (30.0, 100.0, 0.0));
    assert_eq!(told.realisation, Reading::known(25.0, "%", 1, "committed lines"));
    assert_eq!((told.goals.due, told.goals.goals), (0, case.plan.goals.len()));
}

#[test]
fn surveys_are_told_since_day_0_though_the_feed_stopped() {
    let case = used().did("survey.csat.asked", "ann", &[25]).did("survey.csat.5", "ann", &[26]);
    let case = case.did("survey.csat.asked", "bob", &[25]).did("survey.csat.1", "cid", &[-5]);
    let told = case.told(29, 10);
    let csat = told.csat.unwrap();
    assert_eq!((csat.response.answered, csat.response.response_percent), (1, Some(50.0)));
    assert_eq!(csat.satisfied.unwrap().share, 1.0);
    assert_eq!(told.usage_to, Some(case.plan.date_of(10)));
}

#[test]
fn what_comes_after_the_plan_is_not_its_own() {
    let case = used().worth("value.stated.hours", 119, 100.0).worth("value.stated.hours", 121, 900.0);
    let told = case.told(300, 300);
    assert_eq!((told.told_to, told.usage_to), (case.plan.date_of(120), Some(case.plan.date_of(120))));
    assert_eq!(told.value.so_far.unwrap().customer_stated, 100.0);
}

#[test]
fn rows_name_every_figure_with_what_it_is_of_and_lines_what_is_unknown() {
    let case = used().worth("value.stated.hours", 20, 100.0).did("survey.nps.9", "ann", &[26]);
    let told = case.told(29, 29);
    let [usage, value] = told.lines();
    for said in [
        "Reach 25 % of 12 entitled seats",
        "Licences in use 25 % (average 22 %, peak 25 %) of 12 purchased seats",
        "First value median not reached (a quarter day 9, three quarters not reached), 3 of 12 users so far",
        "Unknown: Breadth.",
    ] {
        assert!(usage.contains(said), "{said} is not in {usage}");
    }
    for said in [
        "Value $100 ($0 measured, $100 stated by the customer, $0 modelled)",
        "Payback not reached",
        "Unknown: Value realised, Goals achieved, NPS, CSAT.",
    ] {
        assert!(value.contains(said), "{said} is not in {value}");
    }
    let nps = told.value_rows().into_iter().find(|row| row.name == "NPS").unwrap();
    let counts = "1 promoters, 0 passives, 0 detractors; 1 answered, response rate unknown";
    assert_eq!((nps.figure, nps.basis), (None, format!("too few answers for a score: {counts}")));
}
