//! JSON documents that hold a credential, read into memory that is wiped.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cvm_protocol::{
    FieldInfo, Kind, Model, NameIndex, Record, Table, Value, json, member_named, utf8_text,
};
use cvm_signer::Credential;

use super::{CredentialProviderError, CredentialSnapshot};

/// What the metadata service answers.
pub(super) static ROLE_REPLY: Table = Table {
    name: "RoleReply",
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

/// What an external process prints.
pub(super) static PROCESS_REPLY: Table = Table {
    name: "ProcessReply",
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

/// What tccli keeps in a `.credential` file.
pub(super) static TCCLI_FILE: Table = Table {
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

/// Reads a document; `what` names it in the error.
pub(super) fn read(
    table: &'static Table,
    bytes: &[u8],
    what: &str,
) -> Result<Record, CredentialProviderError> {
    let text =
        utf8_text(bytes).map_err(|why| CredentialProviderError::broken(format!("{what} {why}")))?;
    let mut record = Record::new(table);
    json::from_slice(&mut record, text.as_bytes()).map_err(|error| {
        CredentialProviderError::broken(format!("{what} is no such JSON document: {error}"))
    })?;
    Ok(record)
}

/// The text of a member; `None` when it is absent or empty.
pub(super) fn text<'a>(model: &'a dyn Model, name: &str) -> Option<&'a str> {
    match member_named(model, name) {
        Value::Str(text) | Value::Secret(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// A credential from three texts and a time in seconds since 1970; 0 and absent mean no end.
pub(super) fn snapshot(
    id: Option<&str>,
    key: Option<&str>,
    token: Option<&str>,
    expires_at: Option<i64>,
    what: &str,
) -> Result<CredentialSnapshot, CredentialProviderError> {
    let (id, key) = match (id, key) {
        (Some(id), Some(key)) => (id, key),
        (id, key) => {
            let word = |member: Option<&str>| if member.is_some() { "a" } else { "no" };
            let (id, key) = (word(id), word(key));
            let text = format!("{what} holds {id} secret id and {key} secret key");
            return Err(CredentialProviderError::broken(text));
        }
    };
    let credential = match token {
        Some(token) => Credential::temporary(id, key, token),
        None => Credential::new(id, key),
    };
    let credential =
        credential.map_err(|error| CredentialProviderError::broken(format!("{what}: {error}")))?;
    let snapshot = match expires_at.filter(|at| *at != 0) {
        // Before 1970 is long over.
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

    #[test]
    fn every_member_is_found_by_its_name() {
        for table in [&ROLE_REPLY, &PROCESS_REPLY, &TCCLI_FILE] {
            for (index, field) in table.members.iter().enumerate() {
                assert_eq!(table.find(field.wire.as_bytes()), Some(index), "{}", field.wire);
            }
        }
    }
}
