//! Serializes models with serde for files and logs of a program. This refuses secrets, which the encoding of a request
//! must contain.

use serde::ser::{Error, Serialize, Serializer};

use crate::{Model, Sensitive, Value, encode};

/// Serializes a model, as its `Serialize` does.
///
/// # Errors
///
/// Whatever the serializer reports, or a secret that is set: the message names its member. A placeholder would be read
/// back as a password of `***`. [`Revealed`] writes secrets.
pub fn serialize<S: Serializer>(model: &dyn Model, serializer: S) -> Result<S::Ok, S::Error> {
    match secret_in(Value::Object(model)) {
        Some(path) => Err(S::Error::custom(format_args!(
            "`{path}` is a secret; clear it, or serialize `cvm_protocol::Revealed(&value)`, which writes secrets"
        ))),
        None => encode(model, serializer),
    }
}

/// The path of the first secret that is set.
fn secret_in(value: Value<'_>) -> Option<String> {
    let below = |step: &str, value| {
        let path = secret_in(value)?;
        Some(if path.is_empty() { step.to_owned() } else { format!("{step}.{path}") })
    };
    match value {
        Value::Secret(text) => (!text.is_empty()).then(String::new),
        Value::Object(model) => {
            let members = model.table().members.iter().enumerate();
            members.map(|(index, field)| (field, model.member(index))).find_map(|(field, value)| {
                // The model info decides: a secret stays hidden whatever its type is.
                let is_secret = field.secret && !value.is_blank();
                below(field.wire, value).or_else(|| is_secret.then(|| field.wire.to_owned()))
            })
        }
        Value::List(list) => {
            (0..list.len()).find_map(|index| below(&index.to_string(), list.at(index)))
        }
        _ => None,
    }
}

/// Serializes a model with its secrets, for a file that only its owner can read. `Debug` still hides them.
///
/// ```
/// use cvm_protocol::{FieldInfo, Kind, ModelInfo, NameIndex, Revealed, Sensitive, model};
///
/// #[derive(Clone, Default)]
/// struct Login {
///     password: Option<Sensitive>,
/// }
///
/// static LOGIN: ModelInfo = ModelInfo {
///     name: "Login",
///     members: &[FieldInfo::new("Password", Kind::Str).secret()],
///     index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
/// };
///
/// model!(Login LOGIN { 0 password });
///
/// let login = Login { password: Some("Secret123".into()) };
/// let error = serde_json::to_string(&login).unwrap_err();
/// assert!(error.to_string().starts_with("`Password` is a secret"));
/// assert_eq!(serde_json::to_string(&Revealed(&login))?, r#"{"Password":"Secret123"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Revealed<'a>(pub &'a dyn Model);

impl std::fmt::Debug for Revealed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        crate::debug(self.0, f)
    }
}

impl Serialize for Revealed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        encode(self.0, serializer)
    }
}

impl Serialize for Sensitive {
    /// Fails unless it is empty.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.expose().is_empty() {
            return serializer.serialize_str("");
        }
        Err(S::Error::custom("this is a secret; call `expose()` to write it"))
    }
}
