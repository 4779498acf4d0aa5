//! RunInstances: checks everything, then creates all instances or none.

use cvm_models::actions::{RunInstances, RunInstancesResponse};
use cvm_protocol::json;

use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::launch::plan::Plan;
use crate::launch::template;
use crate::state::{Effect, LAUNCH, RequestContext, StoredInstance};

impl ActionHandler for RunInstances {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let is_dry = self.dry_run == Some(true);
        let token = self.client_token.as_deref().filter(|text| !text.is_empty() && !is_dry);
        let parameters = token.map(|_| parameters(&self)).unwrap_or_default();
        // The request as sent is compared: the default version of its template can have changed.
        if let Some(token) = token
            && let Some(ids) =
                context.instances.tokens.find_repeated(context.codes, token, &parameters)?
        {
            return Ok(done(ids));
        }
        let request = template::apply_template(&self, context)?;
        let plan = Plan::of(&request, context)?;
        if is_dry {
            return Ok(Outcome::DryRun);
        }
        let ids = launch(&plan, context);
        if let Some(token) = token {
            context.instances.tokens.keep(token, &parameters, &ids);
        }
        Ok(done(ids))
    }
}

fn done(instance_id_set: Vec<String>) -> Outcome<RunInstancesResponse> {
    Outcome::Response(RunInstancesResponse { instance_id_set, ..RunInstancesResponse::default() })
}

/// The parameters that a repeated request must have in common with the first. A real launch can contain `DryRun:
/// false` or leave it out.
fn parameters(request: &RunInstances) -> Vec<u8> {
    let request = RunInstances { dry_run: None, ..request.clone() };
    // A parsed request can always be encoded.
    json::to_vec(&request).unwrap_or_default()
}

/// Creates the instances. All checks are done: nothing in here can fail.
fn launch(plan: &Plan<'_>, context: &mut RequestContext<'_>) -> Vec<String> {
    let mut ids = Vec::new();
    for index in 0..plan.count {
        let (instance_id, uuid) = context.ids.instance();
        let mut api = plan.template.clone();
        api.uuid = uuid;
        api.instance_id = instance_id.clone();
        api.instance_name = plan.name.format(index, "");
        let placements = plan.placements.as_deref().unwrap_or_default();
        if let Some(placement) = usize::try_from(index).ok().and_then(|index| placements.get(index))
        {
            api.placement = placement.clone();
        }
        plan.network.connect(index, &mut api, &mut context.instances.addresses);
        let address = api.private_ip_addresses.first().map_or("", String::as_str);
        api.host_name = Some(plan.host_name.format(index, address));
        api.system_disk.disk_id = Some(context.ids.disk());
        for disk in &mut api.data_disks {
            disk.disk_id = Some(context.ids.disk());
        }
        if let Some(slot) = &plan.slot {
            slot.take(&mut api, context.ids);
        }
        let (expires, has_agent) = (plan.expires, plan.has_agent);
        let user_data = plan.user_data.cloned();
        let instance = StoredInstance { expires, has_agent, user_data, ..StoredInstance::new(api) };
        let serial = context.instances.insert(instance);
        context.begin(serial, &LAUNCH, Effect::None);
        if let Some(end) = &plan.planned_termination {
            end.set(context, instance_id.clone());
        }
        ids.push(instance_id);
    }
    ids
}
