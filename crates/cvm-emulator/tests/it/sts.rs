//! Temporary credentials: who gets them, what they sign, and when they expire.

use bytes::Bytes;
use cvm_emulator::{AccountId, Cloud, Role};
use cvm_protocol::percent;
use cvm_signer::Credential;
use http::Request;
use serde_json::{Value, json};

use crate::support::*;

const STS: &str = "2018-08-13";
const ROLE: &str = "qcs::cam::uin/100000000001:roleName/deployer";
const POLICY: &str =
    r#"{"version":"2.0","statement":[{"effect":"allow","action":["cvm:*"],"resource":"*"}]}"#;

/// A call of STS with a permanent key.
fn sts(action: &str) -> Call {
    Call::of("sts", STS, action)
}

fn second() -> Credential {
    Credential::new("AKIDSECOND", "another-secret-key").unwrap()
}

/// A cloud with two accounts.
fn two_accounts() -> Cloud {
    builder().credential(credential()).account(second()).build().unwrap()
}

fn assume(cloud: &Cloud, members: Value) -> Value {
    let body = json!({ "RoleArn": ROLE, "RoleSessionName": "nightly" });
    read(&cloud.handle(&sts("AssumeRole").json(merge(body, members).to_string())))
}

fn federate(cloud: &Cloud, members: Value) -> Value {
    let body = json!({ "Name": "alice", "Policy": percent::encode(POLICY) });
    read(&cloud.handle(&sts("GetFederationToken").json(merge(body, members).to_string())))
}

/// Signs a call with the credentials of a response.
fn signed_with(response: &Value, call: Call) -> Call {
    let part = |name: &str| string(&response["Credentials"][name]);
    let credential = Credential::new(part("TmpSecretId"), part("TmpSecretKey")).unwrap();
    Call { credential, token: Some(part("Token")), ..call }
}

fn identity(cloud: &Cloud, call: &Call) -> Value {
    let mut response = read(&cloud.handle(&call.json("{}")));
    response.as_object_mut().unwrap().remove("RequestId");
    response
}

/// The code of an authentication error in a dialect.
fn token_failure(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OldGateway | Dialect::OldGatewayPost => "AuthFailure",
        _ => "AuthFailure.TokenFailure",
    }
}

#[test]
fn temporary_credentials_sign_in_every_dialect() {
    let cloud = cloud();
    launch(&cloud, json!({}));
    let assumed = assume(&cloud, json!({}));
    let call = signed_with(&assumed, Call::new("DescribeInstances"));
    for dialect in DIALECTS {
        let response = read(&cloud.handle(&call.pairs(dialect, &[])));
        assert_eq!(response["TotalCount"], 1, "{dialect:?}: {response}");
    }
}

#[test]
fn token_is_required_and_belongs_to_its_secret_id() {
    let cloud = cloud();
    let (one, other) = (assume(&cloud, json!({})), assume(&cloud, json!({})));
    assert_ne!(one["Credentials"], other["Credentials"]);
    let call = signed_with(&one, Call::new("DescribeZones"));
    for token in [None, Some("x".to_owned()), Some(string(&other["Credentials"]["Token"]))] {
        let call = Call { token, ..call.clone() };
        for dialect in DIALECTS {
            let response = read(&cloud.handle(&call.pairs(dialect, &[])));
            assert_eq!(error_code(&response), token_failure(dialect), "{dialect:?}");
        }
    }
    let wrong_key = Credential::new(call.credential.secret_id(), "another-key").unwrap();
    let response = read(&cloud.handle(&Call { credential: wrong_key, ..call.clone() }.json("{}")));
    assert_eq!(error_code(&response), "AuthFailure.SignatureFailure");
    // The form of a secret id is not enough.
    let mut id = call.credential.secret_id().to_owned();
    let last = if id.pop() == Some('a') { 'b' } else { 'a' };
    id.push(last);
    let forged = Credential::new(id, "any").unwrap();
    let response = read(&cloud.handle(&Call { credential: forged, ..call }.json("{}")));
    assert_eq!(error_code(&response), "AuthFailure.SecretIdNotFound");
}

