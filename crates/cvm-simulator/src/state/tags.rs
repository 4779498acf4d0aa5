//! The tags of resources, where each resource stores them. The tag service reads and changes them here, so no second list
//! can disagree.
//!
//! To give a kind of resource tags, implement [`Tagged`] beside the list of the resources, and add a line to [`KINDS`].

use crate::state::{
    Networks, RegionResources, RequestContext, TagList, Tagged, TaggedDisks, TaggedItems,
    set_disk_tags, tagged_after,
};

/// A kind of resource that has tags.
#[derive(Debug)]
pub(crate) struct TaggedKind {
    /// The service in six-part names.
    pub(crate) service: &'static str,
    /// The prefix in six-part names.
    pub(crate) prefix: &'static str,
    list: ListOf,
}

/// Where the resources of a kind are.
#[derive(Debug)]
enum ListOf {
    Disks,
    Instances,
    KeyPairs,
    Networks(fn(&Networks) -> &dyn Tagged, fn(&mut Networks) -> &mut dyn Tagged),
    Region(fn(&RegionResources) -> &dyn Tagged, fn(&mut RegionResources) -> &mut dyn Tagged),
}

/// All kinds of resources that have tags, in the order of lists.
#[rustfmt::skip]
static KINDS: &[TaggedKind] = &[
    TaggedKind { service: "cvm", prefix: "instance", list: ListOf::Instances },
    TaggedKind { service: "cvm", prefix: "keypair", list: ListOf::KeyPairs },
    region("cvm", "host", |it| &*it.dedicated_hosts, |it| &mut *it.dedicated_hosts),
    region("cvm", "hpc", |it| &*it.hpc_clusters, |it| &mut *it.hpc_clusters),
    region("cvm", "image", |it| &*it.images, |it| &mut *it.images),
    region("cvm", "launch-template", |it| &*it.launch_templates, |it| &mut *it.launch_templates),
    region("cvm", "ps", |it| &*it.placement_groups, |it| &mut *it.placement_groups),
    region("cvm", "sg", |it| &*it.security_groups, |it| &mut *it.security_groups),
    region("vpc", "eip", |it| &*it.elastic_ips, |it| &mut *it.elastic_ips),
    networks("subnet", Networks::tagged_subnets, Networks::tagged_subnets_mut),
    networks("vpc", Networks::tagged_vpcs, Networks::tagged_vpcs_mut),
    region("cvm", "snapshot", |it| &it.images.snapshots, |it| &mut it.images.snapshots),
    TaggedKind { service: "cvm", prefix: "volume", list: ListOf::Disks },
];

/// A kind whose resources belong to a region.
const fn region(
    service: &'static str,
    prefix: &'static str,
    list: fn(&RegionResources) -> &dyn Tagged,
    list_mut: fn(&mut RegionResources) -> &mut dyn Tagged,
) -> TaggedKind {
    TaggedKind { service, prefix, list: ListOf::Region(list, list_mut) }
}

/// A kind of the network service that is stored with the addresses of instances.
const fn networks(
    prefix: &'static str,
    list: fn(&Networks) -> &dyn Tagged,
    list_mut: fn(&mut Networks) -> &mut dyn Tagged,
) -> TaggedKind {
    TaggedKind { service: "vpc", prefix, list: ListOf::Networks(list, list_mut) }
}

impl TaggedKind {
    /// All kinds.
    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        KINDS.iter()
    }

    /// The kind with this service and prefix.
    pub(crate) fn find(service: &str, prefix: &str) -> Option<&'static Self> {
        Self::all().find(|kind| kind.service == service && kind.prefix == prefix)
    }

    /// Whether its resources belong to a region. The others belong to the account.
    pub(crate) const fn is_regional(&self) -> bool {
        !matches!(self.list, ListOf::KeyPairs)
    }
}

/// The resources of one kind in one region. The region of those that belong to the account is empty.
pub(crate) struct TaggedGroup<'a> {
    pub(crate) kind: &'static TaggedKind,
    pub(crate) region: &'static str,
    pub(crate) list: TaggedResources<'a>,
}

