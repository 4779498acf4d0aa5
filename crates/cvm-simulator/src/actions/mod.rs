//! The handlers of all actions: a folder per group of the specification, a file per topic. Another service than CVM has one
//! folder.
//!
//! To support an action, implement [`ActionHandler`](crate::handler::ActionHandler) for its request in the
//! folder of its group, and list it there.

mod action_timers;
mod api;
mod cbs;
mod chc_hosts;
mod disks;
mod hosts;
mod hpc_clusters;
mod images;
mod instances;
mod key_pairs;
mod launch_templates;
mod placement_groups;
mod prices;
mod quotas;
mod regions;
mod rescue;
mod resource_pools;
mod security_groups;
mod sts;
mod tag;
mod tasks;
mod vpc;

use cvm_protocol::ActionInfo;

use crate::decision::Decision;
use crate::handler::Handler;

/// The actions of one group of the specification.
pub(crate) struct Group {
    /// The supported actions.
    handlers: &'static [Handler],
    /// Behavior of these actions that the tables of the specification do not define.
    pub(crate) decisions: &'static [Decision],
}

/// All groups.
pub(crate) const GROUPS: &[Group] = &[
    action_timers::GROUP,
    api::GROUP,
    cbs::GROUP,
    chc_hosts::GROUP,
    disks::GROUP,
    hosts::GROUP,
    hpc_clusters::GROUP,
    images::GROUP,
    instances::GROUP,
    key_pairs::GROUP,
    launch_templates::GROUP,
    placement_groups::GROUP,
    prices::GROUP,
    quotas::GROUP,
    regions::GROUP,
    rescue::GROUP,
    resource_pools::GROUP,
    security_groups::GROUP,
    sts::GROUP,
    tag::GROUP,
    tasks::GROUP,
    vpc::GROUP,
];

/// The handlers of all supported actions.
pub(crate) fn handlers() -> impl Iterator<Item = &'static Handler> {
    GROUPS.iter().flat_map(|group| group.handlers)
}

/// The handler of an action, if it is supported.
pub(crate) fn handler(info: &ActionInfo) -> Option<&'static Handler> {
    handlers().find(|handler| {
        handler.info.name == info.name && handler.info.service.name == info.service.name
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The folder of an action: that of its service, or in CVM of its group, such as `chc-host`: its name with
    /// underscores, and in the plural except for `rescue`.
    fn folder(info: &ActionInfo) -> String {
        let name = info.group.replace('-', "_");
        match info.service.name {
            "cvm" if name == "rescue" => name,
            "cvm" => format!("{name}s"),
            other => other.to_owned(),
        }
    }

    #[test]
    fn handlers_are_in_the_folder_of_their_group() {
        let actions = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/actions");
        for handler in handlers() {
            let action = handler.info.name;
            let folder = actions.join(folder(handler.info));
            let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
            let sources = files.filter(|it| it.is_file()).map(|it| fs::read_to_string(it).unwrap());
            let implementation = format!("impl ActionHandler for {action} {{");
            let count = sources.filter(|source| source.contains(&implementation)).count();
            assert_eq!(count, 1, "the handler of {action} belongs to {}", folder.display());
        }
    }
}
