//! One rule of a security group: checks what a request says and writes it in one form, so that rules can be compared.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use vpc_models::enums::{PolicyAction, SecurityGroupProtocol};
use vpc_models::types::{
    AddressTemplateSpecification, SecurityGroupPolicy, ServiceTemplateSpecification,
};

use super::security_groups::NOT_FOUND;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::state::{RequestContext, SecurityGroup};

/// All ports.
pub(super) const ALL_PORTS: &str = "ALL";

/// Stands for the address that a request comes from.
const MY_PUBLIC_IP: &str = "MY_PUBLIC_IP";

/// The public addresses of every caller, from the ranges of the documentation (RFC 5737, RFC 3849).
const CALLER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);
const CALLER_IPV6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 1);

/// The description of a rule with [`MY_PUBLIC_IP`] that has none.
const REPLACED: &str = "Replaced-From-MY_PUBLIC_IP";

/// A code for members of which only one is allowed.
pub(super) const COEXIST: &str = "InvalidParameter.Coexist";

/// A code for a member that is missing in a rule.
pub(super) const EMPTY: &str = "InvalidParameterValue.Empty";

const MALFORMED: &str = "InvalidParameterValue.Malformed";

/// Reads a rule for a group. `path` is its position in the request.
pub(super) fn read(
    context: &RequestContext<'_>,
    group: &SecurityGroup,
    path: &str,
    requested: &SecurityGroupPolicy,
) -> Result<SecurityGroupPolicy, ApiError> {
    let codes = context.codes;
    let mut rule = SecurityGroupPolicy {
        action: Some(action(codes, path, requested)?),
        policy_description: Some(requested.policy_description.clone().unwrap_or_default()),
        ..SecurityGroupPolicy::default()
    };
    read_service(codes, path, requested, &mut rule)?;
    read_peer(codes, path, requested, &mut rule)?;
    let peer = rule.security_group_id.as_deref().filter(|id| !id.is_empty() && *group.id != **id);
    if let Some(id) = peer {
        let (own, other) = (group.project_id, context.security_group(id, NOT_FOUND)?.project_id);
        if own != other {
            let message = format!(
                "`{path}.SecurityGroupId` is `{id}` of the project {other}, but the rule is for a \
                 group of the project {own}."
            );
            return Err(codes.error(["InvalidParameterValue"], message));
        }
    }
    Ok(rule)
}

/// Whether two rules do the same. Their descriptions can differ.
pub(super) fn is_same(one: &SecurityGroupPolicy, other: &SecurityGroupPolicy) -> bool {
    let content = |rule: &SecurityGroupPolicy| SecurityGroupPolicy {
        policy_index: None,
        policy_description: None,
        modify_time: None,
        priority: None,
        ..rule.clone()
    };
    content(one) == content(other)
}

/// The action. Samples have it in lower and mixed case.
fn action(
    codes: DocumentedCodes,
    path: &str,
    requested: &SecurityGroupPolicy,
) -> Result<PolicyAction, ApiError> {
    let text = requested.action.as_ref().map_or("", PolicyAction::as_str);
    match PolicyAction::from(text.to_ascii_uppercase()) {
        PolicyAction::Unknown(text) if text.is_empty() => {
            let message = format!("`{path}.Action` is missing; give `ACCEPT` or `DROP`.");
            Err(codes.error([EMPTY], message))
        }
        PolicyAction::Unknown(_) => {
            let message = format!("`{path}.Action` is `{text}`, but must be `ACCEPT` or `DROP`.");
            Err(codes.error(["InvalidParameterValue"], message))
        }
        action => Ok(action),
    }
}

