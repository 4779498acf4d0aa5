//! What is stored of a command, and what a replay makes of it.

use cvm_protocol::{Action, Record};
use serde_json::json;

use super::*;
use crate::clock::TimeMode;
use crate::request::find_region;
use crate::timestamp::Timestamp;

fn simulator() -> Simulator {
    Simulator::new(1, Timestamp::from_unix(1_700_000_000), TimeMode::Manual)
}

fn command(action: &str, parameters: &Value) -> Command {
    let info = cvm_models::action(action).unwrap();
    let region = find_region(Catalog::builtin(), info, Some("ap-guangzhou"), false).unwrap();
    let body = parameters.to_string();
    let request = Request::parse(info, region, &Parameters::Json(body.as_bytes())).unwrap();
    Command::Request(AccountId::FIRST, request)
}

/// Applies a command that must be accepted; returns its stored form and its response.
fn accept(simulator: &mut Simulator, action: &str, parameters: &Value) -> (String, Value) {
    let command = command(action, parameters);
    let prepared = StoredCommand::prepare(&command).unwrap();
    let response = simulator.apply(Duration::ZERO, command);
    let stored = prepared.accepted(simulator, &response);
    let stored = stored.unwrap_or_else(|| panic!("{action}: {response:?}"));
    let Response::Reply { reply: Reply::Response(response), .. } = response else {
        panic!("{action}: {response:?}");
    };
    (serde_json::to_string(&stored).unwrap(), json::to_value(&*response))
}

fn launch() -> Value {
    json!({
        "Placement": {"Zone": "ap-guangzhou-3"},
        "ImageId": "img-pmqg1cw7",
        "LoginSettings": {"Password": "Canary-Canary-7"},
        "UserData": "Y2FuYXJ5LXNjcmlwdA==",
        "ClientToken": "token",
    })
}

#[test]
fn passwords_are_not_stored_and_boot_scripts_are() {
    let mut original = simulator();
    let (first, launched) = accept(&mut original, "RunInstances", &launch());
    assert!(!first.contains("Canary") && first.contains("Y2FuYXJ5LXNjcmlwdA=="), "{first}");
    let mut replayed = simulator();
    replayed.replay(serde_json::from_str(&first).unwrap()).unwrap();
    let ids = &launched["InstanceIdSet"];
    let attributes = json!({"InstanceIds": ids, "Attributes": ["UserData"]});
    let show = |simulator: &mut Simulator| match simulator
        .apply(Duration::ZERO, command("DescribeInstancesAttributes", &attributes))
    {
        Response::Reply { reply: Reply::Response(response), .. } => json::to_value(&*response),
        other => panic!("{other:?}"),
    };
    let shown = show(&mut replayed);
    assert_eq!(shown, show(&mut original));
    assert!(shown.to_string().contains("Y2FuYXJ5LXNjcmlwdA=="), "{shown}");
}

#[test]
fn client_token_is_known_after_a_replay_with_the_password() {
    let (stored, launched) = accept(&mut simulator(), "RunInstances", &launch());
    let mut replayed = simulator();
    replayed.replay(serde_json::from_str(&stored).unwrap()).unwrap();
    let mut real = launch();
    real["DryRun"] = json!(false);
    let (_, again) = accept(&mut replayed, "RunInstances", &real);
    assert_eq!(again["InstanceIdSet"], launched["InstanceIdSet"]);
    let mut other = launch();
    other["LoginSettings"]["Password"] = json!("Another-Password-7");
    match replayed.apply(Duration::ZERO, command("RunInstances", &other)) {
        Response::Reply { reply: Reply::Error(error), .. } => {
            assert!(error.message.contains("ClientToken"), "{error:?}");
        }
        response => panic!("{response:?}"),
    }
}

