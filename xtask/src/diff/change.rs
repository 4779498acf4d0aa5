//! One difference between two versions of the specs, and what it means for users of the generated crate.

use serde::Serialize;
use serde_json::{Map, Value};

/// The kind of a difference, in the order of a changelog entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A new item.
    Added,
    /// An item that should no longer be used.
    Deprecated,
    /// A removed item.
    Removed,
    /// The service accepts more requests.
    Loosened,
    /// The service rejects more requests.
    Tightened,
    /// Any other change of behavior.
    Changed,
    /// Only a description changed.
    Documentation,
}

/// The part of the crate's version that must be increased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The crate has the same items.
    #[default]
    Patch,
    /// Items were added.
    Minor,
    /// A program may no longer compile.
    Major,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its kind.
    pub kind: Kind,
    /// Its effect on the version.
    pub level: Level,
    /// The item, by its name on the wire: `RunInstances.Placement`.
    pub place: String,
    /// What changed, as a sentence without a period.
    pub what: String,
}

/// All differences, in the order found.
#[derive(Debug, Default)]
pub struct Changes {
    all: Vec<Change>,
}

impl Changes {
    /// Adds a difference.
    pub fn note(&mut self, kind: Kind, level: Level, place: &str, what: impl Into<String>) {
        self.all.push(Change { kind, level, place: place.to_owned(), what: what.into() });
    }

    /// Adds a changed description.
    pub fn docs(&mut self, owner: &str) {
        self.note(Kind::Documentation, Level::Patch, owner, "");
    }

    /// Adds a fact that affects neither compilation nor which requests are accepted.
    pub fn fact(&mut self, place: &str, difference: &Difference) {
        self.note(Kind::Changed, Level::Patch, place, difference.describe());
    }

    /// Adds a changed Rust name.
    pub fn renamed(&mut self, place: &str, old: &str, new: &str) {
        if old != new {
            let what = format!("is called `{new}` in Rust, was `{old}`");
            self.note(Kind::Changed, Level::Major, place, what);
        }
    }

    /// All differences.
    pub fn all(&self) -> &[Change] {
        &self.all
    }
}

/// A key with different values in two versions of an item.
#[derive(Debug)]
pub struct Difference {
    /// The key.
    pub key: String,
    /// Its old value.
    pub old: Option<Value>,
    /// Its new value.
    pub new: Option<Value>,
}

impl Difference {
    /// `` `max` is 20, was 10 ``.
    pub fn describe(&self) -> String {
        let key = &self.key;
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => {
                format!("`{key}` is {}, was {}", displayed(new), displayed(old))
            }
            (None, Some(Value::Bool(true))) => format!("`{key}` now"),
            (Some(Value::Bool(true)), None) => format!("no longer `{key}`"),
            (None, Some(new)) => format!("`{key}` is {}, was not stated", displayed(new)),
            (Some(old), None) => format!("`{key}` is not stated, was {}", displayed(old)),
            (None, None) => format!("`{key}` differs"),
        }
    }
}

/// Formats a value for a sentence.
pub fn displayed(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{}`", text.replace('`', "'")),
        Value::Array(items) if !items.iter().any(Value::is_object) => {
            let items: Vec<String> = items.iter().map(displayed).collect();
            if items.is_empty() { "none".to_owned() } else { items.join(", ") }
        }
        Value::Object(_) | Value::Array(_) => format!("`{}`", value.to_string().replace('`', "'")),
        other => other.to_string(),
    }
}

/// All keys with different values. They come from the serialized form, so that new keys need no code here.
pub fn differences<T: Serialize>(old: &T, new: &T) -> Vec<Difference> {
    let (old, mut new) = (keys(old), keys(new));
    let mut found = Vec::new();
    for (key, old) in old {
        let new = new.remove(&key);
        if new.as_ref() != Some(&old) {
            found.push(Difference { key, old: Some(old), new });
        }
    }
    found.extend(new.into_iter().map(|(key, new)| Difference { key, old: None, new: Some(new) }));
    found.sort_by(|a, b| a.key.cmp(&b.key));
    found
}

fn keys<T: Serialize>(value: &T) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(keys)) => keys,
        _ => Map::new(),
    }
}
