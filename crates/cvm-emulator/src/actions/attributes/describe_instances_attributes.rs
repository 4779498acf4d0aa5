//! DescribeInstancesAttributes: the user data, which DescribeInstances leaves out.

use cvm_models::actions::{DescribeInstancesAttributes, DescribeInstancesAttributesResponse};
use cvm_models::enums::InstanceAttributeName;
use cvm_models::types::{Attribute, InstanceAttribute};

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for DescribeInstancesAttributes {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = scene.find(&self.instance_ids)?;
        let wants_data = self.attributes.contains(&InstanceAttributeName::UserData);
        let entries = scene.instances(&serials).map(|machine| InstanceAttribute {
            instance_id: Some(machine.api.instance_id.clone()),
            attributes: Some(Attribute {
                user_data: wants_data.then(|| machine.user_data.clone().unwrap_or_default()),
            }),
        });
        Ok(Outcome::Response(DescribeInstancesAttributesResponse {
            instance_set: entries.collect(),
            ..Self::Response::default()
        }))
    }
}
