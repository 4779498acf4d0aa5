//! Access policies in requests. Only their form is checked: the emulator evaluates none.

use cvm_protocol::{Json, percent};

use crate::api_error::{ApiError, DocumentedCodes};

/// Checks a policy: URL-encoded JSON without a `principal` element.
pub(super) fn check(codes: DocumentedCodes, encoded: &str) -> Result<(), ApiError> {
    let malformed = |why: &str| {
        let message = format!("The policy in `Policy` {why}.");
        codes.error(["InvalidParameter.StrategyFormatError"], message)
    };
    let text = percent::decode(encoded)
        .ok_or_else(|| malformed("is not URL-encoded UTF-8 text: encode the JSON once"))?;
    let policy = Json::parse(text.as_bytes())
        .map_err(|_| malformed("is not JSON after it is URL-decoded once"))?;
    let version = policy.member("version").and_then(Json::as_text);
    let statement = policy.member("statement");
    if version.is_none() || !matches!(statement, Some(Json::List(_) | Json::Object(_))) {
        return Err(malformed("is not an object with `version` and `statement`"));
    }
    if names_principal(&policy) {
        let message = "The policy in `Policy` has a `principal` element: remove it.";
        return Err(codes.error(["InvalidParameter.StrategyInvalid"], message));
    }
    Ok(())
}

/// Whether a statement, or the policy itself, says who is allowed. Nesting is limited by the parser.
fn names_principal(value: &Json) -> bool {
    match value {
        Json::Object(members) => members
            .iter()
            .any(|(name, value)| name.eq_ignore_ascii_case("principal") || names_principal(value)),
        Json::List(items) => items.iter().any(names_principal),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use cvm_protocol::Action;
    use sts_models::actions::GetFederationToken;

    use super::*;

    #[test]
    fn policy_must_be_url_encoded_json_without_principal() {
        let code = |text: &str| {
            let checked = check(DocumentedCodes(GetFederationToken::INFO), text);
            checked.err().map(|error| error.code)
        };
        let policy = r#"{"version":"2.0","statement":[{"effect":"allow","action":["cvm:*"],"resource":"*"}]}"#;
        assert_eq!(code(&percent::encode(policy)), None);
        assert_eq!(code(r#"{"version":"2.0","statement":[]}"#), None);
        for text in ["x", "[]", "{}", "%ff", "%7", r#"{"version":"2.0","statement":"x"}"#] {
            assert_eq!(code(text), Some("InvalidParameter.StrategyFormatError"), "{text}");
        }
        let twice = percent::encode(&percent::encode(policy));
        assert_eq!(code(&twice), Some("InvalidParameter.StrategyFormatError"));
        let principal = policy.replace("\"effect\"", "\"principal\":{\"qcs\":[]},\"effect\"");
        assert_eq!(code(&percent::encode(&principal)), Some("InvalidParameter.StrategyInvalid"));
    }
}
