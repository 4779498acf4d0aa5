//! Launches from launch templates.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use crate::images;
use crate::launch_templates::{NO_TEMPLATE, NOT_EXISTED, template, version};
use crate::support::*;

fn from_template(id: &str, members: Value) -> Value {
    merge(json!({ "LaunchTemplate": { "LaunchTemplateId": id } }), members)
}

/// Launches and returns the first instance as `DescribeInstances` shows it.
fn launched(cloud: &Cloud, body: Value) -> Value {
    let response = send_ok(cloud, "RunInstances", body);
    describe(cloud, response["InstanceIdSet"][0].as_str().unwrap())
}

#[test]
fn omitted_parameters_come_from_the_template() {
    let cloud = cloud();
    let group = json!({ "Name": "apart", "Type": "SW" });
    let group =
        send_ok(&cloud, "CreateDisasterRecoverGroup", group)["DisasterRecoverGroupId"].clone();
    let id = template(
        &cloud,
        json!({ "InstanceName": "one", "InstanceCount": 2, "ClientToken": "t-1",
            "SecurityGroupIds": ["sg-12345678"], "DisasterRecoverGroupIds": [group],
            "SystemDisk": { "DiskSize": 80 } }),
    );
    version(&cloud, &id, json!({ "InstanceName": "two", "InstanceCount": 1 }));
    let actual = launched(&cloud, from_template(&id, json!({})));
    assert_eq!(actual["InstanceName"], "one1");
    assert_eq!(actual["InstanceType"], "S5.MEDIUM4");
    assert_eq!(actual["SecurityGroupIds"], json!(["sg-12345678"]));
    assert_eq!(actual["DisasterRecoverGroupIds"], json!([group]));
    assert_eq!(actual["SystemDisk"]["DiskSize"], 80);
    assert_eq!(send_ok(&cloud, "DescribeInstances", json!({}))["TotalCount"], 2);
    // The token in the template does not make this a repeated launch.
    let actual = launched(
        &cloud,
        from_template(
            &id,
            json!({ "InstanceType": "S5.SMALL2", "InstanceCount": 1, "InstanceName": "own",
            "Placement": { "Zone": "ap-guangzhou-3", "ProjectId": 9 } }),
        ),
    );
    assert_eq!(
        (&actual["InstanceType"], &actual["InstanceName"]),
        (&json!("S5.SMALL2"), &json!("own"))
    );
    assert_eq!(actual["Placement"]["ProjectId"], 9);
    assert_eq!(actual["SystemDisk"]["DiskSize"], 80);
    let pinned = json!({ "LaunchTemplate":
        { "LaunchTemplateId": id, "LaunchTemplateVersion": 2 } });
    assert_eq!(launched(&cloud, pinned)["InstanceName"], "two");
    let token = from_template(&id, json!({ "ClientToken": "t-2" }));
    let first = send_ok(&cloud, "RunInstances", token.clone())["InstanceIdSet"].clone();
    let body = json!({ "LaunchTemplateId": id, "DefaultVersion": 2 });
    send_ok(&cloud, "ModifyLaunchTemplateDefaultVersion", body);
    assert_eq!(launched(&cloud, from_template(&id, json!({})))["InstanceName"], "two");
    assert_eq!(send_ok(&cloud, "RunInstances", token)["InstanceIdSet"], first);
    let dry = send_ok(&cloud, "RunInstances", from_template(&id, json!({ "DryRun": true })));
    assert_eq!(dry.as_object().unwrap().len(), 1, "{dry}");
    assert_eq!(send_ok(&cloud, "DescribeInstances", json!({}))["TotalCount"], 7);
}

