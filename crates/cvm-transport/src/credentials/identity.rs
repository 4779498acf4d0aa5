//! Finds settings of a credential source that select or limit an identity and would be ignored.
//!
//! A user who wrote `role_arn` where only `role-arn` is read wants to call with that role. Continuing with the keys
//! beside it would use another identity, so such a setting ends the search.

use std::fmt;

use serde::de::{
    Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor, {self},
};

/// The names of identity settings, in lower case without separators, and the concept behind each.
const CONCEPTS: &[(&str, Concept)] = &[
    ("secretid", Concept::Id),
    ("secretkey", Concept::Key),
    ("token", Concept::Token),
    ("sessiontoken", Concept::Token),
    ("securitytoken", Concept::Token),
    ("credentialprocess", Concept::Process),
    ("rolearn", Concept::Role),
    ("rolesessionname", Concept::Session),
    ("usecvmrole", Concept::InstanceRole),
    ("cvmrole", Concept::InstanceRole),
    ("rolename", Concept::InstanceRole),
    ("sourceprofile", Concept::Other),
    ("credentialsource", Concept::Other),
    ("externalid", Concept::Other),
    ("webidentitytokenfile", Concept::Other),
    ("providerid", Concept::Other),
    ("expiredtime", Concept::End),
    ("expiretime", Concept::End),
    ("expiration", Concept::End),
    ("expiresat", Concept::End),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Concept {
    Id,
    Key,
    Token,
    Process,
    Role,
    Session,
    InstanceRole,
    End,
    Other,
}

fn concept(key: &str) -> Option<Concept> {
    let letters = key.chars().filter(|letter| !matches!(letter, '-' | '_'));
    let folded: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    CONCEPTS.iter().find(|(name, _)| *name == folded).map(|(_, concept)| *concept)
}

/// The keys that a source knows.
pub(super) struct KnownKeys {
    /// The keys that are read, with their exact spelling.
    pub(super) read: &'static [&'static str],
    /// How to request the role of the instance; empty if the source cannot.
    pub(super) instance_role: &'static str,
    /// Whether a key without a counterpart among those that are read may be just a description.
    describes: bool,
}

/// The section of an INI file.
pub(super) const INI: KnownKeys = KnownKeys {
    read: &[
        "secret_id",
        "secret_key",
        "token",
        "role_arn",
        "role_session_name",
        "credential_process",
    ],
    instance_role: "",
    describes: false,
};
/// A `.credential` file of tccli.
pub(super) const TCCLI: KnownKeys = KnownKeys {
    read: &["secretId", "secretKey", "token", "role-arn", "role-session-name", "expiresAt"],
    instance_role: "set `type` to `cvm-role`",
    describes: false,
};
/// The output of a credential program. Its identity is its own business.
pub(super) const PROCESS: KnownKeys = KnownKeys {
    read: &["SecretId", "SecretKey", "Token", "ExpiredTime", "Expiration"],
    instance_role: "",
    describes: true,
};

impl KnownKeys {
    /// The fix for a key that is set and would be ignored; `None` if it is fine.
    pub(super) fn fix(&self, key: &str) -> Option<String> {
        if self.read.contains(&key) {
            return None;
        }
        let asked = concept(key)?;
        let read = self.read.iter().find(|read| concept(read) == Some(asked));
        // An expiry in a file that has no such setting is just a note.
        if read.is_none() && (self.describes || asked == Concept::End) {
            return None;
        }
        Some(match (asked, read) {
            (_, Some(read)) => format!("write it as `{read}`, or remove it"),
            (Concept::InstanceRole, None) if !self.instance_role.is_empty() => {
                format!("{}, or remove it", self.instance_role)
            }
            _ => "remove it, or let a `credential_process` give the credential".to_owned(),
        })
    }

    /// The first key of a JSON object that is set and would be ignored: its line, and the fix.
    pub(super) fn ignored_in(&self, text: &str) -> Option<String> {
        let keys: SetKeys = serde_json::from_str(text).ok()?;
        keys.0.iter().find_map(|key| {
            let fix = self.fix(key)?;
            Some(format!("{} `{key}`, which would be ignored: {fix}", at_line(text, key)))
        })
    }
}

