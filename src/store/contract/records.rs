//! Alerts, answers, audit, deliveries, keys, outcomes and reviews.

use super::{Fresh, contract, run, samples, samples::at};
use crate::{
    Tx,
    alerts::{AlertFilter, Held},
    answers::{AnswerKey, StoredAnswer},
    audit::AuditRow,
    cases::CaseFacts,
    keys::KeyRow,
    outbox::Delivery,
    outcomes::OutcomeFilter,
    sessions::Session,
};
use chrono::TimeDelta;
use domain::{
    Code,
    alert::{Alert, AlertRule, AlertState, Severity},
    analysis::{Goals, MilestoneSeen},
    digest::OwnerWeek,
    id::{AlertId, KeyId, ProposalId, ReviewId},
    outcome::{Conclusion, Outcome},
    plan::MeasurementPlan,
    proposed_outcome::{OutcomeContent, ProposalState, ProposedOutcome, open_at},
    review::{Decision, Review},
    status::Status,
    upsell::Upsell,
};

contract! {
    two_live_keys_never_share_a_name
    the_revision_moves_with_every_change_of_keys_and_every_end_of_a_session
    an_alert_is_raised_once_an_episode
    alerts_are_listed_newest_first_in_pages
    alerts_of_a_week_tell_which_are_held_back
    a_week_is_to_be_shared_out_after_every_change_of_its_alerts
    the_latest_episode_of_each_rule_stands
    the_first_answer_to_a_key_stays
    audit_rows_tell_who_did_what
    a_delivery_is_queued_once
    a_revoked_key_is_not_live
    a_session_stands_for_its_key_until_its_end
    reviews_are_told_oldest_first
    an_outcome_ends_the_plan
    proposals_of_an_outcome_keep_their_history_and_end_nothing
    the_analysis_reads_the_status_of_the_last_day
    planned_upsells_are_read_latest_first_in_pages
    facts_stand_until_something_changes
}

async fn stored(tx: &mut Tx, n: u64) -> (Upsell, MeasurementPlan) {
    let upsell = samples::upsell(n);
    let plan = samples::plan(&upsell);
    tx.insert_upsell(&upsell).await.unwrap();
    tx.insert_plan(&plan).await.unwrap();
    (upsell, plan)
}

fn alert(n: u64, upsell: &Upsell, episode: u32) -> Alert {
    Alert {
        id: AlertId::from_bits(n),
        upsell: upsell.id,
        plan: None,
        metric: None,
        rule: AlertRule::LaggingAdoption,
        episode,
        severity: Severity::Warning,
        state: AlertState::Open,
        owner: Some("csm@example.com".to_owned()),
        message: "Seats fell behind.".to_owned(),
        next_step: "Call them.".to_owned(),
        raised_at: at("2026-02-10T05:00:00Z") + TimeDelta::hours(n as i64 / 2),
        digest: None,
        notes: Vec::new(),
    }
}

async fn an_alert_is_raised_once_an_episode(fresh: &Fresh) {
    let upsell = samples::upsell(1);
    let mut tx = fresh.store.write("test").await.unwrap();
    let mut first = alert(1, &upsell, 1);
    assert!(tx.insert_alert(&first).await.unwrap());
    assert!(!tx.insert_alert(&alert(2, &upsell, 1)).await.unwrap());
    first.state = AlertState::Snoozed { until: at("2026-03-01T00:00:00Z") };
    tx.save_alert(&first).await.unwrap();
    assert_eq!(tx.alert(first.id).await.unwrap(), first);
    let unknown = tx.alert(AlertId::from_bits(2)).await.unwrap_err();
    assert_eq!(unknown.code, Code::NotFound);
    let near = format!("It may be {} (Seats fell behind.)", first.id);
    assert!(unknown.message.contains(&near) && unknown.faults[0].field == "alert", "{unknown}");
    assert_eq!(tx.save_alert(&alert(2, &upsell, 1)).await.unwrap_err().code, Code::NotFound);
}

