//! How each waiter of the specification treats each state, implemented a second time from `waiters.json`.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_models::http::{
    BoxFuture, HttpClient, HttpError, HttpResponse, PreparedRequest, ResponseBody, SendProgress,
};
use cvm_models::protocol::{Action, Kind, PageStyle, Waiter, WaiterInfo, WaiterSpec, waiter_info};
use cvm_models::rate_limit::NoRateLimit;
use cvm_models::waiting::{WaitReport, WaitVerdict};
use cvm_models::{Error, waiters};
use serde_json::{Value, json};

use crate::cloud::public_client;

pub const ALL: [&WaiterInfo; 15] = [
    waiters::InstancesRunning::INFO,
    waiters::InstancesStopped::INFO,
    waiters::InstancesTerminated::INFO,
    waiters::InstancesIsolated::INFO,
    waiters::InstanceOperationsDone::INFO,
    waiters::ImagesNormal::INFO,
    waiters::InstancesInRescueMode::INFO,
    waiters::InstancesOutOfRescueMode::INFO,
    waiters::HostsRunning::INFO,
    waiters::ChcHostOperationsDone::INFO,
    waiters::ChcHostsPrepared::INFO,
    waiters::ChcHostsInDeployMode::INFO,
    waiters::ChcHostsInBusinessMode::INFO,
    waiters::ResourcePoolPacksActive::INFO,
    waiters::RepairTasksEnded::INFO,
];

/// The lists of a waiter, which together contain each known state once.
const LISTS: [&str; 6] = ["success", "failure", "unreachable", "elsewhere", "settled", "moving"];

/// What one read shows of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Seen {
    State(String),
    /// The state is null, as that of an instance without any operation.
    Null,
    /// The state is missing.
    IdOnly,
    /// The resource is not listed.
    Missing,
}

/// The waiters of the specification file.
fn specification() -> HashMap<String, Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/cvm/2017-03-12/waiters.json");
    let text = std::fs::read_to_string(path).unwrap();
    let specification: Value = serde_json::from_str(&text).unwrap();
    let waiters = specification["waiters"].as_array().unwrap().clone();
    waiters
        .into_iter()
        .map(|waiter| (waiter["waiter"].as_str().unwrap().to_owned(), waiter))
        .collect()
}

/// Whether the target is the end of an operation, and not a state.
fn is_of_operation(spec: &Value) -> bool {
    spec["operation"]["state"] == spec["state"]
}

/// The second implementation for a sequence: which read decides, and how.
fn decision(spec: &Value, sequence: &[Seen]) -> Option<(usize, WaitVerdict)> {
    let lists = |list: &str, state: &str| {
        spec[list].as_array().is_some_and(|states| states.iter().any(|known| known == state))
    };
    let (mut first, mut has_changed, mut was_listed, mut absent) = (None, false, false, 0);
    for (at, seen) in sequence.iter().enumerate() {
        if let Seen::State(state) = seen {
            has_changed |= *first.get_or_insert(state) != state || state == "OPERATING";
        }
        absent = if *seen == Seen::Missing { absent + 1 } else { 0 };
        was_listed |= absent == 0;
        let result = match seen {
            Seen::Missing => match (spec["missing"].as_str().unwrap(), was_listed) {
                ("success", true) => WaitVerdict::Reached,
                ("pending", true) | ("success", false) if absent == 2 => WaitVerdict::Failed,
                ("failure", _) if absent == 2 => WaitVerdict::Failed,
                _ => WaitVerdict::Pending,
            },
            Seen::State(state) if lists("elsewhere", state) && has_changed => WaitVerdict::Failed,
            _ if is_of_operation(spec) && !has_changed => WaitVerdict::Pending,
            seen => verdict(spec, seen),
        };
        if result != WaitVerdict::Pending {
            return Some((at, result));
        }
    }
    None
}

/// The second implementation for one state of a resource that is only known to exist.
fn verdict(spec: &Value, seen: &Seen) -> WaitVerdict {
    let lists = |list: &str, state: &str| {
        spec[list].as_array().is_some_and(|states| states.iter().any(|known| known == state))
    };
    match seen {
        Seen::Null | Seen::IdOnly => WaitVerdict::Pending,
        Seen::Missing => match spec["missing"].as_str().unwrap() {
            "pending" => WaitVerdict::Pending,
            "success" => WaitVerdict::Reached,
            "failure" => WaitVerdict::Failed,
            other => panic!("{other}"),
        },
        // The rows here show none of the members of `when`.
        Seen::State(state) if lists("success", state) && spec["when"].is_array() => {
            WaitVerdict::Pending
        }
        Seen::State(state) if lists("success", state) => WaitVerdict::Reached,
        Seen::State(state) if lists("failure", state) || lists("unreachable", state) => {
            WaitVerdict::Failed
        }
        Seen::State(_) => WaitVerdict::Pending,
    }
}

