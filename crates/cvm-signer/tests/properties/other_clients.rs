//! Requests as other clients sign them: each common form is accepted, and no other.

use cvm_signer::{
    Credential, HexDigest, Method, tc3, v1,
    verify::{self, VerifyingKey},
};

use crate::DAY;

/// Signs a canonical request that this crate would not build, as another client might.
fn sign_foreign(credential: &Credential, canonical_request: &str, names: &str) -> String {
    let scope = tc3::CredentialScope::at(DAY, "cvm").unwrap();
    let hash = HexDigest::sha256(canonical_request.as_bytes());
    let signature = tc3::SigningKey::derive(credential, &scope)
        .sign(&tc3::StringToSign::new(DAY, &scope, &hash));
    format!(
        "TC3-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders={names}, Signature={signature}"
    )
}

#[test]
fn header_forms_of_other_clients_are_accepted() {
    let credential = Credential::new("AKIDEXAMPLE", "key").unwrap();
    let received = [
        ("Host", "[::1]:8080"),
        ("Content-Type", "Application/JSON"),
        ("X-TC-Action", "RunInstances"),
        ("Accept", "*/*"),
    ];
    let body_hash = HexDigest::sha256(b"{}");
    for content_type in ["Application/JSON", "application/json", "application/Json"] {
        for host in ["[::1]:8080", "[::1]", "[:"] {
            for action in ["RunInstances", "runinstances"] {
                let names = "content-type;host;x-tc-action";
                let text = format!(
                    "POST\n/\n\ncontent-type:{content_type}\nhost:{host}\nx-tc-action:{action}\n\n\
                     {names}\n{body_hash}"
                );
                let value = sign_foreign(&credential, &text, names);
                let authorization = tc3::Authorization::parse(&value).unwrap();
                let key = VerifyingKey::derive(Some(&credential), authorization.scope());
                let request = tc3::Request::post(b"{}", &received);
                let accepted = verify::tc3(&key, &authorization, DAY, &request).is_ok();
                let legitimate = content_type != "application/Json"
                    && host != "[:"
                    // No known client lowercases the content type but not the action.
                    && (content_type, action) != ("application/json", "RunInstances");
                assert_eq!(accepted, legitimate, "{text}");
            }
        }
    }
}

#[test]
fn v1_parameter_forms_of_other_clients_are_accepted() {
    let credential = Credential::new("AKIDEXAMPLE", "key").unwrap();
    let sent = [
        ("Placement_Zone", "ap_1"),
        ("PlacementA", "x"),
        ("InstanceName", ""),
        ("SecretId", "AKIDEXAMPLE"),
    ];
    // A name with a dot sorts before a longer one, with an underscore after it.
    const WITH_PORT: &str = "cvm.example:8080";
    const BARE: &str = "cvm.example";
    let forms: [(&str, &[&str]); 7] = [
        // The documentation, and the SDKs for Python and the old gateway.
        ("InstanceName=&Placement.Zone=ap_1&PlacementA=x&SecretId=AKIDEXAMPLE", &[WITH_PORT]),
        // The SDK for Node signs the host without its port.
        ("InstanceName=&PlacementA=x&Placement_Zone=ap_1&SecretId=AKIDEXAMPLE", &[WITH_PORT, BARE]),
        // The SDK for Go.
        ("PlacementA=x&Placement_Zone=ap_1&SecretId=AKIDEXAMPLE", &[WITH_PORT]),
        ("Placement.Zone=ap_1&PlacementA=x&SecretId=AKIDEXAMPLE", &[]),
        ("InstanceName=&PlacementA=x&Placement.Zone=ap_1&SecretId=AKIDEXAMPLE", &[]),
        ("InstanceName=&Placement.Zone=ap.1&PlacementA=x&SecretId=AKIDEXAMPLE", &[]),
        ("InstanceName&Placement.Zone=ap_1&PlacementA=x&SecretId=AKIDEXAMPLE", &[]),
    ];
    for host in [WITH_PORT, BARE, "cvm.example:"] {
        for (pairs, hosts) in forms {
            // One parameter can produce any text, because its value is signed without encoding.
            let Some((first, rest)) = pairs.split_once('=') else { unreachable!() };
            let signature = hmac_sha1_of(&credential, &format!("GET{host}/?{first}={rest}"));
            let mut params = sent.to_vec();
            params.push(("Signature", &signature));
            let request =
                v1::Request { method: Method::Get, host: WITH_PORT, path: "/", params: &params };
            let accepted = verify::v1(Some(&credential), &request).is_ok();
            assert_eq!(accepted, hosts.contains(&host), "{host} {pairs}");
        }
    }
}

/// Computes the v1 signature of any text without this crate.
fn hmac_sha1_of(credential: &Credential, text: &str) -> String {
    use base64ct::{Base64, Encoding};
    use hmac::{Hmac, KeyInit, Mac};
    let mac = Hmac::<sha1::Sha1>::new_from_slice(credential.secret_key().as_bytes()).unwrap();
    Base64::encode_string(&mac.chain_update(text).finalize().into_bytes())
}
