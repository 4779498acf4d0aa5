//! Pools idle connections. Each is in a reqwest client of its own, so that one can be closed while the others stay.
//!
//! reqwest has no other way to close one connection: a client that is dropped closes its only connection. A connection
//! goes back to the pool only after a complete and valid response. In every other case (an error, a response of another
//! server, a dropped call) it is closed, so that the next request gets a new connection and a new name lookup.
//!
//! A connection is driven by a task of the runtime that opened it. On another runtime a request would wait for a task
//! that does not run, so each runtime has its own connections.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::{Handle, Id};
use tokio::time::Instant;

/// How long a connection may be idle before it is closed.
pub(crate) const MAX_IDLE: Duration = Duration::from_secs(15);

/// The idle connections, by runtime, host and port.
#[derive(Debug)]
pub(crate) struct Connections {
    /// How long a connection may be idle.
    max_idle: Duration,
    /// One list per key. A client has so few keys that a linear search is faster than a map.
    idle: Mutex<Vec<(PoolKey, Vec<IdleConnection>)>>,
}

/// Where a connection can be used: on one runtime, for one host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PoolKey {
    runtime: Option<Id>,
    authority: Arc<str>,
}

#[derive(Debug)]
struct IdleConnection {
    client: reqwest::Client,
    since: Instant,
}

impl Connections {
    pub(crate) fn new(max_idle: Duration) -> Self {
        Self { max_idle, idle: Mutex::default() }
    }

    /// The key of connections to this host and port that are opened on the current runtime.
    pub(crate) fn key(authority: &Arc<str>) -> PoolKey {
        let runtime = Handle::try_current().ok().map(|handle| handle.id());
        PoolKey { runtime, authority: Arc::clone(authority) }
    }

    /// Takes the connection that was idle for the shortest time. Closes those that were idle for too long.
    pub(crate) fn take(&self, key: &PoolKey) -> Option<reqwest::Client> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, list) = idle.iter_mut().find(|(other, _)| other == key)?;
        let latest = list.pop()?;
        if latest.since.elapsed() < self.max_idle {
            return Some(latest.client);
        }
        // The others have been idle for longer.
        list.clear();
        None
    }

    /// Returns a connection to the pool.
    pub(crate) fn keep(&self, key: &PoolKey, client: reqwest::Client) {
        let now = Instant::now();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = |idle: &IdleConnection| now.duration_since(idle.since) >= self.max_idle;
        let Some((_, list)) = idle.iter_mut().find(|(other, _)| other == key) else {
            // A program may start one runtime after another: remove keys that are not used any more.
            idle.retain(|(_, there)| there.last().is_some_and(|latest| !is_old(latest)));
            idle.push((key.clone(), vec![IdleConnection { client, since: now }]));
            return;
        };
        let old = list.iter().take_while(|idle| is_old(idle)).count();
        list.drain(..old);
        list.push(IdleConnection { client, since: now });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "cvm.example.com";

    fn connections() -> Connections {
        Connections::new(Duration::from_secs(15))
    }

    fn key(host: &str) -> PoolKey {
        Connections::key(&host.into())
    }

    fn count(connections: &Connections) -> usize {
        connections.idle.lock().unwrap().iter().map(|(_, list)| list.len()).sum()
    }

    fn client() -> reqwest::Client {
        let tls = crate::http::tls::plain_config().unwrap();
        reqwest::Client::builder().tls_backend_preconfigured(tls).build().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn expired_connection_is_not_reused() {
        let connections = connections();
        let list = key(HOST);
        assert!(connections.take(&list).is_none());
        for seconds in [0, 14] {
            connections.keep(&list, client());
            tokio::time::advance(Duration::from_secs(seconds)).await;
            assert!(connections.take(&list).is_some(), "{seconds}");
            assert!(connections.take(&list).is_none(), "it is already taken");
        }
        connections.keep(&list, client());
        tokio::time::advance(Duration::from_secs(15)).await;
        assert!(connections.take(&list).is_none());
        connections.keep(&key("other.example.com"), client());
        assert!(connections.take(&list).is_none(), "it belongs to another host");
    }

    #[tokio::test(start_paused = true)]
    async fn expired_connections_are_closed() {
        let connections = connections();
        let list = key(HOST);
        for _ in 0..100 {
            connections.keep(&list, client());
            connections.keep(&list, client());
            tokio::time::advance(Duration::from_secs(5)).await;
        }
        assert!(count(&connections) <= 6, "{}", count(&connections));
        tokio::time::advance(Duration::from_secs(15)).await;
        assert!(connections.take(&list).is_none());
        assert_eq!(count(&connections), 0);
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    #[test]
    fn connection_of_another_runtime_is_not_reused() {
        let connections = connections();
        let (one, other) = (runtime(), runtime());
        one.block_on(async { connections.keep(&key(HOST), client()) });
        other.block_on(async { assert!(connections.take(&key(HOST)).is_none()) });
        one.block_on(async { assert!(connections.take(&key(HOST)).is_some()) });
    }

    #[test]
    fn keys_of_ended_runtimes_are_removed() {
        let connections = Connections::new(Duration::ZERO);
        for _ in 0..50 {
            runtime().block_on(async { connections.keep(&key(HOST), client()) });
        }
        assert_eq!(connections.idle.lock().unwrap().len(), 1);
    }
}
