//! Routing: method, size, version, action and region are checked in this order, before any parameter.

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode};
use serde_json::json;
use tower::ServiceExt;

use crate::support::*;

fn routed(call: &Call) -> String {
    error_code(&read(&cloud().handle(&call.json("{\"No\":1}")))).to_owned()
}

#[test]
fn only_get_and_post_are_supported() {
    let cloud = cloud();
    for method in [Method::PUT, Method::DELETE, Method::HEAD, Method::OPTIONS, Method::PATCH] {
        let mut request = Call::new("DescribeZones").json("{}");
        *request.method_mut() = method.clone();
        assert_eq!(error_code(&read(&cloud.handle(&request))), "UnsupportedProtocol", "{method}");
    }
}

#[test]
fn version_action_region_and_parameters_are_checked_in_order() {
    let good = Call::new("DescribeZones");
    let bad = Call { version: "2018-08-13".into(), action: "Dance".into(), ..good.clone() };
    assert_eq!(routed(&bad.clone().region("atlantis")), "NoSuchVersion");
    let bad = Call { version: VERSION.into(), ..bad };
    assert_eq!(routed(&bad.region("atlantis")), "InvalidAction");
    assert_eq!(routed(&good.clone().region("atlantis")), "UnsupportedRegion");
    assert_eq!(routed(&good), "UnknownParameter");
}

#[test]
fn common_parameters_are_required() {
    let good = Call::new("DescribeZones");
    assert_eq!(routed(&Call { version: String::new(), ..good.clone() }), "MissingParameter");
    assert_eq!(routed(&Call { action: String::new(), ..good.clone() }), "MissingParameter");
    assert_eq!(routed(&good.region("")), "MissingParameter");
}

#[test]
fn non_regional_actions_ignore_the_region() {
    let cloud = cloud();
    for region in ["", "atlantis", "ap-singapore"] {
        let call = Call::new("DescribeRegions").region(region);
        let response = read(&cloud.handle(&call.json("{}")));
        assert_eq!(response["TotalCount"], 21, "{region}");
    }
}

#[test]
fn old_gateway_accepts_old_regions_and_needs_no_version() {
    let cloud = cloud();
    let call = Call { version: String::new(), ..Call::new("DescribeZones").region("gz") };
    let response = read(&cloud.handle(&call.v1(Dialect::OldGateway, &[])));
    assert_eq!(response["ZoneSet"][0]["Zone"], "ap-guangzhou-1");
    let call = Call::new("DescribeZones").region("gz");
    let response = read(&cloud.handle(&call.v1(Dialect::V1Sha1, &[])));
    assert_eq!(error_code(&response), "UnsupportedRegion");
}

#[test]
fn regions_do_not_share_instances() {
    let cloud = cloud();
    let id = launch(&cloud, json!({})).remove(0);
    let call = Call::new("DescribeInstances").region("ap-shanghai");
    assert_eq!(read(&cloud.handle(&call.json("{}")))["TotalCount"], 0);
    let call = Call::new("StartInstances").region("ap-shanghai");
    let response = read(&cloud.handle(&call.json(json!({ "InstanceIds": [id] }).to_string())));
    assert_eq!(error_code(&response), "InvalidInstanceId.NotFound");
}

#[test]
fn oversized_requests_are_rejected() {
    let cloud = cloud();
    let call = Call::new("DescribeZones");
    let mut long = vec![b' '; (10 << 20) - 2];
    long.extend_from_slice(b"{}");
    assert_eq!(read(&cloud.handle(&call.json(long.clone())))["TotalCount"], 7);
    long.push(b' ');
    let response = read(&cloud.handle(&call.json(long)));
    assert_eq!(error_code(&response), "RequestSizeLimitExceeded");
    let value = "x".repeat(1 << 20);
    let response = read(&cloud.handle(&call.v1(Dialect::V1Sha1, &[("A", &value)])));
    assert_eq!(error_code(&response), "RequestSizeLimitExceeded");
    let response = read(&cloud.handle(&call.query(&[("A", &value[..33 << 10])])));
    assert_eq!(error_code(&response), "RequestSizeLimitExceeded");
}

#[test]
fn other_paths_return_not_found() {
    let mut request = Call::new("DescribeZones").json("{}");
    *request.uri_mut() = "/admin".parse().unwrap();
    assert_eq!(cloud().handle(&request).status(), StatusCode::NOT_FOUND);
}

/// Tools can use the emulator as their HTTP proxy, so that no host name has to be resolved.
#[test]
fn request_to_a_proxy_is_served_whatever_its_host() {
    let cloud = cloud();
    let mut request = Call::new("DescribeZones").json("{}");
    *request.uri_mut() = format!("http://{HOST}/").parse().unwrap();
    assert_eq!(read(&cloud.handle(&request))["TotalCount"], 7);
    let mut request = Call::of("tag", "2018-08-13", "DescribeTagKeys").json("{}");
    *request.uri_mut() = "http://tag.tencentcloudapi.com".parse().unwrap();
    assert_eq!(read(&cloud.handle(&request))["TotalCount"], 0);
    // A client of HTTPS asks for a tunnel.
    *request.method_mut() = Method::CONNECT;
    *request.uri_mut() = format!("{HOST}:443").parse().unwrap();
    assert_eq!(cloud.handle(&request).status(), StatusCode::NOT_IMPLEMENTED);
}

#[test]
fn trace_id_is_echoed() {
    let mut request = Call::new("DescribeZones").json("{}");
    request.headers_mut().insert("x-tc-traceid", HeaderValue::from_static("abc"));
    assert_eq!(cloud().handle(&request).headers()["x-tc-traceid"], "abc");
}

#[test]
fn request_ids_follow_the_seed_and_are_unique() {
    let ids = || {
        let cloud = cloud();
        let id = |_| send(&cloud, "DescribeZones", json!({}))["RequestId"].to_string();
        (0..3).map(id).collect::<Vec<_>>()
    };
    let first = ids();
    assert_eq!(first, ids());
    assert!(first[0] != first[1] && first[1] != first[2]);
}

#[tokio::test]
async fn router_works_without_a_socket() {
    let router = cvm_emulator::router(&cloud());
    let request = Call::new("DescribeZones").json("{}").map(axum::body::Body::from);
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let response = read(&http::Response::from_parts(parts, body));
    assert_eq!(response["TotalCount"], 7);

    let long = Bytes::from(vec![b' '; (10 << 20) + 1]);
    let request = Call::new("DescribeZones").json(long).map(axum::body::Body::from);
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let response = read(&http::Response::from_parts(parts, body));
    assert_eq!(error_code(&response), "RequestSizeLimitExceeded");
}
