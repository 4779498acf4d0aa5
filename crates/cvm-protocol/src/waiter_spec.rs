//! The facts of a waiter, before they are checked.

use std::time::Duration;

use crate::{ActionInfo, Condition, Missing};

/// The facts of a waiter: which action to poll, and what each state means. [`WaiterInfo::new`](crate::WaiterInfo::new)
/// checks its names.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct WaiterSpec {
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
    /// Values of [`WaiterSpec::state`] at which a failed operation ends the wait, although a successful one would continue.
    pub failed_at: &'static [&'static str],
    /// One of these holds while an operation runs.
    pub running: &'static [Condition<'static>],
    /// Members of a resource that identify the operation.
    pub names: &'static [&'static str],
}

impl WaiterSpec {
    /// A waiter that polls this action every 5 s for up to 600 s. Everything else has a setter of its own.
    #[must_use]
    pub const fn new(name: &'static str, action: &'static ActionInfo) -> Self {
        Self {
            name,
            action,
            ids: "",
            with: &[],
            items: "",
            id: "",
            state: "",
            success: &[],
            when: &[],
            failure: &[],
            unreachable: &[],
            elsewhere: &[],
            settled: &[],
            operation: None,
            missing: Missing::Pending,
            absent_codes: &[],
            reason: None,
            request_id: None,
            progress: None,
            interval: Duration::from_secs(5),
            timeout: Duration::from_secs(600),
        }
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident($value:ident: $type:ty) $set:expr;)*) => {
        impl WaiterSpec { $(
            $(#[$doc])*
            #[must_use]
            pub const fn $name(mut self, $value: $type) -> Self {
                self.$name = $set;
                self
            }
        )* }
    };
}
setters! {
    /// Its name.
    name(name: &'static str) name;
    /// Request member for the ids, or a filter, such as `Filters.host-id`.
    ids(path: &'static str) path;
    /// Further members of every poll, with their values as text.
    with(members: &'static [(&'static str, &'static str)]) members;
    /// Response member that lists the resources.
    items(member: &'static str) member;
    /// Member of a resource that holds its id.
    id(member: &'static str) member;
    /// Member of a resource that holds its state.
    state(member: &'static str) member;
    /// Target states.
    success(states: &'static [&'static str]) states;
    /// Conditions that must hold in the target state as well.
    when(conditions: &'static [Condition<'static>]) conditions;
    /// States that mean failure.
    failure(states: &'static [&'static str]) states;
    /// States from which the target state cannot be reached.
    unreachable(states: &'static [&'static str]) states;
    /// States from which only another call leads to the target state.
    elsewhere(states: &'static [&'static str]) states;
    /// Settled states that are not the target.
    settled(states: &'static [&'static str]) states;
    /// The members with the latest operation.
    operation(info: OperationInfo) Some(info);
    /// What it means if a response does not list an id.
    missing(meaning: Missing) meaning;
    /// Error codes that say that no resource has this id.
    absent_codes(codes: &'static [&'static str]) codes;
    /// Member of a resource with the reason of a failure.
    reason(member: &'static str) Some(member);
    /// Member of a resource with the id of its latest request.
    request_id(member: &'static str) Some(member);
    /// Member of a resource with its progress in percent.
    progress(member: &'static str) Some(member);
    /// Time between two polls.
    interval(interval: Duration) interval;
    /// When to give up.
    timeout(timeout: Duration) timeout;
}
