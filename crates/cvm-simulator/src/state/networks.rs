//! The VPCs and subnets that were created in one region. Which of their addresses are in use is in `addresses.rs`.

use std::net::Ipv4Addr;

use vpc_models::types::{Subnet, Tag, Vpc};

use crate::catalog::Zone;
use crate::cidr::Cidr;
use crate::ids::{IdGenerator, Stream};
use crate::state::{TagList, Tagged, TaggedItems};
use crate::timestamp::Timestamp;

/// The name servers of a VPC without others.
const NAME_SERVERS: [&str; 2] = ["183.60.83.19", "183.60.82.98"];

/// The range of the default VPC, and the mask of its default subnets.
const DEFAULT_VPC: Cidr = Cidr::new(Ipv4Addr::new(172, 16, 0, 0), 16);
const DEFAULT_SUBNET_PREFIX: u8 = 20;

/// The VPCs and subnets of a region, in the order of their creation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Networks {
    vpcs: Vpcs,
    subnets: Subnets,
}

/// The VPCs of a region.
#[derive(Clone, Debug, Default)]
struct Vpcs(Vec<StoredVpc>);

/// The subnets of a region.
#[derive(Clone, Debug, Default)]
struct Subnets(Vec<StoredSubnet>);

/// A VPC.
#[derive(Clone, Debug)]
pub(crate) struct StoredVpc {
    pub(crate) api: Vpc,
    pub(crate) range: Cidr,
    /// The default route table, which all its subnets use.
    route_table_id: String,
}

/// A subnet.
#[derive(Clone, Debug)]
pub(crate) struct StoredSubnet {
    pub(crate) id: String,
    pub(crate) vpc_id: String,
    pub(crate) zone: String,
    pub(crate) range: Cidr,
    pub(crate) name: String,
    pub(crate) is_default: bool,
    pub(crate) has_broadcast: bool,
    /// The dedicated cluster that it belongs to.
    pub(crate) cluster_id: Option<String>,
    pub(crate) tags: Vec<Tag>,
    route_table_id: String,
    created: Timestamp,
}

/// The members of a new subnet that its creator chooses.
#[derive(Clone, Debug)]
pub(crate) struct NewSubnet {
    pub(crate) vpc_id: String,
    pub(crate) zone: String,
    pub(crate) range: Cidr,
    pub(crate) name: String,
    pub(crate) cluster_id: Option<String>,
    pub(crate) tags: Vec<Tag>,
}

impl Networks {
    /// The VPC with this id.
    pub(crate) fn vpc(&self, id: &str) -> Option<&StoredVpc> {
        self.vpcs.0.iter().find(|vpc| vpc.api.vpc_id == id)
    }

    /// The VPC with this id, to change it.
    pub(crate) fn vpc_mut(&mut self, id: &str) -> Option<&mut StoredVpc> {
        self.vpcs.0.iter_mut().find(|vpc| vpc.api.vpc_id == id)
    }

    /// All VPCs, the newest first.
    pub(crate) fn vpcs(&self) -> impl Iterator<Item = &StoredVpc> {
        self.vpcs.0.iter().rev()
    }

    /// The subnet with this id.
    pub(crate) fn subnet(&self, id: &str) -> Option<&StoredSubnet> {
        self.subnets.0.iter().find(|subnet| subnet.id == id)
    }

    /// The subnet with this id, to change it.
    pub(crate) fn subnet_mut(&mut self, id: &str) -> Option<&mut StoredSubnet> {
        self.subnets.0.iter_mut().find(|subnet| subnet.id == id)
    }

    /// All subnets, the newest first.
    pub(crate) fn subnets(&self) -> impl Iterator<Item = &StoredSubnet> {
        self.subnets.0.iter().rev()
    }

    /// The subnets of a VPC, the newest first.
    pub(crate) fn subnets_of(&self, vpc_id: &str) -> impl Iterator<Item = &StoredSubnet> {
        self.subnets().filter(move |subnet| subnet.vpc_id == vpc_id)
    }

