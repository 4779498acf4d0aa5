//! What launches, renewals, refunds, hosts and packs cost, and what is not priced.

mod changes;

use cvm_emulator::Cloud;
use cvm_models::actions::*;
use cvm_protocol::{Action, envelope};
use serde_json::{Value, json};

use crate::support::*;

/// The members of a launch that is paid ahead.
pub fn prepaid(months: u32) -> Value {
    json!({ "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": { "Period": months } })
}

/// Both, the second over the first.
pub fn with(mut members: Value, others: Value) -> Value {
    members.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    members
}

pub fn bandwidth(charge: &str, mbps: i64) -> Value {
    json!({ "InternetAccessible":
        { "InternetChargeType": charge, "InternetMaxBandwidthOut": mbps } })
}

/// Asks for a price that is told.
pub fn price(cloud: &Cloud, action: &str, body: Value) -> Value {
    done(cloud, action, body)["Price"].take()
}

/// Asks, and sees that the answer is one of its type and keeps its promises.
fn promised<A: Action>(cloud: &Cloud, body: Value) {
    let answer = cloud.handle(&Call::new(A::INFO.name).json(body.to_string()));
    let mut response = A::Response::default();
    let envelope = envelope::decode(&mut response, answer.body()).unwrap();
    assert!(envelope.report.is_clean(), "{}: {:?}", A::INFO.name, envelope.report);
}

#[test]
fn responses_contain_every_guaranteed_member() {
    let cloud = cloud();
    let id = running(&cloud, with(prepaid(12), bandwidth("BANDWIDTH_PREPAID", 1)));
    promised::<InquiryPriceRunInstances>(&cloud, run(json!({})));
    let one = |members| with(json!({ "InstanceIds": [id] }), members);
    let term = json!({ "InstanceChargePrepaid": { "Period": 1 } });
    promised::<InquiryPriceRenewInstances>(&cloud, one(term));
    let hourly = json!({ "InstanceChargeType": "POSTPAID_BY_HOUR" });
    promised::<InquiryPriceModifyInstancesChargeType>(&cloud, one(hourly));
    promised::<InquiryPriceResetInstance>(&cloud, json!({ "InstanceId": id }));
    let kind = json!({ "InstanceType": "S5.LARGE8" });
    promised::<InquiryPriceResetInstancesType>(&cloud, one(kind));
    let disk = json!({ "InstanceId": id, "SystemDisk": { "DiskSize": 100 } });
    promised::<InquiryPriceResizeInstanceDisks>(&cloud, disk);
    promised::<InquiryPriceTerminateInstances>(&cloud, one(json!({})));
    let window = json!({ "InternetAccessible": { "InternetMaxBandwidthOut": 5 },
        "StartTime": "2023-11-15", "EndTime": "2023-11-20" });
    promised::<InquiryPriceResetInstancesInternetMaxBandwidth>(&cloud, one(window));
    let packs = json!({ "Zone": "ap-guangzhou-3", "InstanceType": "SA9.96XLARGE1152",
        "InstanceCount": 2, "Period": 12 });
    promised::<InquirePricePurchaseResourcePoolPacks>(&cloud, packs);
    let hosts = hosts(&cloud, "HS1", 1);
    pass(&cloud, 60);
    promised::<InquiryPriceRenewHosts>(&cloud, renewal(&hosts, 1));
}

