//! DescribeInstancesStatus: the states alone.

use cvm_models::actions::{DescribeInstancesStatus, DescribeInstancesStatusResponse};
use cvm_models::types::{Instance, InstanceStatus};

use crate::dispatch::{Behaviour, Outcome};
use crate::page::Page;
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for DescribeInstancesStatus {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let listed = scene.listed(&self.instance_ids).map(|machine| &machine.shown);
        let page = Page::of(scene.codes.0, self.offset, self.limit);
        let (instance_status_set, total_count) = page.cut(listed, status);
        Ok(Outcome::Done(DescribeInstancesStatusResponse {
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
