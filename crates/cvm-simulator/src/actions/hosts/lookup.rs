//! Finds the dedicated hosts that a request names.

use std::collections::HashSet;

use cvm_models::enums::HostState;

use crate::api_error::ApiError;
use crate::state::{DedicatedHost, RequestContext};

/// The hosts with these ids, each once. All of them must exist and allow the action.
pub(crate) fn find_hosts<'a>(
    context: &'a mut RequestContext<'_>,
    ids: &[String],
    is_rejected: impl Fn(&DedicatedHost) -> bool,
) -> Result<Vec<&'a mut DedicatedHost>, ApiError> {
    let (codes, now, region) = (context.codes, context.now, context.region.name);
    let hosts = context.resources().dedicated_hosts.hosts.at(now);
    let requested: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let known: HashSet<&str> = hosts.iter().map(|host| host.item.host_id.as_str()).collect();
    let is_unknown = |id: &&String| !known.contains(id.as_str());
    if let Some(id) = ids.iter().find(is_unknown) {
        let message = format!("The dedicated host `{id}` does not exist in {region}.");
        return Err(codes.error(["InvalidHostId.NotFound"], message));
    }
    let hosts = hosts.iter_mut().filter(|host| requested.contains(host.item.host_id.as_str()));
    let hosts: Vec<_> = hosts.collect();
    if let Some(host) = hosts.iter().find(|host| is_rejected(host)) {
        let (id, state, action) = (&host.item.host_id, host.state(now), codes.0.name);
        let message =
            format!("The dedicated host `{id}` is {state}, which {action} does not allow.");
        return Err(codes.error(["InvalidHost.NotSupported"], message));
    }
    Ok(hosts)
}

/// The hosts with these ids, if all of them can be renewed: every host except PENDING ones, also EXPIRED ones.
pub(crate) fn renewable<'a>(
    context: &'a mut RequestContext<'_>,
    ids: &[String],
) -> Result<Vec<&'a mut DedicatedHost>, ApiError> {
    let now = context.now;
    find_hosts(context, ids, |host| host.state(now) == HostState::Pending)
}
