//! The pages as a browser gets them: a small portfolio made by the tools and the scheduler, then looked at.

use crate::{Faces, build_router, scheduler};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::policy::Policy;
use serde_json::{Value, json};
use std::sync::{Arc, atomic::AtomicU64};
use store::Store;
use tokio::sync::Notify;
use tools::{Caller, Clock, Host, Ids, Role};
use tower::ServiceExt;

const DAYS: u32 = 20;

struct Place {
    host: Arc<Host>,
    router: Router,
}

struct Page {
    status: StatusCode,
    kind: String,
    text: String,
}

impl Place {
    async fn on(date: &str) -> Self {
        let at: DateTime<Utc> = format!("{date}T09:00:00Z").parse().unwrap();
        let host = Arc::new(Host {
            store: Store::open("sqlite::memory:").await.unwrap(),
            clock: Clock::held(at),
            ids: Ids::Seeded(AtomicU64::new(1)),
            templates: domain::template::built_in(),
            policy: Policy::default(),
            cohorts: tools::cohorts::CohortCache::default(),
            keys: tools::key_cache::KeyCache::default(),
            base_url: "http://127.0.0.1:8080".to_owned(),
            changed: Notify::new(),
        });
        let router = build_router(&host, &Faces::default());
        Self { host, router }
    }

    async fn call(&self, tool: &str, arguments: Value) -> Value {
        let caller = Caller::without_key("Ana Ruiz", Role::Admin);
        tools::entry(tool).unwrap().call(&self.host, &caller, arguments).await.unwrap().structured
    }

    async fn get(&self, path: &str) -> Page {
        let request = Request::get(path).header(header::HOST, "localhost").body(Body::empty()).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (status, kind) =
            (answer.status(), answer.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned());
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        Page { status, kind, text: String::from_utf8(body.to_vec()).unwrap() }
    }

    async fn settle(&self) {
        while scheduler::tick(&self.host).await.unwrap() > 0 {}
    }

    async fn register(&self, customer: &str, products: &[&str]) -> String {
        let close = self.host.clock.now().date_naive();
        let asked = json!({
            "source": "manual", "customer": customer, "products": products, "arrIncrease": 128_000,
            "closeDate": close, "seats": 50, "owner": "Ana Ruiz", "salesRep": "Priya Shah",
            "goals": ["Close the <b>month</b> in three days"],
        });
        let answer = self.call("register_upsell", asked).await;
        self.settle().await;
        answer["upsell"].as_str().unwrap().to_owned()
    }

    /// Lets days pass on each of which so many people look at a dashboard.
    async fn use_daily(&self, customer: &str, days: u32, people: u32) {
        for _ in 0..days {
            let at = self.host.clock.now();
            let event = |user| {
                json!({
                    "eventId": format!("{customer}-{at}-{user}"), "customer": customer, "user": format!("user {user}"),
                    "feature": "forecasting.view", "at": at - TimeDelta::hours(1),
                })
            };
            let events: Vec<Value> = (0..people).map(event).collect();
            self.call("ingest_usage", json!({ "events": events })).await;
            self.host.clock.set(at + TimeDelta::days(1));
            self.settle().await;
        }
    }
}

async fn portfolio_of_three() -> (Place, [String; 2]) {
    let place = Place::on("2026-10-06").await;
    let northwind = place.register("Northwind Traders", &["Forecasting"]).await;
    place.use_daily("Northwind Traders", DAYS, 1).await;
    let silent = place.register("=cmd()", &["Forecasting"]).await;
    (place, [northwind, silent])
}

#[tokio::test]
async fn an_empty_portfolio_shows_how_to_begin() {
    let page = Place::on("2026-10-06").await.get("/").await;
    assert_eq!((page.status, page.kind.as_str()), (StatusCode::OK, "text/html; charset=utf-8"));
    assert!(page.text.contains("Nothing is measured yet") && page.text.contains("uptake demo --serve"));
    assert!(!page.text.contains("class=\"filters\""));
}