async fn alerts_are_listed_newest_first_in_pages(fresh: &Fresh) {
    let (one, two) = (samples::upsell(1), samples::upsell(2));
    let mut tx = fresh.store.write("test").await.unwrap();
    for n in 1..=6 {
        tx.insert_alert(&alert(n, if n < 5 { &one } else { &two }, n as u32)).await.unwrap();
    }
    let numbers = |alerts: Vec<Alert>| alerts.iter().map(|alert| alert.episode).collect::<Vec<_>>();
    let all = AlertFilter::default();
    assert_eq!(numbers(tx.list_alerts(&all).await.unwrap()), [6, 5, 4, 3, 2, 1]);
    let page = AlertFilter { limit: 2, after: Some(AlertId::from_bits(5)), ..all.clone() };
    assert_eq!(numbers(tx.list_alerts(&page).await.unwrap()), [4, 3]);
    assert_eq!(tx.count_alerts(&page).await.unwrap(), 6);
    let of_two = AlertFilter { upsell: Some(two.id), ..all.clone() };
    assert_eq!(numbers(tx.list_alerts(&of_two).await.unwrap()), [6, 5]);
    let since = AlertFilter { since: Some(at("2026-02-10T08:00:00Z")), ..all.clone() };
    assert_eq!(numbers(tx.list_alerts(&since).await.unwrap()), [6]);
    let closed = AlertFilter { state: Some("closed".to_owned()), ..all.clone() };
    assert_eq!(tx.count_alerts(&closed).await.unwrap(), 0);
    let owner = AlertFilter { owner: Some("nobody".to_owned()), ..all };
    assert_eq!(tx.count_alerts(&owner).await.unwrap(), 0);
}

async fn alerts_of_a_week_tell_which_are_held_back(fresh: &Fresh) {
    let upsell = samples::upsell(1);
    let of_week = |n, day: &str| Alert {
        owner: Some("Ana Ruiz".to_owned()),
        raised_at: at(&format!("2026-02-{day}:00Z")),
        ..alert(n, &upsell, n as u32)
    };
    let (before, told, mut held) = (of_week(1, "08T23:59"), of_week(2, "09T00:00"), of_week(3, "15T23:59"));
    let (after, of_another) = (of_week(4, "16T00:00"), alert(5, &upsell, 5));
    let week = OwnerWeek::of(&told).unwrap();
    let digest = Alert { rule: AlertRule::Digest, id: week.digest_id(), ..of_week(6, "15T23:59") };
    let mut tx = fresh.store.write("test").await.unwrap();
    for alert in [&before, &told, &held, &after, &of_another, &digest] {
        assert!(tx.insert_alert(alert).await.unwrap());
    }
    held.digest = Some(digest.id);
    tx.place_alert(&held).await.unwrap();
    assert_eq!(tx.alerts_of_week(&week).await.unwrap(), [told, held.clone()]);
    let in_digest = AlertFilter { held: Held::InDigest, ..AlertFilter::default() };
    assert_eq!(tx.list_alerts(&in_digest).await.unwrap(), [held]);
    assert_eq!(tx.count_alerts(&in_digest).await.unwrap(), 1);
    assert_eq!(tx.count_alerts(&AlertFilter { held: Held::Told, ..in_digest }).await.unwrap(), 5);
    tx.share_alerts_alone().await.unwrap();
    assert_eq!(tx.idle_alert(digest.id).await.unwrap(), Some(digest));
}

async fn a_week_is_to_be_shared_out_after_every_change_of_its_alerts(fresh: &Fresh) {
    let upsell = samples::upsell(1);
    let owned =
        |n, owner: Option<&str>| Alert { owner: owner.map(str::to_owned), ..alert(n, &upsell, n as u32) };
    let (ana, ben, nobody) = (owned(1, Some("Ana Ruiz")), owned(2, Some("Ben Okafor")), owned(3, None));
    let weeks = [&ana, &ben].map(|alert| OwnerWeek::of(alert).unwrap());
    let digest = Alert { rule: AlertRule::Digest, id: weeks[0].digest_id(), ..ana.clone() };
    let mut tx = fresh.store.write("test").await.unwrap();
    assert!(!tx.ahead().await.unwrap().shares);
    for alert in [&ana, &ben, &nobody, &digest] {
        tx.insert_alert(alert).await.unwrap();
    }
    assert_eq!(tx.weeks_to_share(9).await.unwrap(), weeks.clone().into());
    assert!(tx.ahead().await.unwrap().shares);
    assert_eq!(tx.week_is_shared(&weeks[0]).await.unwrap(), 1);
    assert_eq!(tx.weeks_to_share(9).await.unwrap(), [weeks[1].clone()].into());
    assert_eq!(tx.week_is_shared(&weeks[1]).await.unwrap(), 1);
    tx.place_alert(&Alert { digest: Some(digest.id), ..ana.clone() }).await.unwrap();
    tx.save_alert(&digest).await.unwrap();
    tx.save_alert(&nobody).await.unwrap();
    assert!(!tx.ahead().await.unwrap().shares, "sharing out leaves nothing to share out");
    tx.save_alert(&Alert { state: AlertState::Acknowledged, ..ana }).await.unwrap();
    assert_eq!(tx.weeks_to_share(9).await.unwrap(), [weeks[0].clone()].into());
}

