//! What a reconciliation looks for: the request, the rule of its action, and the times and items that are known.

use cvm_models::protocol::{ActionInfo, Condition, ModelInfo, ReconcileInfo};
use serde_json::Value;

use super::compare::uncompared;
use super::{past_time, tags};
use crate::journal::entry::Entry;
use crate::journal::prior_item::PriorItem;
use crate::request::record;

/// The times that a list is compared with: `YYYY-MM-DDThh:mm:ss`, on the service's clock. `None` if a time is unknown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times<'a> {
    /// Items created before this time do not count.
    pub since: Option<&'a str>,
    /// The earliest time at which the request was sent, if the measured difference of the clocks is right.
    pub sent_at: Option<&'a str>,
    /// The latest possible time at which the list was read.
    pub read_at: Option<&'a str>,
}

/// What to look for in a list.
pub struct Query<'a> {
    /// The action of the request.
    pub action: &'static str,
    /// The reconciliation rule of the action.
    pub facts: &'static ReconcileInfo,
    /// The parameters of the request whose outcome is unknown.
    pub request: &'a Value,
    /// The parameters that no rule compares.
    pub uncompared: Vec<String>,
    /// What was listed before the call; `None` if that was not read.
    pub before: Option<&'a [PriorItem]>,
    /// The model of an item.
    pub table: &'static ModelInfo,
    /// The item member with the unique id.
    pub own_id: Option<&'static str>,
    /// The times that the list is compared with.
    pub times: Times<'a>,
    /// The path of a request member with a time that may have passed: what the request created may have ended.
    pub past_time: Option<String>,
    /// The conditions in addition to [`ReconcileInfo::done`] for this very request.
    pub done_when: Vec<Condition<'static>>,
}

impl<'a> Query<'a> {
    /// The query for a journal entry.
    pub fn new(
        info: &'static ActionInfo,
        facts: &'static ReconcileInfo,
        list: &'static ActionInfo,
        table: &'static ModelInfo,
        entry: &'a Entry,
        times: Times<'a>,
    ) -> Self {
        let request = record(info, &entry.parameters);
        let asked = facts.done_when.iter().filter(|(asked, _)| asked.holds(&request));
        Self {
            action: info.name,
            facts,
            request: &entry.parameters,
            uncompared: uncompared(info, facts, &entry.parameters, &entry.secrets),
            before: entry.before.as_deref(),
            table,
            own_id: list.paginate.and_then(|pages| pages.id),
            times,
            past_time: past_time::find(info.request, &entry.parameters, times.read_at),
            done_when: asked.map(|(_, shown)| *shown).collect(),
        }
    }

    /// Whether a created resource is found only by a name that others may use too, and not by its own key.
    pub const fn is_found_by_name(&self) -> bool {
        self.facts.created.is_some() && self.facts.same_key.is_empty()
    }

    /// Whether the rule compares creation times, but the start of the request is unknown.
    pub const fn creation_time_unknown(&self) -> bool {
        self.facts.created.is_some() && self.times.since.is_none()
    }

    /// Whether the request sets tags on what it creates.
    pub fn has_tags(&self) -> bool {
        tags::are_requested(self.facts, self.request)
    }

    /// Whether the rule only shows a list: it names no ids, and the request creates nothing to look for.
    pub const fn compares_nothing(&self) -> bool {
        self.facts.ids.is_none() && self.facts.created.is_none()
    }
}