#[test]
fn launch_is_priced_by_hour_or_term() {
    let cloud = cloud();
    let ask = |members| price(&cloud, "InquiryPriceRunInstances", run(members));
    // 2 · 0.115 + 4 · 0.05 of S5.MEDIUM4, and 50 · 0.0006 of its disk.
    let hourly = ask(json!({}));
    for (member, expected) in [
        ("UnitPrice", json!(0.46)),
        ("UnitPriceDiscount", json!(0.46)),
        ("ChargeUnit", json!("HOUR")),
        ("Discount", json!(100.0)),
        ("OriginalPrice", Value::Null),
        ("DiscountPriceOneYear", Value::Null),
    ] {
        assert_eq!(hourly["InstancePrice"][member], expected, "{member}");
    }
    assert!(hourly["BandwidthPrice"].is_null());
    assert_eq!(ask(json!({ "InstanceCount": 3 }))["InstancePrice"]["UnitPrice"], 1.38);
    let year = &ask(prepaid(12))["InstancePrice"];
    for (member, expected) in [
        ("OriginalPrice", json!(1987.2)),
        ("DiscountPrice", json!(1649.38)),
        ("Discount", json!(83.0)),
        ("DiscountPriceOneYear", json!(1649.38)),
        ("OriginalPriceThreeYear", json!(5961.6)),
        ("DiscountThreeYear", json!(50.0)),
        ("DiscountPriceFiveYear", json!(4968.0)),
        ("UnitPrice", Value::Null),
        ("ChargeUnit", Value::Null),
    ] {
        assert_eq!(year[member], expected, "{member}");
    }
    let month = &ask(with(prepaid(1), json!({ "InstanceCount": 2 })))["InstancePrice"];
    assert_eq!((&month["DiscountPrice"], &month["Discount"]), (&json!(331.2), &json!(100.0)));
    // A fifth of the machine, and all of the disk.
    let spot = &ask(json!({ "InstanceChargeType": "SPOTPAID" }))["InstancePrice"];
    assert_eq!((&spot["UnitPrice"], &spot["UnitPriceDiscount"]), (&json!(0.46), &json!(0.116)));
    assert_eq!(spot["Discount"], 25.22);
    let disks = json!({ "DataDisks": [{ "DiskType": "CLOUD_SSD", "DiskSize": 100 }] });
    assert_eq!(ask(disks)["InstancePrice"]["UnitPrice"], 0.6);
    let gpu = json!({ "InstanceType": "GN7.2XLARGE32" });
    assert_eq!(ask(gpu)["InstancePrice"]["UnitPrice"], 10.55);
    assert_eq!(done(&cloud, "DescribeInstances", json!({}))["TotalCount"], 0);
}

#[test]
fn bandwidth_price_follows_its_charge_type() {
    let cloud = cloud();
    let ask =
        |members| price(&cloud, "InquiryPriceRunInstances", run(members))["BandwidthPrice"].take();
    let two = json!({ "InstanceCount": 2 });
    let traffic = ask(with(bandwidth("TRAFFIC_POSTPAID_BY_HOUR", 100), two.clone()));
    assert_eq!((&traffic["ChargeUnit"], &traffic["UnitPrice"]), (&json!("GB"), &json!(0.8)));
    // Five of the cheap ones, and five of the others, twice.
    let hourly = ask(with(bandwidth("BANDWIDTH_POSTPAID_BY_HOUR", 10), two));
    assert_eq!((&hourly["ChargeUnit"], &hourly["UnitPrice"]), (&json!("HOUR"), &json!(3.11)));
    let ahead = ask(with(bandwidth("BANDWIDTH_PREPAID", 1), prepaid(2)));
    assert_eq!((&ahead["OriginalPrice"], &ahead["UnitPrice"]), (&json!(45.36), &Value::Null));
    assert!(ask(bandwidth("BANDWIDTH_POSTPAID_BY_HOUR", 0)).is_null());
}

#[test]
fn prices_depend_on_the_region() {
    let cloud = cloud();
    let body = run(json!({ "Placement": { "Zone": "ap-hongkong-2" } }));
    let call = Call::new("InquiryPriceRunInstances").region("ap-hongkong");
    let answer = read(&cloud.handle(&call.json(body.to_string())));
    assert_eq!(answer["Price"]["InstancePrice"]["UnitPrice"], 0.598);
}

