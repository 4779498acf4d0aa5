//! Error codes: a constant each, and one sorted table that explains them.

use quote::quote;

use super::ident;
use crate::codegen::doc_text::{WIDTH, paragraph, plain};
use crate::codegen::layout::{Page, comment, compact, string};
use crate::spec::model::Api;
use crate::spec::spec_file::{Common, ErrorKind};

/// The text of the file.
pub fn file(api: &Api) -> String {
    let example = api.errors.first().map_or("SOME_CODE", |error| error.rust.as_str());
    let docs = [
        "Error codes of the service. The set is open: new codes appear without notice.".to_owned(),
        String::new(),
        format!("The constants work as patterns: `match code.as_str() {{ {example} => .. }}`."),
    ];
    let mut page = Page::with_docs(&format!("{}/errors.json", api.shown_as), &docs);
    page.fixed("use cvm_protocol::{ErrorInfo, ErrorKind};\n");
    for error in &api.errors {
        let spec = &error.spec;
        let mut text = String::new();
        let mut lines = paragraph(&spec.doc, 0);
        lines.push(String::new());
        let mut more = format!("{} Kind: {}.", spec.fix, noun(spec.kind));
        if spec.retryable {
            more.push_str(" The same request may succeed later.");
        }
        if spec.partial == Some(true) {
            more.push_str(" A change may have been carried out in part.");
        }
        match (spec.legacy, spec.common) {
            (true, _) => more.push_str(" Returned only by an older gateway."),
            (false, Common::No) => {}
            (false, Common::Yes | Common::Both) => more.push_str(" Any action may return it."),
        }
        lines.extend(paragraph(&more, 0));
        for line in lines {
            text.push_str(&comment("///", "", &line));
        }
        let (name, code) = (ident(&error.rust), string(&spec.code).to_string());
        let line = format!("pub const {name}: &str = {code};\n");
        text.push_str(&match line.len() {
            ..=WIDTH => line,
            _ => format!("pub const {name}: &str =\n    {code};\n"),
        });
        page.fixed(&text);
    }
    page.fixed(
        "/// Describes a code; `None` if this crate does not know it.\n\
         #[must_use]\n\
         pub fn describe(code: &str) -> Option<&'static ErrorInfo> {\n    \
             let index = ERRORS.binary_search_by(|error| error.code.cmp(code)).ok()?;\n    \
             ERRORS.get(index)\n\
         }\n",
    );
    page.fixed(&absent_codes_function(api));
    let mut sorted: Vec<_> = api.errors.iter().collect();
    sorted.sort_by(|a, b| a.spec.code.cmp(&b.spec.code));
    let mut table =
        "/// Every known code, sorted.\npub static ERRORS: &[ErrorInfo] = &[\n".to_owned();
    for error in sorted {
        let name = ident(&error.rust);
        let kind = match error.spec.kind {
            ErrorKind::Auth => quote!(ErrorKind::Auth),
            ErrorKind::Client => quote!(ErrorKind::Client),
            ErrorKind::NotFound => quote!(ErrorKind::NotFound),
            ErrorKind::Quota => quote!(ErrorKind::Quota),
            ErrorKind::Server => quote!(ErrorKind::Server),
            ErrorKind::State => quote!(ErrorKind::State),
            ErrorKind::Throttle => quote!(ErrorKind::Throttle),
        };
        table.push_str(&format!(
            "    ErrorInfo {{\n        code: {name},\n        kind: {},\n        retryable: {},\n        \
             partial: {},\n        doc: {},\n        fix: {},\n    }},\n",
            compact(kind),
            error.spec.retryable,
            error.spec.partial == Some(true),
            string(&plain(&error.spec.doc)),
            string(&plain(&error.spec.fix)),
        ));
    }
    table.push_str("];\n");
    page.fixed(&table);
    page.finish()
}

/// The codes that say that no resource has this id.
pub(super) fn absent_codes<'a>(api: &'a Api, id: &str) -> Vec<&'a String> {
    let says_so = |member: &String| member == id;
    let errors = api.errors.iter().filter(|error| error.spec.absent.iter().any(says_so));
    errors.map(|error| &error.spec.code).collect()
}

/// The function that gives these codes for every id.
fn absent_codes_function(api: &Api) -> String {
    let mut ids: Vec<&str> =
        api.errors.iter().flat_map(|error| &error.spec.absent).map(String::as_str).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return String::new();
    }
    let mut text =
        "/// The codes that say that no resource has the id in this member of a listed item.\n\
         #[must_use]\n\
         pub fn absent_codes(id: &str) -> &'static [&'static str] {\n    match id {\n"
            .to_owned();
    for id in ids {
        let constants =
            api.errors.iter().filter(|error| error.spec.absent.iter().any(|one| one == id));
        let names: Vec<String> = constants.map(|error| ident(&error.rust).to_string()).collect();
        let line = format!("        {} => &[{}],\n", string(id), names.join(", "));
        text.push_str(&match line.trim_end().len() {
            ..=WIDTH => line,
            _ => format!(
                "        {} => &[\n            {},\n        ],\n",
                string(id),
                names.join(",\n            ")
            ),
        });
    }
    text.push_str("        _ => &[],\n    }\n}\n");
    text
}

const fn noun(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Auth => "credentials or permission",
        ErrorKind::Client => "invalid request",
        ErrorKind::NotFound => "not found",
        ErrorKind::Quota => "quota or stock",
        ErrorKind::Server => "service failure",
        ErrorKind::State => "wrong state",
        ErrorKind::Throttle => "rate limit",
    }
}
