//! Metrics for Prometheus.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::input::NoParameters;
use crate::Cloud;
use crate::request_log::{Count, DURATION_BOUNDS};

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(super) async fn show(State(cloud): State<Cloud>, _: NoParameters) -> Response {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Metrics(cloud)));
    let mut body = String::new();
    let status = match text::encode(&mut body, &registry) {
        Ok(()) => StatusCode::OK,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], body).into_response()
}

#[derive(Debug)]
struct Metrics(Cloud);

impl Collector for Metrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let counts = self.0.request_log().counts();
        encode_requests(&counts, &mut encoder)?;
        encode_durations(&counts, &mut encoder)?;
        let (name, help) = ("cvm_emulator_instances", "Instances by region and state");
        let mut instances = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for ((region, state), count) in self.0.simulation().instance_counts() {
            let labels = [("region", region), ("state", state.as_str())];
            instances.encode_family(&labels)?.encode_gauge(&count)?;
        }
        let (name, help) = ("cvm_emulator_virtual_time_seconds", "Virtual time in Unix seconds");
        let mut time = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        time.encode_gauge(&self.0.clock().now().unix())
    }
}

fn encode_requests(counts: &[Count], encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let mut requests: BTreeMap<_, u64> = BTreeMap::new();
    for count in counts {
        let key = (names(count), count.status, count.code.unwrap_or_default());
        *requests.entry(key).or_default() += count.buckets.iter().sum::<u64>();
    }
    let (name, help) = ("cvm_emulator_requests", "Requests by action, HTTP status and error code");
    let mut encoder = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (((service, action), status, code), count) in requests {
        let status = status.to_string();
        let labels =
            [("service", service), ("action", action), ("status", status.as_str()), ("code", code)];
        encoder.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
    }
    Ok(())
}

fn encode_durations(counts: &[Count], encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let mut durations: BTreeMap<_, (Duration, [u64; DURATION_BOUNDS.len() + 1])> = BTreeMap::new();
    for count in counts {
        let (total, buckets) = durations.entry(names(count)).or_default();
        *total = total.saturating_add(count.total);
        for (sum, more) in buckets.iter_mut().zip(count.buckets) {
            *sum += more;
        }
    }
    let help = "Time to handle a request, without reading it and writing the response";
    let name = "cvm_emulator_request_duration_seconds";
    let mut encoder = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
    let bounds = DURATION_BOUNDS.iter().map(|micros| f64::from(*micros) / 1e6);
    let bounds: Vec<f64> = bounds.chain([f64::MAX]).collect();
    for ((service, action), (total, buckets)) in durations {
        let labels = [("service", service), ("action", action)];
        let count = buckets.iter().sum();
        let buckets: Vec<(f64, u64)> = bounds.iter().copied().zip(buckets).collect();
        let mut encoder = encoder.encode_family(&labels)?;
        encoder.encode_histogram::<NoLabelSet>(total.as_secs_f64(), count, &buckets, None)?;
    }
    Ok(())
}

/// The service and the action.
fn names(count: &Count) -> (&'static str, &'static str) {
    count.info.map_or(("unknown", "unknown"), |info| (info.service.name, info.name))
}
