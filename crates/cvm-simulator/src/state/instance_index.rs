//! The index of the instances of a region: which of them have a zone, a state, a tag, an address. It is derived from the
//! instances alone, so it is never stored, and lists and counts are found without a look at all instances.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;
use std::sync::Arc;

use cvm_models::enums::{InstanceChargeType, InstanceState};
use imbl::OrdSet;

use crate::ids::CreationOrder;
use crate::state::serial_sets::{Selection, SerialSets};
use crate::state::{Pool, StoredInstance};
use crate::timestamp::Timestamp;

/// What several instances can have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum IndexKey {
    /// Every instance has it.
    Any,
    Zone(Arc<str>),
    Project(i64),
    Host(Arc<str>),
    DedicatedCluster(Arc<str>),
    ResourcePack(Arc<str>),
    PlacementGroup(Arc<str>),
    HpcCluster(Arc<str>),
    KeyPair(Arc<str>),
    Image(Arc<str>),
    Vpc(Arc<str>),
    Subnet(Arc<str>),
    SecurityGroup(Arc<str>),
    ChargeType(InstanceChargeType),
    State(InstanceState),
    TagKey(Arc<str>),
    TagValue(Arc<str>),
    Tag(Arc<str>, Arc<str>),
    /// The zone of a prepaid instance, and the year and month of its creation.
    PrepaidSince(Arc<str>, Arc<str>),
    /// The zone of a spot instance, and the number of its vCPUs.
    SpotVcpus(Arc<str>, i64),
}

