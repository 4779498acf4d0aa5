//! `ClientToken`: a repeated launch returns the result of the first one.

use std::thread;

use serde_json::{Value, json};

use crate::support::*;

fn with_token(token: &str, members: Value) -> Value {
    let mut body = run_request(members);
    body["ClientToken"] = json!(token);
    body
}

#[test]
fn same_token_returns_the_same_instances() {
    let cloud = cloud();
    let body = with_token("t-1", json!({ "InstanceCount": 2 }));
    let first = send_ok(&cloud, "RunInstances", body.clone());
    let second = send_ok(&cloud, "RunInstances", body);
    assert_eq!(first["InstanceIdSet"], second["InstanceIdSet"]);
    assert_ne!(first["RequestId"], second["RequestId"]);
    assert_eq!(send_ok(&cloud, "DescribeInstances", json!({}))["TotalCount"], 2);
}

#[test]
fn token_works_across_dialects() {
    let cloud = cloud();
    let pairs = [
        ("Placement.Zone", "ap-guangzhou-3"),
        ("ImageId", IMAGE),
        ("InstanceCount", "1"),
        ("ClientToken", "t-1"),
    ];
    let call = Call::new("RunInstances");
    let ids = DIALECTS.map(|dialect| {
        let response = read(&cloud.handle(&call.pairs(dialect, &pairs)));
        response["InstanceIdSet"].to_string()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(send_ok(&cloud, "DescribeInstances", json!({}))["TotalCount"], 1);
}

#[test]
fn token_with_different_parameters_is_rejected() {
    let cloud = cloud();
    let password = |text: &str| json!({ "LoginSettings": { "Password": text } });
    send_ok(&cloud, "RunInstances", with_token("t-1", password("Abcdefg1")));
    for members in [json!({}), password("Abcdefg2")] {
        let code = send_err(&cloud, "RunInstances", with_token("t-1", members));
        assert_eq!(code, "InvalidParameterValue");
    }
    assert_eq!(send_ok(&cloud, "DescribeInstances", json!({}))["TotalCount"], 1);
}

#[test]
fn different_tokens_and_regions_launch_separately() {
    let cloud = cloud();
    send_ok(&cloud, "RunInstances", with_token("t-1", json!({})));
    send_ok(&cloud, "RunInstances", with_token("t-2", json!({})));
    send_ok(&cloud, "RunInstances", run_request(json!({})));
    send_ok(&cloud, "RunInstances", run_request(json!({})));
    assert_eq!(send_ok(&cloud, "DescribeInstances", json!({}))["TotalCount"], 4);
    let mut body = with_token("t-1", json!({}));
    body["Placement"]["Zone"] = json!("ap-shanghai-2");
    let request = Call::new("RunInstances").region("ap-shanghai").json(body.to_string());
    assert!(read(&cloud.handle(&request)).get("Error").is_none());
}

#[test]
fn token_is_remembered_however_the_clock_advances() {
    let cloud = cloud();
    let body = with_token("t-1", json!({}));
    let ids = || send_ok(&cloud, "RunInstances", body.clone())["InstanceIdSet"].to_string();
    let first = ids();
    for seconds in [24, 180, 86_400, 30 * 86_400] {
        advance(&cloud, seconds);
        assert_eq!(ids(), first, "{seconds}");
    }
}

#[test]
fn dry_runs_and_errors_do_not_use_up_a_token() {
    let cloud = cloud();
    send_ok(&cloud, "RunInstances", with_token("t-1", json!({ "DryRun": true })));
    let bad = with_token("t-1", json!({ "ImageId": "img-00000000" }));
    assert_eq!(send_err(&cloud, "RunInstances", bad), "InvalidImageId.NotFound");
    let first = send_ok(&cloud, "RunInstances", with_token("t-1", json!({})));
    assert_eq!(first["InstanceIdSet"].as_array().unwrap().len(), 1);
    let dry = send_ok(&cloud, "RunInstances", with_token("t-1", json!({ "DryRun": true })));
    assert!(dry.get("InstanceIdSet").is_none(), "{dry}");
}

#[test]
fn concurrent_launches_with_one_token_launch_once() {
    for round in 0..20 {
        let cloud = cloud();
        let body = with_token(&format!("t-{round}"), json!({}));
        let responses: Vec<_> = thread::scope(|scope| {
            let start =
                || send_ok(&cloud, "RunInstances", body.clone())["InstanceIdSet"].to_string();
            let threads: Vec<_> = (0..16).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(responses.iter().all(|ids| *ids == responses[0]), "{responses:?}");
        assert_eq!(send_ok(&cloud, "DescribeInstances", json!({}))["TotalCount"], 1);
    }
}
