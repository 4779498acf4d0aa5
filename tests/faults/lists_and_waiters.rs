//! The fault matrix for every entry point that reads lists: `items` and `pages`, serial and parallel, `wait`,
//! `reconcile`, `reconcile_creation`, and those of the blocking client. Includes faults that only a timeout
//! ends.
//!
//! The ledger knows the real state. A list is complete or an error, and no resource is reported as gone or
//! absent unless a complete list proved it.

use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use cvm_models::actions::DescribeInstances;
use cvm_models::config::Dialect;
use cvm_models::protocol::{Waiter, WaiterInfo};
use cvm_models::types::Instance;
use cvm_models::waiters::InstancesTerminated;
use cvm_models::waiting::{CreatedResources, Reconciliation};
use cvm_models::{Client, ClientBuilder, Error, blocking};

use crate::fault::{self, Conclusion, Fault};
use crate::fault_server::FaultServer;
use crate::ledger::{InstanceState, Launched, LedgerState};
use crate::list_faults;
use crate::rerun::{BrokenRules, Failure, TimeScale, run_all};
use crate::response::json;
use crate::service::INSTANCE;
use crate::test_client::{self, SECRETS};
use crate::third_party::ThirdParty;

/// Only a hang takes this long.
const HANG: Duration = Duration::from_secs(300);
/// The instance of the launch that is searched for.
const LAUNCHED: &str = "ins-00000001";
/// More requests than any case makes.
const ALWAYS: usize = 200;

/// The waiter of the API with a short pause between its polls.
static QUICK: LazyLock<WaiterInfo> = LazyLock::new(|| {
    WaiterInfo::new(InstancesTerminated::INFO.interval(Duration::from_millis(20))).unwrap()
});

fn terminated() -> Waiter {
    Waiter::new(&QUICK, [INSTANCE]).seen_before()
}

/// All faults: responses that prove something despite unusual content, and responses that prove nothing.
fn relevant_faults() -> Vec<Arc<Fault>> {
    let mut relevant_faults: Vec<Arc<Fault>> = list_faults::all()
        .into_iter()
        .map(|fault| Arc::new(Fault { conclusion: Conclusion::MissingMember, ..fault }))
        .collect();
    relevant_faults.extend(
        [
            "a repeated key in an unknown object",
            "an unknown number out of range",
            "an unknown number of 1 000 digits",
            "half a surrogate pair in an unknown text",
            "an unknown list 10 000 deep",
            "an error without a code",
            "an empty error",
            "an error whose code is empty",
            "an error without a code under a 500",
            "JSON of a proxy under a 502",
            "JSON of a proxy under a 504",
            "empty body",
            "Response is null",
            "Response is empty",
            "half a response with a correct length",
            "success under a 502",
            "accepts and hangs",
            "reads all and stalls",
            "commits, stalls in the head",
            "commits, stalls in the body",
            "length too long, then stalls",
        ]
        .map(fault::named),
    );
    relevant_faults
}

/// Whether a complete list arrives despite the fault.
fn proves(fault: &Fault) -> bool {
    fault.conclusion == Conclusion::Done
}

fn fails(
    broken: &BrokenRules,
    fault: &Fault,
    what: &dyn fmt::Display,
    reported: &dyn fmt::Debug,
) -> Option<Failure> {
    let report = |rules: &str| format!("{what}\n    broken: {rules}\n    {reported:?}");
    broken.failure(fault.can_fail_by_timing(), report)
}

fn hangs(what: &dyn fmt::Display) -> Option<Failure> {
    Some(Failure { text: format!("{what}: hangs"), is_timing_failure: false })
}

fn builder(server: &FaultServer, fault: &Fault, scale: TimeScale) -> ClientBuilder {
    server.set_time_scale(scale);
    test_client::builder(&server.endpoint(), Dialect::Tc3, test_client::timeouts(fault, scale))
}

fn shows_no_secret(broken: &mut BrokenRules, reported: &dyn fmt::Debug) {
    let shown = format!("{reported:?}");
    let leaks = SECRETS.iter().any(|secret| shown.contains(secret));
    broken.require(!leaks, "no secret is shown");
}

#[derive(Clone, Copy, Debug)]
enum Listing {
    Items,
    ParallelItems,
    Pages,
    ParallelPages,
    BlockingItems,
}

/// Which page requests get the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Affected {
    First,
    Second,
    AllButFirst,
    Always,
}

