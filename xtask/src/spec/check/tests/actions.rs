//! Paging, filters, waiters and addresses that cannot work.

use super::{LIST, RENT, told_of_each};

const LOG: &str = "actions/ReadLog.json";
const SERVICE: &str = "service.json";
const WAIT: &str = "waiters.json";

#[test]
fn paging_that_contradicts_its_members_is_refused() {
    let told = told_of_each(&[
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
    insta::assert_snapshot!(told, @r#"
    DescribeBoats.json: "max_limit": 200
    specs/actions/DescribeBoats.json:16:18: error: up to 200 items, and `Limit` takes 100
      help: let both say the same
    DescribeBoats.json: "max_limit": 10
    specs/actions/DescribeBoats.json:11:14: error: pages of 1 to 10 items, and 20 as a rule
      help: state limits that fit each other
    specs/actions/DescribeBoats.json:16:18: error: up to 10 items, and `Limit` takes 100
      help: let both say the same
    DescribeBoats.json: "default_limit": 0
    specs/actions/DescribeBoats.json:11:14: error: pages of 1 to 100 items, and 0 as a rule
      help: state limits that fit each other
    specs/actions/DescribeBoats.json:15:22: error: `default_limit` is 0
      help: a page has at least one item
    specs/actions/DescribeBoats.json:15:22: error: 0 items as a rule, and the default of `Limit` is 20
      help: let both say the same
    DescribeBoats.json: "default_limit": 30
    specs/actions/DescribeBoats.json:15:22: error: 30 items as a rule, and the default of `Limit` is 20
      help: let both say the same
    DescribeBoats.json: "offset": "Limit"
    specs/actions/DescribeBoats.json:11:14: error: position and length are the same member
      help: name another member
    DescribeBoats.json: "limit": "Since"
    specs/actions/DescribeBoats.json:11:14: error: `Since` is datetime, and paging needs a number
      help: name another member
    DescribeBoats.json: "total": "BoatSet.Progress"
    specs/actions/DescribeBoats.json:12:14: error: `BoatSet.Progress` stands inside of another member
      help: paging reads members of the request and the response itself
    DescribeBoats.json: "id": "Berth",
    specs/actions/DescribeBoats.json:14:11: error: `Berth` is Berth, which identifies nothing
      help: name a string or a number
    DescribeBoats.json: "class": "guarded"
    specs/actions/DescribeBoats.json:9:14: error: paging would carry out an action that changes something once a page
      help: only an action of class `read` is read in pages
    specs/actions/RentBoats.json:9:15: error: `DescribeBoats` is no action that only reads and answers with a list
    specs/waiters.json:4:64: error: `DescribeBoats` does not only read
      help: a waiter calls it again and again
    specs/waiters.json:9:114: error: `DescribeBoats` does not only read
      help: a waiter calls it again and again
    specs/waiters.json:13:62: error: `DescribeBoats` does not only read
      help: a waiter calls it again and again
    ReadLog.json: "min_limit": 1
    specs/actions/ReadLog.json:16:18: error: 1 items at least, and `MaxResults` takes 10
      help: let both say the same
    "#);
}

#[test]
fn filters_conditions_and_flags_without_effect_are_refused() {
    let told = told_of_each(&[
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
    insta::assert_snapshot!(told, @r#"
    DescribeBoats.json: { "name": "boat-id" }
    specs/actions/DescribeBoats.json:21:15: error: the filter `boat-id` is there twice
    DescribeBoats.json: { "name": "" }
    specs/actions/DescribeBoats.json:21:15: error: a filter without a name
    DescribeBoats.json: "values": ["AFLOAT", "AFLOAT"]
    specs/actions/DescribeBoats.json:20:68: error: the value `AFLOAT` is empty or there twice
    ReadLog.json: "filters_max": 3, "regional": false
    specs/actions/ReadLog.json:6:18: error: `filters_max` without `filters`
      help: name the filters
    ReadLog.json: 

    specs/actions/ReadLog.json:8:21: error: `deprecated_why` without `deprecated`
      help: mark the action as deprecated
    RentBoats.json: []
    specs/actions/RentBoats.json:28:17: error: without a condition this always holds
      help: change `class` of the action instead
    RentBoats.json: ["no ClientToken"]
    specs/actions/RentBoats.json:29:17: error: an earlier row has the same conditions
    RentBoats.json: ["Berth=1"]
    specs/actions/RentBoats.json:29:18: error: `Berth` is Berth, which has no value
      help: ask whether it is given
    RentBoats.json: ["MinCount=many"]
    specs/actions/RentBoats.json:29:18: error: `many` is not a value of `MinCount`
    RentBoats.json: ["no Mode", "Mode=CALM"]
    specs/actions/RentBoats.json:30:17: error: these conditions never hold together
    RentBoats.json: "idempotency_token": "Berth.Harbour"
    specs/actions/RentBoats.json:33:24: error: `Berth.Harbour` is not a string of the request itself
    RentBoats.json: "name": "DryRun", "type": "string"
    specs/actions/RentBoats.json:34:14: error: `DryRun` is not a bool
    RentBoats.json: "success": ["AFLOAT", "PENDING"]
    specs/actions/RentBoats.json:41:29: error: `PENDING` stands in two lists
    "#);
}

#[test]
fn addresses_and_groups_that_cannot_work_are_refused() {
    let told = told_of_each(&[
        (SERVICE, "\"tour.{region}.example.com\"", "\"tour.example.com\""),
        (SERVICE, "\"tour.intl.example.com\"", "\"https://tour.intl.example.com\""),
        (SERVICE, "\"/v2/index.php\"", "\"v2 index\""),
        (SERVICE, "\"error\": \"Error\"", "\"error\": \"RequestId\""),
        (SERVICE, "\"group\": \"log\"", "\"group\": \"boat\""),
    ]);
    insta::assert_snapshot!(told, @r#"
    service.json: "tour.example.com"
    specs/service.json:6:24: error: `tour.example.com` is not a host name
      help: write `{region}` once where the name of the region stands
    service.json: "https://tour.intl.example.com"
    specs/service.json:7:20: error: `https://tour.intl.example.com` is not a host name
      help: letters, digits, hyphens and dots, and no `{region}`
    service.json: "v2 index"
    specs/service.json:9:55: error: `v2 index` is not a path
      help: it begins with `/`
    service.json: "error": "RequestId"
    specs/service.json:13:15: error: two parts of the envelope have one name
    service.json: "group": "boat"
    specs/actions/ReadLog.json:3:12: error: `log` is not a group of service.json
      help: add it there, with a title and a summary
    specs/service.json:17:16: error: the group `boat` is there twice
    "#);
}

#[test]
fn waiters_that_do_not_read_a_list_of_states_are_refused() {
    let told = told_of_each(&[
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
    insta::assert_snapshot!(told, @r#"
    waiters.json: "items": "TotalCount", "id": "BoatId",
          "state": "BoatState"
    specs/waiters.json:4:108: error: `TotalCount` is not a list of objects
    specs/waiters.json:4:128: error: `BoatId` leads to no member of an item
    specs/waiters.json:5:16: error: `BoatState` leads to no member of an item
    specs/waiters.json:6:31: error: `NextState` leads to no member of an item
    specs/waiters.json:6:75: error: `LastRequestId` leads to no member of an item
    specs/waiters.json:6:127: error: `Trouble` leads to no member of an item
    specs/waiters.json:7:21: error: `LastRequestId` leads to no member of an item
    specs/waiters.json:7:50: error: `Progress` leads to no member of an item
    waiters.json: "state": "Berth.Harbour", "success": ["AFLOAT"]
    specs/waiters.json:5:16: error: `Berth.Harbour` stands inside of another member
    waiters.json: "waiter": "Duration"
    specs/waiters.json:8:17: error: `Duration` means something else in generated files
      help: choose another name
    waiters.json: "waiter": "DescribeBoatsInfo"
    specs/waiters.json:8:17: error: the static `DESCRIBE_BOATS_INFO` is also made from an action
      help: choose another name
    waiters.json: "waiter": "Self"
    specs/waiters.json:8:17: error: `Self` means something else in generated files
      help: choose another name
    "#);
}