#[tokio::test]
async fn the_portfolio_shows_what_the_tools_tell() {
    let (place, [northwind, silent]) = portfolio_of_three().await;
    let page = place.get("/").await.text;
    let listed = place.call("list_measurements", json!({})).await;
    let row = &listed["measurements"][0];
    assert_eq!(row["upsell"], northwind);
    let gap = crate::web::format::points(row["gapPoints"].as_f64().unwrap());
    assert!(page.contains(&gap), "{gap} is not in {page}");
    for said in [
        &format!("/m/{northwind}"),
        &format!("/m/{silent}"),
        "2 upsells",
        "$128k",
        "Ana Ruiz",
        "Day 30, in 10 d",
    ] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    assert!(page.contains("Upsells with a plan") && page.contains("too few to say"));
    assert!(page.contains(&format!("Day {DAYS}: ")), "the graphic ends today: {page}");
}

#[tokio::test]
async fn filters_choose_rows_and_say_when_none_is_left() {
    let (place, [northwind, silent]) = portfolio_of_three().await;
    let status = place.call("list_measurements", json!({})).await["measurements"][0]["status"].clone();
    let chosen = place.get(&format!("/?status={}", status.as_str().unwrap())).await.text;
    assert!(chosen.contains(&northwind) && !chosen.contains(&silent));
    assert!(chosen.contains("checked"));
    assert!(place.get("/?q=north").await.text.contains(&northwind));
    let nothing = place.get("/?csm=Nobody").await.text;
    assert!(nothing.contains("No measurement matches") && nothing.contains("Nobody</option>"));
    assert!(place.get("/?plan=missing").await.text.contains("0 upsells wait for a plan"));
}

#[tokio::test]
async fn the_file_has_the_same_rows_and_runs_nothing() {
    let (place, [northwind, silent]) = portfolio_of_three().await;
    let file = place.get("/portfolio.csv?sort=arr").await;
    assert_eq!(file.kind, "text/csv; charset=utf-8");
    let lines: Vec<&str> = file.text.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with("upsell,customer,products,csm,status"));
    assert!(file.text.contains(&format!("{northwind},Northwind Traders,Forecasting,Ana Ruiz,")));
    assert!(
        file.text.contains(&format!("{silent},'=cmd(),")) && file.text.contains(",2026-10-06,30,2026-11-05,")
    );
}

#[tokio::test]
async fn a_measurement_shows_the_figure_the_tool_tells() {
    let (place, [northwind, _]) = portfolio_of_three().await;
    let page = place.get(&format!("/m/{northwind}")).await;
    assert_eq!(page.status, StatusCode::OK);
    let told = place.call("get_progress", json!({ "upsell": northwind })).await;
    let headline = told["progress"]["headline"].as_str().unwrap();
    assert!(page.text.contains(headline), "{headline} is not in {}", page.text);
    let lead = &told["progress"]["reasons"][0]["metric"];
    let metrics = told["progress"]["metricsProgress"].as_array().unwrap();
    let lead = metrics.iter().find(|metric| &metric["metric"] == lead).unwrap();
    let gap = format!("{:.0} points behind: ", -lead["gapPoints"].as_f64().unwrap());
    assert!(page.text.contains(&gap), "{gap} is not in {}", page.text);
    for said in [
        "Northwind Traders, Forecasting",
        "$128k new ARR",
        "by Priya Shah",
        "class=\"actual\"",
        "class=\"expected\"",
        "Success criteria",
        "automatic, product usage",
        "Milestones",
        "Close the &#60;b&#62;month&#60;/b&#62; in three days",
        "Adoption and value",
        "Unknown: no value line came",
        "Plan history",
        "Drafted from the template analytics_add_on",
        "First judged: ",
        "not enough similar upsells for a band (0 of 8)",
    ] {
        assert!(page.text.contains(said), "{said} is not in {}", page.text);
    }
}

