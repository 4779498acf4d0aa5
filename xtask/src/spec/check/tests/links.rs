//! Paging, waiters, tokens and conditions that lead nowhere.

use serde_json::Value;

use super::super::check;
use super::{LIST, RENT, bad, told_of_each};
use crate::spec::diagnostic::Report;
use crate::spec::source::Tree;
use crate::spec::{load, resolve};

#[test]
fn paging_leads_somewhere() {
    insta::assert_snapshot!(bad(LIST, "\"offset\": \"Offset\"", "\"offset\": \"Ofset\""), @r"
    specs/actions/DescribeBoats.json:10:15: error: paginate.offset: `Ofset` leads to no member of the request
      help: did you mean `Offset`?
    ");
    insta::assert_snapshot!(bad(LIST, "\"items\": \"BoatSet\"", "\"items\": \"TotalCount\""), @r"
    specs/actions/DescribeBoats.json:13:14: error: paginate.items: `TotalCount` is not a list
      help: name the list that the pages are cut from
    ");
    insta::assert_snapshot!(bad(LIST, "\"id\": \"BoatId\"", "\"id\": \"Id\""), @r"
    specs/actions/DescribeBoats.json:14:11: error: paginate.id: `Id` leads to no member of an item
      help: one of: BoatId, BoatState, NextState, Berth, Dinghies, Trouble, LastRequestId, Progress, Locked
    ");
    insta::assert_snapshot!(bad("actions/ReadLog.json", "\"style\": \"token\"", "\"style\": \"offset\""), @r#"
    specs/actions/ReadLog.json:10:15: error: paginate: paging needs `offset`
      help: name the member of the request with `offset`
    specs/actions/ReadLog.json:10:15: error: paginate: paging needs `total`
      help: name the member of the response with `total`
    specs/actions/ReadLog.json:12:17: error: paginate.token_in: `token_in` has no place in this style of paging: "NextToken"
      help: leave it out, or correct `style`
    specs/actions/ReadLog.json:13:18: error: paginate.token_out: `token_out` has no place in this style of paging: "NextToken"
      help: leave it out, or correct `style`
    "#);
}

#[test]
fn polling_and_waiting_lead_somewhere() {
    insta::assert_snapshot!(bad(RENT, "\"member\": \"BoatSet.BoatState\"", "\"member\": \"BoatSet.State\""), @r"
    specs/actions/RentBoats.json:39:17: error: async.poll.member: `BoatSet.State` leads to no member of the response of DescribeBoats
      help: one of: BoatId, BoatState, NextState, Berth, Dinghies, Trouble, LastRequestId, Progress, Locked
    ");
    insta::assert_snapshot!(bad(RENT, "\"action\": \"DescribeBoats\"", "\"action\": \"DescribeBoat\""), @r"
    specs/actions/RentBoats.json:38:17: error: async.poll.action: no action is called `DescribeBoat`
      help: did you mean `DescribeBoats`?
    ");
    insta::assert_snapshot!(bad(RENT, "\"success\": [\"AFLOAT\"]", "\"success\": [\"AFLOATS\"]"), @r"
    specs/actions/RentBoats.json:41:19: error: async.poll.success[0]: `AFLOATS` is not a value of `BoatState`
      help: did you mean `AFLOAT`?
    ");
    let waiters = "waiters.json";
    insta::assert_snapshot!(bad(waiters, "\"reason\": \"Trouble\"", "\"reason\": \"Troubles\""), @r"
    specs/waiters.json:6:127: error: waiters.BoatsAfloat.reason: `Troubles` leads to no member of an item
      help: did you mean `Trouble`?
    ");
    insta::assert_snapshot!(bad(waiters, "\"unreachable\": [\"RETURNED\"]", "\"unreachable\": [\"BURNT\"]"), @r#"
    specs/waiters.json:5:16: error: waiters.BoatsAfloat.state: no list has `RETURNED`: "BoatState"
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:5:89: error: waiters.BoatsAfloat.unreachable[0]: `BURNT` is not a value of `BoatState`
      help: one of: PENDING, AFLOAT, SUNK, RETURNED
    "#);
    insta::assert_snapshot!(bad(waiters, "\"Filters.boat-id\"", "\"Filters.boat-ids\""), @r#"
    specs/waiters.json:10:14: error: waiters.BoatsGone.ids: DescribeBoats has no filter `boat-ids`: "Filters.boat-ids"
      help: did you mean `boat-id`?
    "#);
    insta::assert_snapshot!(bad(waiters, "{ \"Since\":", "{ \"Until\":"), @r"
    specs/waiters.json:10:41: error: waiters.BoatsGone.with: `Until` leads to no member of the request of DescribeBoats
      help: one of: BoatIds, Filters, Since, Offset, Limit
    ");
    insta::assert_snapshot!(bad(waiters, "\"success\": [\"AFLOAT\"]", "\"success\": []"), @r#"
    specs/waiters.json:5:16: error: waiters.BoatsAfloat.state: no list has `AFLOAT`: "BoatState"
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:5:40: error: waiters.BoatsAfloat.success: nothing ever reaches the goal
      help: name the states that do, or write `"missing": "success"`
    "#);
    insta::assert_snapshot!(bad(waiters, "\"settled\": [\"PENDING\"]", "\"settled\": [\"PENDING\", \"SUNK\"]"), @r"
    specs/waiters.json:5:125: error: waiters.BoatsAfloat.settled[1]: `SUNK` stands in two lists
      help: leave it in one of them
    ");
    insta::assert_snapshot!(bad(waiters, "[\"PENDING\", \"AFLOAT\"]", "[\"PENDING\"]"), @r#"
    specs/waiters.json:10:113: error: waiters.BoatsGone.state: no list has `AFLOAT`: "BoatState"
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    "#);
    insta::assert_snapshot!(bad(waiters, "\"ended\": [\"AFLOAT\"]", "\"ended\": []"), @r"
    specs/waiters.json:6:53: error: waiters.BoatsAfloat.operation.ended: no operation would ever be over
      help: name the states in which an operation is over
    ");
    insta::assert_snapshot!(bad(waiters, "\"state\": \"NextState\"", "\"state\": \"LastState\""), @r"
    specs/waiters.json:6:31: error: waiters.BoatsAfloat.operation.state: `LastState` leads to no member of an item
      help: did you mean `BoatState`?
    ");
    insta::assert_snapshot!(bad(waiters, "\"names\": [\"LastRequestId\"]", "\"names\": [\"RequestId\"]"), @r"
    specs/waiters.json:6:75: error: waiters.BoatsAfloat.operation.names[0]: `RequestId` leads to no member of an item
      help: one of: BoatId, BoatState, NextState, Berth, Dinghies, Trouble, LastRequestId, Progress, Locked
    ");
    insta::assert_snapshot!(bad(waiters, "\"interval\": 5", "\"interval\": 500"), @r"
    specs/waiters.json:7:74: error: waiters.BoatsAfloat.interval: polls every 500 s for 60 s
      help: `interval` must be at least 1 and at most `timeout`
    ");
}

#[test]
fn tokens_conditions_and_groups_lead_somewhere() {
    insta::assert_snapshot!(bad(RENT, "\"idempotency_token\": \"ClientToken\"", "\"idempotency_token\": \"Token\""), @r"
    specs/actions/RentBoats.json:33:24: error: idempotency_token: `Token` leads to no member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Tiller
    ");
    insta::assert_snapshot!(bad(RENT, "  \"idempotency_token\": \"ClientToken\",\n", ""), @r"
    specs/actions/RentBoats.json:6:14: error: retry.class: class `token` without an `idempotency_token`
      help: name the member, or choose the class that holds without one
    ");
    insta::assert_snapshot!(bad(RENT, "\"name\": \"DryRun\"", "\"name\": \"WetRun\""), @r#"
    specs/actions/RentBoats.json:29:18: error: retry.members[1].when[0]: `DryRun` leads to no member of the same set: "DryRun=true"
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, WetRun, Tiller
    specs/actions/RentBoats.json:34:14: error: dry_run: `DryRun` leads to no member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, WetRun, Tiller
    "#);
    insta::assert_snapshot!(bad(RENT, "[\"no ClientToken\"]", "[\"no client token\"]"), @r"
    specs/actions/RentBoats.json:28:18: error: retry.members[0].when[0]: `no client token` is not a condition
      help: write `Member`, `no Member`, `Member=a|b` or `Member!=a|b`
    ");
    insta::assert_snapshot!(bad(RENT, "[\"no ClientToken\"]", "[\"no ClientTokens\"]"), @r#"
    specs/actions/RentBoats.json:28:18: error: retry.members[0].when[0]: `ClientTokens` leads to no member of the same set: "no ClientTokens"
      help: did you mean `ClientToken`?
    "#);
    insta::assert_snapshot!(bad(RENT, "\"required_if\": \"Mode=FAST\"", "\"required_if\": \"Mode=FSAT\""), @r#"
    specs/actions/RentBoats.json:53:57: error: request.Months.required_if: `FSAT` is not a value of `Mode`: "Mode=FSAT"
      help: did you mean `FAST`?
    "#);
    insta::assert_snapshot!(bad(LIST, "\"exclusive_with\": [\"Filters\"]", "\"exclusive_with\": [\"Filter\"]"), @r"
    specs/actions/DescribeBoats.json:26:69: error: request.BoatIds.exclusive_with[0]: `Filter` leads to no member of the same set
      help: did you mean `Filters`?
    ");
    insta::assert_snapshot!(bad(RENT, "\"used_by\": [\"RentBoats\"]", "\"used_by\": [\"RentBoat\"]"), @r"
    specs/actions/RentBoats.json:65:57: error: request.IPv6Count.used_by[0]: no action is called `RentBoat`
      help: did you mean `RentBoats`?
    ");
    insta::assert_snapshot!(bad(RENT, "\"group\": \"boat\"", "\"group\": \"boats\""), @r"
    specs/actions/RentBoats.json:3:12: error: group: `boats` is not a group of service.json
      help: did you mean `boat`?
    ");
}

#[test]
fn members_that_never_have_the_same_value_are_not_compared() {
    let told = told_of_each(&[
        (RENT, "\"BoatState\": \"Tiller\"", "\"BoatState\": \"Mode\""),
        (RENT, "\"BoatState\": \"Tiller\"", "\"Progress\": \"Mode\""),
        (RENT, "\"LastRequestId\": \"Tiller\"", "\"Locked\": \"Count\""),
        (RENT, "\"Trouble\": \"Tiller\"", "\"Trouble\": \"Size\""),
        (RENT, "\"id\": \"BoatId\"", "\"id\": \"Progress\""),
        (RENT, "\"Since\": \"Tiller\"", "\"Limit\": \"Tiller\""),
        (RENT, "\"count\": \"Count\"", "\"count\": \"Tiller\""),
    ]);
    insta::assert_snapshot!(told, @r#"
    RentBoats.json: "BoatState": "Mode"
    specs/actions/RentBoats.json:16:15: error: retry.reconcile.same: `BoatState` is BoatState and `Mode` is SailMode, which never have the same value
      help: name two members with values of the same type
    RentBoats.json: "Progress": "Mode"
    specs/actions/RentBoats.json:16:15: error: retry.reconcile.same: `Progress` is int64 and `Mode` is SailMode, which never have the same value
      help: name two members with values of the same type
    RentBoats.json: "Locked": "Count"
    specs/actions/RentBoats.json:17:19: error: retry.reconcile.includes: `Locked` is bool and `Count` is int64, which never have the same value
      help: name two members with values of the same type
    RentBoats.json: "Trouble": "Size"
    specs/actions/RentBoats.json:18:19: error: retry.reconcile.same_key: `Trouble` is string and `Size` is uint64, which never have the same value
      help: name two members with values of the same type
    RentBoats.json: "id": "Progress"
    specs/actions/RentBoats.json:10:14: error: retry.reconcile.ids: `Progress` is int64 and `DBDFs` is list<string>, which never have the same value
      help: name two members with values of the same type
    RentBoats.json: "Limit": "Tiller"
    specs/actions/RentBoats.json:13:17: error: retry.reconcile.narrow: `Limit` is int64 and `Tiller` is string, which never have the same value
      help: name two members with values of the same type
    RentBoats.json: "count": "Tiller"
    specs/actions/RentBoats.json:15:16: error: retry.reconcile.count: `Tiller` has the type string, which counts nothing
      help: name a whole number
    "#);
}

/// Changes every value in a condition or a list of states of the service's own specs: lint reports each.
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

/// Adds a letter to every value of a condition and to every state below `value`, and lists where.
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
fn what_is_read_after_an_unknown_outcome_is_there() {
    insta::assert_snapshot!(bad(RENT, "\"list\": \"DescribeBoats\"", "\"list\": \"DescribeBoat\""), @r"
    specs/actions/RentBoats.json:9:15: error: retry.reconcile.list: no action is called `DescribeBoat`
      help: did you mean `DescribeBoats`?
    ");
    insta::assert_snapshot!(bad(RENT, "\"list\": \"DescribeBoats\"", "\"list\": \"RentBoats\""), @r"
    specs/actions/RentBoats.json:9:15: error: retry.reconcile.list: `RentBoats` is no action that only reads and answers with a list
      help: name an action of class `read` whose response holds a list of objects
    ");
    insta::assert_snapshot!(bad(RENT, "      \"list\": \"DescribeBoats\",\n", ""), @r#"
    specs/actions/RentBoats.json:24:15: error: retry.reconcile.text: facts of a list without `list`: "List vessels by your own tag."
      help: name the action that lists, or leave all but `text` out
    "#);
    insta::assert_snapshot!(bad(RENT, "\"ids\": \"DBDFs\"", "\"ids\": \"BoatIds\""), @r"
    specs/actions/RentBoats.json:10:14: error: retry.reconcile.ids: `BoatIds` leads to no member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Tiller
    ");
    insta::assert_snapshot!(bad(RENT, "      \"ids\": \"DBDFs\",\n", ""), @r#"
    specs/actions/RentBoats.json:10:13: error: retry.reconcile.by: `by` has no use without `ids`: "Filters.boat-id"
      help: add `ids`, or leave `by` out
    specs/actions/RentBoats.json:11:13: error: retry.reconcile.id: `id` has no use without `ids`: "BoatId"
      help: add `ids`, or leave `id` out
    specs/actions/RentBoats.json:19:17: error: retry.reconcile.became: `became` has no use without `ids`
      help: add `ids`, or use `done`
    "#);
    insta::assert_snapshot!(bad(RENT, "      \"by\": \"Filters.boat-id\",\n", ""), @r"
    specs/actions/RentBoats.json:8:18: error: retry.reconcile.by: `DBDFs` leads to no member of the request of DescribeBoats
      help: one of: BoatIds, Filters, Since, Offset, Limit
    ");
    insta::assert_snapshot!(bad(RENT, "\"by\": \"Filters.boat-id\"", "\"by\": \"Filters.boat-ids\""), @r#"
    specs/actions/RentBoats.json:11:13: error: retry.reconcile.by: DescribeBoats has no filter `boat-ids`: "Filters.boat-ids"
      help: did you mean `boat-id`?
    "#);
    insta::assert_snapshot!(bad(RENT, "\"id\": \"BoatId\"", "\"id\": \"Id\""), @r"
    specs/actions/RentBoats.json:12:13: error: retry.reconcile.id: `Id` leads to no member of an entry
      help: one of: BoatId, BoatState, NextState, Berth, Dinghies, Trouble, LastRequestId, Progress, Locked
    ");
    insta::assert_snapshot!(bad(RENT, "\"Since\": \"Tiller\"", "\"Until\": \"Rudder\""), @r"
    specs/actions/RentBoats.json:13:17: error: retry.reconcile.narrow: `Until` leads to no member of the request of DescribeBoats
      help: one of: BoatIds, Filters, Since, Offset, Limit
    specs/actions/RentBoats.json:13:17: error: retry.reconcile.narrow: `Rudder` leads to no member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Tiller
    ");
    insta::assert_snapshot!(bad(RENT, "\"created\": \"LastRequestId\"", "\"created\": \"Progress\""), @r"
    specs/actions/RentBoats.json:14:18: error: retry.reconcile.created: `Progress` is no text, so it is no time
      help: name a string member
    ");
    insta::assert_snapshot!(bad(RENT, "\"Berth.Harbour\": \"Berth.Harbour\"", "\"Berth\": \"Berth\""), @r"
    specs/actions/RentBoats.json:16:15: error: retry.reconcile.same: `Berth` and `Berth` hold objects, which are not compared
      help: name members inside of them, as in `Placement.Zone`
    ");
    insta::assert_snapshot!(bad(RENT, "PENDING|AFLOAT", "PENDING|AFLOATS"), @r#"
    specs/actions/RentBoats.json:19:16: error: retry.reconcile.done[0]: `AFLOATS` is not a value of `BoatState`: "BoatState=PENDING|AFLOATS"
      help: did you mean `AFLOAT`?
    "#);
    insta::assert_snapshot!(bad(RENT, "no Trouble", "no trouble at all"), @r"
    specs/actions/RentBoats.json:19:44: error: retry.reconcile.done[1]: `no trouble at all` is not a condition
      help: write `Member`, `no Member`, `Member=a|b` or `Member!=a|b`
    ");
    insta::assert_snapshot!(bad(RENT, "\"Berth.Harbour\", \"Progress\"", "\"Berth.Habour\", \"Progress\""), @r"
    specs/actions/RentBoats.json:24:29: error: retry.reconcile.show[1]: `Berth.Habour` leads to no member of an entry
      help: did you mean `Harbour`?
    ");
    let read = "\"retry\": { \"class\": \"read\"";
    let and_text = format!("{read}, \"reconcile\": {{ \"text\": \"Ask again.\" }}");
    insta::assert_snapshot!(bad("actions/ReadLog.json", read, &and_text), @r#"
    specs/actions/ReadLog.json:5:54: error: retry.reconcile.text: an action that only reads leaves nothing to find out: "Ask again."
      help: leave `reconcile` out
    "#);
}
