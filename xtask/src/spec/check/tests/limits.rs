//! Limits, patterns, value sets and defaults that no request can meet.

use super::{BOAT, LIST, RENT, told_of_each};

#[test]
fn limits_that_no_value_can_meet_are_refused() {
    let told = told_of_each(&[
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
    insta::assert_snapshot!(told, @r#"
    RentBoats.json: "max_length": 0, "charset"
    specs/actions/RentBoats.json:67:62: error: request.ClientToken.max_length: `max_length` is 0, so nothing would be allowed
      help: leave it out where nothing is stated
    RentBoats.json: "max_bytes": 0
    specs/actions/RentBoats.json:59:58: error: request.UserData.max_bytes: `max_bytes` is 0, so nothing would be allowed
      help: leave it out where nothing is stated
    DescribeBoats.json: "exclusive_with": ["Filters"], "max_items": 0
    specs/actions/DescribeBoats.json:26:94: error: request.BoatIds.max_items: `max_items` is 0, so nothing would be allowed
      help: leave it out where nothing is stated
    RentBoats.json: "step": 0
    specs/actions/RentBoats.json:49:70: error: request.Size.step: a step must be more than 0
      help: leave it out where none is stated
    RentBoats.json: "step": -2
    specs/actions/RentBoats.json:49:70: error: request.Size.step: a step must be more than 0: -2
      help: leave it out where none is stated
    RentBoats.json: "step": 50
    specs/actions/RentBoats.json:49:70: error: request.Size.step: no multiple of 50 lies between 2 and 20
      help: correct the step or the limits
    RentBoats.json: "min": -2, "max": 20
    specs/actions/RentBoats.json:49:48: error: request.Size.min: `min` is -2, and an unsigned number is at least 0
      help: make it 0, or the type `int64`
    DescribeBoats.json: "rate_limit_per_second": 0
    specs/actions/DescribeBoats.json:7:28: error: rate_limit_per_second: `rate_limit_per_second` is 0, so nothing would be allowed
      help: leave it out where nothing is stated
    DescribeBoats.json: "filters_max": 0
    specs/actions/DescribeBoats.json:23:18: error: filters_max: `filters_max` is 0, so nothing would be allowed
      help: leave it out where nothing is stated
    "#);
}

#[test]
fn patterns_and_encodings_that_the_engine_cannot_apply_are_refused() {
    let told = told_of_each(&[
        (RENT, "[0-9A-Za-z]+", "[0-9"),
        (RENT, "[0-9A-Za-z]+", "a)(b"),
        (RENT, "[0-9A-Za-z]+", "\\\\p{Han}"),
        (RENT, "\"encoding\": \"base64\"", "\"encoding\": \"hex\""),
        (RENT, "\"charset\": \"ascii\"", "\"charset\": \"latin1\""),
        (RENT, "\"unit\": \"metre\"", "\"encoding\": \"base64\", \"unit\": \"metre\""),
        (RENT, "\"unit\": \"metre\"", "\"unit\": \" \""),
    ]);
    insta::assert_snapshot!(told, @r#"
    RentBoats.json: [0-9
    specs/actions/RentBoats.json:57:109: error: request.Password.pattern: the pattern cannot be read: found unclosed character class: "[0-9"
      help: write it in the syntax of the crate `regex-lite`
    RentBoats.json: a)(b
    specs/actions/RentBoats.json:57:109: error: request.Password.pattern: the pattern cannot be read: found closing ')' without matching '(': "a)(b"
      help: write it in the syntax of the crate `regex-lite`
    RentBoats.json: \\p{Han}
    specs/actions/RentBoats.json:57:109: error: request.Password.pattern: the pattern cannot be read: Unicode character classes are not supported: "\\p{Han}"
      help: write it in the syntax of the crate `regex-lite`
    RentBoats.json: "encoding": "hex"
    specs/actions/RentBoats.json:59:77: error: request.UserData.encoding: the only encoding that the engine knows is `base64`: "hex"
      help: leave it out
    RentBoats.json: "charset": "latin1"
    specs/actions/RentBoats.json:67:77: error: request.ClientToken.charset: `latin1` is not a set of characters
      help: write `ascii`, or leave it out
    RentBoats.json: "encoding": "base64", "unit": "metre"
    specs/actions/RentBoats.json:49:85: error: request.Size.encoding: `encoding` is about a string, and this is uint64: "base64"
      help: leave it out
    RentBoats.json: "unit": " "
    specs/actions/RentBoats.json:49:81: error: request.Size.unit: `unit` is empty
      help: leave it out
    "#);
}

#[test]
fn empty_and_misplaced_value_sets_are_refused() {
    let told = told_of_each(&[
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
    insta::assert_snapshot!(told, @r#"
    RentBoats.json: []
    specs/actions/RentBoats.json:53:78: error: request.Months.enum: an empty set of values
      help: leave it out where none is stated
    RentBoats.json: "open": true, "doc": "What they must carry."
    specs/actions/RentBoats.json:52:68: error: request.Weight.open: `open` is about a named enum, and this is none
      help: leave it out
    Boat.json: "known_values": ["AFLOAT", "AFLOAT"]
    specs/types/Boat.json:8:90: error: members.NextState.known_values[1]: "AFLOAT" is there twice
      help: leave one of the two out
    RentBoats.json: "values": ["CALM", "FAST"], "known_values": ["CALM"], "not_settable": ["DRIFT"], "default"
    specs/actions/RentBoats.json:47:105: error: request.Mode.known_values: `known_values` are some of an open set of texts, and this is none
      help: use `enum` or `values` for a closed set
    specs/actions/RentBoats.json:47:131: error: request.Mode.not_settable: `DRIFT` is not a value of `Mode`
      help: name values of the set
    RentBoats.json: { "none": "any size" }
    specs/actions/RentBoats.json:49:108: error: request.Size.special_values: `none` is not uint64
      help: write a value that the member can have
    specs/actions/RentBoats.json:50:18: error: request.Size.default: the default 0 is below `min`, which is 2
      help: correct the default or the limit
    RentBoats.json: "type": "list<list<string>>", "rust": "bus_slots"
    specs/actions/RentBoats.json:66:32: error: request.DBDFs.type: a list of lists, which the engine cannot encode: "list<list<string>>"
      help: the API has none: correct the type
    "#);
}

#[test]
fn defaults_that_break_their_own_limits_are_refused() {
    let told = told_of_each(&[
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
    insta::assert_snapshot!(told, @r#"
    RentBoats.json: "default": 3,
    specs/actions/RentBoats.json:50:18: error: request.Size.default: the default 3 is no multiple of `step`, which is 2
      help: correct the default or the limit
    RentBoats.json: "default": 30,
    specs/actions/RentBoats.json:50:18: error: request.Size.default: the default 30 is above `max`, which is 20
      help: correct the default or the limit
    RentBoats.json: "charset": "ascii", "min_length": 3, "default": "\u00e9"
    specs/actions/RentBoats.json:67:114: error: request.ClientToken.default: the default is shorter than `min_length`, which is 3: "\u00e9"
      help: correct the default or the limit
    specs/actions/RentBoats.json:67:114: error: request.ClientToken.default: the default has characters beyond `charset`, which is ascii: "\u00e9"
      help: correct the default or the limit
    RentBoats.json: "charset": "ascii", "pattern": "[a-z]+", "default": "A"
    specs/actions/RentBoats.json:67:118: error: request.ClientToken.default: the default does not match `pattern`, which is [a-z]+: "A"
      help: correct the default or the limit
    RentBoats.json: "secret": true, "default": "password"
    specs/actions/RentBoats.json:57:108: error: request.Password.secret: a secret with a default, which everybody knows
      help: leave `default` out
    Boat.json: "format": "boat-xxxxxxxx", "default": "boating"
    specs/types/Boat.json:6:106: error: members.BoatId.default: the default "boating" does not begin with `boat-`
      help: correct it, or list it in `special_values`
    DescribeBoats.json: "exclusive_with": ["Filters"], "default": "boat-1"
    specs/actions/DescribeBoats.json:26:92: error: request.BoatIds.default: the default "boat-1" is not list<string>
      help: correct the default or the type
    "#);
}
