//! What the emulator refuses although the specification has it. [`crate::coverage`] lists it. Tests send each of these
//! values and filters, and every other one of every parameter.

use cvm_protocol::ActionInfo;

use crate::api_error::ApiError;

/// A parameter that the emulator refuses, or one of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusedParameter {
    /// The name of the parameter, in the notation of the API.
    pub path: &'static str,
    /// The refused value; `None` for every value.
    pub value: Option<&'static str>,
    /// When it is refused, and why.
    pub reason: &'static str,
}

impl RefusedParameter {
    pub(crate) fn error(&self) -> ApiError {
        ApiError::not_supported(self.reason)
    }
}

/// The refused parameters of an action.
pub(crate) fn refused(info: &ActionInfo) -> &'static [RefusedParameter] {
    let mut rows = REFUSED.iter();
    rows.find(|(name, _)| is_named(info, name)).map(|(_, rows)| *rows).unwrap_or_default()
}

/// Whether this is the name of the action in [`REFUSED`].
fn is_named(info: &ActionInfo, name: &str) -> bool {
    match name.split_once(':') {
        Some((service, action)) => service == info.service.name && action == info.name,
        None => name == info.name,
    }
}

/// By action. Where several services have an action of the same name, the name has that of the service before it.
const REFUSED: &[(&str, &[RefusedParameter])] = &[
    ("AllocateAddresses", &[PROTECTED_ADDRESS, RESIDENTIAL_ADDRESS, CHOSEN_ADDRESSES]),
    ("ApplySnapshot", &[AUTOMATIC_STOP, AUTOMATIC_START]),
    ("AssociateAddress", &[LOAD_BALANCER, DIRECT_CONNECTION, OTHER_REGION]),
    ("AssumeRole", &[MFA, RefusedParameter { path: "TokenCode", ..MFA }]),
    ("AttachResourcesTag", &[TAGGED_PREFIX]),
    ("CreateDisks", &[AUTOMATIC_MOUNT, CAGE, SHARED_DISK, STORAGE_CLUSTER]),
    ("CreateSnapshot", &[INSTANT_SNAPSHOT]),
    ("CreateSubnet", SUBNET_IPV6),
    ("CreateVpc", VPC_IPV6),
    ("DescribeBandwidthPackages", PACKAGE_FILTERS),
    ("DescribeDisks", DISK_FILTERS),
    ("DescribeImages", IMAGE_FILTERS),
    ("DescribeResourceTags", &[BUCKET, TAGGED_SERVICE]),
    ("DescribeResourceTagsByResourceIds", &[TAGGED_PREFIX]),
    ("DescribeTaskResult", &[ORDER]),
    ("DetachResourcesTag", &[TAGGED_PREFIX]),
    ("GetResources", &[TAGGED_LIST]),
    ("InquiryPriceRunInstances", LAUNCH),
    ("ModifyAddressAttribute", &[DIRECT_CONNECTION_ON, VISIBLE_ADDRESS]),
    ("ModifyDisksRenewFlag", &[RENEWAL_PERIOD]),
    ("ModifyResourceTags", &[TAGGED_NAME]),
    ("ProgramFpgaImage", &[FPGA]),
    ("PurchaseResourcePoolPacks", &[SHARED_PACK]),
    ("ResetInstancesType", &[SIZE_ON_HOST]),
    ("RunInstances", LAUNCH),
    ("TagResources", &[TAGGED_LIST]),
    ("UnTagResources", &[TAGGED_LIST]),
    ("api:DescribeZones", &[PRODUCT]),
];

/// Any of these parameters asks for an IPv6 range.
pub(crate) const IPV6_RANGE: RefusedParameter = RefusedParameter {
    path: "Ipv6CidrBlock",
    value: None,
    reason: "created networks with an IPv6 range",
};

const STACK_TYPE: RefusedParameter = RefusedParameter { path: "StackType", ..IPV6_RANGE };

const SUBNET_IPV6: &[RefusedParameter] = &[IPV6_RANGE, STACK_TYPE];

const VPC_IPV6: &[RefusedParameter] =
    &[IPV6_RANGE, STACK_TYPE, RefusedParameter { path: "AddressType", ..IPV6_RANGE }];

