//! Tables at run time: what the generator writes as statics, made from the resolved specs.
//!
//! So a sample is judged by the specs themselves, also while generated files are stale or broken, and
//! for an imported service that no crate speaks for. Tables live as long as the program: the engine
//! asks for `'static`, and a task that ends soon may leak.

use std::collections::{HashMap, HashSet};

use cvm_protocol::{FieldInfo, Kind, ModelInfo, NameIndex};

use crate::codegen::perfect_hash;
use crate::spec::model::{self, Action, Api, Member};

/// Makes tables, each once.
#[derive(Debug)]
pub struct Tables<'a> {
    api: &'a Api,
    /// Types that lead back to themselves, or to one that does.
    endless: HashSet<usize>,
    made: HashMap<(usize, Side, usize), &'static ModelInfo>,
}

/// Which way a table travels. Promises bind answers alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Side {
    Request,
    Answer,
}

impl<'a> Tables<'a> {
    /// For this service.
    pub fn new(api: &'a Api) -> Self {
        Self { api, endless: endless(api), made: HashMap::new() }
    }

    /// The table of a request. Types that hold themselves go `depth` levels down, since a static
    /// that leads back to itself cannot be made at run time.
    pub fn request(&mut self, action: &Action, depth: usize) -> &'static ModelInfo {
        let rows = self.rows(&action.request, Side::Request, depth);
        table(&action.spec.action, rows)
    }

    /// The table of an answer, envelope and all.
    pub fn answer(&mut self, action: &Action, depth: usize) -> &'static ModelInfo {
        let envelope = &self.api.service.envelope;
        let mut rows = self.rows(&action.response, Side::Answer, depth);
        rows.push(FieldInfo::new(leak(&envelope.request_id), Kind::Str).always_present());
        let name = format!("{}Response", action.spec.action);
        enclosed(&envelope.root, table(&name, rows))
    }

    /// The table of an answer that refuses.
    pub fn refusal(&self) -> &'static ModelInfo {
        let envelope = &self.api.service.envelope;
        let text = |name: &str| FieldInfo::new(leak(name), Kind::Str).always_present();
        let error = table("Error", vec![text(&envelope.error_code), text(&envelope.error_message)]);
        let error = FieldInfo::new(leak(&envelope.error), Kind::Object(error)).always_present();
        let refusal = table("Refusal", vec![error, text(&envelope.request_id)]);
        enclosed(&envelope.root, refusal)
    }

    fn rows(&mut self, members: &[Member], side: Side, depth: usize) -> Vec<FieldInfo> {
        members.iter().filter_map(|member| self.row(member, side, depth)).collect()
    }

    fn row(&mut self, member: &Member, side: Side, depth: usize) -> Option<FieldInfo> {
        let spec = &member.spec;
        let mut row = FieldInfo::new(leak(&spec.name), self.kind(&member.kind, side, depth)?);
        row.required = spec.required;
        row.always_present = side == Side::Answer && member.is_promised();
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
            model::Kind::Type(place) => Kind::Object(self.type_(*place, side, depth)?),
            model::Kind::List(item) => {
                Kind::List(Box::leak(Box::new(self.kind(item, side, depth)?)))
            }
        })
    }

    fn type_(&mut self, place: usize, side: Side, depth: usize) -> Option<&'static ModelInfo> {
        let depth = if self.endless.contains(&place) { depth.checked_sub(1)? } else { 0 };
        if let Some(made) = self.made.get(&(place, side, depth)) {
            return Some(made);
        }
        let api = self.api;
        let type_ = api.type_at(place);
        let rows = self.rows(&type_.members, side, depth);
        let made = table(&type_.spec.type_, rows);
        self.made.insert((place, side, depth), made);
        Some(made)
    }
}

/// `{"Response": …}` around a table.
fn enclosed(root: &str, inner: &'static ModelInfo) -> &'static ModelInfo {
    table("Answer", vec![FieldInfo::new(leak(root), Kind::Object(inner)).always_present()])
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

/// Types from which some type can be reached that can be reached from itself.
fn endless(api: &Api) -> HashSet<usize> {
    let reach = |start: usize| {
        let mut reached: HashSet<usize> = HashSet::new();
        let mut open = vec![start];
        while let Some(place) = open.pop() {
            for member in &api.type_at(place).members {
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
    let own = |place: usize| reached.get(place).is_some_and(|all| all.contains(&place));
    let loops: HashSet<usize> = (0..api.types.len()).filter(|place| own(*place)).collect();
    let leads = |place: &usize| {
        own(*place) || reached.get(*place).is_some_and(|all| !all.is_disjoint(&loops))
    };
    (0..api.types.len()).filter(leads).collect()
}
