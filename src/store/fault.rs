//! What a driver's error means to a caller.

use crate::text::NUL;
use domain::Error;
use sqlx::error::{DatabaseError, ErrorKind};

/// A failed statement: what to tell, whether its connection can still be trusted, and whether the database was full,
/// read-only, damaged or away, so that any write would have failed.
pub(crate) struct Fault {
    pub(crate) error: Error,
    pub(crate) is_connection_sound: bool,
    pub(crate) is_refused_write: bool,
}

pub(crate) const TIMED_OUT: &str = "the database did not answer in time; send the same again in a moment";
const AWAY: &str = "the database is away; send the same again in a moment";
const BUSY: &str = "the database is busy; send the same again in a moment";
pub(crate) const STORAGE_FULL: &str =
    "the storage is full: nothing was written. Free space on the database's disk, then send the same again";
const UNWRITABLE: &str = "the database's storage refuses writes: nothing was written. See the server's log";

impl Fault {
    fn sound(error: Error) -> Self {
        Self { error, is_connection_sound: true, is_refused_write: false }
    }
    fn broken(error: Error) -> Self {
        Self { error, is_connection_sound: false, is_refused_write: false }
    }
    fn away(error: Error) -> Self {
        Self { error, is_connection_sound: false, is_refused_write: true }
    }
    pub(crate) fn timed_out() -> Self {
        Self::away(Error::unavailable(TIMED_OUT))
    }
}

impl From<sqlx::Error> for Fault {
    fn from(cause: sqlx::Error) -> Self {
        match &cause {
            sqlx::Error::Database(error) => {
                let fault = of_database(error.as_ref());
                Self { error: fault.error.because(cause), ..fault }
            }
            sqlx::Error::Encode(refused) => Self::sound(Error::invalid(refused.to_string())),
            sqlx::Error::PoolTimedOut => Self::broken(Error::unavailable(BUSY).because(cause)),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::away(Error::unavailable(AWAY).because(cause)),
            sqlx::Error::RowNotFound
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::TypeNotFound { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnIndexOutOfBounds { .. } => Self::sound(Error::internal(cause)),
            _ => Self::broken(Error::internal(cause)),
        }
    }
}

/// SQLite has ended the transaction by itself after anything but a constraint violation, or may have: such a
/// connection is not used again.
fn of_database(error: &dyn DatabaseError) -> Fault {
    if error.kind() == ErrorKind::UniqueViolation {
        return Fault::sound(Error::exists());
    }
    let is_constraint = error.kind() != ErrorKind::Other;
    let code = error.code().unwrap_or_default();
    match code.parse::<i32>().ok().filter(|_| code.len() < 5) {
        Some(sqlite) => Fault {
            error: of_sqlite(sqlite),
            is_connection_sound: is_constraint,
            is_refused_write: matches!(sqlite & 0xff, 8 | 10 | 11 | 13 | 14 | 26),
        },
        None => Fault {
            error: of_postgres(&code),
            is_connection_sound: is_constraint || !is_lost(&code),
            is_refused_write: is_lost(&code) || ["25006", "XX001", "XX002"].contains(&code.as_ref()),
        },
    }
}

/// By primary result code; extended ones carry more in the higher bits.
fn of_sqlite(code: i32) -> Error {
    match code & 0xff {
        5 | 6 => Error::unavailable(BUSY),
        13 => Error::unavailable(STORAGE_FULL),
        8 | 10 | 14 => Error::unavailable(UNWRITABLE),
        11 | 26 => Error::new(domain::Code::Internal, DAMAGED),
        _ => Error::new(domain::Code::Internal, INTERNAL),
    }
}

fn of_postgres(code: &str) -> Error {
    match code {
        "40001" | "40P01" => Error::raced(),
        "55P03" => Error::unavailable(BUSY),
        "57014" => Error::unavailable(TIMED_OUT),
        "53100" => Error::unavailable(STORAGE_FULL),
        "25006" => Error::unavailable(UNWRITABLE),
        "XX001" | "XX002" => Error::new(domain::Code::Internal, DAMAGED),
        "22021" | "22P05" => Error::invalid(NUL),
        _ if is_lost(code) => Error::unavailable(AWAY),
        _ => Error::new(domain::Code::Internal, INTERNAL),
    }
}

const DAMAGED: &str = "the database is damaged; it has to be restored from a backup";
const INTERNAL: &str = "something failed on our side; it is in the log, please report it";

/// Classes 08 (connection), 53 (resources), 57P (shutdown), 58 (system): the session is over or about to be.
fn is_lost(code: &str) -> bool {
    ["08", "53", "57P", "58", "25P03"].iter().any(|class| code.starts_with(class))
}
