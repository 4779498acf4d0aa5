//! Every fault × dialect × class × attempt, each with its own server and client.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cvm_models::{Client, ClientBuilder, Dialect};

use crate::call::{Call, Ended};
use crate::fault::{self, Claim, Fault};
use crate::fault_server::Faultd;
use crate::rerun::{Broken, Failure, TimeScale, run_all};
use crate::response::page;
use crate::rules::{Case, judge};
use crate::test_client;
use crate::third_party::ThirdParty;

/// Only a call that hangs takes this long.
const HANG: Duration = Duration::from_secs(300);

/// One case of the matrix.
#[derive(Clone, Debug)]
pub struct Cell {
    pub fault: Arc<Fault>,
    pub dialect: Dialect,
    pub call: Call,
    /// The attempt that the fault affects.
    pub struck: usize,
}

fn cells() -> Vec<Cell> {
    let faults = fault::all();
    let mut cells = Vec::new();
    // The fault varies fastest, so that slow ones do not all run at the same time.
    for dialect in Dialect::ALL {
        for call in Call::ALL {
            for struck in [1, 2] {
                for fault in &faults {
                    cells.push(Cell { fault: Arc::clone(fault), dialect, call, struck });
                }
            }
        }
    }
    cells
}

#[test]
fn fault_names_are_unique() {
    let faults = fault::all();
    let mut names: Vec<&str> = faults.iter().map(|fault| fault.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), faults.len());
    assert!(faults.len() >= 40, "{}", faults.len());
    assert!(faults.iter().filter(|fault| fault.commits()).count() >= 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_duplicate_effect_no_false_success_no_hidden_outcome() {
    let began = Instant::now();
    let only = std::env::var("FAULT").ok();
    let mut cells: Vec<Cell> = cells();
    cells.retain(|cell| only.as_deref().is_none_or(|only| cell.fault.name == only));
    let count = cells.len();
    let failures = run_all(
        cells,
        |cell| cell.fault.can_fail_by_time(),
        |cell, scale| run(cell, scale, |builder| builder),
    )
    .await;
    println!("{count} cells in {:.1} s", began.elapsed().as_secs_f64());
    if !failures.is_empty() {
        panic!("{} of {count} cells fail\n{}", failures.len(), shown(failures));
    }
}

/// How many cases of each fault fail, and some of them in full.
fn shown(mut failures: Vec<String>) -> String {
    failures.sort();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for failure in &failures {
        let kind = failure.split(" × ").next().unwrap_or_default();
        *kinds.entry(kind.to_owned()).or_default() += 1;
    }
    let counts: Vec<String> = kinds.iter().map(|(kind, n)| format!("{n} × {kind}")).collect();
    failures.truncate(30);
    format!("{}\n\n{}", counts.join("\n"), failures.join("\n"))
}

/// Runs a case with a client that is configured by `equip`. Returns what is wrong with it.
pub async fn run(
    cell: Cell,
    scale: TimeScale,
    equip: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> Option<Failure> {
    let Cell { fault, dialect, call, struck } = &cell;
    let stranger = ThirdParty::open().await;
    let server = Faultd::open(stranger.address).await;
    server.set_time_scale(scale);
    let timeouts = test_client::timeouts(fault, scale);
    let builder = test_client::builder(&server.endpoint(), *dialect, timeouts);
    let client = equip(builder).build().unwrap();
    if fault.warm && *struck == 1 {
        let warmed = Call::Describe.make(&client).await;
        assert!(warmed.result.is_ok(), "{:?}", warmed.result);
    }
    let skipped = server.ledger().open().arrivals.len();
    if *struck == 2 {
        server.plan([throttle(fault.strikes_at_accept())]);
    }
    server.plan([Arc::clone(fault)]);
    let Ok(ended) = tokio::time::timeout(HANG, call.make(&client)).await else {
        let text = told(&cell, &server, None, "does not end");
        return Some(Failure { text, is_by_time: false });
    };
    let mut broken = judge(&Case {
        call: *call,
        dialect: *dialect,
        fault,
        struck: *struck,
        ended: &ended,
        book: &server.ledger().open(),
        skipped,
        strangers: &stranger.received(),
    });
    broken.by_time(server.planned() == 0, "the fault did not strike");
    for failure in server.failures() {
        broken.at_any_speed(false, &failure);
    }
    let tell = |rules: &str| told(&cell, &server, Some(&ended), rules);
    let failure = broken.failure(fault.can_fail_by_time(), tell);
    failure.or(next_call(&cell, &server, &client).await)
}

/// The client still works after a fault: its next call succeeds and gets its own response, over a connection
/// that carried nothing invalid.
async fn next_call(cell: &Cell, server: &Faultd, client: &Client) -> Option<Failure> {
    let next = Call::Describe.make(client).await;
    let book = server.ledger().open();
    let own = format!("r-{}", book.arrivals.len() - 1);
    let healthy = next.result.as_ref().is_ok_and(|done| {
        done.report.request_id == own && done.ids.len() == 1 + book.instances.len()
    });
    let mut later = book.arrivals.iter().skip_while(|arrival| arrival.fault != cell.fault.name);
    let struck = later.next().map(|arrival| arrival.connection);
    let is_used_again = later.any(|arrival| Some(arrival.connection) == struck);
    drop(book);
    let mut broken = Broken::default();
    broken.by_time(healthy, "the next call on the same client works");
    let is_clean = !(is_used_again && is_bad(cell));
    broken.at_any_speed(is_clean, "a connection that brought no clean answer carries nothing more");
    broken.failure(cell.fault.can_fail_by_time(), |rules| told(cell, server, Some(&next), rules))
}

/// Whether the response, however complete, was not the service's or left the outcome open.
fn is_bad(cell: &Cell) -> bool {
    match cell.fault.claim {
        Claim::Nothing
        | Claim::NothingFinal
        | Claim::NothingForLong
        | Claim::Misrouted
        | Claim::ThrottledByStranger
        | Claim::ThrottledByStrangerForLong => true,
        Claim::Lacking => cell.call != Call::Describe,
        Claim::FewerIds => cell.call == Call::Run,
        _ => false,
    }
}

fn told(cell: &Cell, server: &Faultd, ended: Option<&Ended>, rules: &str) -> String {
    let Cell { fault, dialect, call, struck } = cell;
    let said = match ended.map(|ended| &ended.result) {
        None => "nothing".to_owned(),
        Some(Ok(done)) => format!("Ok, {:?}, {}", done.ids, done.report.request_id),
        Some(Err(error)) => format!("{error:?}"),
    };
    format!(
        "{:?} × {dialect} × {call} × attempt {struck}\n    broken: {rules}\n    client: {said}\n{}",
        fault.name,
        server.ledger().open(),
    )
}

/// The response to attempt 1 if the fault affects attempt 2: throttling by the service.
pub fn throttle(then_closes: bool) -> Arc<Fault> {
    let connection = if then_closes { "Connection: close" } else { "Connection: keep-alive" };
    let fault = Fault::turns_away("throttled before", Claim::Throttled, move |truth| {
        let headers = ["Content-Type: application/json", connection];
        page("200 OK", &headers, truth.refusal("RequestLimitExceeded"))
    });
    Arc::new(if then_closes { fault.then_fin() } else { fault })
}
