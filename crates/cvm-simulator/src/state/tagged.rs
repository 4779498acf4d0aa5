//! What a resource and a list of resources must offer, so that the tag service reads and changes their tags.

use crate::state::{Pairs, pairs};

/// The tags of one resource.
pub(crate) trait TagList {
    /// Key and value of the tag at an index, in the order in which the tags were added.
    fn tag(&self, index: usize) -> Option<(&str, &str)>;

    /// Replaces all tags by these keys and values.
    fn replace(&mut self, tags: Vec<(String, String)>);
}

impl<'a> dyn TagList + 'a {
    /// Keys and values in the order in which the tags were added.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        (0..).map_while(|index| self.tag(index))
    }

    /// Whether the resource has this tag.
    pub(crate) fn has(&self, key: &str, value: &str) -> bool {
        self.iter().any(|tag| tag == (key, value))
    }

    /// A copy of the keys and values.
    pub(crate) fn to_vec(&self) -> Vec<(String, String)> {
        self.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }
}

impl TagList for Pairs {
    fn tag(&self, index: usize) -> Option<(&str, &str)> {
        self.get(index).map(|(key, value)| (&**key, &**value))
    }

    fn replace(&mut self, tags: Vec<(String, String)>) {
        *self = pairs(tags);
    }
}

impl TagList for Vec<cvm_models::types::Tag> {
    fn tag(&self, index: usize) -> Option<(&str, &str)> {
        self.get(index).map(|tag| (tag.key.as_str(), tag.value.as_str()))
    }

    fn replace(&mut self, tags: Vec<(String, String)>) {
        let tag = |(key, value)| cvm_models::types::Tag { key, value, ..Default::default() };
        *self = tags.into_iter().map(tag).collect();
    }
}

impl TagList for Vec<cbs_models::types::Tag> {
    fn tag(&self, index: usize) -> Option<(&str, &str)> {
        self.get(index).map(|tag| (tag.key.as_str(), tag.value.as_str()))
    }

    fn replace(&mut self, tags: Vec<(String, String)>) {
        let tag = |(key, value)| cbs_models::types::Tag { key, value, ..Default::default() };
        *self = tags.into_iter().map(tag).collect();
    }
}

impl TagList for Vec<tag_models::types::Tag> {
    fn tag(&self, index: usize) -> Option<(&str, &str)> {
        self.get(index).map(|tag| (tag.tag_key.as_str(), tag.tag_value.as_str()))
    }

    fn replace(&mut self, tags: Vec<(String, String)>) {
        let tag = |(tag_key, tag_value)| tag_models::types::Tag {
            tag_key,
            tag_value,
            ..Default::default()
        };
        *self = tags.into_iter().map(tag).collect();
    }
}

impl TagList for Vec<vpc_models::types::Tag> {
    fn tag(&self, index: usize) -> Option<(&str, &str)> {
        self.get(index).map(|tag| (tag.key.as_str(), tag.value.as_deref().unwrap_or_default()))
    }

    fn replace(&mut self, tags: Vec<(String, String)>) {
        let tag =
            |(key, value)| vpc_models::types::Tag { key, value: Some(value), ..Default::default() };
        *self = tags.into_iter().map(tag).collect();
    }
}

/// The resources of one kind, in one region or in the account, with their ids and tags.
pub(crate) trait Tagged {
    /// All resources, in any order.
    fn all(&self) -> TaggedItems<'_>;

    /// The tags of a resource, to change them. A kind has this or a [`set_tags`](Self::set_tags) of its own.
    fn tags_mut(&mut self, _id: &str) -> Option<&mut dyn TagList> {
        None
    }

    /// Replaces the tags of a resource, if it exists.
    fn set_tags(&mut self, id: &str, tags: Vec<(String, String)>) {
        if let Some(stored) = self.tags_mut(id) {
            stored.replace(tags);
        }
    }

    /// The tags of a resource.
    fn tags(&self, id: &str) -> Option<&dyn TagList> {
        self.all().find(|(known, _)| *known == id).map(|(_, tags)| tags)
    }

    /// The position of a resource in [`after`](Self::after).
    fn position(&self, id: &str) -> String {
        id.to_owned()
    }

    /// The resources after a position, all of them after an empty one. New and removed resources do not change the order
    /// of the others. `None` if the position is malformed.
    fn after(&self, position: &str) -> Option<TaggedItems<'_>> {
        Some(after(self.all(), position))
    }
}

/// The resources after a position, in the order of their ids.
pub(crate) fn after<'a>(items: TaggedItems<'a>, position: &str) -> TaggedItems<'a> {
    let mut items: Vec<_> = items.filter(|(id, _)| *id > position).collect();
    items.sort_unstable_by_key(|(id, _)| *id);
    Box::new(items.into_iter())
}

/// Ids of resources, with their tags.
pub(crate) type TaggedItems<'a> = Box<dyn Iterator<Item = (&'a str, &'a dyn TagList)> + 'a>;
