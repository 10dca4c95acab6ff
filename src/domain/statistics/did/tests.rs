use super::*;
use crate::statistics::assert_close;

/// Ten controls' differences, and four of expanded accounts.
const CONTROLS: [f64; 10] = [1.5, -0.5, 2.0, 0.25, -1.0, 0.75, 1.25, -0.25, 0.5, 1.0];
const EXPANDED: [f64; 4] = [6.0, 4.5, 7.25, 5.0];

/// An account that changed by so much.
fn changed(name: String, by: f64) -> Account {
    Account { name, before: vec![10.0, 10.0], after: vec![10.0 + by] }
}

fn stack(name: &str, by: f64) -> Stack {
    let controls = CONTROLS.iter().enumerate();
    Stack {
        expanded: changed(name.to_owned(), by),
        controls: controls.map(|(index, by)| changed(format!("control {index}"), *by)).collect(),
    }
}

fn told(stacks: &[Stack]) -> Effect {
    difference(stacks, Change::ToAfter, 0.95).unwrap()
}

/// Reference, with numpy 2 and scipy 1.16: `6 - c.mean()` = 5.45; `c.std(ddof=1)*sqrt(1 + 1/10)` = 0.98728021;
/// ± `t.ppf(0.975, 9)` times it: 3.21661699 to 7.68338301.
#[test]
fn one_account_is_judged_by_the_spread_of_placebos() {
    let effect = told(&[stack("a", 6.0)]);
    assert_close(effect.effect, 5.45, 1e-12);
    assert_close(effect.standard_error, 0.987_280_214_641_325_9, 1e-12);
    assert_close(effect.interval.low, 3.216_616_990_760_176, 1e-9);
    assert_close(effect.interval.high, 7.683_383_009_239_824, 1e-9);
    assert!(effect.is_beyond(5.0) && !effect.is_beyond(6.0));
}

/// Reference: `scipy.stats.ttest_ind(e, c, equal_var=False).confidence_interval(0.95)` = 3.34375493 to 6.93124507
/// around 5.1375, standard error 0.67609222.
#[test]
fn with_the_same_controls_throughout_it_is_welchs_comparison() {
    let stacks: Vec<Stack> =
        EXPANDED.iter().enumerate().map(|(index, by)| stack(&format!("e{index}"), *by)).collect();
    let effect = told(&stacks);
    assert_close(effect.effect, 5.1375, 1e-12);
    assert_close(effect.standard_error, 0.676_092_223_327_886_3, 1e-12);
    assert_close(effect.interval.low, 3.343_754_927_071_577_4, 1e-9);
    assert_close(effect.interval.high, 6.931_245_072_928_423, 1e-9);
}

#[test]
fn an_account_told_twice_counts_once() {
    let once: Vec<Stack> = [("a", 6.0), ("b", 4.5), ("c", 7.25)].map(|(name, by)| stack(name, by)).into();
    let mut twice = once.clone();
    twice.extend(once.iter().cloned());
    let (once, twice) = (told(&once), told(&twice));
    assert_close(twice.effect, once.effect, 1e-12);
    assert_close(twice.standard_error, once.standard_error, 1e-12);
    let alone = [stack("a", 6.0), stack("a", 5.0)];
    assert_eq!(
        difference(&alone, Change::ToAfter, 0.95),
        None,
        "two expansions of one account are no spread"
    );
}

/// By hand: the two stacks' own controls changed by 1 and by 3 on average, so the accounts gained 5 − 1 and 6 − 3.
#[test]
fn each_account_is_compared_with_its_own_controls() {
    let own = |name: &str, by: f64, controls: [f64; 2]| Stack {
        expanded: changed(name.to_owned(), by),
        controls: controls.map(|by| changed(format!("{name}{by}"), by)).into(),
    };
    let effect = told(&[own("a", 5.0, [0.0, 2.0]), own("b", 6.0, [2.0, 4.0])]);
    assert_close(effect.effect, 3.5, 1e-12);
    // Expanded: 2 · 2 · (0.5/2)²; controls: 4/3 · 4 · (1/4)².
    assert_close(effect.standard_error.powi(2), 0.25 + 1.0 / 3.0, 1e-12);
}

#[test]
fn the_check_looks_at_the_two_halves_before() {
    let account = Account { name: "a".to_owned(), before: vec![1.0, 2.0, 5.0, 6.0], after: vec![9.0] };
    assert_eq!(account.change(Change::WithinBefore), Some(4.0));
    assert_eq!(account.change(Change::ToAfter), Some(5.5));
    assert_eq!(Account { before: vec![1.0], ..account.clone() }.change(Change::ToAfter), None);
    assert_eq!(Account { after: vec![f64::NAN], ..account }.change(Change::ToAfter), None);
}
