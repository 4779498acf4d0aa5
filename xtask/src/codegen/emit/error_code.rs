//! Error codes: a constant each, and one sorted table that explains them.

use quote::quote;

use super::ident;
use crate::codegen::doc::{WIDTH, paragraph, plain};
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
             doc: {},\n        fix: {},\n    }},\n",
            compact(kind),
            error.spec.retryable,
            string(&plain(&error.spec.doc)),
            string(&plain(&error.spec.fix)),
        ));
    }
    table.push_str("];\n");
    page.fixed(&table);
    page.finish()
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
