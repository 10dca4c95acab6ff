//! Which template an upsell is measured by, and why that one.

use crate::{
    id::Product,
    plan::TemplateChoice,
    template::{Matches, Template},
    text::Name,
    upsell::Upsell,
};
use std::cmp::Reverse;

/// What is known of an upsell when its template is chosen.
#[derive(Debug, Clone, Copy)]
pub struct Bought<'a> {
    pub products: &'a [Product],
    pub industry: Option<&'a str>,
    pub segment: Option<&'a str>,
}

impl<'a> From<&'a Upsell> for Bought<'a> {
    fn from(upsell: &'a Upsell) -> Self {
        Self {
            products: &upsell.details.products,
            industry: upsell.customer.industry.as_deref(),
            segment: upsell.customer.segment.as_deref(),
        }
    }
}

/// A template that fits.
#[derive(Debug, Clone, PartialEq)]
pub struct Match<'a> {
    pub template: &'a Template,
    pub by: By,
    /// Products the template's `{product}` stands for.
    pub products: Vec<Product>,
    /// One sentence.
    pub why: String,
    tie_break: i32,
}

impl Match<'_> {
    pub fn choice(&self) -> TemplateChoice {
        TemplateChoice { id: self.template.id.clone(), version: self.template.version, why: self.why.clone() }
    }
}

/// How a template fits, best last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// Nothing else fits.
    General,
    /// A template of no product in particular, for the industry or segment.
    Customer,
    /// Words in a product's name, so many of them.
    Words(usize),
    /// A product's exact name.
    Product,
    /// Somebody named the template.
    Name,
}

/// The best fitting template; `None` when none fits.
pub fn choose<'a>(templates: &'a [Template], bought: Bought<'_>) -> Option<Match<'a>> {
    ranked(templates, bought).into_iter().next()
}

/// The template somebody asked for by id.
pub fn named<'a>(templates: &'a [Template], id: &str, bought: Bought<'_>, by: &str) -> Option<Match<'a>> {
    let template = templates.iter().find(|template| template.id == id)?;
    let fitting = fits(template, bought);
    let products = fitting.map_or_else(|| bought.products.to_vec(), |fitting| fitting.products);
    Some(Match { template, by: By::Name, products, why: format!("{by} chose it."), tie_break: 0 })
}

/// All that fit, best first: by product, then industry and segment, then priority, then id.
pub fn ranked<'a>(templates: &'a [Template], bought: Bought<'_>) -> Vec<Match<'a>> {
    let mut fitting: Vec<Match<'_>> =
        templates.iter().filter_map(|template| fits(template, bought)).collect();
    fitting.sort_by_key(|found| {
        let by = if let By::Words(_) = found.by { By::Words(0) } else { found.by };
        let template = found.template;
        (Reverse((by, found.tie_break, template.matches.priority, found.by)), template.id.clone())
    });
    fitting
}

fn fits<'a>(template: &'a Template, bought: Bought<'_>) -> Option<Match<'a>> {
    let matches = &template.matches;
    let (customer, of_customer) = fit_of_customer(matches, bought);
    let found = |by, products, why: String| {
        let also = if customer > 0 { format!(", and {of_customer}") } else { String::new() };
        Some(Match { template, by, products, why: format!("{why}{also}."), tie_break: customer })
    };
    let exact: Vec<Product> = products_where(bought, |product| {
        matches.products.iter().any(|name| name.to_lowercase() == product.0.to_lowercase())
    });
    if let Some(first) = exact.first() {
        let why = format!("It is made for {}", first.name());
        return found(By::Product, exact, why);
    }
    let words = |product: &Product| -> Vec<&str> {
        let name = spaced(&product.0);
        let all = matches.words.iter().map(String::as_str);
        all.filter(|word| name.contains(&spaced(word))).collect()
    };
    let worded: Vec<Product> = products_where(bought, |product| !words(product).is_empty());
    if let Some(first) = worded.first() {
        let in_name = words(first);
        let why = format!(
            "Its word{} “{}” stand{} in the product's name {}",
            if in_name.len() == 1 { "" } else { "s" },
            in_name.join("”, “"),
            if in_name.len() == 1 { "s" } else { "" },
            first.name()
        );
        return found(By::Words(in_name.len()), worded, why);
    }
    let of_no_product = matches.products.is_empty() && matches.words.is_empty();
    if of_no_product && customer > 0 {
        let products = bought.products.to_vec();
        let why = format!("No template is made for the product; {of_customer}.");
        return Some(Match { template, by: By::Customer, products, why, tie_break: customer });
    }
    let why = "No template is made for the product, the industry or the segment; this one serves any upsell.";
    matches.general.then(|| Match {
        template,
        by: By::General,
        products: bought.products.to_vec(),
        why: why.to_owned(),
        tie_break: customer,
    })
}

