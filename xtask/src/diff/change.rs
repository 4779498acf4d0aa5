//! One difference between two versions of the specs: what sort it is, and what it means for users of
//! the crate that is generated from them.

use serde::Serialize;
use serde_json::{Map, Value};

/// What sort of difference it is. The order is that of a changelog entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Something new can be used.
    Added,
    /// Something should not be used any more.
    Deprecated,
    /// Something is gone.
    Removed,
    /// The service accepts requests that it refused.
    Loosened,
    /// The service refuses requests that it accepted.
    Tightened,
    /// Anything else that a program can notice.
    Changed,
    /// Descriptions alone.
    Documentation,
}

/// Which part of the crate's version has to rise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Programs compile as before, against the same items.
    #[default]
    Patch,
    /// There is more to use.
    Minor,
    /// A program that compiled may not compile any more.
    Major,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its sort.
    pub kind: Kind,
    /// Its weight.
    pub level: Level,
    /// What differs, as the wire calls it: `RunInstances.Placement`.
    pub place: String,
    /// How, in a sentence without its full stop.
    pub what: String,
}

/// Everything that differs, in the order found.
#[derive(Debug, Default)]
pub struct Changes {
    all: Vec<Change>,
}

impl Changes {
    /// Notes a difference.
    pub fn note(&mut self, kind: Kind, level: Level, place: &str, what: impl Into<String>) {
        self.all.push(Change { kind, level, place: place.to_owned(), what: what.into() });
    }

    /// Notes that a description of something, or of a part of it, differs.
    pub fn docs(&mut self, owner: &str) {
        self.note(Kind::Documentation, Level::Patch, owner, "");
    }

    /// Notes a difference of some fact that decides neither what compiles nor what is accepted.
    pub fn fact(&mut self, place: &str, difference: &Difference) {
        self.note(Kind::Changed, Level::Patch, place, difference.told());
    }

    /// Notes another name in Rust of what the wire calls the same.
    pub fn renamed(&mut self, place: &str, old: &str, new: &str) {
        if old != new {
            let what = format!("is called `{new}` in Rust, was `{old}`");
            self.note(Kind::Changed, Level::Major, place, what);
        }
    }

    /// All of them.
    pub fn all(&self) -> &[Change] {
        &self.all
    }
}

/// A key that two versions of one thing have different values for.
#[derive(Debug)]
pub struct Difference {
    /// The key.
    pub key: String,
    /// What it was; `None` if it was absent.
    pub old: Option<Value>,
    /// What it is.
    pub new: Option<Value>,
}

impl Difference {
    /// `` `max` is 20, was 10 ``.
    pub fn told(&self) -> String {
        let key = &self.key;
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => format!("`{key}` is {}, was {}", shown(new), shown(old)),
            (None, Some(Value::Bool(true))) => format!("`{key}` now"),
            (Some(Value::Bool(true)), None) => format!("no longer `{key}`"),
            (None, Some(new)) => format!("`{key}` is {}, was not stated", shown(new)),
            (Some(old), None) => format!("`{key}` is not stated, was {}", shown(old)),
            (None, None) => format!("`{key}` differs"),
        }
    }
}

/// A value in a sentence.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{}`", text.replace('`', "'")),
        Value::Array(items) if !items.iter().any(Value::is_object) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            if items.is_empty() { "none".to_owned() } else { items.join(", ") }
        }
        Value::Object(_) | Value::Array(_) => format!("`{}`", value.to_string().replace('`', "'")),
        other => other.to_string(),
    }
}

/// Every key for which two versions differ. Read from what would be written, so that a key which the
/// form gains later is compared without a line here.
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
