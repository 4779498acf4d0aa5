//! Key pairs: creation, import, lists and attributes.

mod binding;

use base64ct::{Base64, Encoding};
use cvm_emulator::Cloud;
use ring::signature::Ed25519KeyPair;
use serde_json::{Value, json};

use crate::support::*;

const KEY: &str = "AAAAB3NzaC1yc2EAAAADAQABAAAABQDQ4fNL";
const OTHER_KEY: &str = "AAAAB3NzaC1yc2EAAAADAQABAAAABQDQ4fNN";

pub fn create(cloud: &Cloud, name: &str) -> String {
    let response = send_ok(cloud, "CreateKeyPair", json!({ "KeyName": name, "ProjectId": 0 }));
    response["KeyPair"]["KeyId"].as_str().unwrap().to_owned()
}

fn import(key: &str) -> Value {
    json!({ "KeyName": "mine", "ProjectId": 0, "PublicKey": format!("ssh-rsa {key} me@example") })
}

/// Sends a request to Beijing, a region that these tests otherwise do not use.
pub fn send_in_beijing(cloud: &Cloud, action: &str, body: &Value) -> Value {
    send_in(cloud, "ap-beijing", action, body)
}

pub fn pairs(cloud: &Cloud, body: Value) -> Value {
    send_ok(cloud, "DescribeKeyPairs", body)["KeyPairSet"].clone()
}

pub fn names(cloud: &Cloud, body: Value) -> Vec<String> {
    let pairs = pairs(cloud, body);
    let names = pairs.as_array().unwrap().iter().map(|pair| pair["KeyName"].as_str().unwrap());
    names.map(str::to_owned).collect()
}

#[test]
fn private_key_is_valid_and_returned_once() {
    let cloud = cloud();
    let tags = json!([{ "ResourceType": "keypair", "Tags": [{ "Key": "team", "Value": "red" }] }]);
    let body = json!({ "KeyName": "deploy_1", "ProjectId": 7, "TagSpecification": tags });
    let pair = send_ok(&cloud, "CreateKeyPair", body)["KeyPair"].clone();
    assert_eq!(pair["KeyName"], "deploy_1");
    assert_eq!(pair["ProjectId"], 7);
    assert_eq!(pair["Tags"], tags[0]["Tags"]);
    assert_eq!(pair["CreatedTime"], "2023-11-14T22:13:20Z");
    assert!(pair["AssociatedInstanceIds"].is_null());

    let words: Vec<_> = pair["PublicKey"].as_str().unwrap().split(' ').collect();
    assert_eq!((words[0], words[2]), ("ssh-ed25519", pair["KeyId"].as_str().unwrap()));
    let blob = Base64::decode_vec(words[1]).unwrap();
    let public = &blob[blob.len() - 32..];
    let private = pair["PrivateKey"].as_str().unwrap();
    let lines = private.lines().filter(|line| !line.starts_with("-----"));
    let file = Base64::decode_vec(&lines.collect::<String>()).unwrap();
    // The private key precedes the last copy of the public key.
    let at = file.windows(32).rposition(|window| window == public).unwrap();
    Ed25519KeyPair::from_seed_and_public_key(&file[at - 32..at], public).unwrap();

    advance(&cloud, 60);
    let mut kept = pair.clone();
    kept.as_object_mut().unwrap().retain(|name, _| name != "PrivateKey");
    let actual = send_ok(&cloud, "DescribeKeyPairs", json!({}));
    assert_eq!(actual["TotalCount"], 1);
    let mut listed = actual["KeyPairSet"][0].clone();
    assert!(listed["PrivateKey"].is_null(), "{listed}");
    listed.as_object_mut().unwrap().retain(|name, _| name != "PrivateKey");
    assert_eq!(listed, kept);
}

#[test]
fn seed_determines_keys_and_each_pair_is_different() {
    let make = || {
        let cloud = cloud();
        ["a", "b"].map(|name| {
            let body = json!({ "KeyName": name, "ProjectId": 0 });
            let pair = send_ok(&cloud, "CreateKeyPair", body)["KeyPair"].clone();
            [
                pair["KeyId"].to_string(),
                pair["PublicKey"].to_string(),
                pair["PrivateKey"].to_string(),
            ]
        })
    };
    let [first, second] = make();
    assert_eq!([first.clone(), second.clone()], make());
    first.iter().zip(&second).for_each(|(one, other)| assert_ne!(one, other));
}

