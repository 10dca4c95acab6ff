//! CSV for people: UTF-8, a header, ISO dates, and no cell that a spreadsheet would run.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use domain::{Error, Result};

/// A file of rows under their header.
pub fn csv(file: &str, columns: &[&str], rows: impl Iterator<Item = Vec<Cell>>) -> Result<Response> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns).map_err(Error::internal)?;
    for row in rows {
        writer.write_record(row.iter().map(Cell::text)).map_err(Error::internal)?;
    }
    let body = writer.into_inner().map_err(|error| Error::internal(error.into_error()))?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\"")),
    ];
    Ok((headers, body).into_response())
}

/// What stands in a column.
pub enum Cell {
    /// Written by somebody, so it may try to be a formula.
    Text(String),
    /// Made by us: a number, a day, an id.
    Plain(String),
    Nothing,
}

impl Cell {
    pub fn text_of(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    #[expect(clippy::needless_pass_by_value, reason = "cells are made of numbers and days, which are copied")]
    pub fn of(value: impl ToString) -> Self {
        Self::Plain(value.to_string())
    }

    pub fn maybe(value: Option<impl ToString>) -> Self {
        value.map_or(Self::Nothing, |value| Self::Plain(value.to_string()))
    }

    /// One decimal is as much as any figure here says.
    pub fn figure(value: Option<f64>) -> Self {
        value.map_or(Self::Nothing, |value| Self::Plain(format!("{:.1}", value + 0.0)))
    }

    /// A spreadsheet runs a cell that begins with one of these; an apostrophe makes it text (OWASP, CSV injection).
    fn text(&self) -> String {
        match self {
            Self::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) => {
                format!("'{text}")
            }
            Self::Text(text) | Self::Plain(text) => text.clone(),
            Self::Nothing => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    #[tokio::test]
    async fn what_a_customer_is_called_never_runs() {
        let rows = [vec![Cell::text_of("=HYPERLINK(\"x\")"), Cell::figure(Some(-17.04)), Cell::Nothing]];
        let file = csv("a.csv", &["customer", "gapPoints", "day"], rows.into_iter()).unwrap();
        assert_eq!(file.headers()[header::CONTENT_TYPE], "text/csv; charset=utf-8");
        let body = to_bytes(file.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert_eq!(text, "customer,gapPoints,day\n\"'=HYPERLINK(\"\"x\"\")\",-17.0,\n");
    }
}
