//! Tests of members and keys that contradict each other.

use super::{BERTH, LIST, RENT, message_after, messages_of_each};

#[test]
fn contradicting_keys_are_rejected() {
    let messages = messages_of_each(&[
        (RENT, "\"sensitive\": true", "\"sensitive\": true, \"secret\": true"),
        (RENT, "\"deprecated\": true, \"replaced_by\": \"Mode\"", "\"replaced_by\": \"Mode\""),
        (
            RENT,
            "\"deprecated\": true, \"replaced_by\": \"Mode\"",
            "\"deprecated\": true, \"replaced_by\": \"Type\"",
        ),
        (RENT, "\"max_ref\": \"Count\"", "\"max_ref\": \"MinCount\""),
        (RENT, "\"max_ref\": \"Count\"", "\"max_ref\": \"Berth\""),
        (
            RENT,
            "\"required_if\": \"Mode=FAST\"",
            "\"required\": true, \"required_if\": \"Mode=FAST\"",
        ),
        (RENT, "\"required_if\": \"Mode=FAST\"", "\"required_if\": \"Months=1\""),
    ]);
    insta::assert_snapshot!(messages, @r#"
    RentBoats.json: "sensitive": true, "secret": true
    specs/actions/RentBoats.json:59:100: error: request.UserData.sensitive: `sensitive` is redundant beside `secret`
      help: remove one of them
    RentBoats.json: "replaced_by": "Mode"
    specs/actions/RentBoats.json:61:56: error: request.Type.replaced_by: `replaced_by` without `deprecated`: "Mode"
      help: mark the member as deprecated
    RentBoats.json: "deprecated": true, "replaced_by": "Type"
    specs/actions/RentBoats.json:61:76: error: request.Type.replaced_by: `replaced_by` names the member itself: `Type`
      help: name another member
    RentBoats.json: "max_ref": "MinCount"
    specs/actions/RentBoats.json:62:55: error: request.MinCount.max_ref: `max_ref` names the member itself: `MinCount`
      help: name another member
    RentBoats.json: "max_ref": "Berth"
    specs/actions/RentBoats.json:62:55: error: request.MinCount.max_ref: `MinCount` is int64 and `Berth` is Berth, but both must be numbers
      help: name a member with a number, or remove it
    RentBoats.json: "required": true, "required_if": "Mode=FAST"
    specs/actions/RentBoats.json:53:75: error: request.Months.required_if: `Months` is always required: "Mode=FAST"
      help: remove one of them
    RentBoats.json: "required_if": "Months=1"
    specs/actions/RentBoats.json:53:57: error: request.Months.required_if: `Months` depends on itself: "Months=1"
      help: name another member, or remove it
    "#);
}

#[test]
fn impossible_members_are_rejected() {
    let messages = messages_of_each(&[
        (LIST, "\"exclusive_with\": [\"Filters\"]", "\"exclusive_with\": [\"BoatIds\"]"),
        (
            LIST,
            "\"exclusive_with\": [\"Filters\"]",
            "\"exclusive_with\": [\"Filters\", \"Filters\"]",
        ),
        (
            LIST,
            "\"type\": \"list<string>\", \"exclusive_with\"",
            "\"type\": \"list<string>\", \"required\": true, \"exclusive_with\"",
        ),
        (
            RENT,
            "\"exactly_one_of\": [\"Count\", \"Size\"]",
            "\"exactly_one_of\": [\"Months\", \"Size\"]",
        ),
        (RENT, "\"exactly_one_of\": [\"Count\", \"Size\"]", "\"exactly_one_of\": [\"Count\"]"),
        (
            RENT,
            "\"exactly_one_of\": [\"Count\", \"Size\"]",
            "\"exactly_one_of\": [\"Size\", \"Count\"]",
        ),
        (
            RENT,
            "\"exactly_one_of\": [\"Count\", \"Size\"]",
            "\"exactly_one_of\": [\"Count\", \"Weight\"]",
        ),
    ]);
    insta::assert_snapshot!(messages, @r#"
    DescribeBoats.json: "exclusive_with": ["BoatIds"]
    specs/actions/DescribeBoats.json:26:69: error: request.BoatIds.exclusive_with[0]: `BoatIds` excludes itself
      help: remove it
    DescribeBoats.json: "exclusive_with": ["Filters", "Filters"]
    specs/actions/DescribeBoats.json:26:80: error: request.BoatIds.exclusive_with[1]: duplicate "Filters"
      help: remove one of the two
    DescribeBoats.json: "type": "list<string>", "required": true, "exclusive_with"
    specs/actions/DescribeBoats.json:26:87: error: request.BoatIds.exclusive_with[0]: `BoatIds` is required, so `Filters` can never be given
      help: remove `required` or `exclusive_with`
    specs/actions/DescribeBoats.json:28:69: error: request.Filters.exclusive_with[0]: `BoatIds` is required, so `Filters` can never be given
      help: remove `required` or `exclusive_with`
    RentBoats.json: "exactly_one_of": ["Months", "Size"]
    specs/actions/RentBoats.json:63:59: error: request.Count.exactly_one_of: `Count` is not in its own group: Months, Size
      help: add `Count` to it
    specs/actions/RentBoats.json:63:59: error: request.Count.exactly_one_of: `Months` does not have the same group
      help: the first member of a group must have it too, or it is not checked
    RentBoats.json: "exactly_one_of": ["Count"]
    specs/actions/RentBoats.json:63:59: error: request.Count.exactly_one_of: the group has only one member: Count
      help: use `required`, or add the other members
    RentBoats.json: "exactly_one_of": ["Size", "Count"]
    specs/actions/RentBoats.json:63:59: error: request.Count.exactly_one_of: `Size` does not have the same group
      help: the first member of a group must have it too, or it is not checked
    RentBoats.json: "exactly_one_of": ["Count", "Weight"]
    specs/actions/RentBoats.json:63:59: error: request.Count.exactly_one_of: `Weight` of the group is required
      help: the others can never be given; remove `required` or the group
    "#);
}

#[test]
fn empty_if_must_be_a_condition_on_the_request() {
    let good = "\"empty_if\": \"no Keys\"";
    let price = "\"type\": \"float\", \"output_required\": true";
    let messages = messages_of_each(&[
        (RENT, good, "\"empty_if\": \"no Kees\""),
        (RENT, good, "\"empty_if\": \"Price\""),
        (RENT, good, "\"empty_if\": \"Mode=FSAT\""),
        (RENT, good, "\"empty_if\": \"Mode is not given\""),
        (RENT, price, &format!("{price}, {good}")),
        (BERTH, "\"list<string>\"", &format!("\"list<string>\", {good}")),
    ]);
    insta::assert_snapshot!(messages, @r#"
    RentBoats.json: "empty_if": "no Kees"
    specs/actions/RentBoats.json:73:89: error: response.BoatIdSet.empty_if: `Kees` is not a member of the request: "no Kees"
      help: did you mean `Keys`?
    RentBoats.json: "empty_if": "Price"
    specs/actions/RentBoats.json:73:89: error: response.BoatIdSet.empty_if: `Price` is not a member of the request
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Tiller
    RentBoats.json: "empty_if": "Mode=FSAT"
    specs/actions/RentBoats.json:73:89: error: response.BoatIdSet.empty_if: `FSAT` is not a value of `Mode`: "Mode=FSAT"
      help: did you mean `FAST`?
    RentBoats.json: "empty_if": "Mode is not given"
    specs/actions/RentBoats.json:73:89: error: response.BoatIdSet.empty_if: `Mode is not given` is not a condition
      help: write a condition on the request: `Member`, `no Member`, `Member=a|b` or `Member!=a|b`
    RentBoats.json: "type": "float", "output_required": true, "empty_if": "no Keys"
    specs/actions/RentBoats.json:75:78: error: response.Price.empty_if: `empty_if` requires a list of a response with `output_required`: "no Keys"
      help: remove it
    Berth.json: "list<string>", "empty_if": "no Keys"
    specs/types/Berth.json:9:61: error: members.Guests.empty_if: `empty_if` requires a list of a response with `output_required`: "no Keys"
      help: remove it
    "#);
}

#[test]
fn conditions_on_unknown_members_are_rejected() {
    let required = "\"required_if\": \"Mode=FAST\"";
    let used = "\"used_if\": \"Mode=FAST\"";
    let messages = messages_of_each(&[
        (RENT, required, "\"required_if\": \"Modes=FAST\""),
        (RENT, required, "\"required_if\": \"no Modes\""),
        (RENT, required, "\"required_if\": \"Mode = FAST\""),
        (RENT, required, "\"required_if\": \"the SailMode is fast\""),
        (RENT, used, "\"used_if\": \"Modes!=FAST\""),
        (RENT, used, "\"used_if\": \"HostName is set\""),
    ]);
    insta::assert_snapshot!(messages, @r#"
    RentBoats.json: "required_if": "Modes=FAST"
    specs/actions/RentBoats.json:53:57: error: request.Months.required_if: `Modes` is not a member of the same object: "Modes=FAST"
      help: did you mean `Mode`?
    RentBoats.json: "required_if": "no Modes"
    specs/actions/RentBoats.json:53:57: error: request.Months.required_if: `Modes` is not a member of the same object: "no Modes"
      help: did you mean `Mode`?
    RentBoats.json: "required_if": "Mode = FAST"
    specs/actions/RentBoats.json:53:57: error: request.Months.required_if: `Mode = FAST` is not a condition
      help: write `Member`, `no Member`, `Member=a|b` or `Member!=a|b`, or a few words without `=`
    RentBoats.json: "required_if": "the SailMode is fast"
    specs/actions/RentBoats.json:53:57: error: request.Months.required_if: `SailMode` is not a member of the same object: "the SailMode is fast"
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Tiller
    RentBoats.json: "used_if": "Modes!=FAST"
    specs/actions/RentBoats.json:65:82: error: request.IPv6Count.used_if: `Modes` is not a member of the same object: "Modes!=FAST"
      help: did you mean `Mode`?
    RentBoats.json: "used_if": "HostName is set"
    specs/actions/RentBoats.json:65:82: error: request.IPv6Count.used_if: `HostName` is not a member of the same object: "HostName is set"
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Tiller
    "#);
    assert_eq!(
        message_after(RENT, required, "\"required_if\": \"the DryRun is over, PREPAID or Linux\""),
        ""
    );
}
