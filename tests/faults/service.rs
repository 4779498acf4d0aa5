//! The service: a few actions, each with an effect that a repeated request would duplicate.

use serde_json::{Map, Value, json};

use crate::ledger::{InstanceState, Launched, LedgerState};
use crate::received::ReceivedRequest;

/// The instance that the calls of the matrix act on: prepaid and running.
pub const INSTANCE: &str = "ins-prepaid0";

/// Carries a request out, records it, and returns the whole response.
pub fn carry_out(ledger: &mut LedgerState, received: &ReceivedRequest, request_id: &str) -> Value {
    let members = match received.action() {
        "DescribeInstances" => Ok(list(ledger, received)),
        "RunInstances" => Ok(launch(ledger, received.parameter("ClientToken"))),
        "CreateKeyPair" => Ok(create_key_pair(ledger)),
        "RenewInstances"
        | "RenewHosts"
        | "ResizeInstanceDisks"
        | "ModifyInstancesChargeType"
        | "PurchaseResourcePoolPacks" => {
            ledger.charges += 1;
            Ok(json!({ "DedicatedResourcePackIdSet": ["rpp-00000001"] }))
        }
        "RebootInstances" | "ResetInstance" | "ResetInstancesPassword" | "ResetInstancesType" => {
            ledger.interruptions += 1;
            Ok(json!({}))
        }
        "ModifyInstancesAttribute" => {
            ledger.renames += 1;
            Ok(json!({}))
        }
        action => on_instances(ledger, received, |ledger, instance| match action {
            "StartInstances" => start(ledger, instance),
            "StopInstances" => stop(ledger, instance),
            "TerminateInstances" => terminate(ledger, instance),
            other => panic!("unexpected action {other}"),
        }),
    }
    .unwrap_or_else(error);
    response(members, request_id)
}

/// Members as a response.
pub fn response(mut members: Value, request_id: &str) -> Value {
    members["RequestId"] = json!(request_id);
    json!({ "Response": members })
}

/// The members of an error.
pub fn error(code: &str) -> Value {
    json!({ "Error": { "Code": code, "Message": format!("{code}: rejected by the test service.") } })
}

/// All instances, or the requested ones, with their states: one page of them.
fn list(ledger: &LedgerState, received: &ReceivedRequest) -> Value {
    let requested: Vec<&str> = received.ids().collect();
    let launched = ledger.instances.iter().map(|launched| launched.id.as_str());
    let ids = if requested.is_empty() {
        [INSTANCE].into_iter().chain(launched).collect()
    } else {
        requested
    };
    let rows: Vec<Value> = ids.into_iter().filter_map(|id| instance(ledger, id)).collect();
    let number = |name| received.parameter(name).map(|text| text.parse::<usize>().unwrap());
    let page = rows.iter().skip(number("Offset").unwrap_or(0));
    let page: Vec<&Value> = page.take(number("Limit").unwrap_or(usize::MAX)).collect();
    json!({ "TotalCount": rows.len(), "InstanceSet": page })
}

fn instance(ledger: &LedgerState, id: &str) -> Option<Value> {
    let (state, operation) = match ledger.instance_states.get(id).copied().unwrap_or_default() {
        InstanceState::Running => ("RUNNING", Value::Null),
        InstanceState::Stopped => ("STOPPED", json!("StopInstances")),
        InstanceState::Recycled => ("SHUTDOWN", json!("TerminateInstances")),
        InstanceState::Destroyed => return None,
    };
    let isolated = if state == "SHUTDOWN" { "MANMADE" } else { "NOTISOLATED" };
    Some(json!({
        "InstanceId": id, "InstanceState": state, "LatestOperation": operation,
        "LatestOperationState": if operation.is_null() { Value::Null } else { json!("SUCCESS") },
        "IsolatedSource": isolated,
    }))
}

/// A launch with a known token returns the instance of the first one. Without a token each creates one.
fn launch(ledger: &mut LedgerState, client_token: Option<&str>) -> Value {
    let known = client_token.and_then(|token| {
        ledger.instances.iter().find(|launched| launched.client_token.as_deref() == Some(token))
    });
    let id = match known {
        Some(launched) => launched.id.clone(),
        None => {
            let id = format!("ins-{:08}", ledger.instances.len() + 1);
            let client_token = client_token.map(str::to_owned);
            ledger.instances.push(Launched { id: id.clone(), client_token });
            ledger.charges += 1;
            id
        }
    };
    json!({ "InstanceIdSet": [id] })
}

fn create_key_pair(ledger: &mut LedgerState) -> Value {
    ledger.key_pairs += 1;
    json!({ "KeyPair": { "KeyId": format!("skey-{}", ledger.key_pairs), "PrivateKey": "only here" } })
}

type NewState = Result<InstanceState, &'static str>;

fn on_instances(
    ledger: &mut LedgerState,
    received: &ReceivedRequest,
    act: impl Fn(&mut LedgerState, InstanceState) -> NewState,
) -> Result<Value, &'static str> {
    for id in received.ids() {
        let instance = ledger.instance_states.get(id).copied().unwrap_or_default();
        let instance = act(ledger, instance)?;
        ledger.instance_states.insert(id.to_owned(), instance);
    }
    Ok(Value::Object(Map::new()))
}

fn start(ledger: &mut LedgerState, instance: InstanceState) -> NewState {
    match instance {
        InstanceState::Stopped => {
            ledger.starts += 1;
            Ok(InstanceState::Running)
        }
        InstanceState::Running => Err("UnsupportedOperation.InstanceStateRunning"),
        _ => Err("InvalidInstanceId.NotFound"),
    }
}

fn stop(ledger: &mut LedgerState, instance: InstanceState) -> NewState {
    match instance {
        InstanceState::Running => {
            ledger.stops += 1;
            Ok(InstanceState::Stopped)
        }
        InstanceState::Stopped => Err("UnsupportedOperation.InstanceStateStopped"),
        _ => Err("InvalidInstanceId.NotFound"),
    }
}

/// The first termination of a prepaid instance moves it to the recycle bin, the second destroys it.
fn terminate(ledger: &mut LedgerState, instance: InstanceState) -> NewState {
    match instance {
        InstanceState::Running | InstanceState::Stopped => {
            ledger.recycled += 1;
            Ok(InstanceState::Recycled)
        }
        InstanceState::Recycled => {
            ledger.destroys += 1;
            Ok(InstanceState::Destroyed)
        }
        InstanceState::Destroyed => Err("InvalidInstanceId.NotFound"),
    }
}
