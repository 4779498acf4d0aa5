//! One strategy that makes values of any model from its table, for property tests.
//!
//! A value grows from a list of choices; fewer and smaller choices give a smaller value, so shrinking
//! a failure is shrinking a list of numbers.

use proptest::prelude::*;

use crate::{FieldInfo, Kind, Model, Slot};

/// What the values must be fit for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// JSON: anything goes.
    Json,
    /// The flattened form: every object and every list item leaves a pair.
    Flat,
}

/// Texts that have broken an encoder somewhere: separators of every form, quotes, controls, scripts.
const TEXTS: &[&str] = &[
    "",
    "ap-guangzhou-3",
    "a b+c%20d&e=f",
    "Qcloud@TestApi123++",
    "\"quoted\" \\ back\\slash /",
    "line\nfeed\ttab\r\0nul",
    "未命名",
    "🦀\u{200d}\u{fe0f}",
    "*'()!~-_.",
    "true",
    "0123",
    " edge ",
];

/// A strategy for values of one model type.
pub fn values<M: Model + Default + Clone + std::fmt::Debug>(fit: Fit) -> impl Strategy<Value = M> {
    choices().prop_map(move |choices| {
        let mut model = M::default();
        fill(&mut model, choices, fit);
        model
    })
}

/// A strategy for the choices that [`fill`] takes.
pub fn choices() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(any::<u32>(), 0..400)
}

/// Fills a model from a list of choices.
pub fn fill(model: &mut dyn Model, choices: Vec<u32>, fit: Fit) {
    Grower { choices: choices.into_iter(), fit }.object(model, 0, false);
}

struct Grower {
    choices: std::vec::IntoIter<u32>,
    fit: Fit,
}

impl Grower {
    /// The next choice; 0, the smallest, once they are used up.
    fn next(&mut self) -> u32 {
        self.choices.next().unwrap_or(0)
    }

    /// A wide number from two choices.
    fn wide(&mut self) -> u64 {
        (u64::from(self.next()) << 32) | u64::from(self.next())
    }

    fn object(&mut self, model: &mut dyn Model, depth: usize, solid: bool) {
        for (index, field) in model.table().members.iter().enumerate() {
            // A solid object leaves at least one pair: its first member is set.
            let solid = solid && index == 0;
            self.slot(model.member_mut(index), field, &field.kind, depth, solid);
        }
    }

    fn slot(
        &mut self,
        slot: Slot<'_>,
        field: &'static FieldInfo,
        kind: &Kind,
        depth: usize,
        solid: bool,
    ) {
        match slot {
            Slot::Unknown => {}
            Slot::Optional(option) => {
                if solid || (depth < 6 && !self.next().is_multiple_of(3)) {
                    self.slot(option.insert(), field, kind, depth, solid);
                }
            }
            Slot::Str(text) => *text = self.text(field),
            Slot::Text(text) => {
                let value = self.text(field);
                text.set_from_str(&value);
            }
            Slot::I64(number) => *number = self.wide().cast_signed(),
            Slot::U64(number) => *number = self.wide(),
            Slot::F64(number) => *number = f64::from(self.next().cast_signed()) / 64.0,
            Slot::Bool(flag) => *flag = self.next() % 2 == 1,
            Slot::Object(model) => {
                self.object(model, depth + 1, solid || self.fit == Fit::Flat);
            }
            Slot::List(list) => {
                let Kind::List(kind) = kind else { return };
                let wanted = if depth < 4 { self.next() % 4 } else { 0 };
                let solid_items = self.fit == Fit::Flat;
                for _ in 0..wanted.max(u32::from(solid)) {
                    self.slot(list.push(), field, kind, depth + 1, solid_items);
                }
            }
        }
    }

    fn text(&mut self, field: &FieldInfo) -> String {
        let choice = self.next() as usize;
        let known = field.values.get(choice % (field.values.len() + 1));
        if let Some(known) = known {
            return (*known).to_owned();
        }
        let text = TEXTS.get(choice / 7 % TEXTS.len());
        text.copied().unwrap_or_default().to_owned()
    }
}
