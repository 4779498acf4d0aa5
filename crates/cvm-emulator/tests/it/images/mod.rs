//! Private images: lists, sharing, attributes, deletion and quotas.

mod create;
mod shared;
mod transfer;

use cvm_emulator::Cloud;
use cvm_models::actions::{DescribeImageSharePermission, DescribeImages};
use serde_json::{Value, json};

use crate::instances::list::filter;
use crate::support::*;

pub const UBUNTU: &str = "img-487zeit5";
const QUOTA: usize = 500;

/// Returns an image as `DescribeImages` shows it, or null if it does not exist.
pub fn image(cloud: &Cloud, id: &str) -> Value {
    send_ok(cloud, "DescribeImages", json!({ "ImageIds": [id] }))["ImageSet"][0].clone()
}

pub fn image_state(cloud: &Cloud, id: &str) -> String {
    image(cloud, id)["ImageState"].as_str().unwrap_or("gone").to_owned()
}

/// Creates an image of an instance.
pub fn create(cloud: &Cloud, instance: &str, name: &str, members: Value) -> String {
    let body = merge(json!({ "InstanceId": instance, "ImageName": name }), members);
    string(&send_ok(cloud, "CreateImage", body)["ImageId"])
}

/// Creates an image and advances the clock until it is ready.
pub fn ready(cloud: &Cloud, name: &str) -> String {
    let id = create(cloud, &launch_running(cloud, json!({ "ImageId": UBUNTU })), name, json!({}));
    advance(cloud, 120);
    assert_eq!(image_state(cloud, &id), "NORMAL");
    id
}

pub fn import(members: Value) -> Value {
    let body = json!({
        "Architecture": "x86_64",
        "OsType": "CentOS",
        "OsVersion": "7",
        "ImageUrl": "https://disks-1250000000.cos.ap-guangzhou.myqcloud.com/centos.qcow2",
        "ImageName": "imported",
    });
    merge(body, members)
}

pub fn imported(cloud: &Cloud, members: Value) -> String {
    let id = string(&send_ok(cloud, "ImportImage", import(members))["ImageId"]);
    advance(cloud, 600);
    id
}

pub fn encrypted(cloud: &Cloud, id: &str) -> String {
    let body = json!({ "ImageIds": [id], "DestinationRegions": ["ap-guangzhou"],
        "Encrypt": true, "ImageName": "encrypted", "ImageSetRequired": true });
    let copy = string(&send_ok(cloud, "SyncImages", body)["ImageSet"][0]["ImageId"]);
    advance(cloud, 300);
    copy
}

pub fn total(cloud: &Cloud, name: &str, values: &[&str]) -> Value {
    let body = json!({ "Filters": [{ "Name": name, "Values": values }] });
    send_ok(cloud, "DescribeImages", body)["TotalCount"].clone()
}

