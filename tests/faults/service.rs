//! The service: a few actions, each with an effect that a repeated request would duplicate.

use serde_json::{Map, Value, json};

use crate::ledger::{Book, Launched, Machine};
use crate::received::Arrived;

/// The instance that the calls of the matrix act on: prepaid and running.
pub const MACHINE: &str = "ins-prepaid0";

/// Carries a request out, records it, and returns the whole response.
pub fn carry_out(book: &mut Book, arrived: &Arrived, request_id: &str) -> Value {
    let members = match arrived.action() {
        "DescribeInstances" => Ok(list(book, arrived)),
        "RunInstances" => Ok(launch(book, arrived.parameter("ClientToken"))),
        "CreateKeyPair" => Ok(create_key_pair(book)),
        "RenewInstances"
        | "RenewHosts"
        | "ResizeInstanceDisks"
        | "ModifyInstancesChargeType"
        | "PurchaseResourcePoolPacks" => {
            book.charges += 1;
            Ok(json!({ "DedicatedResourcePackIdSet": ["rpp-00000001"] }))
        }
        "RebootInstances" | "ResetInstance" | "ResetInstancesPassword" | "ResetInstancesType" => {
            book.interruptions += 1;
            Ok(json!({}))
        }
        "ModifyInstancesAttribute" => {
            book.renames += 1;
            Ok(json!({}))
        }
        action => on_machines(book, arrived, |book, machine| match action {
            "StartInstances" => start(book, machine),
            "StopInstances" => stop(book, machine),
            "TerminateInstances" => terminate(book, machine),
            other => panic!("no call here sends {other}"),
        }),
    }
    .unwrap_or_else(refused);
    answer(members, request_id)
}

/// Members as a response.
pub fn answer(mut members: Value, request_id: &str) -> Value {
    members["RequestId"] = json!(request_id);
    json!({ "Response": members })
}

/// The members of an error.
pub fn refused(code: &str) -> Value {
    json!({ "Error": { "Code": code, "Message": format!("{code} was refused here.") } })
}

/// All instances, or the requested ones, with their states: one page of them.
fn list(book: &Book, arrived: &Arrived) -> Value {
    let asked: Vec<&str> = arrived.ids().collect();
    let launched = book.instances.iter().map(|launched| launched.id.as_str());
    let ids =
        if asked.is_empty() { [MACHINE].into_iter().chain(launched).collect() } else { asked };
    let rows: Vec<Value> = ids.into_iter().filter_map(|id| instance(book, id)).collect();
    let number = |name| arrived.parameter(name).map(|text| text.parse::<usize>().unwrap());
    let page = rows.iter().skip(number("Offset").unwrap_or(0));
    let page: Vec<&Value> = page.take(number("Limit").unwrap_or(usize::MAX)).collect();
    json!({ "TotalCount": rows.len(), "InstanceSet": page })
}

fn instance(book: &Book, id: &str) -> Option<Value> {
    let (state, operation) = match book.machines.get(id).copied().unwrap_or_default() {
        Machine::Running => ("RUNNING", Value::Null),
        Machine::Stopped => ("STOPPED", json!("StopInstances")),
        Machine::Recycled => ("SHUTDOWN", json!("TerminateInstances")),
        Machine::Destroyed => return None,
    };
    let isolated = if state == "SHUTDOWN" { "MANMADE" } else { "NOTISOLATED" };
    Some(json!({
        "InstanceId": id, "InstanceState": state, "LatestOperation": operation,
        "LatestOperationState": if operation.is_null() { Value::Null } else { json!("SUCCESS") },
        "IsolatedSource": isolated,
    }))
}

/// A launch with a known token returns the instance of the first one. Without a token each creates one.
fn launch(book: &mut Book, client_token: Option<&str>) -> Value {
    let known = client_token.and_then(|token| {
        book.instances.iter().find(|launched| launched.client_token.as_deref() == Some(token))
    });
    let id = match known {
        Some(launched) => launched.id.clone(),
        None => {
            let id = format!("ins-{:08}", book.instances.len() + 1);
            let client_token = client_token.map(str::to_owned);
            book.instances.push(Launched { id: id.clone(), client_token });
            book.charges += 1;
            id
        }
    };
    json!({ "InstanceIdSet": [id] })
}

fn create_key_pair(book: &mut Book) -> Value {
    book.key_pairs += 1;
    json!({ "KeyPair": { "KeyId": format!("skey-{}", book.key_pairs), "PrivateKey": "only here" } })
}

type Done = Result<Machine, &'static str>;

fn on_machines(
    book: &mut Book,
    arrived: &Arrived,
    act: impl Fn(&mut Book, Machine) -> Done,
) -> Result<Value, &'static str> {
    for id in arrived.ids() {
        let machine = book.machines.get(id).copied().unwrap_or_default();
        let machine = act(book, machine)?;
        book.machines.insert(id.to_owned(), machine);
    }
    Ok(Value::Object(Map::new()))
}

fn start(book: &mut Book, machine: Machine) -> Done {
    match machine {
        Machine::Stopped => {
            book.starts += 1;
            Ok(Machine::Running)
        }
        Machine::Running => Err("UnsupportedOperation.InstanceStateRunning"),
        _ => Err("InvalidInstanceId.NotFound"),
    }
}

fn stop(book: &mut Book, machine: Machine) -> Done {
    match machine {
        Machine::Running => {
            book.stops += 1;
            Ok(Machine::Stopped)
        }
        Machine::Stopped => Err("UnsupportedOperation.InstanceStateStopped"),
        _ => Err("InvalidInstanceId.NotFound"),
    }
}

/// The first termination of a prepaid instance moves it to the recycle bin, the second destroys it.
fn terminate(book: &mut Book, machine: Machine) -> Done {
    match machine {
        Machine::Running | Machine::Stopped => {
            book.recycled += 1;
            Ok(Machine::Recycled)
        }
        Machine::Recycled => {
            book.destroys += 1;
            Ok(Machine::Destroyed)
        }
        Machine::Destroyed => Err("InvalidInstanceId.NotFound"),
    }
}
