//! The rules of a security group: CreateSecurityGroupPolicies, DescribeSecurityGroupPolicies, ModifySecurityGroupPolicies
//! and DeleteSecurityGroupPolicies.

use vpc_models::actions::{
    CreateSecurityGroupPolicies, CreateSecurityGroupPoliciesResponse, DeleteSecurityGroupPolicies,
    DeleteSecurityGroupPoliciesResponse, DescribeSecurityGroupPolicies,
    DescribeSecurityGroupPoliciesResponse, ModifySecurityGroupPolicies,
    ModifySecurityGroupPoliciesResponse,
};
use vpc_models::enums::PolicyAction;
use vpc_models::types::{PolicyStatistics, SecurityGroupPolicy, SecurityGroupPolicySet};

use super::policy::{self, ALL_PORTS, COEXIST, EMPTY};
use super::security_groups::NOT_FOUND;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::filter::{self, Filters, Test};
use crate::handler::{ActionHandler, Outcome};
use crate::parameters::distinct;
use crate::state::{Direction, RequestContext, SecurityGroup};

/// Maximum number of rules of a group in one direction.
const MAX_RULES: usize = 100;

const OUT_OF_RANGE: &str = "InvalidParameterValue.Range";

/// Inserts rules at one position, or appends them.
impl ActionHandler for CreateSecurityGroupPolicies {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let id = &self.security_group_id;
        let group = context.security_group(id, NOT_FOUND)?;
        let (direction, requested) = one_direction(codes, &self.security_group_policy_set)?;
        check_version(codes, group, &self.security_group_policy_set)?;
        let mut rules = group.rules(direction).to_vec();
        if rules.len().saturating_add(requested.len()) > MAX_RULES {
            let message = format!(
                "The security group `{id}` has {} rules for `{}`, and a group can have at most \
                 {MAX_RULES}.",
                rules.len(),
                member(direction)
            );
            return Err(codes.error(["LimitExceeded.SecurityGroupPolicySet"], message));
        }
        let position = common_position(codes, requested, rules.len())?;
        for (number, requested) in requested.iter().enumerate() {
            let path = path(direction, number);
            let mut rule = policy::read(context, group, &path, requested)?;
            if rules.iter().any(|known| policy::is_same(known, &rule)) {
                let message = format!("The security group `{id}` has the same rule as `{path}`.");
                return Err(codes.error(["UnsupportedOperation.DuplicatePolicy"], message));
            }
            rule.modify_time = Some(now.with_space());
            // The rules of one request keep their order.
            rules.insert(position.saturating_add(number).min(rules.len()), rule);
        }
        replace_rules(context, id, direction, rules);
        Ok(Outcome::Response(CreateSecurityGroupPoliciesResponse::default()))
    }
}

/// The version that removes all rules.
const NO_RULES: &str = "0";

/// Replaces the rules of both directions. Any other version than [`NO_RULES`] is ignored: the action has no code for a wrong
/// one, and Terraform sends the version that comes after the change.
impl ActionHandler for ModifySecurityGroupPolicies {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let (id, requested) = (self.security_group_id, self.security_group_policy_set);
        let group = context.security_group(&id, NOT_FOUND)?;
        let (mut inbound, mut outbound) = (Vec::new(), Vec::new());
        if requested.version.as_deref() != Some(NO_RULES) {
            if requested.ingress.is_empty() && requested.egress.is_empty() {
                let message = "The request has no rule; to remove all rules, give the `Version` 0.";
                return Err(codes.error([EMPTY], message));
            }
            inbound = new_rules(context, group, Direction::Inbound, &requested.ingress)?;
            outbound = new_rules(context, group, Direction::Outbound, &requested.egress)?;
        }
        if let Some(group) = context.resources().security_groups.get_mut(&id) {
            group.set_all_rules(inbound, outbound, now);
        }
        Ok(Outcome::Response(ModifySecurityGroupPoliciesResponse::default()))
    }
}

/// All rules of a direction, in the order of the request.
fn new_rules(
    context: &RequestContext<'_>,
    group: &SecurityGroup,
    direction: Direction,
    requested: &[SecurityGroupPolicy],
) -> Result<Vec<SecurityGroupPolicy>, ApiError> {
    let codes = context.codes;
    if requested.len() > MAX_RULES {
        let message = format!(
            "`{}` has {} rules, but a group can have at most {MAX_RULES}.",
            member(direction),
            requested.len()
        );
        return Err(codes.error(["LimitExceeded"], message));
    }
    let mut rules: Vec<SecurityGroupPolicy> = Vec::with_capacity(requested.len());
    for (number, requested) in requested.iter().enumerate() {
        let path = path(direction, number);
        if requested.policy_index.is_some() {
            let message = format!(
                "`{path}.PolicyIndex` must be absent: the rules have the order of the request."
            );
            return Err(codes.error([COEXIST], message));
        }
        let mut rule = policy::read(context, group, &path, requested)?;
        if rules.iter().any(|known| policy::is_same(known, &rule)) {
            let message = format!("The request has the rule `{path}` twice.");
            return Err(codes.error(["UnsupportedOperation.DuplicatePolicy"], message));
        }
        rule.modify_time = Some(context.now.with_space());
        rules.push(rule);
    }
    Ok(rules)
}

