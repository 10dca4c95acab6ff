//! Logs: for people on a terminal, as JSON lines otherwise, on standard error in both cases.

use crate::config::{Config, LogFormat};
use domain::{
    Error, Result,
    text::{self, Lines},
};
use std::io::{self, IsTerminal};
use tracing_subscriber::{EnvFilter, field::MakeExt, fmt::format::debug_fn};

const QUIET: &str = "info,rmcp=warn,jsonrpsee=warn,sqlx=warn,hyper=warn";

/// Starts logging. `default` is the filter when neither flag nor variable nor file gives one.
pub fn start(config: &Config, default: Option<&str>) -> Result<()> {
    let filter = config.log.as_deref().or(default).unwrap_or(QUIET);
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| Error::invalid(format!("`{filter}` is not a log filter ({error}); try `info`")))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // In text a line of the log is one event, and other people's words never move the terminal.
    let fields = debug_fn(|writer, field, value| {
        let value = format!("{value:?}");
        let value = text::escaped(&value, Lines::One);
        match field.name() {
            "message" => write!(writer, "{value}"),
            name => write!(writer, "{name}={value}"),
        }
    });
    let as_json = match config.log_format {
        Some(format) => format == LogFormat::Json,
        None => !io::stderr().is_terminal(),
    };
    let started = if as_json {
        builder.json().flatten_event(true).try_init()
    } else {
        builder.fmt_fields(fields.delimited(" ")).try_init()
    };
    started.map_err(|error| Error::internal(error.to_string()))
}
