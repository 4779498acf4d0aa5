//! Public and private addresses of instances. A created subnet assigns the addresses of its range. A subnet that was never
//! created can be used, too: it is in the network and zone of the first request that names it.

use std::collections::HashMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

use crate::state::{Networks, Shared, StoredInstance, StoredSubnet};

/// The addresses of one region.
#[derive(Clone, Debug, Default)]
pub(crate) struct Addresses {
    /// The VPCs and subnets that were created.
    pub(crate) networks: Shared<Networks>,
    /// The number of public addresses assigned.
    public: u32,
    /// The number of IPv6 addresses assigned.
    ipv6: u32,
    subnets: OrdMap<Arc<str>, Shared<Subnet>>,
    /// The number of subnets that have assigned addresses.
    made_subnets: u32,
    /// The number of subnets at which unused ones are removed.
    forget_threshold: usize,
    vpcs: OrdMap<Arc<str>, Shared<Vpc>>,
}

/// A private network. Its subnets share no address in use.
#[derive(Clone, Debug, Default)]
struct Vpc {
    /// The addresses in use, with the numbers of their subnets.
    used: OrdMap<Ipv4Addr, u32>,
    /// The number of addresses in use in each range.
    used_in_range: OrdMap<u32, u32>,
    /// The ranges of its subnets that were never created.
    ranges: OrdSet<u32>,
}

/// A subnet that assigns addresses.
#[derive(Clone, Debug)]
struct Subnet {
    number: u32,
    vpc_id: Arc<str>,
    zone: Arc<str>,
    /// The first address of its range.
    first: Ipv4Addr,
    /// The number of addresses that it can assign.
    capacity: u32,
    next: u32,
    /// The number of addresses in use under its name.
    used: u32,
}

/// The addresses of a subnet that was never created: a /20 without the reserved ones.
const SUBNET_SIZE: u32 = 1 << 12;
const SUBNET_KEPT: u32 = 3;
const SUBNET_FREE: u32 = SUBNET_SIZE - SUBNET_KEPT;

/// The ranges of a network that was never created: the subnets of 172.16.0.0/12.
const FIRST: Ipv4Addr = Ipv4Addr::new(172, 16, 0, 0);
const RANGES: u32 = 256;

/// Below this number of subnets, unused ones are kept.
const MIN_REMEMBERED_SUBNETS: usize = 1_000;

/// Whether a request can use a subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SubnetUse {
    Free,
    InOtherVpc,
    InOtherZone,
    Full,
    /// The address is in use or reserved.
    AddressTaken(Ipv4Addr),
    AddressOutside(Ipv4Addr),
}

impl Addresses {
    /// Checks a subnet without a change. `created` is the subnet if it was created, `requested` are the chosen addresses,
    /// and `count` is the number of necessary addresses.
    pub(crate) fn check_subnet_use(
        &self,
        (vpc_id, subnet_id, zone): (&str, &str, &str),
        created: Option<&StoredSubnet>,
        requested: &[Ipv4Addr],
        count: u32,
    ) -> SubnetUse {
        let vpc = self.vpcs.get(vpc_id);
        let is_used = |address: &Ipv4Addr| vpc.is_some_and(|vpc| vpc.used.contains_key(address));
        if let Some(subnet) = created {
            let is_outside = |address: &&Ipv4Addr| !subnet.range.contains(**address);
            let is_taken = |address: &&Ipv4Addr| subnet.is_reserved(**address) || is_used(address);
            return if subnet.vpc_id != vpc_id {
                SubnetUse::InOtherVpc
            } else if subnet.zone != zone {
                SubnetUse::InOtherZone
            } else if let Some(address) = requested.iter().find(is_outside) {
                SubnetUse::AddressOutside(*address)
            } else if let Some(address) = requested.iter().find(is_taken) {
                SubnetUse::AddressTaken(*address)
            } else if self.used_by(subnet_id).saturating_add(count) > subnet.capacity() {
                SubnetUse::Full
            } else {
                SubnetUse::Free
            };
        }
        // Chosen addresses can be outside the range of the subnet.
        let drawn = count.saturating_sub(u32::try_from(requested.len()).unwrap_or(u32::MAX));
        let range = match self.subnets.get(subnet_id) {
            Some(subnet) if *subnet.vpc_id != *vpc_id => return SubnetUse::InOtherVpc,
            Some(subnet) if *subnet.zone != *zone => return SubnetUse::InOtherZone,
            Some(subnet) => range_of(subnet.first),
            None => vpc.map_or(Some(0), |vpc| vpc.free_range()),
        };
        let taken = requested.iter().find(|address| is_used(address));
        match (taken, range) {
            (Some(address), _) => SubnetUse::AddressTaken(*address),
            (None, Some(range)) => {
                let used = vpc.and_then(|vpc| vpc.used_in_range.get(&range)).copied();
                let is_full = used.unwrap_or(0).saturating_add(drawn) > SUBNET_FREE;
                if is_full { SubnetUse::Full } else { SubnetUse::Free }
            }
            (None, None) => SubnetUse::Full,
        }
    }