async fn the_latest_episode_of_each_rule_stands(fresh: &Fresh) {
    let upsell = samples::upsell(1);
    let mut tx = fresh.store.write("test").await.unwrap();
    let mut of_metric = alert(3, &upsell, 1);
    of_metric.metric = Some("seats_active".into());
    for alert in [alert(1, &upsell, 1), alert(2, &upsell, 2), of_metric.clone()] {
        assert!(tx.insert_alert(&alert).await.unwrap());
    }
    assert_eq!(tx.latest_alerts_of(upsell.id).await.unwrap(), [alert(2, &upsell, 2), of_metric]);
}

async fn the_first_answer_to_a_key_stays(fresh: &Fresh) {
    let (now, mut tx) = (at("2026-02-10T05:00:00Z"), fresh.store.write("test").await.unwrap());
    let first = StoredAnswer { digest: "d1".to_owned(), answer: "{\"a\":1}".to_owned() };
    let second = StoredAnswer { digest: "d2".to_owned(), answer: "{}".to_owned() };
    let key = AnswerKey::Natural("k".to_owned());
    assert!(tx.answer("record_review", &key).await.unwrap().is_none());
    assert!(tx.insert_answer("record_review", &key, &first, now).await.unwrap());
    assert!(!tx.insert_answer("record_review", &key, &second, now).await.unwrap());
    let stored = tx.answer("record_review", &key).await.unwrap().unwrap();
    assert_eq!((stored.digest, stored.answer), (first.digest, first.answer));
    assert!(tx.insert_answer("other_tool", &key, &second, now).await.unwrap());
}

async fn audit_rows_tell_who_did_what(fresh: &Fresh) {
    let upsell = samples::upsell(1).id;
    let mut tx = fresh.store.write("test").await.unwrap();
    let mut rows = Vec::new();
    for n in 0..3 {
        let row = AuditRow {
            at: at("2026-02-10T05:00:00.500Z"),
            caller: format!("key-{n}"),
            key: (n > 0).then(|| KeyId::from_bits(n)),
            role: "csm".to_owned(),
            tool: "record_review".to_owned(),
            upsell: Some(upsell),
            result: "Recorded.".to_owned(),
        };
        tx.insert_audit(&row).await.unwrap();
        rows.insert(0, row);
    }
    tx.insert_audit(&AuditRow { upsell: None, ..rows[0].clone() }).await.unwrap();
    assert_eq!(tx.audit_of(upsell, 10).await.unwrap(), rows);
    assert_eq!(tx.audit_of(upsell, 1).await.unwrap(), rows[..1]);
    tx.commit().await.unwrap();
    for change in ["update audit set caller = 'x'", "delete from audit"] {
        let mut tx = fresh.store.write("test").await.unwrap();
        let refused = run(&mut tx, change).await;
        assert_eq!(refused.unwrap_err().code, Code::Internal, "{change}");
    }
}

async fn a_delivery_is_queued_once(fresh: &Fresh) {
    let (upsell, now) = (samples::upsell(1).id, at("2026-02-10T05:00:00Z"));
    let delivery = |kind, key: &str| Delivery {
        kind,
        key: key.to_owned(),
        upsell: Some(upsell),
        body: serde_json::json!({ "day": 30 }),
    };
    let mut tx = fresh.store.write("test").await.unwrap();
    assert!(tx.enqueue(&delivery("review_invitation", "a"), now).await.unwrap());
    assert!(!tx.enqueue(&delivery("review_invitation", "a"), now).await.unwrap());
    assert!(tx.enqueue(&delivery("review_document", "a"), now).await.unwrap());
    assert_eq!(tx.count_undelivered().await.unwrap(), 2);
    let queued = tx.deliveries_of(upsell).await.unwrap();
    let pair = |kind: &str| (kind.to_owned(), "a".to_owned());
    assert_eq!(queued, [pair("review_document"), pair("review_invitation")]);
}

