//! Tests of names that do not exist.

use serde_json::Value;

use super::super::check;
use super::{LIST, RENT, message_after, messages_of_each};
use crate::spec::diagnostic::Report;
use crate::spec::source::Tree;
use crate::spec::{load, resolve};

#[test]
fn paging_must_name_existing_members() {
    insta::assert_snapshot!(message_after(LIST, "\"offset\": \"Offset\"", "\"offset\": \"Ofset\""), @r"
    specs/actions/DescribeBoats.json:10:15: error: paginate.offset: `Ofset` is not a member of the request
      help: did you mean `Offset`?
    ");
    insta::assert_snapshot!(message_after(LIST, "\"items\": \"BoatSet\"", "\"items\": \"TotalCount\""), @r"
    specs/actions/DescribeBoats.json:13:14: error: paginate.items: `TotalCount` is not a list
      help: name the list that is paged
    ");
    insta::assert_snapshot!(message_after(LIST, "\"id\": \"BoatId\"", "\"id\": \"Id\""), @r"
    specs/actions/DescribeBoats.json:14:11: error: paginate.id: `Id` is not a member of an item
      help: one of: BoatId, BoatState, NextState, Berth, Dinghies, Trouble, LastRequestId, Progress, Locked
    ");
    insta::assert_snapshot!(message_after("actions/ReadLog.json", "\"style\": \"token\"", "\"style\": \"offset\""), @r#"
    specs/actions/ReadLog.json:10:15: error: paginate: paging needs `offset`
      help: name the member of the request with `offset`
    specs/actions/ReadLog.json:10:15: error: paginate: paging needs `total`
      help: name the member of the response with `total`
    specs/actions/ReadLog.json:12:17: error: paginate.token_in: `token_in` does not apply to this style of paging: "NextToken"
      help: remove it, or correct `style`
    specs/actions/ReadLog.json:13:18: error: paginate.token_out: `token_out` does not apply to this style of paging: "NextToken"
      help: remove it, or correct `style`
    "#);
}

#[test]
fn waiters_must_name_existing_members_and_states() {
    insta::assert_snapshot!(message_after(RENT, "\"member\": \"BoatSet.BoatState\"", "\"member\": \"BoatSet.State\""), @r"
    specs/actions/RentBoats.json:39:17: error: async.poll.member: `BoatSet.State` is not a member of the response of DescribeBoats
      help: did you mean `BoatState`?
    ");
    insta::assert_snapshot!(message_after(RENT, "\"action\": \"DescribeBoats\"", "\"action\": \"DescribeBoat\""), @r"
    specs/actions/RentBoats.json:38:17: error: async.poll.action: there is no action `DescribeBoat`
      help: did you mean `DescribeBoats`?
    ");
    insta::assert_snapshot!(message_after(RENT, "\"success\": [\"AFLOAT\"]", "\"success\": [\"AFLOATS\"]"), @r"
    specs/actions/RentBoats.json:41:19: error: async.poll.success[0]: `AFLOATS` is not a value of `BoatState`
      help: did you mean `AFLOAT`?
    ");
    let waiters = "waiters.json";
    insta::assert_snapshot!(message_after(waiters, "\"reason\": \"Trouble\"", "\"reason\": \"Troubles\""), @r"
    specs/waiters.json:6:127: error: waiters.BoatsAfloat.reason: `Troubles` is not a member of an item
      help: did you mean `Trouble`?
    ");
    insta::assert_snapshot!(message_after(waiters, "\"unreachable\": [\"RETURNED\"]", "\"unreachable\": [\"BURNT\"]"), @r#"
    specs/waiters.json:5:16: error: waiters.BoatsAfloat.state: no list contains `RETURNED`: "BoatState"
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:5:89: error: waiters.BoatsAfloat.unreachable[0]: `BURNT` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, SUNK, RETURNED
    "#);
    insta::assert_snapshot!(message_after(waiters, "\"Filters.boat-id\"", "\"Filters.boat-ids\""), @r#"
    specs/waiters.json:10:14: error: waiters.BoatsGone.ids: DescribeBoats has no filter `boat-ids`: "Filters.boat-ids"
      help: did you mean `boat-id`?
    "#);
    insta::assert_snapshot!(message_after(waiters, "{ \"Since\":", "{ \"Until\":"), @r"
    specs/waiters.json:10:41: error: waiters.BoatsGone.with: `Until` is not a member of the request of DescribeBoats
      help: one of: BoatIds, Filters, Since, Offset, Limit
    ");
    insta::assert_snapshot!(message_after(waiters, "\"success\": [\"AFLOAT\"]", "\"success\": []"), @r#"
    specs/waiters.json:5:16: error: waiters.BoatsAfloat.state: no list contains `AFLOAT`: "BoatState"
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:5:40: error: waiters.BoatsAfloat.success: no state is the target
      help: list the target states, or write `"missing": "success"`
    "#);
    insta::assert_snapshot!(message_after(waiters, "\"settled\": [\"PENDING\"]", "\"settled\": [\"PENDING\", \"SUNK\"]"), @r"
    specs/waiters.json:5:125: error: waiters.BoatsAfloat.settled[1]: `SUNK` is in two lists
      help: keep it in one of them
    ");
    insta::assert_snapshot!(message_after(waiters, "[\"PENDING\", \"AFLOAT\"]", "[\"PENDING\"]"), @r#"
    specs/waiters.json:10:113: error: waiters.BoatsGone.state: no list contains `AFLOAT`: "BoatState"
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    "#);
    insta::assert_snapshot!(message_after(waiters, "\"ended\": [\"AFLOAT\"]", "\"ended\": []"), @r"
    specs/waiters.json:6:53: error: waiters.BoatsAfloat.operation.ended: no state ends an operation
      help: list the states of a finished operation
    ");
    insta::assert_snapshot!(message_after(waiters, "\"state\": \"NextState\"", "\"state\": \"LastState\""), @r"
    specs/waiters.json:6:31: error: waiters.BoatsAfloat.operation.state: `LastState` is not a member of an item
      help: did you mean `BoatState`?
    ");
    insta::assert_snapshot!(message_after(waiters, "\"names\": [\"LastRequestId\"]", "\"names\": [\"RequestId\"]"), @r"
    specs/waiters.json:6:75: error: waiters.BoatsAfloat.operation.names[0]: `RequestId` is not a member of an item
      help: did you mean `LastRequestId`?
    ");
    insta::assert_snapshot!(message_after(waiters, "\"interval\": 5", "\"interval\": 500"), @r"
    specs/waiters.json:7:74: error: waiters.BoatsAfloat.interval: polls every 500 s for 60 s
      help: `interval` must be at least 1 and at most `timeout`
    ");
}

#[test]
fn waiters_are_named_after_asynchronous_actions() {
    let waiters = "waiters.json";
    insta::assert_snapshot!(message_after(waiters, "[\"RentBoats\"]", "[\"RentBoat\"]"), @r"
    specs/actions/RentBoats.json:37:13: error: async.poll: no waiter waits for RentBoats
      help: add the action to `after` of a waiter in waiters.json
    specs/waiters.json:7:102: error: waiters.BoatsAfloat.after[0]: there is no action `RentBoat`
      help: did you mean `RentBoats`?
    ");
    insta::assert_snapshot!(message_after(waiters, "[\"RentBoats\"]", "[\"RentBoats\", \"DescribeBoats\"]"), @r"
    specs/waiters.json:7:115: error: waiters.BoatsAfloat.after[1]: `DescribeBoats` is not asynchronous
      help: remove it, or add `async` to the action
    ");
}

#[test]
fn tokens_conditions_and_groups_must_exist() {
    insta::assert_snapshot!(message_after(RENT, "\"idempotency_token\": \"ClientToken\"", "\"idempotency_token\": \"Token\""), @r"
    specs/actions/RentBoats.json:33:24: error: idempotency_token: `Token` is not a member of the request
      help: did you mean `ClientToken`?
    ");
    insta::assert_snapshot!(message_after(RENT, "  \"idempotency_token\": \"ClientToken\",\n", ""), @r"
    specs/actions/RentBoats.json:6:14: error: retry.class: class `token` without an `idempotency_token`
      help: name the member, or choose another class
    ");
    insta::assert_snapshot!(message_after(RENT, "\"name\": \"DryRun\"", "\"name\": \"WetRun\""), @r#"
    specs/actions/RentBoats.json:29:18: error: retry.members[1].when[0]: `DryRun` is not a member of the same object: "DryRun=true"
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, WetRun, Tiller
    specs/actions/RentBoats.json:34:14: error: dry_run: `DryRun` is not a member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, WetRun, Tiller
    "#);
    insta::assert_snapshot!(message_after(RENT, "[\"no ClientToken\"]", "[\"no client token\"]"), @r"
    specs/actions/RentBoats.json:28:18: error: retry.members[0].when[0]: `no client token` is not a condition
      help: write `Member`, `no Member`, `Member=a|b` or `Member!=a|b`
    ");
    insta::assert_snapshot!(message_after(RENT, "[\"no ClientToken\"]", "[\"no ClientTokens\"]"), @r#"
    specs/actions/RentBoats.json:28:18: error: retry.members[0].when[0]: `ClientTokens` is not a member of the same object: "no ClientTokens"
      help: did you mean `ClientToken`?
    "#);
    insta::assert_snapshot!(message_after(RENT, "\"required_if\": \"Mode=FAST\"", "\"required_if\": \"Mode=FSAT\""), @r#"
    specs/actions/RentBoats.json:53:57: error: request.Months.required_if: `FSAT` is not a value of `Mode`: "Mode=FSAT"
      help: did you mean `FAST`?
    "#);
    insta::assert_snapshot!(message_after(LIST, "\"exclusive_with\": [\"Filters\"]", "\"exclusive_with\": [\"Filter\"]"), @r"
    specs/actions/DescribeBoats.json:26:69: error: request.BoatIds.exclusive_with[0]: `Filter` is not a member of the same object
      help: did you mean `Filters`?
    ");
    insta::assert_snapshot!(message_after(RENT, "\"used_by\": [\"RentBoats\"]", "\"used_by\": [\"RentBoat\"]"), @r"
    specs/actions/RentBoats.json:65:57: error: request.IPv6Count.used_by[0]: there is no action `RentBoat`
      help: did you mean `RentBoats`?
    ");
    insta::assert_snapshot!(message_after(RENT, "\"group\": \"boat\"", "\"group\": \"boats\""), @r"
    specs/actions/RentBoats.json:3:12: error: group: `boats` is not a group of service.json
      help: did you mean `boat`?
    ");
}

#[test]
fn members_that_never_have_the_same_value_are_not_compared() {
    let messages = messages_of_each(&[
        (RENT, "\"BoatState\": \"Tiller\"", "\"BoatState\": \"Mode\""),
        (RENT, "\"BoatState\": \"Tiller\"", "\"Progress\": \"Mode\""),
        (RENT, "\"LastRequestId\": \"Tiller\"", "\"Locked\": \"Count\""),
        (RENT, "\"Trouble\": \"Tiller\"", "\"Trouble\": \"Size\""),
        (RENT, "\"id\": \"BoatId\"", "\"id\": \"Progress\""),
        (RENT, "\"Since\": \"Tiller\"", "\"Limit\": \"Tiller\""),
        (RENT, "\"count\": \"Count\"", "\"count\": \"Tiller\""),
    ]);
    insta::assert_snapshot!(messages, @r#"
    RentBoats.json: "BoatState": "Mode"
    specs/actions/RentBoats.json:16:19: error: retry.reconcile.matching: `BoatState` is BoatState and `Mode` is SailMode, which can never be equal
      help: name two members of the same type
    RentBoats.json: "Progress": "Mode"
    specs/actions/RentBoats.json:16:19: error: retry.reconcile.matching: `Progress` is int64 and `Mode` is SailMode, which can never be equal
      help: name two members of the same type
    RentBoats.json: "Locked": "Count"
    specs/actions/RentBoats.json:17:19: error: retry.reconcile.includes: `Locked` is bool and `Count` is int64, which can never be equal
      help: name two members of the same type
    RentBoats.json: "Trouble": "Size"
    specs/actions/RentBoats.json:18:19: error: retry.reconcile.same_key: `Trouble` is string and `Size` is uint64, which can never be equal
      help: name two members of the same type
    RentBoats.json: "id": "Progress"
    specs/actions/RentBoats.json:10:14: error: retry.reconcile.ids: `Progress` is int64 and `DBDFs` is list<string>, which can never be equal
      help: name two members of the same type
    RentBoats.json: "Limit": "Tiller"
    specs/actions/RentBoats.json:13:18: error: retry.reconcile.filters: `Limit` is int64 and `Tiller` is string, which can never be equal
      help: name two members of the same type
    RentBoats.json: "count": "Tiller"
    specs/actions/RentBoats.json:15:16: error: retry.reconcile.count: `Tiller` has the type string, which cannot be a count
      help: name an integer member
    "#);
}

/// Misspells every value in the conditions and state lists of our own specs: lint reports each.
#[test]
fn every_misspelled_value_of_a_condition_is_reported() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs/cvm/2017-03-12");
    let tree = Tree::read(&root, "specs").unwrap();
    let mut changed = Vec::new();
    let texts: Vec<(String, String)> = tree
        .files()
        .map(|(path, text)| {
            let path = path.strip_prefix("specs/").unwrap().to_owned();
            let mut file: Value = serde_json::from_str(text).unwrap();
            misspell(&mut file, &path, "", "", &mut changed);
            (path, file.to_string())
        })
        .collect();
    assert!(changed.len() > 200, "{}", changed.len());
    let tree = Tree::from_texts("specs", texts.iter().map(|(path, text)| (&**path, &**text)));
    let mut report = Report::default();
    let files = load::load(&tree, &mut report).unwrap();
    let api = resolve::resolve(files, &mut report);
    check(&api, &mut report);
    let missed: Vec<_> = changed.iter().filter(|(path, at)| !report.is_at(path, at)).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

/// Adds a letter to every value in a condition and to every state below `value`, and lists their pointers.
fn misspell(
    value: &mut Value,
    path: &str,
    at: &str,
    key: &str,
    changed: &mut Vec<(String, String)>,
) {
    const STATES: [&str; 8] =
        ["success", "failure", "pending", "unreachable", "elsewhere", "settled", "moving", "ended"];
    const CONDITIONS: [&str; 9] = [
        "when",
        "done",
        "became",
        "from",
        "failed",
        "undone_by",
        "running",
        "failed_when",
        "required_if",
    ];
    match value {
        Value::Object(members) if key == "done_when" => {
            changed.push((path.to_owned(), at.to_owned()));
            let pairs = std::mem::take(members).into_iter();
            *members = pairs
                .map(|(asked, shown)| (asked, format!("{}X", shown.as_str().unwrap()).into()))
                .collect();
        }
        Value::Object(members) => {
            for (key, value) in members {
                misspell(value, path, &format!("{at}/{key}"), key, changed);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                misspell(item, path, &format!("{at}/{index}"), key, changed);
            }
        }
        Value::String(text) => {
            let is_condition = CONDITIONS.contains(&key) && text.contains('=');
            let is_number = text.ends_with(|last: char| last.is_ascii_digit());
            let is_state = STATES.contains(&key) && !text.contains([' ', '=']);
            if is_condition && !is_number || is_state {
                text.push('X');
                changed.push((path.to_owned(), at.to_owned()));
            }
        }
        _ => {}
    }
}

#[test]
fn reconcile_must_name_existing_members() {
    insta::assert_snapshot!(message_after(RENT, "\"list\": \"DescribeBoats\"", "\"list\": \"DescribeBoat\""), @r"
    specs/actions/RentBoats.json:9:15: error: retry.reconcile.list: there is no action `DescribeBoat`
      help: did you mean `DescribeBoats`?
    ");
    insta::assert_snapshot!(message_after(RENT, "\"list\": \"DescribeBoats\"", "\"list\": \"RentBoats\""), @r"
    specs/actions/RentBoats.json:9:15: error: retry.reconcile.list: `RentBoats` is not a read action that returns a list
      help: name an action of class `read` whose response contains a list of objects
    ");
    insta::assert_snapshot!(message_after(RENT, "      \"list\": \"DescribeBoats\",\n", ""), @r#"
    specs/actions/RentBoats.json:24:15: error: retry.reconcile.text: the other keys require `list`: "List vessels by your own tag."
      help: name the Describe action, or remove all keys except `text`
    "#);
    insta::assert_snapshot!(message_after(RENT, "\"ids\": \"DBDFs\"", "\"ids\": \"BoatIds\""), @r"
    specs/actions/RentBoats.json:10:14: error: retry.reconcile.ids: `BoatIds` is not a member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Tiller
    ");
    insta::assert_snapshot!(message_after(RENT, "      \"ids\": \"DBDFs\",\n", ""), @r#"
    specs/actions/RentBoats.json:10:19: error: retry.reconcile.id_param: `id_param` requires `ids`: "Filters.boat-id"
      help: add `ids`, or remove `id_param`
    specs/actions/RentBoats.json:11:13: error: retry.reconcile.id: `id` requires `ids`: "BoatId"
      help: add `ids`, or remove `id`
    specs/actions/RentBoats.json:19:17: error: retry.reconcile.became: `became` requires `ids`
      help: add `ids`, or use `done`
    "#);
    insta::assert_snapshot!(message_after(RENT, "      \"id_param\": \"Filters.boat-id\",\n", ""), @r"
    specs/actions/RentBoats.json:8:18: error: retry.reconcile.id_param: `DBDFs` is not a member of the request of DescribeBoats
      help: one of: BoatIds, Filters, Since, Offset, Limit
    ");
    insta::assert_snapshot!(message_after(RENT, "\"id_param\": \"Filters.boat-id\"", "\"id_param\": \"Filters.boat-ids\""), @r#"
    specs/actions/RentBoats.json:11:19: error: retry.reconcile.id_param: DescribeBoats has no filter `boat-ids`: "Filters.boat-ids"
      help: did you mean `boat-id`?
    "#);
    insta::assert_snapshot!(message_after(RENT, "\"id\": \"BoatId\"", "\"id\": \"Id\""), @r"
    specs/actions/RentBoats.json:12:13: error: retry.reconcile.id: `Id` is not a member of an entry
      help: one of: BoatId, BoatState, NextState, Berth, Dinghies, Trouble, LastRequestId, Progress, Locked
    ");
    insta::assert_snapshot!(message_after(RENT, "\"Since\": \"Tiller\"", "\"Until\": \"Rudder\""), @r"
    specs/actions/RentBoats.json:13:18: error: retry.reconcile.filters: `Until` is not a member of the request of DescribeBoats
      help: one of: BoatIds, Filters, Since, Offset, Limit
    specs/actions/RentBoats.json:13:18: error: retry.reconcile.filters: `Rudder` is not a member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Tiller
    ");
    insta::assert_snapshot!(message_after(RENT, "\"created\": \"LastRequestId\"", "\"created\": \"Progress\""), @r"
    specs/actions/RentBoats.json:14:18: error: retry.reconcile.created: `Progress` is not a string, so it cannot be a time
      help: name a string member
    ");
    insta::assert_snapshot!(message_after(RENT, "\"Berth.Harbour\": \"Berth.Harbour\"", "\"Berth\": \"Berth\""), @r"
    specs/actions/RentBoats.json:16:19: error: retry.reconcile.matching: `Berth` and `Berth` are objects, which cannot be compared
      help: name members of them, such as `Placement.Zone`
    ");
    insta::assert_snapshot!(message_after(RENT, "PENDING|AFLOAT", "PENDING|AFLOATS"), @r#"
    specs/actions/RentBoats.json:19:16: error: retry.reconcile.done[0]: `AFLOATS` is not a value of `BoatState`: "BoatState=PENDING|AFLOATS"
      help: did you mean `AFLOAT`?
    "#);
    insta::assert_snapshot!(message_after(RENT, "no Trouble", "no trouble at all"), @r"
    specs/actions/RentBoats.json:19:44: error: retry.reconcile.done[1]: `no trouble at all` is not a condition
      help: write `Member`, `no Member`, `Member=a|b` or `Member!=a|b`
    ");
    insta::assert_snapshot!(message_after(RENT, "\"Berth.Harbour\", \"Progress\"", "\"Berth.Habour\", \"Progress\""), @r"
    specs/actions/RentBoats.json:24:32: error: retry.reconcile.display[1]: `Berth.Habour` is not a member of an entry
      help: did you mean `Harbour`?
    ");
    let read = "\"retry\": { \"class\": \"read\"";
    let and_text = format!("{read}, \"reconcile\": {{ \"text\": \"Ask again.\" }}");
    insta::assert_snapshot!(message_after("actions/ReadLog.json", read, &and_text), @r#"
    specs/actions/ReadLog.json:5:54: error: retry.reconcile.text: an action that only reads needs no `reconcile`: "Ask again."
      help: remove `reconcile`
    "#);
}
