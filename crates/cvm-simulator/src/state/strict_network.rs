//! Which ids of network resources exist. CVM users often have networks that this cloud does not know, so every well-formed
//! id is valid by default. With strict networks, a resource must have been created.

use crate::api_error::{ApiError, DocumentedCodes};
use crate::state::RequestContext;

/// A kind of network resource that requests to CVM name by id.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NetworkResource {
    SecurityGroup,
}

impl NetworkResource {
    /// The error of CVM for an id that does not exist.
    pub(crate) fn not_found(self, codes: DocumentedCodes, id: &str, region: &str) -> ApiError {
        let (noun, action, code) = match self {
            Self::SecurityGroup => {
                ("security group", "CreateSecurityGroup", "InvalidSecurityGroupId.NotFound")
            }
        };
        let message =
            format!("The {noun} `{id}` does not exist in {region}; create it with {action}.");
        codes.error([code], message)
    }
}

impl RequestContext<'_> {
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
                Err(NetworkResource::SecurityGroup.not_found(self.codes, id, self.region.name))
            }
        }
    }
}
