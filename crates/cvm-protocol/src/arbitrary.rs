//! A proptest strategy that generates values of any model from its model info.
//!
//! A list of choices determines the value. Fewer and smaller choices give a smaller value, so proptest shrinks a
//! failure by shrinking a list of numbers.

use proptest::prelude::*;

use crate::{FieldInfo, Kind, Model, Slot};

/// The encoding that must be able to express the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// JSON, which can express every value.
    Json,
    /// Query encoding: every object and every list item must produce a pair.
    Query,
}

/// Texts that are difficult for encoders: separators, quotes, control characters and many scripts.
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
pub fn values<M: Model + Default + Clone + std::fmt::Debug>(
    encoding: Encoding,
) -> impl Strategy<Value = M> {
    choices().prop_map(move |choices| {
        let mut model = M::default();
        fill(&mut model, choices, encoding);
        model
    })
}

/// A strategy for the choices that [`fill`] takes.
pub fn choices() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(any::<u32>(), 0..400)
}

/// Fills a model from a list of choices.
pub fn fill(model: &mut dyn Model, choices: Vec<u32>, encoding: Encoding) {
    Grower { choices: choices.into_iter(), encoding }.object(model, 0, false);
}

struct Grower {
    choices: std::vec::IntoIter<u32>,
    encoding: Encoding,
}

impl Grower {
    /// The next choice; 0, the smallest, once they are used up.
    fn next(&mut self) -> u32 {
        self.choices.next().unwrap_or(0)
    }

    /// A 64-bit number from two choices.
    fn wide(&mut self) -> u64 {
        (u64::from(self.next()) << 32) | u64::from(self.next())
    }

    fn object(&mut self, model: &mut dyn Model, depth: usize, non_empty: bool) {
        for (index, field) in model.table().members.iter().enumerate() {
            // The first member is set, so that the object produces at least one pair.
            let non_empty = non_empty && index == 0;
            self.slot(model.member_mut(index), field, &field.kind, depth, non_empty);
        }
    }

    fn slot(
        &mut self,
        slot: Slot<'_>,
        field: &'static FieldInfo,
        kind: &Kind,
        depth: usize,
        non_empty: bool,
    ) {
        match slot {
            Slot::Unknown => {}
            Slot::Optional(option) => {
                if non_empty || (depth < 6 && !self.next().is_multiple_of(3)) {
                    self.slot(option.get_or_insert_default(), field, kind, depth, non_empty);
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
                self.object(model, depth + 1, non_empty || self.encoding == Encoding::Query);
            }
            Slot::List(list) => {
                let Kind::List(kind) = kind else { return };
                let wanted = if depth < 4 { self.next() % 4 } else { 0 };
                let non_empty_items = self.encoding == Encoding::Query;
                for _ in 0..wanted.max(u32::from(non_empty)) {
                    self.slot(list.push(), field, kind, depth + 1, non_empty_items);
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
