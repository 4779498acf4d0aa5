//! InquiryPriceResetInstancesInternetMaxBandwidth: the price of another bandwidth: a total for a window of days if it
//! is prepaid, otherwise the new rate.

use cvm_models::actions::{
    InquiryPriceResetInstancesInternetMaxBandwidth,
    InquiryPriceResetInstancesInternetMaxBandwidthResponse,
};
use cvm_models::enums::InternetChargeType;
use cvm_models::types::{ItemPrice, Price};

use crate::actions::prices::hourly_rate::Lines;
use crate::actions::prices::{lookup, quote};
use crate::api_error::{ApiError, DocumentedCodes};
use crate::handler::{ActionHandler, Outcome};
use crate::state::{RequestContext, StoredInstance};
use crate::timestamp::Timestamp;

const DAY: u64 = 86_400;
const MONTH_DAYS: f64 = 30.0;

impl ActionHandler for InquiryPriceResetInstancesInternetMaxBandwidth {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let mbps = self.internet_accessible.internet_max_bandwidth_out.ok_or_else(|| {
            let message = "The parameter `InternetAccessible.InternetMaxBandwidthOut` is required.";
            codes.error(["MissingParameter"], message)
        })?;
        if mbps < 0 {
            let message = format!("The bandwidth {mbps} Mbps is negative.");
            return Err(codes.error(["InvalidParameterValue.Range"], message));
        }
        let window = (self.start_time.as_deref(), self.end_time.as_deref());
        let instances = lookup::find(context, &self.instance_ids, false)?;
        let charged = find_common_charge_type(codes, &instances)?;
        check_single_instance(codes, charged, instances.len())?;
        let tariff = context.catalog.tariff(context.region);
        let bandwidth_price = match (charged, instances.first()) {
            (Some(InternetChargeType::BandwidthPackage), _) => {
                let message =
                    "The bandwidth of a bandwidth package can only be changed for the package.";
                let code = "UnsupportedOperation.BandwidthPackageIdNotSupported";
                return Err(codes.error([code], message));
            }
            (Some(InternetChargeType::BandwidthPrepaid), Some(instance)) => {
                Some(window_price(context, instance, mbps, window)?)
            }
            _ if window != (None, None) => {
                let message = "`StartTime` and `EndTime` are only for prepaid bandwidth.";
                return Err(codes.error(["InvalidParameterCombination"], message));
            }
            _ => {
                let mut lines = Lines::default();
                if let Some(charged) = charged {
                    lines.add(tariff, mbps, charged);
                }
                lines.quote(tariff, None)
            }
        };
        Ok(Outcome::Response(InquiryPriceResetInstancesInternetMaxBandwidthResponse {
            price: Price { instance_price: None, bandwidth_price, ..Default::default() },
            ..Self::Response::default()
        }))
    }
}

fn find_common_charge_type<'a>(
    codes: DocumentedCodes,
    instances: &[&'a StoredInstance],
) -> Result<Option<&'a InternetChargeType>, ApiError> {
    let mut kinds = instances.iter().map(|instance| &instance.internet_charge_type);
    let first = kinds.next();
    if kinds.all(|kind| Some(kind) == first) {
        return Ok(first);
    }
    let message = "The instances have different charge types for bandwidth.";
    Err(codes.error(["InvalidParameterCombination"], message))
}

/// Only traffic has a price for several instances at once: its rate is the same for all.
fn check_single_instance(
    codes: DocumentedCodes,
    charged: Option<&InternetChargeType>,
    count: usize,
) -> Result<(), ApiError> {
    use InternetChargeType::{BandwidthPostpaidByHour, BandwidthPrepaid};
    if count < 2 || !matches!(charged, Some(BandwidthPrepaid | BandwidthPostpaidByHour)) {
        return Ok(());
    }
    let message = "With this charge type for bandwidth, a request can name only one instance.";
    Err(codes.error(["InvalidParameterValue.LimitExceeded"], message))
}

/// The price of the difference for a window of days, in CNY: (month of the new bandwidth − month of the present one)
/// · days / 30. Days have no long-term discount.
fn window_price(
    context: &RequestContext<'_>,
    instance: &StoredInstance,
    mbps: i64,
    (start, end): (Option<&str>, Option<&str>),
) -> Result<ItemPrice, ApiError> {
    let codes = context.codes;
    let (Some(start), Some(end)) = (start, end) else {
        let message = "`StartTime` and `EndTime` are required with prepaid bandwidth.";
        return Err(codes.error(["MissingParameter"], message));
    };
    let (start, end) = (day(codes, start)?, day(codes, end)?);
    let expiry = instance.expires.map_or(u64::MAX, |expires| expires.unix() / DAY);
    if start < context.now.unix() / DAY || end < start || end > expiry {
        let message =
            "The period must start today or later, and end at the end of the instance or earlier.";
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    let now = instance.bandwidth_mbps;
    if mbps <= now {
        let message = format!("Prepaid bandwidth of {now} Mbps can only be raised.");
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    let tariff = context.catalog.tariff(context.region);
    let more = tariff.month(tariff.bandwidth(mbps) - tariff.bandwidth(now));
    let days = end - start + 1;
    Ok(quote::sum(more * days as f64 / MONTH_DAYS, 1.0))
}

/// The number of a day such as `2023-11-14`.
fn day(codes: DocumentedCodes, text: &str) -> Result<u64, ApiError> {
    let time = Timestamp::parse(text).filter(|_| text.len() == "YYYY-MM-DD".len());
    time.map(|time| time.unix() / DAY).ok_or_else(|| {
        let message = format!("`{text}` is not a date such as `2023-11-14`.");
        codes.error(["InvalidParameterValue"], message)
    })
}
