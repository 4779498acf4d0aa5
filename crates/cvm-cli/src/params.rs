//! The request under construction: values inserted at dotted names, in any order.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::Value;

/// A part of the request. Lists are sparse until the end: any distinct indexes are accepted, and only their order
/// counts.
#[derive(Debug)]
pub enum ParamNode {
    /// A scalar.
    Leaf(Value),
    /// An object.
    Object(BTreeMap<String, ParamNode>),
    /// A list.
    List {
        /// Its items by their indexes.
        items: BTreeMap<u32, ParamNode>,
        /// Whether the whole list was given at once, so that it replaces an earlier one.
        whole: bool,
    },
}

impl ParamNode {
    /// An object without members.
    pub const fn object() -> Self {
        Self::Object(BTreeMap::new())
    }

    /// Inserts a value at a dotted name that fits the table; false if there is a value already.
    #[must_use]
    pub fn insert(&mut self, name: &str, piece: Self) -> bool {
        let (step, rest) = match name.split_once('.') {
            Some((step, rest)) => (step, Some(rest)),
            None => (name, None),
        };
        let set = |slot: &mut Self, piece| match rest {
            Some(rest) => slot.insert(rest, piece),
            None => slot.merge(piece),
        };
        let fresh = || {
            let below = rest.and_then(|rest| rest.chars().next());
            if below.is_some_and(|first| first.is_ascii_digit()) {
                Self::List { items: BTreeMap::new(), whole: false }
            } else {
                Self::object()
            }
        };
        match self {
            Self::Leaf(_) => false,
            Self::Object(members) => {
                set(members.entry(step.to_owned()).or_insert_with(fresh), piece)
            }
            Self::List { items, .. } => step
                .parse()
                .is_ok_and(|position| set(items.entry(position).or_insert_with(fresh), piece)),
        }
    }

    /// Merges a value with an existing one; false if both have a value at the same path.
    fn merge(&mut self, piece: Self) -> bool {
        match (self, piece) {
            (Self::Object(members), Self::Object(more)) => join(members, more, Self::merge),
            (Self::List { items, whole }, Self::List { items: more, whole: more_whole })
                if !(*whole && more_whole) =>
            {
                *whole |= more_whole;
                join(items, more, Self::merge)
            }
            // A node that was only just created.
            (here, piece) if here.is_empty() => {
                *here = piece;
                true
            }
            _ => false,
        }
    }

    /// Whether this is an object with a member of this name.
    pub fn has(&self, name: &str) -> bool {
        matches!(self, Self::Object(members) if members.contains_key(name))
    }

    /// Replaces whole members with those of `over`.
    pub fn replace(&mut self, over: Self) {
        match (self, over) {
            (Self::Object(members), Self::Object(more)) => members.extend(more),
            (here, over) => *here = over,
        }
    }

    /// Merges `over` into this node: where both have a value, that of `over` wins.
    pub fn overlay(&mut self, over: Self) {
        let put = |here: &mut Self, over| {
            here.overlay(over);
            true
        };
        match (self, over) {
            (Self::Object(members), Self::Object(more)) => {
                join(members, more, put);
            }
            (Self::List { items, .. }, Self::List { items: more, whole: false }) => {
                join(items, more, put);
            }
            (here, over) => *here = over,
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Leaf(_) => false,
            Self::Object(members) => members.is_empty(),
            Self::List { items, .. } => items.is_empty(),
        }
    }

    /// The finished JSON, with lists without gaps.
    pub fn into_value(self) -> Value {
        match self {
            Self::Leaf(value) => value,
            Self::Object(members) => {
                members.into_iter().map(|(name, node)| (name, node.into_value())).collect()
            }
            Self::List { items, .. } => items.into_values().map(Self::into_value).collect(),
        }
    }
}

/// Merges two maps; `both` merges the values of a key that is in both, and returns whether that is allowed.
fn join<K: Ord>(
    members: &mut BTreeMap<K, ParamNode>,
    more: BTreeMap<K, ParamNode>,
    both: impl Fn(&mut ParamNode, ParamNode) -> bool,
) -> bool {
    more.into_iter().all(|(key, node)| match members.entry(key) {
        Entry::Vacant(slot) => {
            slot.insert(node);
            true
        }
        Entry::Occupied(mut slot) => both(slot.get_mut(), node),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn leaf(text: &str) -> ParamNode {
        ParamNode::Leaf(text.into())
    }

    fn list(items: &[&str]) -> ParamNode {
        let items = (0..).zip(items.iter().map(|item| leaf(item))).collect();
        ParamNode::List { items, whole: true }
    }

    #[test]
    fn list_indexes_may_be_sparse_and_unordered() {
        let mut tree = ParamNode::object();
        assert!(tree.insert("Filters.7.Values.3", leaf("c")));
        assert!(tree.insert("Filters.2.Name", leaf("zone")));
        assert!(tree.insert("Filters.7.Values.1", leaf("b")));
        assert!(tree.insert("Filters.7.Name", leaf("id")));
        assert_eq!(
            tree.into_value(),
            json!({ "Filters": [{ "Name": "zone" }, { "Name": "id", "Values": ["b", "c"] }] })
        );
    }

    #[test]
    fn one_path_accepts_one_value() {
        let mut tree = ParamNode::object();
        assert!(tree.insert("Placement.Zone", leaf("a")));
        assert!(!tree.insert("Placement.Zone", leaf("b")));
        assert!(!tree.insert("Placement", leaf("b")));
        assert!(!tree.insert("Placement.Zone.X", leaf("b")));
        assert!(tree.insert("Ids", list(&["a"])));
        assert!(!tree.insert("Ids", list(&["b"])));
        assert!(tree.insert("Ids.5", leaf("b")));
        assert!(!tree.insert("Ids.0", leaf("c")));
        // `0` and `00` are the same index.
        assert!(!tree.insert("Ids.00", leaf("c")));
    }

    #[test]
    fn parameters_override_file_values() {
        let mut file = ParamNode::object();
        assert!(file.insert("Name", leaf("file")));
        assert!(file.insert("Ids", list(&["a", "b"])));
        assert!(file.insert("Disks.0.Size", leaf("10")));
        let mut typed = ParamNode::object();
        assert!(typed.insert("Name", leaf("typed")));
        assert!(typed.insert("Ids", list(&["c"])));
        assert!(typed.insert("Disks.0.Type", leaf("x")));
        file.overlay(typed);
        assert_eq!(
            file.into_value(),
            json!({ "Name": "typed", "Ids": ["c"], "Disks": [{ "Size": "10", "Type": "x" }] })
        );
    }
}