/// The service: shows each resource what its id stands for, read by read.
struct Service {
    info: &'static WaiterInfo,
    shows: HashMap<String, Vec<Seen>>,
    /// The other members of the rows, from one read to the next.
    beside: HashMap<String, Vec<Value>>,
    reads: Mutex<HashMap<String, usize>>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.info.name)
    }
}

impl Service {
    fn ids(&self, request: &PreparedRequest) -> Vec<String> {
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        let ids = match self.info.ids.split_once('.') {
            None => &body[self.info.ids],
            Some((filters, _)) => &body[filters][0]["Values"],
        };
        ids.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
    }

    fn response(&self, request: &PreparedRequest) -> String {
        let mut reads = self.reads.lock().unwrap();
        let row = |id: String| {
            let read_count = reads.entry(id.clone()).or_default();
            *read_count += 1;
            let mut row = match &self.shows[&id][*read_count - 1] {
                Seen::Missing => None,
                Seen::IdOnly => Some(json!({ self.info.id: id })),
                Seen::Null => Some(json!({ self.info.id: id, self.info.state: null })),
                Seen::State(state) => Some(json!({ self.info.id: id, self.info.state: state })),
            };
            if let Some((row, beside)) = row.as_mut().zip(self.beside.get(&id)) {
                let members = beside[*read_count - 1].as_object().unwrap().clone();
                row.as_object_mut().unwrap().extend(members);
            }
            row
        };
        let rows: Vec<Value> = self.ids(request).into_iter().filter_map(row).collect();
        let count = rows.len();
        let mut response = json!({ self.info.items: rows, "RequestId": "r" });
        if let Some(pages) = &self.info.action.paginate
            && let PageStyle::Offset { total, .. } = pages.style
        {
            response[total] = count.into();
        }
        json!({ "Response": response }).to_string()
    }
}

/// A body in one piece.
pub struct OnePiece(Option<Vec<u8>>);

impl OnePiece {
    pub fn of(body: String) -> Box<Self> {
        Box::new(Self(Some(body.into_bytes())))
    }
}

impl ResponseBody for OnePiece {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<bytes::Bytes>, HttpError>> {
        let piece = self.0.take().map(Into::into);
        Box::pin(async { Ok(piece) })
    }
}

/// The service behind a client, without a network.
#[derive(Clone, Debug)]
struct DirectClient(Arc<Service>);

impl HttpClient for DirectClient {
    fn send<'a>(
        &'a self,
        request: PreparedRequest,
        _: &'a SendProgress,
    ) -> BoxFuture<'a, Result<HttpResponse, HttpError>> {
        let body = OnePiece::of(self.0.response(&request));
        Box::pin(async { Ok(HttpResponse { status: 200, headers: Default::default(), body }) })
    }
}

/// Waits for resources with these states, for this many reads.
async fn wait(
    info: &'static WaiterInfo,
    shows: HashMap<String, Vec<Seen>>,
    reads: usize,
) -> (Result<WaitReport, Error>, HashMap<String, usize>) {
    let waiter = Waiter::new(info, shows.keys());
    let service =
        Arc::new(Service { info, shows, beside: HashMap::new(), reads: Mutex::default() });
    let client = public_client().rate_limiter(NoRateLimit).http(DirectClient(Arc::clone(&service)));
    let wait = client.build().unwrap().wait(waiter).interval(Duration::ZERO);
    let mut steps = wait.timeout(Duration::from_secs(3_600)).progress();
    let mut ended = Ok(());
    for _ in 0..reads {
        match steps.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(error) => {
                ended = Err(error);
                break;
            }
        }
    }
    let reads = service.reads.lock().unwrap().clone();
    (ended.map(|()| steps.into_report()), reads)
}