#[test]
fn shared_images_cannot_be_changed_or_deleted() {
    let cloud = cloud();
    let id = ready(&cloud, "web");
    let share = |accounts: &[&str], permission: &str| json!({ "ImageId": id, "AccountIds": accounts, "Permission": permission });
    let listed = || {
        let response = send_ok(&cloud, "DescribeImageSharePermission", json!({ "ImageId": id }));
        response["SharePermissionSet"].clone()
    };
    assert_eq!(listed(), json!([]));
    let (one, two) = ("100000000002", "100000000003");
    send_ok(&cloud, "ModifyImageSharePermission", share(&[one, one], "SHARE"));
    advance(&cloud, 5);
    send_ok(&cloud, "ModifyImageSharePermission", share(&[two], "SHARE"));
    let set = listed();
    assert_eq!((&set[0]["AccountId"], &set[1]["AccountId"]), (&json!(one), &json!(two)));
    assert_eq!(set[0]["CreatedTime"], "2023-11-14T22:15:40Z");
    let code = |action: &str, body: Value| send_err(&cloud, action, body);
    let delete = json!({ "ImageIds": [id] });
    assert_eq!(code("DeleteImages", delete.clone()), "InvalidImageId.InShared");
    let rename = json!({ "ImageId": id, "ImageName": "other" });
    assert_eq!(code("ModifyImageAttribute", rename), "InvalidImageId.IncorrectState");
    let own = string(&image(&cloud, &id)["ImageCreator"]);
    let many: Vec<String> = (0..499).map(|index| format!("2000{index}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (accounts, expected) in [
        (vec!["100000000004", two], "FailedOperation.AccountAlreadyExists"),
        (vec![own.as_str()], "InvalidAccountIs.YourSelf"),
        (vec!["somebody"], "InvalidAccountId.NotFound"),
        (many, "OverQuota"),
    ] {
        let found = code("ModifyImageSharePermission", share(&accounts, "SHARE"));
        assert_eq!(found, expected, "{:?}", accounts.first());
    }
    assert_eq!(listed(), set);
    send_ok(&cloud, "ModifyImageSharePermission", share(&[one, two], "CANCEL"));
    assert_eq!(listed(), json!([]));
    send_ok(&cloud, "DeleteImages", delete);
    assert_eq!(image_state(&cloud, &id), "gone");
}

#[test]
fn invalid_shares_are_rejected() {
    let cloud = cloud();
    let plain = ready(&cloud, "web");
    let encrypted_id = encrypted(&cloud, &plain);
    let licensed = imported(&cloud, json!({ "LicenseType": "BYOL" }));
    let creating = create(&cloud, &launch_running(&cloud, json!({})), "creating", json!({}));
    for (id, expected) in [
        ("img-zzzzzzzz", "InvalidImageId.NotFound"),
        (UBUNTU, "UnauthorizedOperation.ImageNotBelongToAccount"),
        (&licensed, "FailedOperation.BYOLImageShareFailed"),
        (&encrypted_id, "UnsupportedOperation.EncryptedImagesNotSupported"),
        (&creating, "InvalidParameterValue.InvalidImageState"),
    ] {
        let body = json!({ "ImageId": id, "AccountIds": ["100000000002"], "Permission": "SHARE" });
        assert_eq!(send_err(&cloud, "ModifyImageSharePermission", body), expected, "{id}");
    }
    for (id, expected) in [
        ("img-zzzzzzzz", "InvalidImageId.NotFound"),
        (UBUNTU, "UnauthorizedOperation.ImageNotBelongToAccount"),
    ] {
        let body = json!({ "ImageId": id });
        assert_eq!(send_err(&cloud, "DescribeImageSharePermission", body), expected, "{id}");
    }
}

#[test]
fn image_family_resolves_to_its_newest_usable_image() {
    let cloud = cloud();
    let (old, new) = (ready(&cloud, "web-1"), ready(&cloud, "web-2"));
    let modify = |id: &str, members: Value| {
        let body = merge(json!({ "ImageId": id }), members);
        send(&cloud, "ModifyImageAttribute", body)
    };
    let current = |family: &str| {
        let body = json!({ "ImageFamily": family });
        send_ok(&cloud, "DescribeImageFromFamily", body)["Image"]["ImageId"].clone()
    };
    assert_eq!(current("web"), Value::Null);
    for id in [&old, &new] {
        modify(id, json!({ "ImageFamily": "web" }));
    }
    assert_eq!(current("web"), json!(new));
    modify(&new, json!({ "ImageDeprecated": true, "ImageDescription": "outdated" }));
    assert_eq!(current("web"), json!(old));
    let actual = image(&cloud, &new);
    assert_eq!((&actual["ImageDeprecated"], &actual["ImageName"]), (&json!(true), &json!("web-2")));
    assert_eq!(actual["ImageDescription"], "outdated");
    modify(&old, json!({ "ImageFamily": "" }));
    assert_eq!(current("web"), Value::Null);
    assert_eq!(current("Ubuntu"), json!("img-mmytdhbn"), "the newest public image");
    let family = json!({ "ImageFamily": "next" });
    create(&cloud, &launch_running(&cloud, json!({})), "creating", family);
    assert_eq!(current("next"), Value::Null, "the image is not ready");
    for (id, members, expected) in [
        (&*new, json!({ "ImageName": "web-1" }), "InvalidImageName.Duplicate"),
        (&new, json!({ "ImageFamily": "ü" }), "InvalidParameterValue.InvalidImageFamily"),
        (UBUNTU, json!({ "ImageName": "x" }), "InvalidImageId.NotFound"),
    ] {
        assert_eq!(error_code(&modify(id, members)), expected, "{id}");
    }
    assert!(
        modify(&new, json!({ "ImageName": "web-2" })).get("Error").is_none(),
        "an image can keep its name"
    );
}

#[test]
fn deleting_images_is_all_or_nothing() {
    let cloud = cloud();
    let (one, two) = (ready(&cloud, "one"), ready(&cloud, "two"));
    let creating = create(&cloud, &launch_running(&cloud, json!({})), "creating", json!({}));
    for (other, expected) in [
        ("image", "InvalidImageId.Malformed"),
        ("img-zzzzzzzz", "InvalidImageId.NotFound"),
        (UBUNTU, "InvalidParameterValue.InvalidImageId"),
        (&creating, "InvalidImageId.IncorrectState"),
    ] {
        let body = json!({ "ImageIds": [one, other] });
        assert_eq!(send_err(&cloud, "DeleteImages", body), expected, "{other}");
    }
    send_ok(&cloud, "DeleteImages", json!({ "ImageIds": [one, two], "DryRun": true }));
    assert_eq!(total(&cloud, "image-type", &["PRIVATE_IMAGE"]), 3);
    send_ok(&cloud, "DeleteImages", json!({ "ImageIds": [one, two, one] }));
    assert_eq!(total(&cloud, "image-type", &["PRIVATE_IMAGE"]), 1);
}

#[test]
fn responses_contain_every_guaranteed_member() {
    let cloud = cloud();
    let id = ready(&cloud, "web");
    create(&cloud, &launch_running(&cloud, json!({})), "creating", json!({}));
    send_ok(&cloud, "ImportImage", import(json!({})));
    let images = decode_complete::<DescribeImages>(&cloud, &json!({})).image_set;
    let states: Vec<_> = images.iter().map(|image| image.image_state.as_str()).collect();
    assert_eq!(states.get(..4), Some(["IMPORTING", "CREATING", "NORMAL", "NORMAL"].as_slice()));
    let share = json!({ "ImageId": id, "AccountIds": ["100000000002"], "Permission": "SHARE" });
    send_ok(&cloud, "ModifyImageSharePermission", share);
    decode_complete::<DescribeImageSharePermission>(&cloud, &json!({ "ImageId": id }));
}

#[test]
fn private_images_are_listed_before_public_ones() {
    let cloud = cloud();
    let tags = |team: &str| {
        json!({ "TagSpecification": [{ "ResourceType": "image",
        "Tags": [{ "Key": "team", "Value": team }] }] })
    };
    let instance = launch_running(&cloud, json!({}));
    let one = create(&cloud, &instance, "web-1", tags("red"));
    advance(&cloud, 120);
    let two = create(&cloud, &instance, "web-2", tags("blue"));
    let response = send_ok(&cloud, "DescribeImages", json!({ "Limit": 2 }));
    let ids = [&response["ImageSet"][0]["ImageId"], &response["ImageSet"][1]["ImageId"]];
    assert_eq!(ids, [&json!(two), &json!(one)]);
    let next = send_ok(&cloud, "DescribeImages", json!({ "Offset": 1, "Limit": 2 }));
    assert_eq!(next["ImageSet"][0]["ImageId"], json!(one));
    assert_eq!(next["ImageSet"][1]["ImageType"], "PUBLIC_IMAGE");
    for (name, values, expected) in [
        ("image-id", vec![one.as_str(), UBUNTU], 2),
        ("image-type", vec!["PRIVATE_IMAGE"], 2),
        ("image-type", vec!["SHARED_IMAGE"], 0),
        ("image-name", vec!["web-"], 2),
        ("image-name", vec!["web-1"], 1),
        ("platform", vec!["Cent"], 5),
        ("tag-key", vec!["team"], 2),
        ("tag-value", vec!["blue"], 1),
        ("tag:team", vec!["red"], 1),
        ("tag:red", vec!["team"], 0),
    ] {
        assert_eq!(total(&cloud, name, &values), expected, "{name} {values:?}");
    }
}

#[test]
fn region_quota_is_500_images() {
    let cloud = cloud();
    assert_eq!(send_ok(&cloud, "DescribeImageQuota", json!({}))["ImageNumQuota"], json!(QUOTA));
    let first = ready(&cloud, "first");
    let snapshot = string(&image(&cloud, &first)["SnapshotSet"][0]["SnapshotId"]);
    let create = |name: &str| json!({ "ImageName": name, "SnapshotIds": [snapshot] });
    for index in 1..QUOTA {
        send_ok(&cloud, "CreateImage", create(&format!("image-{index}")));
    }
    let copy = json!({ "ImageIds": [first], "DestinationRegions": ["ap-guangzhou"],
        "Encrypt": true, "ImageName": "copy" });
    for (action, body) in
        [("CreateImage", create("more")), ("ImportImage", import(json!({}))), ("SyncImages", copy)]
    {
        assert_eq!(send_err(&cloud, action, body), "ImageQuotaLimitExceeded", "{action}");
    }
    send_ok(&cloud, "DeleteImages", json!({ "ImageIds": [first] }));
    send_ok(&cloud, "CreateImage", create("more"));
}

#[test]
fn public_images_are_listed_and_filtered() {
    let cloud = cloud();
    let response = send_ok(&cloud, "DescribeImages", json!({ "ImageIds": [IMAGE] }));
    assert_eq!(response["TotalCount"], 1);
    let image = &response["ImageSet"][0];
    assert_eq!(image["ImageType"], "PUBLIC_IMAGE");
    assert_eq!((&image["SyncPercent"], &image["ImageCreator"]), (&json!(0), &json!("tencent")));
    let all = send_ok(&cloud, "DescribeImages", json!({ "Limit": 2 }));
    assert_eq!(all["ImageSet"].as_array().unwrap().len(), 2);
    let total = all["TotalCount"].as_i64().unwrap();
    let windows = send_ok(&cloud, "DescribeImages", filter("platform", &["Windows"]));
    let others = windows["TotalCount"].as_i64().unwrap();
    assert!(others > 0 && others < total);
    let private = filter("image-type", &["PRIVATE_IMAGE"]);
    assert_eq!(send_ok(&cloud, "DescribeImages", private)["ImageSet"], json!([]));
    let code = send_err(&cloud, "DescribeImages", json!({ "InstanceType": "Z9.PLURAL1" }));
    assert_eq!(code, "InvalidParameterValue.InstanceTypeNotFound");
    let code = send_err(&cloud, "DescribeImages", json!({ "ImageIds": ["image"] }));
    assert_eq!(code, "InvalidImageId.Malformed");
}
