//! Members that name things which this cloud has none of, or that ask for what it does not imitate.
//! To launch without them would answer with another instance than was asked for.

use cvm_models::actions::RunInstances;
use cvm_models::enums::InstanceChargeType;
use cvm_models::types::{InternetAccessible, LoginSettings, Placement};

use crate::refusal::{Codes, Refusal};

/// Whether a request asks for something.
type Asks = fn(&RunInstances) -> bool;

/// Whether a request names such a thing, what it is called, and the code that says there is none.
type Absent = (Asks, &'static str, &'static str);

const ABSENT: &[Absent] = &[
    (
        |request| request.launch_template.is_some(),
        "launch template",
        "InvalidParameterValue.LaunchTemplateIdNotExisted",
    ),
    (
        |request| placement(request).is_some_and(|it| !it.host_ids.is_empty()),
        "dedicated host",
        "InvalidHostId.NotFound",
    ),
    (
        |request| placement(request).is_some_and(|it| !it.dedicated_resource_pack_ids.is_empty()),
        "dedicated resource pack",
        "InvalidParameterValue.DedicatedResourcePackIdsNotFound",
    ),
    (
        |request| login(request).is_some_and(|it| !it.key_ids.is_empty()),
        "key pair",
        "InvalidParameterValue.KeyPairNotFound",
    ),
    (
        |request| !request.disaster_recover_group_ids.is_empty(),
        "placement group",
        "FailedOperation.DisasterRecoverGroupNotFound",
    ),
    (
        |request| is_given(request.hpc_cluster_id.as_ref()),
        "HPC cluster",
        "ResourceNotFound.HpcCluster",
    ),
    (|request| !request.chc_ids.is_empty(), "CHC host", "InvalidParameterValue.ChcHostsNotFound"),
    (
        |request| is_given(request.dedicated_cluster_id.as_ref()),
        "dedicated cluster",
        "InvalidParameter.CdcNotSupported",
    ),
    (
        |request| internet(request).is_some_and(|it| is_given(it.bandwidth_package_id.as_ref())),
        "bandwidth package",
        "InvalidParameterValue.BandwidthPackageIdNotFound",
    ),
    (
        |request| request.data_disks.iter().any(|disk| is_given(disk.snapshot_id.as_ref())),
        "snapshot",
        "InvalidParameter.SnapshotNotFound",
    ),
];

/// What is not imitated.
const NOT_MODELLED: &[(Asks, &str)] = &[
    (|request| request.action_timer.is_some(), "`ActionTimer`"),
    (|request| !request.network_interfaces.is_empty(), "`NetworkInterfaces`"),
    (|request| request.partition_number.is_some(), "`PartitionNumber`"),
    (
        |request| {
            let network = request.virtual_private_cloud.as_ref();
            network.and_then(|it| it.ipv6_address_count).is_some_and(|count| count > 0)
        },
        "`VirtualPrivateCloud.Ipv6AddressCount`",
    ),
    (
        |request| internet(request).is_some_and(|it| it.ipv6_address_type.is_some()),
        "`InternetAccessible.IPv6AddressType`",
    ),
    (
        |request| {
            use InstanceChargeType::{CdcPaid, CdhPaid};
            matches!(request.instance_charge_type, Some(CdhPaid | CdcPaid))
        },
        "instances on dedicated hosts and clusters",
    ),
];

pub(super) fn check(codes: Codes, request: &RunInstances) -> Result<(), Refusal> {
    if let Some((_, noun, code)) = ABSENT.iter().find(|(names, ..)| names(request)) {
        let message = format!("The {noun} that the request names does not exist.");
        return Err(codes.refuse([code], message));
    }
    match NOT_MODELLED.iter().find(|(asks, _)| asks(request)) {
        Some((_, what)) => Err(Refusal::not_modelled(what)),
        None => Ok(()),
    }
}

fn placement(request: &RunInstances) -> Option<&Placement> {
    request.placement.as_ref()
}

fn login(request: &RunInstances) -> Option<&LoginSettings> {
    request.login_settings.as_ref()
}

fn internet(request: &RunInstances) -> Option<&InternetAccessible> {
    request.internet_accessible.as_ref()
}

fn is_given(text: Option<&String>) -> bool {
    text.is_some_and(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use cvm_protocol::Action;

    use super::*;

    #[test]
    fn every_code_is_one_that_the_action_publishes() {
        let codes = Codes(RunInstances::INFO);
        for (_, noun, code) in ABSENT {
            assert_eq!(codes.published(code), Some(*code), "{noun}");
        }
    }

    #[test]
    fn what_is_not_there_is_refused_and_an_empty_name_is_no_name() {
        let codes = Codes(RunInstances::INFO);
        let code = |request| check(codes, &request).err().map(|refusal| refusal.code);
        let named = |id: &str| RunInstances {
            hpc_cluster_id: Some(id.to_owned()),
            ..RunInstances::default()
        };
        assert_eq!(code(RunInstances::default()), None);
        assert_eq!(code(named("")), None);
        assert_eq!(code(named("hpc-12345678")), Some("ResourceNotFound.HpcCluster"));
        let request = RunInstances { partition_number: Some(1), ..RunInstances::default() };
        assert_eq!(code(request), Some("UnsupportedOperation"));
    }
}