    /// An address in a subnet: the chosen one, or the next free one.
    pub(crate) fn take(
        &mut self,
        (vpc_id, subnet_id, zone): (&str, &str, &str),
        requested: Option<Ipv4Addr>,
    ) -> Ipv4Addr {
        if !self.subnets.contains_key(subnet_id) {
            self.forget_subnets();
            let (first, capacity) = match self.networks.subnet(subnet_id) {
                Some(created) => (created.range.first(), created.capacity()),
                None => {
                    let vpc = self.vpcs.entry(vpc_id.into()).or_default();
                    let range = vpc.free_range().unwrap_or(0);
                    vpc.ranges.insert(range);
                    (offset(FIRST, range * SUBNET_SIZE), SUBNET_FREE)
                }
            };
            let (vpc_id, zone) = (vpc_id.into(), zone.into());
            let number = self.made_subnets;
            self.made_subnets = number.wrapping_add(1);
            let subnet = Subnet { number, vpc_id, zone, first, capacity, next: 0, used: 0 };
            self.subnets.insert(subnet_id.into(), Shared::new(subnet));
        }
        if !self.vpcs.contains_key(vpc_id) {
            self.vpcs.insert(vpc_id.into(), Shared::default());
        }
        let Some(vpc) = self.vpcs.get_mut(vpc_id) else { return FIRST };
        let Some(subnet) = self.subnets.get_mut(subnet_id) else { return FIRST };
        let address = requested.unwrap_or_else(|| subnet.next_free(vpc));
        if vpc.used.insert(address, subnet.number).is_none() {
            subnet.used += 1;
            if let Some(range) = range_of(address) {
                vpc.used_in_range.entry(range).and_modify(|used| *used += 1).or_insert(1);
            }
        }
        address
    }

    /// Removes unused subnets when there are many. The next removal comes when there are twice as many as remain, so
    /// that the average cost for one subnet is constant.
    fn forget_subnets(&mut self) {
        if self.subnets.len() < self.forget_threshold.max(MIN_REMEMBERED_SUBNETS) {
            return;
        }
        let (used, unused): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.subnets).into_iter().partition(|(_, subnet)| subnet.used > 0);
        for (_, subnet) in unused {
            if let Some(vpc) = self.vpcs.get_mut(&subnet.vpc_id)
                && let Some(range) = range_of(subnet.first)
            {
                vpc.ranges.remove(&range);
            }
        }
        self.subnets = used.into_iter().collect();
        let vpcs = std::mem::take(&mut self.vpcs).into_iter();
        let has_any = |vpc: &Vpc| !vpc.ranges.is_empty() || !vpc.used.is_empty();
        self.vpcs = vpcs.filter(|(_, vpc)| has_any(vpc)).collect();
        self.forget_threshold = self.subnets.len().saturating_mul(2);
    }

    /// A public address, from ranges that are not routed: a test that connects to one by mistake reaches nobody.
    pub(crate) fn next_public(&mut self) -> Ipv4Addr {
        const BENCHMARKS: u32 = 512 * 254;
        const CARRIERS: u32 = (1 << 14) * 254;
        let index = self.public;
        self.public = self.public.wrapping_add(1);
        match index.checked_sub(BENCHMARKS) {
            None => offset(Ipv4Addr::new(198, 18, 0, 0), host(index)),
            Some(index) => offset(Ipv4Addr::new(100, 64, 0, 0), host(index % CARRIERS)),
        }
    }

    /// An IPv6 address, from the range of the documentation, which is not routed.
    pub(crate) fn next_ipv6(&mut self) -> Ipv6Addr {
        self.ipv6 = self.ipv6.wrapping_add(1);
        let [high, low] = [self.ipv6 >> 16, self.ipv6 & 0xffff].map(|part| part as u16);
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, high, low)
    }

    /// Releases the addresses of the primary interface of an instance that is destroyed or moved.
    pub(crate) fn release(&mut self, instance: &StoredInstance) {
        for address in instance.private_addresses() {
            self.give_back(&instance.subnet_id, address);
        }
    }

    /// Releases the addresses of the secondary interfaces that are deleted with an instance.
    pub(crate) fn release_secondary(&mut self, instance: &StoredInstance) {
        let secondary = instance.extras.iter().flat_map(|extras| &extras.secondary_addresses);
        for (subnet_id, address) in secondary {
            self.give_back(subnet_id, *address);
        }
    }

    /// Releases one address.
    pub(crate) fn give_back(&mut self, subnet_id: &str, address: Ipv4Addr) {
        let Some(subnet) = self.subnets.get_mut(subnet_id) else { return };
        let Some(vpc) = self.vpcs.get_mut(&subnet.vpc_id) else { return };
        if vpc.used.remove(&address).is_some() {
            subnet.used = subnet.used.saturating_sub(1);
            if let Some(used) = range_of(address).and_then(|it| vpc.used_in_range.get_mut(&it)) {
                *used = used.saturating_sub(1);
            }
        }
    }

    /// Whether requests have named this VPC.
    pub(crate) fn has_vpc(&self, vpc_id: &str) -> bool {
        self.vpcs.contains_key(vpc_id)
    }

    /// Whether requests have named this subnet.
    pub(crate) fn has_subnet(&self, subnet_id: &str) -> bool {
        self.subnets.contains_key(subnet_id)
    }

    /// The number of addresses of a subnet that are in use.
    pub(crate) fn used_by(&self, subnet_id: &str) -> u32 {
        self.subnets.get(subnet_id).map_or(0, |subnet| subnet.used)
    }

    /// The addresses of a VPC that are in use, with their subnets, in no order.
    pub(crate) fn used_in(&self, vpc_id: &str) -> impl Iterator<Item = (Ipv4Addr, &str)> {
        let subnets = self.subnets.iter().filter(|(_, subnet)| *subnet.vpc_id == *vpc_id);
        let ids: HashMap<u32, &str> = subnets.map(|(id, subnet)| (subnet.number, &**id)).collect();
        let used = self.vpcs.get(vpc_id).map(|vpc| &vpc.used);
        let with_id =
            move |(address, number): (&Ipv4Addr, &u32)| Some((*address, *ids.get(number)?));
        used.into_iter().flatten().filter_map(with_id)
    }

    /// Deletes a created subnet, of which no address is in use.
    pub(crate) fn delete_subnet(&mut self, id: &str) {
        self.networks.delete_subnet(id);
        self.subnets.remove(id);
    }

    /// Deletes a created VPC, of which no address is in use.
    pub(crate) fn delete_vpc(&mut self, id: &str) {
        self.networks.delete_vpc(id);
        self.vpcs.remove(id);
    }
}

