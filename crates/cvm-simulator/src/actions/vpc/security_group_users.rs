//! DescribeSecurityGroupAssociationStatistics: how many resources use a security group.

use vpc_models::actions::{
    DescribeSecurityGroupAssociationStatistics, DescribeSecurityGroupAssociationStatisticsResponse,
};
use vpc_models::types::{InstanceStatistic, SecurityGroupAssociationStatistics};

use super::security_groups::NOT_FOUND;
use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::parameters::distinct;
use crate::state::{IndexKey, RequestContext};

/// Maximum number of groups in one request; assumed.
const MAX_GROUPS: usize = 100;

/// Counts the users of groups. All of them prevent the deletion of a group.
impl ActionHandler for DescribeSecurityGroupAssociationStatistics {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let ids = distinct(self.security_group_ids);
        if ids.len() > MAX_GROUPS {
            let message =
                format!("`SecurityGroupIds` has {} groups, but at most {MAX_GROUPS}.", ids.len());
            return Err(context.codes.error(["InvalidParameterValue.LimitExceeded"], message));
        }
        for id in &ids {
            context.security_group(id, NOT_FOUND)?;
        }
        Ok(Outcome::Response(DescribeSecurityGroupAssociationStatisticsResponse {
            security_group_association_statistics_set: statistics(context, &ids),
            ..Self::Response::default()
        }))
    }
}

/// The numbers of each group.
fn statistics(
    context: &RequestContext<'_>,
    ids: &[String],
) -> Vec<SecurityGroupAssociationStatistics> {
    let resources = context.regions.get(context.region.name);
    let of_group = |id: &String| {
        let cvm = context.instances.count(&[vec![IndexKey::SecurityGroup(id.as_str().into())]]);
        let hosts = resources.iter().flat_map(|it| &it.chc_hosts.list).filter(|host| {
            let host = &host.api;
            host.bmc_security_group_ids
                .iter()
                .chain(&host.deploy_security_group_ids)
                .any(|it| it == id)
        });
        let chc = hosts.count() as u64;
        let groups = resources.map_or(0, |it| it.security_groups.referrers(id).count());
        let kinds = [("CVM", cvm), ("CHC", chc)].into_iter().filter(|(_, count)| *count > 0);
        let statistic = |(kind, count): (&str, u64)| InstanceStatistic {
            instance_type: kind.to_owned(),
            instance_count: count,
            ..InstanceStatistic::default()
        };
        SecurityGroupAssociationStatistics {
            security_group_id: id.clone(),
            cvm,
            sg: groups as u64,
            instance_statistics: kinds.map(statistic).collect(),
            total_count: cvm + chc,
            ..SecurityGroupAssociationStatistics::default()
        }
    };
    ids.iter().map(of_group).collect()
}
