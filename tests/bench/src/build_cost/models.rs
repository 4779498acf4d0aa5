//! The size of the generated models: which actions there are, how many members and how many lines.

use std::fs;
use std::path::Path;

use crate::error::{Error, at};

/// What the generated files contain.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Models {
    /// The types of the actions, sorted.
    pub actions: Vec<String>,
    /// Rows of the static tables, without the request id of each response.
    members: usize,
    lines: usize,
}

impl Models {
    /// Reads the generated files below a folder.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let mut models = Self::default();
        models.add(folder)?;
        models.actions.sort_unstable();
        models.members = models.members.saturating_sub(models.actions.len());
        Ok(models)
    }

    fn add(&mut self, folder: &Path) -> Result<(), Error> {
        for entry in fs::read_dir(folder).map_err(|error| at(folder, &error))? {
            let path = entry.map_err(|error| at(folder, &error))?.path();
            if path.is_dir() {
                self.add(&path)?;
            } else {
                self.add_text(&fs::read_to_string(&path).map_err(|error| at(&path, &error))?);
            }
        }
        Ok(())
    }

    fn add_text(&mut self, text: &str) {
        self.lines += text.lines().count();
        self.members += text.matches("FieldInfo::new(").count();
        let action = |line: &str| {
            Some(line.strip_prefix("impl Action for ")?.strip_suffix(" {")?.to_owned())
        };
        self.actions.extend(text.lines().filter_map(action));
    }

    /// `106 actions, 1146 members, 30498 generated lines`.
    pub fn describe(&self) -> String {
        let Self { actions, members, lines } = self;
        format!("{} actions, {members} members, {lines} generated lines", actions.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_members_and_lines_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("actions")).unwrap();
        let action = "impl Action for StopBoat {\n}\nFieldInfo::new(\"Id\")\nFieldInfo::new(\"RequestId\")\n";
        fs::write(folder.path().join("actions/stop_boat.rs"), action).unwrap();
        fs::write(folder.path().join("mod.rs"), "mod actions;\n").unwrap();
        let models = Models::read(folder.path()).unwrap();
        assert_eq!(models.actions, ["StopBoat"]);
        assert_eq!(models.describe(), "1 actions, 1 members, 5 generated lines");
    }
}
