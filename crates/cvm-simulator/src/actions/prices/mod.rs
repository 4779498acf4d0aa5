//! Prices for other actions, from made-up coefficients.

mod bandwidth;
mod change;
mod disks;
mod hosts_and_packs;
mod hourly_rate;
mod launch;
mod lookup;
pub(crate) mod quote;
mod subscription;
mod term;

use cvm_models::actions::{
    InquirePricePurchaseResourcePoolPacks, InquiryPriceModifyInstancesChargeType,
    InquiryPriceRenewHosts, InquiryPriceRenewInstances, InquiryPriceResetInstance,
    InquiryPriceResetInstancesInternetMaxBandwidth, InquiryPriceResetInstancesType,
    InquiryPriceResizeInstanceDisks, InquiryPriceRunInstances, InquiryPriceTerminateInstances,
};

use super::Group;
use crate::decision::{Decision, assumed, documented};
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[
        Handler::of::<InquirePricePurchaseResourcePoolPacks>(),
        Handler::of::<InquiryPriceModifyInstancesChargeType>(),
        Handler::of::<InquiryPriceRenewHosts>(),
        Handler::of::<InquiryPriceRenewInstances>(),
        Handler::of::<InquiryPriceResetInstance>(),
        Handler::of::<InquiryPriceResetInstancesInternetMaxBandwidth>(),
        Handler::of::<InquiryPriceResetInstancesType>(),
        Handler::of::<InquiryPriceResizeInstanceDisks>(),
        Handler::of::<InquiryPriceRunInstances>(),
        Handler::of::<InquiryPriceTerminateInstances>(),
    ],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    assumed("prices", "made up: an hour is a·vCPU + b·GiB + c·GPU + d·GB of disk + e·Mbps (more above 5), times a regional factor; images, tags and agents are free"),
    assumed("prices", "a month of a subscription costs half of 720 hours; from 12 months on 83 percent of that, from 24 months 70, from 36 months 50"),
    assumed("prices", "totals have two decimals, rates four; a rate is the same for every number of hours; the price of the instance includes its disks"),
    documented("prices", "members of a price that do not apply are 0, and ChargeUnit is HOUR, as in the samples of InquiryPriceRunInstances, InquiryPriceResizeInstanceDisks and DescribeZoneInstanceConfigInfos"),
    assumed("prices", "so it is for the other actions, whose samples have only the members that apply; a price has the discount, where these samples have 0"),
    assumed("prices", "a subscription is one order from the creation of the instance to its end, in months that are rounded up"),
    assumed("prices", "a change of a subscription costs the difference for the remaining time, with the discount of the whole term; a negative difference is refunded"),
    assumed("prices", "a terminating instance, or one in the recycle bin, is InvalidInstance.NotSupported; one in the recycle bin can be renewed"),
    documented("prices", "the price of a renewal has the elastic prepaid disks unless RenewPortableDataDisk is false, that of another charge type the elastic disks only if ModifyPortableDataDisk is true"),
    assumed("prices", "an elastic disk that has its own charge type is no part of the other prices of its instance"),
    documented("InquiryPriceRunInstances", "without internet access, BandwidthPrice is 0, as in InquiryPriceResizeInstanceDisks"),
    assumed("InquiryPriceRunInstances", "checks the same as RunInstances; the response contains the traffic rate once, whatever the number of instances"),
    assumed("InquiryPriceRenewHosts", "a host costs as much as its vCPUs, memory and disks, whatever instances it has; DryRun checks and returns only a RequestId"),
    documented("InquiryPriceRenewInstances", "DryRun checks and returns only a RequestId"),
    assumed("InquiryPriceRenewInstances", "the price does not include metered bandwidth; hourly instances are InvalidInstance.NotSupported"),
    assumed("InquiryPriceModifyInstancesChargeType", "the charge type of bandwidth follows the instance, except traffic; an instance that already has the charge type is UnsupportedOperation.InstanceChargeType"),
    assumed("InquiryPriceResetInstance", "for an hourly instance, the response contains the higher price per hour"),
    assumed("InquiryPriceResetInstancesType", "for an hourly instance, the response contains the new rate of the whole instance; an unsupported system disk is InvalidInstance.NotSupported"),
    assumed("InquiryPriceResizeInstanceDisks", "for an hourly instance, the response contains the new rate of the disk; without DiskId, it is the first data disk; ResizeOnline for a stopped instance is UnsupportedOperation.InstanceStateStopped"),
    assumed("InquiryPriceResetInstancesInternetMaxBandwidth", "several instances with bandwidth other than traffic are InvalidParameterValue.LimitExceeded"),
    assumed("InquiryPriceTerminateInstances", "paid · time left / total time; an hourly instance is FailedOperation.InquiryRefundPriceFailed, one in the recycle bin is FailedOperation.Unreturnable"),
    assumed("InquirePricePurchaseResourcePoolPacks", "types that PurchaseResourcePoolPacks does not sell are InvalidParameter.InstanceTypeNotSupport; a pack costs as much as its vCPUs and memory; the price has the rate per hour, as the sample, and the total of the term"),
];
