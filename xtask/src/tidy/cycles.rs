//! Import cycles: no two files of a crate may import each other, directly or through others.
//!
//! The nodes are module files and the edges are their imports and paths, resolved to the file that defines the item. So a
//! `mod.rs` that only re-exports is never a node. A module may use its own submodules, because it is composed of them, and
//! code under `#[cfg(test)]` does not count.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Item, UseTree};

use super::{Finding, Findings};
use crate::error::{Error, at};

/// How many re-exports are followed for one name. A longer chain is a loop.
const MAX_RE_EXPORTS: usize = 16;

/// Checks each crate of the workspace.
pub fn check(root: &Path, findings: &mut Findings) -> Result<(), Error> {
    let mut crates = vec!["xtask".to_owned(), "tests/bench".to_owned()];
    let folder = root.join("crates");
    for entry in fs::read_dir(&folder).map_err(|error| at(&folder, &error))? {
        let name = entry.map_err(|error| at(&folder, &error))?.file_name();
        crates.push(format!("crates/{}", name.to_string_lossy()));
    }
    crates.sort();
    for name in crates {
        for file in ["src/lib.rs", "src/main.rs"] {
            let file = format!("{name}/{file}");
            if root.join(&file).is_file() {
                let read = |path: &str| fs::read_to_string(root.join(path)).ok();
                check_crate(&file, read, findings)?;
            }
        }
    }
    Ok(())
}

/// Checks the crate with this root file. `read` returns the text of a file, if there is one.
fn check_crate(
    file: &str,
    read: impl Fn(&str) -> Option<String>,
    findings: &mut Findings,
) -> Result<(), Error> {
    let mut tree = Tree { read, modules: BTreeMap::new() };
    tree.add_file(file, Vec::new())?;
    for cycle in cycles(&tree.edges()) {
        let steps: Vec<String> = cycle
            .iter()
            .map(|(from, to, path)| format!("\n    {from} uses `{path}` of {to}"))
            .collect();
        let place = cycle.first().map_or("", |(from, ..)| from.as_str());
        let message = format!(
            "import cycle of {} files; move what they share into a file that imports none of them{}",
            cycle.len(),
            steps.concat()
        );
        findings.errors.push(Finding::new(place, message));
    }
    Ok(())
}

/// The names from the crate root to a module.
type ModulePath = Vec<String>;

/// A module, with what matters for imports.
#[derive(Debug, Default)]
struct Module {
    file: String,
    /// Imported names, with the path of each.
    imports: BTreeMap<String, Vec<String>>,
    /// Paths of glob imports.
    globs: Vec<Vec<String>>,
    /// All other paths in the code.
    paths: BTreeSet<Vec<String>>,
}

/// The modules of a crate.
struct Tree<R> {
    read: R,
    modules: BTreeMap<ModulePath, Module>,
}

/// An edge: the importing file, the defining file, and the path in the code.
type Edge = (String, String, String);

impl<R: Fn(&str) -> Option<String>> Tree<R> {
    fn add_file(&mut self, file: &str, path: ModulePath) -> Result<(), Error> {
        let text = (self.read)(file).ok_or_else(|| format!("{file}: cannot be read"))?;
        let parsed = syn::parse_file(&text).map_err(|error| format!("{file}: {error}"))?;
        self.add_items(file, path, parsed.items)
    }

    fn add_items(&mut self, file: &str, path: ModulePath, items: Vec<Item>) -> Result<(), Error> {
        let mut module = Module { file: file.to_owned(), ..Module::default() };
        for item in items {
            if is_test(item.to_token_stream()) {
                continue;
            }
            match item {
                Item::Use(item) => module.add_import(&item.tree, Vec::new()),
                Item::Mod(item) => {
                    let mut inner = path.clone();
                    inner.push(item.ident.to_string());
                    match item.content {
                        Some((_, items)) => self.add_items(file, inner, items)?,
                        // Generated files refer to each other freely.
                        None if item.ident == "generated" => {}
                        None => {
                            let file = self.file_of(file, &path, &item.ident.to_string())?;
                            self.add_file(&file, inner)?;
                        }
                    }
                }
                other => paths(other.to_token_stream(), &mut module.paths),
            }
        }
        self.modules.insert(path, module);
        Ok(())
    }

