//! Services: a request goes to the service that it names, and one that is not served says so.

use serde_json::json;

use crate::support::*;

const TAG: &str = "2018-08-13";

const UNSUPPORTED: &str = "UnsupportedOperation";

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
fn service_that_is_not_served_says_so() {
    let of = |service: &str, host: &str| {
        let call = Call::of(service, "2018-04-19", "DescribeAutoScalingGroups");
        Call { host: host.to_owned(), old_host: host.to_owned(), ..call }
    };
    let expected = "The emulator does not serve as:DescribeAutoScalingGroups.";
    // The credential scope names the service, whatever the host.
    for host in ["as.tencentcloudapi.com", "as.localhost:8600", "localhost:8600", "127.0.0.1:8600"]
    {
        assert_eq!(
            message(&of("as", host)),
            (UNSUPPORTED.to_owned(), expected.to_owned()),
            "{host}"
        );
    }
    // The host names it: the scope is a part of an address, or there is none.
    let call = of("127", "as.localhost:8600");
    assert_eq!(message(&call), (UNSUPPORTED.to_owned(), expected.to_owned()));
    for dialect in DIALECTS {
        let call = of("as", "as.tencentcloudapi.com");
        let response = read(&cloud().handle(&call.pairs(dialect, &[])));
        assert_eq!(error_code(&response), UNSUPPORTED, "{dialect:?}");
        assert_eq!(response["Error"]["Message"], expected, "{dialect:?}");
    }
    let nothing = Call { action: String::new(), ..of("as", "as.tencentcloudapi.com") };
    assert_eq!(message(&nothing).0, "MissingParameter");
}

#[test]
fn action_that_is_not_served_says_so() {
    for (service, version, action) in [
        // The service has it, but the specs do not.
        ("api", "2020-11-06", "DescribeProducts"),
        ("vpc", VERSION, "DescribeRouteTables"),
    ] {
        for host in [format!("{service}.tencentcloudapi.com"), "127.0.0.1:8600".to_owned()] {
            let call = Call { host, ..Call::of(service, version, action) };
            let expected = format!("The emulator does not serve {service}:{action}.");
            assert_eq!(message(&call), (UNSUPPORTED.to_owned(), expected));
        }
    }
    // CVM is complete, so there is no such action.
    assert_eq!(message(&Call::new("Dance")).0, "InvalidAction");
}

/// Terraform and the SDKs retry these codes, at least after some actions, so a run would not end at once.
#[test]
fn codes_of_what_is_not_served_are_not_retried_by_tools() {
    let wrong_version = Call { version: "2017-01-01".into(), ..tags() };
    for call in [
        Call::of("as", "2018-04-19", "DescribeAutoScalingGroups"),
        Call::of("vpc", VERSION, "DescribeRouteTables"),
        Call::new("Dance"),
        wrong_version,
    ] {
        let (code, _) = message(&call);
        for retried in [
            "InternalError",
            "RequestLimitExceeded",
            "ResourceBusy",
            "ResourceInUse",
            "ResourceUnavailable",
        ] {
            assert!(!code.starts_with(retried), "{code}");
        }
    }
}

#[test]
fn signature_is_checked_before_the_service() {
    let mut call = Call::of("as", "2018-04-19", "DescribeAutoScalingGroups");
    call.credential = cvm_signer::Credential::new("AKIDEXAMPLE", "another-key").unwrap();
    assert_eq!(message(&call).0, "AuthFailure.SignatureFailure");
}

#[test]
fn zones_of_a_product_are_those_of_the_region() {
    let cloud = cloud();
    let zones = |product: &str, region: &str| {
        let call = Call::of("api", "2020-11-06", "DescribeZones").region(region);
        read(&cloud.handle(&call.json(json!({ "Product": product }).to_string())))
    };
    for (product, region) in [("cvm", "ap-guangzhou"), ("cbs", "ap-shanghai"), ("vpc", "ap-tokyo")]
    {
        let listed = zones(product, region);
        let of_cvm = send_in(&cloud, region, "DescribeZones", &json!({}));
        assert_eq!(listed["TotalCount"], of_cvm["TotalCount"], "{product}");
        let shown = listed["ZoneSet"].as_array().unwrap();
        let expected = of_cvm["ZoneSet"].as_array().unwrap();
        assert!(!expected.is_empty() && shown.len() == expected.len(), "{product}");
        for (zone, expected) in shown.iter().zip(expected) {
            for member in ["Zone", "ZoneName", "ZoneId", "ZoneState"] {
                assert_eq!(zone[member], expected[member], "{product} {member}");
            }
        }
    }
    let refused = zones("redis", "ap-guangzhou");
    assert_eq!(error_code(&refused), UNSUPPORTED);
    let message = string(&refused["Error"]["Message"]);
    assert_eq!(
        message,
        "The emulator does not support zones of other products than cvm, cbs and vpc."
    );
    let call = Call::of("api", "2020-11-06", "DescribeZones");
    assert_eq!(error_code(&read(&cloud.handle(&call.json("{}")))), "MissingParameter");
}