#[test]
fn price_inquiry_fails_like_the_launch() {
    let cloud = cloud();
    for members in [
        json!({ "Placement": { "Zone": "ap-beijing-3" } }),
        json!({ "ImageId": "img-00000000" }),
        json!({ "InstanceType": "S9.MEDIUM4" }),
        json!({ "InstanceType": "S5" }),
        json!({ "InstanceType": "S1.SMALL1", "Placement": { "Zone": "ap-guangzhou-6" } }),
        json!({ "SystemDisk": { "DiskSize": 10 } }),
        json!({ "DataDisks": [{ "DiskType": "CLOUD_SSD", "DiskSize": 10 }] }),
        json!({ "LoginSettings": { "Password": "weak" } }),
        json!({ "HpcClusterId": "hpc-12345678" }),
        json!({ "InternetAccessible": { "InternetMaxBandwidthOut": -1 } }),
        json!({ "InstanceChargeType": "PREPAID" }),
        json!({ "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": { "Period": 13 } }),
        json!({ "InstanceChargeType": "SPOTPAID",
            "InstanceMarketOptions": { "SpotOptions": { "MaxPrice": "0.01" } } }),
        json!({ "InstanceChargeType": "SPOTPAID",
            "InstanceMarketOptions": { "SpotOptions": { "MaxPrice": "much" } } }),
    ] {
        let launch = refused(&cloud, "RunInstances", run(members.clone()));
        let asked = refused(&cloud, "InquiryPriceRunInstances", run(members.clone()));
        assert_eq!(asked, launch, "{members}");
    }
    // Where the question is tighter than the launch.
    let two = json!({ "InstanceCount": 2, "VirtualPrivateCloud": { "VpcId": "vpc-12345678",
        "SubnetId": "subnet-12345678", "PrivateIpAddresses": ["10.0.0.4", "10.0.0.5"] } });
    let asked = refused(&cloud, "InquiryPriceRunInstances", run(two.clone()));
    assert_eq!(asked, "InvalidParameterCombination");
    launch(&cloud, two);
}

#[test]
fn renewal_price_covers_all_instances() {
    let cloud = cloud();
    let body = |ids: &[&String], months: u32| json!({ "InstanceIds": ids, "InstanceChargePrepaid": { "Period": months } });
    let code = |ids: &[&String]| refused(&cloud, "InquiryPriceRenewInstances", body(ids, 1));
    let first = launch(&cloud, with(prepaid(1), bandwidth("BANDWIDTH_PREPAID", 1))).remove(0);
    assert_eq!(code(&[&first]), "UnsupportedOperation.InstanceStatePending");
    pass(&cloud, 20);
    let second = running(&cloud, with(prepaid(1), bandwidth("TRAFFIC_POSTPAID_BY_HOUR", 9)));
    let hourly = running(&cloud, json!({}));
    let both = price(&cloud, "InquiryPriceRenewInstances", body(&[&first, &second], 24));
    assert_eq!(both["InstancePrice"]["OriginalPrice"], 7948.8);
    assert_eq!(both["InstancePrice"]["DiscountPrice"], 5564.16);
    // 0.063 · 360 · 24 of the one that pays its bandwidth ahead.
    assert_eq!(both["BandwidthPrice"]["OriginalPrice"], 544.32);
    let metered = price(&cloud, "InquiryPriceRenewInstances", body(&[&second], 1));
    assert!(metered["BandwidthPrice"].is_null());
    let mixed = "InvalidParameterValue.InstanceNotSupportedMixPricingModel";
    assert_eq!(code(&[&first, &hourly]), mixed);
    assert_eq!(code(&[&hourly]), "InvalidInstance.NotSupported");
    assert_eq!(code(&[&first, &"ins-00000000".into()]), "InvalidInstanceId.NotFound");
    let dry = with(body(&[&first], 1), json!({ "DryRun": true }));
    assert!(done(&cloud, "InquiryPriceRenewInstances", dry).get("Price").is_none());
    // What is in the recycle bin can be renewed; its price can be asked for that alone.
    done(&cloud, "TerminateInstances", json!({ "InstanceIds": [first] }));
    pass(&cloud, 10);
    assert_eq!(state(&cloud, &first), "SHUTDOWN");
    price(&cloud, "InquiryPriceRenewInstances", body(&[&first], 1));
    let resize = json!({ "InstanceIds": [first], "InstanceType": "S5.LARGE8" });
    let code = refused(&cloud, "InquiryPriceResetInstancesType", resize);
    assert_eq!(code, "InvalidInstance.NotSupported");
}

