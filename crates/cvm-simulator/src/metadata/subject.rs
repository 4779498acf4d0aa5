//! The instance that a query of metadata is about.

use cvm_models::enums::InstanceState;

use crate::account::AccountId;
use crate::cidr::Cidr;
use crate::state::{IndexKey, State, StoredInstance};

/// An instance with what surrounds it.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) account: AccountId,
    pub(super) region: &'static str,
    pub(super) instance: &'a StoredInstance,
    /// The range of its subnet, if that was created.
    pub(super) subnet: Option<Cidr>,
}

/// The instance with this id, or the newest one. It must run, because only a program in it can ask. Accounts and regions share one cloud, so it can be in any.
pub(super) fn find<'a>(
    id: Option<&str>,
    states: impl Iterator<Item = (AccountId, &'a State)>,
) -> Option<Subject<'a>> {
    let regions = states.flat_map(|(account, state)| {
        state.instances.iter().map(move |(region, instances)| (account, *region, &**instances))
    });
    let chosen = regions.filter_map(|(account, region, instances)| {
        let instance = match id {
            Some(id) => instances.get(instances.serial(id)?).filter(|it| it.is_running())?,
            None => instances.with_key(IndexKey::State(InstanceState::Running)).next()?,
        };
        let subnet = instances.addresses.networks.subnet(&instance.subnet_id);
        let subnet = subnet.map(|subnet| subnet.range);
        Some(Subject { account, region, instance, subnet })
    });
    chosen.max_by_key(|subject| subject.instance.created)
}
