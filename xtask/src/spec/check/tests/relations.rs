//! Members and keys that contradict each other.

use super::{LIST, RENT, bad, told_of_each};

#[test]
fn keys_that_contradict_each_other_are_refused() {
    let told = told_of_each(&[
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
    insta::assert_snapshot!(told, @r#"
    RentBoats.json: "sensitive": true, "secret": true
    specs/actions/RentBoats.json:59:100: error: request.UserData.sensitive: `secret` says this already
      help: leave one of them out
    RentBoats.json: "replaced_by": "Mode"
    specs/actions/RentBoats.json:61:56: error: request.Type.replaced_by: `replaced_by` without `deprecated`: "Mode"
      help: mark the member as deprecated
    RentBoats.json: "deprecated": true, "replaced_by": "Type"
    specs/actions/RentBoats.json:61:76: error: request.Type.replaced_by: `replaced_by` leads back to `Type`
      help: name another member
    RentBoats.json: "max_ref": "MinCount"
    specs/actions/RentBoats.json:62:55: error: request.MinCount.max_ref: `max_ref` leads back to `MinCount`
      help: name another member
    RentBoats.json: "max_ref": "Berth"
    specs/actions/RentBoats.json:62:55: error: request.MinCount.max_ref: `MinCount` is int64 and `Berth` Berth, and both must be numbers
      help: name a number, or leave it out
    RentBoats.json: "required": true, "required_if": "Mode=FAST"
    specs/actions/RentBoats.json:53:75: error: request.Months.required_if: `Months` is `required` in any case: "Mode=FAST"
      help: leave one of them out
    RentBoats.json: "required_if": "Months=1"
    specs/actions/RentBoats.json:53:57: error: request.Months.required_if: `Months` depends on itself: "Months=1"
      help: name another member, or leave it out
    "#);
}

#[test]
fn members_that_can_never_be_given_are_refused() {
    let told = told_of_each(&[
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
    insta::assert_snapshot!(told, @r#"
    DescribeBoats.json: "exclusive_with": ["BoatIds"]
    specs/actions/DescribeBoats.json:26:69: error: request.BoatIds.exclusive_with[0]: `BoatIds` excludes itself
      help: leave it out
    DescribeBoats.json: "exclusive_with": ["Filters", "Filters"]
    specs/actions/DescribeBoats.json:26:80: error: request.BoatIds.exclusive_with[1]: "Filters" is there twice
      help: leave one of the two out
    DescribeBoats.json: "type": "list<string>", "required": true, "exclusive_with"
    specs/actions/DescribeBoats.json:26:87: error: request.BoatIds.exclusive_with[0]: `BoatIds` is required, so `Filters` could never be given
      help: leave `required` or `exclusive_with` out
    specs/actions/DescribeBoats.json:28:69: error: request.Filters.exclusive_with[0]: `BoatIds` is required, so `Filters` could never be given
      help: leave `required` or `exclusive_with` out
    RentBoats.json: "exactly_one_of": ["Months", "Size"]
    specs/actions/RentBoats.json:63:59: error: request.Count.exactly_one_of: `Count` is not in its own group: Months, Size
      help: name `Count` too
    specs/actions/RentBoats.json:63:59: error: request.Count.exactly_one_of: `Months` does not name the same group
      help: the first member of a group has to name it, or it is not checked
    RentBoats.json: "exactly_one_of": ["Count"]
    specs/actions/RentBoats.json:63:59: error: request.Count.exactly_one_of: a group of one: Count
      help: write `required`, or name the others
    RentBoats.json: "exactly_one_of": ["Size", "Count"]
    specs/actions/RentBoats.json:63:59: error: request.Count.exactly_one_of: `Size` does not name the same group
      help: the first member of a group has to name it, or it is not checked
    RentBoats.json: "exactly_one_of": ["Count", "Weight"]
    specs/actions/RentBoats.json:63:59: error: request.Count.exactly_one_of: `Weight` of the group is required
      help: the others could never be given: leave `required` or the group out
    "#);
}

#[test]
fn conditions_on_unknown_members_are_refused() {
    let required = "\"required_if\": \"Mode=FAST\"";
    let used = "\"used_if\": \"Mode=FAST\"";
    let told = told_of_each(&[
        (RENT, required, "\"required_if\": \"Modes=FAST\""),
        (RENT, required, "\"required_if\": \"no Modes\""),
        (RENT, required, "\"required_if\": \"Mode = FAST\""),
        (RENT, required, "\"required_if\": \"the SailMode is fast\""),
        (RENT, used, "\"used_if\": \"Modes!=FAST\""),
        (RENT, used, "\"used_if\": \"HostName is set\""),
    ]);
    insta::assert_snapshot!(told, @r#"
    RentBoats.json: "required_if": "Modes=FAST"
    specs/actions/RentBoats.json:53:57: error: request.Months.required_if: `Modes` leads to no member of the same set: "Modes=FAST"
      help: did you mean `Mode`?
    RentBoats.json: "required_if": "no Modes"
    specs/actions/RentBoats.json:53:57: error: request.Months.required_if: `Modes` leads to no member of the same set: "no Modes"
      help: did you mean `Mode`?
    RentBoats.json: "required_if": "Mode = FAST"
    specs/actions/RentBoats.json:53:57: error: request.Months.required_if: `Mode = FAST` is not a condition
      help: write `Member`, `no Member`, `Member=a|b` or `Member!=a|b`, or a few words without `=`
    RentBoats.json: "required_if": "the SailMode is fast"
    specs/actions/RentBoats.json:53:57: error: request.Months.required_if: `SailMode` leads to no member of the same set: "the SailMode is fast"
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Tiller
    RentBoats.json: "used_if": "Modes!=FAST"
    specs/actions/RentBoats.json:65:82: error: request.IPv6Count.used_if: `Modes` leads to no member of the same set: "Modes!=FAST"
      help: did you mean `Mode`?
    RentBoats.json: "used_if": "HostName is set"
    specs/actions/RentBoats.json:65:82: error: request.IPv6Count.used_if: `HostName` leads to no member of the same set: "HostName is set"
      help: one of: Berth, Mode, Size, Weight, Months, Insure, Password, UserData, Keys, Type, MinCount, Count, IPv6Count, DBDFs, ClientToken, DryRun, Tiller
    "#);
    assert_eq!(
        bad(RENT, required, "\"required_if\": \"the DryRun is over, PREPAID or Linux\""),
        ""
    );
}
