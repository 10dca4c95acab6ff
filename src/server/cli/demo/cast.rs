//! Who bought what: invented customers, products and people.

use super::path::{MIX, Path};
use chrono::{NaiveDate, TimeDelta};
use domain::{id::Product, template::slug};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// What kind of thing was sold; each is used in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Seats,
    Module,
    Tier,
    Api,
    Analytics,
    Support,
}

/// One upsell, from its sale on.
#[derive(Debug, Clone)]
pub struct Story {
    pub index: u64,
    pub customer: String,
    pub name: &'static str,
    industry: &'static str,
    segment: &'static str,
    pub zone: &'static str,
    currency: &'static str,
    pub kind: Kind,
    product: &'static str,
    /// As usage features spell the product.
    pub slug: String,
    pub arr: u32,
    pub close: NaiveDate,
    /// Day 0.
    pub start: NaiveDate,
    rep: &'static str,
    pub csm: &'static str,
    /// Not known of some: their plan waits.
    seats: Option<u32>,
    pub licences: u32,
    pub before: u32,
    goals: [&'static str; 2],
    pub path: Path,
    /// Days after a checkpoint opens on which it is talked over; `None` for who never gets round to it.
    pub reviews_after: Option<i64>,
}

/// Many seats, so that later ones find enough finished ones of their kind to be compared with.
const PRODUCTS: [(Kind, &str); 12] = [
    (Kind::Seats, "Collaboration Seats"),
    (Kind::Module, "Workflow Module"),
    (Kind::Api, "Messaging API"),
    (Kind::Seats, "Design Seats"),
    (Kind::Tier, "Platform Enterprise"),
    (Kind::Seats, "Collaboration Seats"),
    (Kind::Analytics, "Revenue Analytics"),
    (Kind::Support, "Premium Support"),
    (Kind::Seats, "Design Seats"),
    (Kind::Tier, "Commerce Premium"),
    (Kind::Api, "Payments API Volume"),
    (Kind::Seats, "Collaboration Seats"),
];

const CUSTOMERS: [&str; 64] = [
    "Northwind Traders",
    "Alpine Freight",
    "Blue Harbor Foods",
    "Cobalt Insurance",
    "Drift Mobility",
    "Elm & Oak",
    "Fjord Energy",
    "Granite Bank",
    "Halcyon Health",
    "Iris Optics",
    "Juniper Labs",
    "Kestrel Air",
    "Lumen Grid",
    "Maple Retail",
    "Nimbus Media",
    "Orchid Pharma",
    "Pinecone Schools",
    "Quarry Stone",
    "Riverbend Water",
    "Sable Motors",
    "Tundra Outfitters",
    "Umbra Security",
    "Vela Logistics",
    "Willow Homes",
    "Xenon Lighting",
    "Yarrow Clinics",
    "Zephyr Wind",
    "Amber Legal",
    "Birch Capital",
    "Cedar Hotels",
    "Dune Travel",
    "Ember Gaming",
    "Fern Organics",
    "Garnet Mining",
    "Heron Shipping",
    "Indigo Textiles",
    "Jasper Robotics",
    "Kite Telecom",
    "Lagoon Resorts",
    "Meadow Dairy",
    "Nova Devices",
    "Onyx Studios",
    "Pebble Toys",
    "Quill Publishing",
    "Rowan Foods",
    "Slate Software",
    "Thistle Beauty",
    "Ursa Aerospace",
    "Violet Events",
    "Wren Airlines",
    "Yew Timber",
    "Zinc Metals",
    "Aspen Clinics",
    "Basil Kitchens",
    "Coral Marine",
    "Delta Rail",
    "Echo Audio",
    "Flint Tools",
    "Grove Farms",
    "Hazel Pay",
    "Ivory Dental",
    "Jade Semiconductors",
    "Kelp Bio",
    "Linden Press",
];
const INDUSTRIES: [&str; 6] =
    ["Manufacturing", "Financial Services", "Retail", "Healthcare", "Logistics", "Software"];
const SEGMENTS: [&str; 3] = ["Enterprise", "Mid-Market", "Small Business"];
const ZONES: [(&str, &str); 6] = [
    ("America/New_York", "USD"),
    ("Europe/Berlin", "EUR"),
    ("America/Los_Angeles", "USD"),
    ("Europe/London", "GBP"),
    ("Asia/Tokyo", "USD"),
    ("America/Chicago", "USD"),
];
const CSMS: [&str; 5] = ["Ana Ruiz", "Ben Okafor", "Chloe Martin", "Dev Patel", "Emi Sato"];
const REPS: [&str; 4] = ["Lena Vogel", "Marcus Hill", "Nadia Rahman", "Oscar Lund"];

/// What customers of a kind say they want.
const fn goals(kind: Kind) -> [&'static str; 2] {
    match kind {
        Kind::Seats => ["Bring the whole department onto one tool", "Stop paying for idle seats"],
        Kind::Module => ["Halve the time from request to approval", "Retire the old spreadsheets"],
        Kind::Tier => ["Pass the next security audit without findings", "One sign-on for everybody"],
        Kind::Api => {
            ["Carry the holiday traffic without throttling", "Move the last partners off file transfer"]
        }
        Kind::Analytics => ["Let managers answer their own questions", "Close the month in three days"],
        Kind::Support => ["A first answer within four hours", "Train every new team lead"],
    }
}

/// `size` upsells over nine months up to `today`, the same for the same seed.
pub fn stories(seed: u64, size: u64, today: NaiveDate) -> Vec<Story> {
    (0..size).map(|index| story(seed, index, size, today)).collect()
}

const MONTHS_9: i64 = 272;

/// Mixed, but whoever looks finds one upsell of about two months whose data stopped, and one beside it that stalled.
fn path(index: u64, size: u64) -> Path {
    let at = index as usize;
    match size - index {
        14 => Path::FeedStopped,
        13 => Path::Stalled,
        _ => MIX[(at * 7 + at / MIX.len()) % MIX.len()],
    }
}

fn story(seed: u64, index: u64, size: u64, today: NaiveDate) -> Story {
    let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_mul(0x9e37_79b9).wrapping_add(index));
    let at = index as usize;
    let is_last = index + 1 == size;
    let (kind, product) = PRODUCTS[if is_last { 0 } else { at % PRODUCTS.len() }];
    let (zone, currency) = ZONES[rng.random_range(0..ZONES.len())];
    let age = (MONTHS_9 * (size - 1 - index) as i64 / (size.max(2) - 1) as i64).max(1);
    let close = today - TimeDelta::days(age + rng.random_range(0..3));
    let licences = rng.random_range(24..72);
    let before = licences * rng.random_range(35..60) / 100;
    let name = CUSTOMERS[at % CUSTOMERS.len()];
    Story {
        index,
        customer: format!("{}-{}", slug(&Product::from(name)), 100 + index),
        name,
        industry: INDUSTRIES[rng.random_range(0..INDUSTRIES.len())],
        segment: SEGMENTS[rng.random_range(0..SEGMENTS.len())],
        zone,
        currency,
        kind,
        product,
        slug: slug(&Product::from(product)),
        arr: 1000 * rng.random_range(9..260),
        close,
        start: close + TimeDelta::days(if rng.random_bool(0.25) { rng.random_range(3..15) } else { 0 }),
        rep: REPS[rng.random_range(0..REPS.len())],
        csm: CSMS[at % CSMS.len()],
        // The newest sale came without its seats: its plan waits.
        seats: (!is_last).then_some(licences),
        licences,
        before,
        goals: goals(kind),
        path: path(index, size),
        reviews_after: rng.random_bool(0.92).then(|| rng.random_range(0..6)),
    }
}

