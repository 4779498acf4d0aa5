//! Prices of launches, renewals, refunds, hosts and packs.

mod changes;

use cvm_emulator::Cloud;
use cvm_models::actions::*;
use serde_json::{Value, json};

use crate::support::*;

/// The members of a prepaid launch.
pub fn prepaid(months: u32) -> Value {
    json!({ "InstanceChargeType": "PREPAID", "InstanceChargePrepaid": { "Period": months } })
}

pub fn bandwidth(charge: &str, mbps: i64) -> Value {
    json!({ "InternetAccessible":
        { "InternetChargeType": charge, "InternetMaxBandwidthOut": mbps } })
}

/// Sends a price inquiry that must succeed.
pub fn price(cloud: &Cloud, action: &str, body: Value) -> Value {
    send_ok(cloud, action, body)["Price"].take()
}

#[test]
fn responses_contain_every_guaranteed_member() {
    let cloud = cloud();
    let id = launch_running(&cloud, merge(prepaid(12), bandwidth("BANDWIDTH_PREPAID", 1)));
    decode_complete::<InquiryPriceRunInstances>(&cloud, &run_request(json!({})));
    let one = |members| merge(json!({ "InstanceIds": [id] }), members);
    let term = json!({ "InstanceChargePrepaid": { "Period": 1 } });
    decode_complete::<InquiryPriceRenewInstances>(&cloud, &one(term));
    let hourly = json!({ "InstanceChargeType": "POSTPAID_BY_HOUR" });
    decode_complete::<InquiryPriceModifyInstancesChargeType>(&cloud, &one(hourly));
    decode_complete::<InquiryPriceResetInstance>(&cloud, &json!({ "InstanceId": id }));
    let kind = json!({ "InstanceType": "S5.LARGE8" });
    decode_complete::<InquiryPriceResetInstancesType>(&cloud, &one(kind));
    let disk = json!({ "InstanceId": id, "SystemDisk": { "DiskSize": 100 } });
    decode_complete::<InquiryPriceResizeInstanceDisks>(&cloud, &disk);
    decode_complete::<InquiryPriceTerminateInstances>(&cloud, &one(json!({})));
    let window = json!({ "InternetAccessible": { "InternetMaxBandwidthOut": 5 },
        "StartTime": "2023-11-15", "EndTime": "2023-11-20" });
    decode_complete::<InquiryPriceResetInstancesInternetMaxBandwidth>(&cloud, &one(window));
    let packs = json!({ "Zone": "ap-guangzhou-3", "InstanceType": "SA9.96XLARGE1152",
        "InstanceCount": 2, "Period": 12 });
    decode_complete::<InquirePricePurchaseResourcePoolPacks>(&cloud, &packs);
    let hosts = hosts(&cloud, "HS1", 1);
    advance(&cloud, 60);
    decode_complete::<InquiryPriceRenewHosts>(&cloud, &renewal(&hosts, 1));
}

#[test]
fn launch_is_priced_by_hour_or_term() {
    let cloud = cloud();
    let ask = |members| price(&cloud, "InquiryPriceRunInstances", run_request(members));
    // S5.MEDIUM4 costs 2 · 0.115 + 4 · 0.05, and its disk 50 · 0.0006.
    let hourly = ask(json!({}));
    for (member, expected) in [
        ("UnitPrice", json!(0.46)),
        ("UnitPriceDiscount", json!(0.46)),
        ("ChargeUnit", json!("HOUR")),
        ("Discount", json!(100.0)),
        ("UnitPriceSecondStep", json!(0.46)),
        ("UnitPriceDiscountThirdStep", json!(0.46)),
        ("OriginalPrice", json!(0.0)),
        ("DiscountPriceOneYear", json!(0.0)),
    ] {
        assert_eq!(hourly["InstancePrice"][member], expected, "{member}");
    }
    let bandwidth = &hourly["BandwidthPrice"];
    assert_eq!((&bandwidth["UnitPrice"], &bandwidth["ChargeUnit"]), (&json!(0.0), &json!("HOUR")));
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
        ("UnitPrice", json!(0.0)),
        ("ChargeUnit", json!("HOUR")),
    ] {
        assert_eq!(year[member], expected, "{member}");
    }
    let month = &ask(merge(prepaid(1), json!({ "InstanceCount": 2 })))["InstancePrice"];
    assert_eq!((&month["DiscountPrice"], &month["Discount"]), (&json!(331.2), &json!(100.0)));
    // A spot instance costs a fifth; its disk costs the full price.
    let spot = &ask(json!({ "InstanceChargeType": "SPOTPAID" }))["InstancePrice"];
    assert_eq!((&spot["UnitPrice"], &spot["UnitPriceDiscount"]), (&json!(0.46), &json!(0.116)));
    assert_eq!(spot["Discount"], 25.22);
    let disks = json!({ "DataDisks": [{ "DiskType": "CLOUD_SSD", "DiskSize": 100 }] });
    assert_eq!(ask(disks)["InstancePrice"]["UnitPrice"], 0.6);
    let gpu = json!({ "InstanceType": "GN7.2XLARGE32" });
    assert_eq!(ask(gpu)["InstancePrice"]["UnitPrice"], 10.55);
    assert_eq!(send_ok(&cloud, "DescribeInstances", json!({}))["TotalCount"], 0);
}

