//! The steps of the getting-started documents with the typed client over loopback, in every dialect.

use std::time::{Duration, UNIX_EPOCH};

use cvm_emulator::{Emulator, TimeMode};
use cvm_models::actions::*;
use cvm_models::config::Dialect;
use cvm_models::enums::*;
use cvm_models::types::*;
use cvm_models::{Client, error_code, waiters};
use cvm_protocol::{json, query_form};

use crate::cloud::{SECRET_ID, builder, client, client_for};
use crate::documented_samples::DocumentedSample;

/// Instance A: the sample of the documents, parameter by parameter.
pub fn sample() -> RunInstances {
    RunInstances {
        placement: Some(Placement { zone: "ap-guangzhou-2".into(), ..Default::default() }),
        instance_charge_type: Some(InstanceChargeType::PostpaidByHour),
        image_id: Some("img-pmqg1cw7".into()),
        instance_type: Some("S1.SMALL1".into()),
        system_disk: Some(SystemDisk {
            disk_type: Some(DiskType::LocalBasic),
            disk_size: Some(50),
            ..Default::default()
        }),
        data_disks: vec![DataDisk {
            disk_type: Some(DiskType::LocalBasic),
            disk_size: Some(100),
            ..Default::default()
        }],
        internet_accessible: Some(InternetAccessible {
            internet_charge_type: Some(InternetChargeType::TrafficPostpaidByHour),
            internet_max_bandwidth_out: Some(10),
            public_ip_assigned: Some(true),
            ..Default::default()
        }),
        instance_name: Some("QCLOUD-TEST".into()),
        login_settings: Some(LoginSettings {
            password: Some("Qcloud@TestApi123++".into()),
            ..Default::default()
        }),
        enhanced_service: Some(EnhancedService {
            security_service: Some(RunSecurityServiceEnabled {
                enabled: Some(true),
                ..Default::default()
            }),
            monitor_service: Some(RunMonitorServiceEnabled {
                enabled: Some(true),
                ..Default::default()
            }),
            ..Default::default()
        }),
        instance_count: Some(1),
        ..Default::default()
    }
}

/// Instance B: as A, on a disk type that can move to another host.
fn movable() -> RunInstances {
    RunInstances {
        system_disk: Some(SystemDisk {
            disk_type: Some(DiskType::CloudPremium),
            disk_size: Some(50),
            ..Default::default()
        }),
        data_disks: vec![],
        ..sample()
    }
}

#[test]
fn typed_launch_equals_the_sample() {
    let mut printed = RunInstances::default();
    let pairs = DocumentedSample::load("launch-postpaid").pairs();
    let borrowed = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    assert!(query_form::decode(&mut printed, borrowed).unwrap().drifts.is_empty());
    assert_eq!(sample(), printed);
    assert_eq!(query_form::encode(&sample()).unwrap().len(), pairs.len());
}

async fn shown(client: &Client, id: &str) -> Option<Instance> {
    let request = DescribeInstances { instance_ids: vec![id.to_owned()], ..Default::default() };
    let mut response = client.send(request).await.unwrap();
    assert_eq!(response.total_count as usize, response.instance_set.len());
    response.instance_set.pop()
}

async fn launch(client: &Client, request: RunInstances) -> String {
    let (launched, report) = client.send_with_report(request).await.unwrap();
    assert_eq!(launched.request_id, report.request_id);
    assert!(report.client_token.is_some(), "a launch carries a token");
    assert_eq!(report.attempts.len(), 1);
    assert_eq!(report.drift, [""; 0]);
    let [id] = launched.instance_id_set.try_into().unwrap();
    let report = client.wait(waiters::InstancesRunning::of([&id])).await.unwrap();
    assert_eq!(report.reached().count(), 1);
    id
}

