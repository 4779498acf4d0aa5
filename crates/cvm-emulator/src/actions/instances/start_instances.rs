//! StartInstances: STOPPED → STARTING → RUNNING.

use cvm_models::actions::{StartInstances, StartInstancesResponse};
use cvm_models::enums::InstanceState;

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{Effect, RequestContext, START};

const ALLOWED: &[InstanceState] = &[InstanceState::Stopped];

impl ActionHandler for StartInstances {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = scene.find(&self.instance_ids)?;
        scene.check_state(&serials, ALLOWED)?;
        for serial in serials {
            scene.begin(serial, &START, Effect::None);
        }
        Ok(Outcome::Response(StartInstancesResponse::default()))
    }
}
