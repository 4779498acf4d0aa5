//! Tests of limits, patterns, value sets and defaults that no request can meet.

use super::{BOAT, LIST, RENT, messages_of_each};

#[test]
fn impossible_limits_are_rejected() {
    let messages = messages_of_each(&[
        (RENT, "\"max_length\": 64, \"charset\"", "\"max_length\": 0, \"charset\""),
        (RENT, "\"max_bytes\": 16384", "\"max_bytes\": 0"),
        (
            LIST,
            "\"exclusive_with\": [\"Filters\"], \"max_items\": 100",
            "\"exclusive_with\": [\"Filters\"], \"max_items\": 0",
        ),
        (RENT, "\"step\": 2", "\"step\": 0"),
        (RENT, "\"step\": 2", "\"step\": -2"),
        (RENT, "\"step\": 2", "\"step\": 50"),
        (RENT, "\"min\": 2, \"max\": 20", "\"min\": -2, \"max\": 20"),
        (LIST, "\"rate_limit_per_second\": 20", "\"rate_limit_per_second\": 0"),
        (LIST, "\"filters_max\": 10", "\"filters_max\": 0"),
    ]);
    insta::assert_snapshot!(messages, @r#"
    RentBoats.json: "max_length": 0, "charset"
    specs/actions/RentBoats.json:67:62: error: request.ClientToken.max_length: `max_length` is 0, so nothing would be allowed
      help: remove it if no limit is documented
    RentBoats.json: "max_bytes": 0
    specs/actions/RentBoats.json:59:58: error: request.UserData.max_bytes: `max_bytes` is 0, so nothing would be allowed
      help: remove it if no limit is documented
    DescribeBoats.json: "exclusive_with": ["Filters"], "max_items": 0
    specs/actions/DescribeBoats.json:26:94: error: request.BoatIds.max_items: `max_items` is 0, so nothing would be allowed
      help: remove it if no limit is documented
    RentBoats.json: "step": 0
    specs/actions/RentBoats.json:49:70: error: request.Size.step: `step` must be more than 0
      help: remove it if none is documented
    RentBoats.json: "step": -2
    specs/actions/RentBoats.json:49:70: error: request.Size.step: `step` must be more than 0: -2
      help: remove it if none is documented
    RentBoats.json: "step": 50
    specs/actions/RentBoats.json:49:70: error: request.Size.step: no multiple of 50 lies between 2 and 20
      help: correct the step or the limits
    RentBoats.json: "min": -2, "max": 20
    specs/actions/RentBoats.json:49:48: error: request.Size.min: `min` is -2, but an unsigned number is at least 0
      help: set it to 0, or use the type `int64`
    DescribeBoats.json: "rate_limit_per_second": 0
    specs/actions/DescribeBoats.json:7:28: error: rate_limit_per_second: `rate_limit_per_second` is 0, so nothing would be allowed
      help: remove it if no limit is documented
    DescribeBoats.json: "filters_max": 0
    specs/actions/DescribeBoats.json:23:18: error: filters_max: `filters_max` is 0, so nothing would be allowed
      help: remove it if no limit is documented
    "#);
}

#[test]
fn unsupported_patterns_and_encodings_are_rejected() {
    let messages = messages_of_each(&[
        (RENT, "[0-9A-Za-z]+", "[0-9"),
        (RENT, "[0-9A-Za-z]+", "a)(b"),
        (RENT, "[0-9A-Za-z]+", "\\\\p{Han}"),
        (RENT, "\"encoding\": \"base64\"", "\"encoding\": \"hex\""),
        (RENT, "\"charset\": \"ascii\"", "\"charset\": \"latin1\""),
        (RENT, "\"unit\": \"metre\"", "\"encoding\": \"base64\", \"unit\": \"metre\""),
        (RENT, "\"unit\": \"metre\"", "\"unit\": \" \""),
    ]);
    insta::assert_snapshot!(messages, @r#"
    RentBoats.json: [0-9
    specs/actions/RentBoats.json:57:109: error: request.Password.pattern: the pattern is invalid: found unclosed character class: "[0-9"
      help: use the syntax of the crate `regex-lite`
    RentBoats.json: a)(b
    specs/actions/RentBoats.json:57:109: error: request.Password.pattern: the pattern is invalid: found closing ')' without matching '(': "a)(b"
      help: use the syntax of the crate `regex-lite`
    RentBoats.json: \\p{Han}
    specs/actions/RentBoats.json:57:109: error: request.Password.pattern: the pattern is invalid: Unicode character classes are not supported: "\\p{Han}"
      help: use the syntax of the crate `regex-lite`
    RentBoats.json: "encoding": "hex"
    specs/actions/RentBoats.json:59:77: error: request.UserData.encoding: the only supported encoding is `base64`: "hex"
      help: remove it
    RentBoats.json: "charset": "latin1"
    specs/actions/RentBoats.json:67:77: error: request.ClientToken.charset: `latin1` is not a supported character set
      help: write `ascii`, or remove it
    RentBoats.json: "encoding": "base64", "unit": "metre"
    specs/actions/RentBoats.json:49:85: error: request.Size.encoding: `encoding` applies to strings, but the type is uint64: "base64"
      help: remove it
    RentBoats.json: "unit": " "
    specs/actions/RentBoats.json:49:81: error: request.Size.unit: `unit` is empty
      help: remove it
    "#);
}

#[test]
fn empty_and_misplaced_value_sets_are_rejected() {
    let messages = messages_of_each(&[
        (RENT, "[1, 2, 3, 12]", "[]"),
        (
            RENT,
            "\"doc\": \"What they must carry.\"",
            "\"open\": true, \"doc\": \"What they must carry.\"",
        ),
        (BOAT, "\"known_values\": [\"AFLOAT\"]", "\"known_values\": [\"AFLOAT\", \"AFLOAT\"]"),
        (
            RENT,
            "\"values\": [\"CALM\", \"FAST\"], \"default\"",
            "\"values\": [\"CALM\", \"FAST\"], \"known_values\": [\"CALM\"], \"not_settable\": [\"DRIFT\"], \"default\"",
        ),
        (RENT, "{ \"0\": \"any size\" }", "{ \"none\": \"any size\" }"),
        (
            RENT,
            "\"type\": \"list<string>\", \"rust\": \"bus_slots\"",
            "\"type\": \"list<list<string>>\", \"rust\": \"bus_slots\"",
        ),
    ]);
    insta::assert_snapshot!(messages, @r#"
    RentBoats.json: []
    specs/actions/RentBoats.json:53:78: error: request.Months.enum: the set of values is empty
      help: remove it if none is documented
    RentBoats.json: "open": true, "doc": "What they must carry."
    specs/actions/RentBoats.json:52:68: error: request.Weight.open: `open` applies to named enums only
      help: remove it
    Boat.json: "known_values": ["AFLOAT", "AFLOAT"]
    specs/types/Boat.json:8:90: error: members.NextState.known_values[1]: duplicate "AFLOAT"
      help: remove one of the two
    RentBoats.json: "values": ["CALM", "FAST"], "known_values": ["CALM"], "not_settable": ["DRIFT"], "default"
    specs/actions/RentBoats.json:47:105: error: request.Mode.known_values: `known_values` applies to strings with an open set of values
      help: use `enum` or `values` for a closed set
    specs/actions/RentBoats.json:47:131: error: request.Mode.not_settable: `DRIFT` is not a value of `Mode`
      help: use values of the set
    RentBoats.json: { "none": "any size" }
    specs/actions/RentBoats.json:49:108: error: request.Size.special_values: `none` is not uint64
      help: use a value that the member can have
    specs/actions/RentBoats.json:50:18: error: request.Size.default: the default 0 is below `min`, which is 2
      help: correct the default or the limit
    RentBoats.json: "type": "list<list<string>>", "rust": "bus_slots"
    specs/actions/RentBoats.json:66:32: error: request.DBDFs.type: lists of lists are not supported: "list<list<string>>"
      help: correct the type; the API has no lists of lists
    "#);
}

#[test]
fn defaults_must_be_within_their_limits() {
    let messages = messages_of_each(&[
        (RENT, "\"default\": 0,", "\"default\": 3,"),
        (RENT, "\"default\": 0,", "\"default\": 30,"),
        (
            RENT,
            "\"charset\": \"ascii\"",
            "\"charset\": \"ascii\", \"min_length\": 3, \"default\": \"\\u00e9\"",
        ),
        (
            RENT,
            "\"charset\": \"ascii\"",
            "\"charset\": \"ascii\", \"pattern\": \"[a-z]+\", \"default\": \"A\"",
        ),
        (
            RENT,
            "\"pattern\": \"[0-9A-Za-z]+\", \"secret\": true",
            "\"secret\": true, \"default\": \"password\"",
        ),
        (
            BOAT,
            "\"format\": \"boat-xxxxxxxx\"",
            "\"format\": \"boat-xxxxxxxx\", \"default\": \"boating\"",
        ),
        (
            LIST,
            "\"exclusive_with\": [\"Filters\"]",
            "\"exclusive_with\": [\"Filters\"], \"default\": \"boat-1\"",
        ),
    ]);
    insta::assert_snapshot!(messages, @r#"
    RentBoats.json: "default": 3,
    specs/actions/RentBoats.json:50:18: error: request.Size.default: the default 3 is not a multiple of `step`, which is 2
      help: correct the default or the limit
    RentBoats.json: "default": 30,
    specs/actions/RentBoats.json:50:18: error: request.Size.default: the default 30 is above `max`, which is 20
      help: correct the default or the limit
    RentBoats.json: "charset": "ascii", "min_length": 3, "default": "\u00e9"
    specs/actions/RentBoats.json:67:114: error: request.ClientToken.default: the default is shorter than `min_length`, which is 3: "\u00e9"
      help: correct the default or the limit
    specs/actions/RentBoats.json:67:114: error: request.ClientToken.default: the default has characters outside of `charset`, which is ascii: "\u00e9"
      help: correct the default or the limit
    RentBoats.json: "charset": "ascii", "pattern": "[a-z]+", "default": "A"
    specs/actions/RentBoats.json:67:118: error: request.ClientToken.default: the default does not match `pattern`, which is [a-z]+: "A"
      help: correct the default or the limit
    RentBoats.json: "secret": true, "default": "password"
    specs/actions/RentBoats.json:57:108: error: request.Password.secret: a secret must not have a default, which everybody would know
      help: remove `default`
    Boat.json: "format": "boat-xxxxxxxx", "default": "boating"
    specs/types/Boat.json:6:106: error: members.BoatId.default: the default "boating" does not begin with `boat-`
      help: correct it, or list it in `special_values`
    DescribeBoats.json: "exclusive_with": ["Filters"], "default": "boat-1"
    specs/actions/DescribeBoats.json:26:92: error: request.BoatIds.default: the default "boat-1" is not list<string>
      help: correct the default or the type
    "#);
}
