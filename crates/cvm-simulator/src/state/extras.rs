//! What only few instances have. It is stored apart, so that all others stay small.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// What only few instances have.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Extras {
    pub(crate) ipv6_addresses: Vec<Ipv6Addr>,
    pub(crate) public_ipv6_address: Option<Ipv6Addr>,
    /// The elastic IPs that the instance shows. The network service binds and unbinds them.
    pub(crate) elastic_ips: Vec<Ipv4Addr>,
    /// Further private addresses of the primary interface.
    pub(crate) more_private_addresses: Vec<Ipv4Addr>,
    /// The addresses, with their subnets, of secondary interfaces that are deleted with the instance.
    pub(crate) secondary_addresses: Vec<(Arc<str>, Ipv4Addr)>,
    /// The dedicated cluster that hosts the instance.
    pub(crate) dedicated_cluster_id: Option<Arc<str>>,
}
