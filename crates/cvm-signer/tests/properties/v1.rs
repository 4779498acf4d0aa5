//! v1: every parameter is covered once, in any order.

use cvm_signer::{
    Credential, Method, SignError, v1,
    verify::{self, EmptyParameters, VerifyError},
};
use proptest::{prelude::*, sample::Index};

use crate::{change, credential};

#[derive(Clone, Debug)]
struct V1 {
    credential: Credential,
    method: Method,
    host: String,
    path: &'static str,
    params: Vec<(String, String)>,
}

impl V1 {
    fn request(&self) -> v1::Request<'_, String, String> {
        v1::Request { method: self.method, host: &self.host, path: self.path, params: &self.params }
    }

    /// The same request as it is sent.
    fn signed(&self) -> Self {
        let signature = v1::sign(&self.credential, &self.request()).unwrap();
        let mut sent = self.clone();
        sent.params.push((v1::SIGNATURE.into(), signature.to_string()));
        sent
    }

    fn verify(&self) -> Result<(), VerifyError> {
        verify::v1(Some(&self.credential), &self.request()).map(|_| ())
    }
}

prop_compose! {
    fn v1_request()(
        credential in credential(),
        method in prop_oneof![Just(Method::Get), Just(Method::Post)],
        host in "[a-z0-9.-]{1,40}(:[0-9]{1,5})?",
        path in prop_oneof![Just(v1::API3_PATH), Just(v1::GATEWAY_PATH)],
        algorithm in prop_oneof![Just(None), Just(Some("HmacSHA1")), Just(Some("HmacSHA256"))],
        others in prop::collection::btree_map("[A-Z][a-zA-Z0-9._]{0,12}", "[ -~\u{672a}]{0,40}", 0..12),
    ) -> V1 {
        let mut params = vec![("SecretId".to_owned(), "AKIDEXAMPLE".to_owned())];
        params.extend(algorithm.map(|name| ("SignatureMethod".to_owned(), name.to_owned())));
        for (name, value) in others {
            if !params.iter().any(|(given, _)| given.replace('_', ".") == name.replace('_', ".")) {
                params.push((name, value));
            }
        }
        V1 { credential, method, host, path, params }
    }
}

proptest! {
    #[test]
    fn v1_signed_requests_verify_in_any_order(case in v1_request()) {
        let mut sent = case.signed();
        prop_assert_eq!(sent.verify(), Ok(()));
        sent.params.reverse();
        prop_assert_eq!(sent.verify(), Ok(()));
        prop_assert_eq!(verify::v1(None, &sent.request()), Err(VerifyError::UnknownSecretId));
    }

    #[test]
    fn v1_one_changed_byte_is_rejected(case in v1_request(), which in any::<Index>(), at in any::<Index>()) {
        let sent = case.signed();
        let which = which.index(sent.params.len());
        let mut changed = sent.clone();
        let value = &mut changed.params[which].1;
        // Value by value, so that a character outside ASCII stays whole.
        *value = match value.char_indices().nth(at.index(value.chars().count().max(1))) {
            Some((start, old)) => {
                let new = if old == '7' { "8" } else { "7" };
                format!("{}{new}{}", &value[..start], &value[start + old.len_utf8()..])
            }
            None => "7".into(),
        };
        prop_assert!(changed.verify().is_err(), "value {:?}", changed.params[which]);

        let mut changed = sent.clone();
        changed.params[which].0 = change(&sent.params[which].0, &at);
        prop_assert!(changed.verify().is_err(), "name {:?}", changed.params[which]);

        let mut changed = sent.clone();
        changed.params.remove(which);
        prop_assert!(changed.verify().is_err() || sent.params[which].1.is_empty(), "removed");

        let mut changed = sent.clone();
        changed.params.push(sent.params[which].clone());
        prop_assert!(changed.verify().is_err(), "repeated");

        let mut changed = sent.clone();
        changed.host = change(&sent.host, &at);
        prop_assert_eq!(changed.verify(), Err(VerifyError::Signature));

        let mut changed = sent.clone();
        changed.path = if sent.path == "/" { v1::GATEWAY_PATH } else { v1::API3_PATH };
        prop_assert_eq!(changed.verify(), Err(VerifyError::Signature));

        let mut changed = sent.clone();
        changed.method = if sent.method == Method::Get { Method::Post } else { Method::Get };
        prop_assert_eq!(changed.verify(), Err(VerifyError::Signature));
    }
}

