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
use cvm_models::protocol::{Waiter, WaiterInfo};
use cvm_models::types::Instance;
use cvm_models::waiters::InstancesTerminated;
use cvm_models::{
    Client, ClientBuilder, CreatedResources, Dialect, Error, Reconciliation, blocking,
};

use crate::fault::{self, Claim, Fault};
use crate::fault_server::Faultd;
use crate::ledger::{Book, Launched, Machine};
use crate::list_faults;
use crate::rerun::{Broken, Failure, TimeScale, run_all};
use crate::response::json;
use crate::service::MACHINE;
use crate::test_client::{self, SECRETS};
use crate::third_party::ThirdParty;

/// Only a hang takes this long.
const HANG: Duration = Duration::from_secs(300);
/// The instance of the launch that is searched for.
const LAUNCHED: &str = "ins-00000001";
/// More requests than any case makes.
const ALWAYS: usize = 200;

/// The waiter of the API with a short pause between its polls.
static QUICK: LazyLock<WaiterInfo> = LazyLock::new(|| WaiterInfo {
    interval: Duration::from_millis(20),
    ..*InstancesTerminated::INFO
});

fn terminated() -> Waiter {
    Waiter::new(&QUICK, [MACHINE]).seen_before()
}

/// All faults: responses that prove something despite unusual content, and responses that prove nothing.
fn kinds() -> Vec<Arc<Fault>> {
    let mut kinds: Vec<Arc<Fault>> = list_faults::all()
        .into_iter()
        .map(|fault| Arc::new(Fault { claim: Claim::Lacking, ..fault }))
        .collect();
    kinds.extend(
        [
            "a key twice in an unknown object",
            "an unknown number beyond every range",
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
            "half an answer with a right length",
            "success under a 502",
            "accepts and hangs",
            "reads all and stalls",
            "commits, stalls in the head",
            "commits, stalls in the body",
            "length too long, then stalls",
        ]
        .map(fault::named),
    );
    kinds
}

/// Whether a complete list arrives despite the fault.
fn proves(fault: &Fault) -> bool {
    fault.claim == Claim::Done
}

fn fails(
    broken: &Broken,
    fault: &Fault,
    what: &dyn fmt::Display,
    told: &dyn fmt::Debug,
) -> Option<Failure> {
    let tell = |rules: &str| format!("{what}\n    broken: {rules}\n    {told:?}");
    broken.failure(fault.can_fail_by_time(), tell)
}

fn hangs(what: &dyn fmt::Display) -> Option<Failure> {
    Some(Failure { text: format!("{what}: hangs"), is_by_time: false })
}

fn builder(server: &Faultd, fault: &Fault, scale: TimeScale) -> ClientBuilder {
    server.set_time_scale(scale);
    test_client::builder(&server.endpoint(), Dialect::Tc3, test_client::timeouts(fault, scale))
}

fn shows_no_secret(broken: &mut Broken, told: &dyn fmt::Debug) {
    let shown = format!("{told:?}");
    let leaks = SECRETS.iter().any(|secret| shown.contains(secret));
    broken.at_any_speed(!leaks, "no secret is shown");
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
enum Struck {
    First,
    Second,
    AllButFirst,
    Always,
}

#[derive(Clone, Debug)]
struct ListCell {
    fault: Arc<Fault>,
    listing: Listing,
    struck: Struck,
}

impl fmt::Display for ListCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} × {:?} × {:?}", self.fault, self.listing, self.struck)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn list_is_complete_or_an_error() {
    let began = Instant::now();
    let mut cells = Vec::new();
    for struck in [Struck::First, Struck::Second, Struck::AllButFirst, Struck::Always] {
        for listing in [
            Listing::Items,
            Listing::ParallelItems,
            Listing::Pages,
            Listing::ParallelPages,
            Listing::BlockingItems,
        ] {
            for fault in kinds() {
                cells.push(ListCell { fault, listing, struck });
            }
        }
    }
    let count = cells.len();
    let failures = run_all(cells, |cell| cell.fault.waits, run_list).await;
    println!("{count} cells in {:.1} s", began.elapsed().as_secs_f64());
    assert!(failures.is_empty(), "{} of {count}\n{}", failures.len(), failures.join("\n"));
}

