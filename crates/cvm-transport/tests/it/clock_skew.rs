//! Clock skew between client and service: a call succeeds at the second attempt or reports that the clocks
//! disagree, and no response sets a wrong time for good.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cvm_transport::config::Timeouts;
use cvm_transport::http::PreparedRequest;
use cvm_transport::time::Clock;
use cvm_transport::{Client, Error};
use tokio::time::Instant;

use crate::actions::{KillThings, ListThings};
use crate::fake_service::{Body, FakeService, Reply, error_body};

/// The time of the service when the tests start.
const SERVER_TIME: u64 = 1_900_000_000;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// How far the client's clock is ahead of the service's, in seconds.
const SKEWS: [i64; 13] = [
    10,
    MINUTE,
    4 * MINUTE - 2,
    4 * MINUTE + 2,
    290,
    6 * MINUTE,
    16 * MINUTE,
    HOUR,
    DAY,
    30 * DAY,
    YEAR,
    4 * YEAR,
    10 * YEAR,
];

/// The service rejects larger differences.
const WINDOW: i64 = 300;

/// A clock that follows tokio's time from a given start.
#[derive(Clone, Copy, Debug)]
struct RunningClock {
    from: u64,
    began: Instant,
}

impl RunningClock {
    fn new(from: u64) -> Self {
        Self { from, began: Instant::now() }
    }
}

impl Clock for RunningClock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.from) + self.began.elapsed()
    }
}

fn seconds(clock: &dyn Clock) -> u64 {
    clock.now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The `Date` header of the service's responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DateHeader {
    Correct,
    Missing,
    Invalid,
    /// From a cache, which repeats a response of an hour ago.
    Cached,
    /// After a round trip of sixteen minutes.
    SlowResponse,
    Repeated,
}

const DATE_HEADERS: [DateHeader; 6] = [
    DateHeader::Correct,
    DateHeader::Missing,
    DateHeader::Invalid,
    DateHeader::Cached,
    DateHeader::SlowResponse,
    DateHeader::Repeated,
];

/// Formats `Sun, 06 Nov 1994 08:49:37 GMT` by counting days, independent of the client's calendar code.
fn http_date(unix_seconds: u64) -> String {
    const MONTHS: [(&str, u64); 12] = [
        ("Jan", 31),
        ("Feb", 28),
        ("Mar", 31),
        ("Apr", 30),
        ("May", 31),
        ("Jun", 30),
        ("Jul", 31),
        ("Aug", 31),
        ("Sep", 30),
        ("Oct", 31),
        ("Nov", 30),
        ("Dec", 31),
    ];
    let (mut days, rest) = (unix_seconds / 86_400, unix_seconds % 86_400);
    let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][(days % 7) as usize];
    let (mut year, mut month) = (1970, 0);
    loop {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = MONTHS[month].1 + u64::from(month == 1 && leap);
        if days < length {
            break;
        }
        days -= length;
        month += 1;
        if month == 12 {
            (year, month) = (year + 1, 0);
        }
    }
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    let month = MONTHS[month].0;
    format!("{weekday}, {:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT", days + 1)
}

fn timestamp(request: &PreparedRequest) -> u64 {
    request.headers()["x-tc-timestamp"].to_str().unwrap().parse().unwrap()
}

fn headers(date_header: DateHeader, now: u64) -> Vec<(&'static str, String)> {
    let date = |at| ("date", http_date(at));
    match date_header {
        DateHeader::Correct | DateHeader::SlowResponse => vec![date(now)],
        DateHeader::Missing => vec![],
        DateHeader::Invalid => vec![("date", "not a date".into())],
        DateHeader::Cached => vec![date(now - 3_600), ("age", "3600".into())],
        DateHeader::Repeated => vec![date(now), date(now)],
    }
}

/// A service that checks the timestamp of each request, and the timestamps that it received.
fn strict_service(date_header: DateHeader) -> (FakeService, Arc<Mutex<Vec<i64>>>) {
    let clock = RunningClock::new(SERVER_TIME);
    let received = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&received);
    let fake = FakeService::new(move |request, _| {
        let now = seconds(&clock);
        let ahead = timestamp(request) as i64 - now as i64;
        log.lock().unwrap().push(ahead);
        let after = match date_header {
            DateHeader::SlowResponse => Duration::from_secs(16 * 60),
            _ => Duration::ZERO,
        };
        let headers = headers(date_header, now + after.as_secs() / 2);
        let healthy = r#"{"Response":{"ThingSet":[],"TotalCount":0,"RequestId":"r-ok"}}"#;
        let body = if ahead.abs() <= WINDOW {
            healthy.to_owned()
        } else {
            error_body("AuthFailure.SignatureExpire")
        };
        Reply::Response { status: 200, headers, body: Body::Whole(body.into()), after }
    });
    (fake, received)
}

/// A client whose clock is ahead by this, with timeouts above the longest round trip.
fn client_ahead(fake: &FakeService, skew: i64, corrects: bool) -> Client {
    let hour = Duration::from_secs(3_600);
    fake.builder()
        .clock(RunningClock::new(SERVER_TIME.checked_add_signed(skew).unwrap()))
        .correct_clock(corrects)
        .timeouts(Timeouts::default().with_first_byte(hour).with_attempt(hour).with_operation(hour))
        .build()
        .unwrap()
}

