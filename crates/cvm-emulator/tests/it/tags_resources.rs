//! GetResources, TagResources and UnTagResources: resources of any region by their six-part names.

use std::collections::BTreeSet;

use cvm_emulator::Cloud;
use serde_json::{Value, json};

use crate::support::*;
use crate::tags::{call, error, launch_tagged, name, ok, tagged, tagged_launch};

/// Launches an instance in Shanghai; returns its id.
fn launch_in_shanghai(cloud: &Cloud, tags: &Value) -> String {
    let zone = json!({ "Placement": { "Zone": "ap-shanghai-2" } });
    let body = run_request(merge(tagged_launch(tags), zone));
    string(&send_in(cloud, "ap-shanghai", "RunInstances", &body)["InstanceIdSet"][0])
}

fn shanghai_name(id: &str) -> String {
    format!("qcs::cvm:ap-shanghai:uin/100000000001:instance/{id}")
}

/// The tags of an instance as CVM shows them, as `KEY=VALUE`.
fn tags_in(cloud: &Cloud, region: &str, id: &str) -> Vec<String> {
    let body = json!({ "InstanceIds": [id] });
    let response = send_in(cloud, region, "DescribeInstances", &body);
    let tags = response["InstanceSet"][0]["Tags"].as_array().unwrap().clone();
    let text = |tag: &Value| format!("{}={}", string(&tag["Key"]), string(&tag["Value"]));
    tags.iter().map(text).collect()
}

fn names(response: &Value) -> Vec<String> {
    let list = response["ResourceTagMappingList"].as_array().unwrap();
    list.iter().map(|one| string(&one["Resource"])).collect()
}

#[test]
fn resources_of_several_regions_are_changed_and_the_others_reported() {
    let cloud = cloud();
    let here = launch_tagged(&cloud, &[("team", "red")]);
    let there = launch_in_shanghai(&cloud, &tagged("instance", &[("env", "test")]));
    let foreign = name("instance", &here).replace("100000000001", "100000000002");
    let gone = name("instance", "ins-00000000");
    // The instance is in another region.
    let misplaced = name("instance", &there);
    let unsupported = name("cluster", "cls-00000000");
    let body = json!({
        "ResourceList": [
            name("instance", &here), shanghai_name(&there), foreign, gone, misplaced, unsupported,
        ],
        "Tags": [
            { "TagKey": "team", "TagValue": "blue" }, { "TagKey": "cost", "TagValue": "7" },
        ],
    });
    let failed = call(&cloud, "TagResources", &body)["FailedResources"].clone();
    let description = "InvalidParameterValue.ResourceDescriptionError";
    let failures = failed.as_array().unwrap().iter();
    let failures: Vec<_> =
        failures.map(|one| (string(&one["Resource"]), string(&one["Code"]))).collect();
    let expected = [
        (foreign, description),
        (gone, description),
        (misplaced, description),
        (unsupported, "UnsupportedOperation"),
    ];
    assert_eq!(failures, expected.map(|(name, code)| (name, code.to_owned())));
    assert_eq!(tags_in(&cloud, "ap-guangzhou", &here), ["team=blue", "cost=7"]);
    assert_eq!(tags_in(&cloud, "ap-shanghai", &there), ["env=test", "team=blue", "cost=7"]);

    let body = json!({
        "ResourceList": [shanghai_name(&there), name("instance", &here), shanghai_name(&here)],
        "TagKeys": ["team", "env"],
    });
    let failed = call(&cloud, "UnTagResources", &body)["FailedResources"].clone();
    assert_eq!(failed.as_array().unwrap().len(), 1);
    assert_eq!(failed[0]["Resource"], shanghai_name(&here));
    assert_eq!(tags_in(&cloud, "ap-guangzhou", &here), ["cost=7"]);
    assert_eq!(tags_in(&cloud, "ap-shanghai", &there), ["cost=7"]);
}

