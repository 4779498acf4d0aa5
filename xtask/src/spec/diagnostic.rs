//! What is wrong with the specs: collected in full, shown with file, line and column.

use super::source::Tree;

/// One thing that is wrong.
#[derive(Debug)]
pub struct Diagnostic {
    /// The file, as messages show it.
    pub file: String,
    /// The place in it.
    pub place: Place,
    /// What is wrong, in one lower-case sentence without a full stop.
    pub message: String,
    /// What to do about it.
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

/// Everything that is wrong.
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

    /// Adds an error about a place that has no pointer, because the file could not be read as JSON.
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

    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// How many things are wrong.
    pub fn len(&self) -> usize {
        self.diagnostics.len()
    }

    /// Brings the errors of one file together; within a file they stay in the order found.
    pub fn sort(&mut self) {
        self.diagnostics.sort_by(|a, b| a.file.cmp(&b.file));
    }

    /// One `file:line:column: error: message` line each, with a `help` line where there is help.
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
            text.push_str(&format!("{file}:{line}:{column}: error: {}\n", diagnostic.message));
            if let Some(help) = &diagnostic.help {
                text.push_str(&format!("  help: {help}\n"));
            }
        }
        text
    }
}

impl Diagnostic {
    /// Says what to do about it.
    pub fn help(&mut self, help: impl Into<String>) {
        self.help = Some(help.into());
    }
}

/// The known name that looks most like `name`, if any looks like a slip of the pen.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = name.len().div_ceil(3).max(1);
    known
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edit distance, blind to case.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<u8> = b.bytes().map(|byte| byte.to_ascii_lowercase()).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.bytes().map(|byte| byte.to_ascii_lowercase()).enumerate() {
        let mut diagonal = i;
        let mut last = i + 1;
        if let Some(first) = row.first_mut() {
            *first = last;
        }
        for (right, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let substituted = diagonal + usize::from(left != *right);
            diagonal = *cell;
            last = substituted.min(last + 1).min(*cell + 1);
            *cell = last;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        assert_eq!(nearest("StopTyp", ["StartType", "StopType"]), Some("StopType"));
        assert_eq!(nearest("placement", ["Placement"]), Some("Placement"));
        assert_eq!(nearest("Zone", ["InstanceType"]), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
