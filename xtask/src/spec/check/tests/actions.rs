//! Tests of invalid paging, filters, waiters and endpoints.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{LIST, RENT, message_after, messages_of_each, valid};
use crate::codegen::generate;
use crate::codegen::tests::resolved;

const LOG: &str = "actions/ReadLog.json";
const SERVICE: &str = "service.json";
const WAIT: &str = "waiters.json";

#[test]
fn paging_must_agree_with_its_members() {
    let messages = messages_of_each(&[
        (LIST, "\"max_limit\": 100", "\"max_limit\": 200"),
        (LIST, "\"max_limit\": 100", "\"max_limit\": 10"),
        (LIST, "\"default_limit\": 20", "\"default_limit\": 0"),
        (LIST, "\"default_limit\": 20", "\"default_limit\": 30"),
        (LIST, "\"offset\": \"Offset\"", "\"offset\": \"Limit\""),
        (LIST, "\"limit\": \"Limit\"", "\"limit\": \"Since\""),
        (LIST, "\"total\": \"TotalCount\"", "\"total\": \"BoatSet.Progress\""),
        (LIST, "\"id\": \"BoatId\",", "\"id\": \"Berth\","),
        (LIST, "\"class\": \"read\"", "\"class\": \"guarded\""),
        (LOG, "\"min_limit\": 10", "\"min_limit\": 1"),
    ]);
    insta::assert_snapshot!(messages, @r#"
    DescribeBoats.json: "max_limit": 200
    specs/actions/DescribeBoats.json:16:18: error: paginate.max_limit: pages have up to 200 items, but `max` of `Limit` is 100
      help: use the same value in both
    DescribeBoats.json: "max_limit": 10
    specs/actions/DescribeBoats.json:8:15: error: paginate: `min_limit` 1, `default_limit` 20 and `max_limit` 10 are not in ascending order
      help: correct the limits
    specs/actions/DescribeBoats.json:16:18: error: paginate.max_limit: pages have up to 10 items, but `max` of `Limit` is 100
      help: use the same value in both
    DescribeBoats.json: "default_limit": 0
    specs/actions/DescribeBoats.json:8:15: error: paginate: `min_limit` 1, `default_limit` 0 and `max_limit` 100 are not in ascending order
      help: correct the limits
    specs/actions/DescribeBoats.json:15:22: error: paginate.default_limit: `default_limit` is 0
      help: a page has at least one item
    specs/actions/DescribeBoats.json:15:22: error: paginate.default_limit: pages have 0 items by default, but the default of `Limit` is 20
      help: use the same value in both
    DescribeBoats.json: "default_limit": 30
    specs/actions/DescribeBoats.json:15:22: error: paginate.default_limit: pages have 30 items by default, but the default of `Limit` is 20
      help: use the same value in both
    DescribeBoats.json: "offset": "Limit"
    specs/actions/DescribeBoats.json:11:14: error: paginate.limit: `limit` is the same member as the offset, the page number or the token: "Limit"
      help: name another member
    DescribeBoats.json: "limit": "Since"
    specs/actions/DescribeBoats.json:11:14: error: paginate.limit: `Since` has the type datetime, but paging needs a number
      help: name another member
    DescribeBoats.json: "total": "BoatSet.Progress"
    specs/actions/DescribeBoats.json:12:14: error: paginate.total: `BoatSet.Progress` is a path
      help: name a member of the request or the response itself
    DescribeBoats.json: "id": "Berth",
    specs/actions/DescribeBoats.json:14:11: error: paginate.id: `Berth` has the type Berth, which cannot identify an item
      help: name a string or a number
    DescribeBoats.json: "class": "guarded"
    specs/actions/DescribeBoats.json:6:23: error: retry.class: class `guarded` without `why`
      help: say in `why` what a retry would harm
    specs/actions/DescribeBoats.json:6:23: error: retry.class: class `guarded` without `reconcile`
      help: say in `reconcile` how to find out whether a request took effect; `text` alone is enough
    specs/actions/DescribeBoats.json:9:14: error: paginate.style: paging would repeat an action that changes something for each page: "offset"
      help: use paging only for actions of class `read`
    specs/actions/RentBoats.json:9:15: error: retry.reconcile.list: `DescribeBoats` is not a read action that returns a list
      help: name an action of class `read` whose response contains a list of objects
    specs/waiters.json:4:64: error: waiters.BoatsAfloat.action: `DescribeBoats` is not a read action
      help: name an action of class `read`, because a waiter calls it repeatedly
    specs/waiters.json:9:114: error: waiters.BoatsGone.action: `DescribeBoats` is not a read action
      help: name an action of class `read`, because a waiter calls it repeatedly
    specs/waiters.json:13:62: error: waiters.BoatsRepaired.action: `DescribeBoats` is not a read action
      help: name an action of class `read`, because a waiter calls it repeatedly
    ReadLog.json: "min_limit": 1
    specs/actions/ReadLog.json:16:18: error: paginate.min_limit: pages have at least 1 items, but `min` of `MaxResults` is 10
      help: use the same value in both
    "#);
}

#[test]
fn page_number_must_agree_with_its_style_and_members() {
    const BUOYS: &str = "actions/ListBuoys.json";
    for (path, from, to, expected) in [
        (BUOYS, "\"first\": 0", "\"first\": 1", "paginate.first: `1` is the default"),
        (BUOYS, "\"first\": 0", "\"first\": 2", "the first page is neither 0 nor 1"),
        (
            LIST,
            "\"id\": \"BoatId\",",
            "\"id\": \"BoatId\", \"first\": 0,",
            "`first` does not apply",
        ),
        (LIST, "\"offset\": \"Offset\"", "\"number\": \"Offset\"", "`number` does not apply"),
        (
            BUOYS,
            "\"number\": \"PageNumber\"",
            "\"offset\": \"PageNumber\"",
            "paging needs `number`",
        ),
        (BUOYS, "\"total\": \"Data.TotalCount\",", "", "paging needs `total`"),
        (BUOYS, "\"limit\": \"PageSize\",", "", "paging needs `limit`"),
        (
            BUOYS,
            "\"limit\": \"PageSize\"",
            "\"limit\": \"PageNumber\"",
            "`limit` is the same member",
        ),
        (BUOYS, "\"number\": \"PageNumber\"", "\"number\": \"Page\"", "`Page` is not a member"),
        (BUOYS, "\"Data.Buoys\"", "\"Data.Buoy\"", "`Data.Buoy` is not a member of the response"),
        (BUOYS, "\"Data.Buoys\"", "\"Data.TotalCount\"", "`Data.TotalCount` is not a list"),
        (BUOYS, "\"Data.Buoys\"", "\"Data.Buoys.BuoyId\"", "`Data.Buoys.BuoyId` is a path"),
        (
            BUOYS,
            "\"PageNumber\", \"type\": \"int64\"",
            "\"PageNumber\", \"type\": \"bool\"",
            "`PageNumber` has the type bool, but paging needs a number",
        ),
    ] {
        let messages = message_after(path, from, to);
        assert!(messages.contains(expected), "{to}: {messages}");
    }
}

#[test]
fn filters_conditions_and_flags_must_have_an_effect() {
    let messages = messages_of_each(&[
        (LIST, "{ \"name\": \"tag:tag-key\" }", "{ \"name\": \"boat-id\" }"),
        (LIST, "{ \"name\": \"tag:tag-key\" }", "{ \"name\": \"\" }"),
        (LIST, "\"values\": [\"AFLOAT\", \"SUNK\"]", "\"values\": [\"AFLOAT\", \"AFLOAT\"]"),
        (LOG, "\"regional\": false", "\"filters_max\": 3, \"regional\": false"),
        (LOG, "\"deprecated\": true,\n", "\n"),
        (RENT, "[\"no ClientToken\"]", "[]"),
        (RENT, "[\"DryRun=true\"]", "[\"no ClientToken\"]"),
        (RENT, "[\"DryRun=true\"]", "[\"Berth=1\"]"),
        (RENT, "[\"DryRun=true\"]", "[\"MinCount=many\"]"),
        (RENT, "[\"Mode\", \"Mode!=CALM\"]", "[\"no Mode\", \"Mode=CALM\"]"),
        (
            RENT,
            "\"idempotency_token\": \"ClientToken\"",
            "\"idempotency_token\": \"Berth.Harbour\"",
        ),
        (
            RENT,
            "\"name\": \"DryRun\", \"type\": \"bool\", \"default\": false",
            "\"name\": \"DryRun\", \"type\": \"string\"",
        ),
        (RENT, "\"success\": [\"AFLOAT\"]", "\"success\": [\"AFLOAT\", \"PENDING\"]"),
    ]);
    insta::assert_snapshot!(messages, @r#"
    DescribeBoats.json: { "name": "boat-id" }
    specs/actions/DescribeBoats.json:21:15: error: filters.boat-id.name: duplicate filter `boat-id`
      help: remove one of the two
    DescribeBoats.json: { "name": "" }
    specs/actions/DescribeBoats.json:21:15: error: filters[2].name: the filter has no name
      help: name it, or remove it
    DescribeBoats.json: "values": ["AFLOAT", "AFLOAT"]
    specs/actions/DescribeBoats.json:20:68: error: filters.boat-state.values[1]: the value `AFLOAT` is empty or a duplicate
      help: remove it
    ReadLog.json: "filters_max": 3, "regional": false
    specs/actions/ReadLog.json:6:18: error: filters_max: `filters_max` without `filters`: 3
      help: list the filters
    ReadLog.json: 

    specs/actions/ReadLog.json:8:21: error: deprecated_why: `deprecated_why` without `deprecated`: "The paper edition takes its place."
      help: mark the action as deprecated
    RentBoats.json: []
    specs/actions/RentBoats.json:28:17: error: retry.members[0].when: a row without conditions always applies
      help: change `class` of the action instead
    RentBoats.json: ["no ClientToken"]
    specs/actions/RentBoats.json:29:17: error: retry.members[1].when: an earlier row has the same conditions
      help: remove one of the two rows
    RentBoats.json: ["Berth=1"]
    specs/actions/RentBoats.json:29:18: error: retry.members[1].when[0]: `Berth` has the type Berth, which cannot be compared with a value: "Berth=1"
      help: check whether it is given: `Berth` or `no Berth`
    RentBoats.json: ["MinCount=many"]
    specs/actions/RentBoats.json:29:18: error: retry.members[1].when[0]: `many` is not a value of `MinCount`: "MinCount=many"
      help: write an integer
    RentBoats.json: ["no Mode", "Mode=CALM"]
    specs/actions/RentBoats.json:30:17: error: retry.members[2].when: these conditions contradict each other: no Mode, Mode=CALM
      help: remove one of them
    RentBoats.json: "idempotency_token": "Berth.Harbour"
    specs/actions/RentBoats.json:33:24: error: idempotency_token: `Berth.Harbour` is not a string member of the request
      help: name a string member of the request
    RentBoats.json: "name": "DryRun", "type": "string"
    specs/actions/RentBoats.json:29:18: error: retry.members[1].when[0]: `true` is not a value of `DryRun`: "DryRun=true"
      help: name an action, or add the value to `known_values` of `DryRun`
    specs/actions/RentBoats.json:34:14: error: dry_run: `DryRun` is not a bool
      help: give the member the type `bool`, or remove `dry_run`
    RentBoats.json: "success": ["AFLOAT", "PENDING"]
    specs/actions/RentBoats.json:41:29: error: async.poll.success[1]: `PENDING` is in two lists
      help: keep it in one of them
    "#);
}

#[test]
fn invalid_endpoints_and_groups_are_rejected() {
    let messages = messages_of_each(&[
        (SERVICE, "\"tour.{region}.example.com\"", "\"tour.example.com\""),
        (SERVICE, "\"tour.intl.example.com\"", "\"https://tour.intl.example.com\""),
        (SERVICE, "\"/v2/index.php\"", "\"v2 index\""),
        (SERVICE, "\"error\": \"Error\"", "\"error\": \"RequestId\""),
        (SERVICE, "\"group\": \"log\"", "\"group\": \"boat\""),
    ]);
    insta::assert_snapshot!(messages, @r#"
    service.json: "tour.example.com"
    specs/service.json:6:24: error: endpoint_regional: `tour.example.com` is not a host name
      help: write `{region}` once, in place of the region's name
    service.json: "https://tour.intl.example.com"
    specs/service.json:7:20: error: endpoint_intl: `https://tour.intl.example.com` is not a host name
      help: use letters, digits, hyphens and dots, but not `{region}`
    service.json: "v2 index"
    specs/service.json:9:55: error: old_gateway.path: `v2 index` is not a path
      help: start with `/` and use no spaces
    service.json: "error": "RequestId"
    specs/service.json:13:46: error: envelope.error: the engine does not implement `RequestId`
      help: write `Error`, or change the engine first
    service.json: "group": "boat"
    specs/actions/ReadLog.json:3:12: error: group: `log` is not a group of service.json
      help: add it there, with a title and a summary
    specs/service.json:17:16: error: groups.boat.group: duplicate group `boat`
      help: remove one of the two
    "#);
}

/// Changes every string of `service.json`: lint rejects it, or the generated code changes.
#[test]
fn every_fact_about_the_service_is_used_or_fixed() {
    let mut texts = valid();
    let before = generated(&texts).unwrap();
    let mut service: Value = serde_json::from_str(&texts[SERVICE]).unwrap();
    service["filter_semantics"] = json!({ "between_filters": "and", "between_values": "or" });
    let mut leaves = Vec::new();
    pointers(&service, "", &mut leaves);
    assert!(leaves.len() > 20, "{leaves:?}");
    for pointer in leaves {
        let mut changed = service.clone();
        let leaf = changed.pointer_mut(&pointer).unwrap();
        *leaf = format!("{}x", leaf.as_str().unwrap()).into();
        texts.insert(SERVICE.to_owned(), changed.to_string());
        // No golden name contains this word.
        let is_used = generated(&texts).as_ref() != Some(&before) || pointer == "/words/0";
        assert!(is_used, "nothing uses {pointer}");
    }
    texts.insert(SERVICE.to_owned(), service.to_string());
    assert!(generated(&texts) == Some(before), "lint accepts what the engine implements");
}

/// The generated code; `None` if lint rejects the specs.
fn generated(texts: &BTreeMap<String, String>) -> Option<String> {
    let (api, is_clean) = resolved(texts)?;
    is_clean.then(|| format!("{:?}", generate(&api).unwrap()))
}

/// The JSON pointers of all strings.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| pointers(value, &format!("{at}/{key}"), found));
        }
        Value::Array(items) => {
            let each = items.iter().enumerate();
            each.for_each(|(index, value)| pointers(value, &format!("{at}/{index}"), found));
        }
        _ => {}
    }
}

