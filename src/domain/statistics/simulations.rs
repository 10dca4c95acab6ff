//! Worlds in which nothing happens, to see what a careless method would report and ours does not.
//! (The quieting of status changes is simulated beside its rule, in `hysteresis`.)

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::contingency::Table;
use super::did::{Account, Change};
use super::fdr;
use super::matching::alike;
use super::moments::mean;
use super::normal;
use super::quantile::median;
use crate::{comparison, policy::Policy};

/// Thirty past upsells of which each succeeds with chance 65 %, and fifteen milestones done by the toss of a coin.
/// The careless miner reports a pattern when success among those who did a milestone (at least five) is more
/// than 1.2 times success overall; the careful one when Fisher's test stands at a false discovery rate of 10 %.
/// 2,000 such worlds. Methods: 66 % and 3 %.
#[test]
fn mining_fifteen_meaningless_milestones_finds_patterns_unless_corrected() {
    let mut random = ChaCha8Rng::seed_from_u64(15);
    let worlds = 2_000;
    let (mut careless, mut careful) = (0, 0);
    for _ in 0..worlds {
        let successes: Vec<bool> = (0..30).map(|_| random.random_bool(0.65)).collect();
        let tables: Vec<Table> = (0..15).map(|_| coin_milestone(&successes, &mut random)).collect();
        careless += u32::from(tables.iter().any(looks_like_lift));
        let ps: Vec<f64> = tables.iter().map(Table::fisher_p).collect();
        careful += u32::from(fdr::rejections(&ps, 0.10).unwrap().contains(&true));
    }
    let share = |count: u32| f64::from(count) / f64::from(worlds);
    println!("false patterns: careless {:.3}, careful {:.3}", share(careless), share(careful));
    assert!((share(careless) - 0.66).abs() < 0.04, "{}", share(careless));
    assert!((share(careful) - 0.03).abs() < 0.015, "{}", share(careful));
}

fn coin_milestone(successes: &[bool], random: &mut ChaCha8Rng) -> Table {
    let mut table = Table { exposed_with: 0, exposed_without: 0, others_with: 0, others_without: 0 };
    for success in successes {
        match (random.random_bool(0.5), *success) {
            (true, true) => table.exposed_with += 1,
            (true, false) => table.exposed_without += 1,
            (false, true) => table.others_with += 1,
            (false, false) => table.others_without += 1,
        }
    }
    table
}

fn looks_like_lift(table: &Table) -> bool {
    let overall = (table.exposed_with + table.others_with) as f64 / 30.0;
    let among_done = table.exposed_with as f64 / table.exposed() as f64;
    table.exposed() >= 5 && among_done > 1.2 * overall
}

/// 4,000 accounts whose weekly use is 100 with independent normal noise of 14.2, buying right after the highest
/// of 26 weeks; the purchase changes nothing. What 13 weeks after show against the week before the purchase,
/// against the four weeks before, and against the median of eight weeks that end 14 days before.
/// Methods: −22.4 %, −6.1 %, and why there is a gap.
#[test]
fn a_baseline_at_the_peak_invents_a_loss() {
    let mut random = ChaCha8Rng::seed_from_u64(22);
    let changes: Vec<[f64; 3]> = (0..4_000).map(|_| changes_of_one_account(&mut random)).collect();
    let average = |i: usize| mean(&changes.iter().map(|change| change[i]).collect::<Vec<_>>()).unwrap();
    println!("last week {:.3}, four weeks {:.3}, with gap {:.3}", average(0), average(1), average(2));
    assert!((average(0) + 0.224).abs() < 0.01, "{}", average(0));
    assert!((average(1) + 0.061).abs() < 0.01, "{}", average(1));
    assert!(average(2).abs() < 0.02, "{}", average(2));
}

fn changes_of_one_account(random: &mut ChaCha8Rng) -> [f64; 3] {
    let weeks: Vec<f64> = (0..49).map(|_| 100.0 + 14.2 * standard_normal(random)).collect();
    let peak = (10..36).max_by(|a, b| weeks[*a].total_cmp(&weeks[*b])).unwrap();
    let (before, after) = weeks.split_at(peak + 1);
    let last = before.len();
    let baselines =
        [before[last - 1], mean(&before[last - 4..]).unwrap(), median(&before[last - 10..last - 2]).unwrap()];
    baselines.map(|baseline| mean(&after[..13]).unwrap() / baseline - 1.0)
}

