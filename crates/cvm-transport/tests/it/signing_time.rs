//! Each attempt is signed with its own time, credential and nonce.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cvm_transport::Credential;
use cvm_transport::config::Dialect;
use cvm_transport::credentials::{CredentialProvider, CredentialProviderError, CredentialSnapshot};
use cvm_transport::http::{BoxFuture, PreparedRequest};
use cvm_transport::time::Clock;
use proptest::test_runner::{Config, TestRunner};
use tokio::time::Instant;

use crate::actions::ListThings;
use crate::fake_service::{FakeService, Reply};

const START: u64 = 1_900_000_000;

/// A clock that follows tokio's time.
#[derive(Debug)]
struct RunningClock(Instant);

impl Clock for RunningClock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(START) + self.0.elapsed()
    }
}

/// Numbered temporary credentials that are valid for five seconds each.
#[derive(Debug)]
struct ShortLived(Instant);

impl CredentialProvider for ShortLived {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        let number = self.0.elapsed().as_secs() / 5;
        let (id, token) = (format!("AKID{number}"), format!("token{number}"));
        let credential = Credential::temporary(id, "canary-key", token).unwrap();
        let end = UNIX_EPOCH + Duration::from_secs(START + 5 * (number + 1));
        Box::pin(async move { Ok(Arc::new(CredentialSnapshot::until(credential, end))) })
    }
}

/// A parameter of a request in any dialect, as the service reads it.
fn param(request: &PreparedRequest, header: &str, name: &str) -> Option<String> {
    if let Some(value) = request.headers().get(header) {
        return Some(value.to_str().unwrap().to_owned());
    }
    let body = String::from_utf8(request.body().to_vec()).unwrap();
    let pairs = cvm_protocol::percent::decode_pairs(&body).unwrap();
    pairs.into_iter().find(|(own, _)| own == name).map(|(_, value)| value)
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_its_own_time_nonce_and_credential() {
    for dialect in Dialect::ALL {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        let began = Instant::now();
        let fake = FakeService::new(move |request, number| {
            let at = began.elapsed().as_secs();
            let signature = request
                .headers()
                .get("authorization")
                .map(|value| value.to_str().unwrap().to_owned())
                .or_else(|| param(request, "", "Signature"));
            log.lock().unwrap().push((
                at,
                param(request, "x-tc-timestamp", "Timestamp").unwrap(),
                param(request, "x-tc-token", "Token").unwrap(),
                param(request, "x-tc-traceid", "Nonce").unwrap(),
                signature.unwrap(),
            ));
            match number {
                4 => Reply::healthy(),
                _ => Reply::error("RequestLimitExceeded", vec![("retry-after", "7".into())]),
            }
        });
        let client = fake
            .builder()
            .dialect(dialect)
            .clock(RunningClock(began))
            .credential_provider(ShortLived(began))
            .build()
            .unwrap();
        client.send(ListThings::default()).await.unwrap();
        let requests = requests.lock().unwrap();
        assert_eq!(requests.len(), 4, "{dialect}");
        for (at, timestamp, token, ..) in requests.iter() {
            assert_eq!(timestamp.parse(), Ok(START + at), "{dialect}: signed after the pause");
            assert_eq!(*token, format!("token{}", at / 5), "{dialect}: valid at that time");
        }
        let distinct = |of: fn(&(u64, String, String, String, String)) -> &String| {
            requests.iter().map(of).collect::<HashSet<_>>().len()
        };
        assert_eq!(distinct(|request| &request.1), 4, "{dialect}: times");
        assert_eq!(distinct(|request| &request.2), 4, "{dialect}: tokens");
        assert_eq!(distinct(|request| &request.3), 4, "{dialect}: nonces");
        assert_eq!(distinct(|request| &request.4), 4, "{dialect}: signatures");
    }
}

/// A clock that the test sets.
#[derive(Clone, Debug, Default)]
struct SettableClock(Arc<Mutex<Duration>>);

impl Clock for SettableClock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + *self.0.lock().unwrap()
    }
}

/// The dates from 1970 to 2099, counted one by one.
fn days() -> Vec<String> {
    let mut days = Vec::new();
    for year in 1970..2100 {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        for (month, length) in lengths.into_iter().enumerate() {
            days.extend((1..=length).map(|day| format!("{year}-{:02}-{day:02}", month + 1)));
        }
    }
    days
}

#[test]
fn scope_date_matches_timestamp_around_midnight() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let clock = SettableClock::default();
    // One client with a correct clock, and one that has learned an offset.
    let offset = 12_345;
    let fake = FakeService::new(|_, number| match number {
        1 => Reply::error(
            "AuthFailure.SignatureExpire",
            vec![("date", "Thu, 01 Jan 1970 03:25:45 GMT".into())],
        ),
        _ => Reply::healthy(),
    });
    let build = || fake.builder().clock(clock.clone()).build().unwrap();
    let (offset_client, plain) = (build(), build());
    runtime.block_on(offset_client.send(ListThings::default())).unwrap();
    let days = days();
    let config = Config { failure_persistence: None, ..Config::with_cases(10_000) };
    let midnights = (1..days.len() as u64 - 1, -2_000_i64..=2_000, proptest::bool::ANY);
    TestRunner::new(config)
        .run(&midnights, |(day, millis, is_offset)| {
            let added = if is_offset { offset } else { 0 };
            let seconds = Duration::from_secs(day * 86_400 - if is_offset { offset } else { 0 });
            let now = match u64::try_from(millis) {
                Ok(after) => seconds + Duration::from_millis(after),
                Err(_) => seconds - Duration::from_millis(millis.unsigned_abs()),
            };
            *clock.0.lock().unwrap() = now;
            let client = if is_offset { &offset_client } else { &plain };
            let request = runtime.block_on(client.prepare(ListThings::default())).unwrap();
            let timestamp: u64 =
                request.headers()["x-tc-timestamp"].to_str().unwrap().parse().unwrap();
            assert_eq!(timestamp, now.as_secs() + added);
            let expected = &days[(timestamp / 86_400) as usize];
            let authorization = request.headers()["authorization"].to_str().unwrap();
            let scope = format!("Credential=AKIDEXAMPLE/{expected}/cvm/tc3_request");
            assert!(authorization.contains(&scope), "{authorization} at {timestamp}");
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn clock_after_the_year_9999_is_named_as_that_of_this_machine() {
    let clock = SettableClock::default();
    *clock.0.lock().unwrap() = Duration::from_secs(253_402_300_800);
    for dialect in [Dialect::Tc3, Dialect::Tc3Get] {
        let fake = FakeService::new(|_, _| Reply::healthy());
        let client = fake.builder().clock(clock.clone()).dialect(dialect).build().unwrap();
        let sent = client.send(ListThings::default()).await.unwrap_err();
        let prepared = client.prepare(ListThings::default()).await.unwrap_err();
        for error in [sent, prepared] {
            let text = error.to_string();
            assert!(error.is_settings() && error.is_not_sent(), "{error:?}");
            assert!(text.contains("this machine's clock is after the year 9999"), "{text}");
            assert!(!format!("{error:?}").contains("milliseconds"), "{error:?}");
        }
        assert_eq!(fake.request_count(), 0, "{dialect}");
    }
}