#[test]
fn resource_with_too_many_tags_is_reported_and_keeps_its_tags() {
    let cloud = cloud();
    let full: Vec<_> = (0..50).map(|number| format!("k{number}")).collect();
    let full: Vec<_> = full.iter().map(|key| (key.as_str(), "v")).collect();
    let (full, other) = (launch_tagged(&cloud, &full), launch_tagged(&cloud, &[]));
    let body = json!({
        "ResourceList": [name("instance", &full), name("instance", &other)],
        "Tags": [{ "TagKey": "k0", "TagValue": "new" }, { "TagKey": "k50", "TagValue": "v" }],
    });
    let failed = call(&cloud, "TagResources", &body)["FailedResources"].clone();
    assert_eq!(failed.as_array().unwrap().len(), 1);
    assert_eq!(
        (&failed[0]["Resource"], &failed[0]["Code"]),
        (&json!(name("instance", &full)), &json!("LimitExceeded"),)
    );
    let tags = tags_in(&cloud, "ap-guangzhou", &full);
    assert_eq!((tags.len(), tags[0].as_str()), (50, "k0=v"));
    assert_eq!(tags_in(&cloud, "ap-guangzhou", &other), ["k0=new", "k50=v"]);
}

#[test]
fn wrong_requests_change_no_resource() {
    let cloud = cloud();
    let id = launch_tagged(&cloud, &[("team", "red")]);
    let own = name("instance", &id);
    let tag = |key: &str, value: &str| json!({ "TagKey": key, "TagValue": value });
    let many: Vec<_> = (0..11).map(|number| tag(&format!("k{number}"), "v")).collect();
    for (names, tags, code) in [
        (
            json!([own, "ins-1"]),
            json!([tag("a", "x")]),
            "InvalidParameterValue.ResourceDescriptionError",
        ),
        (
            json!([own]),
            json!([tag("a", "x"), tag("a", "y")]),
            "InvalidParameterValue.TagKeyDuplicate",
        ),
        (json!([own]), json!([tag("project", "x")]), "InvalidParameter.ReservedTagKey"),
        (json!([own]), json!([tag("a", "")]), "InvalidParameterValue.TagValueEmpty"),
        (json!([own]), json!(many), "LimitExceeded.TagNumPerRequest"),
        (
            json!(vec![own.clone(); 11]),
            json!([tag("a", "x")]),
            "LimitExceeded.ResourceNumPerRequest",
        ),
    ] {
        let body = json!({ "ResourceList": names, "Tags": tags });
        assert_eq!(error(&cloud, "TagResources", &body), code, "{body}");
    }
    for (names, keys, code) in [
        (json!([own, "ins-1"]), json!(["team"]), "InvalidParameterValue.ResourceDescriptionError"),
        (json!([own]), json!(["team", "team"]), "InvalidParameterValue.TagKeyDuplicate"),
    ] {
        let body = json!({ "ResourceList": names, "TagKeys": keys });
        assert_eq!(error(&cloud, "UnTagResources", &body), code, "{body}");
    }
    assert_eq!(tags_in(&cloud, "ap-guangzhou", &id), ["team=red"]);
}

#[test]
fn filters_of_resources_are_all_met_by_one_of_their_values() {
    let cloud = cloud();
    let blue = name("instance", &launch_tagged(&cloud, &[("team", "blue"), ("env", "test")]));
    let red = name("instance", &launch_tagged(&cloud, &[("team", "red")]));
    launch_tagged(&cloud, &[]);
    let body = |filters: Value| json!({ "TagFilters": filters });
    for (filters, expected) in [
        (json!([{ "TagKey": "team" }]), vec![&blue, &red]),
        (json!([{ "TagKey": "team", "TagValue": ["red", "green"] }]), vec![&red]),
        (json!([{ "TagKey": "team", "TagValue": ["red", "blue"] }]), vec![&blue, &red]),
        (json!([{ "TagKey": "team" }, { "TagKey": "env", "TagValue": ["test"] }]), vec![&blue]),
        (json!([{ "TagKey": "Team" }]), vec![]),
        (json!([]), vec![&blue, &red]),
    ] {
        let found = names(&call(&cloud, "GetResources", &body(filters.clone())));
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filters}");
        let named = merge(body(filters.clone()), json!({ "ResourceList": [red, blue, red] }));
        let found = names(&call(&cloud, "GetResources", &named));
        let found: BTreeSet<_> = found.iter().collect();
        assert_eq!(found, expected.into_iter().collect(), "{filters}");
    }
    let twice = json!([{ "TagKey": "team" }, { "TagKey": "team" }]);
    let code = error(&cloud, "GetResources", &body(twice));
    assert_eq!(code, "InvalidParameterValue.TagKeyDuplicate");
    let mapping = call(&cloud, "GetResources", &json!({ "ResourceList": [blue] }));
    let tags = mapping["ResourceTagMappingList"][0]["Tags"].as_array().unwrap();
    let tags: Vec<_> = tags.iter().map(|tag| (&tag["TagKey"], &tag["TagValue"])).collect();
    assert_eq!(tags, [(&json!("team"), &json!("blue")), (&json!("env"), &json!("test"))]);
    let foreign = json!({ "ResourceList": [blue.replace("100000000001", "100000000002")] });
    let code = error(&cloud, "GetResources", &foreign);
    assert_eq!(code, "InvalidParameterValue.ResourceDescriptionError");
}

