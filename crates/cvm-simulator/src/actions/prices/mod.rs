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
    assumed("prices", "made up: an hour is a·vCPU + b·GiB + c·GPU + d·GB of disk + e·Mbps (dearer above 5), times a factor of the region; no image, tag or agent costs anything"),
    assumed("prices", "a month of a subscription is half of 720 hours; 83 percent of it is asked from 12 months on, 70 from 24, 50 from 36"),
    assumed("prices", "sums have two decimals, rates four; rates have no steps; the price of the instance includes its disks"),
    assumed("prices", "a subscription is one order from the making of the instance to its end, in months that are rounded up"),
    assumed("prices", "a change of a subscription costs the difference for the rest of it at the discount of the whole; less than nothing is paid back"),
    assumed("prices", "an instance that is being destroyed, or in the recycle bin, is InvalidInstance.NotSupported; one in the recycle bin can be renewed"),
    assumed("prices", "no data disk is detachable, so RenewPortableDataDisk and ModifyPortableDataDisk make no difference"),
    assumed("InquiryPriceRunInstances", "checks everything that RunInstances checks; the response has a rate of traffic once, whatever the number of instances"),
    assumed("InquiryPriceRenewHosts", "a host costs what its vCPUs, memory and disks do, whatever instances it has; DryRun checks and answers a bare RequestId"),
    documented("InquiryPriceRenewInstances", "DryRun checks and answers a bare RequestId"),
    assumed("InquiryPriceRenewInstances", "metered bandwidth is not in the price; hourly instances are InvalidInstance.NotSupported"),
    assumed("InquiryPriceModifyInstancesChargeType", "bandwidth that is not metered by traffic follows its instance; one that already has the billing is UnsupportedOperation.InstanceChargeType"),
    assumed("InquiryPriceResetInstance", "for an hourly instance the response holds what an hour costs more"),
    assumed("InquiryPriceResetInstancesType", "for an hourly instance the response holds the new rate of the whole instance; a refused system disk is InvalidInstance.NotSupported"),
    assumed("InquiryPriceResizeInstanceDisks", "for an hourly instance the response holds the new rate of the disk; without DiskId the first data disk is meant; ResizeOnline of a stopped one is UnsupportedOperation.InstanceStateStopped"),
    assumed("InquiryPriceResetInstancesInternetMaxBandwidth", "several instances at once with bandwidth that is not metered by traffic are InvalidParameterValue.LimitExceeded"),
    assumed("InquiryPriceTerminateInstances", "paid · time left / time in all; an hourly instance is FailedOperation.InquiryRefundPriceFailed, one in the recycle bin FailedOperation.Unreturnable"),
    assumed("InquirePricePurchaseResourcePoolPacks", "what PurchaseResourcePoolPacks does not sell is InvalidParameter.InstanceTypeNotSupport; a pack costs what its vCPUs and memory do"),
];
