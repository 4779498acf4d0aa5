//! No string of a spec becomes code: hostile strings in every slot leave the items as they were.

use std::collections::BTreeMap;
use std::str::FromStr;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::generate;
use crate::spec::diagnostic::Report;
use crate::spec::json::{self, Kind, Node};
use crate::spec::model::Api;
use crate::spec::source::Tree;
use crate::spec::{check, load, resolve};

/// What ends a literal, a comment, a code block, a list, a table or an item somewhere.
const ENDS: [&str; 24] = [
    "", "\"", "\\", "\\\"", "\"#", "*/", "\n", "\r\n", "\u{2028}", "\u{85}", "```", "~~~", "`",
    "``", "|", "]", "-->", "\0", "\u{202e}", "\u{200b}", "'", ")", "}", "\t",
];

/// What could then be read as something of its own.
const BODIES: [&str; 22] = [
    "fn evil() {}",
    "; fn evil() {} //",
    "} fn evil() {} {",
    "#![allow(warnings)]",
    "#[path = \"/etc/passwd\"] mod evil;",
    "```rust\nfn main() { evil() }\n```",
    "\n    evil();\n",
    "<script>evil()</script>",
    "<!-- evil",
    "[`evil`](evil)",
    "[evil]: evil",
    "# evil",
    "- evil",
    "1. evil",
    "> evil",
    "| a | b |\n|---|---|",
    "===",
    "---",
    "&lt;evil&gt;",
    "https://evil.example/",
    "include_str!(\"/etc/passwd\")",
    "{0} {} {evil}",
];

/// Keys whose text is prose or data and never a name of anything. Others must be refused, or do no
/// harm either.
const FREE: [&str; 31] = [
    "summary",
    "notes",
    "doc",
    "fix",
    "why",
    "text",
    "deprecated_why",
    "quirk",
    "rule",
    "unit",
    "pattern",
    "charset",
    "encoding",
    "required_if",
    "used_if",
    "present_if",
    "null_if",
    "since",
    "known_values",
    "enum_ref",
    "endpoint",
    "endpoint_regional",
    "endpoint_intl",
    "endpoint_internal",
    "host",
    "path",
    "method",
    "title",
    "content_type",
    "action_header",
    "special_values",
];

pub fn tour() -> BTreeMap<String, String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tour/specs");
    let tree = Tree::read(&root, "specs").unwrap();
    let strip = |path: &str| path.strip_prefix("specs/").unwrap().to_owned();
    tree.files().map(|(path, text)| (strip(path), text.to_owned())).collect()
}

/// The model of these texts, and whether everything was in order with them.
pub fn model(texts: &BTreeMap<String, String>) -> Option<(Api, bool)> {
    let texts = texts.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    let tree = Tree::from_texts("specs", texts);
    let mut report = Report::default();
    let files = load::load(&tree, &mut report)?;
    let api = resolve::resolve(files, &mut report);
    check::check(&api, &mut report);
    assert_eq!(report.unclear(&tree), "", "every message says what to do");
    Some((api, report.is_clean()))
}

/// Every file as tokens, its literals blank and its docs left out: what is left is code.
fn items(api: &Api) -> BTreeMap<String, String> {
    let files = generate(api).unwrap();
    files.into_iter().map(|(path, text)| (path, code(&text))).collect()
}

fn code(text: &str) -> String {
    assert!(text.is_ascii(), "a generated file is plain ASCII");
    blank(TokenStream::from_str(text).unwrap()).to_string()
}

fn blank(tokens: TokenStream) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        match token {
            // A hostile condition is prose and makes no call, a hostile encoding is none that is
            // known: that is all that may change.
            TokenTree::Ident(call) if call == "required_if" || call == "base64" => {
                out.pop();
                tokens.next();
            }
            TokenTree::Literal(_) => out.push(TokenTree::Ident(quote::format_ident!("literal"))),
            TokenTree::Group(group) => {
                let inner = blank(group.stream());
                let doc = group.delimiter() == Delimiter::Bracket
                    && inner.to_string().starts_with("doc =");
                if doc {
                    while matches!(out.last(), Some(TokenTree::Punct(p)) if matches!(p.as_char(), '#' | '!'))
                    {
                        out.pop();
                    }
                } else {
                    out.push(TokenTree::Group(Group::new(group.delimiter(), inner)));
                }
            }
            other => out.push(other),
        }
    }
    out.into_iter().collect()
}

