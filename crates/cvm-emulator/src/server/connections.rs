//! The open connections of a server, and the choice of the one to close for a new connection.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, Id, JoinSet};

use super::activity::{Activity, EvictionClass};

/// How often a waiting connection checks whether a busy one has become idle.
const RECHECK: Duration = Duration::from_millis(10);

/// The open connections. Dropping it ends them.
#[derive(Debug, Default)]
pub(super) struct Connections {
    tasks: JoinSet<()>,
    /// Connections that were not asked to close.
    open: HashMap<Id, (AbortHandle, Arc<Activity>)>,
}

impl Connections {
    pub(super) fn spawn(
        &mut self,
        activity: Arc<Activity>,
        connection: impl Future<Output = ()> + Send + 'static,
    ) {
        let handle = self.tasks.spawn(connection);
        self.open.insert(handle.id(), (handle, activity));
    }

    /// Waits until a connection ends; forever if there is none.
    pub(super) async fn ended(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => drop(self.open.remove(&id)),
            Some(Err(error)) => drop(self.open.remove(&error.id())),
            None => std::future::pending().await,
        }
    }

    /// Waits until there are fewer than `limit` connections. Closes the oldest ones that can be closed.
    pub(super) async fn make_room(&mut self, limit: usize) {
        while self.tasks.len() >= limit {
            self.close_oldest();
            let _ = tokio::time::timeout(RECHECK, self.ended()).await;
        }
    }

    /// Closes the oldest connection that can be closed, and waits briefly for its end.
    pub(super) async fn close_one(&mut self) {
        self.close_oldest();
        let _ = tokio::time::timeout(RECHECK, self.ended()).await;
    }

    /// Closes the connections that are not handling a request.
    pub(super) fn close_idle(&mut self) {
        self.open.retain(|_, (handle, activity)| {
            let is_busy = activity.is_busy();
            if !is_busy {
                handle.abort();
            }
            is_busy
        });
    }

    fn close_oldest(&mut self) {
        let candidates =
            self.open.iter().filter_map(|(id, (_, one))| Some((one.eviction_class()?, *id)));
        let mut ranked: Vec<_> = candidates.collect();
        let count = |class| ranked.iter().filter(|((one, _), _)| *one == class).count();
        // Heads without bodies must not block new connections, which are unauthenticated at first.
        let known_keys = count(EvictionClass::KnownKey);
        if known_keys > ranked.len() - known_keys {
            // A secret id is no secret: so many heads without bodies must not close proven connections either.
            ranked.retain(|((class, _), _)| *class == EvictionClass::KnownKey);
        } else if known_keys > count(EvictionClass::Unauthenticated) {
            ranked.retain(|((class, _), _)| *class != EvictionClass::Unauthenticated);
        }
        let oldest = ranked.into_iter().min_by_key(|(rank, _)| *rank);
        let Some((_, id)) = oldest else { return };
        if let Some((handle, _)) = self.open.remove(&id) {
            handle.abort();
        }
    }
}
