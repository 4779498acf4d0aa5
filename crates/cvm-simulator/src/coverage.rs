//! Which actions are supported, and how the emulator behaves where the specification leaves it open.

use std::collections::BTreeSet;

use cvm_protocol::{ActionInfo, Kind, ModelInfo};

use crate::actions::{self, GROUPS};
use crate::decision::{Decision, assumed, documented};
use crate::services::services;
use crate::unsupported::{self, RefusedParameter};

/// One action of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionCoverage {
    /// Its service, such as `cvm`.
    pub service: &'static str,
    /// Its name.
    pub action: &'static str,
    /// Whether the emulator supports it. If not, the parameters are checked, and the error is `UnsupportedOperation`.
    pub supported: bool,
    /// The number of its parameters, those inside of objects and lists included.
    pub parameters: usize,
    /// The parameters, values of parameters, and filters that the emulator refuses although the specification has them.
    pub refused: &'static [RefusedParameter],
}

impl ActionCoverage {
    /// The number of parameters that are refused for some values or in some cases.
    #[must_use]
    pub fn parameters_with_exceptions(&self) -> usize {
        self.refused.iter().map(|row| row.path).collect::<BTreeSet<_>>().len()
    }
}

/// All actions of the specification: CVM first, then the other services, each by name.
#[must_use]
pub fn coverage() -> Vec<ActionCoverage> {
    let actions = services().into_iter().flat_map(|service| service.actions);
    let row = |info: &&'static ActionInfo| ActionCoverage {
        service: info.service.name,
        action: info.name,
        supported: actions::handler(info).is_some(),
        parameters: count_parameters(info.request, 0),
        refused: unsupported::refused(info),
    };
    actions.map(row).collect()
}

/// Types of requests are not nested deeper than this.
const MAX_DEPTH: usize = 16;

/// The number of members with a value of their own.
fn count_parameters(model: &ModelInfo, depth: usize) -> usize {
    let count = |kind: &Kind| match kind {
        Kind::Object(inner) if depth < MAX_DEPTH => count_parameters(inner, depth + 1),
        _ => 1,
    };
    model.members.iter().map(|field| count(field.kind.innermost())).sum()
}

/// Behavior that the tables of the specification do not define: first that of all actions, then group by group.
pub fn decisions() -> impl Iterator<Item = &'static Decision> {
    COMMON.iter().chain(GROUPS.iter().flat_map(|group| group.decisions))
}

#[rustfmt::skip]
const COMMON: &[Decision] = &[
    assumed("account", "the first account has the UIN 100000000001 and the AppId 1250000000, and each further one the next numbers; accounts share nothing, but one can assume a role of another"),
    assumed("parameters", "of several violations, the error names first an unreadable parameter, then an unknown one, then a list or text that is too long, then a missing one, then the first in the order of the model info"),
    assumed("limits", "a list without a documented limit has at most 100 items, `AccountIds` 1000; a resource has at most 50 tags"),
    assumed("limits", "a text without a documented limit has at most 256 characters; the URL of a file and an access policy have 4096, a public key and the token of an identity provider 16384"),
    assumed("parameters", "a number as text is valid in JSON, too; text as a number is InvalidParameter"),
    documented("identifiers", "`ins-` with fewer than eight characters is InvalidInstanceId.Malformed"),
    assumed("identifiers", "`ins-` with anything other than lower-case letters, digits and hyphens is InvalidInstanceId.Malformed; a longer id is valid"),
    assumed("identifiers", "for other identifiers, only the prefix is checked"),
    assumed("language", "messages and the names of regions and zones are in English, also with `X-TC-Language: zh-CN`"),
    assumed("codes", "a broken limit returns the most specific code that the action documents for the member or the violation"),
    assumed("codes", "a required text that is present and empty is `Invalid…Empty` or NotEmpty where documented, otherwise MissingParameter"),
    assumed("codes", "an id without a Malformed code of its own is InvalidParameterValue.IncorrectFormat where documented"),
    documented("filters", "*and* between filters, *or* between values; unknown filters are InvalidFilter, of VPC InvalidParameter.FilterInvalidKey"),
    assumed("filters", "instance-name matches anywhere in the name, or as a whole with `*`"),
    assumed("filters", "impossible values of the uuid, address and type filters, and an empty instance-name, return their specific code where documented"),
    assumed("filters", "times without a zone are UTC, and bounds are inclusive"),
    assumed("listing", "the newest first; Describe actions leave out unknown ids"),
    assumed("listing", "Limit 0 is rejected"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn supported_actions_are_specified_and_listed_once() {
        let covered = coverage();
        for handler in actions::handlers() {
            let (service, action) = (handler.info.service.name, handler.info.name);
            let mut rows = covered.iter().filter(|row| row.supported);
            let is_listed = rows.any(|row| row.service == service && row.action == action);
            assert!(is_listed, "{service}:{action}");
        }
        let specified: usize = services().iter().map(|service| service.actions.len()).sum();
        assert_eq!(covered.len(), specified);
        let supported = actions::handlers().count();
        assert_eq!(covered.iter().filter(|row| row.supported).count(), supported);
    }

    #[test]
    fn parameters_inside_of_objects_and_lists_are_counted() {
        let count = |name| {
            let covered = coverage();
            covered.iter().find(|row| row.action == name).map(|row| row.parameters)
        };
        // InstanceIds, StopType, ForceStop and StoppedMode.
        assert_eq!(count("StopInstances"), Some(4));
        // ImageIds, Filters.Name, Filters.Values, Offset, Limit and InstanceType.
        assert_eq!(count("DescribeImages"), Some(6));
    }

    #[test]
    fn rows_about_instance_ids_state_what_is_checked() {
        for (id, is_malformed) in [
            ("ins-12345678", false),
            ("ins-123456789", false),
            ("ins--dcs9x3gz", false),
            ("ins-1234567", true),
            ("ins-", true),
            ("ins-ABCDEFGH", true),
            ("ins-1234567_", true),
            ("i-12345678", true),
        ] {
            let body = format!("{{\"InstanceIds\":[\"{id}\"]}}");
            let info = cvm_models::action("StopInstances").unwrap();
            let checked = crate::parameters::check(info, &crate::Parameters::Json(body.as_bytes()));
            let code = checked.err().map(|error| error.code);
            let expected = is_malformed.then_some("InvalidInstanceId.Malformed");
            assert_eq!(code, expected, "{id}");
        }
    }
}
