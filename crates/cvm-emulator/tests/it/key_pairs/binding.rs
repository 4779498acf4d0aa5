//! Key pairs and the instances that they open.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use super::{create, in_beijing, names, pairs};
use crate::support::*;

const WINDOWS: &str = "img-9id7emv7";

/// A list that is left out when it is empty.
fn texts(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items.map(|item| item.as_str().unwrap().to_owned()).collect()
}

/// The instances that a pair opens.
fn opened(cloud: &Cloud, key_id: &str) -> Vec<String> {
    let shown = pairs(cloud, json!({ "KeyIds": [key_id] }));
    assert_eq!(shown.as_array().map(Vec::len), Some(1));
    texts(&shown[0]["AssociatedInstanceIds"])
}

/// The pairs that open an instance.
fn openers(cloud: &Cloud, instance_id: &str) -> Vec<String> {
    texts(&show(cloud, instance_id)["LoginSettings"]["KeyIds"])
}

fn stopped(cloud: &Cloud, members: Value) -> String {
    let id = running(cloud, members);
    done(cloud, "StopInstances", json!({ "InstanceIds": [id] }));
    pass(cloud, 15);
    id
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
    let (free, used) = (create(&cloud, "free"), create(&cloud, "used"));
    let id = stopped(&cloud, json!({ "LoginSettings": { "KeyIds": [used] } }));
    let delete = |ids: &[&str]| refused(&cloud, "DeleteKeyPairs", json!({ "KeyIds": ids }));
    assert_eq!(delete(&[&free, &used]), "InvalidParameterValue.KeyPairNotSupported");
    assert_eq!(delete(&[&free, "skey-zzzzzzzz"]), "InvalidKeyPairId.NotFound");
    assert_eq!(names(&cloud, json!({})), ["used", "free"]);

    // One that is being written is used already, one that is being taken off still is.
    done(&cloud, "AssociateInstancesKeyPairs", binding(&[&id], &[&free]));
    assert_eq!(delete(&[&free]), "InvalidParameterValue.KeyPairNotSupported");
    assert_eq!(delete(&[&used]), "InvalidParameterValue.KeyPairNotSupported");
    pass(&cloud, 5);
    done(&cloud, "DeleteKeyPairs", json!({ "KeyIds": [used, used] }));
    assert_eq!(names(&cloud, json!({})), ["free"]);
    assert_eq!(delete(&[&used]), "InvalidKeyPairId.NotFound");
}

#[test]
fn launch_binds_only_existing_key_pairs() {
    let cloud = cloud();
    let (one, two) = (create(&cloud, "one"), create(&cloud, "two"));
    let with = |ids: &[&String]| json!({ "LoginSettings": { "KeyIds": ids } });
    let ids = launch(&cloud, with(&[&one, &two, &one]));
    let more = launch(&cloud, with(&[&two]));
    assert_eq!(openers(&cloud, &ids[0]), [&*one, &*two]);
    assert_eq!(opened(&cloud, &one), ids);
    assert_eq!(opened(&cloud, &two), [&*more[0], &*ids[0]]);

    let mut windows = with(&[&one]);
    windows["ImageId"] = json!(WINDOWS);
    let refusal = refused(&cloud, "RunInstances", run(windows));
    assert_eq!(refusal, "UnsupportedOperation.KeyPairUnsupportedWindows");
    let absent = "skey-zzzzzzzz".to_owned();
    let refusal = refused(&cloud, "RunInstances", run(with(&[&one, &absent])));
    assert_eq!(refusal, "InvalidParameterValue.KeyPairNotFound");
    let mut body = run(with(&[&one]));
    body["Placement"]["Zone"] = json!("ap-beijing-3");
    let answer = in_beijing(&cloud, "RunInstances", &body);
    assert_eq!(code(&answer), "InvalidParameterValue.KeyPairNotFound");
    let mut dry = run(with(&[&one]));
    dry["DryRun"] = json!(true);
    done(&cloud, "RunInstances", dry);
    assert_eq!(opened(&cloud, &one), ids);
}

#[test]
fn terminated_instances_are_unbound() {
    let cloud = cloud();
    let key_id = create(&cloud, "one");
    let login = json!({ "KeyIds": [key_id] });
    let hourly = running(&cloud, json!({ "LoginSettings": login }));
    let prepaid = running(
        &cloud,
        json!({ "LoginSettings": login, "InstanceChargeType": "PREPAID",
            "InstanceChargePrepaid": { "Period": 1 } }),
    );
    for id in [&hourly, &prepaid] {
        done(&cloud, "TerminateInstances", json!({ "InstanceIds": [id] }));
    }
    assert_eq!(opened(&cloud, &key_id), [&*prepaid, &*hourly]);
    pass(&cloud, 10);
    assert_eq!(opened(&cloud, &key_id), [&*prepaid]);
    done(&cloud, "TerminateInstances", json!({ "InstanceIds": [prepaid] }));
    pass(&cloud, 10);
    assert_eq!(opened(&cloud, &key_id), [""; 0]);
    done(&cloud, "DeleteKeyPairs", json!({ "KeyIds": [key_id] }));
}

