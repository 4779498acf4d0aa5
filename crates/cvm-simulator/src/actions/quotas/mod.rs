//! Quotas of the account.

mod describe_account_quota;

use cvm_models::actions::DescribeAccountQuota;

use super::Group;
use crate::decision::{Decision, assumed};
use crate::handler::Handler;

pub(super) const GROUP: Group =
    Group { handlers: &[Handler::of::<DescribeAccountQuota>()], decisions: DECISIONS };

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    assumed("DescribeAccountQuota", "500 hourly instances, 200 prepaid ones per month and 2000 vCPUs of spot instances in a zone, raised by as many whenever they are used up, because quotas are unlimited"),
    assumed("DescribeAccountQuota", "existing prepaid instances that were created this month count as bought this month; regional quotas are returned whatever the zone"),
];
