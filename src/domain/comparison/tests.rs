use super::*;

/// Twelve weeks around a level, with an account's own wobble of at most ±2 %, a trend per week and a lift after.
fn account(name: usize, level: f64, per_week: f64, lift: f64) -> Account {
    let wobble = |week: usize| level * 0.01 * (((name * 7 + week * (3 + name % 4)) % 5) as f64 - 2.0);
    let value = |week: usize| level + per_week * week as f64 + wobble(week);
    Account {
        name: format!("a{name}"),
        before: (0..8).map(value).collect(),
        after: (8..12).map(|week| value(week) + lift).collect(),
    }
}

/// So many of about our size, and six that are ten times as large or a tenth.
fn others(count: usize) -> Vec<Account> {
    let like = (0..count).map(|index| account(index + 1, 98.0 + (index % 5) as f64, 0.0, 0.0));
    let unlike = (0..6).map(|index| account(index + 90, if index < 3 { 1000.0 } else { 10.0 }, 0.0, 0.0));
    like.chain(unlike).collect()
}

fn told(expanded: Account, controls: Vec<Account>) -> Comparison {
    compare(&[Stack { expanded, controls }], 8, &Policy::default())
}

#[test]
fn a_lift_is_read_against_those_of_its_size() {
    let verdict = told(account(0, 100.0, 0.0, 20.0), others(10));
    let Comparison::Identified { effect, controls, expanded, .. } = verdict else { panic!("{verdict:?}") };
    assert_eq!((expanded, controls), (1, 10), "the six others are not alike");
    assert!((effect.effect - 20.0).abs() < 2.0 && effect.interval.contains(20.0), "{effect:?}");
    assert!(effect.interval.low > 0.0);
    let words = verdict.words("calls");
    assert!(words.contains("calls more than 10 like accounts that did not expand ("), "{words}");
}

#[test]
fn seven_are_too_few_and_so_are_seven_alike() {
    let seven: Vec<Account> = others(7).into_iter().take(7).collect();
    let verdict = told(account(0, 100.0, 0.0, 20.0), seven);
    assert_eq!(verdict, Comparison::TooFew { expanded: 1, eligible: 7, alike: 0, needed: 8 });
    assert_eq!(verdict.words("calls"), "too few to compare with (7 of 8 accounts that did not expand)");
    let verdict = told(account(0, 100.0, 0.0, 20.0), others(7));
    assert_eq!(verdict, Comparison::TooFew { expanded: 1, eligible: 13, alike: 7, needed: 8 });
}

/// The account grew by 6 % a week while none of the others did: nobody is like it, because it moved apart.
#[test]
fn an_account_that_moved_apart_before_has_no_effect_to_tell() {
    let level = others(12).into_iter().take(12).collect();
    let verdict = told(account(0, 80.0, 5.0, 20.0), level);
    let Comparison::NotIdentifiable { pre_trend, .. } = verdict else { panic!("{verdict:?}") };
    assert!(pre_trend.effect > 15.0, "{pre_trend:?}");
}

#[test]
fn several_accounts_are_compared_each_with_its_own() {
    let stack = |name: usize, level: f64, lift: f64| Stack {
        expanded: account(name, level, 0.0, lift),
        controls: others(10).into_iter().chain((0..9).map(|i| account(i + 50, 300.0, 0.0, 0.0))).collect(),
    };
    let stacks = [stack(20, 100.0, 20.0), stack(21, 101.0, 25.0), stack(22, 300.0, 30.0)];
    let verdict = compare(&stacks, 8, &Policy::default());
    let Comparison::Identified { effect, expanded, controls, .. } = verdict else { panic!("{verdict:?}") };
    assert_eq!((expanded, controls), (3, 19));
    assert!((effect.effect - 25.0).abs() < 3.0 && effect.interval.contains(25.0), "{effect:?}");
}

#[test]
fn nobody_to_compare_is_an_answer() {
    let none = compare(&[], 8, &Policy::default());
    assert_eq!(none, Comparison::TooFew { expanded: 0, eligible: 0, alike: 0, needed: 8 });
    let nobody = told(account(0, 100.0, 0.0, 20.0), Vec::new());
    assert_eq!(nobody, Comparison::TooFew { expanded: 1, eligible: 0, alike: 0, needed: 8 });
}
