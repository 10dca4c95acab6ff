//! Upsells keep what they were told, and are found by any of their names.

use super::{Fresh, contract, samples};
use crate::answers::AnswerKey;
use domain::{
    Code,
    id::{CustomerId, UpsellRef},
    upsell::{Ended, UpsellSource},
};

contract! {
    an_upsell_reads_as_it_was_stored
    an_upsell_is_found_by_any_of_its_names
    a_name_two_upsells_have_lists_both
    a_name_of_nothing_lists_what_it_may_have_meant
    a_second_upsell_of_an_opportunity_loses_the_race
    a_customer_told_anew_is_the_same_for_all_its_upsells
    an_upsell_waits_for_a_plan_until_it_has_one
    an_ended_upsell_needs_no_plan
    text_with_a_nul_is_refused
}

async fn an_upsell_reads_as_it_was_stored(fresh: &Fresh) {
    let upsell = samples::upsell(1);
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&upsell).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = fresh.store.read().await.unwrap();
    assert_eq!(tx.upsell_by_id(upsell.id).await.unwrap(), upsell);
    let opportunity = upsell.opportunity_id.clone().unwrap();
    let found = tx.upsell_of_opportunity(UpsellSource::Salesforce, &opportunity).await.unwrap();
    assert_eq!(found, Some(upsell));
    assert_eq!(tx.upsell_of_opportunity(UpsellSource::Manual, &opportunity).await.unwrap(), None);
}

async fn an_upsell_is_found_by_any_of_its_names(fresh: &Fresh) {
    let upsell = samples::upsell(1);
    let plan = samples::plan(&upsell);
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&upsell).await.unwrap();
    tx.insert_upsell(&samples::upsell(2)).await.unwrap();
    tx.insert_plan(&plan).await.unwrap();
    let names =
        [upsell.id.to_string(), plan.id.to_string(), "006-1".into(), "  cusTOMER 1 ".into(), "cust-1".into()];
    for name in names {
        assert_eq!(tx.upsell(&UpsellRef(name.clone())).await.unwrap().id, upsell.id, "{name}");
    }
    let unknown = tx.upsell(&UpsellRef("Customer".to_owned())).await.unwrap_err();
    assert_eq!(unknown.code, Code::NotFound, "a part of a name is no name");
}

async fn a_name_two_upsells_have_lists_both(fresh: &Fresh) {
    let (first, mut second) = (samples::upsell(1), samples::upsell(2));
    second.customer = first.customer.clone();
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&first).await.unwrap();
    tx.insert_upsell(&second).await.unwrap();
    let error = tx.upsell(&UpsellRef("customer 1".to_owned())).await.unwrap_err();
    assert_eq!(error.code, Code::Invalid);
    for id in [first.id, second.id] {
        assert!(error.message.contains(&id.to_string()), "{error}");
    }
}

async fn a_second_upsell_of_an_opportunity_loses_the_race(fresh: &Fresh) {
    let (first, mut second) = (samples::upsell(1), samples::upsell(2));
    second.opportunity_id.clone_from(&first.opportunity_id);
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&first).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = fresh.store.write("test").await.unwrap();
    let error = tx.insert_upsell(&second).await.unwrap_err();
    assert!(error.raced, "asked again, it is found");
    assert_eq!(error.code, Code::Conflict, "asked for ever, it is not told to be asked again");
    assert!(tx.commit().await.is_err(), "a transaction whose statement failed does not commit");
    let mut tx = fresh.store.read().await.unwrap();
    assert_eq!(tx.upsell_by_id(second.id).await.unwrap_err().code, Code::NotFound);
}

async fn a_customer_told_anew_is_the_same_for_all_its_upsells(fresh: &Fresh) {
    let (first, mut second) = (samples::upsell(1), samples::upsell(2));
    second.customer.id = first.customer.id.clone();
    second.customer.name = "Österreich AG".into();
    second.customer.industry = None;
    second.customer.segment = Some("enterprise".to_owned());
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&first).await.unwrap();
    tx.insert_upsell(&second).await.unwrap();
    let known = tx.upsell_by_id(first.id).await.unwrap().customer;
    assert_eq!(known.name, "Österreich AG");
    assert_eq!(known.segment.as_deref(), Some("enterprise"));
    assert_eq!(known.industry.as_deref(), Some("retail"), "what is not told anew stays known");
}

