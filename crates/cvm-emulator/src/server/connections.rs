//! The connections of a server, and which of them is closed when there is no room for a new one.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, Id, JoinSet};

use super::activity::{Activity, Standing};

/// How often it is looked again whether a busy connection has become idle, while a new one waits.
const RECHECK: Duration = Duration::from_millis(10);

/// The connections. When this is dropped, they end.
#[derive(Debug, Default)]
pub(super) struct Connections {
    tasks: JoinSet<()>,
    /// Those that were not told to close.
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

    /// Waits until one ends; for ever if there is none.
    pub(super) async fn ended(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => drop(self.open.remove(&id)),
            Some(Err(error)) => drop(self.open.remove(&error.id())),
            None => std::future::pending().await,
        }
    }

    /// Waits until there are fewer than `limit`, and closes the oldest that may be closed for it.
    pub(super) async fn make_room(&mut self, limit: usize) {
        while self.tasks.len() >= limit {
            self.close_oldest();
            let _ = tokio::time::timeout(RECHECK, self.ended()).await;
        }
    }

    /// Closes the oldest connection that may be closed, and waits a moment for its end.
    pub(super) async fn close_one(&mut self) {
        self.close_oldest();
        let _ = tokio::time::timeout(RECHECK, self.ended()).await;
    }

    /// Closes those that are not answering a request.
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
        let standings = self.open.iter().filter_map(|(id, (_, one))| Some((one.standing()?, *id)));
        let mut ranked: Vec<_> = standings.collect();
        let count = |standing| ranked.iter().filter(|((one, _), _)| *one == standing).count();
        // Heads whose bodies never come must not keep out new connections, which are silent at first.
        if count(Standing::Admitted) > count(Standing::Unproved) {
            ranked.retain(|((standing, _), _)| *standing != Standing::Unproved);
        }
        let oldest = ranked.into_iter().min_by_key(|(rank, _)| *rank);
        let Some((_, id)) = oldest else { return };
        if let Some((handle, _)) = self.open.remove(&id) {
            handle.abort();
        }
    }
}
