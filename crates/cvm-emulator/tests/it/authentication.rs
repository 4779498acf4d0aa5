//! Authentication: every dialect, and every kind of invalid signature.

use bytes::Bytes;
use cvm_emulator::{AccountId, Cloud, Emulator, StartError};
use cvm_signer::{Credential, tc3};
use http::{HeaderValue, Request};
use serde_json::Value;

use crate::support::*;

fn respond(cloud: &Cloud, request: &Request<Bytes>) -> Value {
    read(&cloud.handle(request))
}

fn auth_code(cloud: &Cloud, request: &Request<Bytes>) -> String {
    error_code(&respond(cloud, request)).to_owned()
}

/// The code of an authentication error in a dialect.
fn auth_failure(dialect: Dialect, code: &str) -> String {
    match dialect {
        Dialect::OldGateway | Dialect::OldGatewayPost => "AuthFailure".to_owned(),
        _ => format!("AuthFailure.{code}"),
    }
}

#[test]
fn every_dialect_authenticates() {
    let cloud = cloud();
    for dialect in DIALECTS {
        let response = respond(&cloud, &Call::new("DescribeZones").pairs(dialect, &[]));
        assert_eq!(response["TotalCount"], 7, "{dialect:?}: {response}");
    }
}

#[test]
fn wrong_secret_key_is_rejected() {
    let cloud = cloud();
    for dialect in DIALECTS {
        let mut call = Call::new("DescribeZones");
        call.credential = Credential::new("AKIDEXAMPLE", "another-key").unwrap();
        let code = auth_code(&cloud, &call.pairs(dialect, &[]));
        assert_eq!(code, auth_failure(dialect, "SignatureFailure"), "{dialect:?}");
    }
}

#[test]
fn unknown_secret_id_is_rejected() {
    let cloud = cloud();
    for dialect in DIALECTS {
        let mut call = Call::new("DescribeZones");
        call.credential = Credential::new("AKIDUNKNOWN", "a-secret-key").unwrap();
        let code = auth_code(&cloud, &call.pairs(dialect, &[]));
        assert_eq!(code, auth_failure(dialect, "SecretIdNotFound"), "{dialect:?}");
    }
}

/// The error code shows how much was decoded: only decoding the whole form finds the broken escape at its end.
#[test]
fn form_with_unknown_secret_id_is_not_decoded() {
    let mut call = Call::new("DescribeZones");
    for (id, expected) in
        [("AKIDunknown", "AuthFailure.SecretIdNotFound"), ("AKIDEXAMPLE", "InvalidParameter")]
    {
        call.credential = Credential::new(id, "a-secret-key").unwrap();
        let (parts, body) = call.v1(Dialect::V1Sha1, &[]).into_parts();
        let broken = [&body[..], b"&a=%"].concat();
        let request = Request::from_parts(parts, Bytes::from(broken.clone()));
        assert_eq!(auth_code(&cloud(), &request), expected);
        // Parameter names can be percent-encoded too.
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
            let response = respond(&cloud, &call.pairs(dialect, &[]));
            if passes {
                assert_eq!(response["TotalCount"], 7, "{dialect:?} {timestamp}");
            } else {
                assert_eq!(error_code(&response), "AuthFailure.SignatureExpire", "{dialect:?}");
            }
        }
    }
}

#[test]
fn virtual_time_does_not_affect_signatures() {
    let cloud = cloud();
    advance(&cloud, 86_400);
    assert_eq!(send(&cloud, "DescribeZones", serde_json::json!({}))["TotalCount"], 7);
}

#[test]
fn changes_to_signed_parts_are_detected() {
    let cloud = cloud();
    let call = Call::new("DescribeInstances");
    for dialect in DIALECTS {
        let valid = call.pairs(dialect, &[("Limit", "1")]);
        assert_eq!(respond(&cloud, &valid)["TotalCount"], 0, "{dialect:?}");
        let mut tampered = valid.clone();
        if valid.body().is_empty() {
            let uri = valid.uri().to_string().replace("Limit=1", "Limit=2");
            *tampered.uri_mut() = uri.parse().unwrap();
        } else {
            let body = String::from_utf8(valid.body().to_vec()).unwrap();
            *tampered.body_mut() =
                body.replace("Limit=1", "Limit=2").replace("\"1\"", "\"2\"").into();
        }
        assert_ne!((tampered.uri(), tampered.body()), (valid.uri(), valid.body()), "{dialect:?}");
        let expected = auth_failure(dialect, "SignatureFailure");
        assert_eq!(auth_code(&cloud, &tampered), expected, "{dialect:?}");
    }
    for (header, value) in [
        ("host", "evil.example"),
        ("content-type", "application/json; charset=utf-8"),
        ("x-tc-timestamp", "1700000001"),
    ] {
        let mut tampered = call.json("{}");
        tampered.headers_mut().insert(header, HeaderValue::from_static(value));
        assert_eq!(auth_code(&cloud, &tampered), "AuthFailure.SignatureFailure", "{header}");
    }
    for dialect in [Dialect::V1Sha1, Dialect::V1Sha256Get, Dialect::OldGateway] {
        let mut tampered = call.pairs(dialect, &[]);
        tampered.headers_mut().insert("host", HeaderValue::from_static("evil.example"));
        let expected = auth_failure(dialect, "SignatureFailure");
        assert_eq!(auth_code(&cloud, &tampered), expected, "{dialect:?}");
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
                let response = respond(&cloud, &request);
                assert_eq!(response["TotalCount"], 7, "{dialect:?} {sent} {signed}");
            }
        }
    }
}