#[test]
fn waiters_must_poll_a_list_of_states() {
    let messages = messages_of_each(&[
        (
            WAIT,
            "\"items\": \"BoatSet\", \"id\": \"BoatId\",\n      \"state\": \"BoatState\"",
            "\"items\": \"TotalCount\", \"id\": \"BoatId\",\n      \"state\": \"BoatState\"",
        ),
        (
            WAIT,
            "\"state\": \"BoatState\", \"success\": [\"AFLOAT\"]",
            "\"state\": \"Berth.Harbour\", \"success\": [\"AFLOAT\"]",
        ),
        (WAIT, "\"waiter\": \"BoatsGone\"", "\"waiter\": \"Duration\""),
        (WAIT, "\"waiter\": \"BoatsGone\"", "\"waiter\": \"DescribeBoatsInfo\""),
        (WAIT, "\"waiter\": \"BoatsGone\"", "\"waiter\": \"Self\""),
    ]);
    insta::assert_snapshot!(messages, @r#"
    waiters.json: "items": "TotalCount", "id": "BoatId",
          "state": "BoatState"
    specs/waiters.json:4:108: error: waiters.BoatsAfloat.items: `TotalCount` is not a list of objects
      help: name the list whose items have an id and a state
    waiters.json: "state": "Berth.Harbour", "success": ["AFLOAT"]
    specs/waiters.json:5:16: error: waiters.BoatsAfloat.state: `Berth.Harbour` is a path
      help: name a member of the response, or of an item, itself
    waiters.json: "waiter": "Duration"
    specs/waiters.json:8:17: error: waiters.Duration.waiter: `Duration` has another meaning in generated files
      help: choose another name
    waiters.json: "waiter": "DescribeBoatsInfo"
    specs/waiters.json:8:17: error: waiters.DescribeBoatsInfo.waiter: the static `DESCRIBE_BOATS_INFO` is also generated from an action: "DescribeBoatsInfo"
      help: choose another name
    waiters.json: "waiter": "Self"
    specs/waiters.json:8:17: error: waiters.Self.waiter: `Self` has another meaning in generated files
      help: choose another name
    "#);
}

#[test]
fn risky_retry_class_needs_why_and_reconcile() {
    let messages = messages_of_each(&[
        (LOG, "\"retry\": { \"class\": \"read\" }", "\"retry\": { \"class\": \"guarded\" }"),
        (
            LOG,
            "\"retry\": { \"class\": \"read\" }",
            "\"retry\": { \"class\": \"hazard\", \"why\": \"It costs.\" }",
        ),
        // A class that only some members cause.
        (RENT, "    \"why\": \"A resend without the token would rent again.\",\n", ""),
    ]);
    insta::assert_snapshot!(messages, @r#"
    ReadLog.json: "retry": { "class": "guarded" }
    specs/actions/ReadLog.json:5:23: error: retry.class: class `guarded` without `why`
      help: say in `why` what a retry would harm
    specs/actions/ReadLog.json:5:23: error: retry.class: class `guarded` without `reconcile`
      help: say in `reconcile` how to find out whether a request took effect; `text` alone is enough
    specs/actions/ReadLog.json:11:14: error: paginate.style: paging would repeat an action that changes something for each page: "token"
      help: use paging only for actions of class `read`
    ReadLog.json: "retry": { "class": "hazard", "why": "It costs." }
    specs/actions/ReadLog.json:5:23: error: retry.class: class `hazard` without `reconcile`
      help: say in `reconcile` how to find out whether a request took effect; `text` alone is enough
    specs/actions/ReadLog.json:11:14: error: paginate.style: paging would repeat an action that changes something for each page: "token"
      help: use paging only for actions of class `read`
    RentBoats.json: 
    specs/actions/RentBoats.json:27:46: error: retry.members[0].class: class `hazard` without `why`
      help: say in `why` what a retry would harm
    "#);
}
