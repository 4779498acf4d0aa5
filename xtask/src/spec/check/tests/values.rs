//! Tests of values, limits and formats that contradict each other.

use super::{BOAT, LIST, RENT, message_after};

#[test]
fn values_must_match_type_and_limits() {
    insta::assert_snapshot!(message_after(LIST, "\"default\": 20, \"doc\"", "\"default\": 200, \"doc\""), @r"
    specs/actions/DescribeBoats.json:15:22: error: paginate.default_limit: pages have 20 items by default, but the default of `Limit` is 200
      help: use the same value in both
    specs/actions/DescribeBoats.json:31:74: error: request.Limit.default: the default 200 is above `max`, which is 100
      help: correct the default or the limit
    ");
    insta::assert_snapshot!(message_after(LIST, "\"default\": 20, \"doc\"", "\"default\": 0, \"doc\""), @r"
    specs/actions/DescribeBoats.json:15:22: error: paginate.default_limit: pages have 20 items by default, but the default of `Limit` is 0
      help: use the same value in both
    specs/actions/DescribeBoats.json:31:74: error: request.Limit.default: the default 0 is below `min`, which is 1
      help: correct the default or the limit
    ");
    insta::assert_snapshot!(message_after(LIST, "\"default\": 20, \"doc\"", "\"default\": \"20\", \"doc\""), @r#"
    specs/actions/DescribeBoats.json:31:74: error: request.Limit.default: the default "20" is not int64
      help: correct the default or the type
    "#);
    insta::assert_snapshot!(message_after(RENT, "\"default\": \"CALM\"", "\"default\": \"QUIET\""), @r#"
    specs/actions/RentBoats.json:47:100: error: request.Mode.default: the default "QUIET" is not in the set of values
      help: one of: CALM, FAST
    "#);
    insta::assert_snapshot!(message_after(RENT, "[\"CALM\", \"FAST\"]", "[\"CALM\", \"FASTER\"]"), @r#"
    specs/actions/RentBoats.json:47:80: error: request.Mode.values[1]: `FASTER` is not a value of SailMode
      help: did you mean `FAST`?
    specs/actions/RentBoats.json:53:57: error: request.Months.required_if: `FAST` is not a value of `Mode`: "Mode=FAST"
      help: did you mean `FASTER`?
    specs/actions/RentBoats.json:65:82: error: request.IPv6Count.used_if: `FAST` is not a value of `Mode`: "Mode=FAST"
      help: did you mean `FASTER`?
    "#);
    insta::assert_snapshot!(message_after(RENT, "[\"CALM\", \"FAST\"]", "[\"CALM\", \"FAST\", \"x86_64\"]"), @r"
    specs/actions/RentBoats.json:47:71: error: request.Mode.values: `values` is the same as SailMode
      help: remove it
    ");
    insta::assert_snapshot!(message_after(RENT, "[1, 2, 3, 12]", "[1, 3, 2, 2, \"x\"]"), @r#"
    specs/actions/RentBoats.json:53:85: error: request.Months.enum[2]: the values are not sorted: 2 after 3
      help: sort the numbers in ascending order
    specs/actions/RentBoats.json:53:88: error: request.Months.enum[3]: duplicate 2
      help: remove one of the two
    specs/actions/RentBoats.json:53:91: error: request.Months.enum[4]: "x" is not int64
      help: correct the value or the type
    "#);
    insta::assert_snapshot!(message_after(RENT, "\"min\": 2, \"max\": 20", "\"min\": 30, \"max\": 20"), @r"
    specs/actions/RentBoats.json:49:48: error: request.Size.min: `min` is 30, above `max`, which is 20
      help: correct one of the two
    ");
    insta::assert_snapshot!(message_after(RENT, "\"max_length\": 64", "\"max_items\": 64"), @r"
    specs/actions/RentBoats.json:67:61: error: request.ClientToken.max_items: `max_items` limits a list, but the type is string: 64
      help: remove it, or correct the type
    ");
    insta::assert_snapshot!(message_after(RENT, "\"type\": \"list<string>\", \"secret\": true", "\"type\": \"int64\", \"secret\": true"), @r"
    specs/actions/RentBoats.json:60:50: error: request.Keys.secret: a secret must be a string, but the type is int64
      help: mark the string members of the type with the secret
    ");
}

#[test]
fn members_of_one_name_have_one_id_prefix() {
    insta::assert_snapshot!(message_after(BOAT, "boat-xxxxxxxx", "Boat-xxxx"), @r"
    specs/types/Boat.json:6:78: error: members.BoatId.format: `Boat-xxxx` is not the format of an id
      help: use a lower-case prefix, as in `ins-xxxxxxxx`
    ");
    insta::assert_snapshot!(message_after(BOAT, "boat-xxxxxxxx", "ship-xxxxxxxx"), @r#"
    specs/types/Boat.json:6:78: error: members.BoatId.format: `BoatId` has ids `ship-...` here: "ship-xxxxxxxx"
      help: elsewhere they begin with `boat-`; correct the format, or explain it with a `quirk`
    "#);
    insta::assert_snapshot!(message_after(LIST, "\"name\": \"Offset\", \"type\": \"int64\"", "\"name\": \"Offset\", \"format\": \"a-xxxxxxxx\", \"type\": \"int64\""), @r#"
    specs/actions/DescribeBoats.json:30:35: error: request.Offset.format: `format` applies to strings, but the type is int64: "a-xxxxxxxx"
      help: remove it, or correct the type
    "#);
}