/// The pages of all resources with tags. `between` runs after each page.
fn pages(cloud: &Cloud, limit: u64, mut between: impl FnMut(usize)) -> Vec<Vec<String>> {
    let (mut pages, mut token) = (Vec::new(), String::new());
    loop {
        let body = json!({ "MaxResults": limit, "PaginationToken": token });
        let response = call(cloud, "GetResources", &body);
        pages.push(names(&response));
        token = string(&response["PaginationToken"]);
        if token.is_empty() {
            return pages;
        }
        between(pages.len());
    }
}

#[test]
fn pages_of_resources_are_complete_although_resources_come_and_go() {
    let cloud = cloud();
    let blue = tagged("instance", &[("team", "blue")]);
    let mut ids = launch(&cloud, merge(tagged_launch(&blue), json!({ "InstanceCount": 5 })));
    launch_in_shanghai(&cloud, &blue);
    for number in 0..4 {
        let body = json!({
            "KeyName": format!("key{number}"), "ProjectId": 0,
            "TagSpecification": tagged("keypair", &[("team", "blue")]),
        });
        send_ok(&cloud, "CreateKeyPair", body);
    }
    advance(&cloud, 20);
    let all = names(&call(&cloud, "GetResources", &json!({})));
    assert_eq!(all.len(), 10);
    for limit in 1..=11 {
        let pages = pages(&cloud, limit, |_| ());
        assert_eq!(pages.concat(), all, "{limit}");
        let last = pages.last().unwrap();
        assert!(!last.is_empty() && pages.iter().rev().skip(1).all(|it| it.len() as u64 == limit));
    }
    // The last resource of a page and one that is to come are removed, and a new one is added.
    let gone: Vec<_> = [1, 3].into_iter().rev().map(|index| ids.remove(index)).collect();
    let seen = pages(&cloud, 2, |page| {
        if page == 1 {
            send_ok(&cloud, "TerminateInstances", json!({ "InstanceIds": gone }));
            advance(&cloud, 60);
            launch(&cloud, tagged_launch(&blue));
        }
    })
    .concat();
    let kept: Vec<_> = all.iter().filter(|name| !name.ends_with(&gone[0])).collect();
    assert!(kept.iter().all(|name| seen.contains(name)), "{seen:?}");
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "{seen:?}");
    assert_eq!(seen.len(), kept.len() + 1, "the new one is after the others");
}

#[test]
fn wrong_token_or_page_size_is_an_error() {
    let cloud = cloud();
    launch_tagged(&cloud, &[("team", "blue")]);
    let body = json!({ "MaxResults": 1 });
    assert_eq!(call(&cloud, "GetResources", &body)["PaginationToken"], "", "the only page");
    for token in ["x", "Y3Zt", "Y3ZtOmluc3RhbmNlOmFwLWd1YW5nemhvdTp4", "\u{4e2d}"] {
        let code = error(&cloud, "GetResources", &json!({ "PaginationToken": token }));
        assert_eq!(code, "InvalidParameter.PaginationTokenInvalid", "{token}");
    }
    let code = error(&cloud, "GetResources", &json!({ "MaxResults": 0 }));
    assert_eq!(code, "InvalidParameterValue");
}

#[test]
fn named_resources_are_returned_at_once() {
    let cloud = cloud();
    let ids = launch(
        &cloud,
        json!({ "InstanceCount": 3, "TagSpecification": tagged("instance", &[("a", "b")]) }),
    );
    let list: Vec<_> = ids.iter().map(|id| name("instance", id)).collect();
    let body = json!({ "ResourceList": list, "MaxResults": 1 });
    let response = call(&cloud, "GetResources", &body);
    assert_eq!(names(&response), list);
    assert_eq!(response["PaginationToken"], "");
    let body = json!({ "Resource": list[0], "DeleteTags": [{ "TagKey": "a" }] });
    ok(&cloud, "ModifyResourceTags", &body);
    let body = json!({ "ResourceList": list });
    assert_eq!(names(&call(&cloud, "GetResources", &body)), list[1..]);
}