#[test]
fn missing_templates_and_versions_are_rejected() {
    let cloud = cloud();
    let id = template(&cloud, json!({ "InstanceCount": 2 }));
    let number = |number: i64| {
        let named = json!({ "LaunchTemplateId": id, "LaunchTemplateVersion": number });
        json!({ "LaunchTemplate": named })
    };
    let no_version = "InvalidParameterValue.LaunchTemplateVersion";
    for (body, expected) in [
        (from_template(NO_TEMPLATE, json!({})), NOT_EXISTED),
        (json!({ "LaunchTemplate": { "LaunchTemplateVersion": 1 } }), "MissingParameter"),
        (number(2), no_version),
        (number(0), no_version),
        (
            from_template(&id, json!({ "MinCount": 3 })),
            "InvalidParameterValue.InvalidParameterMinCount",
        ),
        (from_template(&id, json!({ "ImageId": "img-00000000" })), "InvalidImageId.NotFound"),
    ] {
        assert_eq!(send_err(&cloud, "RunInstances", body.clone()), expected, "{body}");
    }
    let request = Call::new("RunInstances").region("ap-shanghai");
    let response = read(&cloud.handle(&request.json(from_template(&id, json!({})).to_string())));
    assert_eq!(error_code(&response), NOT_EXISTED);
    send_ok(&cloud, "DeleteLaunchTemplate", json!({ "LaunchTemplateId": id }));
    assert_eq!(send_err(&cloud, "RunInstances", from_template(&id, json!({}))), NOT_EXISTED);
    assert_eq!(send_ok(&cloud, "DescribeInstances", json!({}))["TotalCount"], 0);
}

#[test]
fn metadata_is_merged_or_replaced_as_the_version_says() {
    let pairs = |pairs: &[(&str, &str)]| {
        let items: Vec<_> =
            pairs.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        json!({ "Metadata": { "Items": items } })
    };
    let (stored, given) = (pairs(&[("a", "1"), ("b", "1")]), pairs(&[("b", "2"), ("c", "2")]));
    for (setting, expected) in [
        (
            json!({ "TemplateDataModifyAction": "Update" }),
            pairs(&[("a", "1"), ("b", "2"), ("c", "2")]),
        ),
        (json!({ "TemplateDataModifyAction": "Replace" }), given.clone()),
        (json!({}), given.clone()),
    ] {
        let cloud = cloud();
        let id = template(&cloud, merge(stored.clone(), setting));
        // The next version inherits the setting.
        let next = version(&cloud, &id, json!({}));
        let pinned = json!({ "LaunchTemplateId": id, "LaunchTemplateVersion": next });
        let actual = launched(&cloud, merge(json!({ "LaunchTemplate": pinned }), given.clone()));
        assert_eq!(actual["Metadata"], expected["Metadata"]);
        assert_eq!(launched(&cloud, from_template(&id, json!({})))["Metadata"], stored["Metadata"]);
    }
}

#[test]
fn deleting_an_image_breaks_its_templates_but_not_its_instances() {
    let cloud = cloud();
    let image = images::ready(&cloud, "web-1");
    let source = template(&cloud, json!({ "ImageId": image }));
    let id = launched(&cloud, from_template(&source, json!({})))["InstanceId"].clone();
    advance(&cloud, 20);
    send_ok(&cloud, "DeleteImages", json!({ "ImageIds": [image] }));
    let id = id.as_str().unwrap();
    let actual = describe(&cloud, id);
    assert_eq!((&actual["InstanceState"], &actual["ImageId"]), (&json!("RUNNING"), &json!(image)));
    let gone = "InvalidImageId.NotFound";
    assert_eq!(send_err(&cloud, "RunInstances", from_template(&source, json!({}))), gone);
    // Without `ImageId`, an instance is reinstalled from its own image.
    for body in [json!({ "InstanceId": id }), json!({ "InstanceId": id, "ImageId": image })] {
        assert_eq!(send_err(&cloud, "ResetInstance", body), gone);
    }
    for action in ["StopInstances", "StartInstances"] {
        send_ok(&cloud, action, json!({ "InstanceIds": [id] }));
        advance(&cloud, 15);
    }
    assert_eq!(state(&cloud, id), "RUNNING");
    launched(&cloud, from_template(&source, json!({ "ImageId": IMAGE })));
}
