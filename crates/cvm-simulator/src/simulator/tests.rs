//! The state is a function of the seed, the start and the commands.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use cvm_models::actions::StopInstances;
use cvm_protocol::{Action, ActionInfo, RetryClass};
use serde_json::{Value, json};

use super::{Command, Response, Simulator};
use crate::api_error::ApiError;
use crate::chc_host::ChcServer;
use crate::clock::TimeMode;
use crate::handler::{BoxedRequest, Reply};
use crate::parameters::Parameters;
use crate::repair::Repair;
use crate::request::{Request, find_region};
use crate::state::{RequestContext, StoredInstance};
use crate::timestamp::Timestamp;

const ZONE: &str = "ap-guangzhou-3";

fn simulator(mode: TimeMode) -> Simulator {
    Simulator::new(7, Timestamp::from_unix(1_700_000_000), mode)
}

fn request(info: &'static ActionInfo, parameters: &Value) -> Option<Request> {
    let region = find_region(info, Some("ap-guangzhou"), false).unwrap();
    Request::parse(info, region, &Parameters::Json(parameters.to_string().as_bytes())).ok()
}

fn send(simulator: &mut Simulator, action: &str, parameters: &Value) -> Value {
    let request = request(cvm_models::action(action).unwrap(), parameters).unwrap();
    match simulator.apply(Duration::ZERO, Command::Request(request)) {
        Response::Reply { reply: Reply::Response(response), request_id } => {
            let mut response = cvm_protocol::json::to_value(&*response);
            response["RequestId"] = request_id.into();
            response
        }
        other => panic!("{action}: {other:?}"),
    }
}

/// The state as text. Hash tables have no order, so the lines are sorted.
fn state(simulator: &Simulator) -> Vec<String> {
    let mut lines: Vec<_> = format!("{:#?}", simulator.state).lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Commands of every kind, with `between` after each; returns the responses.
fn scenario(simulator: &mut Simulator, mut between: impl FnMut(&mut Simulator)) -> Vec<Value> {
    let launch =
        json!({"Placement": {"Zone": ZONE}, "ImageId": "img-pmqg1cw7", "InstanceCount": 3});
    let mut responses = vec![send(simulator, "RunInstances", &launch)];
    between(simulator);
    let ids = responses[0]["InstanceIdSet"].clone();
    let first = ids[0].as_str().unwrap().to_owned();
    let key_pair = json!({"KeyName": "key", "ProjectId": 0});
    responses.push(send(simulator, "CreateKeyPair", &key_pair));
    between(simulator);
    simulator.apply(Duration::ZERO, Command::AdvanceClock(Duration::from_secs(60)));
    between(simulator);
    simulator.apply(Duration::ZERO, Command::AddChcHost(ChcServer::new(ZONE, "SN-1")));
    between(simulator);
    let repair = Repair::new("ap-guangzhou", first.as_str()).deadline(Duration::from_secs(60));
    simulator.apply(Duration::ZERO, Command::ScheduleRepair(repair));
    between(simulator);
    responses.push(send(simulator, "StopInstances", &json!({"InstanceIds": ids})));
    between(simulator);
    simulator.apply(Duration::ZERO, Command::AdvanceClock(Duration::from_secs(7)));
    between(simulator);
    simulator.apply(Duration::ZERO, Command::AdvanceClock(Duration::from_secs(300)));
    between(simulator);
    responses.push(send(simulator, "TerminateInstances", &json!({"InstanceIds": [first]})));
    between(simulator);
    responses.push(send(simulator, "RunInstances", &launch));
    responses
}

/// Sends every request that only reads and that needs no parameters, or instances alone.
fn read_everything(simulator: &mut Simulator) {
    let ids: Vec<String> = simulator
        .state
        .instances
        .values()
        .flat_map(|instances| instances.newest_first())
        .map(|instance| instance.id.to_string())
        .collect();
    let reads = cvm_models::ACTIONS.iter().filter(|info| info.retry == RetryClass::Read);
    for info in reads {
        for parameters in [json!({}), json!({"InstanceIds": ids}), json!({"InstanceId": ids[0]})] {
            if let Some(request) = request(info, &parameters) {
                simulator.apply(Duration::ZERO, Command::Request(request));
            }
        }
    }
}

#[test]
fn same_commands_give_the_same_state_and_the_same_responses() {
    let (mut first, mut second) = (simulator(TimeMode::Manual), simulator(TimeMode::Manual));
    assert_eq!(scenario(&mut first, |_| {}), scenario(&mut second, |_| {}));
    assert_eq!(state(&first), state(&second));
}

#[test]
fn state_does_not_depend_on_reads() {
    let (mut quiet, mut polled) = (simulator(TimeMode::Manual), simulator(TimeMode::Manual));
    let expected = scenario(&mut quiet, |_| {});
    assert_eq!(scenario(&mut polled, read_everything), expected);
    // The last transitions that are due show only after a request.
    read_everything(&mut quiet);
    read_everything(&mut polled);
    assert_eq!(state(&polled), state(&quiet));
}

#[test]
fn time_never_goes_back() {
    let mut simulator = simulator(TimeMode::Real);
    let advance = |simulator: &mut Simulator, seconds| {
        simulator.apply(Duration::from_secs(seconds), Command::AdvanceClock(Duration::ZERO));
        simulator.now(Duration::ZERO)
    };
    let later = advance(&mut simulator, 10);
    assert_eq!(later, Timestamp::from_unix(1_700_000_010));
    assert_eq!(advance(&mut simulator, 5), later);
}

/// A handler that changes everything that it can reach, and then panics.
struct PanickingHandler;

impl BoxedRequest for PanickingHandler {
    fn apply(self: Box<Self>, context: &mut RequestContext<'_>) -> Result<Reply, ApiError> {
        let id = context.ids.instance().0.into();
        context.instances.insert(StoredInstance { id, ..StoredInstance::default() });
        let serials: Vec<_> = context.instances.serials().collect();
        for serial in serials {
            context.instances.get_mut(serial).unwrap().vcpus = 99;
        }
        let tokens = &mut context.instances.tokens;
        tokens.keep("token", b"parameters", &[]);
        context.resources().hpc_clusters.list.push(Default::default());
        panic!("a handler that panics");
    }
}

#[test]
fn panicking_handler_changes_nothing() {
    let mut simulator = simulator(TimeMode::Manual);
    scenario(&mut simulator, |_| {});
    let before = state(&simulator);
    let stop = StopInstances::INFO;
    let region = find_region(stop, Some("ap-guangzhou"), false).unwrap();
    let request = Request::of(stop, region, Box::new(PanickingHandler));
    let command = Command::Request(request);
    let panic = catch_unwind(AssertUnwindSafe(|| simulator.apply(Duration::ZERO, command)));
    assert!(panic.is_err());
    assert_eq!(state(&simulator), before);
    let list = send(&mut simulator, "DescribeInstances", &json!({}));
    assert_eq!(list["TotalCount"], 6, "the simulator goes on");
}

#[test]
fn simulator_uses_no_clock_and_no_io() {
    fn check(folder: &std::path::Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                check(&path);
                continue;
            }
            if path.ends_with("simulator/tests.rs") || path.ends_with("actions/mod.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for word in [
                "SystemTime",
                "Instant::now",
                "std::env",
                "std::fs",
                "TcpStream",
                "UdpSocket",
                "async fn",
            ] {
                assert!(!text.contains(word), "{} uses {word}", path.display());
            }
        }
    }
    check(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
}
