//! CreateDefaultVpc.

use vpc_models::actions::{CreateDefaultVpc, CreateDefaultVpcResponse};
use vpc_models::types::DefaultVpcSubnet;

use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::state::RequestContext;

/// Creates the default VPC and its default subnet in a zone, unless they exist. `Force` changes nothing, because no account
/// has the classic network.
impl ActionHandler for CreateDefaultVpc {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let named = self.zone.as_deref().filter(|zone| !zone.is_empty());
        let zone = named.map(|zone| context.zone(zone)).transpose()?;
        // Without a zone, a default subnet that exists is as good as a new one.
        let present = context.networks().subnets().filter(|subnet| subnet.is_default).last();
        let present =
            present.filter(|_| zone.is_none()).and_then(|subnet| context.region.zone(&subnet.zone));
        let zone = zone.or(present).or_else(|| context.region.zones().next()).ok_or_else(|| {
            let message = format!("The region {} has no zone.", context.region.name);
            codes.error(["ResourceNotFound"], message)
        })?;
        let networks = &mut context.instances.addresses.networks;
        let subnet = networks.create_default(zone, context.ids, context.now).ok_or_else(|| {
            let message = format!(
                "The default VPC has no free range for a subnet in `{}`; delete a subnet of it.",
                zone.as_str()
            );
            codes.error(["ResourceInsufficient.CidrBlock"], message)
        })?;
        let vpc_name = networks.vpc(&subnet.vpc_id).map(|vpc| vpc.api.vpc_name.clone());
        let vpc = DefaultVpcSubnet {
            vpc_name,
            vpc_id: Some(subnet.vpc_id),
            subnet_id: Some(subnet.id),
            subnet_name: Some(subnet.name),
            cidr_block: Some(subnet.range.to_string()),
            ..Default::default()
        };
        Ok(Outcome::Response(CreateDefaultVpcResponse { vpc, ..Self::Response::default() }))
    }
}
