//! Who may call: every dialect, and every way in which a signature is not the right one.

use bytes::Bytes;
use cvm_emulator::{Cloud, Emulator};
use cvm_signer::{Credential, tc3};
use http::{HeaderValue, Request};
use serde_json::Value;

use crate::support::*;

fn answer(cloud: &Cloud, request: &Request<Bytes>) -> Value {
    read(&cloud.handle(request))
}

fn auth_code(cloud: &Cloud, request: &Request<Bytes>) -> String {
    code(&answer(cloud, request)).to_owned()
}

/// What a refusal of credentials is called in a dialect.
fn named(dialect: Dialect, code: &str) -> String {
    match dialect {
        Dialect::OldGateway | Dialect::OldGatewayPost => "AuthFailure".to_owned(),
        _ => format!("AuthFailure.{code}"),
    }
}

#[test]
fn every_dialect_authenticates() {
    let cloud = cloud();
    for dialect in DIALECTS {
        let answer = answer(&cloud, &Call::new("DescribeZones").pairs(dialect, &[]));
        assert_eq!(answer["TotalCount"], 7, "{dialect:?}: {answer}");
    }
}

#[test]
fn wrong_secret_key_is_rejected() {
    let cloud = cloud();
    for dialect in DIALECTS {
        let mut call = Call::new("DescribeZones");
        call.credential = Credential::new("AKIDEXAMPLE", "another-key").unwrap();
        let code = auth_code(&cloud, &call.pairs(dialect, &[]));
        assert_eq!(code, named(dialect, "SignatureFailure"), "{dialect:?}");
    }
}

#[test]
fn unknown_secret_id_is_rejected() {
    let cloud = cloud();
    for dialect in DIALECTS {
        let mut call = Call::new("DescribeZones");
        call.credential = Credential::new("AKIDUNKNOWN", "a-secret-key").unwrap();
        let code = auth_code(&cloud, &call.pairs(dialect, &[]));
        assert_eq!(code, named(dialect, "SecretIdNotFound"), "{dialect:?}");
    }
}

/// The error tells what was looked at: the broken escape at the end of the form is found only by decoding all of it.
#[test]
fn form_with_unknown_secret_id_is_not_decoded() {
    let mut call = Call::new("DescribeZones");
    for (id, expected) in
        [("AKIDunknown", "AuthFailure.SecretIdNotFound"), ("AKIDEXAMPLE", "InvalidParameter")]
    {
        call.credential = Credential::new(id, "a-secret-key").unwrap();
        let (parts, body) = call.flat(Dialect::V1Sha1, &[]).into_parts();
        let broken = [&body[..], b"&a=%"].concat();
        let request = Request::from_parts(parts, Bytes::from(broken.clone()));
        assert_eq!(auth_code(&cloud(), &request), expected);
        // A name may be encoded, too.
        let text = String::from_utf8(broken).unwrap().replace("SecretId", "%53ecret%49d");
        let (parts, _) = request.into_parts();
        let request = Request::from_parts(parts, Bytes::from(text));
        assert_eq!(auth_code(&cloud(), &request), expected);
    }
}

#[test]
fn timestamps_within_five_minutes_are_accepted() {
    let cloud = cloud();
    for dialect in DIALECTS {
        for (timestamp, passes) in
            [(NOW - 300, true), (NOW + 300, true), (NOW - 301, false), (NOW + 301, false)]
        {
            let call = Call { timestamp, ..Call::new("DescribeZones") };
            let answer = answer(&cloud, &call.pairs(dialect, &[]));
            if passes {
                assert_eq!(answer["TotalCount"], 7, "{dialect:?} {timestamp}");
            } else {
                assert_eq!(code(&answer), "AuthFailure.SignatureExpire", "{dialect:?}");
            }
        }
    }
}

#[test]
fn virtual_time_does_not_affect_signatures() {
    let cloud = cloud();
    pass(&cloud, 86_400);
    assert_eq!(send(&cloud, "DescribeZones", serde_json::json!({}))["TotalCount"], 7);
}