async fn query_types(client: &Client) {
    let filter = |name: &str, value: &str| Filter {
        name: name.into(),
        values: vec![value.into()],
        ..Default::default()
    };
    let request = DescribeInstanceTypeConfigs {
        filters: vec![filter("zone", "ap-guangzhou-2"), filter("instance-family", "S2")],
        ..Default::default()
    };
    let response = client.send(request).await.unwrap();
    let configs = response.instance_type_config_set;
    assert!(configs.iter().all(|one| one.zone == "ap-guangzhou-2" && one.instance_family == "S2"));
    let fitting: Vec<_> = configs.iter().filter(|one| one.cpu == 2 && one.memory == 4).collect();
    let [model] = fitting[..] else { panic!("{fitting:?}") };
    assert_eq!(model.instance_type, "S2.MEDIUM4");
}

async fn instance_a(client: &Client) {
    let id = launch(client, sample()).await;
    let shown_a = shown(client, &id).await.unwrap();
    assert_eq!(shown_a.instance_state, InstanceState::Running);
    assert_eq!(shown_a.instance_name, "QCLOUD-TEST");
    assert_eq!(shown_a.instance_type, "S1.SMALL1");
    assert_eq!((shown_a.cpu, shown_a.memory), (1, 1));
    assert_eq!(shown_a.image_id, "img-pmqg1cw7");
    assert_eq!(shown_a.placement.zone, "ap-guangzhou-2");
    assert_eq!(shown_a.instance_charge_type, InstanceChargeType::PostpaidByHour);
    assert_eq!(shown_a.system_disk.disk_type, Some(DiskType::LocalBasic));
    assert_eq!(shown_a.system_disk.disk_size, Some(50));
    assert_eq!(shown_a.data_disks[0].disk_size, Some(100));
    assert_eq!(shown_a.internet_accessible.internet_max_bandwidth_out, Some(10));
    assert_eq!(shown_a.public_ip_addresses.len(), 1);
    assert!(!json::to_value(&shown_a).to_string().contains("Qcloud@"), "a password is never shown");

    let change = ResetInstancesType {
        instance_ids: vec![id.clone()],
        instance_type: "S2.MEDIUM4".into(),
        force_stop: Some(true),
        ..Default::default()
    };
    let error = client.send(change).await.unwrap_err();
    assert!(error.is_service() && error.outcome_unknown().is_none(), "{error}");
    let code = error.code().unwrap().as_str();
    assert_eq!(code, error_code::UNSUPPORTED_OPERATION_SYSTEM_DISK_TYPE);
    assert_eq!(shown(client, &id).await.unwrap(), shown_a, "an error changes nothing");

    stop_and_return(client, &id).await;
}

async fn instance_b(client: &Client) {
    let id = launch(client, movable()).await;
    let change = ResetInstancesType {
        instance_ids: vec![id.clone()],
        instance_type: "S2.MEDIUM4".into(),
        force_stop: Some(true),
        ..Default::default()
    };
    let (_, report) = client.send_with_report(change).await.unwrap();
    let done = waiters::InstanceOperationsDone::of([&id]).of_request(report.request_id);
    client.wait(done).await.unwrap();
    let shown_b = shown(client, &id).await.unwrap();
    assert_eq!(shown_b.instance_type, "S2.MEDIUM4");
    assert_eq!((shown_b.cpu, shown_b.memory), (2, 4));
    assert_eq!(shown_b.instance_state, InstanceState::Running);
    assert_eq!(shown_b.latest_operation.as_deref(), Some("ResetInstancesType"));
    assert_eq!(shown_b.latest_operation_state, Some(LatestOperationState::Success));
    stop_and_return(client, &id).await;
}

