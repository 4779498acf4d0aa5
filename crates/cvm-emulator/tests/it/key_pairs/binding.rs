//! Binding of key pairs to instances.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use super::{add, names, pairs, send_in_beijing};
use crate::support::*;

const WINDOWS: &str = "img-9id7emv7";

/// The strings of a list that is null when it is empty.
fn optional_strings(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items.map(|item| item.as_str().unwrap().to_owned()).collect()
}

/// The instances to which a key pair is bound.
fn instances_of(cloud: &Cloud, key_id: &str) -> Vec<String> {
    let actual = pairs(cloud, json!({ "KeyIds": [key_id] }));
    assert_eq!(actual.as_array().map(Vec::len), Some(1));
    optional_strings(&actual[0]["AssociatedInstanceIds"])
}

/// The key pairs that are bound to an instance.
fn keys_of(cloud: &Cloud, instance_id: &str) -> Vec<String> {
    optional_strings(&describe(cloud, instance_id)["LoginSettings"]["KeyIds"])
}

fn binding(instance_ids: &[&String], key_ids: &[&String]) -> Value {
    json!({ "InstanceIds": instance_ids, "KeyIds": key_ids })
}

fn forced(instance_ids: &[&String], key_ids: &[&String]) -> Value {
    json!({ "InstanceIds": instance_ids, "KeyIds": key_ids, "ForceStop": true })
}

#[test]
fn bound_key_pairs_cannot_be_deleted() {
    let cloud = cloud();
    let (free, used) = (add(&cloud, "free"), add(&cloud, "used"));
    let id = launch_stopped(&cloud, json!({ "LoginSettings": { "KeyIds": [used] } }));
    let delete = |ids: &[&str]| send_err(&cloud, "DeleteKeyPairs", json!({ "KeyIds": ids }));
    assert_eq!(delete(&[&free, &used]), "InvalidParameterValue.KeyPairNotSupported");
    assert_eq!(delete(&[&free, "skey-zzzzzzzz"]), "InvalidKeyPairId.NotFound");
    assert_eq!(names(&cloud, json!({})), ["used", "free"]);

    // A key pair counts as bound while it is being bound and while it is being unbound.
    send_ok(&cloud, "AssociateInstancesKeyPairs", binding(&[&id], &[&free]));
    assert_eq!(delete(&[&free]), "InvalidParameterValue.KeyPairNotSupported");
    assert_eq!(delete(&[&used]), "InvalidParameterValue.KeyPairNotSupported");
    advance(&cloud, 5);
    send_ok(&cloud, "DeleteKeyPairs", json!({ "KeyIds": [used, used] }));
    assert_eq!(names(&cloud, json!({})), ["free"]);
    assert_eq!(delete(&[&used]), "InvalidKeyPairId.NotFound");
}

#[test]
fn launch_binds_only_existing_key_pairs() {
    let cloud = cloud();
    let (one, two) = (add(&cloud, "one"), add(&cloud, "two"));
    let with = |ids: &[&String]| json!({ "LoginSettings": { "KeyIds": ids } });
    let ids = launch(&cloud, with(&[&one, &two, &one]));
    let more = launch(&cloud, with(&[&two]));
    assert_eq!(keys_of(&cloud, &ids[0]), [&*one, &*two]);
    assert_eq!(instances_of(&cloud, &one), ids);
    assert_eq!(instances_of(&cloud, &two), [&*more[0], &*ids[0]]);

    let mut windows = with(&[&one]);
    windows["ImageId"] = json!(WINDOWS);
    let code = send_err(&cloud, "RunInstances", run_request(windows));
    assert_eq!(code, "UnsupportedOperation.KeyPairUnsupportedWindows");
    let absent = "skey-zzzzzzzz".to_owned();
    let code = send_err(&cloud, "RunInstances", run_request(with(&[&one, &absent])));
    assert_eq!(code, "InvalidParameterValue.KeyPairNotFound");
    let mut dry = run_request(with(&[&one]));
    dry["DryRun"] = json!(true);
    send_ok(&cloud, "RunInstances", dry);
    assert_eq!(instances_of(&cloud, &one), ids);
}

