//! Regions and their zones.

use serde_json::json;

use crate::support::*;

#[test]
fn regions_are_sorted_by_name() {
    let response = send_ok(&cloud(), "DescribeRegions", json!({}));
    let regions = response["RegionSet"].as_array().unwrap();
    let names: Vec<_> = regions.iter().map(|region| string(&region["Region"])).collect();
    assert!(names.is_sorted() && names.len() > 8, "{names:?}");
}

#[test]
fn zones_belong_to_the_region() {
    let cloud = cloud();
    let response = send_ok(&cloud, "DescribeZones", json!({}));
    let zone = &response["ZoneSet"][2];
    assert_eq!(zone["Zone"], "ap-guangzhou-3");
    assert_eq!(zone["ZoneId"], "100003");
    assert_eq!(zone["ZoneState"], "AVAILABLE");
    let request = Call::new("DescribeZones").region("ap-shanghai-fsi").json("{}");
    assert_eq!(read(&cloud.handle(&request))["TotalCount"], 3);
}
