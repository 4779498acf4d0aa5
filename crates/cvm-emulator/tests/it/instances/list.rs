//! Lists of instances: filters, pages, totals and order.

use serde_json::{Value, json};

use crate::support::*;

fn names(response: &Value) -> Vec<&str> {
    let instances = response["InstanceSet"].as_array().unwrap();
    instances.iter().map(|one| one["InstanceName"].as_str().unwrap()).collect()
}

pub fn filter(name: &str, values: &[&str]) -> Value {
    json!({ "Filters": [{ "Name": name, "Values": values }] })
}

#[test]
fn newest_come_first_and_pages_are_exact() {
    let cloud = cloud();
    launch(&cloud, json!({ "InstanceName": "first" }));
    advance(&cloud, 1);
    launch(&cloud, json!({ "InstanceName": "web", "InstanceCount": 25 }));
    let response = send_ok(&cloud, "DescribeInstances", json!({}));
    assert_eq!((names(&response).len(), &response["TotalCount"]), (20, &json!(26)));
    assert_eq!(names(&response)[0], "web25");
    let response = send_ok(&cloud, "DescribeInstances", json!({ "Offset": 24, "Limit": 100 }));
    assert_eq!(names(&response), ["web1", "first"]);
    assert_eq!(response["TotalCount"], 26);
    let response = send_ok(&cloud, "DescribeInstances", json!({ "Offset": 26 }));
    assert_eq!((&response["InstanceSet"], &response["TotalCount"]), (&json!([]), &json!(26)));
    let status = send_ok(&cloud, "DescribeInstancesStatus", json!({ "Offset": 5, "Limit": 5 }));
    assert_eq!(status["InstanceStatusSet"].as_array().unwrap().len(), 5);
    assert_eq!(status["TotalCount"], 26);
}

#[test]
fn pages_neither_overlap_nor_skip() {
    let cloud = cloud();
    launch(&cloud, json!({ "InstanceCount": 30 }));
    let mut seen = Vec::new();
    for offset in (0..30).step_by(7) {
        let response =
            send_ok(&cloud, "DescribeInstances", json!({ "Offset": offset, "Limit": 7 }));
        let page = response["InstanceSet"].as_array().unwrap();
        seen.extend(page.iter().map(|one| one["InstanceId"].to_string()));
    }
    assert_eq!(seen.len(), 30);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 30);
}

#[test]
fn filters_apply_to_items_and_total_count() {
    let cloud = cloud();
    let tags = |team: &str| {
        json!({ "InstanceName": team, "InstanceCount": 3, "TagSpecification": [{
            "ResourceType": "instance", "Tags": [{ "Key": "team", "Value": team }] }] })
    };
    launch(&cloud, tags("red"));
    launch(&cloud, tags("blue"));
    launch(&cloud, json!({ "Placement": { "Zone": "ap-guangzhou-4" }, "InstanceName": "other" }));
    for (name, values, expected) in [
        ("zone", vec!["ap-guangzhou-3"], 6),
        ("zone", vec!["ap-guangzhou-3", "ap-guangzhou-4"], 7),
        ("zone", vec!["ap-guangzhou-7"], 0),
        ("tag:team", vec!["red"], 3),
        ("tag-key", vec!["team"], 6),
        ("instance-name", vec!["re"], 3),
        ("instance-name", vec!["*lue2"], 1),
        ("instance-state", vec!["PENDING"], 7),
        ("instance-state", vec!["RUNNING"], 0),
        ("instance-charge-type", vec!["POSTPAID_BY_HOUR"], 7),
        ("creation-start-time", vec!["2023-11-14 22:13:20"], 7),
        ("creation-end-time", vec!["2023-11-14 22:13:19"], 0),
    ] {
        let mut body = filter(name, &values);
        body["Limit"] = json!(2);
        let response = send_ok(&cloud, "DescribeInstances", body);
        assert_eq!(response["TotalCount"], expected, "{name} {values:?}");
        let actual = response["InstanceSet"].as_array().unwrap().len();
        assert_eq!(actual as i64, expected.min(2), "{name} {values:?}");
    }
    let both = json!({ "Filters": [
        { "Name": "tag:team", "Values": ["red", "blue"] },
        { "Name": "instance-name", "Values": ["red1"] },
    ] });
    assert_eq!(send_ok(&cloud, "DescribeInstances", both)["TotalCount"], 1);
}

#[test]
fn unknown_filters_are_rejected() {
    let cloud = cloud();
    for action in ["DescribeInstances", "DescribeImages", "DescribeInstanceTypeConfigs"] {
        let code = send_err(&cloud, action, filter("color", &["red"]));
        assert_eq!(code, "InvalidFilter", "{action}");
    }
}

#[test]
fn unknown_ids_are_skipped() {
    let cloud = cloud();
    let ids = launch(&cloud, json!({ "InstanceCount": 3 }));
    let body = json!({ "InstanceIds": [ids[0], ids[2], "ins-zzzzzzzz"] });
    for (action, list) in
        [("DescribeInstances", "InstanceSet"), ("DescribeInstancesStatus", "InstanceStatusSet")]
    {
        let response = send_ok(&cloud, action, body.clone());
        assert_eq!(response["TotalCount"], 2, "{action}");
        assert_eq!(response[list][0]["InstanceId"], json!(ids[2]), "{action}");
    }
}