#[derive(Clone, Debug)]
struct ListCell {
    fault: Arc<Fault>,
    listing: Listing,
    affected: Affected,
}

impl fmt::Display for ListCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} × {:?} × {:?}", self.fault, self.listing, self.affected)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn list_is_complete_or_an_error() {
    let began = Instant::now();
    let mut cells = Vec::new();
    for affected in [Affected::First, Affected::Second, Affected::AllButFirst, Affected::Always] {
        for listing in [
            Listing::Items,
            Listing::ParallelItems,
            Listing::Pages,
            Listing::ParallelPages,
            Listing::BlockingItems,
        ] {
            for fault in relevant_faults() {
                cells.push(ListCell { fault, listing, affected });
            }
        }
    }
    let count = cells.len();
    let failures = run_all(cells, |cell| cell.fault.needs_timeout, run_list).await;
    println!("{count} cells in {:.1} s", began.elapsed().as_secs_f64());
    assert!(failures.is_empty(), "{} of {count}\n{}", failures.len(), failures.join("\n"));
}

async fn run_list(cell: ListCell, scale: TimeScale) -> Option<Failure> {
    let third_party = ThirdParty::open().await;
    let server = FaultServer::start(third_party.address).await;
    let launched = (1..=6).map(|number| format!("ins-{number:08}"));
    let launched = launched.map(|id| Launched { id, client_token: None });
    server.ledger().lock().instances.extend(launched);
    let affected = || Arc::clone(&cell.fault);
    match cell.affected {
        Affected::First => server.plan([affected()]),
        Affected::Second => server.plan([served(), affected()]),
        Affected::AllButFirst => {
            server.plan([served()]);
            server.plan((0..ALWAYS).map(|_| affected()));
        }
        Affected::Always => server.plan((0..ALWAYS).map(|_| affected())),
    }
    let builder = builder(&server, &cell.fault, scale);
    let listed = match cell.listing {
        Listing::BlockingItems => {
            let client = blocking::Client::new(builder).unwrap();
            let read = move || {
                let rows: Result<Vec<_>, Error> = client.items(three_a_page()).collect();
                Ok(rows?.into_iter().map(|row| row.instance_id).collect())
            };
            tokio::time::timeout(HANG, async { tokio::task::spawn_blocking(read).await.unwrap() })
                .await
        }
        listing => {
            let client = builder.build().unwrap();
            tokio::time::timeout(HANG, read_list(&client, listing)).await
        }
    };
    let Ok(listed) = listed else { return hangs(&cell) };
    let is_lasting = matches!(cell.affected, Affected::AllButFirst | Affected::Always);
    let mut broken = BrokenRules::default();
    match &listed {
        Ok(ids) => {
            let ledger = server.ledger().lock();
            let expected = ledger.instances.iter().map(|launched| launched.id.as_str());
            let expected: Vec<&str> = [INSTANCE].into_iter().chain(expected).collect();
            broken.require(*ids == expected, "the returned list is the real list");
            let is_invented = is_lasting && !proves(&cell.fault);
            broken.require(!is_invented, "no list is built from responses without one");
        }
        Err(error) => {
            broken.require(!proves(&cell.fault), "a list with unusual members is a list");
            broken.require(
                error.outcome_unknown().is_none(),
                "the outcome of a read is never unknown",
            );
            shows_no_secret(&mut broken, error);
        }
    }
    broken.require_in_time(server.planned() == 0 || is_lasting, "the fault occurs");
    broken.require(server.failures().is_empty(), "the server works");
    fails(&broken, &cell.fault, &cell, &listed)
}

fn served() -> Arc<Fault> {
    Arc::new(Fault::carried_out("served", Conclusion::Done, |context| json(&context.body)))
}

fn three_a_page() -> DescribeInstances {
    DescribeInstances { limit: Some(3), ..Default::default() }
}

async fn read_list(client: &Client, listing: Listing) -> Result<Vec<String>, Error> {
    let parallel = match listing {
        Listing::ParallelItems | Listing::ParallelPages => 3,
        _ => 1,
    };
    let mut ids = Vec::new();
    if matches!(listing, Listing::Pages | Listing::ParallelPages) {
        let mut pages = client.pages(three_a_page()).parallel(parallel);
        while let Some(page) = pages.try_next().await? {
            ids.extend(page.items.into_iter().map(|row| row.instance_id));
        }
    } else {
        let mut items = client.items(three_a_page()).parallel(parallel);
        while let Some(row) = items.try_next().await? {
            ids.push(row.instance_id);
        }
    }
    Ok(ids)
}

