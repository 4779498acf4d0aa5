//! DescribeInstanceVncUrl: an address for the console of an instance, another one each time.

use cvm_models::actions::{DescribeInstanceVncUrl, DescribeInstanceVncUrlResponse};
use cvm_models::enums::InstanceState;
use cvm_protocol::percent;

use crate::dice::Purpose;
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

const ALLOWED: &[InstanceState] = &[InstanceState::Running, InstanceState::RescueMode];

impl Behaviour for DescribeInstanceVncUrl {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let serials = scene.find(&[self.instance_id])?;
        scene.admit(&serials, ALLOWED)?;
        // Who holds the token needs no password.
        let (high, low) =
            (scene.mint.number(Purpose::Password), scene.mint.number(Purpose::Password));
        // There is no console. The name belongs to no one, so that a client that connects all the same
        // reaches no one.
        let region = scene.region.name;
        let url = format!("wss://{region}.vnc.invalid:26789/vnc?s={high:016x}{low:016x}");
        Ok(Outcome::Done(DescribeInstanceVncUrlResponse {
            instance_vnc_url: percent::encode(&url).into(),
            ..Self::Response::default()
        }))
    }
}
