//! A zone of another region, in every request that names a zone and in every filter.

use cvm_protocol::Kind;
use serde_json::{Value, json};

use crate::baseline::{Fixture, baselines};
use crate::neighbor_services::services;
use crate::{raw_requests, sample};

const ELSEWHERE: &str = "ap-shanghai-2";

const CODE: &str = "InvalidZone.MismatchRegion";

#[tokio::test]
async fn parameter_with_a_zone_of_another_region_is_refused() {
    let fixture = Fixture::new().await;
    let mut actions = Vec::new();
    for baseline in baselines().filter(|baseline| baseline.rejected().is_none()) {
        let mut request = (baseline.request)(&fixture);
        let zone = ["/Zone", "/Placement/Zone"]
            .into_iter()
            .find(|path| request.pointer(path).is_some_and(Value::is_string));
        let Some(zone) = zone else { continue };
        *request.pointer_mut(zone).unwrap() = json!(ELSEWHERE);
        let response = fixture.cloud.send(raw_requests::json(baseline.action, &request)).await;
        assert_eq!(response.code(), Some(CODE), "{}: {}", baseline.action, response.message());
        actions.push(baseline.action);
    }
    actions.dedup();
    assert!(actions.len() >= 9, "{actions:?}");
}

#[tokio::test]
async fn filter_with_a_zone_of_another_region_is_refused_or_finds_nothing() {
    let fixture = Fixture::new().await;
    let mut refused = 0;
    for info in services().into_iter().flat_map(|(_, actions)| actions) {
        if !info.filters.iter().any(|filter| filter.name == "zone") {
            continue;
        }
        let mut request = sample::request(info.request, 0);
        request["Filters"] = json!([{ "Name": "zone", "Values": [ELSEWHERE] }]);
        let response = fixture.cloud.send(raw_requests::json_of(info, &request)).await;
        let message = response.message();
        if info.documents(CODE) {
            assert_eq!(response.code(), Some(CODE), "{}: {message}", info.name);
            refused += 1;
        } else if !message.contains("does not serve") {
            assert_eq!(response.code(), None, "{}: {message}", info.name);
            let mut members = info.response.members.iter();
            let list = members.find(|field| matches!(field.kind, Kind::List(_))).unwrap();
            assert_eq!(response.members()[list.wire], json!([]), "{}", info.name);
        }
    }
    assert!(refused >= 7, "{refused}");
}
