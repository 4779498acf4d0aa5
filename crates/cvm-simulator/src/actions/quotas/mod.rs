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
    assumed("DescribeAccountQuota", "500 hourly instances, 200 prepaid a month and 2000 vCPUs of spot instances a zone, raised by as many whenever they are used up, since quotas never end"),
    assumed("DescribeAccountQuota", "prepaid instances that exist and were made this month count as bought in it; quotas of the region are told whatever the zone"),
];
