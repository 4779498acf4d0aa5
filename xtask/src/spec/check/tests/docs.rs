//! Descriptions that say nothing, and quirks that went stale.

use super::{BERTH, LIST, RENT, STATE, bad};

#[test]
fn descriptions_say_something() {
    let doc = "\"Its town.\"";
    insta::assert_snapshot!(bad(BERTH, doc, "\"\""), @r"
    specs/types/Berth.json:7:94: error: members.Harbour.doc: an empty description
      help: say what it is, in a sentence
    ");
    insta::assert_snapshot!(bad(BERTH, doc, "\"The harbour.\""), @r#"
    specs/types/Berth.json:7:94: error: members.Harbour.doc: the description only repeats the name `Harbour`: "The harbour."
      help: say what the name does not: what it is for, its unit, what happens without it
    "#);
    insta::assert_snapshot!(bad(BERTH, doc, "\"Its town\""), @r#"
    specs/types/Berth.json:7:94: error: members.Harbour.doc: a description without a full stop at its end: "Its town"
      help: write whole sentences
    "#);
    insta::assert_snapshot!(bad(BERTH, doc, "\"Its t\u{f6}wn.\""), @r#"
    specs/types/Berth.json:7:94: error: members.Harbour.doc: a description holds `\u{f6}`: "Its t\u{f6}wn."
      help: plain ASCII on one line: write it in words
    "#);
    insta::assert_snapshot!(bad(BERTH, doc, "\"Its\\ntown.\""), @r#"
    specs/types/Berth.json:7:94: error: members.Harbour.doc: a description holds `\u{a}`: "Its\ntown."
      help: plain ASCII on one line: write it in words
    "#);
    insta::assert_snapshot!(bad(BERTH, doc, "\"Its `town.\""), @r#"
    specs/types/Berth.json:7:94: error: members.Harbour.doc: a description with an unpaired backtick: "Its `town."
      help: put names and values between two backticks
    "#);
    insta::assert_snapshot!(bad(BERTH, doc, "\"See https://example.com.\""), @r#"
    specs/types/Berth.json:7:94: error: members.Harbour.doc: a description with an address in it: "See https://example.com."
      help: say what is there in our own words
    "#);
    insta::assert_snapshot!(bad(STATE, "\"Under it.\"", "\"Sunk.\""), @r#"
    specs/enums/BoatState.json:7:31: error: values.SUNK.doc: the description only repeats the name `SUNK`: "Sunk."
      help: say what the name does not: what it is for, its unit, what happens without it
    "#);
    insta::assert_snapshot!(bad(LIST, "\"Lists rented vessels, page by page.\"", "\"Describes boats.\""), @r#"
    specs/actions/DescribeBoats.json:4:14: error: summary: the description only repeats the name `DescribeBoats`: "Describes boats."
      help: say what the name does not: what it is for, its unit, what happens without it
    "#);
}

#[test]
fn quirks_go_stale() {
    insta::assert_snapshot!(bad(RENT, "\"A boolean, yet sent as a string.\"", "\"Whether damage is covered.\""), @r#"
    specs/actions/RentBoats.json:55:16: error: request.Insure.quirk: the quirk repeats the description: "Whether damage is covered."
      help: a quirk that changes nothing is none: remove one of the two
    "#);
    insta::assert_snapshot!(bad(RENT, "\"A boolean, yet sent as a string.\"", "\"Contradicts `SinkBoats`.\""), @r#"
    specs/actions/RentBoats.json:55:16: error: request.Insure.quirk: the quirk is stale: nothing is called `SinkBoats`: "Contradicts `SinkBoats`."
      help: remove it, or name what it speaks of
    "#);
    insta::assert_snapshot!(
        bad(
            RENT,
            "\"Insure\", \"type\": \"string\", \"enum\": [\"true\", \"false\"], \"default\": \"false\",\n      \"quirk\": \"A boolean, yet sent as a string.\"",
            "\"Insure\", \"type\": \"bool\", \"quirk\": \"A boolean, yet sent as a string.\""
        ),
        @r#"
    specs/actions/RentBoats.json:54:50: error: request.Insure.quirk: the quirk is stale: the type is bool: "A boolean, yet sent as a string."
      help: remove it
    "#
    );
}
