//! Collects all errors in the specs, and displays them with file, line and column.

use cvm_protocol::similar_names;

use super::source::Tree;

/// One error.
#[derive(Debug)]
pub struct Diagnostic {
    /// Path of the file in messages.
    pub file: String,
    /// The place in it.
    pub place: Place,
    /// What is wrong: a lower-case sentence without a period.
    pub message: String,
    /// How to fix it.
    pub help: Option<String>,
}

/// A place in a file.
#[derive(Debug)]
pub enum Place {
    /// A value, by its JSON pointer; only the printer turns it into line and column.
    Pointer(String),
    /// Line and column, counted from 1.
    Position(usize, usize),
}

/// All errors.
#[derive(Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Adds an error about the value at `pointer`.
    pub fn error(
        &mut self,
        file: &str,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        self.push(file, Place::Pointer(pointer.into()), message.into())
    }

    /// Adds an error at a position, because the file is not valid JSON.
    pub fn error_at(
        &mut self,
        file: &str,
        line: usize,
        column: usize,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        self.push(file, Place::Position(line, column), message.into())
    }

    fn push(&mut self, file: &str, place: Place, message: String) -> &mut Diagnostic {
        let index = self.diagnostics.len();
        self.diagnostics.push(Diagnostic { file: file.to_owned(), place, message, help: None });
        // The element was pushed on the line above.
        #[expect(clippy::indexing_slicing, reason = "the index is the length before the push")]
        &mut self.diagnostics[index]
    }

    /// Whether there are no errors.
    pub fn is_clean(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// The number of errors.
    pub fn len(&self) -> usize {
        self.diagnostics.len()
    }

    /// Sorts the errors by file; within a file, they stay in the order found.
    pub fn sort(&mut self) {
        self.diagnostics.sort_by(|a, b| a.file.cmp(&b.file));
    }

    /// Whether there is an error about the value at `pointer`, in a file whose path ends with `file`.
    #[cfg(test)]
    pub fn is_at(&self, file: &str, pointer: &str) -> bool {
        self.diagnostics.iter().any(|one| {
            one.file.ends_with(file) && matches!(&one.place, Place::Pointer(at) if at == pointer)
        })
    }

    /// The errors without an item or without a fix.
    #[cfg(test)]
    pub fn unclear(&self, tree: &Tree) -> String {
        let unclear = |diagnostic: &&Diagnostic| {
            let has_item = match &diagnostic.place {
                Place::Pointer(pointer) => !tree.describe(&diagnostic.file, pointer).0.is_empty(),
                Place::Position(..) => true,
            };
            diagnostic.help.as_ref().is_none_or(String::is_empty) || !has_item
        };
        let unclear = self.diagnostics.iter().filter(unclear);
        unclear.map(|diagnostic| format!("{diagnostic:?}\n")).collect()
    }

    /// Displays each error as a line `file:line:column: error: item: message`, and its fix on the next line.
    pub fn render(&self, tree: &Tree) -> String {
        let mut placed: Vec<_> = self
            .diagnostics
            .iter()
            .map(|diagnostic| {
                let (line, column) = match &diagnostic.place {
                    Place::Pointer(pointer) => tree.locate(&diagnostic.file, pointer),
                    Place::Position(line, column) => (*line, *column),
                };
                (&diagnostic.file, line, column, diagnostic)
            })
            .collect();
        placed.sort_by_key(|(file, line, column, _)| (*file, *line, *column));
        let mut text = String::new();
        for (file, line, column, diagnostic) in placed {
            let sentence = shown(&diagnostic.sentence(tree));
            text.push_str(&format!("{file}:{line}:{column}: error: {sentence}\n"));
            if let Some(help) = &diagnostic.help {
                text.push_str(&format!("  help: {}\n", shown(help)));
            }
        }
        text
    }
}

impl Diagnostic {
    /// The item, the message, and the value if the message does not contain it.
    fn sentence(&self, tree: &Tree) -> String {
        let pointer = match &self.place {
            Place::Pointer(pointer) => pointer.clone(),
            Place::Position(line, column) => tree.pointer_at(&self.file, *line, *column),
        };
        let (item, value) = tree.describe(&self.file, &pointer);
        let mut sentence = match item.is_empty() {
            true => self.message.clone(),
            false => format!("{item}: {}", self.message),
        };
        if let Some(value) = value.filter(|value| !names_value(&self.message, value)) {
            let mut short: String = value.chars().take(MAX_VALUE_LENGTH).collect();
            if short.len() < value.len() {
                short.push_str("...");
            }
            sentence.push_str(&format!(": {short}"));
        }
        sentence
    }

    /// Sets the fix.
    pub fn help(&mut self, help: impl Into<String>) {
        self.help = Some(help.into());
    }
}

/// Maximum length of a displayed value.
const MAX_VALUE_LENGTH: usize = 60;

/// Whether a message contains a JSON scalar. Flags and null are never displayed, because the key is enough.
fn names_value(message: &str, scalar: &str) -> bool {
    match scalar.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(text) => message.contains(text),
        None => {
            matches!(scalar, "true" | "false" | "null")
                || message
                    .split(|letter: char| {
                        !(letter.is_ascii_alphanumeric() || "+-.".contains(letter))
                    })
                    .any(|word| word == scalar)
        }
    }
}

/// Escapes a text from a spec to one line of plain ASCII.
fn shown(text: &str) -> String {
    let escape = |letter: char| match letter {
        ' '..='~' => letter.to_string(),
        other => other.escape_default().to_string(),
    };
    text.chars().map(escape).collect()
}

/// The fix for an unknown name: the most similar known name, or all known names.
pub fn suggest<'a>(name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let all: Vec<&str> = known.clone().into_iter().collect();
    match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if all.is_empty() => "there are none; remove it".to_owned(),
        None => format!("one of: {}", all.join(", ")),
    }
}

/// The known name that is most similar to `name`, if any is similar enough for a typo.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    similar_names(name, known).into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_names_item_value_and_fix() {
        let text = r#"{ "request": [ { "name": "Size", "max": 20, "doc": "A\tlong text." } ], "summary": "" }"#;
        let tree = Tree::from_texts("s", [("a.json", text)]);
        let message = |pointer: &str, message: &str| {
            let mut report = Report::default();
            report.error("s/a.json", pointer, message).help("remove it");
            report.render(&tree).replacen("s/a.json:1:", "", 1)
        };
        assert_eq!(
            message("/request/0/max", "too large"),
            "41: error: request.Size.max: too large: 20\n  help: remove it\n"
        );
        assert!(message("/request/0/max", "20 is too large").contains("max: 20 is too large\n"));
        assert!(
            message("/request/0/max", "200 is too large").contains("max: 200 is too large: 20\n")
        );
        assert!(message("/request/0/doc", "no good").contains(r#"doc: no good: "A\tlong text.""#));
        assert!(message("/request/0/min", "missing").contains("request.Size.min: missing\n"));
        assert!(message("/request/1", "missing").contains("request[1]: missing\n"));
        assert!(message("/summary", "\u{202e}").contains(r"summary: \u{202e}"));
        let mut report = Report::default();
        report.error_at("s/a.json", 1, 45, "unknown key").help("remove it");
        assert!(report.render(&tree).contains("error: request.Size: unknown key\n"));
    }
}