#[test]
fn imported_public_key_is_stored_unchanged() {
    let cloud = cloud();
    let key_id = send_ok(&cloud, "ImportKeyPair", import(KEY))["KeyId"].clone();
    let actual = pairs(&cloud, json!({ "KeyIds": [key_id] }));
    assert_eq!(actual[0]["PublicKey"], format!("ssh-rsa {KEY} me@example"));
    assert_eq!(actual[0]["KeyName"], "mine");
    for key in ["", "AAAA", "not base64", &KEY[..KEY.len() - 4]] {
        let code = send_err(&cloud, "ImportKeyPair", import(key));
        assert_eq!(code, "InvalidPublicKey.Malformed", "{key}");
    }
    let mut body = import(OTHER_KEY);
    body["PublicKey"] = json!(format!("ssh-ed25519 {OTHER_KEY}"));
    assert_eq!(send_err(&cloud, "ImportKeyPair", body.clone()), "InvalidPublicKey.Malformed");
    // Another comment does not make it another key, and all regions belong to one account.
    body["KeyName"] = json!("yours");
    body["PublicKey"] = json!(format!("ssh-rsa {KEY} you@example"));
    assert_eq!(send_err(&cloud, "ImportKeyPair", body.clone()), "InvalidPublicKey.Duplicate");
    assert_eq!(
        error_code(&send_in_beijing(&cloud, "ImportKeyPair", &body)),
        "InvalidPublicKey.Duplicate"
    );
    body["PublicKey"] = json!(format!("ssh-rsa {OTHER_KEY}\n"));
    send_ok(&cloud, "ImportKeyPair", body);
    assert_eq!(names(&cloud, json!({})), ["yours", "mine"]);
}

#[test]
fn invalid_key_pairs_are_rejected() {
    let cloud = cloud();
    create(&cloud, "taken");
    let tags = |kind: &str, keys: &[&str]| {
        let tags: Vec<_> = keys.iter().map(|key| json!({ "Key": key, "Value": "v" })).collect();
        json!({ "TagSpecification": [{ "ResourceType": kind, "Tags": tags }] })
    };
    for (members, created, imported) in [
        (json!({ "KeyName": "taken" }), "InvalidKeyPairName.Duplicate", None),
        (json!({ "ProjectId": -1 }), "InvalidProjectId.NotFound", None),
        (tags("instance", &["a"]), "InvalidParameterValue", None),
        (tags("keypair", &["a", "a"]), "InvalidParameterValue", None),
        (
            tags("keypair", &["qcs:a"]),
            "FailedOperation.TagKeyReserved",
            Some("InvalidParameterValue"),
        ),
        // Invalid parameters are reported before conflicts with existing resources.
        (json!({ "KeyName": "taken", "ProjectId": -1 }), "InvalidProjectId.NotFound", None),
    ] {
        let mut body = merge(json!({ "KeyName": "new", "ProjectId": 0 }), members);
        assert_eq!(send_err(&cloud, "CreateKeyPair", body.clone()), created, "{body}");
        let response = send_in_beijing(&cloud, "CreateKeyPair", &body);
        assert_eq!(error_code(&response), created, "names are unique within the account: {body}");
        body["PublicKey"] = json!(format!("ssh-rsa {KEY}"));
        let code = send_err(&cloud, "ImportKeyPair", body.clone());
        assert_eq!(code, imported.unwrap_or(created), "{body}");
    }
    assert_eq!(names(&cloud, json!({})), ["taken"]);
}

#[test]
fn account_quota_is_100_key_pairs() {
    let cloud = cloud();
    for number in 0..99 {
        create(&cloud, &format!("key_{number}"));
    }
    let body = json!({ "KeyName": "elsewhere", "ProjectId": 0 });
    let key_id = send_in_beijing(&cloud, "CreateKeyPair", &body)["KeyPair"]["KeyId"].clone();
    let body = json!({ "KeyName": "one_more", "ProjectId": 0 });
    assert_eq!(send_err(&cloud, "CreateKeyPair", body.clone()), "InvalidKeyPair.LimitExceeded");
    assert_eq!(send_err(&cloud, "ImportKeyPair", import(KEY)), "InvalidKeyPair.LimitExceeded");
    send_in_beijing(&cloud, "DeleteKeyPairs", &json!({ "KeyIds": [key_id] }));
    send_ok(&cloud, "CreateKeyPair", body);
}

