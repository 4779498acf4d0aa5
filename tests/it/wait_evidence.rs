//! Every waiter with evidence that is older than its operation, with an operation that still runs, and with one
//! that fails.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_emulator::ChcServer;
use cvm_models::actions::{
    ConfigureChcAssistVpc, EnterRescueMode, ExitRescueMode, ModifyChcNetworkMode, RunInstances,
    StopInstances,
};
use cvm_models::enums::ChcNetworkMode;
use cvm_models::http::{
    BoxFuture, HttpClient, HttpError, HttpResponse, PreparedRequest, SendProgress,
};
use cvm_models::protocol::{Condition, Missing, PageStyle, Predicate, Waiter, WaiterInfo};
use cvm_models::rate_limit::NoRateLimit;
use cvm_models::types::{ChcDeployExtraConfig, Placement, VirtualPrivateCloud};
use cvm_models::waiting::{WaitReport, WaitVerdict};
use cvm_models::{Client, Error, waiters};
use serde_json::{Value, json};

use crate::cloud::{builder, public_client};
use crate::waiter_states::{ALL, OnePiece};

const ID: &str = "res-1";
const OURS: &str = "our-request";

/// A service that shows these rows of the resource, one per poll; `None` is a poll in which it is not listed.
/// The last one repeats.
struct Rows {
    info: &'static WaiterInfo,
    rows: Vec<Option<Value>>,
    polls: Mutex<usize>,
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.info.name)
    }
}

#[derive(Clone, Debug)]
struct DirectClient(Arc<Rows>);

impl HttpClient for DirectClient {
    fn send<'a>(
        &'a self,
        _: PreparedRequest,
        _: &'a SendProgress,
    ) -> BoxFuture<'a, Result<HttpResponse, HttpError>> {
        let Rows { info, rows, polls } = &*self.0;
        let mut polls = polls.lock().unwrap();
        let row = rows[(*polls).min(rows.len() - 1)].clone();
        *polls += 1;
        let rows: Vec<Value> = row
            .into_iter()
            .map(|mut row| {
                row[info.id] = json!(ID);
                row
            })
            .collect();
        let mut response = json!({ info.items: rows, "RequestId": "r" });
        if let Some(pages) = &info.action.paginate
            && let PageStyle::Offset { total, .. } = pages.style
        {
            response[total] = json!(response[info.items].as_array().unwrap().len());
        }
        let body = OnePiece::of(json!({ "Response": response }).to_string());
        Box::pin(async { Ok(HttpResponse { status: 200, headers: Default::default(), body }) })
    }
}

/// Polls as often as there are rows, or until the wait ends.
async fn polled(waiter: Waiter, rows: &[Option<Value>]) -> Result<WaitReport, Error> {
    let service = Rows { info: waiter.info, rows: rows.to_vec(), polls: Mutex::default() };
    let client = public_client().rate_limiter(NoRateLimit).http(DirectClient(Arc::new(service)));
    let mut steps = client.build().unwrap().wait(waiter).interval(Duration::ZERO).progress();
    for _ in rows {
        if steps.try_next().await?.is_none() {
            break;
        }
    }
    Ok(steps.into_report())
}

async fn verdict(waiter: Waiter, rows: &[Option<Value>]) -> WaitVerdict {
    let report = match polled(waiter, rows).await {
        Ok(report) => report,
        Err(error) => error.wait_report().unwrap().clone(),
    };
    report.resources[0].verdict
}

/// A row in this state, whose latest operation has ended like this and belongs to another request.
fn earlier(info: &WaiterInfo, state: &str, ended: &str) -> Value {
    let mut row = json!({});
    if let Some(operation) = info.operation {
        for name in operation.names {
            row[*name] = json!("an earlier one");
        }
        row[operation.state] = json!(ended);
        if info.action.name == "DescribeChcHosts" {
            row["InstanceState"] = json!("PREPARED");
        }
    }
    if info.operation.is_none_or(|operation| operation.state != info.state) {
        row[info.state] = typed(state);
    }
    row
}

