//! Text on its way in and out: columns of text, and aggregates as JSON.

use domain::{Error, Result};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{
    Encode, Postgres, Sqlite, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo},
    sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo},
};
use std::{fmt::Display, str::FromStr};

/// Why text with a NUL is refused: PostgreSQL cannot keep it, and both databases should answer alike.
pub(crate) const NUL: &str = "text with a NUL character cannot be kept; leave the character out";

/// A column of text on its way in.
#[derive(Debug, Clone)]
pub(crate) struct Text(String);

impl Text {
    pub(crate) fn of(text: &(impl Display + ?Sized)) -> Self {
        Self(text.to_string())
    }
    pub(crate) fn maybe<T: Display>(text: Option<&T>) -> Option<Self> {
        text.map(Self::of)
    }
    fn checked(&self) -> Result<&str, BoxDynError> {
        if self.0.contains('\0') { Err(NUL.into()) } else { Ok(&self.0) }
    }
}

impl Type<Sqlite> for Text {
    fn type_info() -> SqliteTypeInfo {
        <String as Type<Sqlite>>::type_info()
    }
}

impl Encode<'_, Sqlite> for Text {
    /// Moves the text on: the driver keeps it as it is.
    fn encode(self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        self.checked()?;
        <String as Encode<Sqlite>>::encode(self.0, buffer)
    }
    fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        <String as Encode<Sqlite>>::encode(self.checked()?.to_owned(), buffer)
    }
}

impl Type<Postgres> for Text {
    fn type_info() -> PgTypeInfo {
        <String as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Text {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        <&str as Encode<Postgres>>::encode(self.checked()?, buffer)
    }
}

impl PgHasArrayType for Text {
    fn array_type_info() -> PgTypeInfo {
        <String as PgHasArrayType>::array_type_info()
    }
}

/// An aggregate as the JSON text its row keeps.
pub(crate) fn body(aggregate: &impl Serialize) -> Result<String> {
    let json = serde_json::to_string(aggregate).map_err(Error::internal)?;
    if holds_escaped_nul(&json) { Err(Error::invalid(NUL)) } else { Ok(json) }
}

/// Whether JSON text holds `\u0000` as an escape, not as an escaped backslash followed by `u0000`.
fn holds_escaped_nul(json: &str) -> bool {
    json.match_indices("\\u0000").any(|(at, _)| {
        let slashes = json.as_bytes()[..at].iter().rev().take_while(|&&byte| byte == b'\\').count();
        slashes % 2 == 0
    })
}

/// An aggregate as it was stored. What we wrote ourselves reads back, so a failure is ours.
pub(crate) fn stored<T: DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(Error::internal)
}

/// A stored word or id.
pub(crate) fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T> {
    text.parse().map_err(|error: T::Err| Error::internal(format!("stored `{text}`: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_seen_wherever_it_hides() {
        assert!(body(&"a\0b").is_err());
        assert!(body(&"\\\0").is_err());
        assert!(body(&"\\u0000").is_ok(), "a backslash and five characters are no NUL");
    }
}
