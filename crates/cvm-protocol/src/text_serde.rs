//! Deserializes types that are one text: open enums, error codes and secrets.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::{ErrorCode, Sensitive};

/// Deserializes a type that is made from a text. `open_enum!` uses it.
///
/// # Errors
///
/// Whatever the deserializer reports, or another kind of value.
pub fn deserialize_text<'de, T: From<String>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    String::deserialize(deserializer).map(T::from)
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_text(deserializer)
    }
}

impl<'de> Deserialize<'de> for Sensitive {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // serde_json itself would put a number into its message if it were asked for a string.
        deserializer.deserialize_any(SecretVisitor)
    }
}

/// Reads a secret. The messages of serde would contain a value of another kind.
struct SecretVisitor;

macro_rules! reject {
    ($($visit:ident($type:ty))*) => { $(
        fn $visit<E: Error>(self, _: $type) -> Result<Sensitive, E> {
            Err(E::custom("expected a string, found another kind of value"))
        }
    )* };
}

impl Visitor<'_> for SecretVisitor {
    type Value = Sensitive;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Sensitive, E> {
        Ok(text.into())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Sensitive, E> {
        Ok(text.into())
    }

    reject!(visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_i128(i128) visit_u128(u128) visit_f64(f64) visit_bytes(&[u8]));
}
