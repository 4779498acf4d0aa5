//! Every fault × dialect × class × attempt, each with its own server and client.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cvm_models::config::Dialect;
use cvm_models::{Client, ClientBuilder};

use crate::call::{Call, CallResult};
use crate::fault::{self, Conclusion, Fault};
use crate::fault_server::FaultServer;
use crate::rerun::{BrokenRules, Failure, TimeScale, run_all};
use crate::response::page;
use crate::rules::{Case, check};
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
    pub affected: usize,
}

fn cells() -> Vec<Cell> {
    let faults = fault::all();
    let mut cells = Vec::new();
    // The fault varies fastest, so that slow ones do not all run at the same time.
    for dialect in Dialect::ALL {
        for call in Call::ALL {
            for affected in [1, 2] {
                for fault in &faults {
                    cells.push(Cell { fault: Arc::clone(fault), dialect, call, affected });
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
        |cell| cell.fault.can_fail_by_timing(),
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
    let Cell { fault, dialect, call, affected } = &cell;
    let third_party = ThirdParty::open().await;
    let server = FaultServer::start(third_party.address).await;
    server.set_time_scale(scale);
    let timeouts = test_client::timeouts(fault, scale);
    let builder = test_client::builder(&server.endpoint(), *dialect, timeouts);
    let client = equip(builder).build().unwrap();
    if fault.warm && *affected == 1 {
        let warmed = Call::Describe.make(&client).await;
        assert!(warmed.result.is_ok(), "{:?}", warmed.result);
    }
    let skipped = server.ledger().lock().requests.len();
    if *affected == 2 {
        server.plan([throttle(fault.occurs_at_accept())]);
    }
    server.plan([Arc::clone(fault)]);
    let Ok(ended) = tokio::time::timeout(HANG, call.make(&client)).await else {
        let text = report(&cell, &server, None, "hangs");
        return Some(Failure { text, is_timing_failure: false });
    };
    let mut broken = check(&Case {
        call: *call,
        dialect: *dialect,
        fault,
        affected: *affected,
        ended: &ended,
        ledger: &server.ledger().lock(),
        skipped,
        third_parties: &third_party.received(),
    });
    broken.require_in_time(server.planned() == 0, "the fault did not occur");
    for failure in server.failures() {
        broken.require(false, &failure);
    }
    let report_rules = |rules: &str| report(&cell, &server, Some(&ended), rules);
    let failure = broken.failure(fault.can_fail_by_timing(), report_rules);
    failure.or(next_call(&cell, &server, &client).await)
}

/// The client still works after a fault: its next call succeeds and gets its own response, over a connection
/// that carried nothing invalid.
async fn next_call(cell: &Cell, server: &FaultServer, client: &Client) -> Option<Failure> {
    let next = Call::Describe.make(client).await;
    let ledger = server.ledger().lock();
    let own = format!("r-{}", ledger.requests.len() - 1);
    let healthy = next.result.as_ref().is_ok_and(|done| {
        done.report.request_id == own && done.ids.len() == 1 + ledger.instances.len()
    });
    let mut later = ledger.requests.iter().skip_while(|request| request.fault != cell.fault.name);
    let affected = later.next().map(|request| request.connection);
    let is_reused = later.any(|request| Some(request.connection) == affected);
    drop(ledger);
    let mut broken = BrokenRules::default();
    broken.require_in_time(healthy, "the next call on the same client works");
    let is_not_reused_after_invalid = !(is_reused && is_invalid(cell));
    broken.require(
        is_not_reused_after_invalid,
        "a connection is not reused after an invalid response",
    );
    broken
        .failure(cell.fault.can_fail_by_timing(), |rules| report(cell, server, Some(&next), rules))
}

/// Whether the response, however complete, was not the service's or left the outcome open.
fn is_invalid(cell: &Cell) -> bool {
    match cell.fault.conclusion {
        Conclusion::Ambiguous
        | Conclusion::AmbiguousFinal
        | Conclusion::AmbiguousLongWait
        | Conclusion::Misrouted
        | Conclusion::ForeignThrottled
        | Conclusion::ForeignThrottledLongWait => true,
        Conclusion::MissingMember => cell.call != Call::Describe,
        Conclusion::FewerIds => cell.call == Call::Run,
        _ => false,
    }
}

fn report(cell: &Cell, server: &FaultServer, ended: Option<&CallResult>, rules: &str) -> String {
    let Cell { fault, dialect, call, affected } = cell;
    let result = match ended.map(|ended| &ended.result) {
        None => "no result".to_owned(),
        Some(Ok(done)) => format!("Ok, {:?}, {}", done.ids, done.report.request_id),
        Some(Err(error)) => format!("{error:?}"),
    };
    format!(
        "{:?} × {dialect} × {call} × attempt {affected}\n    broken: {rules}\n    client: {result}\n{}",
        fault.name,
        server.ledger().lock(),
    )
}

/// The response to attempt 1 if the fault affects attempt 2: throttling by the service.
pub fn throttle(then_closes: bool) -> Arc<Fault> {
    let connection = if then_closes { "Connection: close" } else { "Connection: keep-alive" };
    let fault = Fault::rejected("throttled before", Conclusion::Throttled, move |context| {
        let headers = ["Content-Type: application/json", connection];
        page("200 OK", &headers, context.error_body("RequestLimitExceeded"))
    });
    Arc::new(if then_closes { fault.then_close() } else { fault })
}
