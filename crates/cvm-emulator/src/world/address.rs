//! Addresses of instances, public and private. Which networks exist is not known here, so any
//! well-formed subnet is taken for one, in the network and zone that first named it.

use std::collections::{HashMap, HashSet};
use std::net::Ipv4Addr;

use cvm_models::types::Instance;

/// The addresses of one region.
#[derive(Debug, Default)]
pub(crate) struct Addresses {
    /// How many were given out in the basic network.
    basic: u32,
    /// How many public ones were given out.
    public: u32,
    subnets: HashMap<String, Subnet>,
}

#[derive(Debug)]
struct Subnet {
    vpc_id: String,
    zone: String,
    /// Where its range begins.
    first: Ipv4Addr,
    next: u32,
    used: HashSet<Ipv4Addr>,
}

/// Addresses in a subnet: a /20 without those that a network keeps for itself.
const SUBNET_SIZE: u32 = 1 << 12;
const SUBNET_KEPT: u32 = 3;

/// Whether a subnet can be used as a request says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SubnetUse {
    Free,
    InOtherVpc,
    InOtherZone,
    Full,
    AddressTaken(Ipv4Addr),
}

impl Addresses {
    /// Asks without changing anything: `wanted` are the addresses asked for, `count` how many are
    /// needed.
    pub(crate) fn look_at_subnet(
        &self,
        (vpc_id, subnet_id, zone): (&str, &str, &str),
        wanted: &[Ipv4Addr],
        count: u32,
    ) -> SubnetUse {
        let Some(subnet) = self.subnets.get(subnet_id) else {
            let is_full = count > SUBNET_SIZE - SUBNET_KEPT;
            return if is_full { SubnetUse::Full } else { SubnetUse::Free };
        };
        let taken = wanted.iter().find(|address| subnet.used.contains(address));
        let used = u32::try_from(subnet.used.len()).unwrap_or(u32::MAX);
        match taken {
            _ if subnet.vpc_id != vpc_id => SubnetUse::InOtherVpc,
            _ if subnet.zone != zone => SubnetUse::InOtherZone,
            Some(address) => SubnetUse::AddressTaken(*address),
            None if used.saturating_add(count) > SUBNET_SIZE - SUBNET_KEPT => SubnetUse::Full,
            None => SubnetUse::Free,
        }
    }

    /// An address in the basic network.
    pub(crate) fn next_basic(&mut self) -> Ipv4Addr {
        let place = self.basic;
        self.basic = self.basic.wrapping_add(1);
        offset(Ipv4Addr::new(10, 0, 0, 0), host(place) % (1 << 24))
    }

    /// An address in a subnet: the one asked for, or the next that is free.
    pub(crate) fn take(
        &mut self,
        (vpc_id, subnet_id, zone): (&str, &str, &str),
        wanted: Option<Ipv4Addr>,
    ) -> Ipv4Addr {
        let place = u32::try_from(self.subnets.len()).unwrap_or(0) % 256;
        let subnet = self.subnets.entry(subnet_id.to_owned()).or_insert_with(|| Subnet {
            vpc_id: vpc_id.to_owned(),
            zone: zone.to_owned(),
            first: offset(Ipv4Addr::new(172, 16, 0, 0), place * SUBNET_SIZE),
            next: 0,
            used: HashSet::new(),
        });
        let address = wanted.unwrap_or_else(|| subnet.next_free());
        subnet.used.insert(address);
        address
    }

    /// A public address. They come from ranges that no one can reach: a test that connects to one by
    /// mistake disturbs nobody.
    pub(crate) fn next_public(&mut self) -> Ipv4Addr {
        const BENCHMARKS: u32 = 512 * 254;
        const CARRIERS: u32 = (1 << 14) * 254;
        let place = self.public;
        self.public = self.public.wrapping_add(1);
        match place.checked_sub(BENCHMARKS) {
            None => offset(Ipv4Addr::new(198, 18, 0, 0), host(place)),
            Some(place) => offset(Ipv4Addr::new(100, 64, 0, 0), host(place % CARRIERS)),
        }
    }

