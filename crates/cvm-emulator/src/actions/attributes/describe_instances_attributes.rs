//! DescribeInstancesAttributes: the user data, which DescribeInstances leaves out.

use cvm_models::actions::{DescribeInstancesAttributes, DescribeInstancesAttributesResponse};
use cvm_models::enums::InstanceAttributeName;
use cvm_models::types::{Attribute, InstanceAttribute};

use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::Scene;

impl Behaviour for DescribeInstancesAttributes {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let serials = scene.find(&self.instance_ids)?;
        let wants_data = self.attributes.contains(&InstanceAttributeName::UserData);
        let entries = scene.machines(&serials).map(|machine| InstanceAttribute {
            instance_id: Some(machine.shown.instance_id.clone()),
            attributes: Some(Attribute {
                user_data: wants_data.then(|| machine.user_data.clone().unwrap_or_default()),
            }),
        });
        Ok(Outcome::Done(DescribeInstancesAttributesResponse {
            instance_set: entries.collect(),
            ..Self::Response::default()
        }))
    }
}
