//! The state is a function of the seed, the start and the commands.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use cvm_models::actions::{CreateKeyPair, StopInstances};
use cvm_protocol::{Action, ActionInfo, Model, RetryClass};
use cvm_signer::HexDigest;
use serde_json::{Value, json};

use super::{Command, Response, Simulator};
use crate::account::AccountId;
use crate::api_error::ApiError;
use crate::catalog::Catalog;
use crate::chc_host::ChcServer;
use crate::clock::TimeMode;
use crate::handler::{BoxedRequest, Reply};
use crate::ids::{SeededRng, Stream};
use crate::key_pair_generator::NewKeyPair;
use crate::parameters::Parameters;
use crate::repair::Repair;
use crate::request::{Request, find_region};
use crate::state::{RequestContext, StoredInstance};
use crate::stored_command::StoredCommand;
use crate::timestamp::Timestamp;

const ZONE: &str = "ap-guangzhou-3";

fn simulator(mode: TimeMode) -> Simulator {
    Simulator::new(7, Timestamp::from_unix(1_700_000_000), mode)
}

fn request(info: &'static ActionInfo, parameters: &Value) -> Option<Request> {
    let region = find_region(Catalog::builtin(), info, Some("ap-guangzhou"), false).unwrap();
    let request =
        Request::parse(info, region, &Parameters::Json(parameters.to_string().as_bytes())).ok()?;
    Some(if request.needs_key_pair() {
        request.with_key_pair(NewKeyPair::for_tests())
    } else {
        request
    })
}

