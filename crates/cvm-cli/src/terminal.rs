//! Escapes characters that control a terminal, and describes the terminal.
//!
//! Names, messages and tags come from the service or from other users of the account. An escape sequence in them
//! could rewrite the screen, and a BiDi control could reorder it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, IsTerminal};

/// The width for tables if the terminal has none.
const DEFAULT_WIDTH: usize = 120;

/// Whether a character controls the terminal: C0, C1, BiDi controls, line separators, tags.
pub fn controls_terminal(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// The text with control characters escaped.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(controls_terminal) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if controls_terminal(character) => {
                // Writing to a `String` cannot fail.
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
            }
            _ => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// The text with control characters escaped and each backslash doubled: different texts stay different, such as a
/// tab and `\\t`.
pub fn escaped(text: &str) -> String {
    visible(&text.replace('\\', "\\\\")).into_owned()
}

/// JSON text with control characters as JSON escapes: the same document, safe to display.
///
/// Line breaks stay: outside strings they are layout, and inside strings JSON has none.
pub fn visible_json(text: &str) -> Cow<'_, str> {
    let controls_terminal = |character: char| character != '\n' && controls_terminal(character);
    if !text.contains(controls_terminal) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if controls_terminal(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Whether standard output is a terminal.
pub fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether standard output was closed when this program started.
///
/// Rust opens a closed one as the null device, for reading and writing. `>/dev/null` opens it only for writing,
/// which shows intent.
#[cfg(unix)]
pub fn stdout_is_closed() -> bool {
    use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat, stat};
    let stdout = io::stdout();
    let Ok(flags) = fcntl_getfl(&stdout) else { return true };
    let (Ok(open), Ok(null)) = (fstat(&stdout), stat("/dev/null")) else { return false };
    flags & OFlags::RWMODE == OFlags::RDWR
        && FileType::from_raw_mode(open.st_mode) == FileType::CharacterDevice
        && open.st_rdev == null.st_rdev
}

/// Whether standard output was closed when this program started.
#[cfg(not(unix))]
pub fn stdout_is_closed() -> bool {
    false
}

/// Whether standard error, which shows progress, is a terminal.
pub fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// The width for tables: `COLUMNS`, else the width of the terminal, else a default.
pub fn width() -> usize {
    std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok())
        .filter(|width| (40..=1000).contains(width))
        .or_else(screen_width)
        .unwrap_or(DEFAULT_WIDTH)
}

fn screen_width() -> Option<usize> {
    let screen = console::Term::stdout();
    let (_, columns) = screen.size_checked().filter(|_| screen.is_term())?;
    Some(usize::from(columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(visible("a\u{1b}]0;x\u{7}b"), "a\\u{1b}]0;x\\u{7}b");
        assert_eq!(visible("\u{9b}2J"), "\\u{9b}2J");
        assert_eq!(visible("abc\u{202e}fed\u{2066}"), "abc\\u{202e}fed\\u{2066}");
        assert_eq!(visible("one\ntwo\ttab\r"), "one\\ntwo\\ttab\\r");
    }

    #[test]
    fn escaping_is_injective() {
        assert_eq!(escaped("a\tb"), "a\\tb");
        assert_eq!(escaped("a\\tb"), "a\\\\tb");
        assert_eq!(escaped("plain"), "plain");
    }

    #[test]
    fn ordinary_text_is_unchanged() {
        for text in ["", "QCLOUD-TEST", "云服务器", "שלום", "مرحبا", "e\u{301}", "👩\u{200d}💻"]
        {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn escaped_json_is_the_same_document() {
        let name = "x\u{7f}\u{202e}\u{9b}\u{e0041}";
        let text = serde_json::to_string_pretty(&serde_json::json!({ "Name": name })).unwrap();
        let shown = visible_json(&text);
        assert!(
            !shown.chars().any(|character| character != '\n' && controls_terminal(character)),
            "{shown}"
        );
        let read: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(read, serde_json::json!({ "Name": name }));
    }
}
