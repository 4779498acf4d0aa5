//! Finds the hosts that a request names, and checks that their state allows its action.

use std::collections::{HashMap, HashSet};

use cvm_models::enums::ChcHostState::{Init, Online, Operating, Prepared, Ready};
use cvm_models::types::ChcHost;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::state::{ChcHosts, StoredChcHost, has_deploy_network};

/// The actions that a state can deny.
pub(crate) const ACTIONS: &[&str] = &[
    "ConfigureChcAssistVpc",
    "ConfigureChcDeployVpc",
    "ModifyChcAttribute",
    "ModifyChcNetworkMode",
    "RemoveChcAssistVpc",
    "RemoveChcDeployVpc",
];

/// Whether the state of a host allows an action.
pub(crate) fn allows(host: &ChcHost, action: &str) -> bool {
    let state = &host.instance_state;
    match action {
        "ConfigureChcAssistVpc" => *state == Init,
        "ConfigureChcDeployVpc" => *state == Ready && !has_deploy_network(host),
        "RemoveChcAssistVpc" => matches!(state, Ready | Prepared),
        "RemoveChcDeployVpc" => matches!(state, Ready | Prepared) && has_deploy_network(host),
        "ModifyChcNetworkMode" => matches!(state, Prepared | Online),
        _ => *state != Operating,
    }
}

/// The hosts with these ids, each once, in the order of the request. All of them must exist.
pub(crate) fn find_hosts<'a>(
    codes: DocumentedCodes,
    hosts: &'a mut ChcHosts,
    ids: &[String],
) -> Result<Vec<&'a mut StoredChcHost>, ApiError> {
    let indexes: HashMap<&str, usize> =
        ids.iter().enumerate().rev().map(|(index, id)| (id.as_str(), index)).collect();
    let known: HashSet<&str> = hosts.list.iter().map(|host| host.api.chc_id.as_str()).collect();
    let is_unknown = |id: &&String| !known.contains(id.as_str());
    if let Some(id) = ids.iter().find(is_unknown) {
        let message = format!("The CHC host `{id}` does not exist in this region.");
        return Err(codes.error(["InvalidParameterValue.ChcHostsNotFound"], message));
    }
    let index = |host: &StoredChcHost| indexes.get(host.api.chc_id.as_str()).copied();
    let mut named: Vec<_> = hosts.list.iter_mut().filter(|host| index(host).is_some()).collect();
    named.sort_by_key(|host| index(host));
    Ok(named)
}

/// Checks that all hosts allow the action of the request.
pub(crate) fn check_host_states(
    codes: DocumentedCodes,
    hosts: &[&mut StoredChcHost],
) -> Result<(), ApiError> {
    let action = codes.0.name;
    match hosts.iter().find(|host| !allows(&host.api, action)) {
        None => Ok(()),
        Some(host) => {
            let (id, state) = (&host.api.chc_id, &host.api.instance_state);
            let message = format!("The CHC host `{id}` is {state}, which does not allow {action}.");
            Err(codes.error(["InvalidHost.NotSupported"], message))
        }
    }
}
