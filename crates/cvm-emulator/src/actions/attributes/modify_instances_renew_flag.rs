//! ModifyInstancesRenewFlag: what happens when the term of prepaid instances ends.

use cvm_models::actions::{ModifyInstancesRenewFlag, ModifyInstancesRenewFlagResponse};

use super::{SETTLED, subscription};
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::{Attribute, Change, MODIFY, Scene};

impl Behaviour for ModifyInstancesRenewFlag {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let serials = scene.find(&self.instance_ids)?;
        subscription::is_prepaid(scene, &serials)?;
        scene.admit(&serials, SETTLED)?;
        // The tables require the flag.
        let flag = self.renew_flag.unwrap_or_default();
        for serial in serials {
            let attribute = Attribute::RenewFlag(flag.clone());
            scene.begin(serial, &MODIFY, Change::Attribute(attribute));
        }
        Ok(Outcome::Done(ModifyInstancesRenewFlagResponse::default()))
    }
}