/// Removes rules by their positions, or by what they do.
impl ActionHandler for DeleteSecurityGroupPolicies {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let id = &self.security_group_id;
        let group = context.security_group(id, NOT_FOUND)?;
        let (direction, requested) = one_direction(codes, &self.security_group_policy_set)?;
        check_version(codes, group, &self.security_group_policy_set)?;
        let rules = group.rules(direction);
        let by_position = requested.iter().filter(|policy| policy.policy_index.is_some()).count();
        let mut removed = Vec::with_capacity(requested.len());
        if by_position == requested.len() {
            for index in requested.iter().filter_map(|policy| policy.policy_index) {
                let found = usize::try_from(index).ok().filter(|index| *index < rules.len());
                removed.push(found.ok_or_else(|| {
                    let message = format!(
                        "`PolicyIndex` is {index}, but the security group `{id}` has {} rules for \
                         `{}`.",
                        rules.len(),
                        member(direction)
                    );
                    codes.error([OUT_OF_RANGE], message)
                })?);
            }
        } else if by_position > 0 {
            let message = "Either all rules have a `PolicyIndex`, or none of them.";
            return Err(codes.error([COEXIST], message));
        } else {
            check_number(codes, requested)?;
            for (number, requested) in requested.iter().enumerate() {
                let path = path(direction, number);
                let rule = policy::read(context, group, &path, requested)?;
                let found = rules.iter().position(|known| policy::is_same(known, &rule));
                removed.push(found.ok_or_else(|| {
                    let message = format!(
                        "The security group `{id}` has no rule that does what `{path}` does."
                    );
                    codes.error(NOT_FOUND, message)
                })?);
            }
        }
        let removed = distinct(removed);
        let kept = rules.iter().enumerate().filter(|(index, _)| !removed.contains(index));
        let kept = kept.map(|(_, rule)| rule.clone()).collect();
        replace_rules(context, id, direction, kept);
        Ok(Outcome::Response(DeleteSecurityGroupPoliciesResponse::default()))
    }
}

/// Lists the rules of a group.
impl ActionHandler for DescribeSecurityGroupPolicies {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let filters = self.filters.into_iter().map(|filter| (filter.name, filter.values));
        let filters = filter::of_service(filters);
        let filters = Filters::of((codes, now), &filters, &Rule::filters())?;
        let group = context.security_group(&self.security_group_id, NOT_FOUND)?;
        let matching = |direction| -> Vec<SecurityGroupPolicy> {
            let rules = group.rules(direction).iter().enumerate();
            let rules = rules.map(|(index, policy)| Rule { direction, index, policy });
            rules.filter(|rule| filters.match_item(rule)).map(|rule| rule.api()).collect()
        };
        let security_group_policy_set = SecurityGroupPolicySet {
            version: Some(group.version.to_string()),
            egress: matching(Direction::Outbound),
            ingress: matching(Direction::Inbound),
            policy_statistics: Some(statistics(group)),
            ..Default::default()
        };
        Ok(Outcome::Response(DescribeSecurityGroupPoliciesResponse {
            security_group_policy_set,
            ..Self::Response::default()
        }))
    }
}

/// A rule of a group with its position.
struct Rule<'a> {
    direction: Direction,
    index: usize,
    policy: &'a SecurityGroupPolicy,
}

impl Rule<'_> {
    fn filters() -> [(&'static str, Test<Self>); 9] {
        [
            ("security-group-id", |filter, rule, _| {
                rule.policy.security_group_id.as_deref().is_some_and(|id| filter.is(id))
            }),
            ("ip", |filter, rule, _| {
                let ranges = [&rule.policy.cidr_block, &rule.policy.ipv6_cidr_block];
                let mut ranges = ranges.into_iter().flatten().filter(|range| !range.is_empty());
                ranges.any(|range| filter.any(|part| range.contains(part)))
            }),
            ("address-module", |filter, rule, _| {
                rule.policy.address_template.as_ref().is_some_and(|template| {
                    let ids = [&template.address_id, &template.address_group_id];
                    filter.is_any(ids.into_iter().flatten().map(String::as_str))
                })
            }),
            ("service-module", |filter, rule, _| {
                rule.policy.service_template.as_ref().is_some_and(|template| {
                    let ids = [&template.service_id, &template.service_group_id];
                    filter.is_any(ids.into_iter().flatten().map(String::as_str))
                })
            }),
            ("protocol-type", |filter, rule, _| {
                rule.policy.protocol.as_ref().is_some_and(|protocol| filter.is(protocol.as_str()))
            }),
            ("port", |filter, rule, _| {
                let port = rule.policy.port.as_deref().unwrap_or_default();
                filter.any(|part| part.eq_ignore_ascii_case(ALL_PORTS) || port.contains(part))
            }),
            ("poly", |filter, rule, _| {
                let action = rule.policy.action.as_ref().map_or("", PolicyAction::as_str);
                filter.is_any(["ALL", action])
            }),
            ("direction", |filter, rule, _| {
                let direction = match rule.direction {
                    Direction::Inbound => "INBOUND",
                    Direction::Outbound => "OUTBOUND",
                };
                filter.is_any(["ALL", direction])
            }),
            ("description", |filter, rule, _| {
                let description = rule.policy.policy_description.as_deref().unwrap_or_default();
                filter.any(|part| description.contains(part))
            }),
        ]
    }

    fn api(&self) -> SecurityGroupPolicy {
        SecurityGroupPolicy { policy_index: i64::try_from(self.index).ok(), ..self.policy.clone() }
    }
}

