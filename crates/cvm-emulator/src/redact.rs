//! Hides secrets in the parts of a request that error messages repeat, because such messages end up in logs.

use cvm_protocol::query_form::COMMON_PARAMETERS;
use cvm_protocol::{ActionInfo, Kind, percent};

/// The replacement of a hidden value.
const HIDDEN: &str = "***";

/// Hides the values of secrets and of names that the action does not have: a misspelled `Password` still holds a
/// password.
pub(crate) fn pairs<'a>(
    info: Option<&ActionInfo>,
    pairs: &'a [(String, String)],
) -> Vec<(&'a str, &'a str)> {
    let visible = |name: &str, value: &'a str| if is_hidden(info, name) { HIDDEN } else { value };
    pairs.iter().map(|(name, value)| (name.as_str(), visible(name, value))).collect()
}

/// Hides the same values in a query string and leaves the rest unchanged.
pub(crate) fn query(info: Option<&ActionInfo>, query: &str) -> String {
    let visible = |part: &str| {
        let name = part.split_once('=').map_or(part, |(name, _)| name);
        match percent::decode(name) {
            Some(decoded) if !is_hidden(info, &decoded) => part.to_owned(),
            _ => format!("{name}={HIDDEN}"),
        }
    };
    let parts: Vec<_> = query.split('&').filter(|part| !part.is_empty()).map(visible).collect();
    parts.join("&")
}

fn is_hidden(info: Option<&ActionInfo>, name: &str) -> bool {
    if COMMON_PARAMETERS.contains(&name) {
        return name == "Token";
    }
    info.is_none_or(|info| !is_known_and_public(info, name))
}

/// Whether a query-encoded name such as `DataDisks.0.DiskSize` is a known member that is not secret.
fn is_known_and_public(info: &ActionInfo, name: &str) -> bool {
    let mut kind = Kind::Object(info.request);
    for part in name.split('.') {
        kind = match kind {
            Kind::Object(model) => match model.field(part) {
                Some(field) if !field.secret => field.kind,
                _ => return false,
            },
            Kind::List(item) if part.bytes().all(|byte| byte.is_ascii_digit()) => *item,
            _ => return false,
        };
    }
    true
}

#[cfg(test)]
mod tests {
    use cvm_models::actions::RunInstances;
    use cvm_protocol::Action;

    use super::*;

    const INFO: Option<&ActionInfo> = Some(RunInstances::INFO);

    #[test]
    fn secrets_and_unknown_names_are_hidden() {
        for (name, hidden) in [
            ("Action", false),
            ("Token", true),
            ("InstanceName", false),
            ("DataDisks.0.DiskSize", false),
            ("Filters.0.Values.0", true),
            ("LoginSettings.Password", true),
            ("LoginSettings.KeyIds.0", false),
            ("LoginSettings.KeyIds.x", true),
            ("LoginSettings.password", true),
            ("UserData", true),
            ("InstanceName.0", true),
            ("", true),
        ] {
            assert_eq!(is_hidden(INFO, name), hidden, "{name}");
        }
        assert!(is_hidden(None, "InstanceName"), "an unknown action has no known names");
        assert!(!is_hidden(None, "Nonce"));
    }

    #[test]
    fn query_keeps_its_encoding() {
        let text = "InstanceName=a%20b+c&LoginSettings%2EPassword=x%79z&UserData=&Limit";
        let redacted = "InstanceName=a%20b+c&LoginSettings%2EPassword=***&UserData=***&Limit=***";
        assert_eq!(query(INFO, text), redacted);
    }
}
