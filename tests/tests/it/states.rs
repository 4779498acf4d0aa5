//! What each waiter of the specification makes of each state, read a second time from `waiters.json`.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_models::protocol::{Kind, PageStyle, WaiterInfo};
use cvm_models::{
    BoxFuture, Error, HttpFailure, HttpResponse, HttpSend, PreparedRequest, ResponseBody, Sending,
    Unlimited, WaitReport, WaitVerdict, Waiter, waiters,
};
use serde_json::{Value, json};

use crate::cloud::published;

const ALL: [&WaiterInfo; 12] = [
    waiters::InstancesRunning::INFO,
    waiters::InstancesStopped::INFO,
    waiters::InstancesTerminated::INFO,
    waiters::InstancesIsolated::INFO,
    waiters::InstanceOperationsDone::INFO,
    waiters::ImagesNormal::INFO,
    waiters::InstancesInRescueMode::INFO,
    waiters::HostsRunning::INFO,
    waiters::ChcHostOperationsDone::INFO,
    waiters::ChcHostsPrepared::INFO,
    waiters::ResourcePoolPacksActive::INFO,
    waiters::RepairTasksEnded::INFO,
];

/// What one reading shows of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Shown {
    State(String),
    /// The state is null, as that of an instance on which nothing was ever done.
    Null,
    /// The state is not there.
    Bare,
    /// The resource is not listed.
    Missing,
}

/// The waiters as they are written down.
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

/// The second reading of one state.
fn verdict(spec: &Value, shown: &Shown) -> WaitVerdict {
    let lists = |list: &str, state: &str| {
        spec[list].as_array().is_some_and(|states| states.iter().any(|known| known == state))
    };
    match shown {
        Shown::Null | Shown::Bare => WaitVerdict::Pending,
        Shown::Missing => match spec["missing"].as_str().unwrap() {
            "pending" => WaitVerdict::Pending,
            "success" => WaitVerdict::Reached,
            "failure" => WaitVerdict::Failed,
            other => panic!("{other}"),
        },
        Shown::State(state) if lists("success", state) => WaitVerdict::Reached,
        Shown::State(state) if lists("failure", state) || lists("unreachable", state) => {
            WaitVerdict::Failed
        }
        Shown::State(_) => WaitVerdict::Pending,
    }
}

/// The service: shows each resource what its id stands for, reading by reading.
struct Service {
    info: &'static WaiterInfo,
    shows: HashMap<String, Vec<Shown>>,
    readings: Mutex<HashMap<String, usize>>,
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

    fn answer(&self, request: &PreparedRequest) -> String {
        let mut readings = self.readings.lock().unwrap();
        let row = |id: String| {
            let reading = readings.entry(id.clone()).or_default();
            *reading += 1;
            match &self.shows[&id][*reading - 1] {
                Shown::Missing => None,
                Shown::Bare => Some(json!({ self.info.id: id })),
                Shown::Null => Some(json!({ self.info.id: id, self.info.state: null })),
                Shown::State(state) => Some(json!({ self.info.id: id, self.info.state: state })),
            }
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

struct Whole(Option<Vec<u8>>);

impl ResponseBody for Whole {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<bytes::Bytes>, HttpFailure>> {
        let piece = self.0.take().map(Into::into);
        Box::pin(async { Ok(piece) })
    }
}

/// The service behind a client, without a network.
#[derive(Clone, Debug)]
struct Direct(Arc<Service>);

impl HttpSend for Direct {
    fn send<'a>(
        &'a self,
        request: PreparedRequest,
        _: &'a Sending,
    ) -> BoxFuture<'a, Result<HttpResponse, HttpFailure>> {
        let body = Box::new(Whole(Some(self.0.answer(&request).into_bytes())));
        Box::pin(async { Ok(HttpResponse { status: 200, headers: Default::default(), body }) })
    }
}

/// Waits for resources that show these states, for so many readings.
async fn wait(
    info: &'static WaiterInfo,
    shows: HashMap<String, Vec<Shown>>,
    readings: usize,
) -> (Result<WaitReport, Error>, HashMap<String, usize>) {
    let waiter = Waiter::new(info, shows.keys());
    let service = Arc::new(Service { info, shows, readings: Mutex::default() });
    let client = published().rate_limiter(Unlimited).http(Direct(Arc::clone(&service)));
    let wait = client.build().unwrap().wait(waiter).interval(Duration::ZERO);
    let mut steps = wait.timeout(Duration::from_secs(3_600)).progress();
    let mut ended = Ok(());
    for _ in 0..readings {
        match steps.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(error) => {
                ended = Err(error);
                break;
            }
        }
    }
    let readings = service.readings.lock().unwrap().clone();
    (ended.map(|()| steps.into_report()), readings)
}

