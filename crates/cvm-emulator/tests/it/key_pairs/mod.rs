//! Key pairs: creation, import, lists and attributes.

mod binding;

use std::sync::Mutex;

use axum::body::{Body, to_bytes};
use base64ct::{Base64, Encoding};
use cvm_emulator::Cloud;
use ring::rsa::PublicKeyComponents;
use ring::signature::RsaKeyPair;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::*;

const KEY: &str = "AAAAB3NzaC1yc2EAAAADAQABAAAABQDQ4fNL";
const OTHER_KEY: &str = "AAAAB3NzaC1yc2EAAAADAQABAAAABQDQ4fNN";

/// Adds a key pair without a private key, because it takes long to generate one. Returns its id.
pub fn add(cloud: &Cloud, name: &str) -> String {
    let response = send_ok(cloud, "ImportKeyPair", import_as(name, &public_key(name)));
    string(&response["KeyId"])
}

/// A public key whose modulus is this name.
fn public_key(name: &str) -> String {
    let modulus = [name.as_bytes(), &[1]].concat();
    let parts = [&b"ssh-rsa"[..], &[1, 0, 1], &modulus];
    let parts =
        parts.map(|part| [&u32::try_from(part.len()).unwrap().to_be_bytes()[..], part].concat());
    Base64::encode_string(&parts.concat())
}

fn import(key: &str) -> Value {
    import_as("mine", key)
}

fn import_as(name: &str, key: &str) -> Value {
    json!({ "KeyName": name, "ProjectId": 0, "PublicKey": format!("ssh-rsa {key} me@example") })
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
    let names: Vec<_> = pair.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["KeyId", "KeyName", "ProjectId", "PublicKey", "PrivateKey"]);

    let words: Vec<_> = pair["PublicKey"].as_str().unwrap().split(' ').collect();
    assert_eq!((words[0], words[2]), ("ssh-rsa", pair["KeyId"].as_str().unwrap()));
    let private = pair["PrivateKey"].as_str().unwrap();
    assert!(private.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"), "{private}");
    assert!(private.ends_with("\n-----END RSA PRIVATE KEY-----\n"), "{private}");
    let lines = private.lines().filter(|line| !line.starts_with("-----"));
    let key = RsaKeyPair::from_der(&Base64::decode_vec(&lines.collect::<String>()).unwrap());
    let modulus = PublicKeyComponents::<Vec<u8>>::from(key.unwrap().public()).n;
    assert_eq!(modulus.len() * 8, 2048);
    let blob = Base64::decode_vec(words[1]).unwrap();
    assert!(blob.ends_with(&modulus), "the private key fits the public key");

    advance(&cloud, 60);
    let actual = send_ok(&cloud, "DescribeKeyPairs", json!({}));
    assert_eq!(actual["TotalCount"], 1);
    let listed = &actual["KeyPairSet"][0];
    assert!(listed["PrivateKey"].is_null(), "{listed}");
    for name in ["KeyId", "KeyName", "ProjectId", "PublicKey"] {
        assert_eq!(listed[name], pair[name], "{name}");
    }
    assert_eq!(listed["Tags"], tags[0]["Tags"]);
    assert_eq!(listed["CreatedTime"], "2023-11-14T22:13:20Z");
    assert_eq!(listed["AssociatedInstanceIds"], json!([]));

    // What was exported can be imported.
    let same = json!({ "KeyName": "again", "ProjectId": 0, "PublicKey": pair["PublicKey"] });
    assert_eq!(send_err(&cloud, "ImportKeyPair", same.clone()), "InvalidPublicKey.Duplicate");
    send_ok(&cloud, "DeleteKeyPairs", json!({ "KeyIds": [pair["KeyId"]] }));
    send_ok(&cloud, "ImportKeyPair", same);
    let actual = pairs(&cloud, json!({}));
    let key = |pair: &Value| string(&pair["PublicKey"]).rsplit_once(' ').unwrap().0.to_owned();
    assert_eq!(key(&actual[0]), key(&pair));
}

#[tokio::test]
async fn other_requests_do_not_wait_for_a_key_pair() {
    let router = cvm_emulator::router(&cloud());
    let ended = Mutex::new(Vec::new());
    let send = async |action: &'static str, body: Value| {
        let request = Call::new(action).json(body.to_string()).map(Body::from);
        let response = router.clone().oneshot(request).await.unwrap();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert!(body["Response"]["Error"].is_null(), "{action}: {body}");
        ended.lock().unwrap().push(action);
    };
    // There is only one thread, so a key pair that it generates itself would be the first.
    tokio::join!(
        send("CreateKeyPair", json!({ "KeyName": "a", "ProjectId": 0 })),
        send("DescribeZones", json!({})),
        send("DescribeKeyPairs", json!({})),
    );
    let order = ["DescribeZones", "DescribeKeyPairs", "CreateKeyPair"];
    assert_eq!(ended.into_inner().unwrap(), order);
}

#[test]
fn imported_public_key_is_shown_in_one_line_with_its_id() {
    let cloud = cloud();
    let key_id = string(&send_ok(&cloud, "ImportKeyPair", import(KEY))["KeyId"]);
    let actual = pairs(&cloud, json!({ "KeyIds": [key_id] }));
    assert_eq!(actual[0]["PublicKey"], format!("ssh-rsa {KEY} {key_id}"));
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
    let key_id = string(&send_ok(&cloud, "ImportKeyPair", body)["KeyId"]);
    assert_eq!(names(&cloud, json!({})), ["yours", "mine"]);
    // Terraform compares the first two words, and would replace a key pair with another white space.
    let actual = pairs(&cloud, json!({ "KeyIds": [key_id] }));
    assert_eq!(actual[0]["PublicKey"], format!("ssh-rsa {OTHER_KEY} {key_id}"));
}

#[test]
fn invalid_key_pairs_are_rejected() {
    let cloud = cloud();
    add(&cloud, "taken");
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
        add(&cloud, &format!("key_{number}"));
    }
    let body = import_as("elsewhere", &public_key("elsewhere"));
    let key_id = send_in_beijing(&cloud, "ImportKeyPair", &body)["KeyId"].clone();
    let body = json!({ "KeyName": "one_more", "ProjectId": 0 });
    assert_eq!(send_err(&cloud, "CreateKeyPair", body.clone()), "InvalidKeyPair.LimitExceeded");
    assert_eq!(send_err(&cloud, "ImportKeyPair", import(KEY)), "InvalidKeyPair.LimitExceeded");
    send_ok(&cloud, "DeleteKeyPairs", json!({ "KeyIds": [key_id] }));
    send_ok(&cloud, "CreateKeyPair", body);
}

#[test]
fn key_pairs_are_listed_filtered_and_paged() {
    let cloud = cloud();
    for (name, project, team) in [("a", 0, "red"), ("b", 1, "red"), ("c", 1, "blue")] {
        let tags = json!([{ "Key": "team", "Value": team }, { "Key": name, "Value": "x" }]);
        let specification = json!([{ "ResourceType": "keypair", "Tags": tags }]);
        let members = json!({ "ProjectId": project, "TagSpecification": specification });
        send_ok(&cloud, "ImportKeyPair", merge(import_as(name, &public_key(name)), members));
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
    assert_eq!(
        elsewhere["KeyPairSet"],
        pairs(&cloud, json!({})),
        "key pairs belong to the account"
    );
}

#[test]
fn names_and_descriptions_can_be_changed() {
    let cloud = cloud();
    let (one, two) = (add(&cloud, "one"), add(&cloud, "two"));
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
