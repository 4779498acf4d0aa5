//! Descriptions that say nothing, and quirks that went stale.

use super::{BERTH, LIST, RENT, STATE, bad};

#[test]
fn descriptions_say_something() {
    let doc = "\"Its town.\"";
    insta::assert_snapshot!(bad(BERTH, doc, "\"\""), @r"
    specs/types/Berth.json:7:94: error: an empty description
      help: say what it is, in a sentence
    ");
    insta::assert_snapshot!(bad(BERTH, doc, "\"The harbour.\""), @r"
    specs/types/Berth.json:7:94: error: the description only repeats the name `Harbour`
      help: say what the name does not: what it is for, its unit, what happens without it
    ");
    insta::assert_snapshot!(bad(BERTH, doc, "\"Its town\""), @r"
    specs/types/Berth.json:7:94: error: a description without a full stop at its end
    ");
    insta::assert_snapshot!(bad(BERTH, doc, "\"Its t\u{f6}wn.\""), @r"
    specs/types/Berth.json:7:94: error: a description holds `\u{f6}`
      help: plain ASCII on one line: write it in words
    ");
    insta::assert_snapshot!(bad(BERTH, doc, "\"Its\\ntown.\""), @r"
    specs/types/Berth.json:7:94: error: a description holds `\u{a}`
      help: plain ASCII on one line: write it in words
    ");
    insta::assert_snapshot!(bad(BERTH, doc, "\"Its `town.\""), @r"
    specs/types/Berth.json:7:94: error: a description with an unpaired backtick
    ");
    insta::assert_snapshot!(bad(BERTH, doc, "\"See https://example.com.\""), @r"
    specs/types/Berth.json:7:94: error: a description with an address in it
      help: say what is there in our own words
    ");
    insta::assert_snapshot!(bad(STATE, "\"Under it.\"", "\"Sunk.\""), @r"
    specs/enums/BoatState.json:7:31: error: the description only repeats the name `SUNK`
      help: say what the name does not: what it is for, its unit, what happens without it
    ");
    insta::assert_snapshot!(bad(LIST, "\"Lists rented vessels, page by page.\"", "\"Describes boats.\""), @r"
    specs/actions/DescribeBoats.json:4:14: error: the description only repeats the name `DescribeBoats`
      help: say what the name does not: what it is for, its unit, what happens without it
    ");
}

#[test]
fn quirks_go_stale() {
    insta::assert_snapshot!(bad(RENT, "\"A boolean, yet sent as a string.\"", "\"Whether damage is covered.\""), @r"
    specs/actions/RentBoats.json:55:16: error: the quirk repeats the description
      help: a quirk that changes nothing is none: remove one of the two
    ");
    insta::assert_snapshot!(bad(RENT, "\"A boolean, yet sent as a string.\"", "\"Contradicts `SinkBoats`.\""), @r"
    specs/actions/RentBoats.json:55:16: error: the quirk is stale: nothing is called `SinkBoats`
      help: remove it, or name what it speaks of
    ");
    insta::assert_snapshot!(
        bad(
            RENT,
            "\"Insure\", \"type\": \"string\", \"enum\": [\"true\", \"false\"], \"default\": \"false\",\n      \"quirk\": \"A boolean, yet sent as a string.\"",
            "\"Insure\", \"type\": \"bool\", \"quirk\": \"A boolean, yet sent as a string.\""
        ),
        @r"
    specs/actions/RentBoats.json:54:50: error: the quirk is stale: the type is bool
      help: remove it
    "
    );
}
