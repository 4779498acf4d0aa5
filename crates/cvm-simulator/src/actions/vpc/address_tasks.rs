//! DescribeTaskResult: how the tasks of elastic IPs stand.

use vpc_models::actions::{DescribeTaskResult, DescribeTaskResultResponse};

use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::state::RequestContext;
use crate::unsupported::ORDER;

impl ActionHandler for DescribeTaskResult {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let Some(task_id) = self.task_id else { return Err(ORDER.error()) };
        let resources = context.regions.get(context.region.name);
        let result = resources.and_then(|it| it.elastic_ips.task_result(task_id));
        let result = result.ok_or_else(|| {
            let message = format!("The task {task_id} does not exist in {}.", context.region.name);
            context.codes.error(["InvalidParameter"], message)
        })?;
        Ok(Outcome::Response(DescribeTaskResultResponse {
            task_id,
            result,
            ..Self::Response::default()
        }))
    }
}
