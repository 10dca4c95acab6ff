//! Who has the open connections, and whose is closed when there is no room: a newcomer always gets in.

use super::Limits;
use axum::{extract::Request, middleware::Next, response::Response};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

/// A caller by name; nobody, as long as no request on the connection showed who asks.
type Holder = Option<Arc<str>>;

/// All open connections of a listener.
pub struct Connections {
    limits: Limits,
    open: Mutex<Open>,
    tracker: TaskTracker,
}

/// By holder, least recently used first.
#[derive(Default)]
struct Open {
    uses: u64,
    count: usize,
    holders: HashMap<Holder, BTreeMap<u64, CancellationToken>>,
}

impl Open {
    fn insert(&mut self, holder: &Holder, closing: &CancellationToken) -> u64 {
        self.uses += 1;
        self.count += 1;
        self.holders.entry(holder.clone()).or_default().insert(self.uses, closing.clone());
        self.uses
    }

    fn remove(&mut self, holder: &Holder, used: u64) -> bool {
        let Some(theirs) = self.holders.get_mut(holder) else { return false };
        let was_there = theirs.remove(&used).is_some();
        if theirs.is_empty() {
            self.holders.remove(holder);
        }
        self.count -= usize::from(was_there);
        was_there
    }

    fn of(&self, holder: &Holder) -> usize {
        self.holders.get(holder).map_or(0, BTreeMap::len)
    }

    fn holder_of_most(&self) -> Option<Holder> {
        self.holders.iter().max_by_key(|(_, theirs)| theirs.len()).map(|(holder, _)| holder.clone())
    }

    fn close_least_recent(&mut self, holder: &Holder) {
        let first = self.holders.get(holder).and_then(BTreeMap::first_key_value);
        let Some((used, closing)) = first.map(|(used, closing)| (*used, closing.clone())) else { return };
        closing.cancel();
        self.remove(holder, used);
    }
}

impl Connections {
    pub fn within(limits: Limits) -> Arc<Self> {
        Arc::new(Self { limits, open: Mutex::default(), tracker: TaskTracker::new() })
    }

    /// Room for one more. Who showed no key has at most half of it; when all is taken, whoever has most gives one up.
    pub fn admit(self: &Arc<Self>) -> Arc<Connection> {
        let closing = CancellationToken::new();
        let mut open = self.open();
        if open.of(&None) >= self.limits.connections.div_ceil(2) {
            open.close_least_recent(&None);
        } else if open.count >= self.limits.connections
            && let Some(holder) = open.holder_of_most()
        {
            open.close_least_recent(&holder);
        }
        let used = open.insert(&None, &closing);
        drop(open);
        Arc::new(Connection {
            place: Mutex::new((None, used)),
            closing,
            all: Arc::clone(self),
            _open: self.tracker.token(),
        })
    }

    /// Connections that were told to close may take a moment; they still have their descriptors.
    pub fn not_yet_closed(&self) -> usize {
        self.tracker.len().saturating_sub(self.limits.connections)
    }

    pub fn len(&self) -> usize {
        self.tracker.len()
    }

    /// Returns when the last one is closed.
    pub async fn wait(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One open connection; a web socket keeps it until it ends.
pub struct Connection {
    place: Mutex<(Holder, u64)>,
    closing: CancellationToken,
    all: Arc<Connections>,
    _open: TaskTrackerToken,
}

impl Connection {
    /// Returns when it must make room.
    pub async fn closing(&self) {
        self.closing.cancelled().await;
    }

    /// How long it may stand still.
    pub fn stall(&self) -> Duration {
        self.all.limits.stall
    }

    /// A request came in, from this caller.
    pub fn used_by(&self, caller: &str) {
        self.used(|holder| {
            if holder.as_deref() != Some(caller) {
                *holder = Some(caller.into());
            }
        });
    }

    /// A message came in, from whom they come here.
    pub fn used_again(&self) {
        self.used(|_| {});
    }

    fn used(&self, change: impl FnOnce(&mut Holder)) {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        let mut open = self.all.open();
        // Otherwise it was told to close.
        if open.remove(&place.0, place.1) {
            change(&mut place.0);
            place.1 = open.insert(&place.0, &self.closing);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let (holder, used) = self.place.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.all.open().remove(holder, *used);
    }
}

/// After the caller is known: the connection is theirs.
pub async fn claim(request: Request, next: Next) -> Response {
    let (connection, caller) = (request.extensions().get::<Arc<Connection>>(), request.extensions().get());
    if let (Some(connection), Some(tools::Caller { name, .. })) = (connection, caller) {
        connection.used_by(name);
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_four() -> Arc<Connections> {
        Connections::within(Limits { connections: 4, ..Limits::default() })
    }

    fn open(connections: &[Arc<Connection>]) -> Vec<bool> {
        connections.iter().map(|connection| !connection.closing.is_cancelled()).collect()
    }

    #[test]
    fn those_without_a_key_have_half_and_the_least_recent_goes() {
        let all = of_four();
        let nobodys: Vec<_> = (0..2).map(|_| all.admit()).collect();
        nobodys[0].used_again();
        let newcomer = all.admit();
        assert_eq!(open(&nobodys), [true, false]);
        newcomer.used_by("monitor");
        let open = all.open();
        assert_eq!((open.of(&None), open.of(&Some("monitor".into()))), (1, 1));
    }

    #[test]
    fn who_has_most_gives_one_up_and_others_keep_theirs() {
        let all = of_four();
        let of = |caller| {
            let connection = all.admit();
            connection.used_by(caller);
            connection
        };
        let one = of("csm");
        let many = ["monitor"; 3].map(of);
        let newcomer = all.admit();
        assert_eq!(open(&many), [false, true, true]);
        let others = [one, newcomer];
        assert_eq!(open(&others), [true, true]);
        // Told to close, it does not come back by being used.
        many[0].used_by("csm");
        assert_eq!(all.open().count, 4);
    }

    #[test]
    fn what_is_closed_leaves_no_trace() {
        let all = of_four();
        let connection = all.admit();
        connection.used_by("csm");
        assert_eq!(all.len(), 1);
        drop(connection);
        let open = all.open();
        assert_eq!((open.count, open.holders.len(), all.len()), (0, 0, 0));
    }
}
