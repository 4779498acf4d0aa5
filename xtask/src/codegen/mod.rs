//! The generator: a pure function from the resolved specs to the text of every generated file.

pub mod doc_text;
pub mod emit;
pub mod layout;
pub mod limit_sentences;
pub mod package;
pub mod perfect_hash;
pub mod schema;
#[cfg(test)]
pub mod tests;
pub mod write;

use std::collections::BTreeMap;

use crate::spec::model::Api;

/// File contents by path below the source folder of the crate.
pub type Files = BTreeMap<String, String>;

/// Generates all files of a service. The specs must have passed the checks.
pub fn generate(api: &Api) -> Result<Files, crate::error::Error> {
    let mut files = Files::new();
    let mut put = |path: String, text: String| -> Result<(), crate::error::Error> {
        match files.insert(format!("generated/{path}"), text) {
            None => Ok(()),
            Some(_) => Err(format!("two items would be written to generated/{path}").into()),
        }
    };
    for action in &api.actions {
        let path = format!("actions/{}.rs", action.rust.module);
        put(path, emit::action::file(api, action)?)?;
    }
    for type_ in &api.types {
        put(format!("types/{}.rs", type_.rust.module), emit::type_::file(api, type_)?)?;
    }
    for enum_ in &api.enums {
        put(format!("enums/{}.rs", enum_.rust.module), emit::enum_::file(enum_))?;
    }
    let actions = sorted(api.actions.iter().map(|action| action.rust.module.as_str()));
    let types = sorted(api.types.iter().map(|type_| type_.rust.module.as_str()));
    let enums = sorted(api.enums.iter().map(|enum_| enum_.rust.module.as_str()));
    for (folder, about, modules) in [
        ("actions", "Every action: a request, its response, and what ties them together.", actions),
        ("types", "Types that several actions share.", types),
        ("enums", "Value sets. They are open: a newer value arrives as `Unknown`.", enums),
    ] {
        let source = format!("{}/{folder}", api.shown_as);
        put(format!("{folder}.rs"), emit::modules::folder(&source, about, modules))?;
    }
    put("error_code.rs".to_owned(), emit::error_code::file(api))?;
    put("waiters.rs".to_owned(), emit::waiter::file(api)?)?;
    put("index.rs".to_owned(), emit::index::file(api))?;
    put("every.rs".to_owned(), emit::every::file(api))?;
    put("retry_classes.rs".to_owned(), emit::retry::page(api))?;
    put("docs.rs".to_owned(), emit::doc_data::index(api))?;
    put("mod.rs".to_owned(), emit::modules::root(&api.shown_as))?;
    Ok(files)
}

fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names
}
