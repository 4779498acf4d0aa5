//! Limits that depend on several members: those on tags in every action, and those of a launch. The values inside pass,
//! and the first value outside returns its code with a message that names the member.

use serde_json::{Value, json};

use crate::baseline::{Fixture, baselines};
use crate::cloud::Cloud;
use crate::raw_requests;

/// Replaces the tags of a request.
fn tagged(request: &Value, tags: Value) -> Value {
    let mut request = request.clone();
    request["TagSpecification"][0]["Tags"] = tags;
    request
}

#[tokio::test]
async fn tags_have_the_same_limits_in_every_action() {
    let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
    let many = |count: usize| {
        (0..count).map(|n| tag(&format!("{n:x<127}"), &"x".repeat(255))).collect::<Vec<_>>()
    };
    let key = "TagSpecification.0.Tags.0.Key";
    let mut actions = Vec::new();
    for baseline in baselines().filter(|baseline| baseline.rejected().is_none()) {
        let info = cvm_models::action(baseline.action).unwrap();
        let has_tags = info.request.field("TagSpecification").is_some();
        if !has_tags || actions.contains(&baseline.action) {
            continue;
        }
        let fixture = Fixture::new().await;
        let request = (baseline.request)(&fixture);
        if request["TagSpecification"].is_null() {
            continue;
        }
        actions.push(baseline.action);
        let send = async |tags: Value| {
            let request = raw_requests::json(baseline.action, &tagged(&request, tags));
            fixture.cloud.send(request).await
        };
        for (tags, codes, member) in [
            (json!([tag("qcs:a", "v")]), &["FailedOperation.TagKeyReserved"][..], key),
            (json!([tag("project", "v")]), &["FailedOperation.TagKeyReserved"], key),
            (json!([tag("a*b", "v")]), &["FailedOperation.IllegalTagKey"], key),
            (
                json!([tag("a", "v ")]),
                &["FailedOperation.IllegalTagValue"],
                "TagSpecification.0.Tags.0.Value",
            ),
            (
                json!(many(51)),
                &[
                    "InvalidParameterValue.TagQuotaLimitExceeded",
                    "InvalidParameterValue.LimitExceeded",
                ],
                "TagSpecification",
            ),
        ] {
            let response = send(tags).await;
            let documented = codes.iter().find(|code| info.documents(code));
            let expected = documented.copied().unwrap_or("InvalidParameterValue");
            let message = response.message();
            assert_eq!(response.code(), Some(expected), "{}: {message}", baseline.action);
            assert!(message.starts_with(&format!("`{member}`")), "{}: {message}", baseline.action);
        }
        // A word that only contains a reserved one is not reserved.
        let mut most = many(48);
        most.extend([tag("my-qcs:a", "中 +-=._:/@()[],;><"), tag("projects", "v")]);
        let response = send(json!(most)).await;
        assert_eq!(response.code(), None, "{}: {}", baseline.action, response.message());
    }
    assert_eq!(actions.len(), 11, "{actions:?}");
}

/// A launch that only checks, with these members.
fn launch(members: &Value) -> Value {
    let mut request = json!({
        "DryRun": true, "Placement": { "Zone": "ap-guangzhou-3" }, "ImageId": "img-pmqg1cw7",
        "VirtualPrivateCloud": { "VpcId": "vpc-1a2b3c4d", "SubnetId": "subnet-1a2b3c4d" },
    });
    request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    request
}

