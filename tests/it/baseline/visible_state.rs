//! The state of a fixture that a client can see.

use serde_json::{Map, Value, json};

use super::{Fixture, filter};
use crate::cloud::{ApiResponse, REGION};
use crate::raw_requests;

/// A Describe action, its region, and the request.
type Query = (&'static str, &'static str, fn(&Fixture) -> Value);

/// Together they show every change that a request can make.
const QUERIES: &[Query] = &[
    ("DescribeInstances", REGION, |_| json!({ "Limit": 100 })),
    (
        "DescribeInstancesAttributes",
        REGION,
        |fixture| json!({ "Attributes": ["UserData"], "InstanceIds": [fixture.running, fixture.stopped] }),
    ),
    (
        "DescribeInstanceInternetBandwidthConfigs",
        REGION,
        |fixture| json!({ "InstanceId": fixture.prepaid }),
    ),
    ("DescribeImages", REGION, own_images),
    ("DescribeImages", "ap-shanghai", own_images),
    ("DescribeImageSharePermission", REGION, |fixture| json!({ "ImageId": fixture.image })),
    ("DescribeImageSharePermission", REGION, |fixture| json!({ "ImageId": fixture.shared_image })),
    ("DescribeKeyPairs", REGION, |_| json!({ "Limit": 100 })),
    ("DescribeDisasterRecoverGroups", REGION, |_| json!({ "Limit": 100 })),
    ("DescribeLaunchTemplates", REGION, |_| json!({ "Limit": 100 })),
    (
        "DescribeLaunchTemplateVersions",
        REGION,
        |fixture| json!({ "LaunchTemplateId": fixture.launch_template }),
    ),
    ("DescribeHosts", REGION, |_| json!({ "Limit": 100 })),
    ("DescribeHpcClusters", REGION, |_| json!({ "Limit": 100 })),
    ("DescribeHpcClusters", REGION, |_| json!({ "HpcClusterType": "CDC" })),
    ("DescribeResourcePoolPacks", REGION, |_| json!({ "MaxResults": 100 })),
    (
        "DescribeResourcePoolPackInstances",
        REGION,
        |fixture| json!({ "DedicatedResourcePackIds": [fixture.resource_pack] }),
    ),
    (
        "DescribeInstancesActionTimer",
        REGION,
        |_| json!({ "StatusList": ["UNDO", "DOING", "DONE"] }),
    ),
    ("DescribeChcHosts", REGION, |_| json!({ "Limit": 100 })),
    (
        "DescribeTaskInfo",
        REGION,
        |_| json!({ "Limit": 100, "Offset": 0, "StartDate": "2023-11-01 00:00:00" }),
    ),
    ("DescribeAccountQuota", REGION, |_| json!({})),
];

fn own_images(_: &Fixture) -> Value {
    json!({ "Filters": [filter("image-type", &["PRIVATE_IMAGE"])], "Limit": 100 })
}

impl Fixture {
    /// The visible state of all instances, without the request id.
    pub async fn instances(&self) -> ApiResponse {
        let mut response = self.run_query(&QUERIES[0]).await;
        assert_eq!(response.code(), None, "{}", response.message());
        response.0["Response"]["RequestId"] = Value::Null;
        response
    }

    /// The whole visible state. Resources that are gone appear as errors.
    pub async fn all_resources(&self) -> Map<String, Value> {
        let mut seen = Map::new();
        for query in QUERIES {
            let (action, region, _) = query;
            let response = self.run_query(query).await;
            response.assert_as_specified(action);
            let mut response = response.members().clone();
            response.as_object_mut().unwrap().remove("RequestId");
            seen.insert(format!("{action} {} in {region}", seen.len()), response);
        }
        seen
    }

    async fn run_query(&self, (action, region, request): &Query) -> ApiResponse {
        self.cloud.send(raw_requests::json_in(region, action, &request(self))).await
    }
}

#[tokio::test]
async fn fixture_is_deterministic_and_fully_visible() {
    let (first, second) = (Fixture::new().await, Fixture::new().await);
    let seen = first.all_resources().await;
    assert_eq!(seen, second.all_resources().await);
    for (query, response) in seen {
        assert!(response["Error"].is_null(), "{query}: {response}");
    }
}
