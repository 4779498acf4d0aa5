//! Members and keys that contradict each other.

use super::{LIST, RENT, told_of_each};

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
    specs/actions/RentBoats.json:59:100: error: `secret` says this already
      help: leave one of them out
    RentBoats.json: "replaced_by": "Mode"
    specs/actions/RentBoats.json:61:56: error: `replaced_by` without `deprecated`
      help: mark the member as deprecated
    RentBoats.json: "deprecated": true, "replaced_by": "Type"
    specs/actions/RentBoats.json:61:76: error: `replaced_by` leads back to `Type`
    RentBoats.json: "max_ref": "MinCount"
    specs/actions/RentBoats.json:62:55: error: `max_ref` leads back to `MinCount`
    RentBoats.json: "max_ref": "Berth"
    specs/actions/RentBoats.json:62:55: error: `max_ref` compares two numbers, and these are not
    RentBoats.json: "required": true, "required_if": "Mode=FAST"
    specs/actions/RentBoats.json:53:75: error: it is `required` in any case
      help: leave one of them out
    RentBoats.json: "required_if": "Months=1"
    specs/actions/RentBoats.json:53:57: error: `Months` depends on itself
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
    specs/actions/DescribeBoats.json:26:69: error: `BoatIds` excludes itself
      help: leave it out
    DescribeBoats.json: "exclusive_with": ["Filters", "Filters"]
    specs/actions/DescribeBoats.json:26:80: error: "Filters" is there twice
    DescribeBoats.json: "type": "list<string>", "required": true, "exclusive_with"
    specs/actions/DescribeBoats.json:26:87: error: `BoatIds` is required, so `Filters` could never be given
      help: one of the two is not so
    specs/actions/DescribeBoats.json:28:69: error: `BoatIds` is required, so `Filters` could never be given
      help: one of the two is not so
    RentBoats.json: "exactly_one_of": ["Months", "Size"]
    specs/actions/RentBoats.json:63:59: error: `Count` is not in its own group
      help: name it too
    specs/actions/RentBoats.json:63:59: error: `Months` does not name the same group
      help: the first member of a group has to name it, or it is not checked
    RentBoats.json: "exactly_one_of": ["Count"]
    specs/actions/RentBoats.json:63:59: error: a group of one
      help: write `required`
    RentBoats.json: "exactly_one_of": ["Size", "Count"]
    specs/actions/RentBoats.json:63:59: error: `Size` does not name the same group
      help: the first member of a group has to name it, or it is not checked
    RentBoats.json: "exactly_one_of": ["Count", "Weight"]
    specs/actions/RentBoats.json:63:59: error: `Weight` of the group is required
      help: the others could never be given
    "#);
}