#[derive(Clone, Debug)]
struct WaitCell {
    fault: Arc<Fault>,
    is_blocking: bool,
}

impl fmt::Display for WaitCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} × wait, blocking: {}", self.fault, self.is_blocking)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn termination_wait_ends_only_when_the_instance_is_gone() {
    let began = Instant::now();
    let mut cells = Vec::new();
    for is_blocking in [false, true] {
        cells.extend(relevant_faults().into_iter().map(|fault| WaitCell { fault, is_blocking }));
    }
    let failures = run_all(cells, |cell| cell.fault.needs_timeout, run_wait).await;
    println!("in {:.1} s", began.elapsed().as_secs_f64());
    assert!(failures.is_empty(), "{}\n{}", failures.len(), failures.join("\n"));
}

async fn run_wait(cell: WaitCell, scale: TimeScale) -> Option<Failure> {
    let third_party = ThirdParty::open().await;
    let server = FaultServer::start(third_party.address).await;
    server.plan((0..6).map(|_| Arc::clone(&cell.fault)));
    let builder = builder(&server, &cell.fault, scale);
    let waiting = if cell.is_blocking {
        let client = blocking::Client::new(builder).unwrap();
        tokio::task::spawn_blocking(move || client.wait(terminated()))
    } else {
        let client = builder.build().unwrap();
        tokio::spawn(client.wait(terminated()).into_future())
    };
    // The instance is removed after all faults have occurred and one correct poll has shown it.
    let affected = async {
        while !waiting.is_finished() && server.planned() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let seen = server.ledger().lock().requests.len();
        while !waiting.is_finished() && server.ledger().lock().requests.len() < seen + 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    if tokio::time::timeout(HANG, affected).await.is_err() {
        return hangs(&cell);
    }
    let mut broken = BrokenRules::default();
    broken.require(!waiting.is_finished(), "the wait continues while the instance exists");
    server.ledger().lock().instance_states.insert(INSTANCE.to_owned(), InstanceState::Destroyed);
    let Ok(ended) = tokio::time::timeout(HANG, waiting).await else { return hangs(&cell) };
    let ended = ended.unwrap();
    let is_reached = ended.as_ref().is_ok_and(|report| report.reached().count() == 1);
    broken.require_in_time(is_reached, "it ends when the instance is gone");
    shows_no_secret(&mut broken, &ended);
    broken.require(server.failures().is_empty(), "the server works");
    fails(&broken, &cell.fault, &cell, &ended)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Search {
    Reconcile,
    Created,
}

#[derive(Clone, Debug)]
struct SearchCell {
    fault: Arc<Fault>,
    search_kind: Search,
    exists: bool,
}

impl fmt::Display for SearchCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} × {:?} × expected: {}", self.fault, self.search_kind, self.exists)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reconciliation_uses_only_complete_lists() {
    let began = Instant::now();
    let mut cells = Vec::new();
    for search_kind in [Search::Reconcile, Search::Created] {
        for exists in [true, false] {
            let cell = |fault| SearchCell { fault, search_kind, exists };
            cells.extend(relevant_faults().into_iter().map(cell));
        }
    }
    let failures = run_all(cells, |cell| cell.fault.needs_timeout, run_search).await;
    println!("in {:.1} s", began.elapsed().as_secs_f64());
    assert!(failures.is_empty(), "{}\n{}", failures.len(), failures.join("\n"));
}

