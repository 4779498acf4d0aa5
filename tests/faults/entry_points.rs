//! The fault matrix for every entry point that makes a single call: `send`, `call`, and both of the blocking
//! client. [`rules`] does not depend on the entry point, so each must behave the same.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cvm_models::blocking;
use cvm_models::config::{Dialect, Timeouts};

use crate::call::{Call, Caller};
use crate::fault::{self, Conclusion, Fault, Step, write};
use crate::fault_server::FaultServer;
use crate::list_faults;
use crate::rerun::{BrokenRules, Failure, TimeScale, run_all};
use crate::response::json;
use crate::rules::{Case, check};
use crate::service::INSTANCE;
use crate::test_client;
use crate::third_party::ThirdParty;

/// Only a call that hangs takes this long.
const HANG: Duration = Duration::from_secs(300);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    Send,
    Call,
    BlockingSend,
    BlockingCall,
}

impl Entry {
    const ALL: [Self; 4] = [Self::Send, Self::Call, Self::BlockingSend, Self::BlockingCall];

    fn caller(self, server: &FaultServer, timeouts: Timeouts) -> Caller {
        let builder = test_client::builder(&server.endpoint(), Dialect::Tc3, timeouts);
        match self {
            Self::Send => Caller::Send(builder.build().unwrap()),
            Self::Call => Caller::Call(builder.build().unwrap()),
            Self::BlockingSend => Caller::BlockingSend(blocking::Client::new(builder).unwrap()),
            Self::BlockingCall => Caller::BlockingCall(blocking::Client::new(builder).unwrap()),
        }
    }
}

#[derive(Clone, Debug)]
struct Cell {
    fault: Arc<Fault>,
    entry: Entry,
    call: Call,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} × {:?} × {}", self.fault, self.entry, self.call)
    }
}

/// A response to the request, followed by another one on the same connection.
fn twice(name: &'static str, conclusion: Conclusion) -> Arc<Fault> {
    let script = vec![
        Step::TakeAll,
        Step::Commit,
        write(|context| json(&context.body)),
        write(|context| json(&context.body)),
    ];
    Arc::new(Fault::new(name, conclusion, script))
}

fn throttled_twice() -> Arc<Fault> {
    let throttle = || write(|context| json(&context.error_body("RequestLimitExceeded")));
    let script = vec![Step::TakeAll, throttle(), throttle()];
    Arc::new(Fault::new("throttled twice", Conclusion::Throttled, script))
}

/// Every fault for each entry point except `send`, which `matrix` runs in all dialects.
fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    let mut add = |fault: &Arc<Fault>, entry, call| {
        cells.push(Cell { fault: Arc::clone(fault), entry, call });
    };
    let lists: Vec<Arc<Fault>> = list_faults::all().into_iter().map(Arc::new).collect();
    let duplicated = [twice("a success twice", Conclusion::Done), throttled_twice()];
    let faults = fault::all();
    for entry in Entry::ALL {
        for call in Call::ALL {
            if entry != Entry::Send {
                faults.iter().for_each(|fault| add(fault, entry, call));
            }
            if call == Call::Describe {
                lists.iter().for_each(|fault| add(fault, entry, call));
            } else {
                // Reads share connections, where a duplicate can arrive too early to be detected.
                duplicated.iter().for_each(|fault| add(fault, entry, call));
            }
        }
    }
    cells
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_entry_point_follows_the_rules() {
    let began = Instant::now();
    let cells = cells();
    let count = cells.len();
    assert!(count >= 1_500, "{count}");
    let failures = run_all(cells, |cell| cell.fault.can_fail_by_timing(), run).await;
    println!("{count} cells in {:.1} s", began.elapsed().as_secs_f64());
    assert!(failures.is_empty(), "{} of {count}\n{}", failures.len(), failures.join("\n"));
}

async fn run(cell: Cell, scale: TimeScale) -> Option<Failure> {
    let Cell { fault, entry, call } = &cell;
    let third_party = ThirdParty::open().await;
    let server = FaultServer::start(third_party.address).await;
    server.set_time_scale(scale);
    let caller = entry.caller(&server, test_client::timeouts(fault, scale));
    if fault.warm {
        let warmed = Call::Describe.make_by(&caller, INSTANCE).await.result;
        assert!(warmed.is_ok(), "{warmed:?}");
    }
    let skipped = server.ledger().lock().requests.len();
    server.plan([Arc::clone(fault)]);
    let ended = tokio::time::timeout(HANG, call.make_by(&caller, INSTANCE)).await;
    let ended = match ended {
        Ok(ended) => ended,
        Err(_) => {
            return Some(Failure { text: format!("{cell}: hangs"), is_timing_failure: false });
        }
    };
    let ledger = server.ledger().lock();
    let mut broken = check(&Case {
        call: *call,
        dialect: Dialect::Tc3,
        fault,
        affected: 1,
        ended: &ended,
        ledger: &ledger,
        skipped,
        third_parties: &third_party.received(),
    });
    broken.require_in_time(server.planned() == 0, "the fault did not occur");
    if let Ok(done) = &ended.result {
        // A record without an id is returned as it came. No other unknown id may be.
        let is_known = |id: &String| {
            id.is_empty() && fault.name.starts_with("a record ")
                || id == INSTANCE
                || ledger.instances.iter().any(|launched| launched.id == *id)
        };
        broken.require(done.ids.iter().all(is_known), "every id is known");
    }
    for failure in server.failures() {
        broken.require(false, &failure);
    }
    broken.failure(fault.can_fail_by_timing(), |rules| {
        format!("{cell}\n    broken: {rules}\n    {ended:?}\n{ledger}")
    })
}

/// Two calls on one client: the first is answered twice, the second gets an error.
#[derive(Clone, Debug)]
struct Pair {
    entry: Entry,
    first: Call,
    second: Call,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_duplicate_is_not_taken_for_response_to_change() {
    let mut pairs = Vec::new();
    for entry in Entry::ALL {
        for first in Call::ALL {
            for second in Call::ALL {
                if second != Call::Describe {
                    pairs.push(Pair { entry, first, second });
                }
            }
        }
    }
    let failures = run_all(pairs, |_| false, run_pair).await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

async fn run_pair(pair: Pair, _: TimeScale) -> Option<Failure> {
    let third_party = ThirdParty::open().await;
    let server = FaultServer::start(third_party.address).await;
    let caller = pair.entry.caller(&server, test_client::long_timeouts());
    server.plan([twice("a success twice", Conclusion::Done), fault::named("LimitExceeded")]);
    let mut broken = BrokenRules::default();
    let first = pair.first.make_by(&caller, INSTANCE).await.result;
    broken.require(first.is_ok(), "the first call succeeds");
    // The duplicate is written.
    server.settle().await;
    let second = pair.second.make_by(&caller, "ins-other000").await.result;
    let got_own_response = second.as_ref().is_err_and(|error| {
        error.request_id() == Some("r-1")
            && error.code().is_some_and(|code| *code == "LimitExceeded")
    });
    broken.require(got_own_response, "the second call gets its own response");
    broken.require(server.planned() == 0, "the second request arrives");
    broken.failure(false, |rules| format!("{pair:?}: {rules}: {first:?}, {second:?}"))
}
