//! Formats text for people: wrapped, indented, and with control characters escaped.

use std::fmt::Write as _;

use crate::terminal;

/// The maximum line width: longer lines are hard to read.
const WIDEST: usize = 100;

/// A text under construction, line by line.
pub struct TextPage {
    text: String,
    width: usize,
}

impl TextPage {
    /// An empty page for this terminal.
    pub fn new() -> Self {
        Self::of_width(terminal::width().min(WIDEST))
    }

    /// An empty page of a given width.
    pub const fn of_width(width: usize) -> Self {
        Self { text: String::new(), width }
    }

    /// Appends a line without wrapping.
    pub fn line(&mut self, line: &str) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(self.text, "{}", terminal::visible(line));
    }

    /// Appends an empty line.
    pub fn gap(&mut self) {
        self.text.push('\n');
    }

    /// Appends a paragraph, wrapped and indented.
    pub fn paragraph(&mut self, indent: usize, text: &str) {
        self.hanging(indent, indent, text);
    }

    /// Appends a paragraph whose first line has another indent than the rest.
    pub fn hanging(&mut self, first: usize, rest: usize, text: &str) {
        self.words(first, rest, text.split_whitespace());
    }

    /// Appends a paragraph as [`Self::hanging`] does, without breaking words that contain spaces.
    pub fn words<'w>(&mut self, first: usize, rest: usize, words: impl Iterator<Item = &'w str>) {
        let mut line = " ".repeat(first);
        let mut empty = true;
        for word in words {
            let fits = line.chars().count() + word.chars().count() < self.width;
            if !empty && !fits {
                self.line(&line);
                line = " ".repeat(rest);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        if !empty {
            self.line(&line);
        }
    }

    /// Appends a name with its description in a column that begins at `column`.
    pub fn entry(&mut self, column: usize, name: &str, text: &str) {
        let name_width = name.chars().count();
        if name_width + 4 > column {
            self.line(&format!("  {name}"));
            self.paragraph(column, text);
        } else {
            let padding = " ".repeat(column - 2 - name_width);
            // Text is not wrapped at the padding, so the padding is inserted afterwards.
            let start = self.text.len();
            self.hanging(column, column, text);
            let label = format!("  {name}{padding}");
            if self.text.len() == start {
                self.line(label.trim_end());
            } else {
                self.text.replace_range(start..start + column, &label);
            }
        }
    }

    /// The finished text.
    pub fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_wrap_only_at_spaces() {
        let mut page = TextPage::of_width(20);
        page.paragraph(2, "one two three four fivesixseveneightnineten eleven");
        assert_eq!(page.finish(), "  one two three four\n  fivesixseveneightnineten\n  eleven\n");
    }

    #[test]
    fn entries_align_in_columns() {
        let mut page = TextPage::of_width(30);
        page.entry(12, "list", "Shows every action there is.");
        page.entry(12, "averylongname", "Below.");
        page.entry(12, "bare", "");
        assert_eq!(
            page.finish(),
            "  list      Shows every action\n            there is.\n  averylongname\n            Below.\n  bare\n"
        );
    }

    #[test]
    fn pages_contain_no_control_characters() {
        let mut page = TextPage::of_width(80);
        page.paragraph(0, "a\u{1b}[2Jb");
        assert_eq!(page.finish(), "a\\u{1b}[2Jb\n");
    }
}
