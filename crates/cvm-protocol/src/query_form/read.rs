//! Decodes pairs into a model.

use std::collections::BTreeMap;

use super::{FlatError, FlatErrorKind};
use crate::decode::scalar_from_text;
use crate::drift::{DecodeReport, DriftKind, Path};
use crate::{Model, Report, Slot};

/// Maximum nesting: far more than any action has, far less than any stack allows.
const MAX_DEPTH: usize = 16;

/// Decodes a model from pairs. Unknown names are in the report.
///
/// # Errors
///
/// If a name is repeated, a name is both a value and a parent, a list index is not a number, or a value has the wrong
/// kind.
pub fn decode<'a, I>(model: &mut dyn Model, pairs: I) -> Result<Report, FlatError>
where
    I: IntoIterator<Item = (&'a str, &'a str)>,
{
    let tree = Tree::grow(pairs)?;
    let ledger = DecodeReport::new(false);
    let place = Path::root(&ledger);
    put(Slot::Object(model), &tree, &place, &mut String::new())?;
    Ok(ledger.finish().0)
}

/// The pairs as a tree, before any model info is used.
enum Tree<'a> {
    Leaf(&'a str),
    Node(BTreeMap<&'a str, Tree<'a>>),
}

impl<'a> Tree<'a> {
    fn grow(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, FlatError> {
        let mut root = BTreeMap::new();
        for (name, value) in pairs {
            let error = |problem| FlatError { path: name.to_owned(), problem };
            if name.split('.').count() > MAX_DEPTH {
                return Err(error(FlatErrorKind::TooDeep));
            }
            let mut node = &mut root;
            let (path, last) = name.rsplit_once('.').map_or((None, name), |(p, l)| (Some(p), l));
            for step in path.into_iter().flat_map(|path| path.split('.')) {
                let child = node.entry(step).or_insert_with(|| Tree::Node(BTreeMap::new()));
                match child {
                    Tree::Node(children) => node = children,
                    Tree::Leaf(_) => return Err(error(FlatErrorKind::Conflict)),
                }
            }
            match node.insert(last, Tree::Leaf(value)) {
                None => {}
                Some(Tree::Leaf(_)) => return Err(error(FlatErrorKind::Duplicate)),
                Some(Tree::Node(_)) => return Err(error(FlatErrorKind::Conflict)),
            }
        }
        Ok(Tree::Node(root))
    }
}

fn put(
    slot: Slot<'_>,
    tree: &Tree<'_>,
    place: &Path<'_>,
    name: &mut String,
) -> Result<(), FlatError> {
    match (slot, tree) {
        (Slot::Optional(option), tree) => put(option.get_or_insert_default(), tree, place, name),
        (Slot::Object(model), Tree::Node(children)) => {
            for (step, child) in children {
                let here = place.member(step);
                let Some(index) = model.table().find(step.as_bytes()) else {
                    here.note(DriftKind::UnknownMember);
                    continue;
                };
                descend(name, step, |name| put(model.member_mut(index), child, &here, name))?;
            }
            Ok(())
        }
        (Slot::List(list), Tree::Node(children)) => {
            list.clear();
            for (index, step, child) in in_order(children, name)? {
                let here = place.item(index);
                descend(name, step, |name| put(list.push(), child, &here, name))?;
            }
            Ok(())
        }
        (Slot::Str(member), Tree::Leaf(text)) => {
            (*text).clone_into(member);
            Ok(())
        }
        (Slot::Text(member), Tree::Leaf(text)) => {
            member.set_from_str(text);
            Ok(())
        }
        (slot, Tree::Leaf(text)) => scalar_from_text(slot, text).map(|_| ()).map_err(|slot| {
            FlatError { path: name.clone(), problem: FlatErrorKind::expected(&slot) }
        }),
        (slot, Tree::Node(_)) => {
            Err(FlatError { path: name.clone(), problem: FlatErrorKind::expected(&slot) })
        }
    }
}

fn descend<T>(name: &mut String, step: &str, act: impl FnOnce(&mut String) -> T) -> T {
    let length = name.len();
    if length > 0 {
        name.push('.');
    }
    name.push_str(step);
    let done = act(name);
    name.truncate(length);
    done
}

/// The items of a list by index.
fn in_order<'t, 'a>(
    children: &'t BTreeMap<&'a str, Tree<'a>>,
    name: &str,
) -> Result<Vec<(usize, &'a str, &'t Tree<'a>)>, FlatError> {
    let mut numbered = Vec::with_capacity(children.len());
    for (step, child) in children {
        let number: u32 = match step.parse() {
            Ok(number) if step.bytes().all(|byte| byte.is_ascii_digit()) => number,
            _ => {
                let path = format!("{name}.{step}");
                return Err(FlatError { path, problem: FlatErrorKind::BadIndex });
            }
        };
        numbered.push((number, *step, child));
    }
    numbered.sort_by_key(|(number, ..)| *number);
    for pair in numbered.windows(2) {
        if let [(first, ..), (second, step, _)] = pair
            && first == second
        {
            // `0` and `00` are the same index.
            let path = format!("{name}.{step}");
            return Err(FlatError { path, problem: FlatErrorKind::Duplicate });
        }
    }
    Ok(numbered
        .into_iter()
        .enumerate()
        .map(|(index, (_, step, child))| (index, step, child))
        .collect())
}