#[test]
fn changes_to_signed_parts_are_detected() {
    let cloud = cloud();
    let call = Call::new("DescribeInstances");
    for dialect in DIALECTS {
        let good = call.pairs(dialect, &[("Limit", "1")]);
        assert_eq!(answer(&cloud, &good)["TotalCount"], 0, "{dialect:?}");
        let mut bent = good.clone();
        if good.body().is_empty() {
            let uri = good.uri().to_string().replace("Limit=1", "Limit=2");
            *bent.uri_mut() = uri.parse().unwrap();
        } else {
            let body = String::from_utf8(good.body().to_vec()).unwrap();
            *bent.body_mut() = body.replace("Limit=1", "Limit=2").replace("\"1\"", "\"2\"").into();
        }
        assert_ne!((bent.uri(), bent.body()), (good.uri(), good.body()), "{dialect:?}");
        let expected = named(dialect, "SignatureFailure");
        assert_eq!(auth_code(&cloud, &bent), expected, "{dialect:?}");
    }
    for (header, value) in [
        ("host", "evil.example"),
        ("content-type", "application/json; charset=utf-8"),
        ("x-tc-timestamp", "1700000001"),
    ] {
        let mut bent = call.json("{}");
        bent.headers_mut().insert(header, HeaderValue::from_static(value));
        assert_eq!(auth_code(&cloud, &bent), "AuthFailure.SignatureFailure", "{header}");
    }
    for dialect in [Dialect::V1Sha1, Dialect::V1Sha256Get, Dialect::OldGateway] {
        let mut bent = call.pairs(dialect, &[]);
        bent.headers_mut().insert("host", HeaderValue::from_static("evil.example"));
        let expected = named(dialect, "SignatureFailure");
        assert_eq!(auth_code(&cloud, &bent), expected, "{dialect:?}");
    }
}

#[test]
fn host_port_is_optional_in_the_signature() {
    let cloud = cloud();
    let call = Call::new("DescribeZones");
    for sent in ["cvm.tencentcloudapi.com:8080", "127.0.0.1:9000"] {
        for signed in [sent, sent.split(':').next().unwrap()] {
            for dialect in [Dialect::Tc3, Dialect::Tc3Get, Dialect::V1Sha1, Dialect::V1Sha256Get] {
                let call = Call { host: signed.to_owned(), ..call.clone() };
                let mut request = call.pairs(dialect, &[]);
                request.headers_mut().insert("host", HeaderValue::from_static(sent));
                let answer = answer(&cloud, &request);
                assert_eq!(answer["TotalCount"], 7, "{dialect:?} {sent} {signed}");
            }
        }
    }
}

#[test]
fn service_name_comes_from_the_credential_scope() {
    // The Node SDK cuts it from the endpoint: `127` for `127.0.0.1`.
    let call = Call { service: "127".to_owned(), ..Call::new("DescribeZones") };
    assert_eq!(answer(&cloud(), &call.json("{}"))["TotalCount"], 7);
}

#[test]
fn unsigned_payload_needs_its_header() {
    let cloud = cloud();
    let call = Call::new("DescribeZones");
    let headers = [("content-type", "application/json"), ("host", HOST)];
    let signed = tc3::Request::post(b"{}", &headers).unsigned_payload();
    let value = tc3::sign(&credential(), "cvm", NOW, &signed).unwrap();
    let mut request = call.json("{}");
    request.headers_mut().insert("authorization", value.parse().unwrap());
    assert_eq!(auth_code(&cloud, &request), "AuthFailure.SignatureFailure");
    let unsigned = HeaderValue::from_static(tc3::UNSIGNED_PAYLOAD);
    request.headers_mut().insert("x-tc-content-sha256", unsigned);
    assert_eq!(answer(&cloud, &request)["TotalCount"], 7);
}

#[test]
fn unsigned_requests_are_rejected() {
    let cloud = cloud();
    let bare = |uri: &str| Request::get(uri).header("Host", HOST).body(Bytes::new()).unwrap();
    let expected = "AuthFailure.InvalidAuthorization";
    assert_eq!(auth_code(&cloud, &bare("/")), expected);
    assert_eq!(auth_code(&cloud, &bare("/?Action=DescribeZones")), expected);
    let old = bare("/v2/index.php?Action=DescribeZones");
    assert_eq!(auth_code(&cloud, &old), "AuthFailure");
    for value in ["SKIP", "", "Basic YTpi", "TC3-HMAC-SHA256 Credential=x"] {
        let mut request = Call::new("DescribeZones").json("{}");
        request.headers_mut().insert("authorization", value.parse().unwrap());
        assert_eq!(auth_code(&cloud, &request), expected, "{value}");
    }
    let mut request = Call::new("DescribeZones").json("{}");
    request.headers_mut().remove("authorization");
    assert_eq!(auth_code(&cloud, &request), expected);
}