pub(crate) const PROTECTED_ADDRESS: RefusedParameter =
    value("AddressType", "AntiDDoSEIP", "elastic IPs with protection against attacks");

pub(crate) const RESIDENTIAL_ADDRESS: RefusedParameter =
    value("AddressType", "ResidentialEIP", "native IPs");

pub(crate) const CHOSEN_ADDRESSES: RefusedParameter = RefusedParameter {
    path: "VipCluster",
    value: None,
    reason: "the allocation of chosen addresses",
};

pub(crate) const LOAD_BALANCER: RefusedParameter = RefusedParameter {
    path: "InstanceId",
    value: None,
    reason: "load balancers, so an elastic IP can only be bound to an instance",
};

pub(crate) const DIRECT_CONNECTION: RefusedParameter = RefusedParameter {
    path: "EipDirectConnection",
    value: None,
    reason: "elastic IPs with direct connection",
};

pub(crate) const DIRECT_CONNECTION_ON: RefusedParameter =
    value("EipDirectConnection", "TRUE", DIRECT_CONNECTION.reason);

pub(crate) const VISIBLE_ADDRESS: RefusedParameter = RefusedParameter {
    path: "EipVisibleOnEni",
    value: None,
    reason: "elastic IPs that a network interface shows",
};

pub(crate) const OTHER_REGION: RefusedParameter = RefusedParameter {
    path: "InstanceRegion",
    value: None,
    reason: "the binding of an elastic IP to an instance of another region",
};

pub(crate) const ORDER: RefusedParameter =
    RefusedParameter { path: "DealName", value: None, reason: "orders of the billing service" };

const PACKAGE_FILTERS: &[RefusedParameter] = &[
    filter("tag-key", "bandwidth packages have no tags"),
    filter("tag-value", "bandwidth packages have no tags"),
    filter("tag:tag-key", "bandwidth packages have no tags"),
];

const DISK_FILTERS: &[RefusedParameter] =
    &[filter("cluster-group-id", "groups of dedicated clusters are not known")];

const IMAGE_FILTERS: &[RefusedParameter] = &[
    filter("dedicated-cluster-id", "no image is cached in a dedicated cluster"),
    filter("cdc-cache-status", "no image is cached in a dedicated cluster"),
];

const LAUNCH: &[RefusedParameter] = &[
    value(
        "InternetAccessible.InternetChargeType",
        "BANDWIDTH_POSTPAID_BY_MONTH",
        "it is only known from existing instances",
    ),
    value("DataDisks.DiskType", "LOCAL_NVME", COMES_WITH_TYPE),
    value("DataDisks.DiskType", "LOCAL_PRO", COMES_WITH_TYPE),
];

const COMES_WITH_TYPE: &str = "such disks come with an instance type and cannot be chosen";

const SHARED_PACK: RefusedParameter =
    value("ResourcePoolPackType", "SHARED", "the service does not sell such packs");

const fn value(path: &'static str, value: &'static str, reason: &'static str) -> RefusedParameter {
    RefusedParameter { path, value: Some(value), reason }
}

/// A filter of the specification without a test.
const fn filter(name: &'static str, reason: &'static str) -> RefusedParameter {
    value(FILTER_NAME, name, reason)
}

/// The parameter that names a filter.
const FILTER_NAME: &str = "Filters.Name";

/// Disks that are attached as soon as they are created.
pub(crate) const AUTOMATIC_MOUNT: RefusedParameter = RefusedParameter {
    path: "AutoMountConfiguration",
    value: None,
    reason: "automatic mounting of new disks",
};

/// A reset of a disk that is in use.
pub(crate) const AUTOMATIC_STOP: RefusedParameter = RefusedParameter {
    path: "AutoStopInstance",
    value: None,
    reason: "the stop of an instance to reset its disk: `AutoStopInstance` can only be false",
};

/// See [`AUTOMATIC_STOP`].
pub(crate) const AUTOMATIC_START: RefusedParameter = RefusedParameter {
    path: "AutoStartInstance",
    value: None,
    reason: "the start of an instance after the reset of its disk: `AutoStartInstance` can only be false",
};