#[test]
fn refund_is_proportional_to_the_remaining_term() {
    let cloud = cloud();
    let ask = |ids: &[&String]| {
        let answer = done(&cloud, "InquiryPriceTerminateInstances", json!({ "InstanceIds": ids }));
        answer["InstanceRefundsSet"].as_array().unwrap().clone()
    };
    let code = |ids: &[&String]| {
        refused(&cloud, "InquiryPriceTerminateInstances", json!({ "InstanceIds": ids }))
    };
    let year = launch(&cloud, prepaid(12)).remove(0);
    let line = launch(&cloud, with(prepaid(12), bandwidth("BANDWIDTH_PREPAID", 1))).remove(0);
    let hourly = launch(&cloud, json!({})).remove(0);
    assert_eq!(ask(&[&year])[0]["Refunds"], 1649.38);
    pass(&cloud, 183 * 86_400);
    let both = ask(&[&year, &line]);
    assert_eq!((&both[0]["InstanceId"], &both[0]["Refunds"]), (&json!(year), &json!(824.69)));
    assert_eq!((&both[1]["InstanceId"], &both[1]["Refunds"]), (&json!(line), &json!(937.63)));
    let detail = both[0]["PriceDetail"].as_str().unwrap();
    assert!(detail.contains("实付1649.38元，共366天，剩余183天，可退824.69元"), "{detail}");
    assert_eq!(code(&[&hourly]), "FailedOperation.InquiryRefundPriceFailed");
    assert_eq!(code(&[&year, &hourly]), "UnsupportedOperation.InstanceMixedPricingModel");
    assert_eq!(code(&[&year, &"ins-00000000".into()]), "InvalidInstanceId.NotFound");
    done(&cloud, "TerminateInstances", json!({ "InstanceIds": [year] }));
    assert_eq!(code(&[&year]), "FailedOperation.Unreturnable");
    pass(&cloud, 10);
    assert_eq!(code(&[&line, &year]), "FailedOperation.Unreturnable");
    done(&cloud, "TerminateInstances", json!({ "InstanceIds": [hourly] }));
    assert_eq!(code(&[&hourly]), "InvalidInstance.NotSupported");
}

