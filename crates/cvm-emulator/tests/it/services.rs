//! Services: a request goes to the service that it names, and one that is not served says so.

use serde_json::json;

use crate::support::*;

const TAG: &str = "2018-08-13";

/// Lists tags: the only resource does not exist.
fn tags() -> Call {
    Call::of("tag", TAG, "DescribeResourceTagsByResourceIds")
}

fn body() -> String {
    json!({
        "ServiceType": "cvm",
        "ResourcePrefix": "instance",
        "ResourceRegion": "ap-guangzhou",
        "ResourceIds": ["ins-00000000"],
    })
    .to_string()
}

fn message(call: &Call) -> (String, String) {
    let response = read(&cloud().handle(&call.json("{}")));
    (error_code(&response).to_owned(), string(&response["Error"]["Message"]))
}

#[test]
fn service_is_that_of_the_scope_the_host_or_the_version() {
    let cloud = cloud();
    let named = tags();
    let by_scope = Call { host: "127.0.0.1:8600".into(), ..named.clone() };
    let by_host = Call { service: "127".into(), ..named.clone() };
    let by_version = Call { service: "127".into(), host: "127.0.0.1:8600".into(), ..named.clone() };
    let local =
        Call { service: "localhost".into(), host: "localhost:8600".into(), ..named.clone() };
    for call in [named, by_scope, by_host, by_version, local] {
        let response = read(&cloud.handle(&call.json(body())));
        assert_eq!(response["TotalCount"], 0, "{} at {}: {response}", call.service, call.host);
    }
}

#[test]
fn version_1_signatures_name_the_service_by_their_host() {
    let cloud = cloud();
    for host in ["cbs.tencentcloudapi.com", "127.0.0.1:8600"] {
        let call = Call { host: host.into(), ..Call::of("cbs", VERSION, "DescribeDisks") };
        let response = read(&cloud.handle(&call.v1(Dialect::V1Sha1, &[])));
        assert_eq!(response["TotalCount"], 0, "{host}: {response}");
    }
}

#[test]
fn version_must_be_that_of_the_service() {
    assert_eq!(message(&Call { version: VERSION.into(), ..tags() }).0, "NoSuchVersion");
    assert_eq!(message(&Call { version: String::new(), ..tags() }).0, "MissingParameter");
    assert_eq!(message(&Call { service: "cvm".into(), ..tags() }).0, "NoSuchVersion");
}

#[test]
fn service_or_action_that_is_not_served_says_so() {
    for (service, version, action) in [
        // The specs have the action, and no handler exists.
        ("vpc", VERSION, "DescribeVpcs"),
        // The service has it, but the specs do not.
        ("vpc", VERSION, "DescribeRouteTables"),
        ("as", "2018-04-19", "DescribeAutoScalingGroups"),
    ] {
        for host in [format!("{service}.tencentcloudapi.com"), "127.0.0.1:8600".to_owned()] {
            let call = Call { host, ..Call::of(service, version, action) };
            let expected = format!("The emulator does not serve {service}:{action}.");
            assert_eq!(message(&call), ("UnsupportedOperation".to_owned(), expected));
        }
    }
    // CVM is complete, so there is no such action.
    assert_eq!(message(&Call::new("Dance")).0, "InvalidAction");
    let nothing = Call { action: String::new(), ..Call::of("as", "2018-04-19", "") };
    assert_eq!(message(&nothing).0, "MissingParameter");
}

#[test]
fn parameters_of_actions_without_a_handler_are_checked() {
    let cloud = cloud();
    let code = |body: &str| {
        let call = Call::of("vpc", VERSION, "DescribeVpcs");
        error_code(&read(&cloud.handle(&call.json(body.to_owned())))).to_owned()
    };
    assert_eq!(code(r#"{"Vpc":1}"#), "UnknownParameter");
    assert_eq!(code(r#"{"VpcIds":["subnet-1"]}"#), "InvalidParameterValue.Malformed");
    assert_eq!(code("{}"), "UnsupportedOperation");
}

#[test]
fn signature_is_checked_before_the_service() {
    let mut call = Call::of("as", "2018-04-19", "DescribeAutoScalingGroups");
    call.credential = cvm_signer::Credential::new("AKIDEXAMPLE", "another-key").unwrap();
    assert_eq!(message(&call).0, "AuthFailure.SignatureFailure");
}