    /// The file of a module that is declared in another file.
    fn file_of(&self, parent: &str, path: &[String], name: &str) -> Result<String, Error> {
        let parent = Path::new(parent);
        let folder = parent.parent().unwrap_or(Path::new(""));
        let is_root = path.is_empty() || parent.ends_with("mod.rs");
        let folder = if is_root { folder.to_path_buf() } else { parent.with_extension("") };
        let candidates: [PathBuf; 2] =
            [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")];
        let candidates = candidates.map(|path| path.to_string_lossy().replace('\\', "/"));
        let found = candidates.iter().find(|path| (self.read)(path).is_some());
        let missing = || format!("{}: no file of the module `{name}`", parent.display());
        Ok(found.ok_or_else(missing)?.clone())
    }

    /// All edges between files.
    fn edges(&self) -> Vec<Edge> {
        let mut edges = Vec::new();
        for (path, module) in &self.modules {
            let imported = module.imports.values().chain(&module.globs);
            for used in imported.chain(&module.paths) {
                let Some(target) = self.resolve(path, used, 0) else { continue };
                let Some(other) = self.modules.get(&target) else { continue };
                // A module may use its submodules; an inline module is part of its file.
                if !target.starts_with(path) && other.file != module.file {
                    edges.push((module.file.clone(), other.file.clone(), used.join("::")));
                }
            }
        }
        edges
    }

    /// The module that defines what a path names. `None` if it is in another crate, or a name of the module itself.
    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Option<ModulePath> {
        if depth > MAX_RE_EXPORTS {
            return None;
        }
        let (first, rest) = path.split_first()?;
        let parent =
            |path: &[String]| path.split_last().map_or_else(Vec::new, |(_, up)| up.to_vec());
        match first.as_str() {
            "crate" => self.descend(Vec::new(), rest, depth),
            "self" => self.descend(from.to_vec(), rest, depth),
            "super" => {
                let mut module = parent(from);
                let mut rest = rest;
                while let Some(("super", others)) =
                    rest.split_first().map(|(it, o)| (it.as_str(), o))
                {
                    module = parent(&module);
                    rest = others;
                }
                self.descend(module, rest, depth)
            }
            name => {
                let child: ModulePath = from.iter().cloned().chain([name.to_owned()]).collect();
                if self.modules.contains_key(&child) {
                    return self.descend(child, rest, depth);
                }
                // A name that this module imports, such as a module of another folder.
                let import = self.modules.get(from)?.imports.get(name)?;
                if import == path || import.first().map(String::as_str) == Some(name) {
                    return None;
                }
                let full: Vec<String> = import.iter().chain(rest).cloned().collect();
                self.resolve(from, &full, depth + 1)
            }
        }
    }

    /// Follows names from a module: into submodules, and through re-exports.
    fn descend(&self, module: ModulePath, path: &[String], depth: usize) -> Option<ModulePath> {
        let Some((name, rest)) = path.split_first() else { return Some(module) };
        let child: ModulePath = module.iter().cloned().chain([name.clone()]).collect();
        if self.modules.contains_key(&child) {
            return self.descend(child, rest, depth);
        }
        let known = self.modules.get(&module)?;
        if let Some(import) = known.imports.get(name) {
            let full: Vec<String> = import.iter().chain(rest).cloned().collect();
            return self.resolve(&module, &full, depth + 1);
        }
        let through_glob = known.globs.iter().find_map(|glob| {
            let target = self.resolve(&module, glob, depth + 1)?;
            (target != module && self.defines(&target, name, depth + 1))
                .then(|| self.descend(target, path, depth + 1))
                .flatten()
        });
        through_glob.or(Some(module))
    }

    /// Whether a module re-exports a name, or may define it: its own file contains the word after a keyword.
    fn defines(&self, module: &ModulePath, name: &str, depth: usize) -> bool {
        let Some(known) = self.modules.get(module) else { return false };
        if depth > MAX_RE_EXPORTS {
            return false;
        }
        let text = (self.read)(&known.file).unwrap_or_default();
        let keywords = [
            "fn",
            "struct",
            "enum",
            "trait",
            "const",
            "static",
            "type",
            "union",
            "mod",
            "macro_rules!",
        ];
        known.imports.contains_key(name)
            || keywords.iter().any(|keyword| {
                let head = format!("{keyword} {name}");
                text.match_indices(&head).any(|(at, _)| {
                    let next = text.get(at + head.len()..).and_then(|rest| rest.chars().next());
                    !next.is_some_and(|next| next.is_alphanumeric() || next == '_')
                })
            })
    }
}

impl Module {
    fn add_import(&mut self, tree: &UseTree, mut path: Vec<String>) {
        match tree {
            UseTree::Path(tree) => {
                path.push(tree.ident.to_string());
                self.add_import(&tree.tree, path);
            }
            UseTree::Name(tree) => {
                let name = tree.ident.to_string();
                let own = if name == "self" {
                    path.last().cloned().unwrap_or_default()
                } else {
                    name.clone()
                };
                if name != "self" {
                    path.push(name);
                }
                self.imports.insert(own, path);
            }
            UseTree::Rename(tree) => {
                if tree.ident != "self" {
                    path.push(tree.ident.to_string());
                }
                // `as _` imports a trait without a name.
                let name = match tree.rename.to_string() {
                    name if name == "_" => path.join("::"),
                    name => name,
                };
                self.imports.insert(name, path);
            }
            UseTree::Glob(_) => self.globs.push(path),
            UseTree::Group(tree) => {
                tree.items.iter().for_each(|item| self.add_import(item, path.clone()));
            }
        }
    }
}

/// Whether an item has the attribute `#[cfg(test)]`, alone or within `all`.
fn is_test(tokens: TokenStream) -> bool {
    let mut tokens = tokens.into_iter();
    while let (Some(TokenTree::Punct(hash)), Some(TokenTree::Group(attribute))) =
        (tokens.next(), tokens.next())
    {
        if hash.as_char() == '#' && is_test_attribute(attribute.stream()) {
            return true;
        }
    }
    false
}

fn is_test_attribute(attribute: TokenStream) -> bool {
    let text: String = attribute.to_string().split_whitespace().collect();
    text == "cfg(test)" || text.starts_with("cfg(all(test")
}

/// Collects the paths of at least two names. Fields, methods and items under `#[cfg(test)]` are skipped.
fn paths(tokens: TokenStream, found: &mut BTreeSet<Vec<String>>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_punct = |at: usize, wanted: char| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == wanted);
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                let Some(TokenTree::Group(attribute)) = tokens.get(at) else { continue };
                if is_test_attribute(attribute.stream()) {
                    let ends = |token: &TokenTree| match token {
                        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                        TokenTree::Punct(punct) => punct.as_char() == ';',
                        _ => false,
                    };
                    let length = tokens.iter().skip(at).position(ends);
                    at = length.map_or(tokens.len(), |length| at + length + 1);
                }
            }
            TokenTree::Group(group) => paths(group.stream(), found),
            TokenTree::Ident(first) => {
                let mut path = vec![first.to_string()];
                while is_punct(at, ':')
                    && is_punct(at + 1, ':')
                    && let Some(TokenTree::Ident(next)) = tokens.get(at + 2)
                {
                    path.push(next.to_string());
                    at += 3;
                }
                if path.len() > 1 {
                    found.insert(path);
                }
            }
            _ => {}
        }
    }
}