/// Reads protocol and ports, or a template of them. Without both, a rule is for all protocols.
fn read_service(
    codes: DocumentedCodes,
    path: &str,
    requested: &SecurityGroupPolicy,
    rule: &mut SecurityGroupPolicy,
) -> Result<(), ApiError> {
    if let Some(template) = &requested.service_template {
        let ids = [template.service_id.as_ref(), template.service_group_id.as_ref()];
        if let Some([service_id, group_id]) =
            template_ids(codes, &format!("{path}.ServiceTemplate"), ids)?
        {
            rule.service_template = Some(ServiceTemplateSpecification {
                service_id: Some(service_id),
                service_group_id: Some(group_id),
                ..Default::default()
            });
            return Ok(());
        }
    }
    let text = requested.protocol.as_ref().map_or("", SecurityGroupProtocol::as_str);
    let protocol = match SecurityGroupProtocol::from(text.to_ascii_uppercase()) {
        SecurityGroupProtocol::Unknown(text) if text.is_empty() => SecurityGroupProtocol::All,
        SecurityGroupProtocol::Unknown(_) => {
            let known = SecurityGroupProtocol::VALUES.join(", ");
            let message = format!("`{path}.Protocol` is `{text}`, but must be one of {known}.");
            return Err(codes.error(["InvalidParameterValue"], message));
        }
        protocol => protocol,
    };
    let port = requested.port.as_deref().unwrap_or(ALL_PORTS);
    let has_ports = matches!(protocol, SecurityGroupProtocol::Tcp | SecurityGroupProtocol::Udp);
    let port = if port.eq_ignore_ascii_case(ALL_PORTS) {
        ALL_PORTS
    } else if has_ports {
        check_ports(codes, path, port)?;
        port
    } else {
        let message = format!(
            "`{path}.Port` is `{port}`, but a rule for {protocol} has no ports; leave it out, or \
             use TCP or UDP."
        );
        return Err(codes.error(["InvalidParameterValue"], message));
    };
    rule.protocol = Some(protocol);
    rule.port = Some(port.to_owned());
    Ok(())
}

/// Checks single ports, separated by commas, or a range.
fn check_ports(codes: DocumentedCodes, path: &str, text: &str) -> Result<(), ApiError> {
    let parts: Vec<&str> =
        text.split_once('-').map_or_else(|| text.split(',').collect(), |(a, b)| vec![a, b]);
    let is_number =
        |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !parts.iter().all(is_number) {
        let message = format!(
            "`{path}.Port` is malformed: `{text}`; give ports such as `80` or `80,443`, a range \
             such as `8000-8010`, or `ALL`."
        );
        return Err(codes.error([MALFORMED], message));
    }
    let ports: Vec<u16> = parts.iter().filter_map(|part| part.parse().ok()).collect();
    let is_range = text.contains('-');
    if ports.len() < parts.len() || ports.contains(&0) || is_range && !ports.is_sorted() {
        let message =
            format!("`{path}.Port` is `{text}`, but ports are from 1 to 65535, in rising ranges.");
        return Err(codes.error(["InvalidParameterValue.Range"], message));
    }
    Ok(())
}

/// Reads the other side: a range of addresses, a group or a template. As in responses, a text that does not apply is
/// empty.
fn read_peer(
    codes: DocumentedCodes,
    path: &str,
    requested: &SecurityGroupPolicy,
    rule: &mut SecurityGroupPolicy,
) -> Result<(), ApiError> {
    if let Some(template) = &requested.address_template {
        let ids = [template.address_id.as_ref(), template.address_group_id.as_ref()];
        if let Some([address_id, group_id]) =
            template_ids(codes, &format!("{path}.AddressTemplate"), ids)?
        {
            rule.address_template = Some(AddressTemplateSpecification {
                address_id: Some(address_id),
                address_group_id: Some(group_id),
                ..Default::default()
            });
        }
    }
    let mut range = String::new();
    let mut ipv6_range = String::new();
    if let Some(text) = requested.cidr_block.as_deref() {
        range = if text == MY_PUBLIC_IP {
            CALLER.to_string()
        } else {
            check_range::<Ipv4Addr>(codes, &format!("{path}.CidrBlock"), text, 32)?;
            // Documented: every range that begins at 0.0.0.0 means all addresses.
            if text.starts_with("0.0.0.0/") { "0.0.0.0/0".to_owned() } else { text.to_owned() }
        };
    }
    if let Some(text) = requested.ipv6_cidr_block.as_deref() {
        if rule.protocol == Some(SecurityGroupProtocol::Icmp) {
            let message =
                format!("`{path}.Protocol` is ICMP, which is not for IPv6; use ICMPV6 instead.");
            return Err(codes.error([COEXIST], message));
        }
        ipv6_range = if text == MY_PUBLIC_IP {
            CALLER_IPV6.to_string()
        } else {
            check_range::<Ipv6Addr>(codes, &format!("{path}.Ipv6CidrBlock"), text, 128)?;
            text.to_owned()
        };
    }
    let uses_caller = [&requested.cidr_block, &requested.ipv6_cidr_block]
        .iter()
        .any(|text| text.as_deref() == Some(MY_PUBLIC_IP));
    if uses_caller && rule.policy_description.as_deref().is_none_or(str::is_empty) {
        rule.policy_description = Some(REPLACED.to_owned());
    }
    let group = requested.security_group_id.as_deref().unwrap_or_default();
    if range.is_empty()
        && ipv6_range.is_empty()
        && group.is_empty()
        && rule.address_template.is_none()
    {
        let message = format!(
            "`{path}` names no other side; give `CidrBlock`, `Ipv6CidrBlock`, `SecurityGroupId` or \
             `AddressTemplate`."
        );
        return Err(codes.error([EMPTY], message));
    }
    rule.cidr_block = Some(range);
    rule.ipv6_cidr_block = Some(ipv6_range);
    rule.security_group_id = Some(group.to_owned());
    Ok(())
}