#[test]
fn every_password_of_a_request_is_replaced_by_one_that_is_accepted() {
    let mut simulator = simulator();
    let windows = json!({"Placement": {"Zone": "ap-guangzhou-3"}, "ImageId": "img-9id7emv7"});
    let mut ids = Vec::new();
    for image in [launch(), windows] {
        let (_, launched) = accept(&mut simulator, "RunInstances", &image);
        ids.push(launched["InstanceIdSet"][0].clone());
    }
    simulator.apply(Duration::ZERO, Command::AdvanceClock(Duration::from_secs(600)));
    for (index, user) in
        ["Administrator", "h", "m", "0", "1", "-", "hidden", "+"].iter().enumerate()
    {
        let id = &ids[index % 2];
        let request = json!({
            "InstanceIds": [id],
            "Password": "Canary/Qwertz7#",
            "UserName": if user.len() == 1 && "canryqwetz7#/".contains(user) { "x" } else { user },
            "ForceStop": true,
        });
        let (stored, _) = accept(&mut simulator, "ResetInstancesPassword", &request);
        assert!(!stored.contains("Canary/"), "{stored}");
        let stored: StoredCommand = serde_json::from_str(&stored).unwrap();
        let (again, _) = stored.into_command(Catalog::builtin()).unwrap();
        simulator.apply(Duration::ZERO, Command::AdvanceClock(Duration::from_secs(600)));
        let response = simulator.apply(Duration::ZERO, again);
        assert_eq!(ReplayError::check(&response), Ok(()), "{user}");
        simulator.apply(Duration::ZERO, Command::AdvanceClock(Duration::from_secs(600)));
    }
}

/// Calls `found` with the name of each secret of a model and of the models in it.
fn secrets(table: &ModelInfo, depth: usize, found: &mut dyn FnMut(&'static str)) {
    for field in table.members {
        match field.kind {
            _ if field.secret => found(field.wire),
            Kind::Object(table) if depth < 8 => secrets(table, depth + 1, found),
            Kind::List(Kind::Object(table)) if depth < 8 => secrets(table, depth + 1, found),
            _ => {}
        }
    }
}

#[test]
fn secrets_of_requests_are_passwords_or_needed_by_a_replay() {
    for service in services() {
        for info in service.actions {
            if crate::actions::handler(info).is_none() {
                continue;
            }
            secrets(info.request, 0, &mut |name| {
                // A code of multi-factor authentication is refused.
                let is_known = ["Password", "TokenCode"].contains(&name) || NEEDED.contains(&name);
                assert!(is_known, "{} has the secret {name}", info.name);
            });
        }
    }
}

#[test]
fn nested_and_listed_passwords_are_hidden() {
    let mut model = Record::new(cvm_models::actions::RunInstances::INFO.request);
    let text = r#"{"LoginSettings":{"Password":"Canary-1"},"UserData":"eA=="}"#;
    json::from_slice(&mut model, text.as_bytes()).unwrap();
    let hidden = parameters(&model);
    assert_eq!(hidden["LoginSettings"]["Password"], PLACEHOLDERS[0]);
    assert_eq!(hidden["UserData"], "eA==");
}

#[test]
fn refused_commands_and_reads_are_not_stored() {
    let mut simulator = simulator();
    assert!(StoredCommand::prepare(&command("DescribeInstances", &json!({}))).is_none());
    let mut dry = launch();
    dry["DryRun"] = json!(true);
    let mut weak = launch();
    weak["LoginSettings"]["Password"] = json!("aaaaaaaa");
    for refused in [dry, weak] {
        let command = command("RunInstances", &refused);
        let prepared = StoredCommand::prepare(&command).unwrap();
        let response = simulator.apply(Duration::ZERO, command);
        assert!(prepared.accepted(&simulator, &response).is_none(), "{response:?}");
    }
}

#[test]
fn command_that_cannot_be_applied_again_is_an_error() {
    let (stored, _) = accept(&mut simulator(), "RunInstances", &launch());
    for (from, to, expected) in [
        ("RunInstances", "FlyInstances", "the action cvm:FlyInstances is unknown"),
        ("ap-guangzhou\"", "ap-nowhere\"", "the region ap-nowhere is unknown"),
        ("img-pmqg1cw7", "img-00000000", "a request ended with InvalidImageId.NotFound"),
        ("\"ClientToken\":\"token\"", "\"ClientToken\":[]", "RunInstances failed"),
    ] {
        assert!(stored.contains(from), "{stored}");
        let damaged = serde_json::from_str(&stored.replacen(from, to, 1)).unwrap();
        let error = simulator().replay(damaged).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let digits = HexDigest::EMPTY.to_string();
    let mut json: Value = serde_json::from_str(&stored).unwrap();
    json["command"]["Request"]["fingerprint"] = digits.split_at(1).1.into();
    let error = simulator().replay(serde_json::from_value(json).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "the fingerprint of RunInstances is damaged");
}
