//! Fault rules as data: which requests, which of them, and the effect.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::effect::FaultEffect;
use super::error::FaultError;

/// A rule that injects a fault. Fields that are absent match every request.
///
/// ```
/// use cvm_emulator::FaultRule;
///
/// # fn f() -> Result<(), cvm_emulator::FaultError> {
/// let rules = FaultRule::list_from_json(
///     r#"[
///         { "action": "RunInstances", "nth": 1, "effect": "lose_response" },
///         { "probability": 0.1, "effect": { "error": { "code": "InternalError" } } }
///     ]"#,
/// )?;
/// assert_eq!(rules.len(), 2);
/// # Ok(())
/// # }
/// # f().unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FaultRule {
    /// A name for people, which its firings repeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The service, such as `cvm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The action, such as `RunInstances`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The region, such as `ap-guangzhou`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The account number (UIN), such as 100000000001 for the first account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<u64>,
    /// The secret id that signs the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// The first matching request that is affected, counted from 1. Without `every`, it is the only one, unless `count`
    /// asks for more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<u64>,
    /// Affects only each n-th matching request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// How often the rule fires at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The probability that a matching request is affected. The seed of the emulator determines which are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// What happens to an affected request.
    pub effect: FaultEffect,
}

impl FaultRule {
    /// A rule for every request.
    #[must_use]
    pub const fn new(effect: FaultEffect) -> Self {
        Self {
            name: None,
            service: None,
            action: None,
            region: None,
            account: None,
            credential: None,
            nth: None,
            every: None,
            count: None,
            probability: None,
            effect,
        }
    }

    /// Reads a list of rules. Adding a rule checks its values.
    ///
    /// # Errors
    ///
    /// The text is not a JSON array of rules.
    pub fn list_from_json(text: &str) -> Result<Vec<Self>, FaultError> {
        serde_json::from_str(text).map_err(|error| FaultError::new(error.to_string()))
    }

    /// How often it fires at most.
    pub(super) fn max_firings(&self) -> u64 {
        let is_single = self.nth.is_some() && self.every.is_none();
        self.count.unwrap_or(if is_single { 1 } else { u64::MAX })
    }

    /// Whether `nth` and `every` select the matching request with this number, counted from 1.
    pub(super) fn selects(&self, number: u64) -> bool {
        let step = self.every.unwrap_or(1).max(1);
        let first = self.nth.unwrap_or(step);
        number.checked_sub(first).is_some_and(|after| after.is_multiple_of(step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(nth: Option<u64>, every: Option<u64>) -> Vec<u64> {
        let rule = FaultRule { nth, every, ..FaultRule::new(FaultEffect::LoseResponse) };
        (1..=9).filter(|number| rule.selects(*number)).collect()
    }

    #[test]
    fn nth_and_every_select_requests() {
        assert_eq!(selected(None, None), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(selected(Some(7), None), [7, 8, 9]);
        assert_eq!(selected(None, Some(4)), [4, 8]);
        assert_eq!(selected(Some(2), Some(3)), [2, 5, 8]);
    }

    #[test]
    fn rule_fires_once_with_nth_alone() {
        let rule = FaultRule { nth: Some(2), ..FaultRule::new(FaultEffect::LoseResponse) };
        assert_eq!(rule.max_firings(), 1);
        assert_eq!(FaultRule { count: Some(3), ..rule.clone() }.max_firings(), 3);
        assert_eq!(FaultRule { every: Some(3), ..rule }.max_firings(), u64::MAX);
    }

    #[test]
    fn error_of_a_file_names_the_field() {
        for (text, expected) in [
            (r#"[{ "nht": 1, "effect": "lose_response" }]"#, "unknown field `nht`"),
            (r#"[{ "nth": "x", "effect": "lose_response" }]"#, "expected u64"),
            (r#"[{ "nth": 1 }]"#, "missing field `effect`"),
            (r#"[{ "effect": "lose" }]"#, "unknown variant `lose`"),
            (r#"[{ "effect": { "delay": { "ms": 1, "max": 2 } } }]"#, "unknown field `max`"),
            (r#"[{ "effect": { "error": {} } }]"#, "missing field `code`"),
            ("{}", "expected a sequence"),
        ] {
            let error = FaultRule::list_from_json(text).unwrap_err().to_string();
            assert!(error.starts_with("fault: ") && error.contains(expected), "{text}: {error}");
            assert!(error.contains("line 1"), "{error}");
        }
    }

    #[test]
    fn rule_is_the_same_after_it_was_written_and_read() {
        let text = r#"[{"name":"n","service":"cvm","action":"RunInstances","region":"ap-guangzhou","account":100000000001,"credential":"id","nth":2,"every":3,"count":4,"probability":0.5,"effect":{"delay":{"ms":1,"up_to_ms":2}}},{"effect":"stale_read"}]"#;
        let rules = FaultRule::list_from_json(text).unwrap();
        assert_eq!(serde_json::to_string(&rules).unwrap(), text);
    }
}
