//! Keeps connections between two requests: each in a reqwest client of its own, so that one can be thrown away
//! and the others stay.
//!
//! A connection is kept only when somebody says that the answer it brought was whole and as it should be.
//! Whatever else happens to it, a failure, a stranger's page or a dropped call, it is closed: what came once
//! may come again, and the next request deserves a fresh lookup of the name.
//!
//! A connection is driven by a task of the runtime that opened it. On another runtime a request would wait
//! for a task that nobody runs, so each runtime has connections of its own.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::{Handle, Id};
use tokio::time::Instant;

/// The connections that wait for a request, by runtime, host and port.
#[derive(Debug)]
pub(crate) struct Connections {
    /// How long a connection may wait.
    longest: Duration,
    /// One list for each place. A client calls so few that looking through them beats a map.
    waiting: Mutex<Vec<(Place, Vec<WaitingCall>)>>,
}

/// Where a connection can be used: on this runtime, for this host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    runtime: Option<Id>,
    authority: Arc<str>,
}

#[derive(Debug)]
struct WaitingCall {
    client: reqwest::Client,
    since: Instant,
}

impl Connections {
    pub(crate) fn new(longest: Duration) -> Self {
        Self { longest, waiting: Mutex::default() }
    }

    /// The place of connections to this host and port that are opened now.
    pub(crate) fn place(authority: &Arc<str>) -> Place {
        let runtime = Handle::try_current().ok().map(|handle| handle.id());
        Place { runtime, authority: Arc::clone(authority) }
    }

    /// The one that waited least, if there is one. Those that waited too long are closed.
    pub(crate) fn take(&self, place: &Place) -> Option<reqwest::Client> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, here) = waiting.iter_mut().find(|(other, _)| other == place)?;
        let latest = here.pop()?;
        if latest.since.elapsed() < self.longest {
            return Some(latest.client);
        }
        // The others have waited longer still.
        here.clear();
        None
    }

    /// Keeps one for another request.
    pub(crate) fn keep(&self, place: &Place, client: reqwest::Client) {
        let now = Instant::now();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = |waiting: &WaitingCall| now.duration_since(waiting.since) >= self.longest;
        let Some((_, here)) = waiting.iter_mut().find(|(other, _)| other == place) else {
            // A program may start one runtime after another: places where nothing happens any more go.
            waiting.retain(|(_, there)| there.last().is_some_and(|latest| !is_old(latest)));
            waiting.push((place.clone(), vec![WaitingCall { client, since: now }]));
            return;
        };
        let old = here.iter().take_while(|waiting| is_old(waiting)).count();
        here.drain(..old);
        here.push(WaitingCall { client, since: now });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "cvm.example.com";

    fn connections() -> Connections {
        Connections::new(Duration::from_secs(15))
    }

    fn place(host: &str) -> Place {
        Connections::place(&host.into())
    }

    fn count(connections: &Connections) -> usize {
        connections.waiting.lock().unwrap().iter().map(|(_, here)| here.len()).sum()
    }

    fn client() -> reqwest::Client {
        let tls = crate::http::tls::trusting_nobody().unwrap();
        reqwest::Client::builder().tls_backend_preconfigured(tls).build().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_waited_too_long_is_not_given() {
        let connections = connections();
        let here = place(HOST);
        assert!(connections.take(&here).is_none());
        for seconds in [0, 14] {
            connections.keep(&here, client());
            tokio::time::advance(Duration::from_secs(seconds)).await;
            assert!(connections.take(&here).is_some(), "{seconds}");
            assert!(connections.take(&here).is_none(), "it was taken");
        }
        connections.keep(&here, client());
        tokio::time::advance(Duration::from_secs(15)).await;
        assert!(connections.take(&here).is_none());
        connections.keep(&place("other.example.com"), client());
        assert!(connections.take(&here).is_none(), "another host's");
    }

    #[tokio::test(start_paused = true)]
    async fn old_ones_do_not_pile_up() {
        let connections = connections();
        let here = place(HOST);
        for _ in 0..100 {
            connections.keep(&here, client());
            connections.keep(&here, client());
            tokio::time::advance(Duration::from_secs(5)).await;
        }
        assert!(count(&connections) <= 6, "{}", count(&connections));
        tokio::time::advance(Duration::from_secs(15)).await;
        assert!(connections.take(&here).is_none());
        assert_eq!(count(&connections), 0);
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    #[test]
    fn connection_of_another_runtime_is_not_given() {
        let connections = connections();
        let (one, other) = (runtime(), runtime());
        one.block_on(async { connections.keep(&place(HOST), client()) });
        other.block_on(async { assert!(connections.take(&place(HOST)).is_none()) });
        one.block_on(async { assert!(connections.take(&place(HOST)).is_some()) });
    }

    #[test]
    fn places_of_runtimes_that_ended_are_forgotten() {
        let connections = Connections::new(Duration::ZERO);
        for _ in 0..50 {
            runtime().block_on(async { connections.keep(&place(HOST), client()) });
        }
        assert_eq!(connections.waiting.lock().unwrap().len(), 1);
    }
}
