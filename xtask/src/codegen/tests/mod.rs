//! Tests of the whole generator, with changed versions of the golden specs.

mod injection;
mod random_specs;

use std::collections::BTreeMap;
use std::path::Path;

use crate::spec::diagnostic::Report;
use crate::spec::model::Api;
use crate::spec::source::Tree;
use crate::spec::{check, load, resolve};

/// Spec files by path.
type Texts = BTreeMap<String, String>;

/// The golden specs, which are valid.
fn golden() -> Texts {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tour/specs");
    let tree = Tree::read(&root, "specs").unwrap();
    let strip = |path: &str| path.strip_prefix("specs/").unwrap().to_owned();
    tree.files().map(|(path, text)| (strip(path), text.to_owned())).collect()
}

/// The resolved specs, and whether they are valid.
pub fn resolved(texts: &Texts) -> Option<(Api, bool)> {
    let texts = texts.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    let tree = Tree::from_texts("specs", texts);
    let mut report = Report::default();
    let files = load::load(&tree, &mut report)?;
    let api = resolve::resolve(files, &mut report);
    check::check(&api, &mut report);
    assert_eq!(report.unclear(&tree), "", "every message has an item and a fix");
    Some((api, report.is_clean()))
}