#[test]
fn temporary_credentials_expire_on_the_virtual_clock() {
    let cloud = cloud();
    let assumed = assume(&cloud, json!({}));
    assert_eq!(assumed["ExpiredTime"], NOW + 7_200);
    assert_eq!(assumed["Expiration"], "2023-11-15T00:13:20Z");
    let call = signed_with(&assumed, Call::new("DescribeZones"));
    advance(&cloud, 7_199);
    for dialect in DIALECTS {
        assert_eq!(read(&cloud.handle(&call.pairs(dialect, &[])))["TotalCount"], 7, "{dialect:?}");
    }
    advance(&cloud, 1);
    for dialect in DIALECTS {
        let response = read(&cloud.handle(&call.pairs(dialect, &[])));
        assert_eq!(error_code(&response), token_failure(dialect), "{dialect:?}");
        let message = string(&response["Error"]["Message"]);
        assert!(message.contains("expired at 2023-11-15T00:13:20Z"), "{message}");
    }
    let renewed = signed_with(&assume(&cloud, json!({})), Call::new("DescribeZones"));
    assert_eq!(read(&cloud.handle(&renewed.json("{}")))["TotalCount"], 7);
}

#[test]
fn validity_is_limited() {
    let cloud = cloud();
    for (seconds, expected) in [(1, 1), (900, 900), (43_200, 43_200)] {
        let assumed = assume(&cloud, json!({ "DurationSeconds": seconds }));
        assert_eq!(assumed["ExpiredTime"], NOW + expected, "{assumed}");
    }
    for (seconds, code) in
        [(43_201, "InvalidParameter.OverTimeError"), (0, "InvalidParameter.ParamError")]
    {
        let assumed = assume(&cloud, json!({ "DurationSeconds": seconds }));
        assert_eq!(error_code(&assumed), code);
    }
    assert_eq!(federate(&cloud, json!({}))["ExpiredTime"], NOW + 1_800);
    assert_eq!(federate(&cloud, json!({ "DurationSeconds": 7_200 }))["ExpiredTime"], NOW + 7_200);
    let too_long = federate(&cloud, json!({ "DurationSeconds": 7_201 }));
    assert_eq!(error_code(&too_long), "InvalidParameter.OverTimeError");
}

/// The forms of the samples.
#[test]
fn caller_identity_is_that_of_the_signature() {
    let cloud = cloud();
    let own = sts("GetCallerIdentity");
    assert_eq!(
        identity(&cloud, &own),
        json!({
            "Arn": "qcs::cam:100000000001:uin/100000000001",
            "AccountId": "100000000001",
            "UserId": "100000000001",
            "PrincipalId": "100000000001",
            "Type": "CAMUser",
        })
    );
    let role = identity(&cloud, &signed_with(&assume(&cloud, json!({})), own.clone()));
    let arn = string(&role["Arn"]);
    let role_id = arn.strip_prefix("qcs::sts:100000000001:assumed-role/").unwrap();
    assert!(role_id.starts_with("4611686"), "{role_id}");
    assert_eq!(
        role,
        json!({
            "Arn": arn,
            "AccountId": "100000000001",
            "UserId": format!("{role_id}:nightly"),
            "PrincipalId": "100000000001",
            "Type": "CAMRole",
        })
    );
    // The id names the same role.
    let by_id = format!("qcs::cam::uin/100000000001:role/{role_id}");
    let assumed = assume(&cloud, json!({ "RoleArn": by_id }));
    assert_eq!(identity(&cloud, &signed_with(&assumed, own.clone())), role);
    let federated = identity(&cloud, &signed_with(&federate(&cloud, json!({})), own));
    assert_eq!(
        federated,
        json!({
            "Arn": "qcs::sts:100000000001:federated-user/100000000001",
            "AccountId": "100000000001",
            "UserId": "100000000001:alice",
            "PrincipalId": "100000000001",
            "Type": "CAMUser",
        })
    );
}