#[test]
fn binding_keeps_a_stopped_instance_stopped() {
    let cloud = cloud();
    let [one, two, three] = ["one", "two", "three"].map(|name| create(&cloud, name));
    let id = stopped(&cloud, json!({ "LoginSettings": { "KeyIds": [one] } }));
    done(&cloud, "AssociateInstancesKeyPairs", binding(&[&id, &id], &[&two, &three]));
    let shown = show(&cloud, &id);
    assert_eq!(shown["InstanceState"], "STOPPED");
    assert_eq!(shown["LatestOperation"], "AssociateInstancesKeyPairs");
    assert_eq!(shown["LatestOperationState"], "OPERATING");
    pass(&cloud, 4);
    assert_eq!(openers(&cloud, &id), [&*one]);
    pass(&cloud, 1);
    assert_eq!(openers(&cloud, &id), [&*two, &*three]);
    assert_eq!(show(&cloud, &id)["LatestOperationState"], "SUCCESS");
    assert_eq!(state(&cloud, &id), "STOPPED");
    assert_eq!(opened(&cloud, &one), [""; 0]);
    assert_eq!(opened(&cloud, &three), [&*id]);

    // Taking off one that is not bound is no fault.
    done(&cloud, "DisassociateInstancesKeyPairs", binding(&[&id], &[&one, &two]));
    assert_eq!(show(&cloud, &id)["LatestOperation"], "DisassociateInstancesKeyPairs");
    pass(&cloud, 5);
    assert_eq!(openers(&cloud, &id), [&*three]);
    assert_eq!(opened(&cloud, &two), [""; 0]);
}

#[test]
fn forced_binding_restarts_a_running_instance() {
    for action in ["AssociateInstancesKeyPairs", "DisassociateInstancesKeyPairs"] {
        let cloud = cloud();
        let key_id = create(&cloud, "one");
        let login = json!({ "LoginSettings": { "KeyIds": [key_id] } });
        let (before, after, login) = match action {
            "AssociateInstancesKeyPairs" => (vec![], vec![key_id.clone()], json!({})),
            _ => (vec![key_id.clone()], vec![], login),
        };
        let off = stopped(&cloud, login.clone());
        let on = running(&cloud, login);
        done(&cloud, action, forced(&[&on, &off], &[&key_id]));
        let states = || [state(&cloud, &on), state(&cloud, &off)];
        assert_eq!(states(), ["STOPPING", "STOPPED"]);
        for (seconds, expected) in [(5, "STOPPED"), (5, "STARTING"), (9, "STARTING")] {
            pass(&cloud, seconds);
            assert_eq!(state(&cloud, &on), expected, "{action}");
            assert_eq!(openers(&cloud, &on), before, "{action}");
        }
        pass(&cloud, 1);
        assert_eq!(states(), ["RUNNING", "STOPPED"]);
        assert_eq!(openers(&cloud, &on), after);
        assert_eq!(openers(&cloud, &off), after);
    }
}

#[test]
fn one_invalid_binding_fails_the_whole_request() {
    let cloud = cloud();
    let key_id = create(&cloud, "one");
    let good = stopped(&cloud, json!({ "LoginSettings": { "KeyIds": [key_id] } }));
    let windows = stopped(&cloud, json!({ "ImageId": WINDOWS }));
    let uncharged = running(&cloud, json!({}));
    let body = json!({ "InstanceIds": [uncharged], "StoppedMode": "STOP_CHARGING" });
    done(&cloud, "StopInstances", body);
    pass(&cloud, 15);
    let busy = stopped(&cloud, json!({}));
    let on = running(&cloud, json!({}));
    let body = json!({ "InstanceIds": [busy], "InstanceType": "S5.MEDIUM8" });
    done(&cloud, "ResetInstancesType", body);
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
            assert_eq!(refused(&cloud, action, body.clone()), expected, "{action} {body}");
        }
        assert_ne!(show(&cloud, &good)["LatestOperation"], action);
    }
    assert_eq!(openers(&cloud, &good), [&*key_id]);
    for action in ["AssociateInstancesKeyPairs", "DisassociateInstancesKeyPairs"] {
        done(&cloud, action, binding(&[&good], &[&key_id]));
        let code = refused(&cloud, action, binding(&[&good], &[&key_id]));
        assert_eq!(code, "MutexOperation.TaskRunning", "{action}");
        pass(&cloud, 5);
    }
}
