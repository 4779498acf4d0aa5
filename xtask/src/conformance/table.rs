//! Builds the static tables at run time from the resolved specs.
//!
//! So samples are checked against the specs themselves, even if the generated files are not up to date, and also for an
//! imported service without a crate. The tables are leaked, because the engine needs `'static` and the task ends soon.

use std::collections::{HashMap, HashSet};

use cvm_protocol::{FieldInfo, Kind, ModelInfo, NameIndex};

use crate::codegen::perfect_hash;
use crate::spec::model::{self, Action, Api, Member};

/// Builds tables, each of them once.
#[derive(Debug)]
pub struct Tables<'a> {
    api: &'a Api,
    /// Recursive types, and types that contain one.
    recursive: HashSet<usize>,
    made: HashMap<(usize, Side, usize), &'static ModelInfo>,
}

/// The side that a table describes. Only responses have members that are always present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Side {
    Request,
    Response,
}

impl<'a> Tables<'a> {
    /// The tables of a service.
    pub fn new(api: &'a Api) -> Self {
        Self { api, recursive: recursive(api), made: HashMap::new() }
    }

    /// The table of a request. Recursive types are unrolled to `depth` levels, because a recursive static cannot be built at run
    /// time.
    pub fn request(&mut self, action: &Action, depth: usize) -> &'static ModelInfo {
        let rows = self.rows(&action.request, Side::Request, depth);
        table(&action.spec.action, rows)
    }

    /// The table of a response with its envelope.
    pub fn response(&mut self, action: &Action, depth: usize) -> &'static ModelInfo {
        let envelope = &self.api.service.envelope;
        let mut rows = self.rows(&action.response, Side::Response, depth);
        rows.push(FieldInfo::new(leak(&envelope.request_id), Kind::Str).always_present());
        let name = format!("{}Response", action.spec.action);
        enclosed(&envelope.root, table(&name, rows))
    }

    /// The table of an error response.
    pub fn error_response(&self) -> &'static ModelInfo {
        let envelope = &self.api.service.envelope;
        let text = |name: &str| FieldInfo::new(leak(name), Kind::Str).always_present();
        let error = table("Error", vec![text(&envelope.error_code), text(&envelope.error_message)]);
        let error = FieldInfo::new(leak(&envelope.error), Kind::Object(error)).always_present();
        let error_response = table("Refusal", vec![error, text(&envelope.request_id)]);
        enclosed(&envelope.root, error_response)
    }

    fn rows(&mut self, members: &[Member], side: Side, depth: usize) -> Vec<FieldInfo> {
        members.iter().filter_map(|member| self.row(member, side, depth)).collect()
    }

    fn row(&mut self, member: &Member, side: Side, depth: usize) -> Option<FieldInfo> {
        let spec = &member.spec;
        let mut row = FieldInfo::new(leak(&spec.name), self.kind(&member.kind, side, depth)?);
        row.required = spec.required;
        row.always_present = side == Side::Response && member.is_always_present();
        row.nullable = spec.nullable || spec.nullable_in_text || spec.null_if.is_some();
        row.secret = member.is_secret();
        row.legacy = spec.legacy;
        let values = self.api.values_of(member);
        row.values = values.iter().map(|value| leak(value)).collect::<Vec<_>>().leak();
        Some(row)
    }

    fn kind(&mut self, kind: &model::Kind, side: Side, depth: usize) -> Option<Kind> {
        Some(match kind {
            model::Kind::Str | model::Kind::Enum(_) => Kind::Str,
            model::Kind::I64 => Kind::I64,
            model::Kind::U64 => Kind::U64,
            model::Kind::F64 => Kind::F64,
            model::Kind::Bool => Kind::Bool,
            model::Kind::Type(index) => Kind::Object(self.type_(*index, side, depth)?),
            model::Kind::List(item) => {
                Kind::List(Box::leak(Box::new(self.kind(item, side, depth)?)))
            }
        })
    }

    fn type_(&mut self, index: usize, side: Side, depth: usize) -> Option<&'static ModelInfo> {
        let depth = if self.recursive.contains(&index) { depth.checked_sub(1)? } else { 0 };
        if let Some(made) = self.made.get(&(index, side, depth)) {
            return Some(made);
        }
        let api = self.api;
        let type_ = api.type_at(index);
        let rows = self.rows(&type_.members, side, depth);
        let made = table(&type_.spec.type_, rows);
        self.made.insert((index, side, depth), made);
        Some(made)
    }
}

/// `{"Response": …}` around a table.
fn enclosed(root: &str, inner: &'static ModelInfo) -> &'static ModelInfo {
    table("Response", vec![FieldInfo::new(leak(root), Kind::Object(inner)).always_present()])
}

fn table(name: &str, rows: Vec<FieldInfo>) -> &'static ModelInfo {
    let names: Vec<&str> = rows.iter().map(|row| row.wire).collect();
    let index = perfect_hash::index(&names);
    let index =
        NameIndex { multiplier: index.multiplier, shift: index.shift, slots: index.slots.leak() };
    Box::leak(Box::new(ModelInfo { name: leak(name), members: rows.leak(), index }))
}

fn leak(text: &str) -> &'static str {
    text.to_owned().leak()
}

/// All types that contain a recursive type.
fn recursive(api: &Api) -> HashSet<usize> {
    let reach = |start: usize| {
        let mut reached: HashSet<usize> = HashSet::new();
        let mut open = vec![start];
        while let Some(index) = open.pop() {
            for member in &api.type_at(index).members {
                if let model::Kind::Type(next) = member.kind.innermost()
                    && reached.insert(*next)
                {
                    open.push(*next);
                }
            }
        }
        reached
    };
    let reached: Vec<HashSet<usize>> = (0..api.types.len()).map(reach).collect();
    let own = |index: usize| reached.get(index).is_some_and(|all| all.contains(&index));
    let loops: HashSet<usize> = (0..api.types.len()).filter(|index| own(*index)).collect();
    let leads = |index: &usize| {
        own(*index) || reached.get(*index).is_some_and(|all| !all.is_disjoint(&loops))
    };
    (0..api.types.len()).filter(leads).collect()
}