#[test]
fn key_pair_opens_instances_in_all_regions() {
    let cloud = cloud();
    let key_id = add(&cloud, "one");
    let mut body = run_request(json!({ "LoginSettings": { "KeyIds": [key_id] } }));
    body["Placement"]["Zone"] = json!("ap-beijing-3");
    let there = strings(&send_in_beijing(&cloud, "RunInstances", &body)["InstanceIdSet"]);
    let here = launch(&cloud, json!({ "LoginSettings": { "KeyIds": [key_id] } }));
    let both = [here.as_slice(), &there].concat();
    assert_eq!(instances_of(&cloud, &key_id), both, "those of this region first");
    advance(&cloud, 20);
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": here }));
    advance(&cloud, 10);
    assert_eq!(instances_of(&cloud, &key_id), there);
    let delete = json!({ "KeyIds": [key_id] });
    let code = send_err(&cloud, "DeleteKeyPairs", delete.clone());
    assert_eq!(code, "InvalidParameterValue.KeyPairNotSupported");
    // Nobody reads the instances of the other region until they are gone.
    send_in_beijing(&cloud, "TerminateInstances", &json!({ "InstanceIds": there }));
    advance(&cloud, 10);
    assert_eq!(instances_of(&cloud, &key_id), [""; 0]);
    send_ok(&cloud, "DeleteKeyPairs", delete);
}

#[test]
fn terminated_instances_are_unbound() {
    let cloud = cloud();
    let key_id = add(&cloud, "one");
    let login = json!({ "KeyIds": [key_id] });
    let hourly = launch_running(&cloud, json!({ "LoginSettings": login }));
    let prepaid = launch_running(
        &cloud,
        json!({ "LoginSettings": login, "InstanceChargeType": "PREPAID",
            "InstanceChargePrepaid": { "Period": 1 } }),
    );
    for id in [&hourly, &prepaid] {
        send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [id] }));
    }
    assert_eq!(instances_of(&cloud, &key_id), [&*prepaid, &*hourly]);
    advance(&cloud, 10);
    assert_eq!(instances_of(&cloud, &key_id), [&*prepaid]);
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [prepaid] }));
    advance(&cloud, 10);
    assert_eq!(instances_of(&cloud, &key_id), [""; 0]);
    send_ok(&cloud, "DeleteKeyPairs", json!({ "KeyIds": [key_id] }));
}

#[test]
fn binding_keeps_a_stopped_instance_stopped() {
    let cloud = cloud();
    let [one, two, three] = ["one", "two", "three"].map(|name| add(&cloud, name));
    let id = launch_stopped(&cloud, json!({ "LoginSettings": { "KeyIds": [one] } }));
    send_ok(&cloud, "AssociateInstancesKeyPairs", binding(&[&id, &id], &[&two, &three]));
    let actual = describe(&cloud, &id);
    assert_eq!(actual["InstanceState"], "STOPPED");
    assert_eq!(actual["LatestOperation"], "AssociateInstancesKeyPairs");
    assert_eq!(actual["LatestOperationState"], "OPERATING");
    advance(&cloud, 4);
    assert_eq!(keys_of(&cloud, &id), [&*one]);
    advance(&cloud, 1);
    assert_eq!(keys_of(&cloud, &id), [&*two, &*three]);
    assert_eq!(describe(&cloud, &id)["LatestOperationState"], "SUCCESS");
    assert_eq!(state(&cloud, &id), "STOPPED");
    assert_eq!(instances_of(&cloud, &one), [""; 0]);
    assert_eq!(instances_of(&cloud, &three), [&*id]);

    // Unbinding a key pair that is not bound is not an error.
    send_ok(&cloud, "DisassociateInstancesKeyPairs", binding(&[&id], &[&one, &two]));
    assert_eq!(describe(&cloud, &id)["LatestOperation"], "DisassociateInstancesKeyPairs");
    advance(&cloud, 5);
    assert_eq!(keys_of(&cloud, &id), [&*three]);
    assert_eq!(instances_of(&cloud, &two), [""; 0]);
}