async fn run_list(cell: ListCell, scale: TimeScale) -> Option<Failure> {
    let stranger = ThirdParty::open().await;
    let server = Faultd::open(stranger.address).await;
    let launched = (1..=6).map(|number| format!("ins-{number:08}"));
    let launched = launched.map(|id| Launched { id, client_token: None });
    server.ledger().open().instances.extend(launched);
    let struck = || Arc::clone(&cell.fault);
    match cell.struck {
        Struck::First => server.plan([struck()]),
        Struck::Second => server.plan([served(), struck()]),
        Struck::AllButFirst => {
            server.plan([served()]);
            server.plan((0..ALWAYS).map(|_| struck()));
        }
        Struck::Always => server.plan((0..ALWAYS).map(|_| struck())),
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
    let is_lasting = matches!(cell.struck, Struck::AllButFirst | Struck::Always);
    let mut broken = Broken::default();
    match &listed {
        Ok(ids) => {
            let book = server.ledger().open();
            let there = book.instances.iter().map(|launched| launched.id.as_str());
            let there: Vec<&str> = [MACHINE].into_iter().chain(there).collect();
            broken.at_any_speed(*ids == there, "what is told to be the list is the list");
            let is_blind = is_lasting && !proves(&cell.fault);
            broken.at_any_speed(!is_blind, "no list comes of responses without one");
        }
        Err(error) => {
            broken.at_any_speed(!proves(&cell.fault), "a list with odd members is a list");
            broken
                .at_any_speed(error.outcome_unknown().is_none(), "a read leaves nothing in doubt");
            shows_no_secret(&mut broken, error);
        }
    }
    broken.by_time(server.planned() == 0 || is_lasting, "it strikes");
    broken.at_any_speed(server.failures().is_empty(), "the server is well");
    fails(&broken, &cell.fault, &cell, &listed)
}

fn served() -> Arc<Fault> {
    Arc::new(Fault::answers("served", Claim::Done, |truth| json(&truth.body)))
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
        cells.extend(kinds().into_iter().map(|fault| WaitCell { fault, is_blocking }));
    }
    let failures = run_all(cells, |cell| cell.fault.waits, run_wait).await;
    println!("in {:.1} s", began.elapsed().as_secs_f64());
    assert!(failures.is_empty(), "{}\n{}", failures.len(), failures.join("\n"));
}

async fn run_wait(cell: WaitCell, scale: TimeScale) -> Option<Failure> {
    let stranger = ThirdParty::open().await;
    let server = Faultd::open(stranger.address).await;
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
    let struck = async {
        while !waiting.is_finished() && server.planned() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let seen = server.ledger().open().arrivals.len();
        while !waiting.is_finished() && server.ledger().open().arrivals.len() < seen + 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    if tokio::time::timeout(HANG, struck).await.is_err() {
        return hangs(&cell);
    }
    let mut broken = Broken::default();
    broken.at_any_speed(!waiting.is_finished(), "the wait goes on while the machine is there");
    server.ledger().open().machines.insert(MACHINE.to_owned(), Machine::Destroyed);
    let Ok(ended) = tokio::time::timeout(HANG, waiting).await else { return hangs(&cell) };
    let ended = ended.unwrap();
    let is_reached = ended.as_ref().is_ok_and(|report| report.reached().count() == 1);
    broken.by_time(is_reached, "it ends when the machine is gone");
    shows_no_secret(&mut broken, &ended);
    broken.at_any_speed(server.failures().is_empty(), "the server is well");
    fails(&broken, &cell.fault, &cell, &ended)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Reconcile,
    Creation,
}

#[derive(Clone, Debug)]
struct QuestionCell {
    fault: Arc<Fault>,
    question: Question,
    is_there: bool,
}

impl fmt::Display for QuestionCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} × {:?} × there: {}", self.fault, self.question, self.is_there)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reconciliation_uses_only_complete_lists() {
    let began = Instant::now();
    let mut cells = Vec::new();
    for question in [Question::Reconcile, Question::Creation] {
        for is_there in [true, false] {
            let cell = |fault| QuestionCell { fault, question, is_there };
            cells.extend(kinds().into_iter().map(cell));
        }
    }
    let failures = run_all(cells, |cell| cell.fault.waits, run_question).await;
    println!("in {:.1} s", began.elapsed().as_secs_f64());
    assert!(failures.is_empty(), "{}\n{}", failures.len(), failures.join("\n"));
}