async fn an_upsell_waits_for_a_plan_until_it_has_one(fresh: &Fresh) {
    let upsell = samples::upsell(1);
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&upsell).await.unwrap();
    tx.set_plan_waits_for(upsell.id, Some("a template")).await.unwrap();
    assert_eq!(tx.plan_waits_for(upsell.id).await.unwrap().as_deref(), Some("a template"));
    assert_eq!(tx.upsells_without_plan(10).await.unwrap(), vec![upsell.clone()]);
    tx.insert_plan(&samples::plan(&upsell)).await.unwrap();
    assert_eq!(tx.plan_waits_for(upsell.id).await.unwrap(), None);
    assert!(tx.upsells_without_plan(10).await.unwrap().is_empty());
}

async fn an_ended_upsell_needs_no_plan(fresh: &Fresh) {
    let mut upsell = samples::upsell(1);
    let mut tx = fresh.store.write("test").await.unwrap();
    tx.insert_upsell(&upsell).await.unwrap();
    upsell.ended = Some(Ended {
        on: samples::day("2026-03-01"),
        reason: "cancelled".to_owned(),
        recorded_at: samples::at("2026-03-01T10:00:00Z"),
    });
    upsell.details.products.truncate(1);
    tx.update_upsell(&upsell).await.unwrap();
    assert!(tx.upsells_without_plan(10).await.unwrap().is_empty());
    assert_eq!(tx.upsell_by_id(upsell.id).await.unwrap(), upsell);
    assert_eq!(tx.filter_choices().await.unwrap().1, ["Analytics"]);
}

async fn text_with_a_nul_is_refused(fresh: &Fresh) {
    let mut upsell = samples::upsell(1);
    upsell.goals = vec!["nul \0 inside".to_owned()];
    let mut tx = fresh.store.write("test").await.unwrap();
    assert_eq!(tx.insert_upsell(&upsell).await.unwrap_err().code, Code::Invalid);
    tx.rollback().await.unwrap();
    let mut tx = fresh.store.write("test").await.unwrap();
    assert_eq!(
        tx.answer("tool", &AnswerKey::Natural("a\0b".to_owned())).await.unwrap_err().code,
        Code::Invalid
    );
}

async fn a_name_of_nothing_lists_what_it_may_have_meant(fresh: &Fresh) {
    let mut tx = fresh.store.write("test").await.unwrap();
    let nothing = tx.upsell(&UpsellRef("Acme".to_owned())).await.unwrap_err();
    assert!(nothing.faults.is_empty() && nothing.message.contains("by a part of the name"), "{nothing}");
    let names = [
        "Northwind Traders",
        "Northwind Foods",
        "Contoso",
        "Fabrikam",
        "Österreich AG",
        "Adventure",
        "Tailspin",
    ];
    for (n, name) in (1..).zip(names) {
        let mut upsell = samples::upsell(n);
        upsell.customer.id = CustomerId(format!("cust-{n}"));
        upsell.customer.name = name.into();
        tx.insert_upsell(&upsell).await.unwrap();
    }
    let known = samples::upsell(3);
    let id = known.id.to_string();
    let slip = format!("{}{}", &id[..13], if id.ends_with('0') { '1' } else { '0' });
    for (given, meant) in [
        ("northwnd traders", "Northwind Traders"),
        ("Northwind", "Northwind Foods"),
        ("Contosso", "Contoso"),
        ("österreich", "Österreich AG"),
        ("cust-33", "Contoso"),
        (slip.as_str(), "Contoso"),
    ] {
        let error = tx.upsell(&UpsellRef(given.to_owned())).await.unwrap_err();
        assert_eq!(error.code, Code::NotFound);
        assert!(error.message.contains("It may be u_") && error.message.contains(meant), "{given}: {error}");
        assert_eq!(error.faults[0].field, "upsell");
    }
    let unlike = tx.upsell(&UpsellRef("zzz".to_owned())).await.unwrap_err();
    assert!(unlike.message.contains("The newest are u_"), "{unlike}");
    assert_eq!(unlike.message.matches("u_").count(), 5, "at most five: {unlike}");
}
