//! Tests of the requests that are made for the ids and filters of an action.

use cvm_models::protocol::RetryClass;
use cvm_models::{ACTIONS, DOCS};
use serde_json::json;

use super::*;
use crate::output::columns::main_list;

/// The requests of the list for the ids of a request.
fn requests(action: &str, parameters: Value) -> Vec<Value> {
    let info = cvm_models::action(action).unwrap();
    let facts = info.reconcile.as_ref().unwrap();
    let list = cvm_models::action(facts.list).unwrap();
    let query = ListQuery { facts, list, items: "", parameters: &parameters };
    let Some(ids) = facts.ids else { return vec![Value::Object(query.request(&[]))] };
    let ids = query.ids(ids).unwrap();
    ids.chunks(query.batch_size()).map(|ids| Value::Object(query.request(ids))).collect()
}

#[test]
fn every_change_has_reconciliation_text() {
    for info in ACTIONS.iter().filter(|info| info.retry != RetryClass::Read) {
        assert!(!DOCS.action(info.name).unwrap().reconcile.is_empty(), "{}", info.name);
        if let Some(facts) = &info.reconcile {
            let list = cvm_models::action(facts.list).unwrap();
            assert_eq!(list.retry, RetryClass::Read, "{}", info.name);
            assert!(main_list(list).is_some(), "{}", info.name);
        }
    }
}

#[test]
fn ids_are_sent_in_batches_and_in_the_right_parameter() {
    let ids: Vec<String> = (0..130).map(|index| format!("ins-{index}")).collect();
    let terminate = requests("TerminateInstances", json!({ "InstanceIds": ids }));
    assert_eq!(terminate.len(), 2);
    assert_eq!(terminate[1]["InstanceIds"].as_array().unwrap().len(), 30);
    let hosts = json!({ "HostIds": ["host-1", "host-2", "host-3", "host-4", "host-5", "host-6"] });
    let hosts = requests("RenewHosts", hosts);
    assert_eq!(hosts.len(), 2);
    assert_eq!(hosts[1], json!({ "Filters": [{ "Name": "host-id", "Values": ["host-6"] }] }));
    assert_eq!(
        requests("CreateHpcCluster", json!({ "Name": "n", "Zone": "z" })),
        [json!({ "Zone": "z", "Name": "n" })]
    );
    let versions = json!({ "LaunchTemplateId": "lt-1", "LaunchTemplateVersions": [2, 3] });
    assert_eq!(requests("DeleteLaunchTemplateVersions", versions.clone()), [versions]);
    assert_eq!(
        requests("ResetInstance", json!({ "InstanceId": "ins-1" })),
        [json!({ "InstanceIds": ["ins-1"] })]
    );
}

#[test]
fn created_resources_are_listed_by_their_zone() {
    let launch = json!({ "Placement": { "Zone": "z" }, "ImageId": "img-1" });
    assert_eq!(
        requests("RunInstances", launch),
        [json!({ "Filters": [{ "Name": "zone", "Values": ["z"] }] })]
    );
    assert_eq!(requests("RunInstances", json!({})), [json!({})]);
}

#[test]
fn no_list_request_is_made_without_ids() {
    let info = cvm_models::action("TerminateInstances").unwrap();
    let facts = info.reconcile.as_ref().unwrap();
    let list = cvm_models::action(facts.list).unwrap();
    for parameters in [json!({}), json!({ "InstanceIds": [] })] {
        let query = ListQuery { facts, list, items: "", parameters: &parameters };
        assert!(query.ids("InstanceIds").is_err(), "an empty list of ids means all resources");
    }
}

#[test]
fn every_absence_rule_has_a_not_found_code() {
    let facts = ACTIONS.iter().filter_map(|info| info.reconcile.as_ref());
    for facts in facts.filter(|facts| facts.if_absent == Missing::Success) {
        let codes = absent_codes(facts.id);
        // The API has no such code for timers.
        assert_eq!(codes.is_empty(), facts.id == "ActionTimerId", "{}", facts.id);
        for code in codes {
            assert!(cvm_models::error_code::describe(code).is_some(), "{code}");
        }
    }
}
