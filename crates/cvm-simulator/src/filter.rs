//! Filters: *and* between filters, *or* between the values of one. An unknown filter is an error, because a response
//! that ignores it would contain other resources. A filter of the specification without a test is not supported: an empty
//! list would look as if nothing matched.

use std::borrow::Cow;
use std::collections::HashSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use cvm_models::types::Filter;
use cvm_protocol::FilterInfo;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::is_type_name;
use crate::error_codes;
use crate::launch::custom_size::custom_size;
use crate::parameters::has_layout;
use crate::timestamp::Timestamp;

/// The service's limit where the specification names none.
const MAX_VALUES: u32 = 5;

/// Codes for a filter that the action does not have, each of another service.
const UNKNOWN_FILTER: [&str; 4] = [
    "InvalidFilter",
    "InvalidParameter.FilterInvalidKey",
    "InvalidParameter.InvalidFilter",
    "InvalidParameterValue",
];

/// Whether an item matches a filter at a time.
pub(crate) type Test<T> = fn(&CheckedFilter<'_>, &T, Timestamp) -> bool;

/// The filters that a list supports, by their names in the specification, and their tests.
pub(crate) type Tests<T> = [(&'static str, Test<T>)];

/// The filters of a request with their tests.
pub(crate) struct Filters<'a, T: ?Sized> {
    tests: Vec<(CheckedFilter<'a>, Test<T>)>,
    now: Timestamp,
}

impl<'a, T: ?Sized> Filters<'a, T> {
    /// Checks the filters of a request against those of its action, and finds their tests.
    pub(crate) fn of(
        (codes, now): (DocumentedCodes, Timestamp),
        filters: &'a [Filter],
        tests: &Tests<T>,
    ) -> Result<Self, ApiError> {
        let with_test = |filter: CheckedFilter<'a>| match tests
            .iter()
            .find(|(name, _)| *name == filter.known)
        {
            Some((_, test)) => Ok((filter, *test)),
            None => Err(not_supported(codes, filter.name)),
        };
        let tests = check(codes, filters)?.into_iter().map(with_test).collect::<Result<_, _>>()?;
        Ok(Self { tests, now })
    }

    /// No filters.
    pub(crate) const fn none(now: Timestamp) -> Self {
        Self { tests: Vec::new(), now }
    }

    /// Whether an item matches all filters.
    pub(crate) fn match_item(&self, item: &T) -> bool {
        self.tests.iter().all(|(filter, test)| test(filter, item, self.now))
    }

    /// The filters, in the order of the request.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &CheckedFilter<'a>> + Clone {
        self.tests.iter().map(|(filter, _)| filter)
    }
}

fn not_supported(codes: DocumentedCodes, name: &str) -> ApiError {
    ApiError::not_supported(&format!("the filter `{name}` of {}", codes.0.name))
}

/// A checked filter.
#[derive(Debug)]
pub(crate) struct CheckedFilter<'a> {
    /// The name in the request.
    pub(crate) name: &'a str,
    /// The name in the specification: `tag:tag-key` for each tag key.
    known: &'static str,
    values: Vec<Cow<'a, str>>,
}

impl CheckedFilter<'_> {
    /// Whether one of the values equals this text.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.values.iter().any(|value| value == text)
    }

    /// Whether one of the values equals one of these texts.
    pub(crate) fn is_any<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> bool {
        texts.into_iter().any(|text| self.is(text))
    }

    /// The values, in the order of the request.
    pub(crate) fn values(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|value| &**value)
    }

    /// Whether one of the values passes a test.
    pub(crate) fn any(&self, test: impl Fn(&str) -> bool) -> bool {
        self.values.iter().any(|value| test(value))
    }
}

/// The ids of a list request. Without any, it lists everything.
#[derive(Debug)]
pub(crate) struct IdFilter<'a>(HashSet<&'a str>);

impl<'a> IdFilter<'a> {
    pub(crate) fn new(ids: &'a [String]) -> Self {
        Self(ids.iter().map(String::as_str).collect())
    }

    pub(crate) fn includes(&self, id: &str) -> bool {
        self.0.is_empty() || self.0.contains(id)
    }
}

/// Filters of another service, by name and values, in the type of CVM.
pub(crate) fn of_service(filters: impl Iterator<Item = (String, Vec<String>)>) -> Vec<Filter> {
    filters.map(|(name, values)| Filter { name, values, ..Default::default() }).collect()
}

/// Checks the filters of a request against those of its action.
fn check(codes: DocumentedCodes, filters: &[Filter]) -> Result<Vec<CheckedFilter<'_>>, ApiError> {
    let requested: Vec<_> =
        filters.iter().map(|filter| check_one(codes, filter)).collect::<Result<_, _>>()?;
    let is_given = |name: &str| requested.iter().any(|filter| filter.name == name);
    let mut required = codes.0.filters.iter().filter(|known| known.required);
    match required.find(|known| !is_given(known.name)) {
        Some(known) => {
            let message = format!("The request is missing the filter `{}`.", known.name);
            Err(codes.error(["MissingParameter"], message))
        }
        None => Ok(requested),
    }
}

