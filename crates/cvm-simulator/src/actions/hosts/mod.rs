//! Dedicated hosts.

mod allocate;
mod describe;
pub(crate) mod lookup;
mod modify;

use cvm_models::actions::{AllocateHosts, DescribeHosts, ModifyHostsAttribute, RenewHosts};

use super::Group;
use crate::decision::{Decision, assumed, documented};
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[
        Handler::of::<AllocateHosts>(),
        Handler::of::<DescribeHosts>(),
        Handler::of::<ModifyHostsAttribute>(),
        Handler::of::<RenewHosts>(),
    ],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    assumed("dedicated hosts", "PENDING for 60 s, then RUNNING; setting up never fails"),
    assumed("dedicated hosts", "EXPIRED at the end of the term, and gone 7 days later"),
    documented("dedicated hosts", "renewed by themselves, a month at a time, unless RenewFlag says otherwise"),
    assumed("dedicated hosts", "models, sizes and the zones that offer them; any project exists; money and stock never end"),
    assumed("dedicated hosts", "what is free is what the instances that are placed on the host leave; HostIp is left out"),
    assumed("AllocateHosts", "1 to 100 hosts a call, others are InvalidParameterValue.Range; the members of Placement about host ids and pools are ignored"),
    assumed("AllocateHosts", "a zone without any hosts is InvalidParameterValue.ZoneNotSupported, one without this model ResourceInsufficient.ZoneSoldOutForSpecifiedInstance, an unknown model InvalidParameterValue"),
    assumed("AllocateHosts", "its ClientToken is remembered as that of a launch is, and is not confused with one"),
    assumed("DescribeHosts", "host-name matches the whole name; a zone of another region is InvalidZone.MismatchRegion"),
    assumed("ModifyHostsAttribute", "an EXPIRED host is InvalidHost.NotSupported"),
    assumed("RenewHosts", "months are added to the end of the term, of an EXPIRED host too, which then runs again; a PENDING host is InvalidHost.NotSupported"),
];