#[test]
fn key_pairs_are_listed_filtered_and_paged() {
    let cloud = cloud();
    for (name, project, team) in [("a", 0, "red"), ("b", 1, "red"), ("c", 1, "blue")] {
        let tags = json!([{ "Key": "team", "Value": team }, { "Key": name, "Value": "x" }]);
        let specification = json!([{ "ResourceType": "keypair", "Tags": tags }]);
        let body = json!({ "KeyName": name, "ProjectId": project,
            "TagSpecification": specification });
        send_ok(&cloud, "CreateKeyPair", body);
    }
    assert_eq!(names(&cloud, json!({})), ["c", "b", "a"]);
    let page = send_ok(&cloud, "DescribeKeyPairs", json!({ "Offset": 1, "Limit": 1 }));
    assert_eq!(page["TotalCount"], 3);
    assert_eq!(names(&cloud, json!({ "Offset": 1, "Limit": 1 })), ["b"]);
    assert_eq!(names(&cloud, json!({ "Offset": 3 })), [""; 0]);
    for (name, values, expected) in [
        ("project-id", vec!["1"], vec!["c", "b"]),
        ("key-name", vec!["a", "c"], vec!["c", "a"]),
        ("key-name", vec!["A"], vec![]),
        ("tag-key", vec!["b"], vec!["b"]),
        ("tag-value", vec!["blue"], vec!["c"]),
        ("tag:team", vec!["red"], vec!["b", "a"]),
        ("tag:a", vec!["red"], vec![]),
    ] {
        let body = json!({ "Filters": [{ "Name": name, "Values": values }] });
        assert_eq!(names(&cloud, body), expected, "{name} {values:?}");
    }
    let both = json!({ "Filters": [{ "Name": "project-id", "Values": ["1"] },
        { "Name": "tag:team", "Values": ["red"] }] });
    assert_eq!(names(&cloud, both), ["b"]);
    let body = json!({ "Filters": [{ "Name": "key-id", "Values": ["x"] }] });
    assert_eq!(send_err(&cloud, "DescribeKeyPairs", body), "InvalidFilter");
    let oldest = pairs(&cloud, json!({ "Offset": 2 }))[0]["KeyId"].clone();
    assert_eq!(names(&cloud, json!({ "KeyIds": ["skey-zzzzzzzz", oldest] })), ["a"]);
    let elsewhere = send_in_beijing(&cloud, "DescribeKeyPairs", &json!({}));
    assert_eq!(elsewhere["TotalCount"], 0);
}

#[test]
fn names_and_descriptions_can_be_changed() {
    let cloud = cloud();
    let (one, two) = (create(&cloud, "one"), create(&cloud, "two"));
    let modify = |body: Value| send_ok(&cloud, "ModifyKeyPairAttribute", body);
    modify(json!({ "KeyId": one, "Description": "for the web" }));
    modify(json!({ "KeyId": one, "KeyName": "uno" }));
    modify(json!({ "KeyId": one, "KeyName": "uno", "Description": "" }));
    let actual = pairs(&cloud, json!({ "KeyIds": [one] }))[0].clone();
    assert_eq!(
        (&actual["KeyName"], &actual["Description"]),
        (&json!("uno"), &json!("for the web"))
    );
    for (body, expected) in [
        (json!({ "KeyId": two, "KeyName": "uno" }), "InvalidKeyPairName.Duplicate"),
        (json!({ "KeyId": "skey-zzzzzzzz", "KeyName": "tres" }), "InvalidKeyPairId.NotFound"),
    ] {
        assert_eq!(send_err(&cloud, "ModifyKeyPairAttribute", body.clone()), expected, "{body}");
    }
    modify(json!({ "KeyId": two, "KeyName": "one" }));
    assert_eq!(names(&cloud, json!({})), ["one", "uno"]);
}
