//! How many connections the process has descriptors for, and how long one may stand still.

use std::time::Duration;

const MOST_CONNECTIONS: usize = 12_000;
/// Descriptors for the database, its files and what goes out.
const RESERVED: usize = 256;

/// What a listener allows.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub connections: usize,
    /// An answer or a body that makes no progress for so long ends its connection.
    pub stall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: MOST_CONNECTIONS, stall: Duration::from_secs(30) }
    }
}

impl Limits {
    /// As many connections as the process has descriptors for, after it asked for as many as it may have.
    pub fn of_this_process() -> Self {
        let wanted = (MOST_CONNECTIONS + RESERVED) as u64;
        let descriptors = match rlimit::increase_nofile_limit(wanted) {
            Ok(descriptors) => usize::try_from(descriptors).unwrap_or(usize::MAX),
            Err(error) => {
                tracing::warn!(%error, "the limit of open files cannot be read; 1,024 are assumed");
                1024
            }
        };
        let connections = connections_within(descriptors);
        tracing::info!(connections, descriptors, "connections are served up to the limit of open files");
        Self { connections, ..Self::default() }
    }
}

fn connections_within(descriptors: usize) -> usize {
    MOST_CONNECTIONS.min(descriptors - RESERVED.min(descriptors / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_the_database() {
        for (descriptors, connections) in
            [(64, 32), (256, 128), (1_024, 768), (4_096, 3_840), (1_000_000, 12_000)]
        {
            assert_eq!(connections_within(descriptors), connections);
        }
    }
}
