//! Every fault × dialect × class × attempt, each on its own server with its own client.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cvm_models::{Client, ClientBuilder, Dialect};
use tokio::task::JoinSet;

use crate::answer::page;
use crate::call::{Call, Ended};
use crate::customer;
use crate::fault::{self, Claim, Fault};
use crate::faultd::Faultd;
use crate::judge::{Case, judge};
use crate::third_party::ThirdParty;

/// Cells that run at the same time: enough to sleep together, few enough that a busy machine does not
/// turn a healthy exchange into a timeout.
const AT_ONCE: usize = 24;

/// One case of the matrix.
#[derive(Clone, Debug)]
pub struct Cell {
    pub fault: Arc<Fault>,
    pub dialect: Dialect,
    pub call: Call,
    /// The attempt that the fault strikes.
    pub struck: usize,
}

fn cells() -> Vec<Cell> {
    let faults = fault::all();
    let mut cells = Vec::new();
    // Kinds turn fastest, so that those which take long are not all under way at once.
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
fn there_are_enough_kinds_and_no_two_of_one_name() {
    let faults = fault::all();
    let mut names: Vec<&str> = faults.iter().map(|fault| fault.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), faults.len());
    assert!(faults.len() >= 40, "{}", faults.len());
    assert!(faults.iter().filter(|fault| fault.commits()).count() >= 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_twice_nothing_claimed_nothing_hidden() {
    let began = Instant::now();
    let only = std::env::var("FAULT").ok();
    let mut cells: Vec<Cell> = cells();
    cells.retain(|cell| only.as_deref().is_none_or(|only| cell.fault.name == only));
    let count = cells.len();
    let mut running = JoinSet::new();
    let mut failures = Vec::new();
    for cell in cells {
        if running.len() >= AT_ONCE {
            failures.extend(joined(running.join_next().await.unwrap()));
        }
        running.spawn(run(cell, |builder| builder));
    }
    while let Some(ended) = running.join_next().await {
        failures.extend(joined(ended));
    }
    println!("{count} cells in {:.1} s", began.elapsed().as_secs_f64());
    if !failures.is_empty() {
        panic!("{} of {count} cells fail\n{}", failures.len(), shown(failures));
    }
}

/// How many cells of each kind fail, and some of them in full.
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

fn joined(ended: Result<Option<String>, tokio::task::JoinError>) -> Option<String> {
    ended.unwrap_or_else(|failure| Some(format!("a cell panicked: {failure}")))
}

/// Runs a cell with a client that is equipped like this. Returns what is wrong with it.
pub async fn run(cell: Cell, equip: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Option<String> {
    let Cell { fault, dialect, call, struck } = &cell;
    let stranger = ThirdParty::open().await;
    let server = Faultd::open(stranger.address).await;
    let timeouts = if fault.waits { customer::hurried() } else { customer::patient() };
    let builder = customer::builder(&server.endpoint(), *dialect, timeouts);
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
    let began = Instant::now();
    let ended = tokio::time::timeout(Duration::from_secs(20), call.make(&client)).await;
    let took = began.elapsed();
    let Ok(ended) = ended else {
        return Some(told(&cell, &server, None, &["does not end".into()]));
    };
    let mut broken = judge(&Case {
        call: *call,
        dialect: *dialect,
        fault,
        struck: *struck,
        ended: &ended,
        took,
        book: &server.ledger().open(),
        skipped,
        strangers: &stranger.received(),
    });
    if server.planned() > 0 {
        broken.push("the fault did not strike".to_owned());
    }
    broken.extend(server.failures());
    let shown = (!broken.is_empty()).then(|| told(&cell, &server, Some(&ended), &broken));
    shown.or(next_call(&cell, &server, &client).await)
}

/// The client is whole after a fault: its next call works, and reads its own answer, over a connection that
/// brought nothing bad.
async fn next_call(cell: &Cell, server: &Faultd, client: &Client) -> Option<String> {
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
    let mut broken = Vec::new();
    if !healthy {
        broken.push("the next call on the same client works".to_owned());
    }
    if is_used_again && is_bad(cell) {
        broken.push("a connection that brought no clean answer carries nothing more".to_owned());
    }
    (!broken.is_empty()).then(|| told(cell, server, Some(&next), &broken))
}

/// Whether the answer, however whole, was not the service's or left its outcome open.
fn is_bad(cell: &Cell) -> bool {
    match cell.fault.claim {
        Claim::Nothing
        | Claim::NothingForLong
        | Claim::Misrouted
        | Claim::ThrottledByStranger
        | Claim::ThrottledByStrangerForLong => true,
        Claim::Lacking => cell.call != Call::Describe,
        Claim::FewerIds => cell.call == Call::Run,
        _ => false,
    }
}

fn told(cell: &Cell, server: &Faultd, ended: Option<&Ended>, broken: &[String]) -> String {
    let Cell { fault, dialect, call, struck } = cell;
    let said = match ended.map(|ended| &ended.result) {
        None => "nothing".to_owned(),
        Some(Ok(done)) => format!("Ok, {:?}, {}", done.ids, done.report.request_id),
        Some(Err(error)) => format!("{error:?}"),
    };
    format!(
        "{:?} × {dialect} × {call} × attempt {struck}\n    broken: {}\n    client: {said}\n{}",
        fault.name,
        broken.join("; "),
        server.ledger().open(),
    )
}

/// What happens to attempt 1 when the fault strikes attempt 2: the service turns it away.
pub fn throttle(then_closes: bool) -> Arc<Fault> {
    let connection = if then_closes { "Connection: close" } else { "Connection: keep-alive" };
    let fault = Fault::turns_away("throttled before", Claim::Throttled, move |truth| {
        let headers = ["Content-Type: application/json", connection];
        page("200 OK", &headers, truth.refusal("RequestLimitExceeded"))
    });
    Arc::new(if then_closes { fault.then_fin() } else { fault })
}