fn key() -> KeyRow {
    KeyRow {
        id: KeyId::from_bits(1),
        name: "pipeline".to_owned(),
        role: "monitor".to_owned(),
        hash: "00ff".to_owned(),
        created_at: at("2026-02-10T05:00:00Z"),
        revoked_at: None,
    }
}

async fn a_session_stands_for_its_key_until_its_end(fresh: &Fresh) {
    let key = key();
    let (begun, end) = (key.created_at, key.created_at + TimeDelta::hours(8));
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_key(&key).await.unwrap();
    tx.begin_session("aa", key.id, begun, end).await.unwrap();
    assert_eq!(tx.session("aa", begun).await.unwrap(), Some(Session { key: key.id, expires_at: end }));
    assert_eq!(tx.session("ab", begun).await.unwrap(), None);
    assert_eq!(tx.session("aa", end).await.unwrap(), None, "it is over");
    tx.begin_session("bb", key.id, end, end + TimeDelta::hours(8)).await.unwrap();
    assert_eq!(tx.session("aa", begun).await.unwrap(), None, "what is over is forgotten");
    tx.end_session("bb").await.unwrap();
    assert_eq!(tx.session("bb", end).await.unwrap(), None, "signed out");
}

async fn a_revoked_key_is_not_live(fresh: &Fresh) {
    let later = at("2026-02-11T05:00:00Z");
    let mut key = key();
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_key(&key).await.unwrap();
    assert_eq!(tx.key(key.id).await.unwrap(), Some(key.clone()));
    assert_eq!(tx.count_live_keys().await.unwrap(), 1);
    tx.revoke_key(key.id, later).await.unwrap();
    tx.revoke_key(key.id, later + TimeDelta::days(1)).await.unwrap();
    key.revoked_at = Some(later);
    assert_eq!(tx.list_keys().await.unwrap(), [key]);
    assert_eq!(tx.count_live_keys().await.unwrap(), 0);
    assert_eq!(tx.revoke_key(KeyId::from_bits(2), later).await.unwrap_err().code, Code::NotFound);
}

async fn two_live_keys_never_share_a_name(fresh: &Fresh) {
    let first = key();
    let second = KeyRow { id: KeyId::from_bits(2), name: "Pipeline".to_owned(), ..key() };
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_key(&first).await.unwrap();
    assert_eq!(tx.live_key_named("PIPELINE").await.unwrap(), Some(first.id));
    tx.commit().await.unwrap();
    let mut tx = fresh.store.write("test").await.unwrap();
    assert!(tx.insert_key(&second).await.unwrap_err().raced);
    tx.rollback().await.unwrap();
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.revoke_key(first.id, first.created_at).await.unwrap();
    assert_eq!(tx.live_key_named("pipeline").await.unwrap(), None);
    tx.insert_key(&second).await.unwrap();
    tx.commit().await.unwrap();
}

/// As an older program or a hand at the database would do it, too.
async fn the_revision_moves_with_every_change_of_keys_and_every_end_of_a_session(fresh: &Fresh) {
    let key = key();
    let later = key.created_at + TimeDelta::hours(8);
    let mut tx = fresh.store.write("test").await.unwrap();
    let mut seen = vec![tx.key_revision().await.unwrap()];
    tx.insert_key(&key).await.unwrap();
    seen.push(tx.key_revision().await.unwrap());
    tx.begin_session("aa", key.id, key.created_at, later).await.unwrap();
    assert_eq!(tx.key_revision().await.unwrap(), seen[1], "a session that begins ends no knowledge");
    for change in ["update api_key set revoked_at = created_at", "delete from session", "delete from api_key"]
    {
        run(&mut tx, change).await.unwrap();
        seen.push(tx.key_revision().await.unwrap());
    }
    assert!(seen.is_sorted_by(|before, after| before < after), "{seen:?}");
}

