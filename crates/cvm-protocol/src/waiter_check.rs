//! Checks the names of a waiter against the model infos of its action, also at compile time.
//!
//! A constant function cannot use iterators, so the lists are walked by hand. The compiler interprets these functions, so
//! they call as few others as possible: slice patterns instead of `split_first`, and lengths before bytes.

use std::fmt;

use crate::{Condition, FieldInfo, Kind, Missing, ModelInfo, RetryClass, WaiterSpec};

/// A [`WaiterSpec`] with a name that its action does not have, or without a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaiterInfoError {
    waiter: &'static str,
    problem: &'static str,
    value: &'static str,
}

impl fmt::Display for WaiterInfoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { waiter, problem, value } = self;
        write!(f, "waiter `{waiter}`: `{value}`: {problem}")
    }
}

impl std::error::Error for WaiterInfoError {}

impl WaiterInfoError {
    /// Ends the compilation. For [`waiter_info!`](crate::waiter_info), which calls it only at compile time.
    #[doc(hidden)]
    #[allow(clippy::panic, reason = "at compile time, this is a compile error")]
    pub const fn end_compilation(self) -> ! {
        panic!("{}", self.problem)
    }
}

/// Returns the error of a check.
macro_rules! check {
    ($result:expr) => {
        if let Err(error) = $result {
            return Err(error);
        }
    };
}

/// What is wrong, and the wrong name.
type Problem = (&'static str, &'static str);

/// Checks every name of a waiter.
pub(crate) const fn check(spec: &WaiterSpec) -> Result<(), WaiterInfoError> {
    match problem(spec) {
        Ok(()) => Ok(()),
        Err((problem, value)) => Err(WaiterInfoError { waiter: spec.name, problem, value }),
    }
}

const fn problem(spec: &WaiterSpec) -> Result<(), Problem> {
    let action = spec.action;
    if !matches!(action.retry, RetryClass::Read) {
        return Err((
            "the action may change something, and a waiter polls it repeatedly",
            action.name,
        ));
    }
    if spec.success.is_empty() && !matches!(spec.missing, Missing::Success) {
        return Err(("no state is the target, and neither is absence", spec.name));
    }
    check!(ids(spec));
    let mut with = spec.with;
    while let [(member, value), rest @ ..] = with {
        let fits = match field(action.request, member) {
            Some(field) => accepts(&field.kind, value),
            None => false,
        };
        if !fits {
            return Err(("`with` names no member of the request that takes its value", member));
        }
        with = rest;
    }
    if let Some(pages) = &action.paginate {
        // An ignored limit would leave out ids, which would then look absent.
        let text = "the limit of the action is no number of the request";
        check!(number(action.request, pages.style.limit(), text));
        if let Some((position, _)) = pages.style.start() {
            let text = "the position of a page is no number of the request";
            check!(number(action.request, position, text));
        }
    }
    let item = match field(action.response, spec.items) {
        Some(FieldInfo { kind: Kind::List(Kind::Object(item)), .. }) => item,
        _ => return Err(("`items` is no list of objects in the response", spec.items)),
    };
    let scalar_names = [
        ("`id` is no string or integer of an item", Some(spec.id)),
        ("`state` is no string or integer of an item", Some(spec.state)),
        ("`reason` is no string or integer of an item", spec.reason),
        ("`request_id` is no string or integer of an item", spec.request_id),
    ];
    let mut names = scalar_names.as_slice();
    while let [(text, name), rest @ ..] = names {
        if let Some(name) = *name {
            match field(item, name) {
                Some(FieldInfo { kind: Kind::Str | Kind::I64 | Kind::U64, .. }) => {}
                _ => return Err((text, name)),
            }
        }
        names = rest;
    }
    if let Some(progress) = spec.progress {
        check!(number(item, progress, "`progress` is no number of an item"));
    }
    check!(conditions(spec.when, item, "`when` names no member of an item"));
    if let Some(operation) = &spec.operation {
        let text = "the state of `operation` is no member of an item";
        check!(members(&[operation.state], item, text));
        check!(members(operation.names, item, "`operation` names no member of an item"));
        let text = "a condition of `operation` names no member of an item";
        check!(conditions(operation.running, item, text));
        check!(conditions(operation.failed_when, item, text));
    }
    Ok(())
}

