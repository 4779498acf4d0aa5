//! Values, limits and formats that contradict each other.

use super::{BOAT, LIST, RENT, bad};

#[test]
fn values_fit_their_type_and_limits() {
    insta::assert_snapshot!(bad(LIST, "\"default\": 20, \"doc\"", "\"default\": 200, \"doc\""), @r"
    specs/actions/DescribeBoats.json:15:22: error: paginate.default_limit: pages have 20 items by default, and the default of `Limit` is 200
      help: state the same in both
    specs/actions/DescribeBoats.json:31:74: error: request.Limit.default: the default 200 is above `max`, which is 100
      help: correct the default or the limit
    ");
    insta::assert_snapshot!(bad(LIST, "\"default\": 20, \"doc\"", "\"default\": 0, \"doc\""), @r"
    specs/actions/DescribeBoats.json:15:22: error: paginate.default_limit: pages have 20 items by default, and the default of `Limit` is 0
      help: state the same in both
    specs/actions/DescribeBoats.json:31:74: error: request.Limit.default: the default 0 is below `min`, which is 1
      help: correct the default or the limit
    ");
    insta::assert_snapshot!(bad(LIST, "\"default\": 20, \"doc\"", "\"default\": \"20\", \"doc\""), @r#"
    specs/actions/DescribeBoats.json:31:74: error: request.Limit.default: the default "20" is not int64
      help: correct the default or the type
    "#);
    insta::assert_snapshot!(bad(RENT, "\"default\": \"CALM\"", "\"default\": \"QUIET\""), @r#"
    specs/actions/RentBoats.json:47:100: error: request.Mode.default: the default "QUIET" is not in the set of values
      help: one of: CALM, FAST
    "#);
    insta::assert_snapshot!(bad(RENT, "[\"CALM\", \"FAST\"]", "[\"CALM\", \"FASTER\"]"), @r#"
    specs/actions/RentBoats.json:47:80: error: request.Mode.values[1]: `FASTER` is not a value of SailMode
      help: did you mean `FAST`?
    specs/actions/RentBoats.json:53:57: error: request.Months.required_if: `FAST` is not a value of `Mode`: "Mode=FAST"
      help: did you mean `FASTER`?
    specs/actions/RentBoats.json:65:82: error: request.IPv6Count.used_if: `FAST` is not a value of `Mode`: "Mode=FAST"
      help: did you mean `FASTER`?
    "#);
    insta::assert_snapshot!(bad(RENT, "[\"CALM\", \"FAST\"]", "[\"CALM\", \"FAST\", \"x86_64\"]"), @r"
    specs/actions/RentBoats.json:47:71: error: request.Mode.values: `values` lists SailMode as it stands
      help: leave it out
    ");
    insta::assert_snapshot!(bad(RENT, "[1, 2, 3, 12]", "[1, 3, 2, 2, \"x\"]"), @r#"
    specs/actions/RentBoats.json:53:85: error: request.Months.enum[2]: the values are out of order: 2 after 3
      help: numbers ascend
    specs/actions/RentBoats.json:53:88: error: request.Months.enum[3]: 2 is there twice
      help: leave one of the two out
    specs/actions/RentBoats.json:53:91: error: request.Months.enum[4]: "x" is not int64
      help: correct the value or the type
    "#);
    insta::assert_snapshot!(bad(RENT, "\"min\": 2, \"max\": 20", "\"min\": 30, \"max\": 20"), @r"
    specs/actions/RentBoats.json:49:48: error: request.Size.min: `min` is 30, above `max`, which is 20
      help: correct one of the two
    ");
    insta::assert_snapshot!(bad(RENT, "\"max_length\": 64", "\"max_items\": 64"), @r"
    specs/actions/RentBoats.json:67:61: error: request.ClientToken.max_items: `max_items` limits a list, and this is string: 64
      help: leave it out, or correct the type
    ");
    insta::assert_snapshot!(bad(RENT, "\"type\": \"list<string>\", \"secret\": true", "\"type\": \"int64\", \"secret\": true"), @r"
    specs/actions/RentBoats.json:60:50: error: request.Keys.secret: a secret is a string, and this is int64
      help: mark the string members of the type that holds the secret
    ");
}

#[test]
fn formats_name_one_sort_of_thing() {
    insta::assert_snapshot!(bad(BOAT, "boat-xxxxxxxx", "Boat-xxxx"), @r"
    specs/types/Boat.json:6:78: error: members.BoatId.format: `Boat-xxxx` is not the layout of an id
      help: a lower-case prefix, as in `ins-xxxxxxxx`
    ");
    insta::assert_snapshot!(bad(BOAT, "boat-xxxxxxxx", "ship-xxxxxxxx"), @r#"
    specs/types/Boat.json:6:78: error: members.BoatId.format: `BoatId` has ids `ship-...` here: "ship-xxxxxxxx"
      help: elsewhere they begin with `boat-`; a `quirk` may say why not here
    "#);
    insta::assert_snapshot!(bad(LIST, "\"name\": \"Offset\", \"type\": \"int64\"", "\"name\": \"Offset\", \"format\": \"a-xxxxxxxx\", \"type\": \"int64\""), @r#"
    specs/actions/DescribeBoats.json:30:35: error: request.Offset.format: `format` is the layout of a string, and this is int64: "a-xxxxxxxx"
      help: leave it out, or correct the type
    "#);
}
