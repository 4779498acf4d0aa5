//! Every public option for a duration accepts any duration: the longest means *no limit*, the shortest *at
//! once*.

use std::time::Duration;

use cvm_transport::Client;
use cvm_transport::config::Timeouts;
use cvm_transport::protocol::Waiter;
use cvm_transport::rate_limit::NoRateLimit;
use cvm_transport::time::FixedClock;
use cvm_transport::waiting::CreatedResources;

use crate::actions::{KillThings, Launch, ListThings, THINGS_READY, Thing};
use crate::fake_service::{FakeService, Reply};
use crate::server::Server;

const SPANS: [Duration; 6] = [
    Duration::MAX,
    Duration::from_secs(u64::MAX),
    Duration::from_secs(i64::MAX as u64),
    Duration::from_secs(1 << 40),
    Duration::from_nanos(1),
    Duration::ZERO,
];

type Set = fn(&mut Timeouts, Duration);

const TIMEOUTS: [(&str, Set); 9] = [
    ("connect", |timeouts, span| timeouts.connect = span),
    ("first_byte", |timeouts, span| timeouts.first_byte = span),
    ("first_byte_slow", |timeouts, span| timeouts.first_byte_slow = span),
    ("body_idle", |timeouts, span| timeouts.body_idle = span),
    ("attempt", |timeouts, span| timeouts.attempt = span),
    ("attempt_slow", |timeouts, span| timeouts.attempt_slow = span),
    ("operation", |timeouts, span| timeouts.operation = span),
    ("operation_with_token", |timeouts, span| timeouts.operation_with_token = span),
    ("all", |timeouts, span| {
        *timeouts = Timeouts::default()
            .with_connect(span)
            .with_first_byte(span)
            .with_first_byte_slow(span)
            .with_body_idle(span)
            .with_attempt(span)
            .with_attempt_slow(span)
            .with_operation(span)
            .with_operation_with_token(span);
    }),
];

fn timeouts(set: Set, span: Duration) -> Timeouts {
    let mut timeouts = Timeouts::default();
    set(&mut timeouts, span);
    timeouts
}

/// Makes calls of every kind. Calls with too little time end with an error.
async fn call(client: &Client) -> Result<(), cvm_transport::Error> {
    client.prepare(ListThings::default()).await?;
    client.send(ListThings::default()).await?;
    client.send(Launch::default()).await?;
    client.send(KillThings { thing_ids: vec!["thing-1".into()] }).await?;
    client.items(ListThings::default()).collect_up_to(10).await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn any_timeout_is_accepted() {
    for (name, set) in TIMEOUTS {
        for span in SPANS {
            let fake = FakeService::new(|_, _| Reply::healthy());
            let client = fake.builder().timeouts(timeouts(set, span)).build().unwrap();
            let ended = call(&client).await;
            assert!(ended.is_ok() || span < Duration::from_secs(1), "{name} {span:?}: {ended:?}");
            // Silence also ends, if only after a hundred years.
            let fake = FakeService::new(|_, _| Reply::Silent { held: false });
            let client = fake.builder().timeouts(timeouts(set, span)).max_attempts(1).build();
            assert!(client.unwrap().send(ListThings::default()).await.is_err(), "{name} {span:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn any_operation_timeout_is_accepted() {
    for span in SPANS {
        let fake = FakeService::new(|_, _| Reply::healthy());
        let client = fake.builder().build().unwrap().with_operation_timeout(span);
        let ended = call(&client).await;
        assert!(ended.is_ok() || span < Duration::from_secs(1), "{span:?}: {ended:?}");
    }
}

#[tokio::test]
async fn any_timeout_is_accepted_on_a_real_connection() {
    let server = Server::start([]).await;
    for (name, set) in TIMEOUTS {
        for span in SPANS.into_iter().filter(|span| *span > Duration::from_secs(1)) {
            let client = crate::builder(&server.url)
                .timeouts(timeouts(set, span))
                .rate_limiter(NoRateLimit)
                .build()
                .unwrap();
            call(&client).await.unwrap_or_else(|error| panic!("{name} {span:?}: {error:?}"));
        }
    }
}

fn list(states: &[&str]) -> Reply {
    let item = |state| format!(r#"{{"ThingId":"thing-1","State":"{state}"}}"#);
    let items: Vec<String> = states.iter().map(item).collect();
    let (items, total) = (items.join(","), items.len());
    Reply::body(format!(
        r#"{{"Response":{{"ThingSet":[{items}],"TotalCount":{total},"RequestId":"r"}}}}"#
    ))
}

fn ready() -> Waiter {
    Waiter::new(&THINGS_READY, ["thing-1"])
}

#[tokio::test(start_paused = true)]
async fn any_wait_timeout_and_interval_are_accepted() {
    for span in SPANS {
        let starts =
            || FakeService::new(|_, number| list(&[if number < 3 { "STARTING" } else { "READY" }]));
        let client = starts().builder().build().unwrap();
        let ended = client.wait(ready()).timeout(span).await;
        assert!(ended.is_ok() || span < Duration::from_secs(1), "{span:?}: {ended:?}");
        let client = starts().builder().build().unwrap();
        let ended = client.wait(ready()).interval(span).await;
        assert!(ended.is_ok() || span > Duration::from_secs(1), "{span:?}: {ended:?}");
        let client = starts().builder().build().unwrap();
        let _ = client.wait(ready()).interval(span).timeout(span).await;
    }
}

#[tokio::test(start_paused = true)]
async fn any_settle_time_is_accepted() {
    for span in SPANS {
        let fake = FakeService::new(|_, _| list(&["STARTING"]));
        let client = fake.builder().build().unwrap();
        let outcome = client.reconcile(ready()).settle(span).await;
        assert!(outcome.is_ok() || span < Duration::from_secs(1), "{span:?}: {outcome:?}");
        let fake = FakeService::new(|_, _| list(&[]));
        let client = fake.builder().build().unwrap();
        let search = client.reconcile_creation(ListThings::default(), |_: &Thing| true);
        let found = search.settle(span).await.unwrap();
        assert!(matches!(found, CreatedResources::NotFound), "{span:?}: {found:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn any_clock_time_is_accepted() {
    for seconds in [0, 1, 1 << 40, i64::MAX as u64, u64::MAX] {
        let fake = FakeService::new(|_, _| Reply::healthy());
        let client = fake.builder().clock(FixedClock::at(seconds)).build().unwrap();
        call(&client).await.unwrap_or_else(|error| panic!("{seconds}: {error:?}"));
    }
}