#[test]
fn v1_requires_its_common_parameters() {
    let cloud = cloud();
    let good = Call::new("DescribeZones").flat(Dialect::V1Sha256Get, &[]).uri().to_string();
    let without = |name: &str| {
        let (path, query) = good.split_once('?').unwrap();
        let kept: Vec<_> =
            query.split('&').filter(|part| !part.starts_with(&format!("{name}="))).collect();
        let uri = format!("{path}?{}", kept.join("&"));
        let request = Request::get(uri).header("Host", HOST).body(Bytes::new()).unwrap();
        auth_code(&cloud, &request)
    };
    for name in ["SecretId", "Timestamp", "Nonce"] {
        assert_eq!(without(name), "MissingParameter", "{name}");
    }
    assert_eq!(without("Signature"), "AuthFailure.InvalidAuthorization");
    assert_eq!(without("SignatureMethod"), "AuthFailure.SignatureFailure");
}

#[test]
fn temporary_credentials_need_their_token() {
    let temporary = Credential::temporary("AKIDTEMP", "temp-key", "the-token").unwrap();
    let cloud = Emulator::builder()
        .wall_clock(|| NOW)
        .credential(credential())
        .credential(temporary.clone())
        .build()
        .unwrap();
    for dialect in DIALECTS {
        let with = |token: Option<&str>| {
            let credential = temporary.clone();
            let token = token.map(str::to_owned);
            let call = Call { credential, token, ..Call::new("DescribeZones") };
            answer(&cloud, &call.pairs(dialect, &[]))
        };
        assert_eq!(with(Some("the-token"))["TotalCount"], 7, "{dialect:?}");
        for token in [None, Some("the-tokem"), Some("the-token2")] {
            let answer = with(token);
            assert_eq!(code(&answer), named(dialect, "TokenFailure"), "{dialect:?} {token:?}");
            assert!(!answer.to_string().contains("the-token\""), "{answer}");
        }
        // The long-term credential of the same account needs none.
        let call = Call::new("DescribeZones");
        assert_eq!(answer(&cloud, &call.pairs(dialect, &[]))["TotalCount"], 7, "{dialect:?}");
    }
}

#[test]
fn signature_errors_show_the_string_to_sign_without_secrets() {
    let cloud = cloud();
    let password = "Very-Secret-42";
    let mut call = Call::new("RunInstances");
    call.credential = Credential::new("AKIDEXAMPLE", "another-key").unwrap();
    call.token = Some("a-token-text".to_owned());
    let pairs = [
        ("Placement.Zone", "ap-guangzhou-2"),
        ("LoginSettings.Password", password),
        ("LoginSettings.Pasword", "Misspelt-Secret-42"),
        ("UserData", "c2VjcmV0IHVzZXIgZGF0YQ=="),
    ];
    for dialect in DIALECTS {
        let answer = answer(&cloud, &call.pairs(dialect, &pairs));
        let message = answer["Error"]["Message"].as_str().unwrap();
        assert!(message.contains("string to sign"), "{dialect:?}: {message}");
        for secret in [
            password,
            "Misspelt-Secret-42",
            "c2VjcmV0IHVzZXIgZGF0YQ",
            "a-token-text",
            "a-secret-key",
        ] {
            assert!(!message.contains(secret), "{dialect:?}: {message}");
        }
        if dialect == Dialect::Tc3 {
            assert!(message.contains("canonical request:\nPOST\n/\n\ncontent-type:"), "{message}");
        } else {
            assert!(message.contains("Placement.Zone=ap-guangzhou-2"), "{message}");
            assert!(message.contains("Password=***"), "{message}");
        }
    }
}

#[test]
fn signature_errors_show_what_a_correct_client_signs() {
    let cloud = cloud();
    let mut call = Call::new("DescribeInstances");
    call.credential = Credential::new("AKIDEXAMPLE", "another-key").unwrap();
    let answer = answer(&cloud, &call.json("{}"));
    let message = answer["Error"]["Message"].as_str().unwrap();
    let headers = [("content-type", "application/json"), ("host", HOST)];
    let request = tc3::Request::post(b"{}", &headers);
    let canonical_request = tc3::CanonicalRequest::new(&request).unwrap();
    let scope = tc3::CredentialScope::at(NOW, "cvm").unwrap();
    let string_to_sign = tc3::StringToSign::new(NOW, &scope, &canonical_request.hash());
    assert!(message.contains(&canonical_request.to_string()), "{message}");
    assert!(message.ends_with(string_to_sign.as_str()), "{message}");
}
