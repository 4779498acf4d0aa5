//! The answer as JSON: the service's own members in its own order.

use crate::json::Json;
use crate::terminal;

/// Indented text. For a screen, what would drive it is escaped, which JSON can do without a change of
/// meaning; for a file or a pipe nothing is touched.
pub fn render(answer: &Json, for_screen: bool) -> String {
    let mut text = answer.pretty();
    text.push('\n');
    if for_screen { terminal::visible_json(&text).into_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_gets_the_very_text() {
        let answer = Json::parse("{\"Name\":\"a\u{202e}b\"}".as_bytes()).unwrap();
        assert_eq!(render(&answer, false), "{\n  \"Name\": \"a\u{202e}b\"\n}\n");
        assert_eq!(render(&answer, true), "{\n  \"Name\": \"a\\u202eb\"\n}\n");
    }
}