#[test]
fn role_of_another_account_acts_in_that_account() {
    let cloud = two_accounts();
    launch(&cloud, json!({}));
    let body = json!({ "RoleArn": ROLE, "RoleSessionName": "visitor" }).to_string();
    let own = Call { credential: second(), ..sts("AssumeRole") };
    let assumed = read(&cloud.handle(&own.json(body)));
    let list = signed_with(&assumed, Call::new("DescribeInstances"));
    assert_eq!(read(&cloud.handle(&list.json("{}")))["TotalCount"], 1);
    let as_itself = Call { credential: second(), ..Call::new("DescribeInstances") };
    assert_eq!(read(&cloud.handle(&as_itself.json("{}")))["TotalCount"], 0);
    let identity = identity(&cloud, &signed_with(&assumed, sts("GetCallerIdentity")));
    assert_eq!(identity["AccountId"], "100000000001");
    assert_eq!(identity["PrincipalId"], "100000000002", "who requested the credentials");
    // A role can assume another role.
    let back = ROLE.replace("100000000001", "100000000002");
    let body = json!({ "RoleArn": back, "RoleSessionName": "back" }).to_string();
    let chained = read(&cloud.handle(&signed_with(&assumed, sts("AssumeRole")).json(body)));
    let list = signed_with(&chained, Call::new("DescribeInstances"));
    assert_eq!(read(&cloud.handle(&list.json("{}")))["TotalCount"], 0);
}

#[test]
fn account_added_later_has_roles_too() {
    let cloud = cloud();
    let body = json!({ "RoleArn": ROLE.replace("001:", "002:") });
    let code = "InvalidParameter.AccountNotAvaliable";
    assert_eq!(error_code(&assume(&cloud, body.clone())), code);
    assert_eq!(cloud.add_account(second()).unwrap(), AccountId::nth(1));
    assert!(assume(&cloud, body).get("Error").is_none());
}

#[test]
fn account_with_given_roles_has_no_others() {
    let cloud = cloud();
    let role = Role::new(AccountId::FIRST, "deployer").external_id("partner-7");
    assert_eq!(cloud.add_role(&role), ROLE);
    for (members, code) in [
        (json!({ "ExternalId": "partner-7" }), None),
        (json!({ "ExternalId": "partner-8" }), Some("UnauthorizedOperation")),
        (json!({}), Some("UnauthorizedOperation")),
        (
            json!({ "RoleArn": ROLE.replace("deployer", "other"), "ExternalId": "partner-7" }),
            Some("ResourceNotFound.RoleNotFound"),
        ),
    ] {
        let assumed = assume(&cloud, members.clone());
        assert_eq!(assumed.get("Error").map(|_| error_code(&assumed)), code, "{members}");
    }
    // The last role of a name counts.
    cloud.add_role(&Role::new(AccountId::FIRST, "deployer"));
    assert!(assume(&cloud, json!({})).get("Error").is_none());
}

#[test]
fn wrong_parameters_have_their_documented_codes() {
    let cloud = cloud();
    let long = percent::encode(&POLICY.replace("cvm:*", &"x".repeat(4_096)));
    let twice = json!([{ "Key": "a", "Value": "1" }, { "Key": "a", "Value": "2" }]);
    for (members, code) in [
        (json!({ "RoleArn": "deployer" }), "InvalidParameter.ParamError"),
        (json!({ "RoleSessionName": "a b" }), "InvalidParameter.ParamError"),
        (json!({ "RoleSessionName": "a" }), "InvalidParameter.ParamError"),
        (json!({ "Policy": "{}" }), "InvalidParameter.StrategyFormatError"),
        (json!({ "Policy": long }), "InvalidParameter.PolicyTooLong"),
        (json!({ "Tags": twice }), "InvalidParameter.ParamError"),
        (json!({ "TokenCode": "123456" }), "UnsupportedOperation"),
        (json!({ "RoleArn": "" }), "MissingParameter"),
    ] {
        assert_eq!(error_code(&assume(&cloud, members.clone())), code, "{members}");
    }
    let policy = json!({ "Policy": percent::encode(POLICY) });
    assert!(assume(&cloud, policy).get("Error").is_none());
}

#[test]
fn only_a_permanent_key_gets_a_federation_token() {
    let cloud = cloud();
    let body = json!({ "Name": "bob", "Policy": percent::encode(POLICY) }).to_string();
    for temporary in [assume(&cloud, json!({})), federate(&cloud, json!({}))] {
        let call = signed_with(&temporary, sts("GetFederationToken"));
        let response = read(&cloud.handle(&call.json(body.clone())));
        assert_eq!(error_code(&response), "UnsupportedOperation");
    }
}