async fn stop_and_return(client: &Client, id: &str) {
    let instance_ids = vec![id.to_owned()];
    let stop = StopInstances { instance_ids: instance_ids.clone(), ..Default::default() };
    client.send(stop).await.unwrap();
    client.wait(waiters::InstancesStopped::of([id])).await.unwrap();
    let terminate = TerminateInstances { instance_ids: instance_ids.clone(), ..Default::default() };
    client.send(terminate.clone()).await.unwrap();
    client.wait(waiters::InstancesTerminated::of([id]).seen_before()).await.unwrap();
    assert_eq!(shown(client, id).await, None, "it is gone");
    let error = client.send(terminate).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

#[tokio::test]
async fn getting_started_works_in_every_dialect() {
    for dialect in Dialect::ALL {
        let emulator = builder().time_mode(TimeMode::Instant).start().await.unwrap();
        let client = client(&emulator, dialect);
        query_types(&client).await;
        instance_a(&client).await;
        instance_b(&client).await;
    }
}

#[tokio::test]
async fn intermediate_states_are_visible_while_the_clock_is_stopped() {
    let emulator = builder().start().await.unwrap();
    let client = client(&emulator, Dialect::Tc3);
    let launched = client.send(movable()).await.unwrap();
    let id = &launched.instance_id_set[0];
    assert_eq!(state(&client, id).await, InstanceState::Pending);
    pass(&emulator);
    assert_eq!(state(&client, id).await, InstanceState::Running);

    let instance_ids = vec![id.clone()];
    let stop = StopInstances { instance_ids: instance_ids.clone(), ..Default::default() };
    client.send(stop).await.unwrap();
    assert_eq!(state(&client, id).await, InstanceState::Stopping);
    pass(&emulator);
    assert_eq!(state(&client, id).await, InstanceState::Stopped);

    let change = ResetInstancesType {
        instance_ids: instance_ids.clone(),
        instance_type: "S2.MEDIUM4".into(),
        ..Default::default()
    };
    client.send(change).await.unwrap();
    let during = shown(&client, id).await.unwrap();
    assert_eq!(during.latest_operation_state, Some(LatestOperationState::Operating));
    assert_eq!(during.instance_type, "S1.SMALL1", "the new type is visible after the change");
    pass(&emulator);
    assert_eq!(shown(&client, id).await.unwrap().instance_type, "S2.MEDIUM4");

    let terminate = TerminateInstances { instance_ids, ..Default::default() };
    client.send(terminate).await.unwrap();
    assert_eq!(state(&client, id).await, InstanceState::Terminating);
    pass(&emulator);
    assert_eq!(shown(&client, id).await, None);
}

async fn state(client: &Client, id: &str) -> InstanceState {
    let request =
        DescribeInstancesStatus { instance_ids: vec![id.to_owned()], ..Default::default() };
    let response = client.send(request).await.unwrap();
    let [status] = response.instance_status_set.try_into().unwrap();
    assert_eq!(shown(client, id).await.unwrap().instance_state, status.instance_state);
    status.instance_state
}

fn pass(emulator: &Emulator) {
    emulator.clock().advance(Duration::from_secs(60));
}

#[tokio::test]
async fn client_corrects_its_clock_to_that_of_the_emulator() {
    let in_an_hour = || 3600 + UNIX_EPOCH.elapsed().unwrap().as_secs();
    let emulator = builder().wall_clock(in_an_hour).start().await.unwrap();
    let correcting = client_for(emulator.url()).build().unwrap();
    correcting.send(DescribeZones::default()).await.unwrap();
    let other = client_for(emulator.url()).correct_clock(false).build().unwrap();
    let error = other.send(DescribeZones::default()).await.unwrap_err();
    assert_eq!(error.code().unwrap().as_str(), error_code::AUTH_FAILURE_SIGNATURE_EXPIRE);
}

#[tokio::test]
async fn wrong_key_is_refused_in_every_dialect() {
    let emulator = builder().start().await.unwrap();
    for dialect in Dialect::ALL {
        let wrong = cvm_models::Credential::new(SECRET_ID, "not-the-key").unwrap();
        let client = client_for(emulator.url()).credential(wrong).dialect(dialect).build().unwrap();
        let error = client.send(DescribeZones::default()).await.unwrap_err();
        assert!(error.is_auth() && error.attempts().len() == 1, "{dialect}: {error}");
        // The old gateway documents one general code for credentials that it cannot validate.
        let expected = if dialect == Dialect::OldGateway {
            error_code::AUTH_FAILURE
        } else {
            error_code::AUTH_FAILURE_SIGNATURE_FAILURE
        };
        assert_eq!(error.code().unwrap().as_str(), expected, "{dialect}");
    }
}
