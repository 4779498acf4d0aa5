//! The response as JSON: the service's members in its order.

use crate::terminal;
use cvm_models::protocol::Json;

/// Indented text. For a terminal, control characters are escaped, which does not change the meaning of JSON; for
/// a file or a pipe, nothing is changed.
pub fn render(response: &Json, for_screen: bool) -> String {
    let mut text = response.pretty();
    text.push('\n');
    if for_screen { terminal::visible_json(&text).into_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn piped_json_is_not_escaped() {
        let response = Json::parse("{\"Name\":\"a\u{202e}b\"}".as_bytes()).unwrap();
        assert_eq!(render(&response, false), "{\n  \"Name\": \"a\u{202e}b\"\n}\n");
        assert_eq!(render(&response, true), "{\n  \"Name\": \"a\\u202eb\"\n}\n");
    }
}
