//! Reads JSON documents with a credential into memory that is wiped.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cvm_protocol::{
    FieldInfo, Kind, Model, ModelInfo, NameIndex, Record, Value, json, member_named, utf8_text,
};
use cvm_signer::Credential;

use super::provider::{CredentialProviderError, CredentialSnapshot};

/// The response of the metadata service.
pub(super) static ROLE_RESPONSE: ModelInfo = ModelInfo {
    name: "RoleResponse",
    members: &[
        FieldInfo::new("TmpSecretId", Kind::Str),
        FieldInfo::new("TmpSecretKey", Kind::Str).secret(),
        FieldInfo::new("Token", Kind::Str).secret(),
        FieldInfo::new("ExpiredTime", Kind::I64),
        FieldInfo::new("Code", Kind::Str),
    ],
    index: NameIndex {
        multiplier: 0xd141_2584_4d25_deb3,
        shift: 61,
        slots: &[0, 4, 255, 2, 255, 1, 3, 255],
    },
};

/// The output of a credential program.
pub(super) static PROCESS_OUTPUT: ModelInfo = ModelInfo {
    name: "ProcessOutput",
    members: &[
        FieldInfo::new("SecretId", Kind::Str),
        FieldInfo::new("SecretKey", Kind::Str).secret(),
        FieldInfo::new("Token", Kind::Str).secret(),
        FieldInfo::new("ExpiredTime", Kind::I64),
        FieldInfo::new("Expiration", Kind::Str),
    ],
    index: NameIndex {
        multiplier: 0xc464_7159_c324_c985,
        shift: 61,
        slots: &[255, 255, 2, 3, 0, 1, 255, 4],
    },
};

/// A `.credential` file of tccli.
pub(super) static TCCLI_FILE: ModelInfo = ModelInfo {
    name: "TccliCredential",
    members: &[
        FieldInfo::new("secretId", Kind::Str),
        FieldInfo::new("secretKey", Kind::Str).secret(),
        FieldInfo::new("token", Kind::Str).secret(),
        FieldInfo::new("role-arn", Kind::Str),
        FieldInfo::new("role-session-name", Kind::Str),
        FieldInfo::new("type", Kind::Str),
        FieldInfo::new("expiresAt", Kind::I64),
    ],
    index: NameIndex {
        multiplier: 0x54f4_6a69_10ac_ff01,
        shift: 61,
        slots: &[4, 255, 0, 1, 2, 5, 3, 6],
    },
};

/// Decodes a document; `what` describes it in the error.
pub(super) fn read(
    table: &'static ModelInfo,
    bytes: &[u8],
    what: &str,
) -> Result<Record, CredentialProviderError> {
    let text =
        utf8_text(bytes).map_err(|why| CredentialProviderError::broken(format!("{what} {why}")))?;
    let mut record = Record::new(table);
    json::from_slice(&mut record, text.as_bytes()).map_err(|error| {
        CredentialProviderError::broken(format!("{what} is not the expected JSON: {error}"))
    })?;
    Ok(record)
}

/// The year 5138 in seconds. A time in milliseconds is larger since 1973.
const MAX_SECONDS: i64 = 100_000_000_000;

/// The expiry of a credential in a member, as Unix time in seconds; 0 or absent means no expiry.
///
/// # Errors
///
/// If the member is a time in milliseconds, which would be read as a time in the far future.
pub(super) fn expiry(model: &dyn Model, name: &str) -> Result<Option<i64>, String> {
    let end = member_named(model, name).as_i64();
    if end.is_some_and(|end| end >= MAX_SECONDS) {
        return Err(format!(
            "has an `{name}` that is not a Unix time in seconds; it may be in milliseconds"
        ));
    }
    Ok(end)
}

/// Rejects quotes that a tool kept in a credential, such as `docker run --env-file`.
pub(super) fn reject_quotes(id: &str, key: &str, token: Option<&str>) -> Result<(), String> {
    const QUOTES: [char; 2] = ['"', '\''];
    let parts = [("secret id", Some(id)), ("secret key", Some(key)), ("token", token)];
    for (name, part) in parts {
        if part.is_some_and(|part| part.starts_with(QUOTES) || part.ends_with(QUOTES)) {
            return Err(format!("{name} begins or ends with a quote; remove the quotes"));
        }
    }
    Ok(())
}

/// The text of a member; `None` if it is absent or empty.
pub(super) fn text<'a>(model: &'a dyn Model, name: &str) -> Option<&'a str> {
    match member_named(model, name) {
        Value::Str(text) | Value::Secret(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// A credential from three texts and a Unix time in seconds; 0 or absent means no expiry.
pub(super) fn snapshot(
    id: Option<&str>,
    key: Option<&str>,
    token: Option<&str>,
    expires_at: Option<i64>,
    what: &str,
) -> Result<CredentialSnapshot, CredentialProviderError> {
    let (id, key) = match (id, key) {
        (Some(id), Some(key)) => (id, key),
        (id, _) => {
            let has = match (id, key) {
                (Some(_), _) => "a secret id but no secret key",
                (None, Some(_)) => "a secret key but no secret id",
                (None, None) => "neither a secret id nor a secret key",
            };
            return Err(CredentialProviderError::broken(format!("{what} has {has}")));
        }
    };
    reject_quotes(id, key, token)
        .map_err(|why| CredentialProviderError::broken(format!("{what}: {why}")))?;
    let credential = match token {
        Some(token) => Credential::temporary(id, key, token),
        None => Credential::new(id, key),
    };
    let credential =
        credential.map_err(|error| CredentialProviderError::broken(format!("{what}: {error}")))?;
    let snapshot = match expires_at.filter(|at| *at != 0) {
        // A time before 1970 has passed anyway.
        Some(at) => CredentialSnapshot::until(credential, seconds(at.try_into().unwrap_or(0))),
        None => CredentialSnapshot::new(credential),
    };
    Ok(snapshot.with_origin(what))
}

fn seconds(at: u64) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_secs(at)).unwrap_or(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expiry of every document is read with this function.
    #[test]
    fn expiry_in_milliseconds_is_rejected() {
        for (table, name) in [
            (&ROLE_RESPONSE, "ExpiredTime"),
            (&PROCESS_OUTPUT, "ExpiredTime"),
            (&TCCLI_FILE, "expiresAt"),
            (&super::super::sts::actions::RESPONSE, "ExpiredTime"),
        ] {
            let end = |at: &str| {
                let text = format!("{{\"{name}\":{at}}}");
                super::expiry(&read(table, text.as_bytes(), "it").unwrap(), name)
            };
            for at in ["1000000000000", "1795247313123", "100000000000", "9223372036854775807"] {
                let message = end(at).expect_err(at);
                assert!(message.contains(name) && message.contains("milliseconds"), "{message}");
                assert!(!message.contains(at), "{message}");
            }
            for at in ["0", "-1", "1795247313", "4000000000", "99999999999", "\"4000000000\""] {
                let seconds = at.trim_matches('"').parse().unwrap();
                assert_eq!(end(at), Ok(Some(seconds)), "{table:?}");
            }
            assert_eq!(end("null"), Ok(None));
        }
    }

    #[test]
    fn every_member_is_found_by_its_name() {
        for table in [&ROLE_RESPONSE, &PROCESS_OUTPUT, &TCCLI_FILE] {
            for (index, field) in table.members.iter().enumerate() {
                assert_eq!(table.find(field.wire.as_bytes()), Some(index), "{}", field.wire);
            }
        }
    }
}
