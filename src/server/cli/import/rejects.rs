//! Rows that were not taken, with reasons, in a file beside the one they came from.

use super::{rows::Row, source::Source};
use domain::{Error, Result};
use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
};

pub struct Rejects {
    path: PathBuf,
    from: String,
    /// Goes on after what stands there: the rest of a file that was cut off, or a further file.
    pub append: bool,
    writer: Option<csv::Writer<File>>,
    count: usize,
}

impl Rejects {
    /// Nothing is written until a row is rejected.
    pub fn beside(source: &Source, named: Option<&Path>, is_further: bool) -> Self {
        let of_source =
            source.path.as_ref().map_or_else(|| "stdin".into(), |path| path.as_os_str().to_owned());
        let beside = || {
            let mut name = of_source.clone();
            name.push(".rejects.csv");
            PathBuf::from(name)
        };
        Self {
            path: named.map_or_else(beside, Path::to_owned),
            from: source.name.clone(),
            append: named.is_some() && is_further,
            writer: None,
            count: 0,
        }
    }

    pub fn add(&mut self, row: &Row, reason: &str) -> Result<()> {
        self.count += 1;
        let failed = |path: &Path, error: &dyn std::fmt::Display| {
            Error::invalid(format!(
                "{} cannot be written ({error}); name another with --rejects",
                path.display()
            ))
        };
        if self.writer.is_none() {
            self.writer = Some(self.begin().map_err(|error| failed(&self.path, &error))?);
        }
        let Some(writer) = &mut self.writer else { return Ok(()) };
        writer
            .write_record([&self.from, &row.line.to_string(), reason, &row.text])
            .map_err(|error| failed(&self.path, &error))
    }

    fn begin(&self) -> Result<csv::Writer<File>, csv::Error> {
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .append(self.append)
            .truncate(!self.append)
            .open(&self.path)?;
        let is_new = file.metadata()?.len() == 0;
        let mut writer = csv::Writer::from_writer(file);
        if is_new {
            writer.write_record(["file", "line", "reason", "row"])?;
        }
        Ok(writer)
    }

    /// What a summary adds: how many, and where.
    pub fn finish(&mut self) -> Result<String> {
        let Some(writer) = &mut self.writer else { return Ok(String::new()) };
        writer.flush().map_err(Error::internal)?;
        Ok(format!(", {} rejected (see {})", self.count, self.path.display()))
    }
}
