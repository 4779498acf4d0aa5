//! Public bandwidth: ResetInstancesInternetMaxBandwidth, DescribeInstanceInternetBandwidthConfigs and DescribeInternetChargeTypeConfigs.

use std::cmp::Reverse;
use std::time::Duration;

use cvm_models::actions::{
    DescribeInstanceInternetBandwidthConfigs, DescribeInstanceInternetBandwidthConfigsResponse,
    DescribeInternetChargeTypeConfigs, DescribeInternetChargeTypeConfigsResponse,
    ResetInstancesInternetMaxBandwidth, ResetInstancesInternetMaxBandwidthResponse,
};
use cvm_models::enums::InternetChargeType;
use cvm_models::types::{InternetAccessible, InternetBandwidthConfig, InternetChargeTypeConfig};

use crate::api_error::{ApiError, DocumentedCodes};
use crate::handler::{ActionHandler, Outcome};
use crate::state::{
    Attribute, Effect, MAX_PERIODS, MODIFY, Period, RequestContext, SETTLED, StoredInstance,
};
use crate::timestamp::Timestamp;

const DAY: Duration = Duration::from_secs(86_400);

/// Changes metered bandwidth at once, or raises prepaid bandwidth for some days.
impl ActionHandler for ResetInstancesInternetMaxBandwidth {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let mbps = bandwidth(codes, &self)?;
        let days = days(codes, &self)?;
        let serials = context.find(&self.instance_ids)?;
        let charged = how_charged(context, &serials)?;
        let item = match (charged, days) {
            (Some(InternetChargeType::BandwidthPrepaid), None) => {
                let message = "For prepaid bandwidth `StartTime` and `EndTime` are required.";
                return Err(codes.error(["MissingParameter"], message));
            }
            (Some(InternetChargeType::BandwidthPrepaid), Some(days)) => {
                let instance = context.instances(&serials).next();
                instance.map(|instance| period(context, instance, days, mbps)).transpose()?
            }
            (_, Some(_)) => {
                let message = "`StartTime` and `EndTime` are only for prepaid bandwidth.";
                return Err(codes.error(["InvalidParameter"], message));
            }
            (_, None) => None,
        };
        check_public(context, &serials)?;
        context.check_state(&serials, SETTLED)?;
        for serial in serials {
            match item {
                Some(period) => {
                    context.instances.add_bandwidth(serial, period, context.now);
                    context.begin(serial, &MODIFY, Effect::None);
                }
                None => context.change_at_once(serial, Attribute::Bandwidth(mbps)),
            }
        }
        Ok(Outcome::Response(ResetInstancesInternetMaxBandwidthResponse::default()))
    }
}

fn bandwidth(
    codes: DocumentedCodes,
    request: &ResetInstancesInternetMaxBandwidth,
) -> Result<i64, ApiError> {
    match request.internet_accessible.internet_max_bandwidth_out {
        Some(mbps) if mbps >= 0 => Ok(mbps),
        Some(mbps) => {
            let message = format!("The bandwidth {mbps} Mbps is negative.");
            Err(codes.error(["InvalidParameterValue.Range"], message))
        }
        None => {
            let message = "`InternetAccessible.InternetMaxBandwidthOut` is required.";
            Err(codes.error(["MissingParameter"], message))
        }
    }
}

/// The start of the first day and of the last day.
fn days(
    codes: DocumentedCodes,
    request: &ResetInstancesInternetMaxBandwidth,
) -> Result<Option<(Timestamp, Timestamp)>, ApiError> {
    let read = |name: &str, text: &str| {
        let day = Some(text).filter(|text| text.len() == "YYYY-MM-DD".len());
        day.and_then(Timestamp::parse).ok_or_else(|| {
            let message =
                format!("`{name}` is `{text}`, but must be a day in the form YYYY-MM-DD.");
            codes.error(["InvalidParameterValue"], message)
        })
    };
    match (request.start_time.as_deref(), request.end_time.as_deref()) {
        (None, None) => Ok(None),
        (Some(start), Some(end)) => {
            let (first, last) = (read("StartTime", start)?, read("EndTime", end)?);
            if last < first {
                let message = "`EndTime` is before `StartTime`.";
                return Err(codes.error(["InvalidParameterValue"], message));
            }
            Ok(Some((first, last)))
        }
        _ => {
            let message = "`StartTime` and `EndTime` need each other.";
            Err(codes.error(["MissingParameter"], message))
        }
    }
}

/// The charge type of the bandwidth of all instances.
fn how_charged(
    context: &RequestContext<'_>,
    serials: &[u64],
) -> Result<Option<InternetChargeType>, ApiError> {
    let mut kinds = context.instances(serials).map(|instance| &instance.internet_charge_type);
    let Some(first) = kinds.next() else { return Ok(None) };
    if kinds.any(|kind| kind != first) {
        let message = "The instances have different charge types for bandwidth.";
        return Err(context.codes.error(["InvalidParameterValue"], message));
    }
    let is_single = matches!(
        first,
        InternetChargeType::BandwidthPrepaid | InternetChargeType::BandwidthPostpaidByHour
    );
    if is_single && serials.len() > 1 {
        let message = format!("With {first}, a request can change only one instance.");
        return Err(context.codes.error(["InvalidParameterValue.LimitExceeded"], message));
    }
    Ok(Some(first.clone()))
}

