//! Tests of descriptions without content, and of outdated quirks.

use super::{BERTH, LIST, RENT, STATE, message_after};

#[test]
fn descriptions_must_be_sentences_with_content() {
    let doc = "\"Its town.\"";
    insta::assert_snapshot!(message_after(BERTH, doc, "\"\""), @r"
    specs/types/Berth.json:7:94: error: members.Harbour.doc: the description is empty
      help: describe it in a sentence
    ");
    insta::assert_snapshot!(message_after(BERTH, doc, "\"The harbour.\""), @r#"
    specs/types/Berth.json:7:94: error: members.Harbour.doc: the description only repeats the name `Harbour`: "The harbour."
      help: add what the name does not say: its purpose, its unit, what happens without it
    "#);
    insta::assert_snapshot!(message_after(BERTH, doc, "\"Its town\""), @r#"
    specs/types/Berth.json:7:94: error: members.Harbour.doc: the description does not end with a period: "Its town"
      help: write complete sentences
    "#);
    insta::assert_snapshot!(message_after(BERTH, doc, "\"Its t\u{f6}wn.\""), @r#"
    specs/types/Berth.json:7:94: error: members.Harbour.doc: the description contains the character `\u{f6}`: "Its t\u{f6}wn."
      help: use printable ASCII on one line
    "#);
    insta::assert_snapshot!(message_after(BERTH, doc, "\"Its\\ntown.\""), @r#"
    specs/types/Berth.json:7:94: error: members.Harbour.doc: the description contains the character `\u{a}`: "Its\ntown."
      help: use printable ASCII on one line
    "#);
    insta::assert_snapshot!(message_after(BERTH, doc, "\"Its `town.\""), @r#"
    specs/types/Berth.json:7:94: error: members.Harbour.doc: the description has an unpaired backtick: "Its `town."
      help: put names and values between backticks
    "#);
    insta::assert_snapshot!(message_after(BERTH, doc, "\"See https://example.com.\""), @r#"
    specs/types/Berth.json:7:94: error: members.Harbour.doc: the description contains a URL: "See https://example.com."
      help: describe its content in your own words
    "#);
    insta::assert_snapshot!(message_after(STATE, "\"Under it.\"", "\"Sunk.\""), @r#"
    specs/enums/BoatState.json:7:31: error: values.SUNK.doc: the description only repeats the name `SUNK`: "Sunk."
      help: add what the name does not say: its purpose, its unit, what happens without it
    "#);
    insta::assert_snapshot!(message_after(LIST, "\"Lists rented vessels, page by page.\"", "\"Describes boats.\""), @r#"
    specs/actions/DescribeBoats.json:4:14: error: summary: the description only repeats the name `DescribeBoats`: "Describes boats."
      help: add what the name does not say: its purpose, its unit, what happens without it
    "#);
}

#[test]
fn outdated_quirks_are_rejected() {
    insta::assert_snapshot!(message_after(RENT, "\"A boolean, yet sent as a string.\"", "\"Whether damage is covered.\""), @r#"
    specs/actions/RentBoats.json:55:16: error: request.Insure.quirk: the quirk repeats the description: "Whether damage is covered."
      help: remove one of the two
    "#);
    insta::assert_snapshot!(message_after(RENT, "\"A boolean, yet sent as a string.\"", "\"Contradicts `SinkBoats`.\""), @r#"
    specs/actions/RentBoats.json:55:16: error: request.Insure.quirk: the quirk is outdated: nothing has the name `SinkBoats`: "Contradicts `SinkBoats`."
      help: remove it, or correct the name
    "#);
    insta::assert_snapshot!(
        message_after(
            RENT,
            "\"Insure\", \"type\": \"string\", \"enum\": [\"true\", \"false\"], \"default\": \"false\",\n      \"quirk\": \"A boolean, yet sent as a string.\"",
            "\"Insure\", \"type\": \"bool\", \"quirk\": \"A boolean, yet sent as a string.\""
        ),
        @r#"
    specs/actions/RentBoats.json:54:50: error: request.Insure.quirk: the quirk is outdated: the type is bool: "A boolean, yet sent as a string."
      help: remove it
    "#
    );
}