    /// Takes back what an instance had that is destroyed or moves.
    pub(crate) fn release(&mut self, instance: &Instance) {
        let subnet = &instance.virtual_private_cloud.subnet_id;
        let addresses = instance.private_ip_addresses.iter().filter_map(|text| text.parse().ok());
        addresses.for_each(|address| self.give_back(subnet, address));
    }

    /// Takes back one address.
    pub(crate) fn give_back(&mut self, subnet_id: &str, address: Ipv4Addr) {
        if let Some(subnet) = self.subnets.get_mut(subnet_id) {
            subnet.used.remove(&address);
        }
    }
}

impl Subnet {
    fn next_free(&mut self) -> Ipv4Addr {
        let size = SUBNET_SIZE - SUBNET_KEPT;
        for _ in 0..size {
            let address = offset(self.first, self.next % size + 2);
            self.next = (self.next + 1) % size;
            if !self.used.contains(&address) {
                return address;
            }
        }
        // A full subnet was refused before.
        self.first
    }
}

/// The number of a host: 254 in each network of 256, so that no address ends in 0 or 255.
const fn host(place: u32) -> u32 {
    place / 254 * 256 + place % 254 + 1
}

fn offset(first: Ipv4Addr, by: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(first.to_bits().wrapping_add(by))
}

#[cfg(test)]
mod tests {
    use cvm_models::types::VirtualPrivateCloud;

    use super::*;

    const PLACE: (&str, &str, &str) = ("vpc-1", "subnet-1", "ap-guangzhou-3");

    #[test]
    fn addresses_do_not_repeat_and_avoid_the_edges() {
        let mut addresses = Addresses::default();
        let basic: HashSet<_> = (0..1000).map(|_| addresses.next_basic()).collect();
        assert_eq!(basic.len(), 1000);
        assert!(basic.iter().all(|address| address.is_private()));
        assert!(basic.iter().all(|address| !matches!(address.octets()[3], 0 | 255)));
        let public: HashSet<_> = (0..1000).map(|_| addresses.next_public()).collect();
        assert_eq!(public.len(), 1000);
        assert!(public.iter().all(|address| !address.is_private()));
    }

    #[test]
    fn a_subnet_stays_where_it_was_first_named() {
        let mut addresses = Addresses::default();
        assert_eq!(addresses.look_at_subnet(PLACE, &[], 1), SubnetUse::Free);
        addresses.take(PLACE, None);
        let (vpc, subnet, zone) = PLACE;
        let look = |place| addresses.look_at_subnet(place, &[], 1);
        assert_eq!(look(PLACE), SubnetUse::Free);
        assert_eq!(look(("vpc-2", subnet, zone)), SubnetUse::InOtherVpc);
        assert_eq!(look((vpc, subnet, "ap-guangzhou-4")), SubnetUse::InOtherZone);
    }

    #[test]
    fn an_address_is_taken_until_its_instance_is_gone() {
        let mut addresses = Addresses::default();
        let wanted: Ipv4Addr = "172.16.0.9".parse().unwrap();
        assert_eq!(addresses.take(PLACE, Some(wanted)), wanted);
        assert_eq!(addresses.look_at_subnet(PLACE, &[wanted], 1), SubnetUse::AddressTaken(wanted));
        let next: Vec<_> = (0..10).map(|_| addresses.take(PLACE, None)).collect();
        assert!(!next.contains(&wanted), "{next:?}");
        addresses.release(&Instance {
            private_ip_addresses: vec![wanted.to_string()],
            virtual_private_cloud: VirtualPrivateCloud {
                subnet_id: "subnet-1".into(),
                ..VirtualPrivateCloud::default()
            },
            ..Instance::default()
        });
        assert_eq!(addresses.look_at_subnet(PLACE, &[wanted], 1), SubnetUse::Free);
    }

    #[test]
    fn a_subnet_fills_up() {
        let mut addresses = Addresses::default();
        let taken: HashSet<_> =
            (0..SUBNET_SIZE - SUBNET_KEPT).map(|_| addresses.take(PLACE, None)).collect();
        assert_eq!(taken.len(), 4093);
        assert_eq!(addresses.look_at_subnet(PLACE, &[], 1), SubnetUse::Full);
    }
}