fn assert_names_clocks(error: &Error, shown: &str) {
    assert!(error.is_auth() && error.is_service(), "{shown}: {error}");
    assert_eq!(error.code().unwrap().as_str(), "AuthFailure.SignatureExpire", "{shown}");
    assert!(error.to_string().contains("this machine's clock says"), "{shown}: {error}");
    assert_eq!(error.attempts().len(), 1, "{shown}");
}

#[tokio::test(start_paused = true)]
async fn clock_skew_takes_at_most_two_attempts() {
    for date_header in DATE_HEADERS {
        for skew in SKEWS.into_iter().flat_map(|skew| [skew, -skew]) {
            for corrects in [true, false] {
                let shown = format!("{skew} s, {date_header:?}, corrects: {corrects}");
                let (fake, received) = strict_service(date_header);
                let client = client_ahead(&fake, skew, corrects);
                let is_rejected = skew.abs() > WINDOW;
                let ended = client.send_with_report(ListThings::default()).await;
                match ended {
                    Ok((_, report)) => {
                        let attempts = 1 + usize::from(is_rejected);
                        assert_eq!(report.attempts.len(), attempts, "{shown}");
                        assert!(
                            !is_rejected || (corrects && date_header == DateHeader::Correct),
                            "{shown}"
                        );
                    }
                    Err(error) => {
                        assert!(
                            is_rejected && !(corrects && date_header == DateHeader::Correct),
                            "{shown}"
                        );
                        assert_names_clocks(&error, &shown);
                    }
                }
                // The next call, even an unsafe one, has the right time at once or reports the same error.
                let kill = KillThings { thing_ids: vec!["thing-1".into()] };
                match client.send_with_report(kill).await {
                    Ok((_, report)) => assert_eq!(report.attempts.len(), 1, "{shown}"),
                    Err(error) => assert_names_clocks(&error, &shown),
                }
                let last = *received.lock().unwrap().last().unwrap();
                let learnt =
                    corrects && date_header == DateHeader::Correct && skew.abs() >= 4 * MINUTE;
                assert!((last - if learnt { 0 } else { skew }).abs() <= 1, "{shown}: {last}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn plain_http_date_is_ignored_before_a_clock_error() {
    let (fake, received) = strict_service(DateHeader::Correct);
    let client = fake.builder().endpoint("http://127.0.0.1:1");
    let client = client.clock(RunningClock::new(SERVER_TIME + 290)).build().unwrap();
    client.send(ListThings::default()).await.unwrap();
    client.send(ListThings::default()).await.unwrap();
    assert_eq!(*received.lock().unwrap(), [290, 290]);
}

#[tokio::test(start_paused = true)]
async fn second_clock_error_ends_call_and_names_both_clocks() {
    let fake = FakeService::new(|_, _| {
        Reply::error("AuthFailure.SignatureExpire", vec![("date", http_date(SERVER_TIME))])
    });
    let client = client_ahead(&fake, HOUR, true);
    let error = client.send(ListThings::default()).await.unwrap_err();
    assert_eq!(fake.request_count(), 2);
    assert_eq!(error.attempts().len(), 2);
    let text = error.to_string();
    assert!(text.contains(&format!("clock says {} s", SERVER_TIME + 3_600)), "{text}");
    // A date has whole seconds, so the middle of its second is used.
    let names_second = |second: u64| text.contains(&format!("the endpoint's {second} s"));
    assert!(names_second(SERVER_TIME) || names_second(SERVER_TIME + 1), "{text}");
}

#[tokio::test(start_paused = true)]
async fn wrong_date_costs_one_attempt() {
    // The clocks agree, but one response has yesterday's date, and later responses have none.
    let clock = RunningClock::new(SERVER_TIME);
    let fake = FakeService::new(move |request, number| {
        let ahead = timestamp(request) as i64 - seconds(&clock) as i64;
        let headers = match number {
            1 => vec![("date", http_date(SERVER_TIME - 86_400))],
            _ => vec![],
        };
        if ahead.abs() > WINDOW {
            return Reply::error("AuthFailure.SignatureExpire", headers);
        }
        Reply::with(headers, r#"{"Response":{"ThingSet":[],"TotalCount":0,"RequestId":"r"}}"#)
    });
    let client = client_ahead(&fake, 0, true);
    let attempts = async || {
        let (_, report) = client.send_with_report(ListThings::default()).await.unwrap();
        report.attempts.len()
    };
    assert_eq!(attempts().await, 1);
    assert_eq!(attempts().await, 2, "the wrong correction is dropped");
    assert_eq!(attempts().await, 1);
}

#[tokio::test(start_paused = true)]
async fn clock_correction_follows_every_response() {
    // How far the service is ahead of this machine according to each response, and the correction of each
    // request. A date has whole seconds, so the middle of its second is used.
    let skews = [260_i64, 280, 5, 5, -250, -239, 0];
    let corrected = [0, 260, 280, 0, 0, -249, 0];
    let received = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&received);
    let fake = FakeService::new(move |request, number| {
        log.lock().unwrap().push(timestamp(request) as i64 - SERVER_TIME as i64);
        let date = SERVER_TIME.checked_add_signed(skews[number - 1]).unwrap();
        Reply::with(
            vec![("date", http_date(date))],
            r#"{"Response":{"ThingSet":[],"TotalCount":0,"RequestId":"r"}}"#,
        )
    });
    let client =
        fake.builder().clock(cvm_transport::time::FixedClock::at(SERVER_TIME)).build().unwrap();
    for _ in skews {
        client.send(ListThings::default()).await.unwrap();
    }
    assert_eq!(*received.lock().unwrap(), corrected);
}