/// 4,000 accounts, half of them buyers, whose weekly use differs in level (standard deviation 4 around 100, assumed here:
/// the methods do not say) and wobbles by 14.2. A buyer buys in its highest week of the 26 up to then; nothing changes. The
/// same difference in differences, eight weeks that end 14 days before the purchase against the 13 weeks after it, is
/// read against others that are alike in two ways: in the mean of the last four weeks, the peak among them, and as we
/// match, in mean and slope of the eight weeks. Methods: +1.8 units for the first. What is left of ours (1.77 and 0.62 here;
/// 1.9 and 0.7 over six seeds) is that the eight weeks of a buyer are those that were not its highest.
#[test]
fn controls_matched_on_a_mean_with_the_peak_in_it_invent_a_gain() {
    let mut random = ChaCha8Rng::seed_from_u64(26);
    let buyers: Vec<Lived> = (0..2_000).map(|_| Lived::buyer(&mut random)).collect();
    let others: Vec<Lived> = (0..2_000).map(|_| Lived::of(&mut random)).collect();
    let with_peak = bias(&buyers, &others, |lived| vec![mean(&lived.last_four).unwrap()]);
    let ours = bias(&buyers, &others, |lived| comparison::traits(&lived.account).unwrap());
    println!("bias: matched on the mean with the peak {with_peak:.2}, as we match {ours:.2}");
    assert!((with_peak - 1.8).abs() < 0.4, "{with_peak}");
    assert!(ours.abs() < with_peak / 2.0, "{ours}");
}

/// What an account did around one week: the eight weeks that end two weeks earlier, the thirteen after it, and the last
/// four up to it.
struct Lived {
    account: Account,
    last_four: Vec<f64>,
}

impl Lived {
    fn of(random: &mut ChaCha8Rng) -> Self {
        Self::around(&Self::weeks(random))
    }

    fn buyer(random: &mut ChaCha8Rng) -> Self {
        let mut weeks = Self::weeks(random);
        let peak = (0..26).max_by(|a, b| weeks[*a].total_cmp(&weeks[*b])).unwrap();
        // Of weeks that are drawn alike, in which order the others come does not matter.
        weeks.swap(peak, 25);
        Self::around(&weeks)
    }

    fn weeks(random: &mut ChaCha8Rng) -> Vec<f64> {
        let level = 100.0 + 4.0 * standard_normal(random);
        (0..39).map(|_| level + 14.2 * standard_normal(random)).collect()
    }

    fn around(weeks: &[f64]) -> Self {
        let (before, after) = (weeks[16..24].to_vec(), weeks[26..].to_vec());
        Self { account: Account { name: String::new(), before, after }, last_four: weeks[22..26].to_vec() }
    }

    fn change(&self) -> f64 {
        self.account.change(Change::ToAfter).unwrap()
    }
}

/// The mean over buyers of how much more each changed than those alike.
fn bias(buyers: &[Lived], others: &[Lived], traits: impl Fn(&Lived) -> Vec<f64>) -> f64 {
    let policy = Policy::default();
    let (of_others, changes): (Vec<_>, Vec<f64>) =
        others.iter().map(|other| (traits(other), other.change())).unzip();
    let excess = |buyer: &Lived| {
        let own = traits(buyer);
        let floors = vec![policy.caliper_floor * own[0]; own.len()];
        let near = alike(&own, &of_others, policy.caliper, &floors).unwrap();
        let near: Vec<f64> = near.into_iter().map(|other| changes[other]).collect();
        Some(buyer.change() - mean(&near)?)
    };
    mean(&buyers.iter().filter_map(excess).collect::<Vec<_>>()).unwrap()
}

fn standard_normal(random: &mut ChaCha8Rng) -> f64 {
    normal::quantile(random.random_range(1e-12..1.0)).unwrap()
}
