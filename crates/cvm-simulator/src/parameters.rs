//! The parameters of one action: decodes them and checks them against the model info.

use std::collections::HashSet;
use std::hash::Hash;
use std::num::IntErrorKind;

use cvm_protocol::{
    Action, ActionInfo, DriftKind, FieldInfo, Model, PageInfo, Record, Report, Slot, Value,
    Violation, ViolationKind, json, member_named, query_form, validate,
};

use crate::api_error::{ApiError, DocumentedCodes};
use crate::{Timestamp, error_codes, limits};

/// Layouts with a known minimum length: the documentation calls `ins-1122` malformed for its length. A longer id is
/// valid: the introduction of the API shows `ins--dcs9x3gz`. For all other identifiers only the prefix is known.
const SIZED_LAYOUTS: &[&str] = &["ins-xxxxxxxx"];

/// The parameters of an action, as text.
#[derive(Clone, Debug)]
pub enum Parameters<'a> {
    /// A JSON object.
    Json(&'a [u8]),
    /// Decoded pairs of a query or form.
    Pairs(Vec<(&'a str, &'a str)>),
}

/// Checks the parameters of any action, supported or not.
pub(crate) fn check(
    info: &'static ActionInfo,
    parameters: &Parameters<'_>,
) -> Result<(), ApiError> {
    let mut record = Record::new(info.request);
    let report = decode(&mut record, parameters)?;
    if let Some(path) = report.unknown_members().next() {
        let message = format!("The parameter `{path}` is not recognized by {}.", info.name);
        return Err(ApiError::new("UnknownParameter", message));
    }
    // A number as text is documented to be valid; text as a number is not.
    let wrong = |kind| matches!(kind, DriftKind::TextExpected | DriftKind::NullItem);
    if let Some(drift) = report.drifts.iter().find(|drift| wrong(drift.kind)) {
        return Err(ApiError::new("InvalidParameter", format!("The parameter {drift}.")));
    }
    // Before anything else reads the lists, because a hostile list can be long.
    if let Some(violation) = limits::first_violation(&record) {
        return Err(error_codes::error(DocumentedCodes(info), &violation));
    }
    remove_absent(&mut record);
    let mut violations = validate(&record);
    paging(info, &record, &mut violations);
    client_token(info, &record, &mut violations);
    inexact_ids(&record, "", &mut violations);
    let missing = |violation: &&Violation| {
        use ViolationKind::{AtLeastOneOf, Missing, MissingIf, NoneOf};
        matches!(violation.fault, Missing | MissingIf(_) | AtLeastOneOf(_) | NoneOf(_))
    };
    match violations.iter().find(missing).or(violations.first()) {
        Some(violation) => Err(error_codes::error(DocumentedCodes(info), violation)),
        None => Ok(()),
    }
}

/// The request, after [`check`].
pub(crate) fn typed<A: Action>(parameters: &Parameters<'_>) -> Result<A, ApiError> {
    let mut request = A::default();
    decode(&mut request, parameters)?;
    remove_absent(&mut request);
    Ok(request)
}

/// Removes the members that count as absent, so that neither a rule nor a handler nor a stored request sees them. Some
/// clients write each member of an object, set or not.
fn remove_absent(model: &mut dyn Model) {
    for (index, field) in model.table().members.iter().enumerate() {
        let is_absent = !field.required && counts_as_absent(field, model.member(index));
        match model.member_mut(index) {
            Slot::Optional(member) if is_absent => member.clear(),
            slot => remove_absent_within(slot),
        }
    }
}

fn remove_absent_within(slot: Slot<'_>) {
    match slot {
        Slot::Object(model) => remove_absent(model),
        Slot::List(list) => {
            for index in 0..list.len() {
                remove_absent_within(list.at_mut(index));
            }
        }
        Slot::Optional(member) => {
            if let Some(slot) = member.as_mut() {
                remove_absent_within(slot);
            }
        }
        _ => {}
    }
}

/// Whether a value counts as absent: an empty text, unless the specification lists it as a value, and a 0 that stands for
/// the default, because the specification lists it beside another default and lists no other value.
fn counts_as_absent(field: &FieldInfo, value: Value<'_>) -> bool {
    match value {
        Value::Str(text) | Value::Secret(text) => text.is_empty() && !field.special.contains(&""),
        Value::I64(0) | Value::U64(0) => {
            field.special == ["0"] && field.default.is_some_and(|default| default != "0")
        }
        _ => false,
    }
}

