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
    assumed("dedicated hosts", "PENDING for 60 s, then RUNNING; the setup never fails"),
    assumed("dedicated hosts", "EXPIRED at the end of the term, and removed 7 days later"),
    documented("dedicated hosts", "renewed automatically, a month at a time, unless RenewFlag says otherwise"),
    assumed("dedicated hosts", "sizes of models other than HM50 and HC20, and the zones that offer them; every project exists; balance and stock are unlimited"),
    assumed("dedicated hosts", "the free resources are those that the instances on the host do not use; HostIp is left out"),
    assumed("AllocateHosts", "1 to 100 hosts in a request, other numbers are InvalidParameterValue.Range; members of Placement about host ids and pools are ignored"),
    assumed("AllocateHosts", "a zone without dedicated hosts is InvalidParameterValue.ZoneNotSupported, one without this model is ResourceInsufficient.ZoneSoldOutForSpecifiedInstance, an unknown model is InvalidParameterValue"),
    assumed("AllocateHosts", "its ClientToken is remembered as long as that of a launch, and separately"),
    assumed("DescribeHosts", "host-name matches the whole name; a zone of another region is InvalidZone.MismatchRegion"),
    assumed("ModifyHostsAttribute", "an EXPIRED host is InvalidHost.NotSupported"),
    assumed("RenewHosts", "the months are added to the end of the term, also for an EXPIRED host, which then runs again; a PENDING host is InvalidHost.NotSupported"),
];
