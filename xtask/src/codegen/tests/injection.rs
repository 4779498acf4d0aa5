//! No string of a spec becomes code: malicious strings in every place leave the generated items unchanged.

use std::str::FromStr;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::{Texts, golden, resolved};
use crate::codegen::generate;
use crate::spec::json::{self, Kind, Node};
use crate::spec::model::Api;

/// Endings of a literal, a comment, a code block, a list, a table or an item.
const ENDS: [&str; 24] = [
    "", "\"", "\\", "\\\"", "\"#", "*/", "\n", "\r\n", "\u{2028}", "\u{85}", "```", "~~~", "`",
    "``", "|", "]", "-->", "\0", "\u{202e}", "\u{200b}", "'", ")", "}", "\t",
];

/// Texts that could then become code or markup.
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

/// Keys whose text is prose or data and never a name. Other keys are tested one by one.
const FREE: [&str; 32] = [
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
    "empty_if",
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

/// Every generated file as tokens, with literals replaced and docs removed.
fn items(api: &Api) -> Texts {
    let files = generate(api).unwrap();
    files.into_iter().map(|(path, text)| (path, code(&text))).collect()
}

fn code(text: &str) -> String {
    assert!(text.is_ascii(), "a generated file is plain ASCII");
    without_literals(TokenStream::from_str(text).unwrap()).to_string()
}

fn without_literals(tokens: TokenStream) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        match token {
            // A malicious condition counts as prose and adds no call, and a malicious encoding is unknown. Nothing else may
            // change.
            TokenTree::Ident(call)
                if ["required_if", "empty_if", "base64"].iter().any(|key| call == key) =>
            {
                out.pop();
                tokens.next();
            }
            TokenTree::Literal(_) => out.push(TokenTree::Ident(quote::format_ident!("literal"))),
            TokenTree::Group(group) => {
                let inner = without_literals(group.stream());
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

/// The position and the key of every string value in a file.
fn strings(text: &str) -> Vec<(usize, usize, String)> {
    fn walk(node: &Node<'_>, key: &str, out: &mut Vec<(usize, usize, String)>) {
        match &node.kind {
            Kind::Scalar if node.text.starts_with('"') => {
                out.push((node.start, node.start + node.text.len(), key.to_owned()));
            }
            Kind::Scalar => {}
            Kind::Array(items) => items.iter().for_each(|item| walk(item, key, out)),
            Kind::Object(entries)
                if ["special_values", "with", "filters", "matching", "includes"].contains(&key) =>
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

fn replaced(text: &str, start: usize, end: usize, payload: &str) -> String {
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
fn malicious_prose_never_becomes_code() {
    let good = golden();
    let expected = items(&resolved(&good).unwrap().0);
    let payloads = payloads();
    assert!(payloads.len() >= 500, "{}", payloads.len());
    // Two threads, because generating five hundred times takes a while.
    let (one, other) = payloads.split_at(payloads.len() / 2);
    std::thread::scope(|scope| {
        for payloads in [one, other] {
            scope.spawn(|| {
                payloads.iter().for_each(|payload| everywhere(payload, &good, &expected))
            });
        }
    });
}

fn everywhere(payload: &str, good: &Texts, expected: &Texts) {
    let mut texts = good.clone();
    for text in texts.values_mut() {
        for (start, end, key) in strings(text).into_iter().rev() {
            if FREE.contains(&key.as_str()) {
                *text = replaced(text, start, end, payload);
            }
        }
    }
    // The checks reject most of these specs, but the emitters must not depend on that.
    let (api, _) = resolved(&texts).unwrap();
    compare(&items(&api), expected, &format!("{payload:?}"));
}

/// Asserts equality file by file, which keeps a failure short.
fn compare(actual: &Texts, expected: &Texts, about: &str) {
    assert!(actual.keys().eq(expected.keys()), "{about}: other files");
    for (path, code) in actual {
        assert_eq!(Some(code), expected.get(path), "{about}: {path}");
    }
}

/// Replaces names: only the name of a variant may change with the value of an enum.
fn without_names(files: &Texts) -> Texts {
    let without_names = |text: &String| {
        let words = text.split(' ').map(|word| {
            let name = word.starts_with(|first: char| first.is_ascii_uppercase());
            if name { "Name" } else { word }
        });
        words.collect::<Vec<_>>().join(" ")
    };
    files.iter().map(|(path, text)| (path.clone(), without_names(text))).collect()
}

#[test]
fn malicious_string_is_rejected_or_harmless() {
    let good = golden();
    let expected = items(&resolved(&good).unwrap().0);
    let malicious = ["\"; fn evil() {} //", "../../evil", "Option<String>"];
    let mut accepted = 0;
    for (path, text) in &good {
        for (start, end, key) in strings(text) {
            for payload in malicious {
                let mut texts = good.clone();
                texts.insert(path.clone(), replaced(text, start, end, payload));
                // Nothing is generated from invalid specs.
                let Some((api, true)) = resolved(&texts) else { continue };
                accepted += 1;
                let about = format!("{payload:?} under `{key}` of {path}");
                match key.as_str() {
                    "value" => {
                        compare(&without_names(&items(&api)), &without_names(&expected), &about)
                    }
                    _ => compare(&items(&api), &expected, &about),
                }
            }
        }
    }
    assert!(accepted > 50, "only {accepted} strings were accepted, too few for a useful test");
}