/// States of tasks are numbers.
fn typed(state: &str) -> Value {
    state.parse::<i64>().map_or_else(|_| json!(state), |number| json!(number))
}

fn set_condition(row: &mut Value, condition: &Condition) {
    match condition.test {
        Predicate::OneOf(values) => row[condition.member] = json!(values[0]),
        ref other => panic!("{other:?}"),
    }
}

/// The row of a reached target state.
fn target(info: &WaiterInfo) -> Value {
    let mut row = earlier(info, info.success[0], "SUCCESS");
    for condition in info.when {
        set_condition(&mut row, condition);
    }
    row
}

/// The same row while an operation runs.
fn running(info: &WaiterInfo, mut row: Value) -> Option<Value> {
    set_condition(&mut row, info.operation?.running.first()?);
    Some(row)
}

#[tokio::test]
async fn operation_without_a_known_end_still_runs() {
    let mut cases = 0;
    for info in ALL {
        let (Some(operation), false) = (info.operation, info.success.is_empty()) else { continue };
        for unknown in [Value::Null, json!("QUEUED"), json!("operating"), json!("")] {
            let mut row = target(info);
            row[operation.state] = unknown.clone();
            let begun = running(info, row.clone());
            let mut histories = vec![(Waiter::new(info, [ID]), vec![begun, Some(row.clone())])];
            if let Some(request_id) = info.request_id {
                let mut ours = row;
                ours[request_id] = json!(OURS);
                histories.push((Waiter::new(info, [ID]).of_request(OURS), vec![Some(ours)]));
            }
            for (waiter, rows) in histories {
                let shown = format!("{}: {unknown} {}", info.name, rows.len());
                assert_eq!(verdict(waiter.clone(), &rows).await, WaitVerdict::Pending, "{shown}");
                let mut over = rows;
                let mut last = over.last().cloned().flatten().unwrap();
                last[operation.state] = json!("SUCCESS");
                over.push(Some(last));
                assert_eq!(verdict(waiter, &over).await, WaitVerdict::Reached, "{shown}");
                cases += 1;
            }
        }
    }
    assert!(cases > 60, "{cases}");
}

/// States that a resource may have before the operation starts.
fn states_before(info: &WaiterInfo) -> Vec<&'static str> {
    let more: &[&str] = match info.name {
        // An instance runs on the host and is being terminated, or the network has just been set up.
        "ChcHostsPrepared" => &["ONLINE", "READY"],
        "ImagesNormal" => &["CREATING"],
        "HostsRunning" => &["PENDING"],
        "ResourcePoolPacksActive" => &["CREATING"],
        "InstanceOperationsDone" | "ChcHostOperationsDone" => &["only the operation is shown"],
        _ => &[],
    };
    [info.settled, info.elsewhere, more].concat()
}

#[tokio::test]
async fn state_before_the_operation_decides_nothing() {
    let mut cases = 0;
    for info in ALL {
        let states = states_before(info);
        assert!(!states.is_empty(), "{}", info.name);
        for state in states {
            let ends = info.operation.map_or(&["SUCCESS"][..], |operation| operation.ended);
            for ended in ends {
                cases += 1;
                let row = Some(earlier(info, state, ended));
                let rows = [row.clone(), row.clone(), row];
                let result = verdict(Waiter::new(info, [ID]), &rows).await;
                assert_eq!(result, WaitVerdict::Pending, "{}: {rows:?}", info.name);
            }
        }
        // The resource is not listed yet, or the id or the region is wrong.
        let result = verdict(Waiter::new(info, [ID]), &[None, None, None]).await;
        assert_ne!(result, WaitVerdict::Reached, "{}", info.name);
    }
    assert!(cases > 40, "{cases}");
}