#[tokio::test]
async fn limits_of_a_launch_that_depend_on_other_members_have_edges_too() {
    let disks = |kind: &str, size: i64, count: usize| {
        vec![json!({ "DiskType": kind, "DiskSize": size }); count]
    };
    let with_local = |local: usize, cloud: usize| {
        let all = [disks("LOCAL_BASIC", 100, local), disks("CLOUD_PREMIUM", 50, cloud)];
        json!({ "DataDisks": all.concat() })
    };
    let data = |kind: &str, size: i64| json!({ "DataDisks": disks(kind, size, 1) });
    let system = |size: i64| json!({ "SystemDisk": { "DiskSize": size } });
    let groups = |count: usize| {
        let ids: Vec<_> = (0..count).map(|n| format!("sg-{n:08}")).collect();
        json!({ "SecurityGroupIds": ids })
    };
    let addresses = |count: usize, instances: usize| {
        let ips: Vec<_> = (1..=count).map(|n| format!("10.0.0.{n}")).collect();
        let network = json!({
            "VpcId": "vpc-1a2b3c4d", "SubnetId": "subnet-1a2b3c4d", "PrivateIpAddresses": ips,
        });
        json!({ "VirtualPrivateCloud": network, "InstanceCount": instances })
    };
    let host = |name: String, image: &str| json!({ "HostName": name, "ImageId": image });
    let counts = |min: i64| json!({ "InstanceCount": 3, "MinCount": min });
    let of_type = |kind: &str, members: Value| {
        let mut launch = json!({ "InstanceType": kind });
        launch.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        launch
    };
    let jumbo = |is_on: bool| json!({ "EnableJumboFrame": is_on });
    let cores = |topology: Value| of_type("S5.LARGE8", json!({ "CpuTopology": topology }));
    let project = |id: i64| json!({ "Placement": { "Zone": "ap-guangzhou-3", "ProjectId": id } });
    let throughput = |kind: &str, throughput: i64| {
        let mut disk = disks(kind, 500, 1).remove(0);
        disk["ThroughputPerformance"] = json!(throughput);
        json!({ "DataDisks": [disk] })
    };
    let metadata = |keys: [&str; 2]| {
        let items = keys.map(|key| json!({ "Key": key, "Value": "v" }));
        json!({ "Metadata": { "Items": items } })
    };
    let no_jumbo = "UnsupportedOperation.InstanceTypeNotSupportJumboFrame";
    let core_count = "InvalidParameterValue.CoreCountValue";
    let lacks = "InvalidParameter.LackCoreCountOrThreadPerCore";
    let range = "InvalidParameterValue.Range";
    let many = "InvalidParameterValue.LimitExceeded";
    let windows = "img-9id7emv7";
    let host_name = "InvalidParameterValue.IllegalHostName";
    for (inside, outside, code, member) in [
        (with_local(1, 20), with_local(0, 21), many, "`DataDisks`"),
        (with_local(1, 19), with_local(2, 0), many, "`DataDisks`"),
        (data("CLOUD_PREMIUM", 10), data("CLOUD_PREMIUM", 9), range, "`DataDisks.0.DiskSize`"),
        (data("CLOUD_BSSD", 32_000), data("CLOUD_BSSD", 32_010), range, "`DataDisks.0.DiskSize`"),
        (
            data("CLOUD_BSSD", 30),
            data("CLOUD_BSSD", 31),
            "InvalidParameterValue",
            "`DataDisks.0.DiskSize`",
        ),
        (system(20), system(19), range, "`SystemDisk.DiskSize`"),
        (system(1024), system(1025), range, "`SystemDisk.DiskSize`"),
        (groups(5), groups(6), "LimitExceeded.SingleUSGQuota", "`SecurityGroupIds`"),
        (
            addresses(20, 20),
            addresses(21, 21),
            "InvalidParameterCombination",
            "`PrivateIpAddresses`",
        ),
        (addresses(2, 2), addresses(2, 1), "InvalidParameterCombination", "`PrivateIpAddresses`"),
        (counts(3), counts(4), "InvalidParameterValue.InvalidParameterMinCount", "`MinCount`"),
        (
            of_type("S5.MEDIUM4", jumbo(true)),
            of_type("S1.SMALL1", jumbo(true)),
            no_jumbo,
            "S1.SMALL1",
        ),
        (
            of_type("S5.MEDIUM4", jumbo(false)),
            of_type("S1.SMALL1", jumbo(false)),
            no_jumbo,
            "S1.SMALL1",
        ),
        (
            cores(json!({ "CoreCount": 4, "ThreadPerCore": 1 })),
            cores(json!({ "CoreCount": 5, "ThreadPerCore": 1 })),
            core_count,
            "`CpuTopology.CoreCount`",
        ),
        (
            cores(json!({ "CoreCount": 1, "ThreadPerCore": 2 })),
            cores(json!({ "CoreCount": 0, "ThreadPerCore": 2 })),
            core_count,
            "`CpuTopology.CoreCount`",
        ),
        (
            cores(json!({ "CoreCount": 2, "ThreadPerCore": 2 })),
            cores(json!({ "CoreCount": 2 })),
            lacks,
            "`ThreadPerCore`",
        ),
        (
            cores(json!({ "CoreCount": 2, "ThreadPerCore": 2 })),
            cores(json!({ "ThreadPerCore": 2 })),
            lacks,
            "`CoreCount`",
        ),
        (project(0), project(-1), "InvalidProjectId.NotFound", "project -1"),
        (
            throughput("CLOUD_HSSD", 1),
            throughput("CLOUD_HSSD", -1),
            "InvalidParameterValue",
            "`DataDisks.0.ThroughputPerformance`",
        ),
        (
            throughput("CLOUD_PREMIUM", 0),
            throughput("CLOUD_PREMIUM", 1),
            "InvalidParameterValue",
            "`DataDisks.0.ThroughputPerformance`",
        ),
        (
            metadata(["a", "b"]),
            metadata(["a", "a"]),
            "InvalidParameterValue.Duplicate",
            "`Metadata.Items`",
        ),
        (host("x".repeat(15), windows), host("x".repeat(16), windows), host_name, "`HostName`"),
        (
            host("x".repeat(60), "img-pmqg1cw7"),
            host("1".repeat(15), windows),
            host_name,
            "`HostName`",
        ),
    ] {
        let cloud = Cloud::new();
        let response = cloud.send(raw_requests::json("RunInstances", &launch(&inside))).await;
        assert_eq!(response.code(), None, "{inside}: {}", response.message());
        let response = cloud.send(raw_requests::json("RunInstances", &launch(&outside))).await;
        assert_eq!(response.code(), Some(code), "{outside}: {}", response.message());
        assert!(response.message().contains(member), "{outside}: {}", response.message());
    }
}