impl Story {
    /// Days since day 0.
    pub fn day(&self, date: NaiveDate) -> i32 {
        (date - self.start).num_days() as i32
    }

    /// Calls on a working day before the sale of an API.
    pub fn calls_before(&self) -> f64 {
        40.0 * f64::from(self.before)
    }

    pub fn opportunity(&self) -> String {
        format!("0065g{:010}", 7_000_000 + 1373 * self.index)
    }

    /// Share of the way on a date, with the week's luck.
    pub fn share(&self, date: NaiveDate) -> f64 {
        let day = self.day(date);
        let week = day.div_euclid(7);
        let mut luck = ChaCha8Rng::seed_from_u64((self.index << 20) ^ week as u64);
        self.path.share(day, luck.random_range(-1.0..1.0))
    }

    /// Arguments of `register_upsell`.
    pub fn sale(&self) -> Value {
        let mut sale = json!({
            "source": "salesforce",
            "opportunityId": self.opportunity(),
            "customer": self.name,
            "customerId": self.customer,
            "products": [self.product],
            "arrIncrease": self.arr,
            "currency": self.currency,
            "closeDate": self.close,
            "salesRep": self.rep,
            "owner": self.csm,
            "goals": self.goals,
            "timeZone": self.zone,
            "industry": self.industry,
            "segment": self.segment,
            "seats": self.seats,
            "seatsBefore": self.seats.map(|_| self.before),
        });
        if self.start != self.close {
            sale["entitlementStart"] = json!(self.start);
        }
        sale
    }
}