/// Every state that the model info knows for the waiter's member, and other values.
fn alphabet(info: &WaiterInfo, spec: &Value) -> Vec<Seen> {
    let mut states: Vec<String> =
        ["SOMETHING_NEW", "", "running", " RUNNING"].map(str::to_owned).into();
    for list in LISTS {
        let listed = spec[list].as_array().into_iter().flatten();
        states.extend(listed.map(|state| state.as_str().unwrap().to_owned()));
    }
    let items = info.action.response.field(info.items).unwrap();
    let Kind::Object(table) = items.kind.innermost() else { panic!() };
    let field = table.field(info.state).unwrap();
    states.extend(field.values.iter().map(|state| (*state).to_owned()));
    if !matches!(field.kind, Kind::Str) {
        states.retain(|state| state.parse::<i64>().is_ok());
        states.push("99".into());
    }
    states.sort();
    states.dedup();
    let states = states.into_iter().map(Seen::State);
    states.chain([Seen::Null, Seen::IdOnly, Seen::Missing]).collect()
}

#[tokio::test]
async fn each_state_gets_the_verdict_of_the_specification() {
    let specification = specification();
    assert_eq!(specification.len(), ALL.len());
    let mut verdicts = HashMap::new();
    for info in ALL {
        let spec = &specification[info.name];
        for seen in alphabet(info, spec) {
            let shows = HashMap::from([("res-1".to_owned(), vec![seen.clone()])]);
            let (ended, _) = wait(info, shows, 1).await;
            let report = match ended {
                Ok(report) => report,
                Err(error) => {
                    assert!(error.is_wait() && !error.is_timeout(), "{error}");
                    assert!(error.to_string().contains("res-1"), "{error}");
                    error.wait_report().unwrap().clone()
                }
            };
            let read = report.resources[0].verdict;
            let result = decision(spec, std::slice::from_ref(&seen));
            let result = result.map_or(WaitVerdict::Pending, |(_, result)| result);
            assert_eq!(read, result, "{}: {seen:?}", info.name);
            *verdicts.entry(format!("{read:?}")).or_insert(0) += 1;
        }
    }
    assert!(verdicts.len() == 3 && verdicts.values().all(|count| *count >= 12), "{verdicts:?}");
}

/// All sequences of up to `length` reads, each up to the first that decides.
fn sequences(spec: &Value, alphabet: &[Seen], length: usize) -> Vec<Vec<Seen>> {
    let (mut ended, mut open) = (Vec::new(), vec![Vec::new()]);
    for _ in 0..length {
        let mut longer = Vec::new();
        for start in &open {
            for seen in alphabet {
                let mut sequence: Vec<Seen> = start.clone();
                sequence.push(seen.clone());
                match decision(spec, &sequence) {
                    None => longer.push(sequence),
                    Some(_) => ended.push(sequence),
                }
            }
        }
        open = longer;
    }
    ended.extend(open);
    ended
}

#[tokio::test]
async fn every_six_state_sequence_gets_the_modeled_verdict() {
    let specification = specification();
    let state = |name: &str| Seen::State(name.to_owned());
    let life = ["PENDING", "RUNNING", "LAUNCH_FAILED", "SHUTDOWN"].map(state);
    let work = ["OPERATING", "SUCCESS", "FAILED"].map(state);
    for (info, states) in [
        (waiters::InstancesRunning::INFO, [&life[..], &[Seen::Missing, Seen::Null]].concat()),
        (waiters::InstanceOperationsDone::INFO, [&work[..], &[Seen::Null, Seen::IdOnly]].concat()),
    ] {
        let spec = &specification[info.name];
        let all = sequences(spec, &states, 6);
        assert!(all.len() > 1_000, "{}", all.len());
        // A wait ends at its first failure, so ids that fail at the same read wait together.
        let fails_at = |sequence: &Vec<Seen>| {
            let result = decision(spec, sequence);
            result
                .is_some_and(|(_, result)| result == WaitVerdict::Failed)
                .then_some(sequence.len())
        };
        for at in (1..=6).map(Some).chain([None]) {
            let group = all.iter().filter(|sequence| fails_at(sequence) == at).cloned();
            let shows: HashMap<String, Vec<Seen>> =
                group.enumerate().map(|(number, seen)| (format!("ins-{number}"), seen)).collect();
            if shows.is_empty() {
                continue;
            }
            let expected = shows.clone();
            let (ended, reads) = wait(info, shows, 6).await;
            assert_eq!(ended.is_err(), at.is_some(), "{}: {at:?}", info.name);
            let report = match ended {
                Ok(report) => report,
                Err(error) => error.wait_report().unwrap().clone(),
            };
            for resource in report.resources {
                let sequence = &expected[&resource.id];
                assert_eq!(reads[&resource.id], sequence.len(), "{sequence:?}");
                let result = decision(spec, sequence).map(|(_, result)| result);
                assert_eq!(
                    resource.verdict,
                    result.unwrap_or(WaitVerdict::Pending),
                    "{sequence:?}"
                );
            }
        }
    }
}