fn check_one(codes: DocumentedCodes, filter: &Filter) -> Result<CheckedFilter<'_>, ApiError> {
    let known = codes.0.filters.iter().find(|known| known.accepts(&filter.name));
    let known = known.ok_or_else(|| {
        let message = format!("The filter `{}` is not supported by {}.", filter.name, codes.0.name);
        codes.error(UNKNOWN_FILTER, message)
    })?;
    let limit = codes.0.filter_values_max.unwrap_or(MAX_VALUES);
    if filter.values.len() > limit as usize {
        let message = format!("The filter `{}` has more than {limit} values.", filter.name);
        let candidates =
            ["InvalidFilterValue.LimitExceeded", "InvalidParameterValue.LimitExceeded"];
        return Err(codes.error(candidates, message));
    }
    let values = filter.values.iter().map(|value| check_value(codes, known, value));
    let values = values.collect::<Result<_, _>>()?;
    Ok(CheckedFilter { name: &filter.name, known: known.name, values })
}

fn check_value<'a>(
    codes: DocumentedCodes,
    known: &FilterInfo,
    value: &'a str,
) -> Result<Cow<'a, str>, ApiError> {
    let error = |candidates: &[String]| {
        let message = format!("The value `{value}` is invalid for the filter `{}`.", known.name);
        codes.error(candidates, message)
    };
    if !known.values.is_empty() && !known.values.contains(&value) {
        return Err(error(&["InvalidParameterValue".to_owned()]));
    }
    if let Some(code) = malformed(known.name, value).filter(|code| codes.published(code).is_some())
    {
        return Err(error(&[code.to_owned()]));
    }
    match known.format {
        Some("<field>:asc|desc") if !is_order(value) => {
            Err(error(&["InvalidParameterValue".to_owned()]))
        }
        Some(format) if format.contains("YYYY") => {
            let time = Timestamp::parse(value).ok_or_else(|| {
                let codes = ["InvalidParameterValue.InvalidTimeFormat", "InvalidParameterValue"];
                error(&codes.map(str::to_owned))
            })?;
            // Times in one layout sort like text.
            Ok(Cow::Owned(time.to_string()))
        }
        Some(format) if !has_prefix(value, format) => Err(error(&error_codes::malformed(format))),
        _ => Ok(Cow::Borrowed(value)),
    }
}

/// As in request members: only the length of instance ids is known. A format without x's is not a layout of
/// identifiers.
fn has_prefix(value: &str, format: &str) -> bool {
    let prefix = format.trim_end_matches('x');
    prefix.len() == format.len()
        || value.starts_with(prefix) && (prefix != "ins-" || has_layout(value, format))
}

fn is_order(value: &str) -> bool {
    value
        .split_once(':')
        .is_some_and(|(field, way)| !field.is_empty() && matches!(way, "asc" | "desc"))
}

/// The code for a value that is impossible for its filter. The model info has no formats for these filters, but the
/// codes mention them.
fn malformed(name: &str, value: &str) -> Option<&'static str> {
    match name {
        "instance-name" if value.is_empty() => Some("InvalidParameterValue.InvalidVagueName"),
        "instance-type" if !is_type_name(value) && custom_size(value).is_none() => {
            Some("InvalidInstanceType.Malformed")
        }
        "ipv6-address" if value.parse::<Ipv6Addr>().is_err() => {
            Some("InvalidParameterValue.IPv6AddressMalformed")
        }
        "private-ip-address" | "public-ip-address" if value.parse::<Ipv4Addr>().is_err() => {
            Some("InvalidParameterValue.IPAddressMalformed")
        }
        "uuid" if !is_uuid(value) => Some("InvalidParameterValue.UuidMalformed"),
        _ => None,
    }
}

fn is_uuid(value: &str) -> bool {
    let is_hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    value.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && value.split('-').all(is_hex)
}

