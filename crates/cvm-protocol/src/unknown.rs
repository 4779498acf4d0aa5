//! Members that the specification does not know: in a response, and in a request by mistake.

use std::fmt;

use crate::cut::{MAX_NAME, cut};
use crate::{Json, Kind, ModelInfo, did_you_mean, similar_names};

/// A member of a response that the specification does not know.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownMember {
    /// The path, in the notation of the API: `InstanceSet.0.NewMember`.
    pub path: String,
    /// The value as the service wrote it.
    pub value: Json,
}

/// Without the value, which may be a secret.
impl fmt::Debug for UnknownMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({})", self.path, self.value.noun())
    }
}

impl UnknownMember {
    /// All members of a response that its model info does not know, in the order of the response.
    #[must_use]
    pub fn all_in(response: &Json, table: &'static ModelInfo) -> Vec<Self> {
        let mut found = Vec::new();
        collect(response, table, &mut String::new(), &mut found);
        // The older spelling of the request id.
        found.retain(|member| member.path != "RequestID");
        found
    }
}

fn collect(
    value: &Json,
    table: &'static ModelInfo,
    path: &mut String,
    found: &mut Vec<UnknownMember>,
) {
    let mut below = |step: &str, visit: &mut dyn FnMut(&mut String)| {
        let length = path.len();
        if length > 0 {
            path.push('.');
        }
        path.push_str(step);
        visit(path);
        path.truncate(length);
    };
    match value {
        Json::Object(members) => {
            for (name, member) in members {
                below(
                    name,
                    &mut |path| match table.field(name).map(|field| field.kind.innermost()) {
                        None => {
                            found.push(UnknownMember { path: path.clone(), value: member.clone() });
                        }
                        Some(Kind::Object(inner)) => collect(member, inner, path, found),
                        Some(_) => {}
                    },
                );
            }
        }
        Json::List(items) => {
            for (index, item) in items.iter().enumerate() {
                below(&index.to_string(), &mut |path| collect(item, table, path, found));
            }
        }
        _ => {}
    }
}

/// What to say of a member of a request that the specification does not know. `path` leads to it, and `table` is the
/// model info of the object that has it: ``` `Placement.Zoen` is not a member of Placement; did you mean `Zone`?```
#[must_use]
pub(crate) fn unknown_in(table: &'static ModelInfo, path: &str, name: &str) -> String {
    // A name of that length is no misspelled one, and comparing it would take long.
    let similar = match name.len() > MAX_NAME {
        true => Vec::new(),
        false => similar_names(name, table.members.iter().map(|field| field.wire)),
    };
    let hint = did_you_mean(&similar).map_or_else(String::new, |hint| format!("; {hint}"));
    format!("`{}` is not a member of {}{hint}", cut(path, MAX_NAME), table.name)
}

/// As the decoder says it when it refuses an unknown member, for a path of a [`Report`](crate::Report) about a model
/// of `table`.
#[must_use]
pub fn describe_unknown(table: &'static ModelInfo, path: &str) -> String {
    let (parents, name) = path.rsplit_once('.').unwrap_or(("", path));
    let mut table = table;
    for step in parents.split('.') {
        if let Some(Kind::Object(inner)) = table.field(step).map(|field| field.kind.innermost()) {
            table = inner;
        }
    }
    unknown_in(table, path, name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DecodeError, Drift, DriftKind, FieldInfo, NameIndex};

    static TABLE: ModelInfo = ModelInfo {
        name: "Thing",
        members: &[FieldInfo::new("Zone", Kind::Str)],
        index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
    };

    #[test]
    fn unknown_name_is_shown_with_similar_ones_or_cut() {
        assert_eq!(
            describe_unknown(&TABLE, "Zoen"),
            "`Zoen` is not a member of Thing; did you mean `Zone`?"
        );
        let long = "Zone".repeat(1_000_000);
        let texts = [
            describe_unknown(&TABLE, &long),
            DecodeError::new(long.clone(), "is wrong").to_string(),
            Drift { path: long, kind: DriftKind::UnknownMember }.to_string(),
        ];
        for text in texts {
            assert!(text.len() < 400 && text.contains("(cut, 4000000 bytes in all)`"), "{text}");
        }
    }
}
