//! Doc text: turns sentences of a spec into doc lines whose only markup is code spans.
//!
//! No text of a spec may become a code fence, a doctest, an HTML element, a link, a heading or a list.
//! The text is reduced to one line of printable ASCII, all markdown syntax is escaped, and no wrapped
//! line begins with something that would open a block.

/// Maximum line width of a generated file.
pub const WIDTH: usize = 96;

/// Lines of one paragraph for a doc comment at this indent, without the `///`.
pub fn paragraph(text: &str, indent: usize) -> Vec<String> {
    wrap(&words(text), WIDTH.saturating_sub(indent + 4), "")
}

/// Lines of one paragraph in which these code spans are links. The docs must define the links elsewhere.
pub fn paragraph_with_links(text: &str, indent: usize, spans: &[String]) -> Vec<String> {
    let mut words = words(text);
    for word in &mut words {
        if let Some(span) = spans.iter().find(|span| word.starts_with(span.as_str())) {
            *word = word.replacen(span.as_str(), &format!("[{span}]"), 1);
        }
    }
    wrap(&words, WIDTH.saturating_sub(indent + 4), "")
}

/// Lines of one item of a list for a doc comment at this indent.
pub fn item(text: &str, indent: usize) -> Vec<String> {
    let lines = wrap(&words(text), WIDTH.saturating_sub(indent + 6), "  ");
    let mut lines = lines.into_iter();
    let first = lines.next().map(|line| format!("- {line}"));
    first.into_iter().chain(lines).collect()
}

/// Plain ASCII on one line, for tables that are displayed without markdown rendering.
pub fn plain(text: &str) -> String {
    let plain = |c: char| match c {
        ' '..='~' => c,
        c if c.is_alphanumeric() => c,
        c if c.is_whitespace() => ' ',
        _ => '?',
    };
    let text: String = text.chars().map(plain).collect();
    text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A code span of this text; characters that could end the span early are escaped.
pub fn code(text: &str) -> String {
    if text.is_empty() {
        return "the empty string".to_owned();
    }
    let escaped: String = text
        .chars()
        .map(|c| match c {
            ' '..='_' | 'a'..='~' => c.to_string(),
            other if other.is_alphanumeric() => other.to_string(),
            other => other.escape_default().to_string().replace('`', "'"),
        })
        .collect();
    format!("`{}`", plain(&escaped))
}

/// The text as one line of markdown, for a table cell.
pub fn cell(text: &str) -> String {
    words(text).join(" ")
}

/// Splits the text into escaped words that must not be broken.
fn words(text: &str) -> Vec<String> {
    let text = plain(text);
    let spans = text.matches('`').count().is_multiple_of(2) && !text.contains("``");
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut in_code = false;
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied().unwrap_or(' ');
        match c {
            '`' if spans => {
                in_code = !in_code;
                word.push(c);
            }
            // A table would still split a cell at a bar inside a code span.
            _ if in_code => word.push(c),
            ' ' => words.push(std::mem::take(&mut word)),
            _ => {
                if is_markup(c, before, next) {
                    word.push('\\');
                }
                word.push(c);
            }
        }
        before = c;
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    for word in &mut words {
        // rustdoc warns about bare URLs.
        if word.contains("://") && !word.contains('`') {
            *word = format!("`{}`", word.replace('\\', ""));
        }
    }
    glue(words)
}

/// Whether markdown could interpret this character as markup.
fn is_markup(c: char, before: char, next: char) -> bool {
    match c {
        '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '&' | '~' | '|' | '$' => true,
        // Inside a word, an underscore is not markup.
        '_' => !(before.is_ascii_alphanumeric() && next.is_ascii_alphanumeric()),
        _ => false,
    }
}

/// Joins each word that would open a block at the start of a line to the word before it.
fn glue(words: Vec<String>) -> Vec<String> {
    let mut glued: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        if !opens_block(&word) {
            glued.push(word);
        } else if let Some(last) = glued.last_mut() {
            last.push(' ');
            last.push_str(&word);
        } else {
            glued.push(disarm(&word));
        }
    }
    glued
}

/// Whether a line that begins with this word could be a heading, a list, a rule or a definition.
fn opens_block(word: &str) -> bool {
    let number = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = number.len() < word.len() && matches!(number, "." | ")" | "\\)");
    numbered || word.starts_with(['#', '+', '-', '=', ':', '>'])
}

/// Escapes the character that would open a block.
fn disarm(word: &str) -> String {
    match word.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => {
            let (digits, mark) = word.split_at(at);
            format!("{digits}\\{}", mark.trim_start_matches('\\'))
        }
        None => word.to_owned(),
    }
}

fn wrap(words: &[String], width: usize, hang: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words {
        if !line.trim().is_empty() && line.len() + 1 + word.len() > width {
            lines.push(std::mem::replace(&mut line, hang.to_owned()));
        }
        if !line.trim().is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.trim().is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped_and_code_spans_stay() {
        let one = |text| paragraph(text, 0).join("\n");
        assert_eq!(one("Stops `a_b` of *it*."), "Stops `a_b` of \\*it\\*.");
        assert_eq!(one("LOCAL_BASIC and _x_"), "LOCAL_BASIC and \\_x\\_");
        assert_eq!(one("<b>[x](y)</b>"), "\\<b\\>\\[x\\](y)\\</b\\>");
        assert_eq!(one("odd ` tick"), "odd \\` tick");
        assert_eq!(one("see https://x/y."), "see `https://x/y.`");
    }

    #[test]
    fn only_given_code_spans_become_links() {
        let lines =
            paragraph_with_links("Use `a::B`, not `a::C` or [x].", 0, &["`a::B`".to_owned()]);
        assert_eq!(lines, ["Use [`a::B`], not `a::C` or \\[x\\]."]);
    }

    #[test]
    fn no_line_opens_a_block() {
        for text in [
            "```\nfn main() {}\n```",
            "    indented",
            "- a\n- b",
            "# x",
            "1. x",
            "a\n---\nb",
            "> q",
        ] {
            for width in 0..20 {
                for line in wrap(&words(text), width, "") {
                    assert!(
                        !line.starts_with([' ', '-', '#', '>', '+', '=', '`']),
                        "{text:?}: {line:?}"
                    );
                    assert!(!line.starts_with("1."), "{text:?}: {line:?}");
                    assert!(!line.contains("```"), "{text:?}: {line:?}");
                }
            }
        }
        assert_eq!(paragraph("- a", 0), ["\\- a"]);
        assert_eq!(paragraph("1. a", 0), ["1\\. a"]);
    }

    #[test]
    fn non_ascii_characters_are_replaced() {
        assert_eq!(plain("a\u{202e}b\tc\u{200b}"), "a?b c?");
        assert_eq!(code("a`b\n"), "`a'b\\n`");
        assert_eq!(code(""), "the empty string");
    }

    #[test]
    fn lines_end_before_the_margin() {
        let text = "word ".repeat(60);
        assert!(paragraph(&text, 4).iter().all(|line| line.len() + 8 <= WIDTH));
    }
}
