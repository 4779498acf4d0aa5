//! The texts of all spec files, so that a diagnostic can show the line and column of a value.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::json;

/// All files of one service, by their path in messages.
#[derive(Debug, Default)]
pub struct Tree {
    shown_as: String,
    files: BTreeMap<String, String>,
}

/// The folders with one file per item.
const FOLDERS: [&str; 3] = ["actions", "types", "enums"];

/// The files with a list.
const LISTS: [&str; 3] = ["service.json", "errors.json", "waiters.json"];

impl Tree {
    /// Reads the spec files under `directory`; messages call that folder `shown_as`.
    pub fn read(directory: &Path, shown_as: &str) -> Result<Self, crate::error::Error> {
        let mut tree = Self { shown_as: shown_as.to_owned(), files: BTreeMap::new() };
        for list in LISTS {
            let path = directory.join(list);
            if path.exists() {
                tree.files.insert(format!("{shown_as}/{list}"), read(&path)?);
            }
        }
        for folder in FOLDERS {
            let path = directory.join(folder);
            if !path.is_dir() {
                continue;
            }
            for entry in fs::read_dir(&path).map_err(|error| crate::error::at(&path, &error))? {
                let path = entry.map_err(|error| crate::error::at(&path, &error))?.path();
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                if name.ends_with(".json") {
                    tree.files.insert(format!("{shown_as}/{folder}/{name}"), read(&path)?);
                }
            }
        }
        Ok(tree)
    }

    /// A tree from texts, by their path below the service's folder.
    pub fn from_texts<'a>(
        shown_as: &str,
        texts: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let files = texts
            .into_iter()
            .map(|(path, text)| (format!("{shown_as}/{path}"), text.to_owned()))
            .collect();
        Self { shown_as: shown_as.to_owned(), files }
    }

    /// The name of the service's folder in messages.
    pub fn shown_as(&self) -> &str {
        &self.shown_as
    }

    /// The text of the file called `path` below the service's folder.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(&format!("{}/{path}", self.shown_as)).map(String::as_str)
    }

    /// All files: path in messages, and text.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// All files of one folder: path in messages, and text.
    pub fn folder(&self, folder: &str) -> impl Iterator<Item = (&str, &str)> {
        let prefix = format!("{}/{folder}/", self.shown_as);
        self.files().filter(move |(path, _)| path.starts_with(&prefix))
    }

    /// Line and column, counted from 1, of the value at a JSON pointer, or of the innermost value on the way that exists.
    pub fn locate(&self, shown_path: &str, pointer: &str) -> (usize, usize) {
        let text = self.files.get(shown_path).map_or("", String::as_str);
        let offset = json::parse(text).map_or(0, |root| root.find(pointer).start);
        line_and_column(text, offset)
    }

    /// A JSON pointer in readable form, and the text of its value if that is a scalar.
    pub fn describe(&self, shown_path: &str, pointer: &str) -> (String, Option<&str>) {
        let text = self.files.get(shown_path).map_or("", String::as_str);
        let Some(root) = json::parse(text) else { return (String::new(), None) };
        let node = root.find(pointer);
        let scalar = matches!(node.kind, json::Kind::Scalar);
        (root.shown_path(pointer), scalar.then_some(node.text))
    }

    /// The JSON pointer of the innermost object or list around a position; empty if the file is not JSON.
    pub fn pointer_at(&self, shown_path: &str, line: usize, column: usize) -> String {
        let text = self.files.get(shown_path).map_or("", String::as_str);
        let before: usize =
            text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let offset = (before + column).saturating_sub(1);
        json::parse(text).map_or_else(String::new, |root| root.pointer_at(offset))
    }
}

fn read(path: &Path) -> Result<String, crate::error::Error> {
    fs::read_to_string(path).map_err(|error| crate::error::at(path, &error))
}

/// Columns count characters, as editors do.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or("");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointer_is_located_by_line_and_column() {
        let tree =
            Tree::from_texts("s", [("service.json", "{\n  \"a\": [1,\n    { \"b~c\": 2 }]\n}")]);
        assert_eq!(tree.locate("s/service.json", "/a/1/b~0c"), (3, 14));
        assert_eq!(tree.locate("s/service.json", "/a/0"), (2, 9));
        assert_eq!(tree.locate("s/service.json", "/a/7"), (2, 8), "the innermost that exists");
        assert_eq!(tree.locate("s/service.json", ""), (1, 1));
    }
}