#[tokio::test]
async fn a_metric_is_chosen_by_the_address_and_its_values_can_be_had() {
    let (place, [northwind, _]) = portfolio_of_three().await;
    let page = place.get(&format!("/m/{northwind}?metric=dashboards_built&view=gap")).await.text;
    assert!(page.contains("Dashboards built by the customer, Northwind Traders</title>"), "{page}");
    let file = place.get(&format!("/m/{northwind}/observations.csv?metric=weekly_viewers")).await.text;
    assert!(file.starts_with("metric,day,date,value,unit,recordedAt,source,quality,observation\n"));
    assert!(file.contains("weekly_viewers,0,2026-10-06,1,users,2026-10-0"), "{file}");
    assert!(!file.contains("dashboards_built"));
    let wrong = place.get(&format!("/m/{northwind}?metric=none")).await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    assert!(wrong.text.contains("weekly_viewers"), "{}", wrong.text);
}

#[tokio::test]
async fn without_data_the_page_says_what_would_show_and_stale_data_is_last_known() {
    let (place, [northwind, silent]) = portfolio_of_three().await;
    let page = place.get(&format!("/m/{silent}?metric=weekly_viewers")).await.text;
    assert!(
        page.contains("No data yet") && page.contains("Usage of forecasting.view by the customer =cmd()"),
        "{page}"
    );
    place.host.clock.set(place.host.clock.now() + TimeDelta::days(6));
    place.settle().await;
    let page = place.get(&format!("/m/{northwind}")).await.text;
    assert!(page.contains("No data since 25 Oct 2026") && page.contains("class=\"silence\""), "{page}");
}

#[tokio::test]
async fn an_upsell_without_a_plan_shows_the_clock_of_48_hours() {
    let place = Place::on("2026-10-06").await;
    let asked = json!({
        "source": "manual", "customer": "Adatum", "products": ["Extra seats"], "arrIncrease": 1000,
        "closeDate": "2026-10-06",
    });
    let upsell = place.call("register_upsell", asked).await["upsell"].as_str().unwrap().to_owned();
    place.host.clock.set(place.host.clock.now() + TimeDelta::hours(17));
    let page = place.get(&format!("/m/{upsell}")).await.text;
    assert!(page.contains("31 h left of 48") && page.contains("17 of 48 hours gone"), "{page}");
    assert!(place.get("/").await.text.contains("Plan due in 31 h"));
}

#[tokio::test]
async fn what_is_not_there_is_said_on_a_page() {
    let place = Place::on("2026-10-06").await;
    let page = place.get("/m/u_000000000001").await;
    assert_eq!((page.status, page.kind.as_str()), (StatusCode::NOT_FOUND, "text/html; charset=utf-8"));
    assert!(page.text.contains("There is no such upsell"));
    assert_eq!(place.get("/?status=odd").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_measurement_tells_of_a_proposal_and_of_a_value_typed_by_hand() {
    let (place, [northwind, _]) = portfolio_of_three().await;
    let typed = json!({ "upsell": northwind, "addReadings": [
        { "metric": "weekly_viewers", "value": 40, "reason": "The feed lost a <week>" }] });
    place.call("update_metrics", typed).await;
    let failed = json!({ "upsell": northwind, "outcome": "failed", "lessons": ["Nobody looked"] });
    let agent = Caller::without_key("agent", Role::Orchestrator);
    tools::entry("document_outcome").unwrap().call(&place.host, &agent, failed).await.unwrap();
    let page = place.get(&format!("/m/{northwind}")).await.text;
    assert!(page.contains("agent proposed to document the outcome as failed"), "{page}");
    assert!(page.contains("nothing is documented until a CSM confirms."), "{page}");
    assert!(page.contains("typed by hand over product usage: The feed lost a &#60;week&#62;"), "{page}");
    let file = place.get(&format!("/m/{northwind}/observations.csv?metric=weekly_viewers")).await.text;
    assert!(file.contains(",manual,manual,"), "{file}");
}
