//! Text of the service cannot control a terminal; a pipe gets it unchanged.

use crate::harness::{Answer, Server, run};

/// An escape sequence, a C1 control, a BiDi override and a bell, in JSON.
const NAUGHTY: &str = r"a\u001b[2J\u009b31m\u202eb\u0007";

fn server() -> Server {
    Server::start(Answer::Json(format!(
        r#"{{"Response":{{"TotalCount":1,"ZoneSet":[{{"Zone":"{NAUGHTY}","ZoneName":"n","ZoneId":"1","ZoneState":"AVAILABLE"}}],"RequestId":"r"}}}}"#
    )))
}

fn drives(text: &str) -> bool {
    text.chars().any(|character| {
        (character.is_control() && !matches!(character, '\n' | '\t'))
            || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

#[test]
fn tables_and_text_escape_control_characters() {
    for format in ["table", "text"] {
        let ran = run(&mut server().cvm(&["DescribeZones", "--output", format]));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(!drives(&ran.stdout), "{:?}", ran.stdout);
        assert!(ran.stdout.contains(r"a\u{1b}[2J\u{9b}31m\u{202e}b\u{7}"), "{}", ran.stdout);
    }
}

#[test]
fn piped_json_is_unchanged() {
    let ran = run(&mut server().cvm(&["DescribeZones"]));
    let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(answer["ZoneSet"][0]["Zone"], "a\u{1b}[2J\u{9b}31m\u{202e}b\u{7}");
    assert!(ran.stdout.contains('\u{202e}'), "the character itself, as JSON allows it");
}

#[test]
fn errors_and_wire_escape_control_characters() {
    let body = format!(
        r#"{{"Response":{{"Error":{{"Code":"A\u001b","Message":"{NAUGHTY}"}},"RequestId":"r\u202e"}}}}"#
    );
    let server = Server::start(Answer::Json(body));
    let ran = run(&mut server.cvm(&["DescribeZones", "--show-wire"]));
    assert_eq!(ran.code, 1);
    assert!(!drives(&ran.stderr), "{:?}", ran.stderr);
    assert!(ran.stderr.contains(r"\u{202e}"), "{}", ran.stderr);
    let ran = run(&mut server.cvm(&["Desc\u{1b}[2J\u{202e}ribe"]));
    assert_eq!(ran.code, 2);
    assert!(!drives(&ran.stderr), "{:?}", ran.stderr);
}