fn decode(model: &mut dyn Model, parameters: &Parameters<'_>) -> Result<Report, ApiError> {
    let wrong = |error: &dyn std::fmt::Display| {
        ApiError::new("InvalidParameter", format!("The request cannot be read: {error}."))
    };
    match parameters {
        Parameters::Json(body) => json::from_slice(model, body).map_err(|error| wrong(&error)),
        Parameters::Pairs(pairs) => {
            query_form::decode(model, pairs.iter().copied()).map_err(|error| wrong(&error))
        }
    }
}

/// Adds violations of the limits of pages, which the model info states in another place than the members.
fn paging(info: &ActionInfo, record: &Record, violations: &mut Vec<Violation>) {
    let Some(PageInfo { style, min_limit, max_limit, .. }) = info.paginate else { return };
    let Some((position, first)) = style.start() else { return };
    for (name, min, max) in [(position, first, u64::MAX), (style.limit(), min_limit, max_limit)] {
        let [min, max] = [min, max].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
        let value = member_named(record, name);
        let (shown, fault) = if let Some(number) = value.as_i64() {
            (number.to_string(), (number < min).then_some(ViolationKind::TooSmall(min)))
        } else if let Some(text) = value.as_str().filter(|text| !text.is_empty()) {
            (text.to_owned(), bad_number(text, min, max))
        } else {
            continue;
        };
        if let Some((field, fault)) = info.request.field(name).zip(fault) {
            let (path, value) = (name.to_owned(), Some(shown));
            violations.push(Violation { path, field, fault, value });
        }
    }
}

/// Adds a violation of a client token, whose characters the model info does not state.
fn client_token(info: &ActionInfo, record: &Record, violations: &mut Vec<Violation>) {
    let Some(field) = info.request.field("ClientToken") else { return };
    let token = member_named(record, field.wire);
    if let Some(text) = token.as_str().filter(|text| !text.is_ascii()) {
        let (path, value) = (field.wire.to_owned(), Some(text.to_owned()));
        let fault = ViolationKind::BadPattern("[ -~]*");
        violations.push(Violation { path, field, fault, value });
    }
}

/// How a number that the API has as text breaks its limits. The model info of its member has no limits of numbers.
fn bad_number(text: &str, min: i64, max: i64) -> Option<ViolationKind> {
    match text.parse::<i64>() {
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => {
            Some(ViolationKind::TooLarge(max))
        }
        Err(_) => Some(ViolationKind::BadPattern("[0-9]+")),
        Ok(number) if number < min => Some(ViolationKind::TooSmall(min)),
        Ok(number) if number > max => Some(ViolationKind::TooLarge(max)),
        Ok(_) => None,
    }
}

/// Adds identifiers whose prefix is right and whose length is wrong.
fn inexact_ids(model: &dyn Model, path: &str, violations: &mut Vec<Violation>) {
    for (index, field) in model.table().members.iter().enumerate() {
        let path =
            if path.is_empty() { field.wire.to_owned() } else { format!("{path}.{}", field.wire) };
        match model.member(index) {
            // A list that is too long is already rejected as a whole.
            Value::List(list) if field.max_items.is_none_or(|max| list.len() <= max as usize) => {
                for at in 0..list.len() {
                    inexact_id(field, &format!("{path}.{at}"), list.at(at), violations);
                }
            }
            value => inexact_id(field, &path, value, violations),
        }
    }
}

fn inexact_id(
    field: &'static FieldInfo,
    path: &str,
    value: Value<'_>,
    violations: &mut Vec<Violation>,
) {
    if let Value::Object(model) = value {
        return inexact_ids(model, path, violations);
    }
    let format = field.format.filter(|format| SIZED_LAYOUTS.contains(format));
    if let Some((format, id)) = format.zip(value.as_str())
        && !id.is_empty()
        && !field.special.contains(&id)
        && !has_layout(id, format)
    {
        let (path, value) = (path.to_owned(), Some(id.to_owned()));
        violations.push(Violation { path, field, fault: ViolationKind::BadFormat(format), value });
    }
}