#[test]
fn v1_unsigned_empty_parameters_are_reported() {
    let credential = Credential::new("AKIDEXAMPLE", "key").unwrap();
    let verified = |signed: &[(&str, &str)], added: &[(&str, &str)]| {
        let request = v1::Request { method: Method::Post, host: "h", path: "/", params: signed };
        let signature = v1::sign(&credential, &request).unwrap();
        let mut params = [signed, added].concat();
        params.push((v1::SIGNATURE, signature.as_str()));
        verify::v1(Some(&credential), &v1::Request { params: &params, ..request })
    };
    let id = ("SecretId", "AKIDEXAMPLE");
    assert_eq!(verified(&[id], &[]), Ok(EmptyParameters::Signed));
    assert_eq!(verified(&[id, ("CamRoleName", "")], &[]), Ok(EmptyParameters::Signed));
    assert_eq!(verified(&[id], &[("ForceStop", "")]), Ok(EmptyParameters::Unsigned));
    let mixed = verified(&[id, ("CamRoleName", "")], &[("ForceStop", "")]);
    assert_eq!(mixed, Err(VerifyError::Signature));
}

#[test]
fn v1_names_and_hosts_that_shift_the_signed_text_are_rejected() {
    let credential = Credential::new("AKIDEXAMPLE", "key").unwrap();
    let signed = [("A", "1"), ("B", "2/?C=3"), ("SecretId", "AKIDEXAMPLE")];
    let request = v1::Request { method: Method::Get, host: "h", path: "/", params: &signed };
    let signature = v1::sign(&credential, &request).unwrap();
    let verified = |host, params: &[(&str, &str)]| {
        let params = [params, &[(v1::SIGNATURE, signature.as_str())]].concat();
        let request = v1::Request { method: Method::Get, host, path: "/", params: &params };
        verify::v1(Some(&credential), &request)
    };
    assert_eq!(verified("h", &signed), Ok(EmptyParameters::Signed));
    let joined = [("A=1&B", "2/?C=3"), ("SecretId", "AKIDEXAMPLE")];
    assert_eq!(verified("h", &joined), Err(VerifyError::ParameterName));
    let shifted = [("C", "3"), ("SecretId", "AKIDEXAMPLE")];
    assert_eq!(verified("h/?A=1&B=2", &shifted), Err(VerifyError::Host));
    let both = [("A.B", "1"), ("A_B", "2"), ("SecretId", "AKIDEXAMPLE")];
    assert!(matches!(verified("h", &both), Err(VerifyError::RepeatedParameter(_))));
}

#[test]
fn v1_requests_without_exactly_one_signature_are_rejected() {
    let credential = Credential::new("AKIDEXAMPLE", "key").unwrap();
    let error_of = |params: &[(&str, &str)]| {
        let request = v1::Request { method: Method::Get, host: "h", path: "/", params };
        verify::v1(Some(&credential), &request).unwrap_err()
    };
    let good = "EliP9YW3pW28FpsEdkXt/+WcGeI=";
    assert_eq!(error_of(&[("a", "1")]), VerifyError::SignatureParameter);
    assert_eq!(error_of(&[("Signature", "")]), VerifyError::SignatureParameter);
    assert_eq!(
        error_of(&[("Signature", good), ("Signature", good)]),
        VerifyError::SignatureParameter
    );
    assert_eq!(
        error_of(&[("SignatureMethod", "HmacSHA256"), ("Signature", good)]),
        VerifyError::SignatureParameter
    );
    assert_eq!(error_of(&[("Signature", good)]), VerifyError::Signature);
    assert_eq!(
        error_of(&[("a", "1"), ("a", "1"), ("Signature", good)]),
        VerifyError::RepeatedParameter("a".into())
    );
}

#[test]
fn v1_signature_is_valid_only_for_the_named_credential() {
    let credential = Credential::new("AKIDEXAMPLE", "key").unwrap();
    for params in [&[("Action", "RunInstances")][..], &[("SecretId", "AKIDother")]] {
        let request = v1::Request { method: Method::Get, host: "h", path: "/", params };
        assert_eq!(v1::sign(&credential, &request).unwrap_err(), SignError::SecretId);
    }
}
