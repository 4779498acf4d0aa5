//! The state of a fixture that a client can see.

use serde_json::{Map, Value, json};

use super::{Scene, filter};
use crate::cloud::{Answer, REGION};
use crate::raw_requests;

/// A Describe action, its region, and the request.
type View = (&'static str, &'static str, fn(&Scene) -> Value);

/// Together they show every change that a request can make.
const VIEWS: &[View] = &[
    ("DescribeInstances", REGION, |_| json!({ "Limit": 100 })),
    (
        "DescribeInstancesAttributes",
        REGION,
        |scene| json!({ "Attributes": ["UserData"], "InstanceIds": [scene.running, scene.stopped] }),
    ),
    (
        "DescribeInstanceInternetBandwidthConfigs",
        REGION,
        |scene| json!({ "InstanceId": scene.prepaid }),
    ),
    ("DescribeImages", REGION, own_images),
    ("DescribeImages", "ap-shanghai", own_images),
    ("DescribeImageSharePermission", REGION, |scene| json!({ "ImageId": scene.image })),
    ("DescribeImageSharePermission", REGION, |scene| json!({ "ImageId": scene.shared_image })),
    ("DescribeKeyPairs", REGION, |_| json!({ "Limit": 100 })),
    ("DescribeDisasterRecoverGroups", REGION, |_| json!({ "Limit": 100 })),
    ("DescribeLaunchTemplates", REGION, |_| json!({ "Limit": 100 })),
    (
        "DescribeLaunchTemplateVersions",
        REGION,
        |scene| json!({ "LaunchTemplateId": scene.launch_template }),
    ),
    ("DescribeHosts", REGION, |_| json!({ "Limit": 100 })),
    ("DescribeHpcClusters", REGION, |_| json!({ "Limit": 100 })),
    ("DescribeHpcClusters", REGION, |_| json!({ "HpcClusterType": "CDC" })),
    ("DescribeResourcePoolPacks", REGION, |_| json!({ "MaxResults": 100 })),
    (
        "DescribeResourcePoolPackInstances",
        REGION,
        |scene| json!({ "DedicatedResourcePackIds": [scene.resource_pack] }),
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

fn own_images(_: &Scene) -> Value {
    json!({ "Filters": [filter("image-type", &["PRIVATE_IMAGE"])], "Limit": 100 })
}

impl Scene {
    /// The visible state of all instances, without the request id.
    pub async fn instances(&self) -> Answer {
        let mut answer = self.look(&VIEWS[0]).await;
        assert_eq!(answer.code(), None, "{}", answer.message());
        answer.0["Response"]["RequestId"] = Value::Null;
        answer
    }

    /// The whole visible state. Resources that are gone appear as errors.
    pub async fn everything(&self) -> Map<String, Value> {
        let mut seen = Map::new();
        for view in VIEWS {
            let (action, region, _) = view;
            let answer = self.look(view).await;
            answer.assert_as_specified(action);
            let mut response = answer.response().clone();
            response.as_object_mut().unwrap().remove("RequestId");
            seen.insert(format!("{action} {} in {region}", seen.len()), response);
        }
        seen
    }

    async fn look(&self, (action, region, question): &View) -> Answer {
        self.cloud.ask(raw_requests::json_in(region, action, &question(self))).await
    }
}

#[tokio::test]
async fn fixture_is_deterministic_and_fully_visible() {
    let (first, second) = (Scene::new().await, Scene::new().await);
    let seen = first.everything().await;
    assert_eq!(seen, second.everything().await);
    for (view, response) in seen {
        assert!(response["Error"].is_null(), "{view}: {response}");
    }
}