/// Whether a name matches a pattern: anywhere in the name, or as a whole with `*` for any characters.
pub(crate) fn fits(name: &str, pattern: &str) -> bool {
    if !pattern.contains('*') {
        return name.contains(pattern);
    }
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let last = parts.next_back().unwrap_or_default();
    let Some(rest) = name.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else {
        return false;
    };
    let mut rest = rest;
    parts.all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use cvm_models::actions::{
        DescribeImages, DescribeInstances, DescribeResourcePoolPackTypeConfigs,
        DescribeZoneInstanceConfigInfos,
    };
    use cvm_protocol::Action;

    use super::*;

    fn code<A: Action>(name: &str, values: &[&str]) -> Option<&'static str> {
        let filter = Filter {
            name: name.to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            ..Default::default()
        };
        check(DocumentedCodes(A::INFO), &[filter]).err().map(|error| error.code)
    }

    #[test]
    fn unknown_filters_are_rejected() {
        assert_eq!(code::<DescribeInstances>("zone", &["ap-guangzhou-2"]), None);
        assert_eq!(code::<DescribeInstances>("tag:team", &["a"]), None);
        for name in ["Zone", "zones", "", "tag:", "team:tag"] {
            assert_eq!(code::<DescribeInstances>(name, &["x"]), Some("InvalidFilter"), "{name}");
        }
    }

    #[test]
    fn filter_without_a_test_is_not_supported() {
        let tests: &Tests<str> = &[("vpc-id", |_, _, _| true), ("tag:tag-key", |_, _, _| true)];
        let found = |name: &str| {
            let (name, values) = (name.to_owned(), vec!["vpc-x".to_owned()]);
            let filters = [Filter { name, values, ..Default::default() }];
            let context = (DocumentedCodes(DescribeInstances::INFO), Timestamp::default());
            Filters::of(context, &filters, tests).err().map(|error| (error.code, error.message))
        };
        assert_eq!(found("vpc-id"), None);
        assert_eq!(found("tag:team"), None);
        let message = "The emulator does not support the filter `zone` of DescribeInstances.";
        assert_eq!(found("zone"), Some(("UnsupportedOperation", message.to_owned())));
    }

    #[test]
    fn number_of_filter_values_is_limited() {
        let values = ["a", "b", "c", "d", "e", "f"];
        assert_eq!(code::<DescribeInstances>("zone", &values[..5]), None);
        let expected = Some("InvalidFilterValue.LimitExceeded");
        assert_eq!(code::<DescribeInstances>("zone", &values), expected);
    }

    #[test]
    fn malformed_filter_values_are_rejected() {
        for (name, value, expected) in [
            ("instance-id", "ins-0123456", Some("InvalidInstanceId.Malformed")),
            ("instance-id", "ins-01234567", None),
            ("vpc-id", "subnet-1", Some("InvalidParameterValue.VpcIdMalformed")),
            ("subnet-id", "x", Some("InvalidParameterValue.SubnetIdMalformed")),
            ("security-group-id", "x", Some("InvalidSgId.Malformed")),
            ("host-id", "x", Some("InvalidHostId.Malformed")),
            ("uuid", "x", Some("InvalidParameterValue.UuidMalformed")),
            (
                "uuid",
                "0123456789abcdef-0123-0123-0123",
                Some("InvalidParameterValue.UuidMalformed"),
            ),
            ("uuid", "01234567-89ab-cdef-0123-456789abcdef", None),
            ("public-ip-address", "1.2.3", Some("InvalidParameterValue.IPAddressMalformed")),
            ("private-ip-address", "fd00::1", Some("InvalidParameterValue.IPAddressMalformed")),
            ("ipv6-address", "10.0.0.1", Some("InvalidParameterValue.IPv6AddressMalformed")),
            ("ipv6-address", "fd00::1", None),
            ("instance-name", "", Some("InvalidParameterValue.InvalidVagueName")),
            ("creation-start-time", "today", Some("InvalidParameterValue.InvalidTimeFormat")),
            ("creation-start-time", "2020-01-01 00:00:00", None),
            ("instance-charge-type", "FREE", Some("InvalidParameterValue")),
        ] {
            assert_eq!(code::<DescribeInstances>(name, &[value]), expected, "{name} {value}");
        }
        let expected = Some("InvalidParameterValue");
        assert_eq!(code::<DescribeImages>("image-type", &["PUBLIC"]), expected);
        for value in ["cpu", "cpu:", ":asc", "cpu:up", "cpu:asc:desc"] {
            let found = code::<DescribeZoneInstanceConfigInfos>("sort-keys", &[value]);
            assert_eq!(found, expected, "{value}");
        }
        let orders = ["cpu:asc", "mem:desc"];
        assert_eq!(code::<DescribeZoneInstanceConfigInfos>("sort-keys", &orders), None);
    }

    #[test]
    fn missing_required_filter_is_an_error() {
        type Configs = DescribeResourcePoolPackTypeConfigs;
        assert_eq!(code::<Configs>("zone", &["ap-guangzhou-2"]), None);
        assert_eq!(code::<Configs>("instance-family", &["S9"]), Some("MissingParameter"));
        assert_eq!(code::<Configs>("color", &["red"]), Some("InvalidFilter"));
        assert_eq!(
            check(DocumentedCodes(Configs::INFO), &[]).unwrap_err().code,
            "MissingParameter"
        );
    }

    #[test]
    fn time_filter_accepts_all_layouts() {
        let filter = Filter {
            name: "creation-end-time".into(),
            values: vec!["2020-01-01 08:00:00".into()],
            ..Default::default()
        };
        let requested =
            check(DocumentedCodes(DescribeInstances::INFO), std::slice::from_ref(&filter)).unwrap();
        assert!(requested[0].is("2020-01-01T08:00:00Z"));
    }

    #[test]
    fn name_filter_matches_substrings() {
        for (pattern, fits_it) in [
            ("web", true),
            ("eb-1", true),
            ("web-10", true),
            ("web-101", false),
            ("web*", true),
            ("*10", true),
            ("*b*1*", true),
            ("w*0*1", false),
            ("eb*", false),
            ("*", true),
            ("web-10*web-10", false),
        ] {
            assert_eq!(fits("web-10", pattern), fits_it, "{pattern}");
        }
    }
}
