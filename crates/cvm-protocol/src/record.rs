//! A model without a struct of its own: any model info, with values at run time.
//!
//! Generic callers (the command line, waiters, the emulator's validation) know actions only by their descriptions. A
//! record lets them use the same engine.

use std::fmt;

use crate::{FieldInfo, Item, Kind, List, Model, ModelInfo, Optional, Sensitive, Slot, Value};

/// A model of any model info. Every member may be absent, even required ones.
#[derive(Clone)]
pub struct Record {
    table: &'static ModelInfo,
    members: Vec<Datum>,
}

impl Record {
    /// A record without values.
    #[must_use]
    pub fn new(table: &'static ModelInfo) -> Self {
        Self { table, members: table.members.iter().map(Datum::of).collect() }
    }
}

impl Model for Record {
    fn table(&self) -> &'static ModelInfo {
        self.table
    }

    fn member(&self, index: usize) -> Value<'_> {
        self.members.get(index).map_or(Value::Absent, Datum::value)
    }

    fn member_mut(&mut self, index: usize) -> Slot<'_> {
        self.members.get_mut(index).map_or(Slot::Unknown, |datum| Slot::Optional(datum))
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::debug(self, f)
    }
}

impl serde::Serialize for Record {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::serialize(self, serializer)
    }
}

/// One member or item of a fixed kind.
#[derive(Clone)]
struct Datum {
    kind: Kind,
    secret: bool,
    content: Content,
}

#[derive(Clone)]
enum Content {
    Absent,
    Str(String),
    Secret(Sensitive),
    I64(i64),
    U64(u64),
    F64(f64),
    Bool(bool),
    Object(Record),
    List(Items),
}

#[derive(Clone)]
struct Items {
    kind: Kind,
    secret: bool,
    items: Vec<Datum>,
}

impl Datum {
    const fn of(field: &FieldInfo) -> Self {
        Self { kind: field.kind, secret: field.secret, content: Content::Absent }
    }

    fn value(&self) -> Value<'_> {
        match &self.content {
            Content::Absent => Value::Absent,
            Content::Str(text) => Value::Str(text),
            Content::Secret(text) => text.value(),
            Content::I64(number) => Value::I64(*number),
            Content::U64(number) => Value::U64(*number),
            Content::F64(number) => Value::F64(*number),
            Content::Bool(flag) => Value::Bool(*flag),
            Content::Object(record) => Value::Object(record),
            Content::List(items) => Value::List(items),
        }
    }

    fn slot(&mut self) -> Slot<'_> {
        match &mut self.content {
            Content::Absent => Slot::Unknown,
            Content::Str(text) => Slot::Str(text),
            Content::Secret(text) => Slot::Text(text),
            Content::I64(number) => Slot::I64(number),
            Content::U64(number) => Slot::U64(number),
            Content::F64(number) => Slot::F64(number),
            Content::Bool(flag) => Slot::Bool(flag),
            Content::Object(record) => Slot::Object(record),
            Content::List(items) => Slot::List(items),
        }
    }
}

impl Optional for Datum {
    fn get_or_insert_default(&mut self) -> Slot<'_> {
        self.content = match self.kind {
            Kind::Str if self.secret => Content::Secret(Sensitive::default()),
            Kind::Str => Content::Str(String::new()),
            Kind::I64 => Content::I64(0),
            Kind::U64 => Content::U64(0),
            Kind::F64 => Content::F64(0.0),
            Kind::Bool => Content::Bool(false),
            Kind::Object(table) => Content::Object(Record::new(table)),
            Kind::List(kind) => {
                Content::List(Items { kind: *kind, secret: self.secret, items: Vec::new() })
            }
        };
        self.slot()
    }

    fn as_mut(&mut self) -> Option<Slot<'_>> {
        match self.content {
            Content::Absent => None,
            _ => Some(self.slot()),
        }
    }

    fn clear(&mut self) {
        self.content = Content::Absent;
    }
}

impl List for Items {
    fn len(&self) -> usize {
        self.items.len()
    }

    fn at(&self, index: usize) -> Value<'_> {
        self.items.get(index).map_or(Value::Absent, Datum::value)
    }

    fn at_mut(&mut self, index: usize) -> Slot<'_> {
        self.items.get_mut(index).map_or(Slot::Unknown, Datum::slot)
    }

    fn clear(&mut self) {
        self.items.clear();
    }

    fn push(&mut self) -> Slot<'_> {
        self.items.push(Datum { kind: self.kind, secret: self.secret, content: Content::Absent });
        self.items.last_mut().map_or(Slot::Unknown, Optional::get_or_insert_default)
    }

    fn pop(&mut self) {
        self.items.pop();
    }
}
