//! RunInstances: checks everything, then makes all instances or none.

mod disks;
mod elsewhere;
mod login;
mod names;
mod network;
mod plan;

use cvm_models::actions::{RunInstances, RunInstancesResponse};
use cvm_protocol::json;

use self::plan::Plan;
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::{Change, LAUNCH, Machine, Remembered, Scene};

impl Behaviour for RunInstances {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let is_dry = self.dry_run == Some(true);
        let token = self.client_token.as_deref().filter(|text| !text.is_empty() && !is_dry);
        let parameters = token.map(|_| parameters(&self)).unwrap_or_default();
        if let Some(token) = token {
            match scene.store.tokens.recall(token, &parameters) {
                Remembered::No => {}
                Remembered::Made(ids) => return Ok(done(ids)),
                Remembered::Otherwise => {
                    let message = "The parameter `ClientToken` belongs to an earlier request with \
                                   other parameters; use a new one.";
                    return Err(scene.codes.refuse(["InvalidParameterValue"], message));
                }
            }
        }
        let plan = Plan::of(&self, scene)?;
        if is_dry {
            return Ok(Outcome::DryRun);
        }
        let ids = launch(&plan, scene);
        if let Some(token) = token {
            scene.store.tokens.keep(token, &parameters, &ids, scene.now);
        }
        Ok(done(ids))
    }
}

fn done(instance_id_set: Vec<String>) -> Outcome<RunInstancesResponse> {
    Outcome::Done(RunInstancesResponse { instance_id_set, ..RunInstancesResponse::default() })
}

/// What a repeated request must have in common with the first. A dry run that is not one may say so
/// or be silent.
fn parameters(request: &RunInstances) -> Vec<u8> {
    let request = RunInstances { dry_run: None, ..request.clone() };
    // A request that was read can be written.
    json::to_vec(&request).unwrap_or_default()
}

/// Nothing in here can be refused any more.
fn launch(plan: &Plan<'_>, scene: &mut Scene<'_>) -> Vec<String> {
    let mut ids = Vec::new();
    for place in 0..plan.count {
        let (instance_id, uuid) = scene.mint.instance();
        let mut shown = plan.template.clone();
        shown.uuid = uuid;
        shown.instance_id = instance_id.clone();
        shown.instance_name = plan.name.spell(place, "");
        plan.network.connect(place, &mut shown, &mut scene.store.addresses);
        let address = shown.private_ip_addresses.first().map_or("", String::as_str);
        shown.host_name = plan.host_name.spell(place, address);
        shown.system_disk.disk_id = Some(scene.mint.disk());
        for disk in &mut shown.data_disks {
            disk.disk_id = Some(scene.mint.disk());
        }
        let machine = Machine { shown, underway: None, expires: plan.expires };
        let serial = scene.store.insert(machine);
        scene.begin(serial, &LAUNCH, Change::None);
        ids.push(instance_id);
    }
    ids
}