pub(crate) const RENEWAL_PERIOD: RefusedParameter = RefusedParameter {
    path: "AutoRenewPeriod",
    value: None,
    reason: "automatic renewals of disks for another term than a month",
};

/// Disks in a separate area of the data center.
pub(crate) const CAGE: RefusedParameter =
    RefusedParameter { path: "Placement.CageId", value: None, reason: "disks in a cage" };

/// Disks that several instances can attach.
pub(crate) const SHARED_DISK: RefusedParameter = RefusedParameter {
    path: "Shareable",
    value: None,
    reason: "shared disks: `Shareable` can only be false",
};

/// Disks in a dedicated storage cluster.
pub(crate) const STORAGE_CLUSTER: RefusedParameter = RefusedParameter {
    path: "Placement.CdcId",
    value: None,
    reason: "disks in a dedicated storage cluster",
};

/// Snapshots that take seconds.
pub(crate) const INSTANT_SNAPSHOT: RefusedParameter = RefusedParameter {
    path: "LocalSnap",
    value: None,
    reason: "instant snapshots: `LocalSnap` can only be false",
};

/// A kind of resource whose tags the emulator does not have.
pub(crate) const TAGGED_PREFIX: RefusedParameter = RefusedParameter {
    path: "ResourcePrefix",
    value: None,
    reason: "tags of this kind of resource",
};

/// The same for the resources of a service.
pub(crate) const TAGGED_SERVICE: RefusedParameter =
    RefusedParameter { path: "ServiceType", ..TAGGED_PREFIX };

/// The users of the emulator have no second factor.
pub(crate) const MFA: RefusedParameter = RefusedParameter {
    path: "SerialNumber",
    value: None,
    reason: "multi-factor devices: it has no users that could own one",
};

/// The same in a six-part name.
const TAGGED_NAME: RefusedParameter = RefusedParameter { path: "Resource", ..TAGGED_PREFIX };

/// A product whose zones the emulator does not have.
pub(crate) const PRODUCT: RefusedParameter = RefusedParameter {
    path: "Product",
    value: None,
    reason: "zones of other products than cvm, cbs and vpc",
};

/// The same in a list of six-part names.
const TAGGED_LIST: RefusedParameter = RefusedParameter { path: "ResourceList", ..TAGGED_PREFIX };

/// Tags of buckets.
pub(crate) const BUCKET: RefusedParameter =
    RefusedParameter { path: "CosResourceId", value: None, reason: "tags of buckets" };

/// The error is that of the service for an instance whose size cannot be changed.
const SIZE_ON_HOST: RefusedParameter = RefusedParameter {
    path: "InstanceType",
    value: None,
    reason: "other sizes of instances on dedicated hosts",
};

/// The error is that of the service for an instance without such a card.
const FPGA: RefusedParameter = RefusedParameter {
    path: "InstanceId",
    value: None,
    reason: "instances with FPGA cards, so there is no instance to program",
};

#[cfg(test)]
mod tests {
    use cvm_protocol::{FieldInfo, Kind, ModelInfo};

    use super::*;
    use crate::services::services;

    fn field(mut model: &'static ModelInfo, path: &str) -> Option<&'static FieldInfo> {
        let mut found = None;
        for name in path.split('.') {
            let field = model.field(name)?;
            if let Kind::Object(inner) = field.kind.innermost() {
                model = inner;
            }
            found = Some(field);
        }
        found
    }

    #[test]
    fn refused_parameters_and_values_are_specified() {
        for (action, rows) in REFUSED {
            let mut known = services().into_iter().flat_map(|service| service.actions);
            let info = known.find(|info| is_named(info, action)).unwrap();
            for row in *rows {
                let field = field(info.request, row.path).unwrap();
                let is_filter = |value: &str| info.filters.iter().any(|it| it.name == value);
                let is_known = |value: &str| match row.path {
                    FILTER_NAME => is_filter(value),
                    _ => field.values.contains(&value),
                };
                assert!(row.value.is_none_or(is_known), "{action} {row:?}");
            }
        }
    }
}
