//! Which VPCs, subnets and security groups exist. CVM users often have networks that this cloud does not know, so every
//! well-formed id can be used by default. With strict networks, a resource must have been created.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::{Region, Zone};
use crate::ids::IdGenerator;
use crate::state::{Instances, Networks, RequestContext, Shared, StoredSubnet};
use crate::timestamp::Timestamp;

/// A kind of network resource that requests to CVM name by id.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NetworkResource {
    SecurityGroup,
    Subnet,
    Vpc,
}

impl NetworkResource {
    /// The error of CVM for an id that does not exist, with this code if the action documents it.
    fn not_found(
        self,
        codes: DocumentedCodes,
        code: Option<&str>,
        id: &str,
        region: &str,
    ) -> ApiError {
        let (noun, action, general) = match self {
            Self::SecurityGroup => {
                ("security group", "CreateSecurityGroup", "InvalidSecurityGroupId.NotFound")
            }
            Self::Subnet => ("subnet", "CreateSubnet", "InvalidParameterValue.SubnetNotExist"),
            Self::Vpc => ("VPC", "CreateVpc", "InvalidParameterValue.VpcIdNotExist"),
        };
        let message =
            format!("The {noun} `{id}` does not exist in {region}; create it with {action}.");
        codes.error(code.into_iter().chain([general]), message)
    }
}

/// Finds the VPCs and subnets that requests to CVM name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownNetworks<'a> {
    pub(crate) codes: DocumentedCodes,
    pub(crate) region: &'static Region,
    pub(crate) is_strict: bool,
    pub(crate) networks: &'a Networks,
    /// The instances of the other regions, with the addresses there.
    pub(crate) elsewhere: &'a BTreeMap<&'static str, &'a mut Shared<Instances>>,
    pub(crate) ids: &'a IdGenerator,
    pub(crate) now: Timestamp,
}

impl<'a> KnownNetworks<'a> {
    /// The subnet with this id, for a request in a zone; `None` if it was never created, but can be used nevertheless. The
    /// default subnet of the zone is created by the change that uses it first, so it exists. The caller checks that VPC and
    /// zone are those of the subnet. One that was never created is in the region of its first use. `code` is a more specific code for ids that do not exist.
    pub(crate) fn subnet(
        self,
        (vpc_id, subnet_id): (&str, &str),
        zone: Zone,
        code: Option<&str>,
    ) -> Result<Option<Cow<'a, StoredSubnet>>, ApiError> {
        let not_found = |kind: NetworkResource, id: &str| {
            Err(kind.not_found(self.codes, code, id, self.region.name))
        };
        let has_vpc = self.networks.vpc(vpc_id).is_some();
        if let Some(subnet) = self.networks.subnet(subnet_id) {
            if self.is_strict && !has_vpc {
                return not_found(NetworkResource::Vpc, vpc_id);
            }
            return Ok(Some(Cow::Borrowed(subnet)));
        }
        if self.networks.lacks_default((vpc_id, subnet_id), zone, self.ids) {
            let subnet = self.networks.default_subnet(zone, self.ids, self.now).ok_or_else(|| {
                let message = format!(
                    "The default VPC has no free range for a subnet in `{}`; delete a subnet of it.",
                    zone.as_str()
                );
                let code = "FailedOperation.NoAvailableIpAddressCountInSubnet";
                self.codes.error([code], message)
            })?;
            return Ok(Some(Cow::Owned(subnet)));
        }
        let elsewhere = || self.elsewhere.values().map(|instances| &instances.addresses);
        let is_vpc_known =
            || self.ids.has_made_vpc(vpc_id) || elsewhere().any(|region| region.has_vpc(vpc_id));
        if !has_vpc && (self.is_strict || is_vpc_known()) {
            return not_found(NetworkResource::Vpc, vpc_id);
        }
        let is_subnet_known = || {
            self.ids.has_made_subnet(subnet_id)
                || elsewhere().any(|region| region.has_subnet(subnet_id))
        };
        if has_vpc || self.is_strict || is_subnet_known() {
            return not_found(NetworkResource::Subnet, subnet_id);
        }
        Ok(None)
    }
}

impl RequestContext<'_> {
    /// The VPCs and subnets of the region.
    pub(crate) fn networks(&self) -> &Networks {
        &self.instances.addresses.networks
    }

    /// The VPCs and subnets that the request can name.
    pub(crate) fn known_networks(&self) -> KnownNetworks<'_> {
        KnownNetworks {
            codes: self.codes,
            region: self.region,
            is_strict: self.is_network_strict,
            networks: self.networks(),
            elsewhere: &self.elsewhere,
            ids: self.ids,
            now: self.now,
        }
    }

    /// Creates the default subnet of a zone, and its VPC, if these are its ids and it does not exist yet.
    pub(crate) fn ensure_default_subnet(&mut self, network: (&str, &str), zone: &str) {
        let Some(zone) = self.region.zone(zone) else { return };
        if self.networks().lacks_default(network, zone, self.ids) {
            let networks = &mut self.instances.addresses.networks;
            networks.create_default(zone, self.ids, self.now);
        }
    }

    /// With strict networks, checks that these security groups exist in the region.
    pub(crate) fn check_security_groups_exist(&self, ids: &[String]) -> Result<(), ApiError> {
        if !self.is_network_strict {
            return Ok(());
        }
        let groups = self.regions.get(self.region.name).map(|it| &*it.security_groups);
        let exists = |id: &&String| groups.is_some_and(|groups| groups.contains(id));
        match ids.iter().find(|id| !exists(id)) {
            None => Ok(()),
            Some(id) => {
                let (codes, region) = (self.codes, self.region.name);
                Err(NetworkResource::SecurityGroup.not_found(codes, None, id, region))
            }
        }
    }
}