#[test]
fn bandwidth_price_follows_its_charge_type() {
    let cloud = cloud();
    let ask = |members| {
        price(&cloud, "InquiryPriceRunInstances", run_request(members))["BandwidthPrice"].take()
    };
    let two = json!({ "InstanceCount": 2 });
    let traffic = ask(merge(bandwidth("TRAFFIC_POSTPAID_BY_HOUR", 100), two.clone()));
    assert_eq!((&traffic["ChargeUnit"], &traffic["UnitPrice"]), (&json!("GB"), &json!(0.8)));
    // Two instances, each with five Mbps at the lower rate and five at the higher rate.
    let hourly = ask(merge(bandwidth("BANDWIDTH_POSTPAID_BY_HOUR", 10), two));
    assert_eq!((&hourly["ChargeUnit"], &hourly["UnitPrice"]), (&json!("HOUR"), &json!(3.11)));
    let prepaid_bandwidth = ask(merge(bandwidth("BANDWIDTH_PREPAID", 1), prepaid(2)));
    assert_eq!(
        (&prepaid_bandwidth["OriginalPrice"], &prepaid_bandwidth["UnitPrice"]),
        (&json!(45.36), &json!(0.0))
    );
    assert_eq!(ask(bandwidth("BANDWIDTH_POSTPAID_BY_HOUR", 0))["UnitPrice"], 0.0);
}

#[test]
fn prices_depend_on_the_region() {
    let cloud = cloud();
    let body = run_request(json!({ "Placement": { "Zone": "ap-hongkong-2" } }));
    let call = Call::new("InquiryPriceRunInstances").region("ap-hongkong");
    let response = read(&cloud.handle(&call.json(body.to_string())));
    assert_eq!(response["Price"]["InstancePrice"]["UnitPrice"], 0.598);
}

#[test]
fn price_inquiry_fails_like_the_launch() {
    let cloud = cloud();
    for members in [
        json!({ "Placement": { "Zone": "ap-beijing-3" } }),
        json!({ "ImageId": "img-00000000" }),
        json!({ "InstanceType": "S99.MEDIUM4" }),
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
        let launch = send_err(&cloud, "RunInstances", run_request(members.clone()));
        let asked = send_err(&cloud, "InquiryPriceRunInstances", run_request(members.clone()));
        assert_eq!(asked, launch, "{members}");
    }
    // Here the inquiry is stricter than the launch.
    let two = json!({ "InstanceCount": 2, "VirtualPrivateCloud": { "VpcId": "vpc-12345678",
        "SubnetId": "subnet-12345678", "PrivateIpAddresses": ["10.0.0.4", "10.0.0.5"] } });
    let asked = send_err(&cloud, "InquiryPriceRunInstances", run_request(two.clone()));
    assert_eq!(asked, "InvalidParameterCombination");
    launch(&cloud, two);
}

