//! Paging, waiters, tokens and conditions that lead nowhere.

use super::{LIST, RENT, bad};

#[test]
fn paging_leads_somewhere() {
    insta::assert_snapshot!(bad(LIST, "\"offset\": \"Offset\"", "\"offset\": \"Ofset\""), @r"
    specs/actions/DescribeBoats.json:10:15: error: `Ofset` leads to no member of the request
      help: did you mean `Offset`?
    ");
    insta::assert_snapshot!(bad(LIST, "\"items\": \"BoatSet\"", "\"items\": \"TotalCount\""), @r"
    specs/actions/DescribeBoats.json:13:14: error: `TotalCount` is not a list
    ");
    insta::assert_snapshot!(bad(LIST, "\"id\": \"BoatId\"", "\"id\": \"Id\""), @r"
    specs/actions/DescribeBoats.json:14:11: error: `Id` leads to no member of an item
      help: members there: BoatId, BoatState, NextState, Berth, Dinghies, Trouble, LastRequestId, Progress, Locked
    ");
    insta::assert_snapshot!(bad("actions/ReadLog.json", "\"style\": \"token\"", "\"style\": \"offset\""), @r"
    specs/actions/ReadLog.json:10:15: error: paging needs `offset`
    specs/actions/ReadLog.json:10:15: error: paging needs `total`
    specs/actions/ReadLog.json:12:17: error: `token_in` has no place in this style of paging
    specs/actions/ReadLog.json:13:18: error: `token_out` has no place in this style of paging
    ");
}

#[test]
fn polling_and_waiting_lead_somewhere() {
    insta::assert_snapshot!(bad(RENT, "\"member\": \"BoatSet.BoatState\"", "\"member\": \"BoatSet.State\""), @r"
    specs/actions/RentBoats.json:39:17: error: `BoatSet.State` leads to no member of the response of DescribeBoats
      help: members there: BoatId, BoatState, NextState, Berth, Dinghies, Trouble, LastRequestId, Progress, Locked
    ");
    insta::assert_snapshot!(bad(RENT, "\"action\": \"DescribeBoats\"", "\"action\": \"DescribeBoat\""), @r"
    specs/actions/RentBoats.json:38:17: error: no action is called `DescribeBoat`
      help: did you mean `DescribeBoats`?
    ");
    insta::assert_snapshot!(bad(RENT, "\"success\": [\"AFLOAT\"]", "\"success\": [\"AFLOATS\"]"), @r"
    specs/actions/RentBoats.json:41:19: error: `AFLOATS` is not a value of `BoatState`
      help: did you mean `AFLOAT`?
    ");
    let waiters = "waiters.json";
    insta::assert_snapshot!(bad(waiters, "\"reason\": \"Trouble\"", "\"reason\": \"Troubles\""), @r"
    specs/waiters.json:6:127: error: `Troubles` leads to no member of an item
      help: did you mean `Trouble`?
    ");
    insta::assert_snapshot!(bad(waiters, "\"unreachable\": [\"RETURNED\"]", "\"unreachable\": [\"BURNT\"]"), @r"
    specs/waiters.json:5:16: error: no list has `RETURNED`
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:5:89: error: `BURNT` is not a value of `BoatState`
    ");
    insta::assert_snapshot!(bad(waiters, "\"Filters.boat-id\"", "\"Filters.boat-ids\""), @r"
    specs/waiters.json:10:14: error: DescribeBoats has no filter `boat-ids`
      help: did you mean `boat-id`?
    ");
    insta::assert_snapshot!(bad(waiters, "{ \"Since\":", "{ \"Until\":"), @r"
    specs/waiters.json:10:41: error: `Until` leads to no member of the request of DescribeBoats
      help: members there: BoatIds, Filters, Since, Offset, Limit
    ");
    insta::assert_snapshot!(bad(waiters, "\"success\": [\"AFLOAT\"]", "\"success\": []"), @r"
    specs/waiters.json:5:16: error: no list has `AFLOAT`
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    specs/waiters.json:5:40: error: nothing ever reaches the goal
    ");
    insta::assert_snapshot!(bad(waiters, "\"settled\": [\"PENDING\"]", "\"settled\": [\"PENDING\", \"SUNK\"]"), @r"
    specs/waiters.json:5:125: error: `SUNK` stands in two lists
    ");
    insta::assert_snapshot!(bad(waiters, "[\"PENDING\", \"AFLOAT\"]", "[\"PENDING\"]"), @r"
    specs/waiters.json:10:113: error: no list has `AFLOAT`
      help: put each state into `success`, `failure`, `unreachable`, `elsewhere`, `settled` or `moving`
    ");
    insta::assert_snapshot!(bad(waiters, "\"ended\": [\"AFLOAT\"]", "\"ended\": []"), @r"
    specs/waiters.json:6:53: error: no operation would ever be over
    ");
    insta::assert_snapshot!(bad(waiters, "\"state\": \"NextState\"", "\"state\": \"LastState\""), @r"
    specs/waiters.json:6:31: error: `LastState` leads to no member of an item
      help: did you mean `BoatState`?
    ");
    insta::assert_snapshot!(bad(waiters, "\"names\": [\"LastRequestId\"]", "\"names\": [\"RequestId\"]"), @r"
    specs/waiters.json:6:75: error: `RequestId` leads to no member of an item
      help: members there: BoatId, BoatState, NextState, Berth, Dinghies, Trouble, LastRequestId, Progress, Locked
    ");
    insta::assert_snapshot!(bad(waiters, "\"interval\": 5", "\"interval\": 500"), @r"
    specs/waiters.json:7:74: error: a waiter polls at least once a timeout, and not without pause
    ");
}

#[test]
fn tokens_conditions_and_groups_lead_somewhere() {
    insta::assert_snapshot!(bad(RENT, "\"idempotency_token\": \"ClientToken\"", "\"idempotency_token\": \"Token\""), @r"
    specs/actions/RentBoats.json:33:24: error: `Token` leads to no member of the request
      help: members there: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Tiller
    ");
    insta::assert_snapshot!(bad(RENT, "  \"idempotency_token\": \"ClientToken\",\n", ""), @r"
    specs/actions/RentBoats.json:6:14: error: class `token` without an `idempotency_token`
      help: name the member, or choose the class that holds without one
    ");
    insta::assert_snapshot!(bad(RENT, "\"name\": \"DryRun\"", "\"name\": \"WetRun\""), @r"
    specs/actions/RentBoats.json:29:18: error: `DryRun` leads to no member of the same set
      help: members there: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, WetRun, Tiller
    specs/actions/RentBoats.json:34:14: error: `DryRun` leads to no member of the request
      help: members there: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, WetRun, Tiller
    ");
    insta::assert_snapshot!(bad(RENT, "[\"no ClientToken\"]", "[\"no client token\"]"), @r"
    specs/actions/RentBoats.json:28:18: error: `no client token` is not a condition
      help: write `Member`, `no Member`, `Member=a|b` or `Member!=a|b`
    ");
    insta::assert_snapshot!(bad(RENT, "[\"no ClientToken\"]", "[\"no ClientTokens\"]"), @r"
    specs/actions/RentBoats.json:28:18: error: `ClientTokens` leads to no member of the same set
      help: did you mean `ClientToken`?
    ");
    insta::assert_snapshot!(bad(RENT, "\"required_if\": \"Mode=FAST\"", "\"required_if\": \"Mode=FSAT\""), @r"
    specs/actions/RentBoats.json:53:57: error: `FSAT` is not a value of `Mode`
      help: did you mean `FAST`?
    ");
    insta::assert_snapshot!(bad(LIST, "\"exclusive_with\": [\"Filters\"]", "\"exclusive_with\": [\"Filter\"]"), @r"
    specs/actions/DescribeBoats.json:26:69: error: `Filter` leads to no member of the same set
      help: did you mean `Filters`?
    ");
    insta::assert_snapshot!(bad(RENT, "\"used_by\": [\"RentBoats\"]", "\"used_by\": [\"RentBoat\"]"), @r"
    specs/actions/RentBoats.json:65:57: error: no action is called `RentBoat`
      help: did you mean `RentBoats`?
    ");
    insta::assert_snapshot!(bad(RENT, "\"group\": \"boat\"", "\"group\": \"boats\""), @r"
    specs/actions/RentBoats.json:3:12: error: `boats` is not a group of service.json
      help: did you mean `boat`?
    ");
}

#[test]
fn what_is_read_after_an_unknown_outcome_is_there() {
    insta::assert_snapshot!(bad(RENT, "\"list\": \"DescribeBoats\"", "\"list\": \"DescribeBoat\""), @r"
    specs/actions/RentBoats.json:9:15: error: no action is called `DescribeBoat`
      help: did you mean `DescribeBoats`?
    ");
    insta::assert_snapshot!(bad(RENT, "\"list\": \"DescribeBoats\"", "\"list\": \"RentBoats\""), @r"
    specs/actions/RentBoats.json:9:15: error: `RentBoats` is no action that only reads and answers with a list
    ");
    insta::assert_snapshot!(bad(RENT, "      \"list\": \"DescribeBoats\",\n", ""), @r"
    specs/actions/RentBoats.json:24:15: error: facts of a list without `list`
    ");
    insta::assert_snapshot!(bad(RENT, "\"ids\": \"DBDFs\"", "\"ids\": \"BoatIds\""), @r"
    specs/actions/RentBoats.json:10:14: error: `BoatIds` leads to no member of the request
      help: members there: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Tiller
    ");
    insta::assert_snapshot!(bad(RENT, "      \"ids\": \"DBDFs\",\n", ""), @r"
    specs/actions/RentBoats.json:10:13: error: `by` has no use without `ids`
    specs/actions/RentBoats.json:11:13: error: `id` has no use without `ids`
    specs/actions/RentBoats.json:19:17: error: `became` has no use without `ids`
    ");
    insta::assert_snapshot!(bad(RENT, "      \"by\": \"Filters.boat-id\",\n", ""), @r"
    specs/actions/RentBoats.json:8:18: error: `DBDFs` leads to no member of the request of DescribeBoats
      help: members there: BoatIds, Filters, Since, Offset, Limit
    ");
    insta::assert_snapshot!(bad(RENT, "\"by\": \"Filters.boat-id\"", "\"by\": \"Filters.boat-ids\""), @r"
    specs/actions/RentBoats.json:11:13: error: DescribeBoats has no filter `boat-ids`
      help: did you mean `boat-id`?
    ");
    insta::assert_snapshot!(bad(RENT, "\"id\": \"BoatId\"", "\"id\": \"Id\""), @r"
    specs/actions/RentBoats.json:12:13: error: `Id` leads to no member of an entry
      help: members there: BoatId, BoatState, NextState, Berth, Dinghies, Trouble, LastRequestId, Progress, Locked
    ");
    insta::assert_snapshot!(bad(RENT, "\"Since\": \"Tiller\"", "\"Until\": \"Rudder\""), @r"
    specs/actions/RentBoats.json:13:17: error: `Until` leads to no member of the request of DescribeBoats
      help: members there: BoatIds, Filters, Since, Offset, Limit
    specs/actions/RentBoats.json:13:17: error: `Rudder` leads to no member of the request
      help: members there: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Tiller
    ");
    insta::assert_snapshot!(bad(RENT, "\"created\": \"LastRequestId\"", "\"created\": \"Progress\""), @r"
    specs/actions/RentBoats.json:14:18: error: `Progress` is no text, so it is no time
    ");
    insta::assert_snapshot!(bad(RENT, "\"Berth.Harbour\": \"Berth.Harbour\"", "\"Berth\": \"Berth\""), @r"
    specs/actions/RentBoats.json:16:15: error: `Berth` and `Berth` hold objects, which are not compared
    ");
    insta::assert_snapshot!(bad(RENT, "PENDING|AFLOAT", "PENDING|AFLOATS"), @r"
    specs/actions/RentBoats.json:19:16: error: `AFLOATS` is not a value of `BoatState`
      help: did you mean `AFLOAT`?
    ");
    insta::assert_snapshot!(bad(RENT, "no Trouble", "no trouble at all"), @r"
    specs/actions/RentBoats.json:19:44: error: `no trouble at all` is not a condition
      help: write `Member`, `no Member`, `Member=a|b` or `Member!=a|b`
    ");
    insta::assert_snapshot!(bad(RENT, "\"Berth.Harbour\", \"Progress\"", "\"Berth.Habour\", \"Progress\""), @r"
    specs/actions/RentBoats.json:24:29: error: `Berth.Habour` leads to no member of an entry
      help: did you mean `Harbour`?
    ");
    let read = "\"retry\": { \"class\": \"read\"";
    let and_text = format!("{read}, \"reconcile\": {{ \"text\": \"Ask again.\" }}");
    insta::assert_snapshot!(bad("actions/ReadLog.json", read, &and_text), @r"
    specs/actions/ReadLog.json:5:54: error: an action that only reads leaves nothing to find out
      help: leave `reconcile` out
    ");
}