/// The period that is bought for an instance: from now or a later midnight until the end of the last day.
fn period(
    context: &RequestContext<'_>,
    instance: &StoredInstance,
    (first, last): (Timestamp, Timestamp),
    mbps: i64,
) -> Result<Period, ApiError> {
    let codes = context.codes;
    let id = &instance.id;
    let Some(expires) = instance.expires else {
        let message = format!("The instance `{id}` is not prepaid.");
        return Err(codes.error(["UnsupportedOperation.InstanceChargeType"], message));
    };
    if first.after(DAY) <= context.now {
        let message = "`StartTime` is in the past.";
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    if last > expires {
        let message = format!("`EndTime` is after the end of the instance `{id}`, {expires}.");
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    if instance.has_much_bandwidth_ahead(context.now) {
        let message = format!(
            "The instance `{id}` already has {MAX_PERIODS} periods of bandwidth that have not \
             ended, the maximum."
        );
        return Err(codes.error(["InvalidParameterValue.LimitExceeded"], message));
    }
    let ends = last.after(DAY).min(expires);
    let period = Period { begins: first.max(context.now), ends: Some(ends), mbps };
    let others = instance.bandwidth.iter().filter(|other| other.overlaps(&period));
    // The same bandwidth can be bought twice, but not less than the instance already has.
    let is_more =
        |other: &Period| if other.ends.is_none() { mbps > other.mbps } else { mbps >= other.mbps };
    if !others.into_iter().all(is_more) {
        let message = format!("The bandwidth of the instance `{id}` can only be raised.");
        return Err(codes.error(["InvalidParameterValue.Range"], message));
    }
    Ok(period)
}

/// Checks that the instances have a public address.
fn check_public(context: &RequestContext<'_>, serials: &[u64]) -> Result<(), ApiError> {
    context.instances(serials).try_for_each(|instance| {
        if instance.public_addresses().next().is_some() {
            return Ok(());
        }
        let message = format!("The instance `{}` has no public address.", instance.id);
        Err(context.codes.error(["FailedOperation.NotFoundEIP"], message))
    })
}

/// Lists the periods of prepaid bandwidth of an instance, the latest first.
impl ActionHandler for DescribeInstanceInternetBandwidthConfigs {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = context.find(&[self.instance_id])?;
        let mut internet_bandwidth_config_set = Vec::new();
        check_public(context, &serials)?;
        for instance in context.instances(&serials) {
            internet_bandwidth_config_set.extend(configs(instance));
        }
        Ok(Outcome::Response(DescribeInstanceInternetBandwidthConfigsResponse {
            internet_bandwidth_config_set,
            ..Self::Response::default()
        }))
    }
}

fn configs(instance: &StoredInstance) -> impl Iterator<Item = InternetBandwidthConfig> {
    // The bandwidth of the instance itself lasts until the end of its term.
    let dated = |period: &Period| Some((*period, period.ends.or(instance.expires)?));
    let mut periods: Vec<_> = instance.bandwidth.iter().filter_map(dated).collect();
    periods.sort_by_key(|(period, _)| Reverse(period.begins));
    periods.into_iter().map(|(period, ends)| config(period, ends))
}

fn config(period: Period, ends: Timestamp) -> InternetBandwidthConfig {
    InternetBandwidthConfig {
        start_time: period.begins.to_string(),
        end_time: ends.to_string(),
        internet_accessible: InternetAccessible {
            internet_charge_type: Some(InternetChargeType::BandwidthPrepaid),
            internet_max_bandwidth_out: Some(period.mbps),
            ..InternetAccessible::default()
        },
        ..Default::default()
    }
}

const MODES: &[(InternetChargeType, &str)] = &[
    (InternetChargeType::BandwidthPrepaid, "Bandwidth, paid in advance"),
    (InternetChargeType::TrafficPostpaidByHour, "Traffic, paid by the hour"),
    (InternetChargeType::BandwidthPostpaidByHour, "Bandwidth, paid by the hour"),
    (InternetChargeType::BandwidthPackage, "A shared bandwidth package"),
];

/// Lists the charge types of public bandwidth.
impl ActionHandler for DescribeInternetChargeTypeConfigs {
    fn handle(self, _: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let configs = MODES.iter().map(|(mode, description)| InternetChargeTypeConfig {
            internet_charge_type: Some(mode.clone()),
            description: Some((*description).to_owned()),
            ..Default::default()
        });
        Ok(Outcome::Response(DescribeInternetChargeTypeConfigsResponse {
            internet_charge_type_config_set: configs.collect(),
            ..Self::Response::default()
        }))
    }
}