/// Without a member for the ids, every poll would ask for all resources.
const fn ids(spec: &WaiterSpec) -> Result<(), Problem> {
    const TEXT: &str =
        "`ids` is neither a list of strings in the request nor a filter of the action";
    let action = spec.action;
    let Some(dot) = position(spec.ids, b'.') else {
        return match field(action.request, spec.ids) {
            Some(FieldInfo { kind: Kind::List(Kind::Str), .. }) => Ok(()),
            _ => Err((TEXT, spec.ids)),
        };
    };
    let (filters, rest) = spec.ids.split_at(dot);
    let (_, name) = rest.split_at(1);
    let Some(FieldInfo { kind: Kind::List(Kind::Object(filter)), .. }) =
        field(action.request, filters)
    else {
        return Err((TEXT, spec.ids));
    };
    let takes_values = matches!(field(filter, "Name"), Some(FieldInfo { kind: Kind::Str, .. }))
        && matches!(field(filter, "Values"), Some(FieldInfo { kind: Kind::List(Kind::Str), .. }));
    // An action without a list of filters may accept any.
    let mut is_known = action.filters.is_empty() && !name.is_empty();
    let mut known = action.filters;
    while let [filter, rest @ ..] = known {
        is_known = is_known || is_same(filter.name, name);
        known = rest;
    }
    if takes_values && is_known { Ok(()) } else { Err((TEXT, spec.ids)) }
}

const fn number(model: &ModelInfo, name: &'static str, text: &'static str) -> Result<(), Problem> {
    match field(model, name) {
        Some(FieldInfo { kind: Kind::I64 | Kind::U64 | Kind::F64, .. }) => Ok(()),
        _ => Err((text, name)),
    }
}

const fn members(
    mut names: &[&'static str],
    model: &ModelInfo,
    text: &'static str,
) -> Result<(), Problem> {
    while let [name, rest @ ..] = names {
        if field(model, name).is_none() {
            return Err((text, name));
        }
        names = rest;
    }
    Ok(())
}

const fn conditions(
    mut conditions: &[Condition<'static>],
    model: &ModelInfo,
    text: &'static str,
) -> Result<(), Problem> {
    while let [condition, rest @ ..] = conditions {
        if field(model, condition.member).is_none() {
            return Err((text, condition.member));
        }
        conditions = rest;
    }
    Ok(())
}

/// Whether a member of this kind takes this text.
const fn accepts(kind: &Kind, value: &str) -> bool {
    match kind {
        Kind::Str => true,
        Kind::Bool => is_same(value, "true") || is_same(value, "false"),
        Kind::I64 => i64::from_str_radix(value, 10).is_ok(),
        Kind::U64 => u64::from_str_radix(value, 10).is_ok(),
        Kind::F64 | Kind::Object(_) | Kind::List(_) => false,
    }
}

/// As [`ModelInfo::field`], at compile time.
const fn field(model: &ModelInfo, name: &str) -> Option<&'static FieldInfo> {
    let mut fields = model.members;
    while let [field, rest @ ..] = fields {
        if is_same(field.wire, name) {
            return Some(field);
        }
        fields = rest;
    }
    None
}

const fn position(text: &str, byte: u8) -> Option<usize> {
    let (mut bytes, mut index) = (text.as_bytes(), 0);
    while let [first, rest @ ..] = bytes {
        if *first == byte {
            return Some(index);
        }
        (bytes, index) = (rest, index + 1);
    }
    None
}

const fn is_same(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    while let ([a, rest @ ..], [b, other_rest @ ..]) = (one, other) {
        if *a != *b {
            return false;
        }
        (one, other) = (rest, other_rest);
    }
    true
}