/// `has in line 3`, or `has` if the line is unknown.
fn at_line(text: &str, key: &str) -> String {
    match text.find(&format!("\"{key}\"")).and_then(|at| text.get(..at)) {
        Some(before) => format!("has in line {}", before.matches('\n').count() + 1),
        None => "has".to_owned(),
    }
}

/// The keys of a JSON object whose values are set. The values are dropped at once, because they are secrets.
struct SetKeys(Vec<String>);

impl<'de> de::Deserialize<'de> for SetKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = SetKeys;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SetKeys, A::Error> {
                let mut keys = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    if map.next_value::<IsSet>()?.0 {
                        keys.push(key);
                    }
                }
                Ok(SetKeys(keys))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// Whether a value is set: null, `false` and an empty text are not.
struct IsSet(bool);

impl<'de> de::Deserialize<'de> for IsSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = IsSet;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E>(self) -> Result<IsSet, E> {
                Ok(IsSet(false))
            }

            fn visit_bool<E>(self, value: bool) -> Result<IsSet, E> {
                Ok(IsSet(value))
            }

            fn visit_str<E>(self, text: &str) -> Result<IsSet, E> {
                Ok(IsSet(!text.is_empty()))
            }

            fn visit_i64<E>(self, _: i64) -> Result<IsSet, E> {
                Ok(IsSet(true))
            }

            fn visit_u64<E>(self, _: u64) -> Result<IsSet, E> {
                Ok(IsSet(true))
            }

            fn visit_f64<E>(self, _: f64) -> Result<IsSet, E> {
                Ok(IsSet(true))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<IsSet, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(IsSet(true))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<IsSet, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(IsSet(true))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_keys_are_recognized_in_every_spelling() {
        for (keys, key, expected) in [
            (&INI, "role-arn", Some("write it as `role_arn`")),
            (&INI, "rolearn", Some("write it as `role_arn`")),
            (&INI, "secretid", Some("write it as `secret_id`")),
            (&INI, "session_token", Some("write it as `token`")),
            (&INI, "use_cvm_role", Some("remove it")),
            (&INI, "source_profile", Some("remove it")),
            (&INI, "external_id", Some("remove it")),
            (&INI, "expiration", None),
            (&INI, "region", None),
            (&INI, "role_arn", None),
            (&TCCLI, "role_arn", Some("write it as `role-arn`")),
            (&TCCLI, "roleArn", Some("write it as `role-arn`")),
            (&TCCLI, "roleSessionName", Some("write it as `role-session-name`")),
            (&TCCLI, "use-cvm-role", Some("set `type` to `cvm-role`")),
            (&TCCLI, "expiredTime", Some("write it as `expiresAt`")),
            (&TCCLI, "oauth", None),
            (&TCCLI, "type", None),
            (&PROCESS, "expiration", Some("write it as `ExpiredTime`")),
            (&PROCESS, "SessionToken", Some("write it as `Token`")),
            (&PROCESS, "RoleArn", None),
            (&PROCESS, "Version", None),
        ] {
            let fix = keys.fix(key);
            let is_right = match expected {
                Some(expected) => fix.as_deref().is_some_and(|fix| fix.starts_with(expected)),
                None => fix.is_none(),
            };
            assert!(is_right, "{key}: {fix:?}");
        }
    }

    #[test]
    fn key_without_value_is_ignored() {
        for value in ["null", "false", "\"\""] {
            let text = format!("{{\"role_arn\":{value},\"use-cvm-role\":{value}}}");
            assert_eq!(TCCLI.ignored_in(&text), None, "{text}");
        }
        for value in ["true", "\"x\"", "1", "1.5", "-1", "[]", "{\"a\":[1]}"] {
            let message = TCCLI.ignored_in(&format!("{{\n \"use-cvm-role\": {value}\n}}")).unwrap();
            assert!(
                message.starts_with("has in line 2 `use-cvm-role`, which would be ignored: "),
                "{message}"
            );
        }
    }
}