/// One list alone may be outdated.
#[tokio::test]
async fn only_two_lists_in_a_row_prove_that_a_resource_does_not_exist() {
    let mut checked = 0;
    for info in ALL {
        let row = Some(earlier(info, states_before(info)[0], "SUCCESS"));
        for outdated in [vec![None], vec![row.clone(), None], vec![None, row.clone(), None]] {
            let result = verdict(Waiter::new(info, [ID]), &outdated).await;
            assert_eq!(result, WaitVerdict::Pending, "{}: {outdated:?}", info.name);
        }
        if info.missing == Missing::Failure {
            checked += 1;
            let error = polled(Waiter::new(info, [ID]), &[row, None, None]).await.unwrap_err();
            assert!(error.to_string().contains("`res-1` does not exist"), "{error}");
        }
    }
    assert!(checked > 5, "{checked}");
}

#[tokio::test]
async fn target_state_counts_only_after_the_operation() {
    let mut cases = 0;
    for info in ALL.into_iter().filter(|info| !info.success.is_empty()) {
        let Some(running) = running(info, target(info)) else { continue };
        cases += 1;
        let result = verdict(Waiter::new(info, [ID]), &[Some(running.clone())]).await;
        assert_eq!(result, WaitVerdict::Pending, "{}: {running}", info.name);
        let rows = [Some(running), Some(target(info))];
        let result = verdict(Waiter::new(info, [ID]), &rows).await;
        assert_eq!(result, WaitVerdict::Reached, "{}: {rows:?}", info.name);
        let Some(name) = info.request_id else { continue };
        let named = || Waiter::new(info, [ID]).of_request(OURS);
        let mut ours = target(info);
        assert_eq!(verdict(named(), &[Some(ours.clone())]).await, WaitVerdict::Pending);
        ours[name] = Value::Null;
        assert_eq!(verdict(named(), &[Some(ours.clone())]).await, WaitVerdict::Pending);
        ours[name] = json!(OURS);
        assert_eq!(verdict(named(), &[Some(ours)]).await, WaitVerdict::Reached, "{}", info.name);
    }
    assert!(cases >= 10, "{cases}");
}

#[tokio::test]
async fn failed_operation_ends_wait_with_its_reason() {
    let mut cases = 0;
    for info in ALL {
        let Some(operation) = info.operation else { continue };
        // The states after a failed operation, including the target state and no state.
        let states = [info.settled, info.elsewhere, info.success, operation.failed_at, &[""]];
        for state in states.concat() {
            let mut failed = earlier(info, state, operation.failed[0]);
            for name in operation.names {
                failed[*name] = json!(OURS);
            }
            failed[info.reason.unwrap()] = json!("no capacity");
            let begun = running(info, earlier(info, state, "SUCCESS")).unwrap();
            let mut variants =
                vec![(Waiter::new(info, [ID]), vec![Some(begun), Some(failed.clone())])];
            // An operation has also started if it differs from that of the first poll.
            if !info.success.contains(&state) {
                let before = Some(earlier(info, state, "SUCCESS"));
                variants.push((Waiter::new(info, [ID]), vec![before, Some(failed.clone())]));
            }
            if info.request_id.is_some() {
                variants.push((Waiter::new(info, [ID]).of_request(OURS), vec![Some(failed)]));
            }
            for (waiter, rows) in variants {
                cases += 1;
                let error = polled(waiter, &rows).await.unwrap_err();
                assert!(error.is_wait() && !error.is_timeout(), "{}: {rows:?}: {error}", info.name);
                let text = error.to_string();
                assert!(text.contains("no capacity"), "{}: {text}", info.name);
                assert!(!text.contains("does not exist"), "{}: {text}", info.name);
            }
        }
    }
    assert!(cases >= 80, "{cases}");
}