/// Every string value of a file: its place, and the key that it stands under.
fn slots(text: &str) -> Vec<(usize, usize, String)> {
    fn walk(node: &Node<'_>, key: &str, out: &mut Vec<(usize, usize, String)>) {
        match &node.kind {
            Kind::Scalar if node.text.starts_with('"') => {
                out.push((node.start, node.start + node.text.len(), key.to_owned()));
            }
            Kind::Scalar => {}
            Kind::Array(items) => items.iter().for_each(|item| walk(item, key, out)),
            Kind::Object(entries)
                if ["special_values", "with", "narrow", "same", "includes"].contains(&key) =>
            {
                entries.iter().for_each(|(_, value)| walk(value, key, out));
            }
            Kind::Object(entries) => entries.iter().for_each(|(key, value)| walk(value, key, out)),
        }
    }
    let mut out = Vec::new();
    walk(&json::parse(text).unwrap(), "", &mut out);
    out
}

fn put(text: &str, start: usize, end: usize, payload: &str) -> String {
    let quoted = serde_json::to_string(payload).unwrap();
    format!("{}{quoted}{}", text.get(..start).unwrap(), text.get(end..).unwrap())
}

fn payloads() -> Vec<String> {
    let mut all = Vec::new();
    for end in ENDS {
        for body in BODIES {
            all.push(format!("{end}{body}"));
        }
    }
    all
}

#[test]
fn hostile_prose_in_all_slots_at_once_leaves_the_items_alone() {
    let good = tour();
    let want = items(&model(&good).unwrap().0);
    let payloads = payloads();
    assert!(payloads.len() >= 500, "{}", payloads.len());
    // Half of them on each of two threads: generating five hundred times takes a while.
    let (one, other) = payloads.split_at(payloads.len() / 2);
    std::thread::scope(|scope| {
        for payloads in [one, other] {
            scope.spawn(|| payloads.iter().for_each(|payload| everywhere(payload, &good, &want)));
        }
    });
}

fn everywhere(payload: &str, good: &BTreeMap<String, String>, want: &BTreeMap<String, String>) {
    let mut texts = good.clone();
    for text in texts.values_mut() {
        for (start, end, key) in slots(text).into_iter().rev() {
            if FREE.contains(&key.as_str()) {
                *text = put(text, start, end, payload);
            }
        }
    }
    // The checks would refuse much of this; the emitters must not need them to.
    let (api, _) = model(&texts).unwrap();
    compare(&items(&api), want, &format!("{payload:?}"));
}

/// Tells the first file that differs, and little else.
fn compare(got: &BTreeMap<String, String>, want: &BTreeMap<String, String>, about: &str) {
    assert!(got.keys().eq(want.keys()), "{about}: other files");
    for (path, code) in got {
        assert_eq!(Some(code), want.get(path), "{about}: {path}");
    }
}

/// The value of an enum names its variant, which may change, and nothing else may.
fn nameless(files: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let nameless = |text: &String| {
        let words = text.split(' ').map(|word| {
            let name = word.starts_with(|first: char| first.is_ascii_uppercase());
            if name { "Name" } else { word }
        });
        words.collect::<Vec<_>>().join(" ")
    };
    files.iter().map(|(path, text)| (path.clone(), nameless(text))).collect()
}

#[test]
fn a_hostile_string_in_any_one_slot_is_refused_or_harmless() {
    let good = tour();
    let want = items(&model(&good).unwrap().0);
    let hostile = ["\"; fn evil() {} //", "../../evil", "Option<String>"];
    let mut accepted = 0;
    for (path, text) in &good {
        for (start, end, key) in slots(text) {
            for payload in hostile {
                let mut texts = good.clone();
                texts.insert(path.clone(), put(text, start, end, payload));
                // Not read, or refused: nothing is emitted.
                let Some((api, true)) = model(&texts) else { continue };
                accepted += 1;
                let about = format!("{payload:?} under `{key}` of {path}");
                match key.as_str() {
                    "value" => compare(&nameless(&items(&api)), &nameless(&want), &about),
                    _ => compare(&items(&api), &want, &about),
                }
            }
        }
    }
    assert!(accepted > 50, "only {accepted} were let through: the test tests nothing");
}