thread_local! {
    /// The commands that this test has applied and that changed something, as stored.
    static STORED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Applies a command, and stores it if it changed something.
fn apply(simulator: &mut Simulator, command: Command) -> Response {
    let prepared = StoredCommand::prepare(&command);
    let response = simulator.apply(Duration::ZERO, command);
    if let Some(stored) = prepared.and_then(|stored| stored.accepted(simulator, &response)) {
        STORED.with_borrow_mut(|all| all.push(serde_json::to_string(&stored).unwrap()));
    }
    response
}

/// Sends a request of the first account, which must succeed.
fn send(simulator: &mut Simulator, action: &str, parameters: &Value) -> Value {
    let response = send_as(simulator, AccountId::FIRST, action, parameters);
    assert_eq!(response["Error"], Value::Null, "{action}");
    response
}

/// Sends a request of an account. An error is a response with the member `Error`.
fn send_as(
    simulator: &mut Simulator,
    account: AccountId,
    action: &str,
    parameters: &Value,
) -> Value {
    let request = request(cvm_models::action(action).unwrap(), parameters).unwrap();
    match apply(simulator, Command::Request(account, request)) {
        Response::Reply { reply, request_id } => {
            let mut response = match reply {
                Reply::Response(response) => cvm_protocol::json::to_value(&*response),
                Reply::Error(error) => json!({"Error": error.code, "Message": error.message}),
                Reply::DryRun => json!({}),
            };
            response["RequestId"] = request_id.into();
            response
        }
        other => panic!("{action}: {other:?}"),
    }
}

/// The state of the first account as text.
fn state(simulator: &Simulator) -> Vec<String> {
    state_of(simulator, AccountId::FIRST)
}

/// The state of an account as text. Hash tables have no order, so the lines are sorted.
fn state_of(simulator: &Simulator, account: AccountId) -> Vec<String> {
    let state = &simulator.accounts[&account].state;
    let mut lines: Vec<_> = format!("{state:#?}").lines().map(str::to_owned).collect();
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
    apply(simulator, Command::AdvanceClock(Duration::from_secs(60)));
    between(simulator);
    apply(simulator, Command::AddChcHost(ChcServer::new(ZONE, "SN-1")));
    between(simulator);
    let repair = Repair::new("ap-guangzhou", first.as_str()).deadline(Duration::from_secs(60));
    apply(simulator, Command::ScheduleRepair(repair));
    between(simulator);
    responses.push(send(simulator, "StopInstances", &json!({"InstanceIds": ids})));
    between(simulator);
    apply(simulator, Command::AdvanceClock(Duration::from_secs(7)));
    between(simulator);
    apply(simulator, Command::AdvanceClock(Duration::from_secs(300)));
    between(simulator);
    responses.push(send(simulator, "TerminateInstances", &json!({"InstanceIds": [first]})));
    between(simulator);
    responses.push(send(simulator, "RunInstances", &launch));
    responses
}

/// Sends every request that only reads and that needs no parameters, or instances alone.
fn read_everything(simulator: &mut Simulator) {
    let ids: Vec<String> = simulator.accounts[&AccountId::FIRST]
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
                simulator.apply(Duration::ZERO, Command::Request(AccountId::FIRST, request));
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

/// A client that creates commands from its own stream of random numbers and from the ids in its own responses.
struct Client {
    account: AccountId,
    rng: SeededRng,
    sent: u64,
    instance_ids: Vec<String>,
    responses: Vec<Value>,
}

impl Client {
    fn new(account: AccountId, seed: u64) -> Self {
        let rng = SeededRng::new(account.seed(seed));
        Self { account, rng, sent: 0, instance_ids: Vec::new(), responses: Vec::new() }
    }

    /// Sends one request.
    fn act(&mut self, simulator: &mut Simulator) {
        let number = self.rng.next(Stream::ConsoleToken, self.sent);
        self.sent += 1;
        let some = |list: &[String]| {
            let index = usize::try_from(number >> 8).unwrap_or(0);
            list.get(index % list.len().max(1)).cloned().unwrap_or("ins-00000000".to_owned())
        };
        let id = some(&self.instance_ids);
        let ids = json!([id]);
        let (action, parameters) = match number % 12 {
            0 | 1 => (
                "RunInstances",
                json!({
                    "Placement": {"Zone": ZONE},
                    "ImageId": "img-pmqg1cw7",
                    "InstanceCount": number % 3 + 1,
                    // The accounts send the same tokens and names.
                    "ClientToken": format!("token-{}", self.sent / 8),
                    "InternetAccessible": {"InternetMaxBandwidthOut": 1},
                    "VirtualPrivateCloud": {"VpcId": "DEFAULT", "SubnetId": "DEFAULT"},
                }),
            ),
            2 => ("StopInstances", json!({"InstanceIds": ids})),
            3 => ("StartInstances", json!({"InstanceIds": ids})),
            4 => ("TerminateInstances", json!({"InstanceIds": ids})),
            5 => (
                "ModifyInstancesAttribute",
                json!({"InstanceIds": ids, "InstanceName": format!("n{number}")}),
            ),
            6 => (
                "CreateKeyPair",
                json!({"KeyName": format!("key{}", self.sent % 4), "ProjectId": 0}),
            ),
            7 => ("CreateDisasterRecoverGroup", json!({"Name": "group", "Type": "HOST"})),
            8 => (
                "CreateImage",
                json!({"InstanceId": id, "ImageName": format!("image{}", self.sent % 4)}),
            ),
            9 => ("DescribeAccountQuota", json!({})),
            10 => ("DescribeInstanceVncUrl", json!({"InstanceId": id})),
            _ => ("DescribeInstances", json!({})),
        };
        let response = send_as(simulator, self.account, action, &parameters);
        if let Some(ids) = response["InstanceIdSet"].as_array() {
            self.instance_ids.extend(ids.iter().map(|id| id.as_str().unwrap().to_owned()));
        }
        self.responses.push(json!({ action: response }));
    }
}

/// Runs the generated commands of these accounts. The clock advances in the same way for all.
fn run_accounts(seed: u64, accounts: &[AccountId]) -> (Simulator, Vec<Client>) {
    let mut simulator = Simulator::new(seed, Timestamp::from_unix(1_700_000_000), TimeMode::Manual);
    let mut clients: Vec<_> = accounts.iter().map(|id| Client::new(*id, seed)).collect();
    let order = SeededRng::new(seed);
    for step in 0..120 {
        let number = order.next(Stream::TaskId, step);
        if number.is_multiple_of(4) {
            let span = Duration::from_secs(number >> 8 & 31);
            apply(&mut simulator, Command::AdvanceClock(span));
            continue;
        }
        let turn = AccountId::nth(u32::from(number % 4 == 1));
        if let Some(client) = clients.iter_mut().find(|client| client.account == turn) {
            client.act(&mut simulator);
        }
    }
    (simulator, clients)
}

#[test]
fn interleaved_commands_of_two_accounts_equal_the_same_commands_apart() {
    let (one, other) = (AccountId::FIRST, AccountId::nth(1));
    for seed in 0..20 {
        let (together, clients) = run_accounts(seed, &[one, other]);
        assert!(clients.iter().all(|client| client.instance_ids.len() > 1), "seed {seed}");
        for client in clients {
            let (apart, alone) = run_accounts(seed, &[client.account]);
            assert_eq!(client.responses, alone[0].responses, "seed {seed}");
            let account = client.account;
            assert_eq!(state_of(&together, account), state_of(&apart, account), "seed {seed}");
        }
    }
}

/// The commands of this test as stored, in a new simulator.
fn replay(mut simulator: Simulator) -> Simulator {
    for stored in STORED.take() {
        let stored: StoredCommand = serde_json::from_str(&stored).unwrap();
        simulator.replay(stored).unwrap();
    }
    simulator
}

#[test]
fn stored_commands_give_the_same_state_again() {
    let mut original = simulator(TimeMode::Manual);
    STORED.take();
    scenario(&mut original, read_everything);
    let mut replayed = replay(simulator(TimeMode::Manual));
    // The last transitions that are due show only after a request.
    read_everything(&mut replayed);
    read_everything(&mut original);
    assert_eq!(state(&replayed), state(&original));
    let accounts = [AccountId::FIRST, AccountId::nth(1)];
    for seed in 0..20 {
        STORED.take();
        let (mut original, _) = run_accounts(seed, &accounts);
        let empty = Simulator::new(seed, Timestamp::from_unix(1_700_000_000), TimeMode::Manual);
        let mut replayed = replay(empty);
        for account in accounts {
            for simulator in [&mut original, &mut replayed] {
                send_as(simulator, account, "DescribeInstances", &json!({}));
            }
            assert_eq!(state_of(&replayed, account), state_of(&original, account), "seed {seed}");
            let launch = json!({"Placement": {"Zone": ZONE}, "ImageId": "img-pmqg1cw7"});
            let next = [&mut original, &mut replayed].map(|simulator| {
                let launched = send_as(simulator, account, "RunInstances", &launch);
                launched["InstanceIdSet"].clone()
            });
            assert_eq!(next[0], next[1], "seed {seed}");
        }
    }
}

#[test]
fn skipped_request_ids_do_not_occur() {
    let mut simulator = simulator(TimeMode::Manual);
    let id = |simulator: &mut Simulator, account| {
        let response = send_as(simulator, account, "DescribeZones", &json!({}));
        response["RequestId"].as_str().unwrap().to_owned()
    };
    let first = id(&mut simulator, AccountId::FIRST);
    let mut later = super::Simulator::new(7, Timestamp::from_unix(1_700_000_000), TimeMode::Manual);
    assert_eq!(id(&mut later, AccountId::FIRST), first);
    later.skip_request_ids_to(1 << 40);
    let ids = [AccountId::FIRST, AccountId::nth(1)].map(|account| id(&mut later, account));
    let earlier: Vec<_> = (0..100).map(|_| id(&mut simulator, AccountId::FIRST)).collect();
    assert!(!earlier.contains(&ids[0]) && ids[0] != first);
}

#[test]
fn accounts_are_isolated() {
    let mut simulator = simulator(TimeMode::Instant);
    let (one, other) = (AccountId::FIRST, AccountId::nth(1));
    let launch = json!({
        "Placement": {"Zone": ZONE},
        "ImageId": "img-pmqg1cw7",
        "ClientToken": "the same token",
    });
    let key_pair = json!({"KeyName": "the_same_name", "ProjectId": 0});
    let mut ids = Vec::new();
    for account in [one, other] {
        let launched = send_as(&mut simulator, account, "RunInstances", &launch);
        ids.push(launched["InstanceIdSet"].clone());
        let created = send_as(&mut simulator, account, "CreateKeyPair", &key_pair);
        assert_eq!(created["Error"], Value::Null, "the name is free in each account");
    }
    assert_ne!(ids[0], ids[1], "a client token belongs to its account");
    let foreign = json!({"InstanceIds": ids[0]});
    let list = send_as(&mut simulator, other, "DescribeInstances", &foreign);
    assert_eq!(list["TotalCount"], 0);
    let list = send_as(&mut simulator, other, "DescribeInstances", &json!({}));
    assert_eq!(list["InstanceSet"][0]["InstanceId"], ids[1][0]);
    assert_eq!(list["TotalCount"], 1);
    let stop = send_as(&mut simulator, other, "StopInstances", &foreign);
    assert_eq!(stop["Error"], "InvalidInstanceId.NotFound");
    let quota = |simulator: &mut Simulator, account| {
        let quota = send_as(simulator, account, "DescribeAccountQuota", &json!({}));
        let zones = &quota["AccountQuotaOverview"]["AccountQuota"]["PostPaidQuotaSet"];
        let used = zones.as_array().unwrap().iter().map(|zone| zone["UsedQuota"].as_u64().unwrap());
        (quota["AppId"].clone(), used.sum::<u64>())
    };
    send_as(&mut simulator, one, "TerminateInstances", &foreign);
    assert_eq!(quota(&mut simulator, one), (json!(1_250_000_000), 0));
    assert_eq!(quota(&mut simulator, other), (json!(1_250_000_001), 1));
}

#[test]
fn operator_actions_concern_the_named_account() {
    let mut simulator = simulator(TimeMode::Manual);
    let other = AccountId::nth(1);
    let mut server = ChcServer::new(ZONE, "SN-1");
    server.account = other;
    simulator.apply(Duration::ZERO, Command::AddChcHost(server));
    let mut count = |account| {
        let hosts = send_as(&mut simulator, account, "DescribeChcHosts", &json!({}));
        hosts["TotalCount"].as_u64().unwrap()
    };
    assert_eq!((count(AccountId::FIRST), count(other)), (0, 1));
    let launch = json!({"Placement": {"Zone": ZONE}, "ImageId": "img-pmqg1cw7"});
    let launched = send_as(&mut simulator, other, "RunInstances", &launch);
    let repair = Repair::new("ap-guangzhou", launched["InstanceIdSet"][0].as_str().unwrap());
    let mut schedule =
        |repair| match simulator.apply(Duration::ZERO, Command::ScheduleRepair(repair)) {
            Response::RepairScheduled(task_id) => task_id,
            response => panic!("{response:?}"),
        };
    assert_eq!(schedule(repair.clone()), None, "the first account has no such instance");
    assert!(schedule(repair.account(other)).is_some());
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
    fn model(&self) -> &dyn Model {
        panic!("no test stores this request")
    }

    fn apply(self: Box<Self>, context: &mut RequestContext<'_>) -> Result<Reply, ApiError> {
        let id = context.ids.instance().0.into();
        context.instances.insert(StoredInstance { id, ..StoredInstance::default() });
        let serials: Vec<_> = context.instances.serials().collect();
        for serial in serials {
            context.instances.get_mut(serial).unwrap().vcpus = 99;
        }
        let tokens = &mut context.instances.tokens;
        tokens.keep("token", &HexDigest::EMPTY, &[]);
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
    let region = find_region(Catalog::builtin(), stop, Some("ap-guangzhou"), false).unwrap();
    let request = Request::of(stop, region, Box::new(PanickingHandler));
    let command = Command::Request(AccountId::FIRST, request);
    let panic = catch_unwind(AssertUnwindSafe(|| simulator.apply(Duration::ZERO, command)));
    assert!(panic.is_err());
    assert_eq!(state(&simulator), before);
    let list = send(&mut simulator, "DescribeInstances", &json!({}));
    assert_eq!(list["TotalCount"], 6, "the simulator goes on");
}

#[test]
fn key_pair_comes_with_the_command() {
    let mut simulator = simulator(TimeMode::Manual);
    let info = CreateKeyPair::INFO;
    let region = find_region(Catalog::builtin(), info, Some("ap-guangzhou"), false).unwrap();
    let body = br#"{"KeyName":"key","ProjectId":0}"#;
    let mut create = |key_pair: Option<NewKeyPair>| {
        let request = Request::parse(info, region, &Parameters::Json(body)).unwrap();
        assert!(request.needs_key_pair());
        let request = match key_pair {
            Some(key_pair) => request.with_key_pair(key_pair),
            None => request,
        };
        match simulator.apply(Duration::ZERO, Command::Request(AccountId::FIRST, request)) {
            Response::Reply { reply: Reply::Response(response), .. } => {
                cvm_protocol::json::to_value(&*response)["KeyPair"]["PublicKey"].clone()
            }
            Response::Reply { reply: Reply::Error(error), .. } => json!(error.code),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(create(None), "InternalServerError");
    let created = create(Some(NewKeyPair::for_tests()));
    let key = created.as_str().unwrap().split(' ').nth(1);
    let expected = NewKeyPair::for_tests().public_key("another comment");
    assert_eq!(key, expected.split(' ').nth(1), "the error has created nothing");
    let stop = request(StopInstances::INFO, &json!({"InstanceIds": ["ins-12345678"]})).unwrap();
    assert!(!stop.needs_key_pair());
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

/// The id and the state of each instance, as a request shows them.
fn instance_states(simulator: &mut Simulator) -> Vec<(String, String)> {
    let listed = send(simulator, "DescribeInstances", &json!({}));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let instances = listed["InstanceSet"].as_array().unwrap();
    instances.iter().map(|it| (text(&it["InstanceId"]), text(&it["InstanceState"]))).collect()
}

const LAUNCH: &str =
    r#"{"Placement": {"Zone": "ap-guangzhou-3"}, "ImageId": "img-pmqg1cw7", "InstanceCount": 2}"#;

#[test]
fn running_until_idle_stops_at_the_last_event_within_the_limit() {
    let mut simulator = simulator(TimeMode::Manual);
    let launch: Value = serde_json::from_str(LAUNCH).unwrap();
    let ids = send(&mut simulator, "RunInstances", &launch)["InstanceIdSet"].clone();
    let start = simulator.now(Duration::ZERO);
    let run = |simulator: &mut Simulator, within| match simulator
        .apply(Duration::ZERO, Command::RunUntilIdle(Duration::from_secs(within)))
    {
        Response::Idle { now, next } => (now, next),
        other => panic!("{other:?}"),
    };
    let (now, next) = run(&mut simulator, 0);
    assert!(now == start && next > Some(start), "nothing happens within no time: {next:?}");
    let (now, next) = run(&mut simulator, 3600);
    assert!(now > start && next.is_none(), "{now} {next:?}");
    assert!(instance_states(&mut simulator).iter().all(|(_, state)| state == "RUNNING"));
    assert_eq!(run(&mut simulator, 3600), (now, None), "an idle cloud stays as it is");
    // An image is a function of the time, and the stopped instance has an operation after another.
    let image = json!({"InstanceId": ids[0], "ImageName": "copy", "ForcePoweroff": "TRUE"});
    send(&mut simulator, "CreateImage", &image);
    let (later, next) = run(&mut simulator, 3600);
    assert!(later.unix() >= now.unix() + 120 && next.is_none(), "{later}");
    assert!(instance_states(&mut simulator).iter().all(|(_, state)| state == "RUNNING"));
}

#[test]
fn reset_repeats_everything_from_the_start() {
    let mut simulator = simulator(TimeMode::Manual);
    let first = scenario(&mut simulator, |_| {});
    simulator.apply(Duration::ZERO, Command::SetTimeMode(TimeMode::Scaled(2.0)));
    let end = state(&simulator);
    assert!(matches!(simulator.apply(Duration::ZERO, Command::Reset), Response::Done));
    assert!(simulator.accounts.is_empty());
    assert_eq!(simulator.mode(), TimeMode::Manual);
    assert_eq!(scenario(&mut simulator, |_| {}), first);
    assert_eq!(state(&simulator), end);
}

#[test]
fn inspection_leaves_no_trace() {
    let mut with = simulator(TimeMode::Manual);
    let mut without = simulator(TimeMode::Manual);
    let info = cvm_models::action("DescribeInstances").unwrap();
    let responses = scenario(&mut with, |simulator| {
        let request = request(info, &json!({})).unwrap();
        let reply = simulator.inspect(Duration::ZERO, AccountId::FIRST, request);
        assert!(matches!(reply, Reply::Response(_)));
        assert!(!simulator.instance_states(Duration::ZERO).is_empty());
    });
    assert_eq!(responses, scenario(&mut without, |_| {}));
    assert_eq!(state(&with), state(&without));
    let stop = request(StopInstances::INFO, &json!({"InstanceIds": ["ins-12345678"]})).unwrap();
    let reply = with.inspect(Duration::ZERO, AccountId::FIRST, stop);
    assert!(matches!(reply, Reply::Error(error) if error.code == "UnsupportedOperation"));
}
