//! What to poll until something asynchronous is done, as data; the runtime is the transport's.

use std::time::Duration;

use crate::{ActionInfo, Condition, FromWireText, List, Model, Record, Slot};

/// A goal for some resources: which action to poll and which states mean what.
#[derive(Debug)]
pub struct WaiterInfo {
    /// Its name, such as `InstancesRunning`.
    pub name: &'static str,
    /// The action that tells the state.
    pub action: &'static ActionInfo,
    /// Request member that takes the ids; `Filters.host-id` where only a filter of that name does.
    pub ids: &'static str,
    /// Members that every poll carries beside the ids, with their values as text.
    pub with: &'static [(&'static str, &'static str)],
    /// Response member that lists the resources.
    pub items: &'static str,
    /// Member of a resource that holds its id.
    pub id: &'static str,
    /// Member of a resource that holds its state.
    pub state: &'static str,
    /// States in which the goal is reached, unless an operation is running.
    pub success: &'static [&'static str],
    /// All of these hold as well when the goal is reached.
    pub when: &'static [Condition],
    /// States that mean failure.
    pub failure: &'static [&'static str],
    /// States from which the goal cannot be reached any more.
    pub unreachable: &'static [&'static str],
    /// States in which a resource may be before the operation begins, and from which only another call leads to the
    /// goal. One ends the wait if the resource came into it during the wait, and no operation is running.
    pub elsewhere: &'static [&'static str],
    /// States in which nothing moves by itself and the goal is not reached. Every other state that is not in
    /// a list above leads somewhere, or is not known.
    pub settled: &'static [&'static str],
    /// Where a resource shows its latest operation, which may run while the state stays. If its state is
    /// [`Self::state`], the goal is the end of the operation itself.
    pub operation: Option<OperationInfo>,
    /// What it means when an answer does not list an id.
    pub missing: Missing,
    /// Error codes that say that no resource has this id, like a list without it.
    pub absent_codes: &'static [&'static str],
    /// Member of a resource that tells why it failed.
    pub reason: Option<&'static str>,
    /// Member of a resource that names the request which its state speaks of.
    pub request_id: Option<&'static str>,
    /// Member of a resource that tells how far it is, in percent.
    pub progress: Option<&'static str>,
    /// Time between two polls.
    pub interval: Duration,
    /// When to give up.
    pub timeout: Duration,
}

/// Where a resource shows its latest operation.
#[derive(Clone, Copy, Debug)]
pub struct OperationInfo {
    /// Member of a resource that holds the state of the operation; null when there was none.
    pub state: &'static str,
    /// States of an operation that is over.
    pub ended: &'static [&'static str],
    /// Those of them that mean failure.
    pub failed: &'static [&'static str],
    /// One of these holds as well after an operation that failed.
    pub failed_when: &'static [Condition],
    /// Values of [`WaiterInfo::state`] at which a failed operation ends the wait, although a successful one leads on.
    pub failed_at: &'static [&'static str],
    /// One of these holds while an operation runs.
    pub running: &'static [Condition],
    /// Members of a resource that tell one operation from another.
    pub names: &'static [&'static str],
}

impl WaiterInfo {
    /// Most ids that one poll may ask for: the 100 of an id list, or what a filter takes.
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
            // A page of the default length would leave ids out, and out would read as gone.
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
        Slot::Optional(option) => option.insert(),
        slot => slot,
    }
}

fn put(slot: Slot<'_>, value: &str) {
    match slot {
        Slot::Str(member) => value.clone_into(member),
        Slot::Text(member) => FromWireText::set_from_str(member, value),
        slot => {
            // Only members whose kind fits are named in a waiter; the linter sees to it.
            let _ = crate::decode::scalar_from_text(slot, value);
        }
    }
}

fn put_all(slot: Slot<'_>, values: &[String]) {
    if let Slot::List(list) = slot {
        values.iter().for_each(|value| put(List::push(list), value));
    }
}

/// Declares the type that names a goal, for a table of that name in the same module. Generated code is
/// made of it: `waiter! { /** Instances are up. */ InstancesRunning INSTANCES_RUNNING }` makes
/// `InstancesRunning::of(&ids)`.
#[macro_export]
macro_rules! waiter {
    ($(#[$meta:meta])* $name:ident $table:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl $name {
            /// What is polled.
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

/// What it means when an answer does not list an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It is not listed yet.
    Pending,
    /// It is gone, which is the goal.
    Success,
    /// It is gone, which is not the goal.
    Failure,
}

/// A [`WaiterInfo`] with the ids it is for.
#[derive(Clone, Debug)]
pub struct Waiter {
    /// The goal.
    pub info: &'static WaiterInfo,
    /// The resources. With none of them there is nothing to wait for, and no call is made.
    pub ids: Vec<String>,
    /// Count a state only when it speaks of this request.
    pub request_id: Option<String>,
    /// The resources are known to have existed, so absence means that they are gone.
    pub seen_before: bool,
}

impl Waiter {
    /// Waits for these resources to reach the goal.
    pub fn new<I>(info: &'static WaiterInfo, ids: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let ids = ids.into_iter().map(|id| id.as_ref().to_owned()).collect();
        Self { info, ids, request_id: None, seen_before: false }
    }

    /// Counts a state only when it speaks of the request with this id, so that the state from before the
    /// request, or the success of an earlier operation, is not taken for what this one did. A failure of this
    /// operation then ends the wait at once. No effect where the resource does not tell.
    #[must_use]
    pub fn of_request(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }

    /// Tells that these resources existed when the operation was asked for: an accepted request named them, or a
    /// list showed them, in this region. Only then does their absence from the first poll on mean that they are
    /// gone; otherwise a wrong id or region would look the same. No effect where absence is not the goal.
    #[must_use]
    pub const fn seen_before(mut self) -> Self {
        self.seen_before = true;
        self
    }
}