/// Every response has the fault. Conclusion: the resource exists, it does not, or unknown.
async fn run_question(cell: QuestionCell, scale: TimeScale) -> Option<Failure> {
    let stranger = ThirdParty::open().await;
    let server = Faultd::open(stranger.address).await;
    set_up(&mut server.ledger().open(), cell.is_there);
    server.plan((0..ALWAYS).map(|_| Arc::clone(&cell.fault)));
    let builder = builder(&server, &cell.fault, scale);
    let client = builder.build().unwrap();
    let settle = Duration::from_millis(600);
    let asked = async {
        match cell.question {
            Question::Reconcile => {
                told_of_machine(client.reconcile(terminated()).settle(settle).await)
            }
            Question::Creation => {
                // Sent so long ago that two reads are made, at once and after a thirtieth of the settle time.
                let sent = Instant::now().checked_sub(settle * 2).unwrap();
                let search = client.reconcile_creation(DescribeInstances::default(), is_launched);
                told_of_launch(search.sent(sent).settle(settle).await)
            }
        }
    };
    let asked: Result<Told, _> = tokio::time::timeout(HANG, asked).await;
    let Ok(told) = asked else { return hangs(&cell) };
    let mut broken = Broken::default();
    let concluded = told.as_ref().map_or(None, |(concluded, _)| *concluded);
    broken.at_any_speed(concluded.is_none_or(|it| it == cell.is_there), "it is the truth");
    if proves(&cell.fault) {
        // Concluding that an instance stays as it is requires reads in time, which a slow machine may miss.
        let takes_time = cell.question == Question::Reconcile && cell.is_there;
        broken.at_any_speed(concluded.is_some() || takes_time, "a whole list proves something");
    } else {
        broken.at_any_speed(concluded.is_none(), "nothing is concluded without a list");
    }
    shows_no_secret(&mut broken, &told);
    broken.at_any_speed(server.failures().is_empty(), "the server is well");
    fails(&broken, &cell.fault, &cell, &told)
}

/// The conclusion, and everything that was reported.
type Told = Result<(Option<bool>, String), Error>;

fn told_of_machine(outcome: Result<Reconciliation, Error>) -> Told {
    let outcome = outcome?;
    let Reconciliation { done, not_done, .. } = &outcome;
    Ok((conclusion(!not_done.is_empty(), !done.is_empty()), format!("{outcome:?}")))
}

fn told_of_launch(outcome: Result<CreatedResources<Instance>, Error>) -> Told {
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
    for (question, is_there) in [(Question::Reconcile, false), (Question::Creation, true)] {
        let cell = |fault| QuestionCell { fault, question, is_there };
        cells.extend(kinds().into_iter().map(cell));
    }
    let failures = run_all(cells, |cell| cell.fault.waits, run_blocking_question).await;
    println!("in {:.1} s", began.elapsed().as_secs_f64());
    assert!(failures.is_empty(), "{}\n{}", failures.len(), failures.join("\n"));
}

/// The first response has the fault, and those after it prove the conclusion. The settle time is the default.
async fn run_blocking_question(cell: QuestionCell, scale: TimeScale) -> Option<Failure> {
    let stranger = ThirdParty::open().await;
    let server = Faultd::open(stranger.address).await;
    set_up(&mut server.ledger().open(), cell.is_there);
    server.plan([Arc::clone(&cell.fault)]);
    let client = blocking::Client::new(builder(&server, &cell.fault, scale)).unwrap();
    let asked = tokio::task::spawn_blocking(move || match cell.question {
        Question::Reconcile => told_of_machine(client.reconcile(terminated())),
        Question::Creation => {
            let list = DescribeInstances::default();
            told_of_launch(client.reconcile_creation(list, 1, is_launched))
        }
    });
    let Ok(told) = tokio::time::timeout(HANG, asked).await else { return hangs(&cell) };
    let told = told.unwrap();
    let mut broken = Broken::default();
    let concluded = told.as_ref().map_or(None, |(concluded, _)| *concluded);
    broken.by_time(concluded == Some(cell.is_there), "the truth is concluded in the end");
    let is_early = server.planned() > 0 && !proves(&cell.fault);
    broken.at_any_speed(!is_early, "nothing is concluded without a list");
    shows_no_secret(&mut broken, &told);
    broken.at_any_speed(server.failures().is_empty(), "the server is well");
    fails(&broken, &cell.fault, &cell, &told)
}

/// With the launched instance and the other one, or without both.
fn set_up(book: &mut Book, is_there: bool) {
    if is_there {
        book.instances.push(Launched { id: LAUNCHED.to_owned(), client_token: None });
    } else {
        book.machines.insert(MACHINE.to_owned(), Machine::Destroyed);
    }
}

fn conclusion(is_there: bool, is_absent: bool) -> Option<bool> {
    match (is_there, is_absent) {
        (false, false) => None,
        (found, _) => Some(found),
    }
}