/// What a row may show of its latest operation, and whether that operation has ended.
fn operations(spec: &Value) -> Vec<(Value, bool)> {
    let Some(state) = spec["operation"]["state"].as_str().filter(|_| !is_of_operation(spec)) else {
        return vec![(json!({}), true)];
    };
    let names = spec["operation"]["names"].as_array().unwrap();
    let name = |name: &str| {
        let names = names.iter().map(|member| (member.as_str().unwrap().to_owned(), json!(name)));
        names.collect::<serde_json::Map<_, _>>()
    };
    let with = |value: Value, names: serde_json::Map<String, Value>| {
        let mut row = names;
        row.insert(state.to_owned(), value);
        Value::Object(row)
    };
    let none = || name("").into_iter().map(|(name, _)| (name, Value::Null)).collect();
    vec![
        (with(json!("SUCCESS"), name("earlier")), true),
        (with(json!("SUCCESS"), name("other")), true),
        (with(json!("FAILED"), name("earlier")), true),
        // There was none, and the row says so.
        (with(Value::Null, none()), true),
        (with(Value::Null, name("earlier")), false),
        (with(json!("OPERATING"), name("ours")), false),
        (with(json!("SOMETHING_NEW"), name("earlier")), false),
        (with(json!(""), name("earlier")), false),
        (with(json!("success"), name("earlier")), false),
        (json!({}), false),
    ]
}

/// The second implementation for two reads of a row that also shows its latest operation.
fn decision_of_pair(spec: &Value, pair: [(&Seen, &Value); 2]) -> WaitVerdict {
    let seen = pair.map(|(seen, _)| seen.clone());
    let members = || {
        let names = spec["operation"]["names"].as_array().into_iter().flatten();
        names.chain(spec["operation"].get("state")).map(|member| member.as_str().unwrap())
    };
    let text = |row: &Value, member: &str| {
        row[member].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let running: Vec<&str> = spec["operation"]["running"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|condition| condition.as_str().unwrap().split_once('=').unwrap().0)
        .collect();
    let mut has_begun = false;
    for at in 0..2 {
        let (state, row) = pair[at];
        let is_running = running.iter().any(|member| {
            let shows = text(row, member).is_some_and(|text| text == "OPERATING");
            let is_state = spec["state"] == **member && *state == Seen::State("OPERATING".into());
            shows || is_state
        });
        has_begun |= is_running
            || members().any(|member| {
                let both = text(pair[0].1, member).zip(text(row, member));
                both.is_some_and(|(first, now)| first != now)
            });
        let result = decision(spec, &seen[..=at]).filter(|(place, _)| *place == at);
        let lists = |list: &str| match state {
            Seen::State(state) => {
                spec[list].as_array().is_some_and(|states| states.iter().any(|one| one == state))
            }
            _ => false,
        };
        let has_failed = spec["operation"]["state"]
            .as_str()
            .is_some_and(|member| text(row, member).is_some_and(|text| text == "FAILED"));
        let is_still = lists("settled") || lists("elsewhere");
        let result = match result.map(|(_, result)| result) {
            Some(WaitVerdict::Reached) if is_running => WaitVerdict::Pending,
            Some(WaitVerdict::Failed) if is_running && lists("elsewhere") => WaitVerdict::Pending,
            Some(result) => result,
            None if !is_running && has_begun && has_failed && is_still => WaitVerdict::Failed,
            None => WaitVerdict::Pending,
        };
        if result != WaitVerdict::Pending {
            return result;
        }
    }
    WaitVerdict::Pending
}

/// Reads each pair of rows one after the other. Returns which are `not_done`, `unknown` and `done`.
async fn reconcile(
    info: &'static WaiterInfo,
    pairs: &[[(Seen, Value); 2]],
) -> HashMap<usize, &'static str> {
    let id = |number: usize| format!("res-{number}");
    let (mut shows, mut beside) = (HashMap::new(), HashMap::new());
    for (number, pair) in pairs.iter().enumerate() {
        shows.insert(id(number), pair.iter().map(|(seen, _)| seen.clone()).collect());
        beside.insert(id(number), pair.iter().map(|(_, row)| row.clone()).collect());
    }
    let waiter = Waiter::new(info, (0..pairs.len()).map(id));
    let service = Arc::new(Service { info, shows, beside, reads: Mutex::default() });
    let client =
        public_client().rate_limiter(NoRateLimit).http(DirectClient(service)).build().unwrap();
    // Two reads, and no time between them.
    let outcome = client.reconcile(waiter).settle(Duration::ZERO).await.unwrap();
    let number = |id: &str| id.strip_prefix("res-").unwrap().parse().unwrap();
    [("done", outcome.done), ("not_done", outcome.not_done), ("unknown", outcome.unknown)]
        .into_iter()
        .flat_map(|(name, list)| list.into_iter().map(move |resource| (number(&resource.id), name)))
        .collect()
}