/// A request that says that it has no signature.
fn unsigned(service: &str, version: &str, action: &str, body: &str) -> Request<Bytes> {
    Request::post("/")
        .header("Host", format!("{service}.tencentcloudapi.com"))
        .header("Content-Type", "application/json")
        .header("Authorization", "SKIP")
        .header("X-TC-Action", action)
        .header("X-TC-Version", version)
        .header("X-TC-Region", "ap-guangzhou")
        .header("X-TC-Timestamp", NOW.to_string())
        .body(Bytes::from(body.to_owned()))
        .unwrap()
}

#[test]
fn web_identity_needs_a_token_that_the_emulator_was_given() {
    let body = |token: &str| {
        json!({
            "ProviderId": "OIDC",
            "WebIdentityToken": token,
            "RoleArn": ROLE,
            "RoleSessionName": "pod",
        })
        .to_string()
    };
    let request = |token| unsigned("sts", STS, "AssumeRoleWithWebIdentity", &body(token));
    let cloud = cloud();
    let code = |token| error_code(&read(&cloud.handle(&request(token)))).to_owned();
    assert_eq!(code("canary"), "InvalidParameter.WebIdentityTokenError");
    cloud.accept_web_identity_token("canary");
    assert_eq!(code("another"), "InvalidParameter.WebIdentityTokenError");
    let assumed = read(&cloud.handle(&request("canary")));
    assert_eq!(assumed["ExpiredTime"], NOW + 7_200, "{assumed}");
    let caller = identity(&cloud, &signed_with(&assumed, sts("GetCallerIdentity")));
    assert_eq!(caller["Type"], "CAMRole");
    assert!(string(&caller["UserId"]).ends_with(":pod"), "{caller}");
    // A client that has a credential signs the request all the same.
    let signed = sts("AssumeRoleWithWebIdentity").json(body("canary"));
    assert!(read(&cloud.handle(&signed)).get("Error").is_none());
}

#[test]
fn no_other_action_can_be_called_without_a_signature() {
    let cloud = cloud();
    for (service, version, action) in [
        ("cvm", VERSION, "DescribeInstances"),
        ("sts", STS, "AssumeRole"),
        ("sts", STS, "GetCallerIdentity"),
        ("sts", STS, "Unknown"),
        ("cvm", VERSION, "AssumeRoleWithWebIdentity"),
    ] {
        let response = read(&cloud.handle(&unsigned(service, version, action, "{}")));
        assert_eq!(error_code(&response), "AuthFailure.InvalidAuthorization", "{action}");
    }
}

#[test]
fn credentials_follow_from_seed_key_and_requests() {
    let credentials = |cloud: &Cloud| assume(cloud, json!({}))["Credentials"].clone();
    assert_eq!(credentials(&cloud()), credentials(&cloud()));
    let other_key = Credential::new("AKIDEXAMPLE", "another-key").unwrap();
    let other = builder().credential(other_key.clone()).build().unwrap();
    let body = json!({ "RoleArn": ROLE, "RoleSessionName": "nightly" }).to_string();
    let call = Call { credential: other_key, ..sts("AssumeRole") };
    let theirs = read(&other.handle(&call.json(body)))["Credentials"].clone();
    assert_ne!(theirs, credentials(&cloud()), "the seed alone does not tell the credentials");
    // One cloud does not accept the credentials of another one.
    let ours = signed_with(&assume(&cloud(), json!({})), Call::new("DescribeZones"));
    assert_eq!(error_code(&read(&other.handle(&ours.json("{}")))), "AuthFailure.SecretIdNotFound");
}

#[test]
fn reading_identities_and_assuming_roles_changes_nothing_else() {
    let launched = |with_sts: bool| {
        let cloud = cloud();
        if with_sts {
            assume(&cloud, json!({}));
            identity(&cloud, &sts("GetCallerIdentity"));
        }
        let id = launch_running(&cloud, json!({}));
        describe(&cloud, &id)
    };
    assert_eq!(launched(true), launched(false));
}

#[test]
fn debug_shows_no_temporary_secret() {
    let cloud = cloud();
    cloud.accept_web_identity_token("canary-token");
    let assumed = assume(&cloud, json!({}));
    let text = format!("{cloud:?} {:?}", builder().web_identity_token("canary-token"));
    assert!(!text.contains("canary"), "{text}");
    for part in ["TmpSecretKey", "Token"] {
        assert!(!text.contains(assumed["Credentials"][part].as_str().unwrap()), "{part}");
    }
}