#[test]
fn renewal_price_covers_all_instances() {
    let cloud = cloud();
    let body = |ids: &[&String], months: u32| json!({ "InstanceIds": ids, "InstanceChargePrepaid": { "Period": months } });
    let code = |ids: &[&String]| send_err(&cloud, "InquiryPriceRenewInstances", body(ids, 1));
    let first = launch(&cloud, merge(prepaid(1), bandwidth("BANDWIDTH_PREPAID", 1))).remove(0);
    assert_eq!(code(&[&first]), "UnsupportedOperation.InstanceStatePending");
    advance(&cloud, 20);
    let second =
        launch_running(&cloud, merge(prepaid(1), bandwidth("TRAFFIC_POSTPAID_BY_HOUR", 9)));
    let hourly = launch_running(&cloud, json!({}));
    let both = price(&cloud, "InquiryPriceRenewInstances", body(&[&first, &second], 24));
    assert_eq!(both["InstancePrice"]["OriginalPrice"], 7948.8);
    assert_eq!(both["InstancePrice"]["DiscountPrice"], 5564.16);
    // 0.063 · 360 · 24 for the instance with prepaid bandwidth.
    assert_eq!(both["BandwidthPrice"]["OriginalPrice"], 544.32);
    let metered = price(&cloud, "InquiryPriceRenewInstances", body(&[&second], 1));
    assert!(metered["BandwidthPrice"].is_null());
    let mixed = "InvalidParameterValue.InstanceNotSupportedMixPricingModel";
    assert_eq!(code(&[&first, &hourly]), mixed);
    assert_eq!(code(&[&hourly]), "InvalidInstance.NotSupported");
    assert_eq!(code(&[&first, &"ins-00000000".into()]), "InvalidInstanceId.NotFound");
    let dry = merge(body(&[&first], 1), json!({ "DryRun": true }));
    assert!(send_ok(&cloud, "InquiryPriceRenewInstances", dry).get("Price").is_none());
    // An instance in the recycle bin can be renewed; other changes have no price.
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [first] }));
    advance(&cloud, 10);
    assert_eq!(state(&cloud, &first), "SHUTDOWN");
    price(&cloud, "InquiryPriceRenewInstances", body(&[&first], 1));
    let resize = json!({ "InstanceIds": [first], "InstanceType": "S5.LARGE8" });
    let code = send_err(&cloud, "InquiryPriceResetInstancesType", resize);
    assert_eq!(code, "InvalidInstance.NotSupported");
}

#[test]
fn refund_is_proportional_to_the_remaining_term() {
    let cloud = cloud();
    let ask = |ids: &[&String]| {
        let response =
            send_ok(&cloud, "InquiryPriceTerminateInstances", json!({ "InstanceIds": ids }));
        response["InstanceRefundsSet"].as_array().unwrap().clone()
    };
    let code = |ids: &[&String]| {
        send_err(&cloud, "InquiryPriceTerminateInstances", json!({ "InstanceIds": ids }))
    };
    let year = launch(&cloud, prepaid(12)).remove(0);
    let line = launch(&cloud, merge(prepaid(12), bandwidth("BANDWIDTH_PREPAID", 1))).remove(0);
    let hourly = launch(&cloud, json!({})).remove(0);
    assert_eq!(ask(&[&year])[0]["Refunds"], 1649.38);
    advance(&cloud, 183 * 86_400);
    let both = ask(&[&year, &line]);
    assert_eq!((&both[0]["InstanceId"], &both[0]["Refunds"]), (&json!(year), &json!(824.69)));
    assert_eq!((&both[1]["InstanceId"], &both[1]["Refunds"]), (&json!(line), &json!(937.63)));
    let detail = both[0]["PriceDetail"].as_str().unwrap();
    assert!(detail.contains("实付1649.38元，共366天，剩余183天，可退824.69元"), "{detail}");
    assert_eq!(code(&[&hourly]), "FailedOperation.InquiryRefundPriceFailed");
    assert_eq!(code(&[&year, &hourly]), "UnsupportedOperation.InstanceMixedPricingModel");
    assert_eq!(code(&[&year, &"ins-00000000".into()]), "InvalidInstanceId.NotFound");
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [year] }));
    assert_eq!(code(&[&year]), "FailedOperation.Unreturnable");
    advance(&cloud, 10);
    assert_eq!(code(&[&line, &year]), "FailedOperation.Unreturnable");
    send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": [hourly] }));
    assert_eq!(code(&[&hourly]), "InvalidInstance.NotSupported");
}

