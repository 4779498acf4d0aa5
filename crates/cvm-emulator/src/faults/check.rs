//! Checks that a fault rule can match a request and has a meaning.

use cvm_protocol::{ActionInfo, did_you_mean, similar_names};
use cvm_simulator::{Catalog, services};

use super::effect::FaultEffect;
use super::error::FaultError;
use super::rule::FaultRule;

/// Maximum length of names, codes and secret ids in a rule, in bytes.
const MAX_NAME: usize = 128;

/// Maximum length of the message of an error, in bytes.
const MAX_MESSAGE: usize = 4096;

/// Maximum delay: an hour.
const MAX_DELAY_MS: u64 = 3_600_000;

/// Maximum number of types or zones that one rule makes sold out.
const MAX_PATTERNS: usize = 100;

type Result = std::result::Result<(), FaultError>;

/// Checks a rule for a cloud with this catalog.
pub(super) fn check(rule: &FaultRule, catalog: Catalog) -> Result {
    for (field, text) in [
        ("name", &rule.name),
        ("service", &rule.service),
        ("action", &rule.action),
        ("region", &rule.region),
        ("credential", &rule.credential),
    ] {
        text.as_deref().map_or(Ok(()), |text| check_length(field, text, MAX_NAME))?;
    }
    check_service_and_action(rule)?;
    if let Some(name) = &rule.region
        && catalog.region_names().all(|known| known != name)
    {
        return Err(unknown("region", name, catalog.region_names()));
    }
    for (field, number) in [("nth", rule.nth), ("every", rule.every), ("count", rule.count)] {
        if number == Some(0) {
            return Err(FaultError::field(field, "is 0; give a number from 1"));
        }
    }
    if let Some(probability) = rule.probability
        && !(probability > 0.0 && probability <= 1.0)
    {
        let problem = format!("is {probability}; give a number above 0 and at most 1");
        return Err(FaultError::field("probability", problem));
    }
    check_effect(rule, catalog)
}

fn check_length(field: &str, text: &str, max: usize) -> Result {
    if text.is_empty() {
        return Err(FaultError::field(field, "is empty; leave it out or give a value"));
    }
    if text.len() > max {
        let problem = format!("has {} bytes; the maximum is {max}", text.len());
        return Err(FaultError::field(field, problem));
    }
    Ok(())
}

fn unknown(field: &str, name: &str, known: impl Iterator<Item = &'static str>) -> FaultError {
    let fix = did_you_mean(&similar_names(name, known));
    let fix = fix.map_or_else(String::new, |fix| format!("; {fix}"));
    FaultError::field(field, format_args!("is \"{name}\", which the emulator does not have{fix}"))
}

/// The actions that a rule can concern.
fn actions(rule: &FaultRule) -> impl Iterator<Item = &'static ActionInfo> {
    let is_served = |service: &&str| rule.service.as_deref().is_none_or(|name| name == *service);
    let services = services().into_iter().filter(move |it| is_served(&it.info.name));
    let actions = services.flat_map(|service| service.actions.iter().copied());
    actions.filter(|info| rule.action.as_deref().is_none_or(|name| name == info.name))
}

fn check_service_and_action(rule: &FaultRule) -> Result {
    let names = || services().into_iter().map(|service| service.info.name);
    if let Some(name) = &rule.service
        && names().all(|known| known != name)
    {
        return Err(unknown("service", name, names()));
    }
    if let Some(name) = &rule.action
        && actions(rule).next().is_none()
    {
        let of_service = FaultRule { action: None, ..rule.clone() };
        let names: Vec<_> = actions(&of_service).map(|info| info.name).collect();
        return Err(unknown("action", name, names.into_iter()));
    }
    Ok(())
}