/// The resources of one kind in one region, wherever they are stored.
#[derive(Clone, Copy)]
pub(crate) enum TaggedResources<'a> {
    List(&'a dyn Tagged),
    Disks(TaggedDisks<'a>),
}

impl<'a> TaggedResources<'a> {
    /// See [`Tagged::all`].
    pub(crate) fn all(self) -> TaggedItems<'a> {
        match self {
            Self::List(list) => list.all(),
            Self::Disks(disks) => disks.all(),
        }
    }

    /// See [`Tagged::tags`].
    pub(crate) fn tags(self, id: &str) -> Option<&'a dyn TagList> {
        match self {
            Self::List(list) => list.tags(id),
            Self::Disks(disks) => disks.tags(id),
        }
    }

    /// See [`Tagged::position`].
    pub(crate) fn position(self, id: &str) -> String {
        match self {
            Self::List(list) => list.position(id),
            Self::Disks(_) => id.to_owned(),
        }
    }

    /// See [`Tagged::after`].
    pub(crate) fn after(self, position: &str) -> Option<TaggedItems<'a>> {
        match self {
            Self::List(list) => list.after(position),
            Self::Disks(disks) => Some(tagged_after(disks.all(), position)),
        }
    }
}

impl RequestContext<'_> {
    /// The tags of a resource. `None` if there is no such resource.
    pub(crate) fn tags_of(
        &self,
        kind: &TaggedKind,
        region: &str,
        id: &str,
    ) -> Option<&dyn TagList> {
        self.tagged(kind, region)?.tags(id)
    }

    /// Replaces the tags of a resource. The account has these tags from now on.
    pub(crate) fn set_tags(
        &mut self,
        kind: &TaggedKind,
        region: &str,
        id: &str,
        tags: Vec<(String, String)>,
    ) {
        for (key, value) in &tags {
            self.tags.record(key, value);
        }
        if let ListOf::Disks = kind.list {
            let (instances, resources) = self.region_mut(region);
            let disks = resources.map(|resources| &mut *resources.disks);
            set_disk_tags(instances, disks, id, tags);
            return;
        }
        let list: Option<&mut dyn Tagged> = match kind.list {
            ListOf::Disks => None,
            ListOf::Instances => {
                self.instances_in_mut(region).map(|instances| -> &mut dyn Tagged { instances })
            }
            ListOf::KeyPairs => Some(&mut **self.key_pairs),
            ListOf::Networks(_, list_mut) => {
                let instances = self.instances_in_mut(region);
                instances.map(|instances| list_mut(&mut instances.addresses.networks))
            }
            ListOf::Region(_, list_mut) => {
                self.regions.get_mut(region).map(|resources| list_mut(resources))
            }
        };
        if let Some(list) = list {
            list.set_tags(id, tags);
        }
    }

    /// Adds the tags of new resources to those of the account, unless it has them.
    pub(crate) fn record_tags(&mut self, tags: &dyn TagList) {
        for (key, value) in tags.iter() {
            self.tags.record(key, value);
        }
    }

    /// The resources of all kinds in all regions, in the order of lists.
    pub(crate) fn tagged_groups(&self) -> Vec<TaggedGroup<'_>> {
        let mut groups = Vec::new();
        let mut add = |kind, region| {
            let list = self.tagged(kind, region);
            groups.extend(list.map(|list| TaggedGroup { kind, region, list }));
        };
        for kind in KINDS {
            if kind.is_regional() {
                self.catalog.regions().iter().for_each(|region| add(kind, region.name));
            } else {
                add(kind, "");
            }
        }
        groups
    }

    /// The resources of a kind in a region. The region does not matter if they belong to the account.
    fn tagged(&self, kind: &TaggedKind, region: &str) -> Option<TaggedResources<'_>> {
        let list: &dyn Tagged = match kind.list {
            ListOf::Disks => {
                let instances = self.instances_in(region);
                let disks = self.regions.get(region).map(|resources| &*resources.disks);
                return Some(TaggedResources::Disks(TaggedDisks { instances, disks }));
            }
            ListOf::Instances => self.instances_in(region)?,
            ListOf::KeyPairs => &**self.key_pairs,
            ListOf::Networks(list, _) => list(&self.instances_in(region)?.addresses.networks),
            ListOf::Region(list, _) => list(self.regions.get(region)?),
        };
        Some(TaggedResources::List(list))
    }
}