#[tokio::test]
async fn absence_counts_only_for_listed_resources() {
    let gone = waiters::InstancesTerminated::INFO;
    assert_eq!(gone.missing, Missing::Success);
    let error = polled(Waiter::new(gone, [ID]), &[None, None, None]).await.unwrap_err();
    assert!(error.is_wait() && error.to_string().contains("region is wrong"), "{error}");
    assert_eq!(verdict(Waiter::new(gone, [ID]), &[None]).await, WaitVerdict::Pending);
    // One list alone may be outdated, whatever was listed before.
    let seen = Some(earlier(gone, "RUNNING", "SUCCESS"));
    let known = || Waiter::new(gone, [ID]).seen_before();
    assert_eq!(verdict(known(), &[None]).await, WaitVerdict::Pending);
    assert_eq!(verdict(known(), &[None, seen.clone(), None]).await, WaitVerdict::Pending);
    assert_eq!(verdict(known(), &[None, None]).await, WaitVerdict::Reached);
    let rows = [seen.clone(), None, seen.clone(), None, None];
    assert_eq!(verdict(Waiter::new(gone, [ID]), &rows[..2]).await, WaitVerdict::Pending);
    assert_eq!(verdict(Waiter::new(gone, [ID]), &rows[..4]).await, WaitVerdict::Pending);
    assert_eq!(verdict(Waiter::new(gone, [ID]), &rows).await, WaitVerdict::Reached);
    // A resource that was being created and is no longer listed does not come back.
    let created = waiters::InstancesRunning::INFO;
    let pending = Some(earlier(created, "PENDING", "SUCCESS"));
    let rows = [None, pending, None, None];
    assert_eq!(verdict(Waiter::new(created, [ID]), &rows[..3]).await, WaitVerdict::Pending);
    assert_eq!(verdict(Waiter::new(created, [ID]), &rows).await, WaitVerdict::Failed);
}

#[tokio::test]
async fn later_request_ends_wait_for_the_named_one() {
    let mut cases = 0;
    for info in ALL {
        let (Some(operation), Some(name)) = (info.operation, info.request_id) else { continue };
        for state in [info.success, info.settled].concat() {
            let by = |request: &str, ended: &str| {
                let mut row = earlier(info, state, ended);
                row[name] = json!(request);
                Some(row)
            };
            let mut ours = running(info, by(OURS, "SUCCESS").unwrap()).unwrap();
            ours[name] = json!(OURS);
            let named = || Waiter::new(info, [ID]).of_request(OURS);
            for ended in operation.ended {
                cases += 1;
                let after = by("after", ended);
                let rows = [by("before", ended), Some(ours.clone()), after.clone(), after];
                // One list alone may be outdated.
                assert_eq!(verdict(named(), &rows[..3]).await, WaitVerdict::Pending);
                let error = polled(named(), &rows).await.unwrap_err();
                assert!(error.is_wait() && !error.is_timeout(), "{}: {error}", info.name);
                assert!(error.to_string().contains("the latest is `after`"), "{error}");
                // Our operation may still start after one of another caller.
                let rows = [by("before", ended), by("another", ended), None];
                assert_eq!(verdict(named(), &rows[..2]).await, WaitVerdict::Pending);
            }
        }
        // A final state needs no request id.
        let is_state = info.state != operation.state;
        for state in [info.failure, info.unreachable].concat().into_iter().filter(|_| is_state) {
            let named = Waiter::new(info, [ID]).of_request(OURS);
            let row = json!({ info.state: state, name: null });
            assert_eq!(verdict(named, &[Some(row)]).await, WaitVerdict::Failed, "{}", info.name);
        }
    }
    assert!(cases >= 20, "{cases}");
}

