//! ModifyInstancesRenewFlag: what happens when the term of prepaid instances ends.

use cvm_models::actions::{ModifyInstancesRenewFlag, ModifyInstancesRenewFlagResponse};

use super::{SETTLED, subscription};
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{Attribute, Effect, MODIFY, RequestContext};

impl ActionHandler for ModifyInstancesRenewFlag {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = scene.find(&self.instance_ids)?;
        subscription::is_prepaid(scene, &serials)?;
        scene.check_state(&serials, SETTLED)?;
        // The tables require the flag.
        let flag = self.renew_flag.unwrap_or_default();
        for serial in serials {
            let attribute = Attribute::RenewFlag(flag.clone());
            scene.begin(serial, &MODIFY, Effect::Attribute(attribute));
        }
        Ok(Outcome::Response(ModifyInstancesRenewFlagResponse::default()))
    }
}
