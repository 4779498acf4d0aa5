//! DescribeInstancesOperationLimit: how often instances became smaller, and how often they may.

use cvm_models::actions::{
    DescribeInstancesOperationLimit, DescribeInstancesOperationLimitResponse,
};
use cvm_models::enums::LimitedOperation;
use cvm_models::types::OperationCountLimit;

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::{RequestContext, StoredInstance};

/// Stands for both counts of what is not limited.
const UNLIMITED: i64 = -1;

impl ActionHandler for DescribeInstancesOperationLimit {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = scene.find(&self.instance_ids)?;
        let operation = self.operation.unwrap_or_default();
        let entries = scene.instances(&serials).map(|machine| {
            let (current_count, limit_count) = counts(machine, &operation);
            OperationCountLimit {
                operation: operation.clone(),
                instance_id: machine.api.instance_id.clone(),
                current_count,
                limit_count,
            }
        });
        Ok(Outcome::Response(DescribeInstancesOperationLimitResponse {
            instance_operation_limit_set: entries.collect(),
            ..Self::Response::default()
        }))
    }
}

fn counts(machine: &StoredInstance, operation: &LimitedOperation) -> (i64, i64) {
    match (operation, machine.degrade_limit()) {
        (LimitedOperation::InstanceDegrade, Some(limit)) => (machine.degrades, limit),
        _ => (UNLIMITED, UNLIMITED),
    }
}