#[tokio::test]
async fn earlier_success_beside_a_failure_state_is_no_success() {
    let info = waiters::ChcHostOperationsDone::INFO;
    let row = |state: &str| {
        Some(json!({
            "InstanceState": state, "LatestOperation": "RemoveChcDeployVpc", "LatestOperationState": "SUCCESS",
        }))
    };
    let rows = [row("READY"), row("OPERATING"), row("CLEAR_NETWORK_FAILED")];
    assert_eq!(verdict(Waiter::new(info, [ID]), &rows).await, WaitVerdict::Failed);
    // It may have failed before the operation starts.
    let rows = [row("CLEAR_NETWORK_FAILED"), row("OPERATING"), row("INIT")];
    assert_eq!(verdict(Waiter::new(info, [ID]), &rows[..1]).await, WaitVerdict::Pending);
    assert_eq!(verdict(Waiter::new(info, [ID]), &rows).await, WaitVerdict::Reached);
}

#[tokio::test]
async fn entering_the_recycle_bin_ends_wait_for_termination() {
    let instance = |state: &str, operation: &str| {
        Some(json!({
            "InstanceState": state, "LatestOperationState": operation,
            "LatestOperation": "TerminateInstances", "LatestOperationRequestId": OURS,
        }))
    };
    let gone = waiters::InstancesTerminated::INFO;
    let first = [
        instance("RUNNING", "OPERATING"),
        instance("SHUTDOWN", "OPERATING"),
        instance("SHUTDOWN", "SUCCESS"),
    ];
    let result =
        |waiter: Waiter, rows: Vec<Option<Value>>| async move { verdict(waiter, &rows).await };
    assert_eq!(result(Waiter::new(gone, [ID]), first[..2].to_vec()).await, WaitVerdict::Pending);
    let error = polled(Waiter::new(gone, [ID]), &first).await.unwrap_err();
    assert!(error.to_string().contains("SHUTDOWN, from which it cannot reach gone"), "{error}");
    // The request is named, so the state is its result.
    let named = Waiter::new(gone, [ID]).of_request(OURS);
    assert_eq!(result(named, first[2..].to_vec()).await, WaitVerdict::Failed);
    // The second termination starts in the recycle bin.
    let second = vec![
        instance("SHUTDOWN", "SUCCESS"),
        instance("SHUTDOWN", "OPERATING"),
        instance("TERMINATING", "OPERATING"),
        None,
        None,
    ];
    assert_eq!(result(Waiter::new(gone, [ID]), second).await, WaitVerdict::Reached);
    let isolated = waiters::InstancesIsolated::INFO;
    let rows = first.to_vec();
    assert_eq!(result(Waiter::new(isolated, [ID]), rows[..2].to_vec()).await, WaitVerdict::Pending);
    assert_eq!(result(Waiter::new(isolated, [ID]), rows).await, WaitVerdict::Reached);
}

/// The emulator behind a client, without a socket.
#[derive(Clone, Debug)]
struct EmulatorClient(cvm_emulator::Cloud);

impl HttpClient for EmulatorClient {
    fn send<'a>(
        &'a self,
        request: PreparedRequest,
        _: &'a SendProgress,
    ) -> BoxFuture<'a, Result<HttpResponse, HttpError>> {
        let mut asked = http::Request::builder().method(request.method()).uri(request.url());
        for (name, value) in request.headers() {
            asked = asked.header(name, value);
        }
        let asked = asked.body(bytes::Bytes::copy_from_slice(request.body())).unwrap();
        let (parts, body) = self.0.handle(&asked).into_parts();
        let body = OnePiece::of(String::from_utf8(body.to_vec()).unwrap());
        let status = parts.status.as_u16();
        Box::pin(async move { Ok(HttpResponse { status, headers: parts.headers, body }) })
    }
}

fn emulated() -> (cvm_emulator::Cloud, Client) {
    let cloud = builder().build().unwrap();
    let client = public_client().rate_limiter(NoRateLimit).http(EmulatorClient(cloud.clone()));
    (cloud, client.build().unwrap())
}

/// Polls repeatedly, with so much time between the polls that every phase is seen.
async fn wait_until_reached(cloud: &cvm_emulator::Cloud, client: &Client, waiter: Waiter) -> usize {
    let mut steps = client.wait(waiter).interval(Duration::ZERO).progress();
    let mut polls = 0;
    while steps.try_next().await.unwrap().is_some() {
        polls += 1;
        cloud.clock().advance(Duration::from_secs(5));
    }
    polls
}