#[test]
fn service_name_comes_from_the_credential_scope() {
    // The Node.js SDK takes the service name from the endpoint: `127` for `127.0.0.1`.
    let call = Call { service: "127".to_owned(), ..Call::new("DescribeZones") };
    assert_eq!(respond(&cloud(), &call.json("{}"))["TotalCount"], 7);
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
    assert_eq!(respond(&cloud, &request)["TotalCount"], 7);
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
    let valid = Call::new("DescribeZones").v1(Dialect::V1Sha256Get, &[]).uri().to_string();
    let without = |name: &str| {
        let (path, query) = valid.split_once('?').unwrap();
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
fn responses_have_the_date_of_the_wall_clock() {
    let date = |now: u64, path: &str, timestamp| {
        let cloud = builder().wall_clock(move || now).credential(credential()).build().unwrap();
        let mut request = Call { timestamp, ..Call::new("DescribeZones") }.json("{}");
        *request.uri_mut() = path.parse().unwrap();
        let response = cloud.handle(&request);
        response.headers()["date"].to_str().unwrap().to_owned()
    };
    // A success, an error, and a response to no API call.
    for (path, timestamp) in [("/", NOW), ("/", 0), ("/nothing", NOW)] {
        assert_eq!(date(NOW, path, timestamp), "Tue, 14 Nov 2023 22:13:20 GMT", "{path}");
    }
    assert_eq!(date(u64::MAX, "/", NOW), "Fri, 31 Dec 9999 23:59:59 GMT");
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
            respond(&cloud, &call.pairs(dialect, &[]))
        };
        assert_eq!(with(Some("the-token"))["TotalCount"], 7, "{dialect:?}");
        for token in [None, Some("the-tokem"), Some("the-token2")] {
            let response = with(token);
            assert_eq!(
                error_code(&response),
                auth_failure(dialect, "TokenFailure"),
                "{dialect:?} {token:?}"
            );
            assert!(!response.to_string().contains("the-token\""), "{response}");
        }
        // The permanent credential of the same account needs no token, and may have none.
        let call = Call::new("DescribeZones");
        assert_eq!(respond(&cloud, &call.pairs(dialect, &[]))["TotalCount"], 7, "{dialect:?}");
        let left_over = Call { token: Some("the-token".to_owned()), ..call };
        let response = respond(&cloud, &left_over.pairs(dialect, &[]));
        assert_eq!(error_code(&response), auth_failure(dialect, "TokenFailure"), "{dialect:?}");
        assert!(response.to_string().contains("permanent"), "{response}");
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
        ("LoginSettings.Pasword", "Misspelled-Secret-42"),
        ("UserData", "c2VjcmV0IHVzZXIgZGF0YQ=="),
    ];
    for dialect in DIALECTS {
        let response = respond(&cloud, &call.pairs(dialect, &pairs));
        let message = response["Error"]["Message"].as_str().unwrap();
        assert!(message.contains("string to sign"), "{dialect:?}: {message}");
        for secret in [
            password,
            "Misspelled-Secret-42",
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

/// The Node SDK signs the default port, which its HTTP library leaves out of the header.
#[test]
fn host_is_accepted_with_and_without_its_default_port() {
    let cloud = cloud();
    for dialect in DIALECTS {
        let host = match dialect {
            Dialect::OldGateway | Dialect::OldGatewayPost => OLD_HOST,
            _ => HOST,
        };
        for (signed, sent, passes) in [
            ("", "", true),
            (":80", "", true),
            (":443", "", true),
            ("", ":80", true),
            ("", ":8600", true),
            (":8600", "", false),
            (":80", ":8600", false),
        ] {
            let call = Call {
                host: format!("{host}{signed}"),
                old_host: format!("{host}{signed}"),
                ..Call::new("DescribeZones")
            };
            let mut request = call.pairs(dialect, &[]);
            let header = format!("{host}{sent}").parse().unwrap();
            request.headers_mut().insert("host", header);
            let response = respond(&cloud, &request);
            let case = format!("{dialect:?}: {signed:?} signed, {sent:?} sent: {response}");
            assert_eq!(response.get("Error").is_none(), passes, "{case}");
        }
    }
}

#[test]
fn signature_error_names_the_first_line_that_differs() {
    let cloud = cloud();
    let message = |request: &Request<Bytes>| {
        let response = respond(&cloud, request);
        assert!(error_code(&response).starts_with("AuthFailure"), "{response}");
        response["Error"]["Message"].as_str().unwrap().to_owned()
    };
    let call = Call::new("DescribeZones");
    let with_header = |mut request: Request<Bytes>, name: &'static str, value: &str| {
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };
    let elsewhere = with_header(call.json("{}"), "host", "127.0.0.1:8600");
    assert!(message(&elsewhere).contains(
        "line 5 of the canonical request: the client signed `host:cvm.tencentcloudapi.com`, and the \
         request has `host:127.0.0.1:8600`"
    ));
    let typed = "application/json; charset=utf-8";
    assert!(message(&with_header(call.json("{}"), "content-type", typed)).contains(
        "line 4 of the canonical request: the client signed `content-type:application/json`, and the \
         request has `content-type:application/json; charset=utf-8`"
    ));
    let (parts, _) = call.json("").into_parts();
    let other_body = Request::from_parts(parts, Bytes::from_static(b"{}"));
    assert!(message(&other_body).contains("line 8 of the canonical request"));
    let late = with_header(call.json("{}"), "x-tc-timestamp", &(NOW + 1).to_string());
    let expected = format!("line 2 of the string to sign: the client signed `{NOW}`, and");
    assert!(message(&late).contains(&expected));
    let v1 = with_header(call.v1(Dialect::V1Sha1, &[]), "host", "127.0.0.1:8600");
    assert!(message(&v1).contains(
        "line 1 of the string to sign: the client signed `POSTcvm.tencentcloudapi.com/?`, and the \
         request has `POST127.0.0.1:8600/?`"
    ));
    let mut other = call;
    other.credential = Credential::new("AKIDEXAMPLE", "another-key").unwrap();
    for dialect in DIALECTS {
        let message = message(&other.pairs(dialect, &[]));
        assert!(message.contains("check the secret key"), "{dialect:?}: {message}");
    }
}

#[test]
fn signature_errors_show_what_a_correct_client_signs() {
    let cloud = cloud();
    let mut call = Call::new("DescribeInstances");
    call.credential = Credential::new("AKIDEXAMPLE", "another-key").unwrap();
    let response = respond(&cloud, &call.json("{}"));
    let message = response["Error"]["Message"].as_str().unwrap();
    let headers = [("content-type", "application/json"), ("host", HOST)];
    let request = tc3::Request::post(b"{}", &headers);
    let canonical_request = tc3::CanonicalRequest::new(&request).unwrap();
    let scope = tc3::CredentialScope::at(NOW, "cvm").unwrap();
    let string_to_sign = tc3::StringToSign::new(NOW, &scope, &canonical_request.hash());
    assert!(message.contains(&canonical_request.to_string()), "{message}");
    assert!(message.ends_with(string_to_sign.as_str()), "{message}");
}

#[test]
fn each_credential_belongs_to_one_account() {
    let first = credential();
    let second = Credential::new("AKIDSECOND", "another-secret-key").unwrap();
    let third = Credential::new("AKIDTHIRD", "a-third-secret-key").unwrap();
    let cloud = builder().credential(first.clone()).account(second.clone()).build().unwrap();
    assert_eq!(cloud.add_account(third.clone()).unwrap(), AccountId::nth(2));
    for (place, credential) in [first, second, third].into_iter().enumerate() {
        let call = |action: &str, pairs: &[(&str, &str)], dialect| {
            let call = Call { credential: credential.clone(), ..Call::new(action) };
            read(&cloud.handle(&call.pairs(dialect, pairs)))
        };
        for dialect in DIALECTS {
            let quota = call("DescribeAccountQuota", &[], dialect);
            let app_id = 1_250_000_000 + u64::try_from(place).unwrap();
            assert_eq!(quota["AppId"], app_id, "{dialect:?}");
        }
        let list = call("DescribeInstances", &[], Dialect::Tc3);
        assert_eq!(list["TotalCount"], 0, "the instances of the others are not visible");
        let zone = ("Placement.Zone", "ap-guangzhou-3");
        call("RunInstances", &[zone, ("ImageId", IMAGE)], Dialect::Tc3);
        let list = call("DescribeInstances", &[], Dialect::Tc3);
        assert_eq!(list["TotalCount"], 1);
    }
}

#[test]
fn secret_id_of_two_credentials_is_an_error() {
    let same_id = || Credential::new("AKIDEXAMPLE", "another-secret-key").unwrap();
    let error = builder().credential(credential()).account(same_id()).build().unwrap_err();
    let text = "two credentials have the secret id `AKIDEXAMPLE`; give each its own";
    assert_eq!(error.to_string(), text);
    let cloud = cloud();
    assert!(matches!(cloud.add_account(same_id()), Err(StartError::SecretIdInUse(_))));
    let other = Credential::new("AKIDOTHER", "another-secret-key").unwrap();
    assert_eq!(cloud.add_account(other).unwrap(), AccountId::nth(1), "no number is left out");
    let response = send(&cloud, "DescribeInstances", serde_json::json!({}));
    assert_eq!(response["TotalCount"], 0, "the first credential stays valid");
}
