//! One retry layer: every entry point sends as many requests as the policy allows, and none multiplies them.

use std::time::Duration;

use cvm_protocol::RetryClass;
use cvm_transport::config::Timeouts;
use cvm_transport::protocol::Waiter;
use cvm_transport::waiting::CreatedResources;
use cvm_transport::{ClientBuilder, Error};
use serde_json::json;
use tokio::time::Instant;

use crate::actions::{
    KILL_THINGS, KillThings, LAUNCH, LIST_THINGS, Launch, ListThings, ScanThings, SetName,
    StartThings, THINGS_READY, Thing,
};
use crate::fake_service::{FakeService, Reply};

/// The response to every request, and how many attempts a call of each class may then make.
struct Outage {
    name: &'static str,
    reply: fn() -> Reply,
    attempts: fn(RetryClass) -> usize,
}

const fn when_ambiguous(class: RetryClass) -> usize {
    match class {
        RetryClass::Read | RetryClass::Token => 4,
        RetryClass::Convergent => 2,
        RetryClass::Guarded | RetryClass::Hazard => 1,
    }
}

const fn when_rejected(class: RetryClass) -> usize {
    match class {
        RetryClass::Convergent => 3,
        _ => 4,
    }
}

const OUTAGES: [Outage; 5] = [
    Outage { name: "503", reply: || Reply::status(503, vec![]), attempts: when_ambiguous },
    Outage {
        name: "error",
        reply: || Reply::error("InternalError", vec![]),
        attempts: when_ambiguous,
    },
    Outage { name: "silence", reply: || Reply::Silent { held: false }, attempts: when_ambiguous },
    Outage {
        name: "throttle",
        reply: || Reply::error("RequestLimitExceeded", vec![]),
        attempts: when_rejected,
    },
    Outage { name: "not sent", reply: || Reply::Silent { held: true }, attempts: when_rejected },
];

/// A client whose calls end because of their attempts, not because of time.
fn client_builder(fake: &FakeService) -> ClientBuilder {
    let soon = Duration::from_secs(2);
    fake.builder().timeouts(
        Timeouts::default().with_connect(soon).with_first_byte(soon).with_first_byte_slow(soon),
    )
}

/// Uses each entry point once during an outage. Returns how many requests each made.
async fn each_entry_point(
    outage: &Outage,
    equip: impl Fn(ClientBuilder) -> ClientBuilder,
) -> Vec<(&'static str, RetryClass, usize, Error)> {
    let ids = || vec!["thing-1".to_owned()];
    let mut seen = Vec::new();
    macro_rules! entry_point {
        ($name:literal, $class:ident, |$client:ident| $call:expr) => {{
            let reply = outage.reply;
            let fake = FakeService::new(move |_, _| reply());
            let $client = equip(client_builder(&fake)).build().unwrap();
            let error = $call.await.map(drop).unwrap_err();
            seen.push(($name, RetryClass::$class, fake.request_count(), error));
        }};
    }
    entry_point!("send", Read, |client| client.send(ListThings::default()));
    entry_point!("send", Token, |client| client.send(Launch::default()));
    entry_point!("send", Convergent, |client| client.send(SetName::default()));
    entry_point!("send", Guarded, |client| client.send(StartThings { thing_ids: ids() }));
    entry_point!("send", Hazard, |client| client.send(KillThings { thing_ids: ids() }));
    entry_point!("send_with_report", Token, |client| client.send_with_report(Launch::default()));
    entry_point!("call", Read, |client| client.call(&LIST_THINGS, json!({})));
    entry_point!("call", Token, |client| client.call(&LAUNCH, json!({})));
    entry_point!("call", Hazard, |client| client.call(&KILL_THINGS, json!({ "ThingIds": ids() })));
    entry_point!("pages", Read, |client| async {
        client.pages(ListThings::default()).try_next().await
    });
    entry_point!("pages by token", Read, |client| async {
        client.pages(ScanThings::default()).try_next().await
    });
    entry_point!("items", Read, |client| async {
        client.items(ListThings::default()).try_next().await
    });
    entry_point!("collect_up_to", Read, |client| async {
        client.items(ListThings::default()).collect_up_to(10).await
    });
    entry_point!("parallel items", Read, |client| async {
        client.items(ListThings::default()).parallel(4).try_next().await
    });
    seen
}