    /// Creates a VPC. Its ids, and what follows from the range and the time, are set here.
    pub(crate) fn create_vpc(
        &mut self,
        chosen: Vpc,
        range: Cidr,
        ids: &mut IdGenerator,
        now: Timestamp,
    ) -> Vpc {
        let vpc_id = ids.vpc();
        self.add_vpc(Vpc { vpc_id, ..chosen }, range, ids, now)
    }

    fn add_vpc(&mut self, chosen: Vpc, range: Cidr, ids: &mut IdGenerator, now: Timestamp) -> Vpc {
        let mut dns_server_set = chosen.dns_server_set;
        if dns_server_set.is_empty() {
            dns_server_set = NAME_SERVERS.map(str::to_owned).to_vec();
        }
        let api = Vpc {
            cidr_block: range.to_string(),
            created_time: now.with_space(),
            dns_server_set,
            dhcp_options_id: ids.id("dopt-", Stream::DhcpOptionsId),
            enable_dhcp: true,
            ..chosen
        };
        let route_table_id = ids.id("rtb-", Stream::RouteTableId);
        self.vpcs.0.push(StoredVpc { api: api.clone(), range, route_table_id });
        api
    }

    /// Creates a subnet in a VPC that exists.
    pub(crate) fn create_subnet(
        &mut self,
        chosen: NewSubnet,
        ids: &mut IdGenerator,
        now: Timestamp,
    ) -> StoredSubnet {
        let vpc = self.vpc(&chosen.vpc_id);
        let route_table_id = vpc.map(|vpc| vpc.route_table_id.clone()).unwrap_or_default();
        let subnet = StoredSubnet { route_table_id, ..chosen.stored(ids.subnet(), now) };
        self.subnets.0.push(subnet.clone());
        subnet
    }

    /// The default subnet of a zone: the present one, or the one that [`Self::create_default`] would create. `None` if the
    /// default VPC has no free range for it.
    pub(crate) fn default_subnet(
        &self,
        zone: Zone,
        ids: &IdGenerator,
        now: Timestamp,
    ) -> Option<StoredSubnet> {
        let (vpc_id, subnet_id) = ids.default_network(zone_id(zone));
        if let Some(subnet) = self.subnet(&subnet_id) {
            return Some(subnet.clone());
        }
        let is_free = |part: &Cidr| self.subnets_of(&vpc_id).all(|it| !it.range.overlaps(*part));
        let range = DEFAULT_VPC.parts(DEFAULT_SUBNET_PREFIX).find(is_free)?;
        let chosen = NewSubnet {
            vpc_id,
            zone: zone.name(),
            range,
            name: "Default-Subnet".to_owned(),
            cluster_id: None,
            tags: Vec::new(),
        };
        Some(StoredSubnet { is_default: true, ..chosen.stored(subnet_id, now) })
    }

    /// Whether these are the ids of the default VPC and the default subnet of a zone, and the subnet does not exist.
    pub(crate) fn lacks_default(
        &self,
        (vpc_id, subnet_id): (&str, &str),
        zone: Zone,
        ids: &IdGenerator,
    ) -> bool {
        let is_default = || {
            let (default_vpc, default_subnet) = ids.default_network(zone_id(zone));
            vpc_id == default_vpc && subnet_id == default_subnet
        };
        self.subnet(subnet_id).is_none() && is_default()
    }

    /// Creates the default subnet of a zone, and the default VPC, unless they exist.
    pub(crate) fn create_default(
        &mut self,
        zone: Zone,
        ids: &mut IdGenerator,
        now: Timestamp,
    ) -> Option<StoredSubnet> {
        let subnet = self.default_subnet(zone, ids, now)?;
        if self.subnet(&subnet.id).is_some() {
            return Some(subnet);
        }
        if self.vpc(&subnet.vpc_id).is_none() {
            let (vpc_id, vpc_name) = (subnet.vpc_id.clone(), "Default-VPC".to_owned());
            let chosen = Vpc { vpc_name, vpc_id, is_default: true, ..Vpc::default() };
            self.add_vpc(chosen, DEFAULT_VPC, ids, now);
        }
        let vpc = self.vpc(&subnet.vpc_id);
        let route_table_id = vpc.map(|vpc| vpc.route_table_id.clone()).unwrap_or_default();
        let subnet = StoredSubnet { route_table_id, ..subnet };
        self.subnets.0.push(subnet.clone());
        Some(subnet)
    }

