//! DescribeInstancesStatus: the states alone.

use cvm_models::actions::{DescribeInstancesStatus, DescribeInstancesStatusResponse};
use cvm_models::types::{Instance, InstanceStatus};

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::page::Page;
use crate::state::RequestContext;

impl ActionHandler for DescribeInstancesStatus {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let listed = scene.listed(&self.instance_ids).map(|machine| &machine.api);
        let page = Page::of(scene.codes.0, self.offset, self.limit);
        let (instance_status_set, total_count) = page.cut(listed, status);
        Ok(Outcome::Response(DescribeInstancesStatusResponse {
            total_count,
            instance_status_set,
            ..Self::Response::default()
        }))
    }
}

fn status(instance: &Instance) -> InstanceStatus {
    InstanceStatus {
        instance_id: instance.instance_id.clone(),
        instance_state: instance.instance_state.clone(),
    }
}
