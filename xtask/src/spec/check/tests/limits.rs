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
    specs/actions/RentBoats.json:67:62: error: `max_length` is 0, so nothing would be allowed
      help: leave it out where nothing is stated
    RentBoats.json: "max_bytes": 0
    specs/actions/RentBoats.json:59:58: error: `max_bytes` is 0, so nothing would be allowed
      help: leave it out where nothing is stated
    DescribeBoats.json: "exclusive_with": ["Filters"], "max_items": 0
    specs/actions/DescribeBoats.json:26:94: error: `max_items` is 0, so nothing would be allowed
      help: leave it out where nothing is stated
    RentBoats.json: "step": 0
    specs/actions/RentBoats.json:49:70: error: a step is more than 0
      help: leave it out where none is stated
    RentBoats.json: "step": -2
    specs/actions/RentBoats.json:49:70: error: a step is more than 0
      help: leave it out where none is stated
    RentBoats.json: "step": 50
    specs/actions/RentBoats.json:49:70: error: no multiple of 50 lies between 2 and 20
      help: correct the step or the limits
    RentBoats.json: "min": -2, "max": 20
    specs/actions/RentBoats.json:49:48: error: `min` is -2, and an unsigned number is at least 0
      help: make it 0, or the type `int64`
    DescribeBoats.json: "rate_limit_per_second": 0
    specs/actions/DescribeBoats.json:7:28: error: `rate_limit_per_second` is 0, so nothing would be allowed
      help: leave it out where nothing is stated
    DescribeBoats.json: "filters_max": 0
    specs/actions/DescribeBoats.json:23:18: error: `filters_max` is 0, so nothing would be allowed
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
    specs/actions/RentBoats.json:57:109: error: the pattern cannot be read: found unclosed character class
      help: write it in the syntax of the crate `regex-lite`
    RentBoats.json: a)(b
    specs/actions/RentBoats.json:57:109: error: the pattern cannot be read: found closing ')' without matching '('
      help: write it in the syntax of the crate `regex-lite`
    RentBoats.json: \\p{Han}
    specs/actions/RentBoats.json:57:109: error: the pattern cannot be read: Unicode character classes are not supported
      help: write it in the syntax of the crate `regex-lite`
    RentBoats.json: "encoding": "hex"
    specs/actions/RentBoats.json:59:77: error: the only encoding that the engine knows is `base64`
      help: leave it out
    RentBoats.json: "charset": "latin1"
    specs/actions/RentBoats.json:67:77: error: `latin1` is not a set of characters
      help: write `ascii`, or leave it out
    RentBoats.json: "encoding": "base64", "unit": "metre"
    specs/actions/RentBoats.json:49:85: error: `encoding` is about a string, and this is uint64
      help: leave it out
    RentBoats.json: "unit": " "
    specs/actions/RentBoats.json:49:81: error: `unit` is empty
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
    specs/actions/RentBoats.json:53:78: error: an empty set of values
      help: leave it out where none is stated
    RentBoats.json: "open": true, "doc": "What they must carry."
    specs/actions/RentBoats.json:52:68: error: `open` is about a named enum, and this is none
      help: leave it out
    Boat.json: "known_values": ["AFLOAT", "AFLOAT"]
    specs/types/Boat.json:8:90: error: "AFLOAT" is there twice
    RentBoats.json: "values": ["CALM", "FAST"], "known_values": ["CALM"], "not_settable": ["DRIFT"], "default"
    specs/actions/RentBoats.json:47:105: error: `known_values` are some of an open set of texts, and this is none
      help: use `enum` or `values` for a closed set
    specs/actions/RentBoats.json:47:131: error: `DRIFT` is not a value of `Mode`
      help: name values of the set
    RentBoats.json: { "none": "any size" }
    specs/actions/RentBoats.json:49:108: error: `none` is not a uint64
      help: write a value that the member can have
    specs/actions/RentBoats.json:50:18: error: the default 0 is below the least value
    RentBoats.json: "type": "list<list<string>>", "rust": "bus_slots"
    specs/actions/RentBoats.json:66:32: error: a list of lists
      help: the API knows none, and neither does the engine
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
    specs/actions/RentBoats.json:50:18: error: the default 3 is no multiple of 2
    RentBoats.json: "default": 30,
    specs/actions/RentBoats.json:50:18: error: the default 30 is above the largest value
    RentBoats.json: "charset": "ascii", "min_length": 3, "default": "\u00e9"
    specs/actions/RentBoats.json:67:114: error: the default is shorter than the shortest value
    specs/actions/RentBoats.json:67:114: error: the default has characters that may not occur
    RentBoats.json: "charset": "ascii", "pattern": "[a-z]+", "default": "A"
    specs/actions/RentBoats.json:67:118: error: the default does not match the pattern
    RentBoats.json: "secret": true, "default": "password"
    specs/actions/RentBoats.json:57:125: error: a secret with a default, which everybody knows
      help: leave it out
    Boat.json: "format": "boat-xxxxxxxx", "default": "boating"
    specs/types/Boat.json:6:106: error: the default "boating" does not begin with `boat-`
    DescribeBoats.json: "exclusive_with": ["Filters"], "default": "boat-1"
    specs/actions/DescribeBoats.json:26:92: error: the default "boat-1" is not a list<string>
    "#);
}
