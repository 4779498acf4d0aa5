//! DescribeInstanceVncUrl: an address for the console of an instance, another one each time.

use cvm_models::actions::{DescribeInstanceVncUrl, DescribeInstanceVncUrlResponse};
use cvm_models::enums::InstanceState;
use cvm_protocol::percent;

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::seeded_rng::Stream;
use crate::state::RequestContext;

const ALLOWED: &[InstanceState] = &[InstanceState::Running, InstanceState::RescueMode];

impl ActionHandler for DescribeInstanceVncUrl {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = scene.find(&[self.instance_id])?;
        scene.check_state(&serials, ALLOWED)?;
        // Who holds the token needs no password.
        let (high, low) = (scene.ids.number(Stream::Password), scene.ids.number(Stream::Password));
        // There is no console. The name belongs to no one, so that a client that connects all the same
        // reaches no one.
        let region = scene.region.name;
        let url = format!("wss://{region}.vnc.invalid:26789/vnc?s={high:016x}{low:016x}");
        Ok(Outcome::Response(DescribeInstanceVncUrlResponse {
            instance_vnc_url: percent::encode(&url).into(),
            ..Self::Response::default()
        }))
    }
}