fn hosts(cloud: &Cloud, kind: &str, count: u64) -> Vec<String> {
    let term = json!({ "Period": 1, "RenewFlag": "NOTIFY_AND_MANUAL_RENEW" });
    let order = json!({ "Placement": { "Zone": "ap-guangzhou-3" }, "HostType": kind,
        "HostCount": count, "HostChargePrepaid": term });
    let response = send_ok(cloud, "AllocateHosts", order);
    let ids = response["HostIdSet"].as_array().unwrap();
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
    assert_eq!(send_err(&cloud, action, renewal(&bare, 1)), "InvalidHost.NotSupported");
    advance(&cloud, 60);
    // 72 · 0.115 + 324 · 0.05 per hour, 360 hours per month, for two hosts.
    let month = ask(&bare, 1);
    assert_eq!((&month["OriginalPrice"], &month["Discount"]), (&json!(17625.6), &json!(100.0)));
    let year = ask(&bare, 12);
    assert_eq!(
        (&year["OriginalPrice"], &year["DiscountPrice"]),
        (&json!(211507.2), &json!(175550.98))
    );
    assert_eq!(year["DiscountPrice"], month["DiscountPriceOneYear"]);
    // Plus 14000 · 0.0011 for its disks.
    assert_eq!(ask(&with_disks, 1)["OriginalPrice"], 14356.8);
    // A repeated id counts once, and an expired host can be renewed.
    let twice = [bare[0].clone(), bare[0].clone()];
    assert_eq!(ask(&twice, 1)["OriginalPrice"], 8812.8);
    let dry = merge(renewal(&bare, 1), json!({ "DryRun": true }));
    assert!(send_ok(&cloud, action, dry).get("Price").is_none());
    advance(&cloud, 31 * 86_400);
    let actual = send_ok(&cloud, "DescribeHosts", json!({}));
    assert_eq!(actual["HostSet"][0]["HostState"], "EXPIRED");
    assert_eq!(ask(&bare, 1), month);
    let unknown = [bare[0].clone(), "host-zzzzzzzz".to_owned()];
    for (ids, months, expected) in [
        (&unknown[..], 1, "InvalidHostId.NotFound"),
        (&bare, 13, "InvalidPeriod"),
        (&["h-1".to_owned()], 1, "InvalidHostId.Malformed"),
    ] {
        assert_eq!(send_err(&cloud, action, renewal(ids, months)), expected, "{ids:?}");
    }
    assert_eq!(send_ok(&cloud, "DescribeHosts", json!({}))["HostSet"], actual["HostSet"]);
}

#[test]
fn pack_price_covers_count_and_period() {
    let cloud = cloud();
    let action = "InquirePricePurchaseResourcePoolPacks";
    let body = |zone: &str, kind: &str, count: i64, months: i64| json!({ "Zone": zone, "InstanceType": kind, "InstanceCount": count, "Period": months });
    // 384 · 0.115 + 1152 · 0.05 per hour; two packs for a year.
    let whole = price(&cloud, action, body("ap-guangzhou-3", "SA9.96XLARGE1152", 2, 12));
    assert_eq!((&whole["OriginalPrice"], &whole["Discount"]), (&json!(879206.4), &json!(83.0)));
    assert_eq!((&whole["UnitPrice"], &whole["ChargeUnit"]), (&json!(203.52), &json!("HOUR")));
    let half = price(&cloud, action, body("ap-guangzhou-3", "SA9.48XLARGE576", 4, 12));
    assert_eq!(half["OriginalPrice"], whole["OriginalPrice"]);
    let unsold = "InvalidParameter.InstanceTypeNotSupport";
    for (body, expected) in [
        (body("ap-beijing-3", "SA9.96XLARGE1152", 1, 1), "InvalidZone.MismatchRegion"),
        (body("ap-guangzhou-3", "S5", 1, 1), "InvalidInstanceType.Malformed"),
        (body("ap-guangzhou-3", "S5.4XLARGE64", 1, 1), unsold),
        (body("ap-guangzhou-3", "S99.MEDIUM4", 1, 1), unsold),
        (body("ap-guangzhou-6", "S9.72XLARGE1152", 1, 1), unsold),
        (body("ap-guangzhou-3", "SA9.96XLARGE1152", 0, 1), "InvalidParameterValue.Range"),
        (body("ap-guangzhou-3", "SA9.96XLARGE1152", 101, 1), "InvalidParameterValue.Range"),
        (body("ap-guangzhou-3", "SA9.96XLARGE1152", 1, 61), "InvalidPeriod"),
    ] {
        assert_eq!(send_err(&cloud, action, body.clone()), expected, "{body}");
    }
}