impl Vpc {
    /// A range that no subnet uses.
    fn free_range(&self) -> Option<u32> {
        (0..RANGES).find(|range| !self.ranges.contains(range))
    }
}

impl Subnet {
    fn next_free(&mut self, vpc: &Vpc) -> Ipv4Addr {
        for _ in 0..self.capacity {
            // The first two addresses are reserved.
            let address = offset(self.first, self.next + 2);
            self.next = (self.next + 1) % self.capacity;
            if !vpc.used.contains_key(&address) {
                return address;
            }
        }
        // A full subnet was rejected before.
        self.first
    }
}

/// The range that contains an address.
fn range_of(address: Ipv4Addr) -> Option<u32> {
    let index = address.to_bits().checked_sub(FIRST.to_bits())?;
    Some(index / SUBNET_SIZE).filter(|range| *range < RANGES)
}

/// The number of a host: 254 in each network of 256, so that no address ends in 0 or 255.
const fn host(index: u32) -> u32 {
    index / 254 * 256 + index % 254 + 1
}

fn offset(first: Ipv4Addr, by: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(first.to_bits().wrapping_add(by))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const PLACE: (&str, &str, &str) = ("vpc-1", "subnet-1", "ap-guangzhou-3");

    #[test]
    fn addresses_are_unique() {
        let mut addresses = Addresses::default();
        let private: HashSet<_> = (0..1000).map(|_| addresses.take(PLACE, None)).collect();
        assert_eq!(private.len(), 1000);
        assert!(private.iter().all(|address| address.is_private()));
        let public: HashSet<_> = (0..1000).map(|_| addresses.next_public()).collect();
        assert_eq!(public.len(), 1000);
        assert!(public.iter().all(|address| !address.is_private()));
        assert!(public.iter().all(|address| !matches!(address.octets()[3], 0 | 255)));
    }

    #[test]
    fn subnet_stays_in_its_first_vpc_and_zone() {
        let mut addresses = Addresses::default();
        assert_eq!(addresses.check_subnet_use(PLACE, None, &[], 1), SubnetUse::Free);
        addresses.take(PLACE, None);
        let (vpc, subnet, zone) = PLACE;
        let look = |index| addresses.check_subnet_use(index, None, &[], 1);
        assert_eq!(look(PLACE), SubnetUse::Free);
        assert_eq!(look(("vpc-2", subnet, zone)), SubnetUse::InOtherVpc);
        assert_eq!(look((vpc, subnet, "ap-guangzhou-4")), SubnetUse::InOtherZone);
    }

    #[test]
    fn address_is_in_use_until_its_instance_is_removed() {
        let mut addresses = Addresses::default();
        let requested: Ipv4Addr = "172.16.0.9".parse().unwrap();
        assert_eq!(addresses.take(PLACE, Some(requested)), requested);
        assert_eq!(
            addresses.check_subnet_use(PLACE, None, &[requested], 1),
            SubnetUse::AddressTaken(requested)
        );
        let next: Vec<_> = (0..10).map(|_| addresses.take(PLACE, None)).collect();
        assert!(!next.contains(&requested), "{next:?}");
        addresses.release(&StoredInstance {
            private_address: Some(requested),
            subnet_id: "subnet-1".into(),
            ..StoredInstance::default()
        });
        assert_eq!(addresses.check_subnet_use(PLACE, None, &[requested], 1), SubnetUse::Free);
    }

    #[test]
    fn subnet_becomes_full() {
        let mut addresses = Addresses::default();
        let taken: HashSet<_> = (0..SUBNET_FREE).map(|_| addresses.take(PLACE, None)).collect();
        assert_eq!(taken.len(), 4093);
        assert_eq!(addresses.check_subnet_use(PLACE, None, &[], 1), SubnetUse::Full);
    }

    #[test]
    fn subnets_of_a_network_share_no_address() {
        let mut addresses = Addresses::default();
        let mut taken = HashSet::new();
        for subnet in 0..RANGES {
            let location = ("vpc-1", &*format!("subnet-{subnet}"), "ap-guangzhou-3");
            assert_eq!(addresses.check_subnet_use(location, None, &[], 3), SubnetUse::Free);
            taken.extend((0..3).map(|_| addresses.take(location, None)));
        }
        assert_eq!(taken.len(), 3 * RANGES as usize);
        let one_more = ("vpc-1", "subnet-more", "ap-guangzhou-3");
        assert_eq!(addresses.check_subnet_use(one_more, None, &[], 1), SubnetUse::Full);
        // Another network can use the same addresses.
        let elsewhere = ("vpc-2", "subnet-of-2", "ap-guangzhou-3");
        assert_eq!(addresses.check_subnet_use(elsewhere, None, &[], 1), SubnetUse::Free);
        assert!(taken.contains(&addresses.take(elsewhere, None)));
    }

    #[test]
    fn chosen_address_is_in_use_in_the_whole_network() {
        let mut addresses = Addresses::default();
        let other = ("vpc-1", "subnet-2", "ap-guangzhou-3");
        addresses.take(PLACE, None);
        // The address that another subnet would assign next.
        let chosen: Ipv4Addr = "172.16.16.2".parse().unwrap();
        addresses.take(PLACE, Some(chosen));
        assert_eq!(
            addresses.check_subnet_use(other, None, &[chosen], 1),
            SubnetUse::AddressTaken(chosen)
        );
        assert_ne!(addresses.take(other, None), chosen);
        let full = addresses.check_subnet_use(other, None, &[], SUBNET_FREE - 1);
        assert_eq!(full, SubnetUse::Full, "the chosen one is in its range");
        addresses.give_back("subnet-1", chosen);
        assert_eq!(addresses.check_subnet_use(other, None, &[], SUBNET_FREE - 1), SubnetUse::Free);
        assert_eq!(addresses.check_subnet_use(other, None, &[chosen], 1), SubnetUse::Free);
    }

    #[test]
    fn unused_subnets_are_removed_when_there_are_many() {
        let mut addresses = Addresses::default();
        addresses.take(PLACE, None);
        for number in 0..10 * MIN_REMEMBERED_SUBNETS {
            let (vpc, subnet) = (format!("vpc-{number}"), format!("subnet-x{number}"));
            let address = addresses.take((&vpc, &subnet, "ap-guangzhou-3"), None);
            addresses.give_back(&subnet, address);
        }
        assert!(addresses.subnets.len() <= MIN_REMEMBERED_SUBNETS, "{}", addresses.subnets.len());
        assert!(addresses.vpcs.len() <= MIN_REMEMBERED_SUBNETS, "{}", addresses.vpcs.len());
        let elsewhere = ("vpc-2", "subnet-1", "ap-guangzhou-3");
        assert_eq!(addresses.check_subnet_use(elsewhere, None, &[], 1), SubnetUse::InOtherVpc);
    }
}
