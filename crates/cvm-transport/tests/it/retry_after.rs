//! `Retry-After`: followed within bounds, and not beyond the deadline of the call.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_transport::Error;
use cvm_transport::entropy::{Entropy, EntropyError};
use cvm_transport::time::FixedClock;
use tokio::time::Instant;

use crate::actions::{KillThings, Launch, ListThings, StartThings};
use crate::fake_service::{FakeService, Reply, error_body};

/// No jitter: every pause has its minimum length.
#[derive(Debug)]
struct NoJitter;

impl Entropy for NoJitter {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        bytes.fill(0);
        Ok(())
    }
}

/// Who sends it: the service, which counts by the second, or a gateway that is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Service,
    Gateway,
    Outage,
}

const SOURCES: [Source; 3] = [Source::Service, Source::Gateway, Source::Outage];

impl Source {
    fn respond(self, values: &[&str]) -> Reply {
        let headers = values.iter().map(|wait| ("retry-after", (*wait).to_owned())).collect();
        match self {
            Self::Service => Reply::with(headers, error_body("RequestLimitExceeded")),
            Self::Gateway => Reply::status(429, headers),
            Self::Outage => Reply::status(503, headers),
        }
    }

    /// The longest value that is followed, and the pause without any.
    const fn bounds(self) -> (Duration, Duration) {
        match self {
            Self::Service | Self::Gateway => (Duration::from_secs(30), Duration::from_millis(250)),
            Self::Outage => (Duration::from_secs(5), Duration::ZERO),
        }
    }
}

/// The default timeout of a read.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(90);

/// Sun, 06 Nov 1994 08:49:37 GMT.
const NOW: u64 = 784_111_777;

/// Header values, and their meaning in seconds; none for invalid ones.
const VALUES: [(&[&str], Option<u64>); 33] = [
    (&[], None),
    (&["0"], Some(0)),
    (&["1"], Some(1)),
    (&[" 2 "], Some(2)),
    (&["0003"], Some(3)),
    (&["5"], Some(5)),
    (&["6"], Some(6)),
    (&["29"], Some(29)),
    (&["30"], Some(30)),
    (&["31"], Some(31)),
    (&["58"], Some(58)),
    (&["86400"], Some(86_400)),
    (&["4294967295"], Some(u64::MAX)),
    (&["4294967296"], Some(u64::MAX)),
    (&["9223372036854775807"], Some(u64::MAX)),
    (&["9223372036854775808"], Some(u64::MAX)),
    (&["18446744073709551615"], Some(u64::MAX)),
    (&["18446744073709551616"], Some(u64::MAX)),
    (&["99999999999999999999999999999999999999999"], Some(u64::MAX)),
    (&["Sun, 06 Nov 1994 08:49:40 GMT"], Some(3)),
    (&["Sun, 06 Nov 1994 08:00:00 GMT"], Some(0)),
    (&["Thu, 01 Jan 1970 00:00:00 GMT"], Some(0)),
    (&["Fri, 31 Dec 9999 23:59:59 GMT"], Some(u64::MAX)),
    (&["Sun, 06 Nov 1994 25:49:40 GMT"], None),
    (&["-1"], None),
    (&["-9223372036854775808"], None),
    (&["+3"], None),
    (&["1.5"], None),
    (&["1e9"], None),
    (&["soon"], None),
    (&[""], None),
    // Two values are ambiguous.
    (&["1", "86400"], None),
    (&["7", "7"], None),
];

#[tokio::test(start_paused = true)]
async fn retry_after_is_followed_within_bounds() {
    for source in SOURCES {
        for (values, asked) in VALUES {
            let shown = format!("{source:?} {values:?}");
            let times = Arc::new(Mutex::new(Vec::new()));
            let log = Arc::clone(&times);
            let fake = FakeService::new(move |_, number| {
                log.lock().unwrap().push(Instant::now());
                if number == 1 { source.respond(values) } else { Reply::healthy() }
            });
            let client =
                fake.builder().entropy(NoJitter).clock(FixedClock::at(NOW)).build().unwrap();
            let result = client.send(ListThings::default()).await;
            let wait = Duration::from_secs(asked.unwrap_or_default().min(u64::from(u32::MAX)));
            if wait + Duration::from_secs(1) > DEFAULT_TIMEOUT {
                let error = result.unwrap_err();
                assert_reported(&error, wait);
                assert_eq!(fake.request_count(), 1, "{shown}");
                continue;
            }
            result.unwrap();
            let times = times.lock().unwrap();
            assert_eq!(times.len(), 2, "{shown}");
            let (longest, shortest) = source.bounds();
            let expected = wait.clamp(shortest, longest);
            let pause = times[1] - times[0];
            // The clock of tokio counts whole milliseconds.
            assert!(pause >= expected, "{shown}: {pause:?}");
            assert!(pause <= expected + Duration::from_millis(2), "{shown}: {pause:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn retry_after_beyond_the_deadline_ends_call_at_once() {
    for source in SOURCES {
        for (values, asked) in VALUES {
            for left in [4, 20, 40, 60].map(Duration::from_secs) {
                let fake = FakeService::new(move |_, _| source.respond(values));
                let client = fake.builder().entropy(NoJitter).clock(FixedClock::at(NOW));
                let client = client.build().unwrap().with_operation_timeout(left);
                let began = Instant::now();
                let error = client.send(ListThings::default()).await.unwrap_err();
                let wait = Duration::from_secs(asked.unwrap_or_default().min(u64::from(u32::MAX)));
                let shown = format!("{source:?} {values:?} {left:?}: {error}");
                assert!(began.elapsed() <= left, "{shown}");
                assert_eq!(error.retry_after().is_some(), asked.is_some(), "{shown}");
                if wait + Duration::from_secs(1) > left {
                    assert_eq!(fake.request_count(), 1, "{shown}");
                    assert_eq!(began.elapsed(), Duration::ZERO, "{shown}");
                    assert_reported(&error, wait);
                    assert!(error.to_string().contains("the deadline would pass"), "{shown}");
                }
            }
        }
    }
}

/// The error has the value of the last response, whatever ended the call.
#[tokio::test(start_paused = true)]
async fn retry_after_is_reported_for_every_class() {
    for (status, attempts) in [(503, None), (429, None), (503, Some(1)), (429, Some(1))] {
        let fake =
            FakeService::new(move |_, _| Reply::status(status, vec![("retry-after", "7".into())]));
        let mut client = fake.builder().entropy(NoJitter).build().unwrap();
        if let Some(attempts) = attempts {
            client = client.with_max_attempts(attempts);
        }
        let errors = [
            client.send(ListThings::default()).await.unwrap_err(),
            client.send(Launch::default()).await.unwrap_err(),
            client.send(StartThings { thing_ids: vec!["thing-1".into()] }).await.unwrap_err(),
            client.send(KillThings { thing_ids: vec!["thing-1".into()] }).await.unwrap_err(),
        ];
        for error in errors {
            assert_reported(&error, Duration::from_secs(7));
        }
    }
}

fn assert_reported(error: &Error, wait: Duration) {
    assert!(error.retry_after().is_some_and(|reported| reported >= wait), "{error}");
    let reported = format!("asked to wait {} s", error.retry_after().unwrap().as_secs());
    assert!(error.to_string().contains(&reported), "{error}");
}
