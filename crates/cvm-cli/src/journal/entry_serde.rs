//! How serde reads and writes the members of an entry that are not plain JSON values.

use cvm_models::Region;
use cvm_models::protocol::RetryClass;
use serde::{Deserialize as _, Deserializer, de};
use serde_json::{Map, Value};

/// A clock difference; null means that none was measured.
pub fn skew<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// The name of a region. Another region than the request's would list other resources, or none.
pub fn region<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Option::<Value>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Value::String(name)) if Region::new(&name).is_ok() => Ok(Some(name)),
        Some(_) => Err(de::Error::custom("its `region` is not a valid region name")),
    }
}

/// A JSON object.
pub fn object<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    Map::deserialize(deserializer).map(Value::Object)
}

/// A retry class by its name.
pub mod retry_class {
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    use super::RetryClass;

    const ALL: [RetryClass; 5] = [
        RetryClass::Read,
        RetryClass::Token,
        RetryClass::Convergent,
        RetryClass::Guarded,
        RetryClass::Hazard,
    ];

    pub fn serialize<S: Serializer>(class: &RetryClass, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(class.as_str())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RetryClass, D::Error> {
        let name = String::deserialize(deserializer)?;
        let class = ALL.into_iter().find(|class| class.as_str() == name);
        class.ok_or_else(|| de::Error::custom(format!("unknown retry class `{name}`")))
    }
}

/// A signing dialect by its name.
pub mod dialect {
    use cvm_models::config::Dialect;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub fn serialize<S: Serializer>(dialect: &Dialect, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(dialect.as_str())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Dialect, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(|_| de::Error::custom(format!("unknown dialect `{name}`")))
    }
}
