//! Finds the items of a list that a request may have created.

use serde_json::Value;

use super::compare::{self, Comparison, compare_single_members};
use super::query::Query;
use super::tags;
use crate::json_path::at;

impl Query<'_> {
    /// The items that the request may have created: nothing that the list shows of them differs. An item with
    /// the tags of the request is included even if it seems older, because the clock may have been wrong when
    /// the request was sent, and a newer item with the tags even if other members differ.
    pub fn candidates<'e>(&self, entries: &'e [Value]) -> Vec<&'e Value> {
        let is_candidate =
            |entry: &&Value| match tags::compare_tags(self.facts, self.request, entry) {
                Some(Comparison::Equal) => {
                    self.created_after_request(entry) || self.may_be_like(entry)
                }
                Some(_) => false,
                None => self.created_after_request(entry) && self.may_be_like(entry),
            };
        entries.iter().filter(is_candidate).collect()
    }

    /// The newer items for which the list does not show whether they have the tags of the request.
    pub fn unmarked<'e>(&self, entries: &'e [Value]) -> Vec<&'e Value> {
        let is_open = |entry: &&Value| {
            tags::compare_tags(self.facts, self.request, entry) == Some(Comparison::Unknown)
                && self.created_after_request(entry)
                && self.may_be_like(entry)
        };
        entries.iter().filter(is_open).collect()
    }

    /// The compared members that the list does not show for an item.
    pub fn hidden(&self, entry: &Value) -> Vec<&'static str> {
        compare::hidden(self.facts, self.request, entry)
    }

    /// Whether no single member that the list shows of an item differs from the request.
    fn may_be_like(&self, entry: &Value) -> bool {
        compare_single_members(self.facts, self.request, entry) != Some(Comparison::Different)
    }

    /// Whether an item is not known to be older than the request. Clocks may differ, so an item that was created
    /// shortly before the request counts too.
    pub fn created_after_request(&self, entry: &Value) -> bool {
        self.times.since.is_none_or(|since| !self.was_created_before(entry, since))
    }

    /// Whether an item is older than the request if the clocks of this machine and of the service agree.
    pub fn is_older(&self, entry: &Value) -> bool {
        self.times.sent_at.is_some_and(|sent_at| self.was_created_before(entry, sent_at))
    }

    /// A time that cannot be parsed excludes nothing. UTC times compare correctly as texts.
    fn was_created_before(&self, entry: &Value, time: &str) -> bool {
        let created = self.facts.created.and_then(|member| at(entry, member)?.as_str());
        let created = created.and_then(|created| created.split_at_checked(time.len()));
        created.is_some_and(|(created, zone)| {
            !zone.contains(['+', '-'])
                && created.starts_with(|first: char| first.is_ascii_digit())
                && *created.replace(' ', "T") < *time
        })
    }
}