/// Every response has the fault. Conclusion: the resource exists, it does not, or unknown.
async fn run_search(cell: SearchCell, scale: TimeScale) -> Option<Failure> {
    let third_party = ThirdParty::open().await;
    let server = FaultServer::start(third_party.address).await;
    set_up(&mut server.ledger().lock(), cell.exists);
    server.plan((0..ALWAYS).map(|_| Arc::clone(&cell.fault)));
    let builder = builder(&server, &cell.fault, scale);
    let client = builder.build().unwrap();
    let settle = Duration::from_millis(600);
    let asked = async {
        match cell.search_kind {
            Search::Reconcile => {
                report_of_reconciliation(client.reconcile(terminated()).settle(settle).await)
            }
            Search::Created => {
                // Sent so long ago that two reads are made, at once and after a thirtieth of the settle time.
                let sent = Instant::now().checked_sub(settle * 2).unwrap();
                let search = client.reconcile_creation(DescribeInstances::default(), is_launched);
                report_of_search(search.sent(sent).settle(settle).await)
            }
        }
    };
    let asked: Result<Reported, _> = tokio::time::timeout(HANG, asked).await;
    let Ok(reported) = asked else { return hangs(&cell) };
    let mut broken = BrokenRules::default();
    let concluded = reported.as_ref().map_or(None, |(concluded, _)| *concluded);
    broken.require(concluded.is_none_or(|it| it == cell.exists), "the conclusion is true");
    if proves(&cell.fault) {
        // Concluding that an instance stays as it is requires reads in time, which a slow machine may miss.
        let takes_time = cell.search_kind == Search::Reconcile && cell.exists;
        broken.require(concluded.is_some() || takes_time, "a complete list proves something");
    } else {
        broken.require(concluded.is_none(), "nothing is concluded without a complete list");
    }
    shows_no_secret(&mut broken, &reported);
    broken.require(server.failures().is_empty(), "the server works");
    fails(&broken, &cell.fault, &cell, &reported)
}

/// The conclusion, and everything that was reported.
type Reported = Result<(Option<bool>, String), Error>;

fn report_of_reconciliation(outcome: Result<Reconciliation, Error>) -> Reported {
    let outcome = outcome?;
    let Reconciliation { done, not_done, .. } = &outcome;
    Ok((conclusion(!not_done.is_empty(), !done.is_empty()), format!("{outcome:?}")))
}

fn report_of_search(outcome: Result<CreatedResources<Instance>, Error>) -> Reported {
    let outcome = outcome?;
    let found = matches!(outcome, CreatedResources::Found(_));
    let absent = matches!(outcome, CreatedResources::NotFound);
    Ok((conclusion(found, absent), format!("{outcome:?}")))
}

fn is_launched(row: &Instance) -> bool {
    row.instance_id == LAUNCHED
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocking_reconciliation_uses_only_complete_lists() {
    let began = Instant::now();
    let mut cells = Vec::new();
    for (search_kind, exists) in [(Search::Reconcile, false), (Search::Created, true)] {
        let cell = |fault| SearchCell { fault, search_kind, exists };
        cells.extend(relevant_faults().into_iter().map(cell));
    }
    let failures = run_all(cells, |cell| cell.fault.needs_timeout, run_blocking_search).await;
    println!("in {:.1} s", began.elapsed().as_secs_f64());
    assert!(failures.is_empty(), "{}\n{}", failures.len(), failures.join("\n"));
}

/// The first response has the fault, and those after it prove the conclusion. The settle time is the default.
async fn run_blocking_search(cell: SearchCell, scale: TimeScale) -> Option<Failure> {
    let third_party = ThirdParty::open().await;
    let server = FaultServer::start(third_party.address).await;
    set_up(&mut server.ledger().lock(), cell.exists);
    server.plan([Arc::clone(&cell.fault)]);
    let client = blocking::Client::new(builder(&server, &cell.fault, scale)).unwrap();
    let asked = tokio::task::spawn_blocking(move || match cell.search_kind {
        Search::Reconcile => report_of_reconciliation(client.reconcile(terminated())),
        Search::Created => {
            let list = DescribeInstances::default();
            report_of_search(client.reconcile_creation(list, 1, is_launched))
        }
    });
    let Ok(reported) = tokio::time::timeout(HANG, asked).await else { return hangs(&cell) };
    let reported = reported.unwrap();
    let mut broken = BrokenRules::default();
    let concluded = reported.as_ref().map_or(None, |(concluded, _)| *concluded);
    broken.require_in_time(concluded == Some(cell.exists), "the final conclusion is true");
    let is_early = server.planned() > 0 && !proves(&cell.fault);
    broken.require(!is_early, "nothing is concluded without a complete list");
    shows_no_secret(&mut broken, &reported);
    broken.require(server.failures().is_empty(), "the server works");
    fails(&broken, &cell.fault, &cell, &reported)
}

/// With the launched instance and the other one, or without both.
fn set_up(ledger: &mut LedgerState, exists: bool) {
    if exists {
        ledger.instances.push(Launched { id: LAUNCHED.to_owned(), client_token: None });
    } else {
        ledger.instance_states.insert(INSTANCE.to_owned(), InstanceState::Destroyed);
    }
}

fn conclusion(exists: bool, is_absent: bool) -> Option<bool> {
    match (exists, is_absent) {
        (false, false) => None,
        (found, _) => Some(found),
    }
}
