//! Launches from templates.

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use crate::images;
use crate::launch_templates::{NO_TEMPLATE, NOT_EXISTED, template, version};
use crate::placement_groups::with;
use crate::support::*;

fn from(id: &str, members: Value) -> Value {
    with(json!({ "LaunchTemplate": { "LaunchTemplateId": id } }), members)
}

/// Launches from a template alone and shows the first of the instances.
fn launched(cloud: &Cloud, body: Value) -> Value {
    let answer = done(cloud, "RunInstances", body);
    show(cloud, answer["InstanceIdSet"][0].as_str().unwrap())
}

#[test]
fn omitted_parameters_come_from_the_template() {
    let cloud = cloud();
    let group = json!({ "Name": "apart", "Type": "SW" });
    let group = done(&cloud, "CreateDisasterRecoverGroup", group)["DisasterRecoverGroupId"].clone();
    let id = template(
        &cloud,
        json!({ "InstanceName": "one", "InstanceCount": 2, "ClientToken": "t-1",
            "SecurityGroupIds": ["sg-12345678"], "DisasterRecoverGroupIds": [group],
            "SystemDisk": { "DiskSize": 80 } }),
    );
    version(&cloud, &id, json!({ "InstanceName": "two", "InstanceCount": 1 }));
    let shown = launched(&cloud, from(&id, json!({})));
    assert_eq!(shown["InstanceName"], "one1");
    assert_eq!(shown["InstanceType"], "S5.MEDIUM4");
    assert_eq!(shown["SecurityGroupIds"], json!(["sg-12345678"]));
    assert_eq!(shown["DisasterRecoverGroupIds"], json!([group]));
    assert_eq!(shown["SystemDisk"]["DiskSize"], 80);
    assert_eq!(done(&cloud, "DescribeInstances", json!({}))["TotalCount"], 2);
    // The stored token does not make this the same launch.
    let shown = launched(
        &cloud,
        from(
            &id,
            json!({ "InstanceType": "S5.SMALL2", "InstanceCount": 1, "InstanceName": "own",
            "Placement": { "Zone": "ap-guangzhou-3", "ProjectId": 9 } }),
        ),
    );
    assert_eq!(
        (&shown["InstanceType"], &shown["InstanceName"]),
        (&json!("S5.SMALL2"), &json!("own"))
    );
    assert_eq!(shown["Placement"]["ProjectId"], 9);
    assert_eq!(shown["SystemDisk"]["DiskSize"], 80);
    let pinned = json!({ "LaunchTemplate":
        { "LaunchTemplateId": id, "LaunchTemplateVersion": 2 } });
    assert_eq!(launched(&cloud, pinned)["InstanceName"], "two");
    let token = from(&id, json!({ "ClientToken": "t-2" }));
    let first = done(&cloud, "RunInstances", token.clone())["InstanceIdSet"].clone();
    let body = json!({ "LaunchTemplateId": id, "DefaultVersion": 2 });
    done(&cloud, "ModifyLaunchTemplateDefaultVersion", body);
    assert_eq!(launched(&cloud, from(&id, json!({})))["InstanceName"], "two");
    assert_eq!(done(&cloud, "RunInstances", token)["InstanceIdSet"], first);
    let dry = done(&cloud, "RunInstances", from(&id, json!({ "DryRun": true })));
    assert_eq!(dry.as_object().unwrap().len(), 1, "{dry}");
    assert_eq!(done(&cloud, "DescribeInstances", json!({}))["TotalCount"], 7);
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
        (from(NO_TEMPLATE, json!({})), NOT_EXISTED),
        (json!({ "LaunchTemplate": { "LaunchTemplateVersion": 1 } }), "MissingParameter"),
        (number(2), no_version),
        (number(0), no_version),
        (from(&id, json!({ "MinCount": 3 })), "InvalidParameterValue.InvalidParameterMinCount"),
        (from(&id, json!({ "ImageId": "img-00000000" })), "InvalidImageId.NotFound"),
    ] {
        assert_eq!(refused(&cloud, "RunInstances", body.clone()), expected, "{body}");
    }
    let request = Call::new("RunInstances").region("ap-shanghai");
    let answer = read(&cloud.handle(&request.json(from(&id, json!({})).to_string())));
    assert_eq!(code(&answer), NOT_EXISTED);
    done(&cloud, "DeleteLaunchTemplate", json!({ "LaunchTemplateId": id }));
    assert_eq!(refused(&cloud, "RunInstances", from(&id, json!({}))), NOT_EXISTED);
    assert_eq!(done(&cloud, "DescribeInstances", json!({}))["TotalCount"], 0);
}

#[test]
fn metadata_is_merged_or_replaced_as_the_version_says() {
    let pairs = |pairs: &[(&str, &str)]| {
        let items: Vec<_> =
            pairs.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        json!({ "Metadata": { "Items": items } })
    };
    let (below, above) = (pairs(&[("a", "1"), ("b", "1")]), pairs(&[("b", "2"), ("c", "2")]));
    for (meet, expected) in [
        (
            json!({ "TemplateDataModifyAction": "Update" }),
            pairs(&[("a", "1"), ("b", "2"), ("c", "2")]),
        ),
        (json!({ "TemplateDataModifyAction": "Replace" }), above.clone()),
        (json!({}), above.clone()),
    ] {
        let cloud = cloud();
        let id = template(&cloud, with(below.clone(), meet));
        // The next version keeps the choice.
        let next = version(&cloud, &id, json!({}));
        let pinned = json!({ "LaunchTemplateId": id, "LaunchTemplateVersion": next });
        let shown = launched(&cloud, with(json!({ "LaunchTemplate": pinned }), above.clone()));
        assert_eq!(shown["Metadata"], expected["Metadata"]);
        assert_eq!(launched(&cloud, from(&id, json!({})))["Metadata"], below["Metadata"]);
    }
}

#[test]
fn deleting_an_image_breaks_its_templates_but_not_its_instances() {
    let cloud = cloud();
    let image = images::ready(&cloud, "web-1");
    let source = template(&cloud, json!({ "ImageId": image }));
    let id = launched(&cloud, from(&source, json!({})))["InstanceId"].clone();
    pass(&cloud, 20);
    done(&cloud, "DeleteImages", json!({ "ImageIds": [image] }));
    let id = id.as_str().unwrap();
    let shown = show(&cloud, id);
    assert_eq!((&shown["InstanceState"], &shown["ImageId"]), (&json!("RUNNING"), &json!(image)));
    let gone = "InvalidImageId.NotFound";
    assert_eq!(refused(&cloud, "RunInstances", from(&source, json!({}))), gone);
    // Without an image, an instance is reinstalled from its own.
    for body in [json!({ "InstanceId": id }), json!({ "InstanceId": id, "ImageId": image })] {
        assert_eq!(refused(&cloud, "ResetInstance", body), gone);
    }
    for action in ["StopInstances", "StartInstances"] {
        done(&cloud, action, json!({ "InstanceIds": [id] }));
        pass(&cloud, 15);
    }
    assert_eq!(state(&cloud, id), "RUNNING");
    launched(&cloud, from(&source, json!({ "ImageId": IMAGE })));
}