#[tokio::test(start_paused = true)]
async fn every_entry_point_uses_the_retry_policy() {
    for outage in &OUTAGES {
        for limit in [None, Some(1), Some(2)] {
            let equip = |builder: ClientBuilder| match limit {
                Some(limit) => builder.max_attempts(limit),
                None => builder,
            };
            for (entry_point, class, asked, error) in each_entry_point(outage, equip).await {
                let policy = (outage.attempts)(class);
                let expected = limit.map_or(policy, |limit| policy.min(limit as usize));
                let name = format!("{entry_point} ({class}) with {} and {limit:?}", outage.name);
                assert_eq!(asked, expected, "{name}: {error:?}");
                assert_eq!(error.attempts().len(), expected, "{name}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_poll_of_a_wait_is_one_call() {
    for outage in &OUTAGES {
        let expected = (outage.attempts)(RetryClass::Read);
        let reply = outage.reply;
        let mut polls = 0;
        let fake = FakeService::new(move |_, _| reply());
        let client = client_builder(&fake).build().unwrap();
        let mut steps = client
            .wait(Waiter::new(&THINGS_READY, ["thing-1"]))
            .timeout(Duration::from_secs(200))
            .progress();
        while polls < 6 && matches!(steps.try_next().await, Ok(Some(_))) {
            polls += 1;
            assert_eq!(fake.request_count(), polls * expected, "{}: {polls} polls", outage.name);
        }
        assert_eq!(polls, 6, "{}", outage.name);
    }
}

/// Long enough that no read overlaps the next.
const SETTLE: Duration = Duration::from_secs(3_600);

/// An outage that allows only reads.
fn read_only(outage: &Outage) -> FakeService {
    let reply = outage.reply;
    FakeService::new(move |request, _| {
        assert_eq!(request.action(), "ListThings");
        reply()
    })
}

#[tokio::test(start_paused = true)]
async fn reconciliation_makes_six_reads_and_no_change() {
    for outage in &OUTAGES {
        let fake = read_only(outage);
        let waiter = Waiter::new(&THINGS_READY, ["thing-1"]);
        let client = client_builder(&fake).build().unwrap();
        let outcome = client.reconcile(waiter).settle(SETTLE).await.unwrap();
        assert_eq!(outcome.unknown.len(), 1, "{}", outage.name);
        assert_eq!(
            fake.request_count(),
            6 * (outage.attempts)(RetryClass::Read),
            "{}",
            outage.name
        );
    }
}

#[tokio::test(start_paused = true)]
async fn creation_search_makes_six_reads_and_no_change() {
    for outage in &OUTAGES {
        let fake = read_only(outage);
        let client = client_builder(&fake).build().unwrap();
        let ours = |_: &Thing| true;
        let search = client.reconcile_creation(ListThings::default(), ours).settle(SETTLE);
        let creation = search.sent(Instant::now().into_std()).await.unwrap();
        assert!(matches!(creation, CreatedResources::Unknown), "{}", outage.name);
        assert_eq!(
            fake.request_count(),
            6 * (outage.attempts)(RetryClass::Read),
            "{}",
            outage.name
        );
    }
}

#[cfg(feature = "blocking")]
#[test]
fn blocking_entry_points_use_the_retry_policy() {
    use cvm_transport::blocking;

    let fake = FakeService::new(|_, _| Reply::error("InternalError", vec![]));
    // Without pauses, because this test uses the real clock.
    let client = blocking::Client::new(fake.builder().entropy(NoPause)).unwrap();
    let count = |call: &dyn Fn() -> Result<(), Error>| {
        let before = fake.request_count();
        assert!(call().is_err());
        fake.request_count() - before
    };
    assert_eq!(count(&|| client.send(ListThings::default()).map(drop)), 4);
    assert_eq!(count(&|| client.send(Launch::default()).map(drop)), 4);
    assert_eq!(count(&|| client.send(SetName::default()).map(drop)), 2);
    assert_eq!(count(&|| client.send(KillThings { thing_ids: vec!["a".into()] }).map(drop)), 1);
    assert_eq!(count(&|| client.send_with_report(StartThings::default()).map(drop)), 1);
    assert_eq!(count(&|| client.call(&LIST_THINGS, json!({})).map(drop)), 4);
    assert_eq!(count(&|| client.items(ListThings::default()).next().unwrap().map(drop)), 4);
}

/// No jitter, and client tokens that no service checks here.
#[cfg(feature = "blocking")]
#[derive(Debug)]
struct NoPause;

#[cfg(feature = "blocking")]
impl cvm_transport::entropy::Entropy for NoPause {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), cvm_transport::entropy::EntropyError> {
        bytes.fill(0);
        Ok(())
    }
}
