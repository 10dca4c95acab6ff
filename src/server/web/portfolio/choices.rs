//! The filter row: what is on offer, how many rows each status holds, and what is chosen now.

use super::wanted::{Wanted, order_word};
use crate::web::{
    format,
    pages::{
        Mark,
        portfolio::{Chip, Choice, Filter, Menu},
    },
    words,
};
use domain::status::Status;
use store::portfolio::{Order, StatusCounts};

/// What can be chosen, as the store knows it.
pub struct Offered {
    pub csms: Vec<String>,
    pub products: Vec<String>,
    pub counts: StatusCounts,
    /// Upsells without a plan.
    pub planless: u64,
}

pub fn filter(wanted: &Wanted, offered: &Offered) -> Filter {
    Filter { chips: chips(wanted, offered), menus: menus(wanted, offered), csv_href: wanted.csv_href() }
}

/// Worst first, then those without a plan.
fn chips(wanted: &Wanted, offered: &Offered) -> Vec<Chip> {
    let status = |status: Status| Chip {
        name: "status",
        value: status.as_str().to_owned(),
        mark: words::mark(status),
        word: words::capital(status.words()),
        count: format::grouped(count(&offered.counts, status)),
        is_checked: wanted.statuses.contains(&status),
    };
    let planless = Chip {
        name: "plan",
        value: "missing".to_owned(),
        mark: Mark::Planning,
        word: "No plan".to_owned(),
        count: format::grouped(offered.planless),
        is_checked: wanted.needs_plan,
    };
    Status::ALL.into_iter().rev().map(status).chain([planless]).collect()
}

pub fn count(counts: &StatusCounts, status: Status) -> u64 {
    counts.by_status.iter().find(|(counted, _)| *counted == Some(status)).map_or(0, |(_, count)| *count)
}

fn menus(wanted: &Wanted, offered: &Offered) -> Vec<Menu> {
    let due: Vec<String> = ["0", "7", "30"].map(str::to_owned).into();
    let due_words = |days: &str| match days {
        "0" => "Overdue".to_owned(),
        days => format!("In {days} days"),
    };
    let chosen_due = wanted.due.map(|days| days.to_string());
    vec![
        menu("csm", "CSM", "Everyone", &offered.csms, wanted.csm.as_ref(), str::to_owned),
        menu("product", "Product", "All", &offered.products, wanted.product.as_ref(), str::to_owned),
        menu("due", "Due", "Any time", &due, chosen_due.as_ref(), due_words),
        order_menu(wanted.order),
    ]
}

/// A value that stands in the address but is not on offer is offered too: it explains the rows.
fn menu(
    name: &'static str,
    label: &'static str,
    all: &str,
    values: &[String],
    chosen: Option<&String>,
    words: impl Fn(&str) -> String,
) -> Menu {
    let own = chosen.filter(|chosen| !values.contains(chosen));
    let choices = values.iter().chain(own).map(|value| Choice {
        value: value.clone(),
        text: words(value),
        is_selected: chosen == Some(value),
    });
    let all = Choice { value: String::new(), text: all.to_owned(), is_selected: chosen.is_none() };
    Menu { name, label, choices: std::iter::once(all).chain(choices).collect() }
}

fn order_menu(chosen: Order) -> Menu {
    let choice = |(order, text): (Order, &str)| Choice {
        value: if order == Order::default() { String::new() } else { order_word(order).to_owned() },
        text: text.to_owned(),
        is_selected: order == chosen,
    };
    let orders = [
        (Order::Gap, "Furthest behind"),
        (Order::Arr, "New ARR"),
        (Order::NextCheckpoint, "Next checkpoint"),
    ];
    Menu { name: "sort", label: "Sort", choices: orders.map(choice).into() }
}
