//! TerminateResourcePoolPacks: packs are given up, all or none; their instances go on in the
//! public pool.

use std::collections::HashSet;

use cvm_models::actions::{TerminateResourcePoolPacks, TerminateResourcePoolPacksResponse};
use cvm_models::enums::ResourcePoolPackStatus;

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for TerminateResourcePoolPacks {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (scene.codes, scene.now);
        let ids = &self.dedicated_resource_pack_ids;
        let packs = scene.resources().resource_packs.at(now);
        let named = packs.named(ids).map_err(|id| {
            let message = format!("The resource pool pack `{id}` does not exist in this region.");
            codes.error(["ResourceNotFound.ResourcePoolPackIdNotFound"], message)
        })?;
        for pack in named {
            let status = pack.status(now);
            if status != ResourcePoolPackStatus::Active {
                let message = format!("The resource pool pack `{}` is {status}.", pack.id());
                let code = "InvalidParameterValue.ResourcePoolPackStatus";
                return Err(codes.error([code], message));
            }
        }
        let ids: HashSet<&str> = ids.iter().map(String::as_str).collect();
        packs.remove(&ids);
        scene.instances.leave_packs(&ids);
        Ok(Outcome::Response(TerminateResourcePoolPacksResponse::default()))
    }
}
