//! Describes what to poll until an asynchronous operation is done. The transport polls.

use std::ops::Deref;

use crate::{FromWireText, List, Model, Record, Slot, WaiterInfoError, WaiterSpec, waiter_check};

/// A waiter whose names were checked: each is a member of the polled action, so a typo cannot make a wait poll all
/// resources of the account.
///
/// The facts are read like fields: `info.timeout`. For a static,
/// [`waiter_info!`](crate::waiter_info) checks them at compile time:
///
/// ```
/// use cvm_protocol::{ActionInfo, WaiterInfo, WaiterSpec};
///
/// fn is_up(describe: &'static ActionInfo) -> Result<WaiterInfo, cvm_protocol::WaiterInfoError> {
///     WaiterInfo::new(
///         WaiterSpec::new("ThingsUp", describe)
///             .ids("ThingIds")
///             .items("ThingSet")
///             .id("ThingId")
///             .state("State")
///             .success(&["UP"]),
///     )
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct WaiterInfo(WaiterSpec);

impl Deref for WaiterInfo {
    type Target = WaiterSpec;

    fn deref(&self) -> &WaiterSpec {
        &self.0
    }
}

/// Declares a static [`WaiterInfo`] whose names are checked at compile time: a wrong name is a compile error.
/// `waiter_info! { static THINGS_UP = WaiterSpec::new("ThingsUp", &DESCRIBE_THINGS).ids("ThingIds")…; }`
#[macro_export]
macro_rules! waiter_info {
    ($(#[$meta:meta])* $vis:vis static $name:ident = $spec:expr;) => {
        $(#[$meta])*
        $vis static $name: $crate::WaiterInfo = match $crate::WaiterInfo::new($spec) {
            Ok(info) => info,
            Err(error) => error.end_compilation(),
        };
    };
}

impl WaiterInfo {
    /// Checks every name of a waiter: members of the request, the response and its items, filters, and values of `with`.
    /// States are not checked, because the service may have new ones.
    ///
    /// # Errors
    ///
    /// If a name does not exist or is of the wrong kind, if the action changes something, or if nothing is the target.
    pub const fn new(spec: WaiterSpec) -> Result<Self, WaiterInfoError> {
        match waiter_check::check(&spec) {
            Ok(()) => Ok(Self(spec)),
            Err(error) => Err(error),
        }
    }

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
            if let Some((position, first)) = pages.style.start() {
                put(slot(&mut request, position), &first.to_string());
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
            // The value was checked with the waiter.
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