/// The numbers of rules. Rules with templates of addresses are in neither number, as in the sample.
fn statistics(group: &SecurityGroup) -> PolicyStatistics {
    let count = |direction, is_counted: fn(&SecurityGroupPolicy) -> bool| {
        Some(group.rules(direction).iter().filter(|rule| is_counted(rule)).count() as u64)
    };
    let is_ipv6: fn(&SecurityGroupPolicy) -> bool =
        |rule| rule.ipv6_cidr_block.as_deref().is_some_and(|range| !range.is_empty());
    let is_ipv4: fn(&SecurityGroupPolicy) -> bool = |rule| {
        let peers = [&rule.cidr_block, &rule.security_group_id];
        peers.into_iter().flatten().any(|peer| !peer.is_empty())
    };
    PolicyStatistics {
        ingress_ipv4_total_count: count(Direction::Inbound, is_ipv4),
        ingress_ipv6_total_count: count(Direction::Inbound, is_ipv6),
        egress_ipv4_total_count: count(Direction::Outbound, is_ipv4),
        egress_ipv6_total_count: count(Direction::Outbound, is_ipv6),
        ..Default::default()
    }
}

/// The member with the rules of a direction.
const fn member(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "Ingress",
        Direction::Outbound => "Egress",
    }
}

/// The path of a rule in the request.
fn path(direction: Direction, number: usize) -> String {
    format!("SecurityGroupPolicySet.{}.{number}", member(direction))
}

/// The rules of a request, which are of one direction.
fn one_direction(
    codes: DocumentedCodes,
    requested: &SecurityGroupPolicySet,
) -> Result<(Direction, &[SecurityGroupPolicy]), ApiError> {
    match (requested.ingress.as_slice(), requested.egress.as_slice()) {
        ([], []) => {
            let message = "The request has no rule; give `Ingress` or `Egress`.";
            Err(codes.error([EMPTY], message))
        }
        (inbound, []) => Ok((Direction::Inbound, inbound)),
        ([], outbound) => Ok((Direction::Outbound, outbound)),
        _ => {
            let message = "A request can change only one of `Ingress` and `Egress`; send two.";
            Err(codes.error([COEXIST], message))
        }
    }
}

/// Checks that a version, if one is given, is the latest one.
fn check_version(
    codes: DocumentedCodes,
    group: &SecurityGroup,
    requested: &SecurityGroupPolicySet,
) -> Result<(), ApiError> {
    let current = group.version.to_string();
    match requested.version.as_deref() {
        None | Some("") => Ok(()),
        Some(version) if version == current => Ok(()),
        Some(version) => {
            let message = format!(
                "`Version` is `{version}`, but the rules of the security group `{}` have the \
                 version {current}; read them again.",
                group.id
            );
            Err(codes.error(["UnsupportedOperation.VersionMismatch"], message))
        }
    }
}

/// Limits the work for one request.
fn check_number(codes: DocumentedCodes, requested: &[SecurityGroupPolicy]) -> Result<(), ApiError> {
    if requested.len() <= MAX_RULES {
        return Ok(());
    }
    let message = format!("A request can name at most {MAX_RULES} rules.");
    Err(codes.error(["InvalidParameterValue"], message))
}

/// The position of all new rules: that of the request, or the end.
fn common_position(
    codes: DocumentedCodes,
    requested: &[SecurityGroupPolicy],
    count: usize,
) -> Result<usize, ApiError> {
    let position = requested.first().and_then(|policy| policy.policy_index);
    if requested.iter().any(|policy| policy.policy_index != position) {
        let message = "All rules of a request must have the same `PolicyIndex`.";
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    let Some(index) = position else { return Ok(count) };
    usize::try_from(index).ok().filter(|index| *index <= count).ok_or_else(|| {
        let message = format!("`PolicyIndex` is {index}, but must be from 0 to {count}.");
        codes.error([OUT_OF_RANGE], message)
    })
}

fn replace_rules(
    context: &mut RequestContext<'_>,
    id: &str,
    direction: Direction,
    rules: Vec<SecurityGroupPolicy>,
) {
    let now = context.now;
    if let Some(group) = context.resources().security_groups.get_mut(id) {
        group.set_rules(direction, rules, now);
    }
}
