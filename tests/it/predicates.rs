//! All predicates of an error at once, so that none is true by mistake.

use cvm_models::Error;

/// The names of the predicates that hold.
pub fn predicates(error: &Error) -> Vec<&'static str> {
    let all = [
        ("outcome unknown", error.outcome_unknown().is_some()),
        ("usage", error.is_usage()),
        ("credentials", error.is_credentials()),
        ("not sent", error.is_not_sent()),
        ("timeout", error.is_timeout()),
        ("unreadable", error.is_unreadable_response()),
        ("misrouted", error.is_misrouted()),
        ("untrusted", error.is_untrusted()),
        ("service", error.is_service()),
        ("throttled", error.is_throttled()),
        ("auth", error.is_auth()),
        ("not found", error.is_not_found()),
        ("capacity", error.is_capacity()),
        ("quota", error.is_quota()),
        ("busy", error.is_busy()),
        ("wait", error.is_wait()),
    ];
    all.into_iter().filter(|(_, holds)| *holds).map(|(name, _)| name).collect()
}