/// Checks an address, or a range with the length of its prefix.
fn check_range<A: FromStr>(
    codes: DocumentedCodes,
    path: &str,
    text: &str,
    max_length: u8,
) -> Result<(), ApiError> {
    let (address, length) = text.split_once('/').unwrap_or((text, "0"));
    let is_length = length.parse::<u8>().is_ok_and(|length| length <= max_length);
    if address.parse::<A>().is_ok() && is_length {
        return Ok(());
    }
    let message = format!("`{path}` is malformed: `{text}` is not an address or a range of them.");
    Err(codes.error([MALFORMED], message))
}

/// The ids of a template and of a group of templates, of which one is empty; `None` if both are. Templates belong to
/// actions that are not served, so every well-formed id exists.
fn template_ids(
    codes: DocumentedCodes,
    path: &str,
    ids: [Option<&String>; 2],
) -> Result<Option<[String; 2]>, ApiError> {
    let ids = ids.map(|id| id.cloned().unwrap_or_default());
    match ids.iter().filter(|id| !id.is_empty()).count() {
        0 => Ok(None),
        1 => Ok(Some(ids)),
        _ => {
            let message = format!("`{path}` names both a template and a group of templates.");
            Err(codes.error([COEXIST], message))
        }
    }
}

#[cfg(test)]
mod tests {
    use cvm_protocol::Action;
    use vpc_models::actions::CreateSecurityGroupPolicies;

    use super::*;

    const CODES: DocumentedCodes = DocumentedCodes(CreateSecurityGroupPolicies::INFO);

    #[test]
    fn ports_are_single_ones_or_a_range() {
        let code = |text| check_ports(CODES, "Ingress.0", text).err().map(|error| error.code);
        for text in ["1", "65535", "80,443", "8000-8010", "22-22"] {
            assert_eq!(code(text), None, "{text}");
        }
        for text in ["", "http", "80,", "-80", "80-", "1-2-3", "80-90,100", "+80", " 80"] {
            assert_eq!(code(text), Some(MALFORMED), "{text}");
        }
        for text in ["0", "65536", "90-80", "80,70000", "99999999999"] {
            assert_eq!(code(text), Some("InvalidParameterValue.Range"), "{text}");
        }
    }

    #[test]
    fn ranges_have_an_address_and_the_length_of_a_prefix() {
        let is_ipv4 = |text| check_range::<Ipv4Addr>(CODES, "x", text, 32).is_ok();
        let is_ipv6 = |text| check_range::<Ipv6Addr>(CODES, "x", text, 128).is_ok();
        for text in ["10.0.0.1", "10.0.0.0/8", "10.0.0.1/32"] {
            assert!(is_ipv4(text) && !is_ipv6(text), "{text}");
        }
        for text in ["::/0", "fd00::1", "fd00::/128"] {
            assert!(is_ipv6(text) && !is_ipv4(text), "{text}");
        }
        for text in ["10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "fd00::/129", "/8"] {
            assert!(!is_ipv4(text) && !is_ipv6(text), "{text}");
        }
    }
}
