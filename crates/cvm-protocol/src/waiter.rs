//! Describes what to poll until an asynchronous operation is done. The transport polls.

use std::time::Duration;

use crate::{ActionInfo, Condition, FromWireText, List, Missing, Model, Record, Slot};

/// A waiter: which action to poll, and what each state means.
#[derive(Debug)]
pub struct WaiterInfo {
    /// Its name, such as `InstancesRunning`.
    pub name: &'static str,
    /// The action that shows the state.
    pub action: &'static ActionInfo,
    /// Request member for the ids, or a filter, such as `Filters.host-id`.
    pub ids: &'static str,
    /// Further members of every poll, with their values as text.
    pub with: &'static [(&'static str, &'static str)],
    /// Response member that lists the resources.
    pub items: &'static str,
    /// Member of a resource that holds its id.
    pub id: &'static str,
    /// Member of a resource that holds its state.
    pub state: &'static str,
    /// Target states. They count unless an operation is running.
    pub success: &'static [&'static str],
    /// Conditions that must hold in the target state as well.
    pub when: &'static [Condition<'static>],
    /// States that mean failure.
    pub failure: &'static [&'static str],
    /// States from which the target state cannot be reached.
    pub unreachable: &'static [&'static str],
    /// States that a resource may have before the operation begins, and from which only another call leads to the target
    /// state. Such a state ends the wait if the resource entered it during the wait and no operation is running.
    pub elsewhere: &'static [&'static str],
    /// Settled states that are not the target: nothing changes by itself. Every other state that is not in a list above is
    /// on the way to another state, or unknown.
    pub settled: &'static [&'static str],
    /// The members with the latest operation, which may run while the state stays the same. If its state is
    /// [`Self::state`], the waiter is for the end of the operation itself.
    pub operation: Option<OperationInfo>,
    /// What it means if a response does not list an id.
    pub missing: Missing,
    /// Error codes that say that no resource has this id, like a list without it.
    pub absent_codes: &'static [&'static str],
    /// Member of a resource with the reason of a failure.
    pub reason: Option<&'static str>,
    /// Member of a resource with the id of its latest request.
    pub request_id: Option<&'static str>,
    /// Member of a resource with its progress in percent.
    pub progress: Option<&'static str>,
    /// Time between two polls.
    pub interval: Duration,
    /// When to give up.
    pub timeout: Duration,
}

/// The members with the latest operation of a resource.
#[derive(Clone, Copy, Debug)]
pub struct OperationInfo {
    /// Member of a resource that holds the state of the operation; null when there was none.
    pub state: &'static str,
    /// States of an operation that has ended.
    pub ended: &'static [&'static str],
    /// Those of them that mean failure.
    pub failed: &'static [&'static str],
    /// Further conditions that mean that the operation failed.
    pub failed_when: &'static [Condition<'static>],
    /// Values of [`WaiterInfo::state`] at which a failed operation ends the wait, although a successful one would continue.
    pub failed_at: &'static [&'static str],
    /// One of these holds while an operation runs.
    pub running: &'static [Condition<'static>],
    /// Members of a resource that identify the operation.
    pub names: &'static [&'static str],
}

impl WaiterInfo {
    /// Maximum number of ids in one poll: 100 for an id list, or the limit of the filter.
    #[must_use]
    pub fn batch(&self) -> usize {
        if !self.ids.contains('.') {
            return 100;
        }
        self.action.filter_values_max.map_or(5, |max| usize::try_from(max).unwrap_or(5))
    }

    /// A request of the polled action for these ids: at most [`Self::batch`] of them, on one page.
    #[must_use]
    pub fn request(&self, ids: &[String]) -> Record {
        let mut request = Record::new(self.action.request);
        match self.ids.split_once('.') {
            None => put_all(slot(&mut request, self.ids), ids),
            Some((filters, name)) => {
                if let Slot::List(list) = slot(&mut request, filters)
                    && let Slot::Object(filter) = list.push()
                {
                    put(slot(filter, "Name"), name);
                    put_all(slot(filter, "Values"), ids);
                }
            }
        }
        if let Some(pages) = &self.action.paginate {
            // A page of the default length would leave out ids, which would then look absent.
            put(slot(&mut request, pages.style.limit()), &pages.max_limit.to_string());
            if let crate::PageStyle::Offset { offset, .. } = pages.style {
                put(slot(&mut request, offset), "0");
            }
        }
        for (member, value) in self.with {
            put(slot(&mut request, member), value);
        }
        request
    }
}

fn slot<'m>(model: &'m mut dyn Model, name: &str) -> Slot<'m> {
    let Some(index) = model.table().find(name.as_bytes()) else { return Slot::Unknown };
    match model.member_mut(index) {
        Slot::Optional(option) => option.get_or_insert_default(),
        slot => slot,
    }
}

fn put(slot: Slot<'_>, value: &str) {
    match slot {
        Slot::Str(member) => value.clone_into(member),
        Slot::Text(member) => FromWireText::set_from_str(member, value),
        slot => {
            // Lint checks that a waiter names only members whose kind fits.
            let _ = crate::decode::scalar_from_text(slot, value);
        }
    }
}

fn put_all(slot: Slot<'_>, values: &[String]) {
    if let Slot::List(list) = slot {
        values.iter().for_each(|value| put(List::push(list), value));
    }
}

/// Declares the type of a waiter for a [`WaiterInfo`] in the same module. Generated code uses it:
/// `waiter! { /** Instances are up. */ InstancesRunning INSTANCES_RUNNING }` declares `InstancesRunning::of(&ids)`.
#[macro_export]
macro_rules! waiter {
    ($(#[$meta:meta])* $name:ident $table:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl $name {
            /// The description of the waiter.
            pub const INFO: &'static $crate::WaiterInfo = &$table;

            /// Waits for these.
            pub fn of<I>(ids: I) -> $crate::Waiter
            where
                I: IntoIterator,
                I::Item: AsRef<str>,
            {
                $crate::Waiter::new(Self::INFO, ids)
            }
        }
    };
}

/// A [`WaiterInfo`] with the ids to wait for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Waiter {
    /// The description of the waiter.
    pub info: &'static WaiterInfo,
    /// The resources. Without any, the wait ends at once and makes no call.
    pub ids: Vec<String>,
    /// Count a state only if it belongs to this request.
    pub request_id: Option<String>,
    /// The resources are known to have existed, so absence means that they are gone.
    pub seen_before: bool,
}

impl Waiter {
    /// Waits for these resources to reach the target state.
    pub fn new<I>(info: &'static WaiterInfo, ids: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let ids = ids.into_iter().map(|id| id.as_ref().to_owned()).collect();
        Self { info, ids, request_id: None, seen_before: false }
    }

    /// Counts a state only if it belongs to the request with this id. Otherwise the state from before the request, or the
    /// success of an earlier operation, could be taken for its result. A failure of this operation then ends the wait at
    /// once. No effect if the resource does not show the request id.
    #[must_use]
    pub fn of_request(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }

    /// States that these resources existed when the operation was requested: an accepted request named them, or a list
    /// showed them, in this region. Only then does absence from the first poll on mean that they are gone; a wrong id or
    /// region would look the same. No effect if absence is not the target.
    #[must_use]
    pub const fn seen_before(mut self) -> Self {
        self.seen_before = true;
        self
    }
}