#[tokio::test]
async fn not_done_requires_a_settled_state_without_an_operation() {
    let specification = specification();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for info in ALL {
        let spec = &specification[info.name];
        let is_settled = |seen: &Seen| match seen {
            Seen::State(state) => spec["settled"]
                .as_array()
                .is_some_and(|settled| settled.iter().any(|known| known == state)),
            _ => false,
        };
        let mut rows = Vec::new();
        for seen in alphabet(info, spec) {
            for (row, is_over) in operations(spec) {
                rows.push((seen.clone(), row, is_over));
            }
        }
        let still = rows.iter().map(|row| [row, row]);
        // Rows that change between two reads: all pairs of those that are settled.
        let settled: Vec<_> =
            rows.iter().filter(|(seen, _, is_over)| is_settled(seen) && *is_over).collect();
        let changing = settled.iter().flat_map(|one| settled.iter().map(move |two| [*one, *two]));
        let all: Vec<_> = still.chain(changing).collect();
        let pairs: Vec<[(Seen, Value); 2]> =
            all.iter().map(|pair| pair.map(|(seen, row, _)| (seen.clone(), row.clone()))).collect();
        let result = reconcile(info, &pairs).await;
        assert_eq!(result.len(), pairs.len(), "{}", info.name);
        for (number, [one, two]) in all.into_iter().enumerate() {
            let expected = match decision_of_pair(spec, [(&one.0, &one.1), (&two.0, &two.1)]) {
                WaitVerdict::Reached => "done",
                WaitVerdict::Failed => "unknown",
                WaitVerdict::Pending if one == two && is_settled(&one.0) && one.2 => "not_done",
                WaitVerdict::Pending => "unknown",
                other => panic!("{other:?}"),
            };
            assert_eq!(result[&number], expected, "{}: {one:?}, {two:?}", info.name);
            *counts.entry(expected).or_default() += 1;
        }
    }
    assert!(counts.len() == 3 && counts.values().all(|count| *count >= 30), "{counts:?}");
}

#[test]
fn every_waiter_state_is_in_exactly_one_list() {
    // States in progress are recognized by their names, independently of the lists.
    let transitional = ["ING", "ENTER_RESCUE_MODE", "EXIT_RESCUE_MODE", "MIGRATE"];
    for (name, spec) in specification() {
        let states = |list: &str| -> Vec<String> {
            let listed = spec[list].as_array().into_iter().flatten();
            listed.map(|state| state.as_str().unwrap().to_owned()).collect()
        };
        for state in states("settled") {
            let moves = transitional.iter().any(|end| state.ends_with(end)) && state != "RUNNING";
            assert!(!moves, "{name}: {state} is a transitional state");
        }
        let mut all: Vec<String> = LISTS.iter().flat_map(|list| states(list)).collect();
        all.sort();
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count, "{name}");
    }
}

#[test]
fn waiters_check_the_latest_operation_if_there_is_one() {
    for info in ALL {
        let items = info.action.response.field(info.items).unwrap();
        let Kind::Object(table) = items.kind.innermost() else { panic!("{}", info.name) };
        let has_operations = table.field("LatestOperationState").is_some();
        let looks = info.operation.is_some() || info.state == "LatestOperationState";
        assert_eq!(has_operations, looks, "{}", info.name);
        assert!(info.settled.is_empty() || info.state != "LatestOperationState", "{}", info.name);
    }
}

// A waiter of a user over an action of another crate. A wrong name would not compile.
waiter_info! {
    static INSTANCES_IN_RESCUE = WaiterSpec::new("InstancesInRescue", cvm_models::actions::DescribeInstances::INFO)
        .ids("Filters.instance-id")
        .items("InstanceSet")
        .id("InstanceId")
        .state("InstanceState")
        .success(&["RESCUE_MODE"]);
}

#[test]
fn waiter_of_a_user_is_checked_against_the_filters_of_the_action() {
    assert_eq!(INSTANCES_IN_RESCUE.batch(), 5);
    let error = WaiterInfo::new(INSTANCES_IN_RESCUE.ids("Filters.instance-ids")).unwrap_err();
    assert!(error.to_string().contains("`Filters.instance-ids`: `ids`"), "{error}");
}