#[test]
fn forced_binding_restarts_a_running_instance() {
    for action in ["AssociateInstancesKeyPairs", "DisassociateInstancesKeyPairs"] {
        let cloud = cloud();
        let key_id = add(&cloud, "one");
        let login = json!({ "LoginSettings": { "KeyIds": [key_id] } });
        let (before, after, login) = match action {
            "AssociateInstancesKeyPairs" => (vec![], vec![key_id.clone()], json!({})),
            _ => (vec![key_id.clone()], vec![], login),
        };
        let off = launch_stopped(&cloud, login.clone());
        let on = launch_running(&cloud, login);
        send_ok(&cloud, action, forced(&[&on, &off], &[&key_id]));
        let states = || [state(&cloud, &on), state(&cloud, &off)];
        assert_eq!(states(), ["STOPPING", "STOPPED"]);
        for (seconds, expected) in [(5, "STOPPED"), (5, "STARTING"), (9, "STARTING")] {
            advance(&cloud, seconds);
            assert_eq!(state(&cloud, &on), expected, "{action}");
            assert_eq!(keys_of(&cloud, &on), before, "{action}");
        }
        advance(&cloud, 1);
        assert_eq!(states(), ["RUNNING", "STOPPED"]);
        assert_eq!(keys_of(&cloud, &on), after);
        assert_eq!(keys_of(&cloud, &off), after);
    }
}

#[test]
fn one_invalid_binding_fails_the_whole_request() {
    let cloud = cloud();
    let key_id = add(&cloud, "one");
    let good = launch_stopped(&cloud, json!({ "LoginSettings": { "KeyIds": [key_id] } }));
    let windows = launch_stopped(&cloud, json!({ "ImageId": WINDOWS }));
    let uncharged = launch_running(&cloud, json!({}));
    let body = json!({ "InstanceIds": [uncharged], "StoppedMode": "STOP_CHARGING" });
    send_ok(&cloud, "StopInstances", body);
    advance(&cloud, 15);
    let busy = launch_stopped(&cloud, json!({}));
    let on = launch_running(&cloud, json!({}));
    let body = json!({ "InstanceIds": [busy], "InstanceType": "S5.MEDIUM8" });
    send_ok(&cloud, "ResetInstancesType", body);
    let pending = launch(&cloud, json!({})).remove(0);
    let absent = "ins-zzzzzzzz".to_owned();
    let unknown = "skey-zzzzzzzz".to_owned();
    for action in ["AssociateInstancesKeyPairs", "DisassociateInstancesKeyPairs"] {
        for (body, expected) in [
            (binding(&[&good, &absent], &[&key_id]), "InvalidInstanceId.NotFound"),
            (binding(&[&good], &[&key_id, &unknown]), "InvalidKeyPairId.NotFound"),
            (binding(&[&good, &windows], &[&key_id]), "UnsupportedOperation.InstanceOsWindows"),
            (binding(&[&good, &on], &[&key_id]), "UnsupportedOperation.InstanceStateRunning"),
            (forced(&[&good, &pending], &[&key_id]), "UnsupportedOperation.InstanceStatePending"),
            (
                binding(&[&good, &uncharged], &[&key_id]),
                "UnsupportedOperation.StoppedModeStopCharging",
            ),
            (forced(&[&good, &busy], &[&key_id]), "OperationDenied.InstanceOperationInProgress"),
        ] {
            assert_eq!(send_err(&cloud, action, body.clone()), expected, "{action} {body}");
        }
        assert_ne!(describe(&cloud, &good)["LatestOperation"], action);
    }
    assert_eq!(keys_of(&cloud, &good), [&*key_id]);
    for action in ["AssociateInstancesKeyPairs", "DisassociateInstancesKeyPairs"] {
        send_ok(&cloud, action, binding(&[&good], &[&key_id]));
        let code = send_err(&cloud, action, binding(&[&good], &[&key_id]));
        assert_eq!(code, "MutexOperation.TaskRunning", "{action}");
        advance(&cloud, 5);
    }
}
