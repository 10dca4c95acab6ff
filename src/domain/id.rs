//! Ids: ours are short and typed, foreign ones are strings kept as given.

use crate::{
    error::{Error, Result},
    text::Name,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{borrow::Cow, cmp::Ordering, fmt, hash, marker::PhantomData, str::FromStr};

/// Crockford's base 32: no `i`, `l`, `o`, `u`, so an id survives being read aloud.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const DIGITS: usize = 12;

/// What an id names.
pub trait Kind: Send + Sync + 'static {
    const PREFIX: &'static str;
    const NAME: &'static str;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $prefix:literal $name:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $kind {}
        impl Kind for $kind {
            const PREFIX: &'static str = $prefix;
            const NAME: &'static str = $name;
        }
    )*};
}

kinds! {
    OfUpsell "u" "upsell";
    OfPlan "m" "measurement";
    OfObservation "o" "observation";
    OfEvaluation "e" "evaluation";
    OfAlert "a" "alert";
    OfReview "r" "review";
    OfLesson "l" "lesson";
    OfDelivery "d" "delivery";
    OfProposal "p" "proposal";
    OfKey "k" "key";
}

pub type UpsellId = Id<OfUpsell>;
pub type PlanId = Id<OfPlan>;
pub type ObservationId = Id<OfObservation>;
pub type EvaluationId = Id<OfEvaluation>;
pub type AlertId = Id<OfAlert>;
pub type ReviewId = Id<OfReview>;
pub type KeyId = Id<OfKey>;
pub type ProposalId = Id<OfProposal>;

/// Sixty bits that say of what they are the id: `u_7f3k9x2mq4tz`.
pub struct Id<K>(u64, PhantomData<fn() -> K>);

impl<K: Kind> Id<K> {
    /// Keeps the low sixty bits.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits & ((1 << 60) - 1), PhantomData)
    }

    /// The one that sorts right after it.
    #[must_use]
    pub const fn successor(self) -> Self {
        Self::from_bits(self.0 + 1)
    }
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_", K::PREFIX)?;
        (0..DIGITS).rev().try_for_each(|digit| {
            let index = (self.0 >> (5 * digit)) & 31;
            write!(f, "{}", ALPHABET[index as usize] as char)
        })
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let wanted = || {
            Error::invalid(format!(
                "`{}` is not the id of a{} {}; such an id is `{}_` and {DIGITS} letters or digits",
                text.chars().take(40).collect::<String>(),
                if K::NAME.starts_with(['a', 'e', 'i', 'o', 'u']) { "n" } else { "" },
                K::NAME,
                K::PREFIX
            ))
        };
        let digits =
            text.strip_prefix(K::PREFIX).and_then(|rest| rest.strip_prefix('_')).ok_or_else(wanted)?;
        if digits.len() != DIGITS {
            return Err(wanted());
        }
        digits
            .bytes()
            .try_fold(0_u64, |bits, byte| {
                let index = ALPHABET.iter().position(|&letter| letter == byte.to_ascii_lowercase())?;
                Some((bits << 5) | index as u64)
            })
            .map(Self::from_bits)
            .ok_or_else(wanted)
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<K: Kind> JsonSchema for Id<K> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}Id", K::NAME).into()
    }
    fn inline_schema() -> bool {
        true
    }
    /// The format is for the server's own check; clients are served plain text.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": format!("{}-id", K::NAME) })
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> hash::Hash for Id<K> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

macro_rules! foreign_ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);
        /// Plain text: what it names is for readers of the code, and would cost every agent tokens.
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string" })
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
        impl $name {
            /// As a sentence writes it; `Display` is for keys and rows.
            pub fn name(&self) -> Name {
                Name::from(self.0.as_str())
            }
        }
    )*};
}

foreign_ids! {
    /// A customer as the CRM and the usage pipeline name it.
    CustomerId
    /// A Salesforce opportunity.
    OpportunityId
    /// A product as it is sold.
    Product
    /// A feature as usage events name it.
    Feature
    /// A metric within a plan: a stable word such as `seats_active`.
    MetricKey
    /// A user of the customer, as the usage pipeline names it.
    UserId
}

/// Id or unique customer name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct UpsellRef(pub String);

impl fmt::Display for UpsellRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_prints_as_it_parses() {
        let id = UpsellId::from_bits(0x0123_4567_89ab_cdef);
        assert_eq!(id.to_string().parse::<UpsellId>().unwrap(), id);
    }

    #[test]
    fn an_id_of_another_kind_is_refused_with_a_sentence() {
        let plan = PlanId::from_bits(7).to_string();
        let error = plan.parse::<UpsellId>().unwrap_err();
        assert!(error.message.contains("is not the id of an upsell"), "{error}");
    }
}