/// Every state that the waiter's member can take as far as the tables know, and what else may be shown.
fn alphabet(info: &WaiterInfo, spec: &Value) -> Vec<Shown> {
    let mut states: Vec<String> =
        ["SOMETHING_NEW", "", "running", " RUNNING"].map(str::to_owned).into();
    for list in ["success", "failure", "unreachable"] {
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
    let states = states.into_iter().map(Shown::State);
    states.chain([Shown::Null, Shown::Bare, Shown::Missing]).collect()
}

#[tokio::test]
async fn each_waiter_reads_each_state_as_the_specification_says() {
    let specification = specification();
    assert_eq!(specification.len(), ALL.len());
    let mut verdicts = HashMap::new();
    for info in ALL {
        let spec = &specification[info.name];
        for shown in alphabet(info, spec) {
            let shows = HashMap::from([("res-1".to_owned(), vec![shown.clone()])]);
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
            assert_eq!(read, verdict(spec, &shown), "{}: {shown:?}", info.name);
            *verdicts.entry(format!("{read:?}")).or_insert(0) += 1;
        }
    }
    assert!(verdicts.len() == 3 && verdicts.values().all(|count| *count >= 12), "{verdicts:?}");
}

/// All sequences of up to `length` readings, each up to the first that decides.
fn sequences(spec: &Value, alphabet: &[Shown], length: usize) -> Vec<Vec<Shown>> {
    let (mut ended, mut open) = (Vec::new(), vec![Vec::new()]);
    for _ in 0..length {
        let mut longer = Vec::new();
        for start in &open {
            for shown in alphabet {
                let mut sequence: Vec<Shown> = start.clone();
                sequence.push(shown.clone());
                match verdict(spec, shown) {
                    WaitVerdict::Pending => longer.push(sequence),
                    _ => ended.push(sequence),
                }
            }
        }
        open = longer;
    }
    ended.extend(open);
    ended
}

#[tokio::test]
async fn no_sequence_of_six_states_misleads_the_waiters_of_instances() {
    let specification = specification();
    let state = |name: &str| Shown::State(name.to_owned());
    let life = ["PENDING", "RUNNING", "LAUNCH_FAILED", "SHUTDOWN"].map(state);
    let work = ["OPERATING", "SUCCESS", "FAILED"].map(state);
    for (info, states) in [
        (waiters::InstancesRunning::INFO, [&life[..], &[Shown::Missing, Shown::Null]].concat()),
        (waiters::InstanceOperationsDone::INFO, [&work[..], &[Shown::Null, Shown::Bare]].concat()),
    ] {
        let spec = &specification[info.name];
        let all = sequences(spec, &states, 6);
        assert!(all.len() > 1_000, "{}", all.len());
        // A wait ends at its first failure, so those that fail together wait together.
        let fails_at = |sequence: &Vec<Shown>| {
            let last = sequence.last().unwrap();
            (verdict(spec, last) == WaitVerdict::Failed).then_some(sequence.len())
        };
        for at in (1..=6).map(Some).chain([None]) {
            let group = all.iter().filter(|sequence| fails_at(sequence) == at).cloned();
            let shows: HashMap<String, Vec<Shown>> =
                group.enumerate().map(|(number, shown)| (format!("ins-{number}"), shown)).collect();
            let expected = shows.clone();
            let (ended, readings) = wait(info, shows, 6).await;
            assert_eq!(ended.is_err(), at.is_some(), "{}: {at:?}", info.name);
            let report = match ended {
                Ok(report) => report,
                Err(error) => error.wait_report().unwrap().clone(),
            };
            for resource in report.resources {
                let sequence = &expected[&resource.id];
                assert_eq!(readings[&resource.id], sequence.len(), "{sequence:?}");
                let last = sequence.last().unwrap();
                assert_eq!(resource.verdict, verdict(spec, last), "{sequence:?}");
            }
        }
    }
}