async fn reviews_are_told_oldest_first(fresh: &Fresh) {
    let mut tx = fresh.store.write("test").await.unwrap();
    let (upsell, plan) = stored(&mut tx, 1).await;
    let review = |n: u64, recorded_at| Review {
        id: ReviewId::from_bits(n),
        checkpoint_day: 30,
        decision: Decision::Rescheduled,
        status: Some(Status::AtRisk),
        proposed_status: None,
        summary: "Slow start.".to_owned(),
        evidence_ids: Vec::new(),
        actions: Vec::new(),
        reschedule_to: Some(samples::day("2026-03-09")),
        recorded_by: "csm".to_owned(),
        recorded_at: at(recorded_at),
    };
    let (first, second) = (review(2, "2026-03-01T00:00:00Z"), review(1, "2026-03-09T00:00:00Z"));
    tx.insert_review(plan.id, upsell.id, &second).await.unwrap();
    tx.insert_review(plan.id, upsell.id, &first).await.unwrap();
    assert_eq!(tx.reviews_of(plan.id).await.unwrap(), [first, second]);
}

async fn an_outcome_ends_the_plan(fresh: &Fresh) {
    let mut tx = fresh.store.write("test").await.unwrap();
    let (upsell, plan) = stored(&mut tx, 1).await;
    assert_eq!(tx.outcome_of(plan.id).await.unwrap(), Outcome::Pending);
    let outcome = samples::documented(Conclusion::Success);
    tx.insert_outcome(plan.id, upsell.id, &outcome).await.unwrap();
    assert_eq!(tx.outcome_of(plan.id).await.unwrap(), Outcome::Documented(Box::new(outcome)));
    tx.touch_plan(&plan).await.unwrap();
    assert_eq!(tx.ahead().await.unwrap().due, None, "neither assessed nor opened any more");
    assert_eq!(tx.count_outcomes().await.unwrap(), [(Conclusion::Success, 1)]);
    let filter = crate::portfolio::PortfolioFilter { active_only: true, ..Default::default() };
    assert_eq!(tx.portfolio(&filter).await.unwrap().total, 0);
}

async fn the_analysis_reads_the_status_of_the_last_day(fresh: &Fresh) {
    let mut tx = fresh.store.write("test").await.unwrap();
    let (finished, plan) = stored(&mut tx, 1).await;
    let (running, young) = stored(&mut tx, 2).await;
    let unplanned = samples::upsell(3);
    tx.insert_upsell(&unplanned).await.unwrap();
    for (n, plan, made_at, status) in [
        (1, &plan, "2026-03-01T05:00:00Z", Status::Behind),
        (2, &plan, "2026-05-02T05:00:00Z", Status::OnTrack),
        (3, &young, "2026-03-01T05:00:00Z", Status::Behind),
    ] {
        tx.insert_evaluation(&samples::evaluation(plan, n, made_at, status, 0.0)).await.unwrap();
    }
    tx.insert_outcome(plan.id, finished.id, &samples::documented(Conclusion::Partial)).await.unwrap();
    let rows = tx.case_rows(&OutcomeFilter::default()).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.upsell, row.final_status, row.conclusion)).collect();
    let expected = [
        (finished.id, Some(Status::OnTrack), Some(Conclusion::Partial)),
        (running.id, None, None),
        (unplanned.id, None, None),
    ];
    assert_eq!(told, expected);
    assert_eq!(rows[0].horizon, Some(plan.horizon()));
    let filter = OutcomeFilter { closed_from: Some(samples::day("2026-01-31")), closed_to: None };
    let later: Vec<_> = tx.case_rows(&filter).await.unwrap().iter().map(|row| row.upsell).collect();
    assert_eq!(later, [running.id, unplanned.id]);
}

async fn proposals_of_an_outcome_keep_their_history_and_end_nothing(fresh: &Fresh) {
    let mut tx = fresh.store.write("test").await.unwrap();
    let (_, plan) = stored(&mut tx, 1).await;
    let proposal = |n: u64, outcome: Conclusion| ProposedOutcome {
        id: ProposalId::from_bits(n),
        content: OutcomeContent {
            outcome,
            evidence_ids: Vec::new(),
            claims: Vec::new(),
            gaps: Vec::new(),
            intervention_plan: Vec::new(),
            lessons: vec!["Start with one team".to_owned()],
            ended_on: None,
        },
        proposed_by: "agent".to_owned(),
        proposed_at: at("2026-05-22T15:00:00Z") - TimeDelta::hours(n as i64),
        state: ProposalState::Open,
    };
    let (second, first) = (proposal(1, Conclusion::Partial), proposal(2, Conclusion::Failed));
    tx.save_proposal(plan.id, &first).await.unwrap();
    tx.save_proposal(plan.id, &second).await.unwrap();
    assert_eq!(tx.outcome_of(plan.id).await.unwrap(), Outcome::Pending);
    let now = at("2026-05-23T00:00:00Z");
    let first = first.answered(&second.content, "ana".to_owned(), now);
    tx.save_proposal(plan.id, &first).await.unwrap();
    let all = tx.proposals_of(plan.id).await.unwrap();
    assert_eq!(all, [first, second.clone()]);
    assert!(all[0].was_open_at(at("2026-05-22T23:00:00Z")) && !all[0].was_open_at(now));
    assert_eq!(open_at(all, now), Some(second));
}

