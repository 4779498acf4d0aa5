//! Members that name resources or features that the emulator does not support. A launch without them would create
//! another instance than requested.

use cvm_models::actions::RunInstances;
use cvm_models::enums::InstanceChargeType;
use cvm_models::types::InternetAccessible;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::state::RequestContext;

/// Whether a request contains something.
type Asks = fn(&RunInstances) -> bool;

/// Whether a request names an unsupported resource, its name, and the error code.
type Absent = (Asks, &'static str, &'static str);

const ABSENT: &[Absent] = &[
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
];

/// Unsupported features.
const UNSUPPORTED: &[(Asks, &str)] = &[
    (|request| !request.network_interfaces.is_empty(), "`NetworkInterfaces`"),
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
        |request| request.instance_charge_type == Some(InstanceChargeType::CdcPaid),
        "instances on dedicated clusters",
    ),
];

pub(crate) fn check(codes: DocumentedCodes, request: &RunInstances) -> Result<(), ApiError> {
    if let Some((_, noun, code)) = ABSENT.iter().find(|(names, ..)| names(request)) {
        let message = format!("The {noun} that the request names does not exist.");
        return Err(codes.error([code], message));
    }
    match UNSUPPORTED.iter().find(|(asks, _)| asks(request)) {
        Some((_, what)) => Err(ApiError::not_supported(what)),
        None => Ok(()),
    }
}

/// CHC hosts can be managed, but not used for launches.
pub(crate) fn check_chc_hosts(
    context: &RequestContext<'_>,
    request: &RunInstances,
) -> Result<(), ApiError> {
    let resources = context.regions.get(context.region.name);
    let exists = |id: &&String| {
        resources.is_some_and(|resources| resources.chc_hosts.list.iter().any(|it| it.is(id)))
    };
    match request.chc_ids.iter().find(|id| !exists(id)) {
        Some(id) => {
            let message = format!("The CHC host `{id}` does not exist.");
            Err(context.codes.error(["InvalidParameterValue.ChcHostsNotFound"], message))
        }
        None if request.chc_ids.is_empty() => Ok(()),
        None => Err(ApiError::not_supported("launches onto CHC hosts")),
    }
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
    fn codes_for_missing_resources_are_documented() {
        let codes = DocumentedCodes(RunInstances::INFO);
        for (_, noun, code) in ABSENT {
            assert_eq!(codes.published(code), Some(*code), "{noun}");
        }
    }

    #[test]
    fn unsupported_resources_are_rejected_and_empty_names_ignored() {
        let codes = DocumentedCodes(RunInstances::INFO);
        let code = |request| check(codes, &request).err().map(|error| error.code);
        let named = |id: &str| RunInstances {
            dedicated_cluster_id: Some(id.to_owned()),
            ..RunInstances::default()
        };
        assert_eq!(code(RunInstances::default()), None);
        assert_eq!(code(named("")), None);
        assert_eq!(code(named("cluster-12345678")), Some("InvalidParameter.CdcNotSupported"));
        let request = RunInstances {
            network_interfaces: vec![Default::default()],
            ..RunInstances::default()
        };
        assert_eq!(code(request), Some("UnsupportedOperation"));
    }
}