    /// The VPCs with their tags.
    pub(crate) fn tagged_vpcs(&self) -> &dyn Tagged {
        &self.vpcs
    }

    /// The VPCs, to change their tags.
    pub(crate) fn tagged_vpcs_mut(&mut self) -> &mut dyn Tagged {
        &mut self.vpcs
    }

    /// The subnets with their tags.
    pub(crate) fn tagged_subnets(&self) -> &dyn Tagged {
        &self.subnets
    }

    /// The subnets, to change their tags.
    pub(crate) fn tagged_subnets_mut(&mut self) -> &mut dyn Tagged {
        &mut self.subnets
    }

    /// Deletes a subnet.
    pub(crate) fn delete_subnet(&mut self, id: &str) {
        self.subnets.0.retain(|subnet| subnet.id != id);
    }

    /// Deletes a VPC, which has no subnets.
    pub(crate) fn delete_vpc(&mut self, id: &str) {
        self.vpcs.0.retain(|vpc| vpc.api.vpc_id != id);
    }
}

impl Tagged for Vpcs {
    fn all(&self) -> TaggedItems<'_> {
        Box::new(self.0.iter().map(|it| (&*it.api.vpc_id, &it.api.tag_set as &dyn TagList)))
    }

    fn tags_mut(&mut self, id: &str) -> Option<&mut dyn TagList> {
        Some(&mut self.0.iter_mut().find(|vpc| vpc.api.vpc_id == id)?.api.tag_set)
    }
}

impl Tagged for Subnets {
    fn all(&self) -> TaggedItems<'_> {
        Box::new(self.0.iter().map(|it| (&*it.id, &it.tags as &dyn TagList)))
    }

    fn tags_mut(&mut self, id: &str) -> Option<&mut dyn TagList> {
        Some(&mut self.0.iter_mut().find(|subnet| subnet.id == id)?.tags)
    }
}

/// The number of a zone, from which the ids of the default network follow.
pub(crate) fn zone_id(zone: Zone) -> u64 {
    zone.id().parse().unwrap_or_default()
}

impl NewSubnet {
    fn stored(self, id: String, created: Timestamp) -> StoredSubnet {
        let Self { vpc_id, zone, range, name, cluster_id, tags } = self;
        StoredSubnet {
            id,
            vpc_id,
            zone,
            range,
            name,
            is_default: false,
            has_broadcast: false,
            cluster_id,
            tags,
            route_table_id: String::new(),
            created,
        }
    }
}

impl StoredSubnet {
    /// The number of addresses that can be assigned: all but the first two and the last one.
    pub(crate) fn capacity(&self) -> u32 {
        u32::try_from(self.range.size()).unwrap_or(u32::MAX).saturating_sub(3)
    }

    /// Whether an address of the range is never assigned: that of the network, the gateway or the broadcast.
    pub(crate) fn is_reserved(&self, address: Ipv4Addr) -> bool {
        let first = self.range.first();
        address == first
            || address.to_bits() == first.to_bits().saturating_add(1)
            || address == self.range.last()
    }

    /// The subnet as responses show it, with this many addresses in use.
    pub(crate) fn api(&self, used: u32) -> Subnet {
        Subnet {
            vpc_id: Some(self.vpc_id.clone()),
            subnet_id: Some(self.id.clone()),
            subnet_name: Some(self.name.clone()),
            cidr_block: Some(self.range.to_string()),
            is_default: Some(self.is_default),
            enable_broadcast: Some(self.has_broadcast),
            zone: Some(self.zone.clone()),
            route_table_id: Some(self.route_table_id.clone()),
            created_time: Some(self.created.with_space()),
            available_ip_address_count: Some(u64::from(self.capacity().saturating_sub(used))),
            ipv6_cidr_block: Some(String::new()),
            network_acl_id: Some(String::new()),
            is_remote_vpc_snat: Some(false),
            total_ip_address_count: Some(self.range.size()),
            tag_set: self.tags.clone(),
            cdc_id: Some(self.cluster_id.clone().unwrap_or_default()),
            is_cdc_subnet: Some(i64::from(self.cluster_id.is_some())),
            ..Subnet::default()
        }
    }
}