/// What usually one instance has at most.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) enum Name<'a> {
    Id(&'a str),
    Uuid(&'a str),
    Disk(&'a str),
    PrivateAddress(Ipv4Addr),
    PublicAddress(Ipv4Addr),
    Ipv6Address(Ipv6Addr),
}

impl Name<'_> {
    /// A number for a name. Names of instances that are created after each other have numbers beside each other.
    fn digest(self, order: &CreationOrder) -> u64 {
        const KIND: u32 = 60;
        let number = match self {
            Self::Id(id) => order.instance(id),
            // The same number as that of the id.
            Self::Uuid(uuid) => order.uuid(uuid),
            Self::Disk(id) => order.disk(id).map(|index| 1 << KIND | index),
            Self::PrivateAddress(it) => Some(2 << KIND | u64::from(it.to_bits())),
            Self::PublicAddress(it) => Some(3 << KIND | u64::from(it.to_bits())),
            Self::Ipv6Address(_) => None,
        };
        number.unwrap_or_else(|| {
            let mut hasher = DefaultHasher::new();
            self.hash(&mut hasher);
            hasher.finish() | 1 << 63
        })
    }
}

/// The index of the instances of a region.
#[derive(Clone, Debug)]
pub(crate) struct InstanceIndex {
    order: CreationOrder,
    sets: SerialSets<IndexKey>,
    /// Digests of names, with serials. Different names can have the same digest.
    names: OrdSet<(u64, u64)>,
}

/// What the index contains about one instance.
#[derive(Debug, PartialEq)]
pub(crate) struct Entry {
    keys: Vec<IndexKey>,
    names: Vec<u64>,
}

impl InstanceIndex {
    /// The empty index of instances whose ids are created in this order.
    pub(crate) fn new(order: CreationOrder) -> Self {
        Self { order, sets: SerialSets::default(), names: OrdSet::new() }
    }

    /// What the index contains about an instance.
    pub(crate) fn entry(&self, instance: &StoredInstance) -> Entry {
        let digest = |name: Name<'_>| name.digest(&self.order);
        let zone = || Arc::clone(&instance.zone);
        let mut keys = Vec::with_capacity(20);
        keys.extend([
            IndexKey::Any,
            IndexKey::Zone(zone()),
            IndexKey::Project(instance.project_id),
            IndexKey::Image(Arc::clone(&instance.image_id)),
            IndexKey::Vpc(Arc::clone(&instance.vpc_id)),
            IndexKey::Subnet(Arc::clone(&instance.subnet_id)),
            IndexKey::ChargeType(instance.charge_type.clone()),
            IndexKey::State(instance.state.clone()),
        ]);
        keys.extend(instance.security_groups.iter().cloned().map(IndexKey::SecurityGroup));
        for (key, value) in instance.tags.iter() {
            keys.push(IndexKey::TagKey(Arc::clone(key)));
            keys.push(IndexKey::TagValue(Arc::clone(value)));
            keys.push(IndexKey::Tag(Arc::clone(key), Arc::clone(value)));
        }
        match &instance.pool {
            Pool::Public => {}
            Pool::DedicatedHost(id) => keys.push(IndexKey::Host(Arc::clone(id))),
            Pool::ResourcePack(pack) => {
                keys.push(IndexKey::ResourcePack(Arc::clone(&pack.pack_id)))
            }
        }
        keys.extend(instance.placement_group.iter().cloned().map(IndexKey::PlacementGroup));
        keys.extend(instance.hpc_cluster_id.iter().cloned().map(IndexKey::HpcCluster));
        keys.extend(instance.key_ids.iter().cloned().map(IndexKey::KeyPair));
        match instance.charge_type {
            InstanceChargeType::Prepaid => {
                keys.push(IndexKey::PrepaidSince(zone(), month(instance.created)));
            }
            InstanceChargeType::SpotPaid => keys.push(IndexKey::SpotVcpus(zone(), instance.vcpus)),
            _ => {}
        }
        let disks = instance.disks().filter(|disk| !disk.id.is_empty());
        let mut names: Vec<_> = disks.map(|disk| digest(Name::Disk(&disk.id))).collect();
        names.extend([Name::Id(&instance.id), Name::Uuid(&instance.uuid)].map(digest));
        names.extend(instance.private_addresses().map(|it| digest(Name::PrivateAddress(it))));
        names.extend(instance.public_addresses().map(|it| digest(Name::PublicAddress(it))));
        if let Some(extras) = &instance.extras {
            keys.extend(
                extras.dedicated_cluster_id.iter().cloned().map(IndexKey::DedicatedCluster),
            );
            names.extend(extras.ipv6_addresses.iter().map(|it| digest(Name::Ipv6Address(*it))));
        }
        Entry { keys, names }
    }
}

/// The year and month of a time, as a text.
pub(crate) fn month(time: Timestamp) -> Arc<str> {
    let text = time.to_string();
    text.get(..7).unwrap_or_default().into()
}

impl InstanceIndex {
    /// Adds a new instance.
    pub(crate) fn add(&mut self, serial: u64, instance: &StoredInstance) {
        let entry = self.entry(instance);
        entry.keys.iter().for_each(|key| self.sets.insert(key, serial));
        entry.names.iter().for_each(|name| {
            self.names.insert((*name, serial));
        });
    }

    /// Removes an instance.
    pub(crate) fn remove(&mut self, serial: u64, instance: &StoredInstance) {
        let entry = self.entry(instance);
        entry.keys.iter().for_each(|key| self.sets.remove(key, serial));
        entry.names.iter().for_each(|name| {
            self.names.remove(&(*name, serial));
        });
    }

    /// Updates what has changed since an earlier entry.
    pub(crate) fn update(&mut self, serial: u64, before: &Entry, instance: &StoredInstance) {
        let after = self.entry(instance);
        if before.keys != after.keys {
            let gone = before.keys.iter().filter(|key| !after.keys.contains(key));
            gone.for_each(|key| self.sets.remove(key, serial));
            let new = after.keys.iter().filter(|key| !before.keys.contains(key));
            new.for_each(|key| self.sets.insert(key, serial));
        }
        if before.names != after.names {
            for name in before.names.iter().filter(|name| !after.names.contains(name)) {
                self.names.remove(&(*name, serial));
            }
            for name in after.names.iter().filter(|name| !before.names.contains(name)) {
                self.names.insert((*name, serial));
            }
        }
    }

    /// Updates the state of an instance, of which nothing else has changed.
    pub(crate) fn update_state(
        &mut self,
        serial: u64,
        before: &InstanceState,
        after: &InstanceState,
    ) {
        if before != after {
            self.sets.remove(&IndexKey::State(before.clone()), serial);
            self.sets.insert(&IndexKey::State(after.clone()), serial);
        }
    }

    /// The serials of the instances that may have a name, the lowest first.
    pub(crate) fn named(&self, name: Name<'_>) -> impl Iterator<Item = u64> {
        let digest = name.digest(&self.order);
        self.names.range((digest, 0)..=(digest, u64::MAX)).map(|(_, serial)| *serial)
    }

    /// The instances that have, for each of these lists, one of its keys.
    pub(crate) fn select(&self, all_of: &[Vec<IndexKey>]) -> Selection {
        self.sets.select(all_of)
    }

    /// The same index without instances.
    #[cfg(test)]
    pub(crate) fn emptied(&self) -> Self {
        Self::new(self.order)
    }

    /// Everything that it contains, for comparisons.
    #[cfg(test)]
    pub(crate) fn content(&self) -> impl PartialEq + use<> {
        (self.sets.content(), self.names.clone())
    }

    /// The keys in a range that instances have, each with the number of the instances.
    pub(crate) fn counts(
        &self,
        range: RangeInclusive<IndexKey>,
    ) -> impl Iterator<Item = (&IndexKey, u64)> {
        self.sets.counts(range)
    }
}
