//! Rows of a CSV or NDJSON file, by column name, with the position after each.

use super::source::Source;
use domain::{Error, Result};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader, Seek},
};

/// The rows of one file.
pub struct Rows<'a> {
    format: Format<'a>,
    /// Column names (of the first object, in NDJSON), without case and punctuation: `Opportunity ID` → `opportunityid`.
    names: Vec<String>,
    /// The header line as it is in the file.
    header: String,
}

enum Format<'a> {
    Csv(Box<csv::Reader<BufReader<&'a File>>>),
    Ndjson { lines: BufReader<&'a File>, line: u64, end: u64 },
}

/// One row, or why it is none.
pub struct Row {
    /// Line on which it begins, from 1.
    pub line: u64,
    /// Bytes of text up to its end.
    pub end: u64,
    /// As it was written.
    pub text: String,
    pub fields: Result<Fields, String>,
}

/// Values by name; empty ones are absent.
#[derive(Debug, Default)]
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// The first of these names that has a value.
    pub fn get(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.0.get(*name)).map(String::as_str)
    }
    pub fn need(&self, names: &[&str], as_people_say: &str) -> Result<&str, String> {
        self.get(names).ok_or_else(|| format!("{as_people_say} is missing"))
    }
    fn of(pairs: impl Iterator<Item = (String, String)>) -> Self {
        Self(pairs.filter(|(_, value)| !value.is_empty()).collect())
    }
}

impl<'a> Rows<'a> {
    pub fn of(source: &'a Source) -> Result<Self> {
        let first = first_char(source)?;
        if first == Some('{') {
            let first_line =
                source.read()?.lines().map_while(Result::ok).find(|line| !line.trim().is_empty());
            let fields = object(first_line.as_deref().unwrap_or_default()).unwrap_or_default();
            let names = fields.0.into_keys().collect();
            let format = Format::Ndjson { lines: source.read()?, line: 0, end: 0 };
            return Ok(Self { format, names, header: String::new() });
        }
        let mut csv = csv::ReaderBuilder::new().flexible(true).from_reader(source.read()?);
        let header = csv.headers().map_err(|error| unreadable(&error))?;
        let names = header.iter().map(|name| plain_name(name.trim_start_matches('\u{feff}'))).collect();
        let header = as_written(header);
        Ok(Self { format: Format::Csv(Box::new(csv)), names, header })
    }

    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// Spreadsheets of some countries write semicolons or tabs.
    pub fn separator_is_another(&self) -> bool {
        self.names.len() == 1 && self.header.contains([';', '\t'])
    }

    pub fn names(&self) -> String {
        if self.names.is_empty() { "no columns".to_owned() } else { self.names.join(", ") }
    }
}

impl Iterator for Rows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        match &mut self.format {
            Format::Csv(csv) => csv_row(csv, &self.names),
            Format::Ndjson { lines, line, end } => ndjson_row(lines, line, end),
        }
    }
}

fn csv_row(csv: &mut csv::Reader<BufReader<&File>>, names: &[String]) -> Option<Row> {
    let line = csv.position().line();
    let mut record = csv::StringRecord::new();
    let fields = match csv.read_record(&mut record) {
        Ok(false) => return None,
        Ok(true) => {
            let values = record.iter().map(|value| value.trim().to_owned());
            Ok(Fields::of(names.iter().cloned().zip(values)))
        }
        Err(error) => Err(error.to_string()),
    };
    Some(Row { line, end: csv.position().byte(), text: as_written(&record), fields })
}

/// One line of CSV, quoted where it must be, so that a row put right can be imported.
fn as_written(record: &csv::StringRecord) -> String {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let written = writer.write_record(record).ok();
    let bytes = written.and_then(|()| writer.into_inner().ok()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).trim_end().to_owned()
}

fn ndjson_row(lines: &mut BufReader<&File>, line: &mut u64, end: &mut u64) -> Option<Row> {
    loop {
        let mut bytes = Vec::new();
        let read = lines.read_until(b'\n', &mut bytes).unwrap_or(0);
        if read == 0 {
            return None;
        }
        *line += 1;
        *end += read as u64;
        let text = String::from_utf8_lossy(&bytes).trim().to_owned();
        if !text.is_empty() {
            let fields = std::str::from_utf8(&bytes).map_err(|_| "it is not UTF-8".to_owned());
            return Some(Row { line: *line, end: *end, fields: fields.and_then(object), text });
        }
    }
}

fn object(line: &str) -> Result<Fields, String> {
    let value: serde_json::Value =
        serde_json::from_str(line).map_err(|error| format!("it is not JSON: {error}"))?;
    let fields = value.as_object().ok_or("it is not a JSON object")?;
    Ok(Fields::of(fields.iter().map(|(name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned());
        (plain_name(name), if value.is_null() { String::new() } else { text })
    })))
}

fn plain_name(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn first_char(source: &Source) -> Result<Option<char>> {
    let mut reader = source.read()?;
    let start = reader.fill_buf().map_err(Error::internal)?;
    let text = String::from_utf8_lossy(start);
    let first = text.chars().find(|letter| !letter.is_whitespace() && *letter != '\u{feff}');
    reader.rewind().map_err(Error::internal)?;
    Ok(first)
}

fn unreadable(error: &csv::Error) -> Error {
    Error::invalid(format!("the header cannot be read ({error}); save the report as CSV in UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::as_written;

    #[test]
    fn a_row_is_told_as_it_must_be_written() {
        for line in ["a,b", "\"1,000.00\",b", "\"say \"\"so\"\"\",", "\"k,im\",2"] {
            let mut csv = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
            let record = csv.records().next().unwrap().unwrap();
            assert_eq!(as_written(&record), line);
        }
    }
}
