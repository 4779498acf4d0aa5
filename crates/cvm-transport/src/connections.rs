//! Connections between two requests: each in a reqwest client of its own, so that one can be thrown away
//! and the others stay.
//!
//! A connection is kept only when somebody says that the answer it brought was whole and as it should be.
//! Whatever else happens to it, a failure, a stranger's page or a dropped call, it is closed: what came once
//! may come again, and the next request deserves a fresh lookup of the name.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The connections that wait for a request, by host and port.
#[derive(Debug)]
pub(crate) struct Connections {
    /// How long a connection may wait.
    longest: Duration,
    /// One list for each host. A client calls so few that looking through them beats a map.
    waiting: Mutex<Vec<(Arc<str>, Vec<Waiting>)>>,
}

#[derive(Debug)]
struct Waiting {
    client: reqwest::Client,
    since: Instant,
}

impl Connections {
    pub(crate) fn new(longest: Duration) -> Self {
        Self { longest, waiting: Mutex::default() }
    }

    /// How long a connection may wait.
    pub(crate) const fn longest(&self) -> Duration {
        self.longest
    }

    /// The one that waited least, if there is one. Those that waited too long are closed.
    pub(crate) fn take(&self, authority: &str) -> Option<reqwest::Client> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, here) = waiting.iter_mut().find(|(host, _)| **host == *authority)?;
        let latest = here.pop()?;
        if latest.since.elapsed() < self.longest {
            return Some(latest.client);
        }
        // The others have waited longer still.
        here.clear();
        None
    }

    /// Keeps one for another request.
    pub(crate) fn keep(&self, authority: &Arc<str>, client: reqwest::Client) {
        let now = Instant::now();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((_, here)) = waiting.iter_mut().find(|(host, _)| host == authority) else {
            waiting.push((Arc::clone(authority), vec![Waiting { client, since: now }]));
            return;
        };
        let is_old = |waiting: &Waiting| now.duration_since(waiting.since) >= self.longest;
        let old = here.iter().take_while(|waiting| is_old(waiting)).count();
        here.drain(..old);
        here.push(Waiting { client, since: now });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "cvm.example.com";

    fn connections() -> Connections {
        Connections::new(Duration::from_secs(15))
    }

    fn count(connections: &Connections) -> usize {
        connections.waiting.lock().unwrap().iter().map(|(_, here)| here.len()).sum()
    }

    fn client() -> reqwest::Client {
        let tls = crate::tls::trusting_nobody().unwrap();
        reqwest::Client::builder().tls_backend_preconfigured(tls).build().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_waited_too_long_is_not_given() {
        let connections = connections();
        assert!(connections.take(HOST).is_none());
        for seconds in [0, 14] {
            connections.keep(&HOST.into(), client());
            tokio::time::advance(Duration::from_secs(seconds)).await;
            assert!(connections.take(HOST).is_some(), "{seconds}");
            assert!(connections.take(HOST).is_none(), "it was taken");
        }
        connections.keep(&HOST.into(), client());
        tokio::time::advance(Duration::from_secs(15)).await;
        assert!(connections.take(HOST).is_none());
        connections.keep(&"other.example.com".into(), client());
        assert!(connections.take(HOST).is_none(), "another host's");
    }

    #[tokio::test(start_paused = true)]
    async fn old_ones_do_not_pile_up() {
        let connections = connections();
        for _ in 0..100 {
            connections.keep(&HOST.into(), client());
            connections.keep(&HOST.into(), client());
            tokio::time::advance(Duration::from_secs(5)).await;
        }
        assert!(count(&connections) <= 6, "{}", count(&connections));
        tokio::time::advance(Duration::from_secs(15)).await;
        assert!(connections.take(HOST).is_none());
        assert_eq!(count(&connections), 0);
    }
}