async fn planned_upsells_are_read_latest_first_in_pages(fresh: &Fresh) {
    let mut tx = fresh.store.write("test").await.unwrap();
    let mut all = Vec::new();
    for n in 1..=9 {
        all.push(stored(&mut tx, n).await);
    }
    tx.insert_upsell(&samples::upsell(10)).await.unwrap();
    all.sort_by_key(|(upsell, _)| std::cmp::Reverse((upsell.details.close_date, upsell.id)));
    let mut paged: Vec<(Upsell, MeasurementPlan)> = Vec::new();
    loop {
        let before = paged.last().map(|(upsell, _)| upsell.clone());
        let page = tx.latest_planned(&OutcomeFilter::default(), before.as_ref(), 4).await.unwrap();
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!(paged, all);
    let day = all[0].0.details.close_date;
    let filter = OutcomeFilter { closed_from: Some(day), closed_to: Some(day) };
    let of_day = tx.latest_planned(&filter, None, 9).await.unwrap();
    assert!(of_day.iter().all(|(upsell, _)| upsell.details.close_date == day) && !of_day.is_empty());
}

/// Whatever changes what they are worked out from, they are worked out anew.
async fn facts_stand_until_something_changes(fresh: &Fresh) {
    let mut tx = fresh.store.write("test").await.unwrap();
    let (mut upsell, mut plan) = stored(&mut tx, 1).await;
    let facts = CaseFacts {
        at: at("2026-05-02T05:00:00Z"),
        template: Some("seats".to_owned()),
        planned_at: Some(at("2026-01-29T09:00:00.123Z")),
        day_zero: samples::day("2026-01-30"),
        ended_on: Some(samples::day("2026-04-01")),
        first_value_day: Some(-1),
        goals: Goals { achieved: 1, missed: 2, unknown: 3, dropped: 4 },
        first_check_at: Some(at("2026-03-01T05:00:00Z")),
        first_check_lagged: Some(true),
        milestones: vec![MilestoneSeen { name: "Größe".to_owned(), due_day: 14, done_day: Some(9) }],
    };
    let mut changes = 0;
    loop {
        assert!(tx.ahead().await.unwrap().facts);
        assert_eq!(tx.upsells_without_facts(9).await.unwrap(), [upsell.id]);
        tx.lock_facts(upsell.id).await.unwrap();
        tx.keep_facts(upsell.id, &facts).await.unwrap();
        assert!(!tx.ahead().await.unwrap().facts);
        let rows = tx.case_rows(&OutcomeFilter::default()).await.unwrap();
        assert_eq!(rows[0].facts.as_ref(), Some(&facts));
        match changes {
            0 => {
                upsell.entitlement_start = Some(samples::day("2026-02-01"));
                tx.update_upsell(&upsell).await.unwrap();
            }
            1 => tx.touch_plan(&plan).await.unwrap(),
            2 => {
                plan.version = 2;
                tx.save_plan(&plan, at("2026-02-03T05:00:00Z")).await.unwrap();
            }
            3 => {
                let one = samples::observation(&plan, 1, "2026-02-02", "2026-02-03T05:00:00Z");
                tx.insert_observations(&[one]).await.unwrap();
            }
            4 => {
                let one = samples::evaluation(&plan, 1, "2026-03-01T05:00:00Z", Status::Behind, 0.0);
                tx.insert_evaluation(&one).await.unwrap();
            }
            _ => break,
        }
        assert_eq!(tx.case_rows(&OutcomeFilter::default()).await.unwrap()[0].facts, None, "change {changes}");
        changes += 1;
    }
}
