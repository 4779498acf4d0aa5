//! RunInstances: checks everything, then makes all instances or none.

use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::launch::plan::Plan;
use crate::launch::template;
use crate::state::{Effect, LAUNCH, RequestContext, StoredInstance};
use cvm_models::actions::{RunInstances, RunInstancesResponse};
use cvm_protocol::json;

impl ActionHandler for RunInstances {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let is_dry = self.dry_run == Some(true);
        let token = self.client_token.as_deref().filter(|text| !text.is_empty() && !is_dry);
        let parameters = token.map(|_| parameters(&self)).unwrap_or_default();
        // The request as it was sent counts: its template may have got another default since.
        if let Some(token) = token
            && let Some(ids) = scene.instances.tokens.repeated(scene.codes, token, &parameters)?
        {
            return Ok(done(ids));
        }
        let request = template::filled_in(&self, scene)?;
        let plan = Plan::of(&request, scene)?;
        if is_dry {
            return Ok(Outcome::DryRun);
        }
        let ids = launch(&plan, scene);
        if let Some(token) = token {
            scene.instances.tokens.keep(token, &parameters, &ids, scene.now);
        }
        Ok(done(ids))
    }
}

fn done(instance_id_set: Vec<String>) -> Outcome<RunInstancesResponse> {
    Outcome::Response(RunInstancesResponse { instance_id_set, ..RunInstancesResponse::default() })
}

/// What a repeated request must have in common with the first. A dry run that is not one may say so
/// or be silent.
fn parameters(request: &RunInstances) -> Vec<u8> {
    let request = RunInstances { dry_run: None, ..request.clone() };
    // A request that was read can be written.
    json::to_vec(&request).unwrap_or_default()
}

/// Nothing in here can be refused any more.
fn launch(plan: &Plan<'_>, scene: &mut RequestContext<'_>) -> Vec<String> {
    let mut ids = Vec::new();
    for place in 0..plan.count {
        let (instance_id, uuid) = scene.ids.instance();
        let mut shown = plan.template.clone();
        shown.uuid = uuid;
        shown.instance_id = instance_id.clone();
        shown.instance_name = plan.name.spell(place, "");
        let sites = plan.sites.as_deref().unwrap_or_default();
        if let Some(site) = usize::try_from(place).ok().and_then(|place| sites.get(place)) {
            shown.placement = site.clone();
        }
        plan.network.connect(place, &mut shown, &mut scene.instances.addresses);
        let address = shown.private_ip_addresses.first().map_or("", String::as_str);
        shown.host_name = Some(plan.host_name.spell(place, address));
        shown.system_disk.disk_id = Some(scene.ids.disk());
        for disk in &mut shown.data_disks {
            disk.disk_id = Some(scene.ids.disk());
        }
        if let Some(seat) = &plan.seat {
            seat.take(&mut shown, scene.ids);
        }
        let (expires, has_agent) = (plan.expires, plan.has_agent);
        let user_data = plan.user_data.cloned();
        let machine =
            StoredInstance { expires, has_agent, user_data, ..StoredInstance::new(shown) };
        let serial = scene.instances.insert(machine);
        scene.begin(serial, &LAUNCH, Effect::None);
        if let Some(end) = &plan.planned_end {
            end.set(scene, instance_id.clone());
        }
        ids.push(instance_id);
    }
    ids
}