/// How well industry and segment fit: +1 for each named, −1 for each that only others are named for.
fn fit_of_customer(matches: &Matches, bought: Bought<'_>) -> (i32, String) {
    let sides =
        [("industry", &matches.industries, bought.industry), ("segment", &matches.segments, bought.segment)];
    let named =
        |list: &[String], value: &str| list.iter().any(|item| item.to_lowercase() == value.to_lowercase());
    let score = sides.iter().map(|(_, list, value)| match value {
        _ if list.is_empty() => 0,
        Some(value) if named(list, value) => 1,
        _ => -1,
    });
    let said: Vec<String> = sides
        .iter()
        .filter_map(|(side, list, value)| {
            value
                .filter(|value| named(list, value))
                .map(|value| format!("it is for the {side} {}", Name::from(value)))
        })
        .collect();
    (score.sum(), said.join(" and "))
}

fn products_where(bought: Bought<'_>, holds: impl Fn(&Product) -> bool) -> Vec<Product> {
    bought.products.iter().filter(|product| holds(product)).cloned().collect()
}

/// ` data sync ` of `Data-Sync`, so that whole words are found as parts of text.
fn spaced(text: &str) -> String {
    let text = text.to_lowercase();
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(" ".to_owned(), |spaced, word| spaced + word + " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::built_in;

    fn chosen(templates: &[Template], product: &str) -> (String, String) {
        let products = [Product::from(product)];
        let bought = Bought { products: &products, industry: Some("Retail"), segment: Some("mid_market") };
        let found = choose(templates, bought).unwrap();
        (found.template.id.clone(), found.why)
    }

    #[test]
    fn the_products_name_chooses_the_template_and_the_choice_says_why() {
        let templates = built_in();
        let table = [
            ("CRM seats", "seat_expansion"),
            ("Forecast Module", "module_add_on"),
            ("Enterprise edition", "tier_upgrade"),
            ("Messaging API calls", "api_volume"),
            ("Analytics add-on", "analytics_add_on"),
            ("Premium support", "services_support"),
            ("Data Sync", "general"),
            ("Userspace", "general"),
        ];
        for (product, id) in table {
            assert_eq!(chosen(&templates, product).0, id, "{product}");
        }
        assert_eq!(
            chosen(&templates, "CRM seats").1,
            "Its word “seats” stands in the product's name CRM seats."
        );
    }

    #[test]
    fn an_exact_product_comes_before_words_and_industry_breaks_the_tie() {
        let mut templates = built_in();
        let mut own = templates[0].clone();
        own.matches = Matches { products: vec!["crm SEATS".to_owned()], ..Matches::default() };
        "own".clone_into(&mut own.id);
        let mut retail = own.clone();
        retail.matches.industries = vec!["retail".to_owned()];
        "zz_retail".clone_into(&mut retail.id);
        let mut banking = own.clone();
        banking.matches.industries = vec!["Banking".to_owned()];
        "a_banking".clone_into(&mut banking.id);
        templates.extend([own, retail, banking]);
        let (id, why) = chosen(&templates, "CRM seats");
        assert_eq!(id, "zz_retail");
        assert_eq!(why, "It is made for CRM seats, and it is for the industry Retail.");
    }

    #[test]
    fn a_template_of_the_segment_alone_comes_before_the_general_one() {
        let mut templates = built_in();
        let mut segment = templates[0].clone();
        segment.matches = Matches { segments: vec!["Mid_Market".to_owned()], ..Matches::default() };
        "segment".clone_into(&mut segment.id);
        templates.push(segment);
        assert_eq!(chosen(&templates, "Data Sync").0, "segment");
        assert_eq!(chosen(&templates, "CRM seats").0, "seat_expansion");
    }

    #[test]
    fn without_a_general_template_some_upsells_fit_none() {
        let templates: Vec<Template> = built_in().into_iter().filter(|t| !t.matches.general).collect();
        let products = [Product::from("Data Sync")];
        assert_eq!(choose(&templates, Bought { products: &products, industry: None, segment: None }), None);
    }
}