#[tokio::test]
async fn chc_operation_after_an_earlier_success_is_awaited() {
    let (cloud, client) = emulated();
    let id = cloud.add_chc_host(&ChcServer::new("ap-guangzhou-3", "SN-1")).unwrap();
    let network = |subnet: &str| VirtualPrivateCloud {
        vpc_id: "vpc-00000001".into(),
        subnet_id: subnet.into(),
        ..Default::default()
    };
    let configure = ConfigureChcAssistVpc {
        chc_ids: vec![id.clone()],
        bmc_virtual_private_cloud: network("subnet-00000001"),
        bmc_security_group_ids: vec!["sg-00000001".into()],
        deploy_virtual_private_cloud: Some(network("subnet-00000002")),
        deploy_security_group_ids: vec!["sg-00000002".into()],
        chc_deploy_extra_config: Some(ChcDeployExtraConfig {
            mini_os_type: "own".into(),
            boot_type: Some("arm_uefi".into()),
            next_server_address: Some("172.20.0.1".into()),
            ..Default::default()
        }),
        ..Default::default()
    };
    client.send(configure).await.unwrap();
    let polls =
        wait_until_reached(&cloud, &client, waiters::ChcHostOperationsDone::of([&id])).await;
    assert_eq!(polls, 13, "60 s, every 5 s");
    wait_until_reached(&cloud, &client, waiters::ChcHostsPrepared::of([&id])).await;
    // The latest operation is a success now, and stays one while the next starts.
    for target in
        [waiters::ChcHostsInDeployMode::of([&id]), waiters::ChcHostOperationsDone::of([&id])]
    {
        let switch = ModifyChcNetworkMode {
            chc_ids: vec![id.clone()],
            network_mode: Some(ChcNetworkMode::Deploy),
            ..Default::default()
        };
        client.send(switch).await.unwrap();
        assert_eq!(wait_until_reached(&cloud, &client, target).await, 7, "30 s, every 5 s");
    }
}

#[tokio::test]
async fn leaving_rescue_mode_restores_the_earlier_state() {
    let (cloud, client) = emulated();
    for is_stopped in [false, true] {
        let launch = RunInstances {
            placement: Some(Placement { zone: "ap-guangzhou-3".into(), ..Default::default() }),
            image_id: Some("img-pmqg1cw7".into()),
            ..Default::default()
        };
        let (launched, report) = client.send_with_report(launch).await.unwrap();
        let [id] = launched.instance_id_set.try_into().unwrap();
        let running = waiters::InstancesRunning::of([&id]).of_request(report.request_id);
        wait_until_reached(&cloud, &client, running).await;
        if is_stopped {
            let stop = StopInstances { instance_ids: vec![id.clone()], ..Default::default() };
            client.send(stop).await.unwrap();
            wait_until_reached(&cloud, &client, waiters::InstancesStopped::of([&id])).await;
        }
        let enter = EnterRescueMode {
            instance_id: id.clone(),
            password: "Rescue-Me-2026".into(),
            ..Default::default()
        };
        client.send(enter).await.unwrap();
        wait_until_reached(&cloud, &client, waiters::InstancesInRescueMode::of([&id])).await;
        client
            .send(ExitRescueMode { instance_id: id.clone(), ..Default::default() })
            .await
            .unwrap();
        let polls =
            wait_until_reached(&cloud, &client, waiters::InstancesOutOfRescueMode::of([&id])).await;
        assert_eq!(polls, 5, "20 s, every 5 s");
        let target = if is_stopped {
            waiters::InstancesStopped::of([&id])
        } else {
            waiters::InstancesRunning::of([&id])
        };
        assert_eq!(wait_until_reached(&cloud, &client, target).await, 1, "stopped: {is_stopped}");
    }
}
