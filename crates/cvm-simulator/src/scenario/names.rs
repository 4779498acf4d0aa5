//! The names of a scenario: from the name of a resource to its id.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use cvm_protocol::{did_you_mean, similar_names};

use super::error::ScenarioError;

/// The number of names that a suggestion is searched in.
const MAX_SEARCHED: usize = 1_000;

/// The names of the resources of one kind in one region of an account.
#[derive(Debug)]
pub(super) struct Names {
    /// The kind for people, such as `VPC`.
    kind: &'static str,
    /// The prefix of ids, such as `vpc-`.
    prefix: &'static str,
    /// The ids by name; `None` for several resources with a common name.
    ids: HashMap<String, Option<String>>,
}

impl Names {
    pub(super) fn new(kind: &'static str, prefix: &'static str) -> Self {
        Self { kind, prefix, ids: HashMap::new() }
    }

    /// Adds a name, which must be new. Several resources with a common name have no id.
    pub(super) fn add(&mut self, name: &str, id: Option<&str>) -> Result<(), ScenarioError> {
        match self.ids.entry(name.to_owned()) {
            Entry::Vacant(entry) => {
                entry.insert(id.map(str::to_owned));
                Ok(())
            }
            Entry::Occupied(_) => Err(ScenarioError::new(format!(
                "another {} has the name `{name}`; give each its own",
                self.kind
            ))
            .at("name")),
        }
    }

    /// The id of a resource of the scenario, if one has this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.ids.get(name)?.as_deref()
    }

    /// The id of a resource of the scenario.
    pub(super) fn find(&self, name: &str) -> Result<&str, ScenarioError> {
        let kind = self.kind;
        match self.ids.get(name) {
            Some(Some(id)) => Ok(id),
            Some(None) => Err(ScenarioError::new(format!(
                "`{name}` is more than one {kind}; name one with `count: 1`"
            ))),
            None => Err(ScenarioError::new(self.unknown(name))),
        }
    }

    /// Like [`Self::find`], but an id of a resource that is not in the scenario is also accepted.
    pub(super) fn find_or_id<'a>(&'a self, name: &'a str) -> Result<&'a str, ScenarioError> {
        let is_other_id = is_id(self.prefix, name) && !self.ids.contains_key(name);
        if is_other_id { Ok(name) } else { self.find(name) }
    }

    fn unknown(&self, name: &str) -> String {
        let known = self.ids.keys().take(MAX_SEARCHED).map(String::as_str);
        let hint = did_you_mean(&similar_names(name, known))
            .unwrap_or_else(|| "define it in the scenario".to_owned());
        format!("there is no {} `{name}`; {hint}", self.kind)
    }
}

/// Whether a text has the layout of an id: the prefix, and eight lower case letters and digits.
pub(super) fn is_id(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| {
        let is_fine = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
        rest.len() == 8 && rest.bytes().all(is_fine)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ids_are_found() {
        let mut names = Names::new("VPC", "vpc-");
        names.add("main", Some("vpc-00000001")).unwrap();
        names.add("many", None).unwrap();
        assert_eq!(names.find("main").unwrap(), "vpc-00000001");
        assert_eq!(names.get("many"), None);
        assert_eq!(names.find_or_id("vpc-1a2b3c4d").unwrap(), "vpc-1a2b3c4d");
        let error = |name| names.find_or_id(name).unwrap_err().to_string();
        assert_eq!(error("mian"), "there is no VPC `mian`; did you mean `main`?");
        assert_eq!(error("many"), "`many` is more than one VPC; name one with `count: 1`");
        assert_eq!(
            error("vpc-1A2b3c4d"),
            "there is no VPC `vpc-1A2b3c4d`; define it in the scenario"
        );
        let twice = names.add("main", None).unwrap_err().to_string();
        assert_eq!(twice, "name: another VPC has the name `main`; give each its own");
    }
}
