//! Images that one account shares with another.

use cvm_emulator::Cloud;
use cvm_signer::Credential;
use serde_json::{Value, json};

use super::{image, ready};
use crate::support::*;

const OWNER_UIN: &str = "100000000001";
const OTHER_UIN: &str = "100000000002";
const THIRD_UIN: &str = "100000000003";

fn other() -> Credential {
    Credential::new("AKIDOTHER", "the-key-of-another-account").unwrap()
}

fn third() -> Credential {
    Credential::new("AKIDTHIRD", "the-key-of-a-third-account").unwrap()
}

fn three_accounts() -> Cloud {
    builder().credential(credential()).account(other()).account(third()).build().unwrap()
}

fn send_by(
    credential: Credential,
    cloud: &Cloud,
    region: &str,
    action: &str,
    body: &Value,
) -> Value {
    let call = Call { credential, ..Call::new(action) }.region(region);
    read(&cloud.handle(&call.json(body.to_string())))
}

/// Sends a request of the other account.
fn by_other(cloud: &Cloud, action: &str, body: Value) -> Value {
    send_by(other(), cloud, "ap-guangzhou", action, &body)
}

fn share(cloud: &Cloud, id: &str, permission: &str) {
    let body = json!({ "ImageId": id, "AccountIds": [OTHER_UIN], "Permission": permission });
    send_ok(cloud, "ModifyImageSharePermission", body);
}

fn total(response: &Value) -> &Value {
    &response["TotalCount"]
}

#[test]
fn other_account_sees_a_shared_image_in_its_region() {
    let cloud = three_accounts();
    let id = ready(&cloud, "web");
    send_ok(&cloud, "ModifyImageAttribute", json!({ "ImageId": id, "ImageDescription": "nginx" }));
    let one = json!({ "ImageIds": [id] });
    assert_eq!(*total(&by_other(&cloud, "DescribeImages", one.clone())), 0);
    share(&cloud, &id, "SHARE");
    let shown = &by_other(&cloud, "DescribeImages", one.clone())["ImageSet"][0];
    assert_eq!(shown["ImageType"], "SHARED_IMAGE");
    assert_eq!(shown["ImageCreator"], OWNER_UIN);
    let mut expected = image(&cloud, &id);
    assert_eq!(expected["ImageType"], "PRIVATE_IMAGE");
    expected["ImageType"] = json!("SHARED_IMAGE");
    assert_eq!(*shown, expected);
    let filter = json!({ "Filters": [{ "Name": "image-type", "Values": ["SHARED_IMAGE"] }] });
    assert_eq!(*total(&by_other(&cloud, "DescribeImages", filter.clone())), 1);
    for (credential, region) in
        [(credential(), "ap-guangzhou"), (third(), "ap-guangzhou"), (other(), "ap-shanghai")]
    {
        let response = send_by(credential, &cloud, region, "DescribeImages", &filter);
        assert_eq!(*total(&response), 0, "{region}");
    }
    share(&cloud, &id, "CANCEL");
    assert_eq!(*total(&by_other(&cloud, "DescribeImages", one)), 0);
}

#[test]
fn other_account_launches_from_a_shared_image() {
    let cloud = three_accounts();
    let id = ready(&cloud, "web");
    let launch = json!({ "ImageId": id, "Placement": { "Zone": "ap-guangzhou-3" } });
    let code = |response: &Value| error_code(response).to_owned();
    assert_eq!(code(&by_other(&cloud, "RunInstances", launch.clone())), "InvalidImageId.NotFound");
    share(&cloud, &id, "SHARE");
    let launched = by_other(&cloud, "RunInstances", launch.clone());
    let instance = string(&launched["InstanceIdSet"][0]);
    advance(&cloud, 120);
    let shown =
        |cloud: &Cloud| by_other(cloud, "DescribeInstances", json!({}))["InstanceSet"][0].clone();
    assert_eq!(shown(&cloud)["ImageId"], id.as_str());
    assert_eq!(shown(&cloud)["InstanceState"], "RUNNING");
    // The owner sees nothing of the instance, and a third account nothing of the image.
    let stop = json!({ "InstanceIds": [instance] });
    assert_eq!(send_err(&cloud, "StopInstances", stop), "InvalidInstanceId.NotFound");
    let response = send_by(third(), &cloud, "ap-guangzhou", "RunInstances", &launch);
    assert_eq!(code(&response), "InvalidImageId.NotFound");
    // What runs keeps its system when the owner stops sharing and deletes the image.
    let before = shown(&cloud)["OsName"].clone();
    share(&cloud, &id, "CANCEL");
    send_ok(&cloud, "DeleteImages", json!({ "ImageIds": [id] }));
    assert_eq!(shown(&cloud)["OsName"], before);
    assert_eq!(code(&by_other(&cloud, "RunInstances", launch)), "InvalidImageId.NotFound");
    let rebooted = by_other(&cloud, "RebootInstances", json!({ "InstanceIds": [instance] }));
    assert!(rebooted.get("Error").is_none(), "{rebooted}");
}

#[test]
fn shared_image_belongs_to_its_owner_alone() {
    let cloud = three_accounts();
    let id = ready(&cloud, "web");
    share(&cloud, &id, "SHARE");
    for (action, body) in [
        ("DeleteImages", json!({ "ImageIds": [id] })),
        ("ModifyImageAttribute", json!({ "ImageId": id, "ImageName": "mine" })),
        ("DescribeImageSharePermission", json!({ "ImageId": id })),
        (
            "ModifyImageSharePermission",
            json!({ "ImageId": id, "AccountIds": [THIRD_UIN], "Permission": "SHARE" }),
        ),
        ("SyncImages", json!({ "ImageIds": [id], "DestinationRegions": ["ap-shanghai"] })),
    ] {
        let response = by_other(&cloud, action, body);
        let code = error_code(&response);
        assert!(code.contains("NotFound") || code.contains("NotBelong"), "{action}: {code}");
    }
    let permissions = send_ok(&cloud, "DescribeImageSharePermission", json!({ "ImageId": id }));
    assert_eq!(permissions["SharePermissionSet"][0]["AccountId"], OTHER_UIN);
    // It does not count for the quota of the other account.
    let quota = by_other(&cloud, "DescribeImageQuota", json!({}));
    assert_eq!(
        quota["ImageNumQuota"],
        send_ok(&cloud, "DescribeImageQuota", json!({}))["ImageNumQuota"]
    );
}
