//! The log explains a wrong signature in each dialect, for each service.

use cvm_protocol::percent;
use cvm_signer::{Method, tc3, v1};
use serde_json::{Value, json};

use super::{admin, exchange};
use crate::Emulator;
use crate::test_requests::{NOW, credential};

/// What the log shows of the last request.
async fn last(emulator: &Emulator) -> Value {
    let (_, log) = admin(emulator, "GET /_emulator/log?limit=1", "").await;
    log["requests"][0].clone()
}

/// A TC3 request that is sent to another host than it was signed for.
async fn tc3_request(emulator: &Emulator, service: &str, version: &str, action: &str) {
    let signed_host = format!("{service}.tencentcloudapi.com");
    let headers = [("content-type", "application/json"), ("host", signed_host.as_str())];
    let request = tc3::Request::post(b"{}", &headers);
    let authorization = tc3::sign(&credential("AKIDEXAMPLE"), service, NOW, &request).unwrap();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: sent.localhost\r\ncontent-type: application/json\r\n\
         authorization: {authorization}\r\nx-tc-timestamp: {NOW}\r\nx-tc-version: {version}\r\n\
         x-tc-action: {action}\r\nx-tc-region: ap-guangzhou\r\ncontent-length: 2\r\nconnection: close\r\n\r\n"
    );
    exchange(emulator.address(), &(head + "{}")).await;
}

/// A request with a signature parameter, which is sent to another host than it was signed for.
async fn v1_request(emulator: &Emulator, host: &str, path: &str, version: &str, action: &str) {
    let timestamp = NOW.to_string();
    let mut pairs = vec![
        ("Action", action),
        ("Nonce", "1"),
        ("Region", "ap-guangzhou"),
        ("SecretId", "AKIDEXAMPLE"),
        ("Timestamp", &timestamp),
        ("Version", version),
    ];
    let request = v1::Request { method: Method::Get, host, path, params: &pairs };
    let signature = v1::sign(&credential("AKIDEXAMPLE"), &request).unwrap();
    pairs.push(("Signature", signature.as_str()));
    let query = percent::encode_pairs(pairs.iter().copied());
    let head =
        format!("GET {path}?{query} HTTP/1.1\r\nhost: sent.localhost\r\nconnection: close\r\n\r\n");
    exchange(emulator.address(), &head).await;
}

fn text<'a>(request: &'a Value, member: &str) -> &'a str {
    request["signature_failure"][member].as_str().unwrap_or_default()
}

#[tokio::test]
async fn tc3_shows_texts_scope_and_the_line_that_differs() {
    let emulator = super::emulator().await;
    for (service, version, action) in [
        ("cvm", "2017-03-12", "DescribeZones"),
        ("vpc", "2017-03-12", "DescribeVpcs"),
        ("cbs", "2017-03-12", "DescribeDisks"),
    ] {
        tc3_request(&emulator, service, version, action).await;
        let shown = last(&emulator).await;
        assert_eq!(
            (&shown["dialect"], &shown["service"], &shown["action"], &shown["code"]),
            (
                &json!("tc3"),
                &json!(service),
                &json!(action),
                &json!("AuthFailure.SignatureFailure")
            )
        );
        let expected = format!(
            "The first line that differs is line 5 of the canonical request: the client signed \
             `host:{service}.tencentcloudapi.com`, and the request has `host:sent.localhost`."
        );
        assert_eq!(text(&shown, "difference"), expected);
        assert!(text(&shown, "canonical_request").contains("\nhost:sent.localhost\n"), "{shown}");
        assert!(text(&shown, "string_to_sign").starts_with("TC3-HMAC-SHA256\n"), "{shown}");
        assert_eq!(text(&shown, "client_scope"), format!("2023-11-14/{service}/tc3_request"));
        assert_eq!(text(&shown, "client_signed_headers"), "content-type;host");
    }
}

#[tokio::test]
async fn signature_parameter_shows_the_string_to_sign_and_the_part_that_differs() {
    let emulator = super::emulator().await;
    for (host, path, version, action, dialect) in [
        ("cvm.tencentcloudapi.com", v1::API3_PATH, "2017-03-12", "DescribeZones", "v1"),
        ("vpc.tencentcloudapi.com", v1::API3_PATH, "2017-03-12", "DescribeVpcs", "v1"),
        ("cvm.api.qcloud.com", v1::GATEWAY_PATH, "2017-03-12", "DescribeZones", "old-gateway"),
    ] {
        v1_request(&emulator, host, path, version, action).await;
        let shown = last(&emulator).await;
        let code = if dialect == "v1" { "AuthFailure.SignatureFailure" } else { "AuthFailure" };
        assert_eq!((&shown["dialect"], &shown["code"]), (&json!(dialect), &json!(code)), "{shown}");
        let names = (&shown["secret_id"], &shown["region"], &shown["action"]);
        assert_eq!(names, (&json!("AKIDEXAMPLE"), &json!("ap-guangzhou"), &json!(action)));
        let expected = format!(
            "The first line that differs is line 1 of the string to sign: the client signed `GET{host}{path}?`, and \
             the request has `GETsent.localhost{path}?`."
        );
        assert_eq!(text(&shown, "difference"), expected);
        assert!(text(&shown, "string_to_sign").starts_with("GETsent.localhost/"), "{shown}");
        for member in ["canonical_request", "client_scope", "client_signed_headers"] {
            assert_eq!(shown["signature_failure"][member], Value::Null, "{shown}");
        }
    }
}