fn hosts(cloud: &Cloud, kind: &str, count: u64) -> Vec<String> {
    let term = json!({ "Period": 1, "RenewFlag": "NOTIFY_AND_MANUAL_RENEW" });
    let order = json!({ "Placement": { "Zone": "ap-guangzhou-3" }, "HostType": kind,
        "HostCount": count, "HostChargePrepaid": term });
    let answer = done(cloud, "AllocateHosts", order);
    let ids = answer["HostIdSet"].as_array().unwrap();
    ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

fn renewal(ids: &[String], months: u32) -> Value {
    json!({ "HostIds": ids, "HostChargePrepaid": { "Period": months } })
}

#[test]
fn renewal_price_uses_host_configuration() {
    let cloud = cloud();
    let action = "InquiryPriceRenewHosts";
    let bare = hosts(&cloud, "HS20", 2);
    let with_disks = hosts(&cloud, "HI20", 1);
    let ask =
        |ids: &[String], months| price(&cloud, action, renewal(ids, months))["HostPrice"].take();
    assert_eq!(refused(&cloud, action, renewal(&bare, 1)), "InvalidHost.NotSupported");
    pass(&cloud, 60);
    // 72 · 0.115 + 324 · 0.05, of which a month is 360, twice.
    let month = ask(&bare, 1);
    assert_eq!((&month["OriginalPrice"], &month["Discount"]), (&json!(17625.6), &json!(100.0)));
    let year = ask(&bare, 12);
    assert_eq!(
        (&year["OriginalPrice"], &year["DiscountPrice"]),
        (&json!(211507.2), &json!(175550.98))
    );
    assert_eq!(year["DiscountPrice"], month["DiscountPriceOneYear"]);
    // And 14000 · 0.0011 of its disks.
    assert_eq!(ask(&with_disks, 1)["OriginalPrice"], 14356.8);
    // An id that is named twice is one host, and one that is over its term can be renewed.
    let twice = [bare[0].clone(), bare[0].clone()];
    assert_eq!(ask(&twice, 1)["OriginalPrice"], 8812.8);
    let dry = with(renewal(&bare, 1), json!({ "DryRun": true }));
    assert!(done(&cloud, action, dry).get("Price").is_none());
    pass(&cloud, 31 * 86_400);
    let shown = done(&cloud, "DescribeHosts", json!({}));
    assert_eq!(shown["HostSet"][0]["HostState"], "EXPIRED");
    assert_eq!(ask(&bare, 1), month);
    let unknown = [bare[0].clone(), "host-zzzzzzzz".to_owned()];
    for (ids, months, expected) in [
        (&unknown[..], 1, "InvalidHostId.NotFound"),
        (&bare, 13, "InvalidPeriod"),
        (&["h-1".to_owned()], 1, "InvalidHostId.Malformed"),
    ] {
        assert_eq!(refused(&cloud, action, renewal(ids, months)), expected, "{ids:?}");
    }
    assert_eq!(done(&cloud, "DescribeHosts", json!({}))["HostSet"], shown["HostSet"]);
}

#[test]
fn pack_price_covers_count_and_period() {
    let cloud = cloud();
    let action = "InquirePricePurchaseResourcePoolPacks";
    let body = |zone: &str, kind: &str, count: i64, months: i64| json!({ "Zone": zone, "InstanceType": kind, "InstanceCount": count, "Period": months });
    // 384 · 0.115 + 1152 · 0.05, two of them for a year.
    let whole = price(&cloud, action, body("ap-guangzhou-3", "SA9.96XLARGE1152", 2, 12));
    assert_eq!((&whole["OriginalPrice"], &whole["Discount"]), (&json!(879206.4), &json!(83.0)));
    let half = price(&cloud, action, body("ap-guangzhou-3", "SA9.48XLARGE576", 4, 12));
    assert_eq!(half["OriginalPrice"], whole["OriginalPrice"]);
    let unsold = "InvalidParameter.InstanceTypeNotSupport";
    for (body, expected) in [
        (body("ap-beijing-3", "SA9.96XLARGE1152", 1, 1), "InvalidZone.MismatchRegion"),
        (body("ap-guangzhou-3", "S5", 1, 1), "InvalidInstanceType.Malformed"),
        (body("ap-guangzhou-3", "S5.4XLARGE64", 1, 1), unsold),
        (body("ap-guangzhou-3", "S9.MEDIUM4", 1, 1), unsold),
        (body("ap-guangzhou-6", "S9.72XLARGE1152", 1, 1), unsold),
        (body("ap-guangzhou-3", "SA9.96XLARGE1152", 0, 1), "InvalidParameterValue.Range"),
        (body("ap-guangzhou-3", "SA9.96XLARGE1152", 101, 1), "InvalidParameterValue.Range"),
        (body("ap-guangzhou-3", "SA9.96XLARGE1152", 1, 61), "InvalidPeriod"),
    ] {
        assert_eq!(refused(&cloud, action, body.clone()), expected, "{body}");
    }
}