/// A shortest cycle of each group of files that reach each other.
fn cycles(edges: &[Edge]) -> Vec<Vec<Edge>> {
    let mut next: BTreeMap<&str, Vec<&Edge>> = BTreeMap::new();
    for edge in edges {
        next.entry(&edge.0).or_default().push(edge);
    }
    let mut found = Vec::new();
    let mut covered: BTreeSet<String> = BTreeSet::new();
    for start in next.keys() {
        if covered.contains(*start) {
            continue;
        }
        if let Some(cycle) = shortest(&next, start) {
            covered.extend(cycle.iter().map(|(from, ..)| from.clone()));
            found.push(cycle);
        }
    }
    found
}

/// The shortest way from a file back to itself.
fn shortest(next: &BTreeMap<&str, Vec<&Edge>>, start: &str) -> Option<Vec<Edge>> {
    let mut from: BTreeMap<&str, &Edge> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(file) = queue.pop_front() {
        for edge in next.get(file).into_iter().flatten() {
            if from.contains_key(edge.1.as_str()) {
                continue;
            }
            from.insert(&edge.1, edge);
            if edge.1 == start {
                let mut way = vec![(*edge).clone()];
                while let Some(first) = way.first().filter(|first| first.0 != start) {
                    let edge = *from.get(first.0.as_str())?;
                    way.insert(0, edge.clone());
                }
                return Some(way);
            }
            queue.push_back(&edge.1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The messages about a crate with these files.
    fn messages(files: &[(&str, &str)]) -> Vec<String> {
        let read = |path: &str| {
            let found = files.iter().find(|(name, _)| path == format!("src/{name}"));
            found.map(|(_, text)| (*text).to_owned())
        };
        let mut findings = Findings::default();
        check_crate("src/lib.rs", read, &mut findings).unwrap();
        assert!(findings.warnings.is_empty());
        findings.errors.into_iter().map(|f| format!("{}: {}", f.place, f.message)).collect()
    }

    #[test]
    fn two_files_that_import_each_other_are_a_cycle() {
        let found = messages(&[
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::B; pub struct A;"),
            ("b.rs", "pub struct B; fn f(_: super::a::A) {}"),
        ]);
        assert_eq!(
            found,
            [
                "src/a.rs: import cycle of 2 files; move what they share into a file that imports none of them\n    \
              src/a.rs uses `crate::b::B` of src/b.rs\n    \
              src/b.rs uses `super::a::A` of src/a.rs"
            ]
        );
    }

    #[test]
    fn re_exports_lead_to_the_file_that_defines_the_item() {
        let found = messages(&[
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use crate::b::{B, other}; pub struct A; fn f() { other::g() }"),
            ("b/mod.rs", "mod inner; pub mod other; pub use inner::*;"),
            ("b/inner.rs", "pub struct B; use crate::a::A;"),
            ("b/other.rs", "pub fn g() {}"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found.iter().all(|one| one.contains("`crate::b::B` of src/b/inner.rs")),
            "{found:?}"
        );
    }

    #[test]
    fn paths_through_imported_modules_are_followed() {
        let found = messages(&[
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::b; fn f() { b::g() }"),
            ("b.rs", "pub fn g() { crate::c::h() }"),
            ("c.rs", "pub fn h() { crate::a::f() }"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found.iter().all(|one| one.contains("cycle of 3 files")), "{found:?}");
    }

    #[test]
    fn submodules_and_tests_are_no_cycle() {
        let found = messages(&[
            ("lib.rs", "mod a; mod b; pub struct Error; fn f() { a::f() }"),
            ("a/mod.rs", "mod part; use part::Part; pub struct Shared; pub fn f() {}"),
            ("a/part.rs", "use super::Shared; pub struct Part(crate::Error);"),
            (
                "b.rs",
                "use crate::a::f; impl B { #[cfg(test)] fn t() { crate::c::x() } } #[cfg(test)] mod tests { use crate::a; }",
            ),
        ]);
        assert_eq!(found, [""; 0]);
    }
}