fn check_effect(rule: &FaultRule, catalog: Catalog) -> Result {
    let effect = &rule.effect;
    if let Some(fault) = effect.cloud_fault()
        && !actions(rule).any(|info| fault.concerns(info))
    {
        let problem =
            format!("is {}, which concerns none of the actions of the rule", effect.name());
        return Err(FaultError::field("effect", problem));
    }
    match effect {
        FaultEffect::Delay { ms, up_to_ms } | FaultEffect::DelayResponse { ms, up_to_ms } => {
            if up_to_ms.is_some_and(|max| max < *ms) {
                return Err(FaultError::field("up_to_ms", format_args!("is less than `ms`, {ms}")));
            }
            let longest = up_to_ms.unwrap_or(*ms);
            if longest > MAX_DELAY_MS {
                let problem = format!("asks for {longest} ms; the maximum is {MAX_DELAY_MS}");
                return Err(FaultError::field("effect", problem));
            }
            Ok(())
        }
        FaultEffect::Error { code, message, .. } => {
            check_length("code", code, MAX_NAME)?;
            message.as_deref().map_or(Ok(()), |text| check_length("message", text, MAX_MESSAGE))
        }
        FaultEffect::HttpStatus { status, .. } | FaultEffect::HtmlPage { status, .. } => {
            // A page can come with a success, too: that of a captive portal.
            let is_page = matches!(effect, FaultEffect::HtmlPage { .. });
            if (500..=599).contains(status) || is_page && *status == 200 {
                return Ok(());
            }
            let also = if is_page { ", or 200" } else { "" };
            let problem = format!("is {status}; give a status from 500 to 599{also}");
            Err(FaultError::field("status", problem))
        }
        FaultEffect::SoldOut { types, zones } => {
            if types.len().max(zones.len()) > MAX_PATTERNS {
                let problem = format!("has more than {MAX_PATTERNS} types or zones");
                return Err(FaultError::field("sold_out", problem));
            }
            let checked = catalog.with_sold_out(types, zones);
            checked
                .map(drop)
                .map_err(|error| FaultError::field("sold_out", format_args!("is invalid: {error}")))
        }
        FaultEffect::Throttle { per_second: Some(0) } => {
            Err(FaultError::field("per_second", "is 0; give a number from 1"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let rules = FaultRule::list_from_json(&format!("[{text}]")).unwrap();
        check(&rules[0], Catalog::builtin()).err().map_or_else(String::new, |it| it.to_string())
    }

    #[test]
    fn invalid_value_is_refused_with_its_field() {
        for (text, expected) in [
            (r#"{ "service": "cvn", "effect": "lose_response" }"#, "`service` is \"cvn\""),
            (
                r#"{ "action": "RunInstance", "effect": "lose_response" }"#,
                "did you mean `RunInstances`",
            ),
            (
                r#"{ "service": "vpc", "action": "RunInstances", "effect": "lose_response" }"#,
                "`action` is \"RunInstances\"",
            ),
            (
                r#"{ "region": "ap-gangzhou", "effect": "lose_response" }"#,
                "did you mean `ap-guangzhou`",
            ),
            (r#"{ "name": "", "effect": "lose_response" }"#, "`name` is empty"),
            (r#"{ "nth": 0, "effect": "lose_response" }"#, "`nth` is 0"),
            (r#"{ "every": 0, "effect": "lose_response" }"#, "`every` is 0"),
            (r#"{ "count": 0, "effect": "lose_response" }"#, "`count` is 0"),
            (r#"{ "probability": 0, "effect": "lose_response" }"#, "`probability` is 0"),
            (r#"{ "probability": 1.5, "effect": "lose_response" }"#, "`probability` is 1.5"),
            (r#"{ "effect": { "delay": { "ms": 2, "up_to_ms": 1 } } }"#, "`up_to_ms` is less than"),
            (r#"{ "effect": { "delay": { "ms": 3600001 } } }"#, "the maximum is 3600000"),
            (r#"{ "effect": { "http_status": { "status": 404 } } }"#, "`status` is 404"),
            (r#"{ "effect": { "error": { "code": "" } } }"#, "`code` is empty"),
            (r#"{ "effect": { "throttle": { "per_second": 0 } } }"#, "`per_second` is 0"),
            (r#"{ "effect": { "sold_out": { "types": ["S5.SMAL1"] } } }"#, "did you mean"),
            (r#"{ "effect": { "sold_out": { "types": ["a\"b"] } } }"#, "quotation mark"),
            (r#"{ "effect": { "sold_out": { "types": [] } } }"#, "types"),
            (
                r#"{ "action": "StopInstances", "effect": "launch_failed" }"#,
                "`effect` is launch_failed, which concerns none",
            ),
            (r#"{ "action": "DescribeZones", "effect": "quota_reached" }"#, "concerns none"),
            (r#"{ "action": "RunInstances", "effect": "stale_read" }"#, "concerns none"),
        ] {
            let error = error(text);
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn valid_rules_are_accepted() {
        for text in [
            r#"{ "effect": "lose_response" }"#,
            r#"{ "service": "cvm", "action": "RunInstances", "region": "ap-guangzhou", "effect": "launch_failed" }"#,
            r#"{ "probability": 1, "effect": { "html_page": { "status": 200 } } }"#,
            r#"{ "effect": { "sold_out": { "types": ["S5.*"], "zones": ["ap-guangzhou-3"] } } }"#,
            r#"{ "action": "CreateKeyPair", "effect": "quota_reached" }"#,
            r#"{ "effect": { "throttle": {} } }"#,
        ] {
            assert_eq!(error(text), "", "{text}");
        }
    }
}