/// Whether an identifier consists of the prefix of its layout and at least as many characters as the layout has x's.
pub(crate) fn has_layout(id: &str, format: &str) -> bool {
    let prefix = format.trim_end_matches('x');
    let rest = id.strip_prefix(prefix).unwrap_or_default();
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    rest.len() >= format.len() - prefix.len() && rest.bytes().all(fits)
}

/// Parses the time of a member.
pub(crate) fn read_time(
    codes: DocumentedCodes,
    member: &str,
    text: Option<&String>,
) -> Result<Option<Timestamp>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let time = Timestamp::parse(text).ok_or_else(|| {
        let message = format!("`{member}` is not a valid time: `{text}`.");
        codes.error(["InvalidParameterValue.InvalidTimeFormat", "InvalidParameterValue"], message)
    })?;
    Ok(Some(time))
}

/// The items without repetitions, in the order of their first occurrence.
pub(crate) fn distinct<T: Clone + Eq + Hash>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut known = HashSet::new();
    items.into_iter().filter(|item| known.insert(item.clone())).collect()
}

#[cfg(test)]
mod tests {
    use cvm_models::actions::{CreateKeyPair, CreateLaunchTemplate, ModifyInstancesAttribute};

    use super::*;

    #[test]
    fn empty_texts_of_optional_members_and_zeros_for_the_default_are_absent() {
        let read = |body: &str| {
            let parameters = Parameters::Json(body.as_bytes());
            check(CreateLaunchTemplate::INFO, &parameters).unwrap();
            typed::<CreateLaunchTemplate>(&parameters).unwrap()
        };
        let members = |extra: &str| {
            format!(
                r#"{{"LaunchTemplateName":"web","ImageId":"img-12345678",
                "Placement":{{"Zone":"ap-guangzhou-3"{extra}}}"#
            )
        };
        let with = |nested: &str, extra: &str| read(&format!("{}{extra}}}", members(nested)));
        let nothing =
            with("", r#","LoginSettings":{},"SystemDisk":{},"DataDisks":[{"DiskSize":10}]"#);
        let blank = with(
            r#","HostId":"""#,
            r#","InstanceCount":0,"InstanceName":"","InstanceChargeType":"",
            "LoginSettings":{"Password":"","KeepImageLogin":""},"SystemDisk":{"DiskSize":0,"DiskType":""},
            "DataDisks":[{"DiskSize":10,"DiskType":"","SnapshotId":""}]"#,
        );
        assert_eq!(blank, nothing);
        // Neither a required member nor a value that the specification lists.
        assert_eq!(with(r#","ProjectId":0"#, "").placement.project_id, Some(0));
        let role = r#"{"InstanceIds":["ins-12345678"],"CamRoleName":""}"#;
        let role = Parameters::Json(role.as_bytes());
        check(ModifyInstancesAttribute::INFO, &role).unwrap();
        let role = typed::<ModifyInstancesAttribute>(&role).unwrap();
        assert_eq!(role.cam_role_name.as_deref(), Some(""));
        let name = Parameters::Json(br#"{"KeyName":"","ProjectId":0}"#);
        assert_eq!(check(CreateKeyPair::INFO, &name).unwrap_err().code, "InvalidKeyPairNameEmpty");
    }

    #[test]
    fn pages_that_are_numbers_in_texts_have_limits() {
        let code = |page: &str| {
            let body = format!("{{{page}}}");
            let info = vpc_models::actions::DescribeVpcs::INFO;
            check(info, &Parameters::Json(body.as_bytes())).err().map(|error| error.code)
        };
        let (range, malformed) = ("InvalidParameterValue.Range", "InvalidParameterValue.Malformed");
        for (page, expected) in [
            ("\"Offset\":\"0\",\"Limit\":\"1\"", None),
            ("\"Limit\":\"100\"", None),
            ("\"Limit\":20", Some("InvalidParameter")),
            ("\"Limit\":\"\"", None),
            ("\"Limit\":\"101\"", Some(range)),
            ("\"Limit\":\"0\"", Some(range)),
            ("\"Offset\":\"-1\"", Some(range)),
            ("\"Offset\":\"1.5\"", Some(malformed)),
            ("\"Offset\":\"x\"", Some(malformed)),
        ] {
            assert_eq!(code(page), expected, "{page}");
        }
    }

    #[test]
    fn distinct_keeps_the_first_occurrence() {
        assert_eq!(distinct(["b", "a", "b", "c", "a"]), ["b", "a", "c"]);
    }
}
