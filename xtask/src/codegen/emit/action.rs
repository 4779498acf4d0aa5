//! The file of an action: request, response, their trait implementations, and their tables.

use proc_macro2::Literal;
use quote::{format_ident, quote};

use super::fields::{Struct, item_type};
use super::table::{Table, condition};
use super::{asynchronous, doc_data, ident, optional_string, reconcile, retry, strings};
use crate::codegen::doc_text::{WIDTH, code, item, paragraph, paragraph_with_links};
use crate::codegen::layout::{Page, chain, compact, string};
use crate::spec::model::{Action, Api, Kind, Member, Side, member_named};
use crate::spec::spec_file::{self, PageStyle};

/// The text of the file.
pub fn file(api: &Api, action: &Action) -> Result<String, crate::error::Error> {
    let name = &action.rust.type_;
    let response_name = format!("{name}Response");
    let response_constant = format!("{}_RESPONSE", action.rust.constant);
    let mut page = Page::new(&action.path);
    page.fixed("use crate::prelude::*;\n");
    let request = Struct {
        name,
        docs: request_docs(api, action, &response_name),
        members: &action.request,
        side: Side::Request,
        request_id: false,
    };
    let response = Struct {
        name: &response_name,
        docs: response_docs(action),
        members: &action.response,
        side: Side::Response,
        request_id: true,
    };
    page.item(request.tokens(api))?;
    page.item(response.tokens(api))?;

    let (type_, answer) = (ident(name), ident(&response_name));
    let info = format_ident!("{}_INFO", action.rust.constant);
    page.item(quote! {
        impl Action for #type_ {
            type Response = #answer;
            const INFO: &'static ActionInfo = &#info;
        }
    })?;
    if let Some(paginate) = &action.spec.paginate
        && let Some(items) = api.follow(&action.response, &paginate.items)
        && let Kind::List(kind) = &items.kind
    {
        let entry = item_type(api, kind, items.is_secret());
        let field = ident(&items.rust);
        let object = paginate.items.split_once('.');
        let object = object.and_then(|(object, _)| member_named(&action.response, object));
        let list = match object {
            None => quote!(response.#field),
            Some(object) => {
                let name = ident(&object.rust);
                if object.is_always_present() {
                    quote!(response.#name.#field)
                } else {
                    quote!(response.#name.map(|object| object.#field).unwrap_or_default())
                }
            }
        };
        page.item(quote! {
            impl Paginate for #type_ {
                type Item = #entry;
                fn items(response: #answer) -> Vec<#entry> {
                    #list
                }
            }
        })?;
    }

    page.fixed(&info_text(api, action, &response_constant));
    let request_table = Table {
        name,
        wire: &action.spec.action,
        constant: &action.rust.constant,
        members: &action.request,
        request_id: None,
        is_request: true,
    };
    let response_table = Table {
        name: &response_name,
        wire: &format!("{}Response", action.spec.action),
        constant: &response_constant,
        members: &action.response,
        request_id: Some(&api.service.envelope.request_id),
        is_request: false,
    };
    page.fixed(&request_table.text(api));
    page.fixed(&request_table.model_line(api));
    page.fixed(&response_table.text(api));
    page.fixed(&response_table.model_line(api));
    page.fixed(&doc_data::action(api, action));
    Ok(page.finish())
}

/// The docs of the response, and which members a dry run omits.
fn response_docs(action: &Action) -> Vec<String> {
    let mut docs = vec![format!("Response of [`{}`].", action.rust.type_)];
    if action.spec.dry_run && action.response.iter().any(Member::is_always_present) {
        let text = "With `DryRun` set to `true`, it may contain only the request id; the other members are \
                    then empty or zero.";
        docs.push(String::new());
        docs.extend(paragraph(text, 0));
    }
    docs
}

/// The docs of the request, most important facts first.
fn request_docs(api: &Api, action: &Action, response: &str) -> Vec<String> {
    let spec = &action.spec;
    let mut docs = paragraph(&spec.summary, 0);
    let mut say = |lines: Vec<String>| {
        docs.push(String::new());
        docs.extend(lines);
    };
    if spec.deprecated {
        let why = spec.deprecated_why.as_deref().unwrap_or("The service advises against using it.");
        say(paragraph(&format!("Deprecated: {why}"), 0));
    }
    for note in &spec.notes {
        say(paragraph(note, 0));
    }
    if !spec.filters.is_empty() {
        say(filters(action));
    }
    let waiters = asynchronous::links(api, action);
    if let Some(text) = asynchronous::sentences(api, action) {
        let spans: Vec<String> = waiters.iter().map(|(span, _)| span.clone()).collect();
        say(paragraph_with_links(&text, 0, &spans));
    }
    say(paragraph(&retry::sentences(action).join(" "), 0));
    if let Some(settled) = retry::settled(action) {
        say(paragraph(&settled, 0));
    }
    let title = api.service.groups.iter().find(|group| group.group == spec.group);
    let group = title.map_or(spec.group.as_str(), |group| group.title.as_str());
    let mut facts = format!("Group: {group}.");
    if let Some(rate) = spec.rate_limit_per_second {
        facts.push_str(&format!(" Up to {rate} calls per second."));
    }
    if spec.regional == Some(false) {
        facts.push_str(" The result is the same in every region.");
    }
    let mut lines = paragraph(&facts, 0);
    // The generator makes the link; text from a spec cannot contain one.
    let link = format!("Returns [`{response}`].");
    match lines.first_mut() {
        Some(first) if link.len() + first.len() + 5 <= WIDTH => *first = format!("{link} {first}"),
        _ => lines.insert(0, link),
    }
    docs.push(String::new());
    docs.extend(lines);
    docs.extend(errors_section(api, action));
    if !waiters.is_empty() {
        docs.push(String::new());
        docs.extend(waiters.iter().map(|(span, path)| format!("[{span}]: {path}")));
    }
    docs
}

/// Up to this many actions, the page of each has the meaning of an error code that they share. The meaning of the others is
/// only on the page of all codes, so that a changed text changes few files.
const MAX_SHARING_ACTIONS: usize = 5;

/// The documented error codes: first those that few actions document, with their meaning.
fn errors_section(api: &Api, action: &Action) -> Vec<String> {
    let codes = &action.spec.errors;
    if codes.is_empty() {
        return Vec::new();
    }
    let sharing = |name: &String| {
        api.actions.iter().filter(|action| action.spec.errors.contains(name)).count()
    };
    let (own, shared): (Vec<&String>, Vec<&String>) =
        codes.iter().partition(|name| sharing(name) <= MAX_SHARING_ACTIONS);
    let mut lines = vec![String::new(), "# Errors".to_owned()];
    if !own.is_empty() {
        lines.push(String::new());
    }
    for name in own {
        let error = api.errors.iter().find(|error| error.spec.code == *name);
        let meaning = error.map_or("", |error| error.spec.doc.as_str());
        lines.extend(item(&format!("{}: {meaning}", code(name)), 0));
    }
    if !shared.is_empty() {
        lines.push(String::new());
        let names: Vec<String> = shared.into_iter().map(|name| code(name)).collect();
        lines.extend(paragraph(&format!("Shared with other actions: {}.", names.join(", ")), 0));
    }
    lines.push(String::new());
    lines.push("[`error_code`](crate::error_code) says what to do about each code.".to_owned());
    lines
}

fn filters(action: &Action) -> Vec<String> {
    let spec = &action.spec;
    let mut head = "Filters".to_owned();
    if let Some(most) = spec.filters_max {
        head.push_str(&format!(", up to {most}"));
    }
    if let Some(most) = spec.filter_values_max {
        head.push_str(&format!(" with up to {most} values each"));
    }
    if spec.filters.iter().all(|filter| filter.doc.is_none()) {
        let names: Vec<String> = spec.filters.iter().map(filter_in_line).collect();
        return paragraph(&format!("{head}: {}.", names.join(", ")), 0);
    }
    let mut lines = paragraph(&format!("{head}:"), 0);
    lines.push(String::new());
    for filter in &spec.filters {
        let mut text = code(&filter.name);
        let mut facts: Vec<String> = filter.doc.iter().cloned().collect();
        if filter.required {
            facts.push("Required.".to_owned());
        }
        if !filter.values.is_empty() {
            let values: Vec<String> = filter.values.iter().map(|value| code(value)).collect();
            facts.push(format!("Allowed: {}.", values.join(", ")));
        }
        if let Some(format) = &filter.format {
            facts.push(format!("Format: {}.", code(format)));
        }
        if !facts.is_empty() {
            text.push_str(": ");
            text.push_str(&facts.join(" "));
        }
        lines.extend(item(&text, 0));
    }
    lines
}

/// The name, followed by its requirements, values and format in parentheses.
fn filter_in_line(filter: &spec_file::Filter) -> String {
    let name = code(&filter.name);
    let mut facts: Vec<String> = Vec::new();
    if filter.required {
        facts.push("required".to_owned());
    }
    facts.extend(filter.values.iter().map(|value| code(value)));
    facts.extend(filter.format.as_ref().map(|format| code(format)));
    if facts.is_empty() { name } else { format!("{name} ({})", facts.join(", ")) }
}

fn info_text(api: &Api, action: &Action, response_constant: &str) -> String {
    let spec = &action.spec;
    let constant = &action.rust.constant;
    let arguments = [
        string(&spec.action).to_string(),
        "&SERVICE".to_owned(),
        format!("&{constant}"),
        format!("&{response_constant}"),
    ];
    let line = format!("    ActionInfo::new({})", arguments.join(", "));
    // As rustfmt does: the calls are indented unless the arguments take several lines.
    let (head, indent) = if line.len() <= WIDTH {
        (format!("\n{line}"), 8)
    } else {
        (format!(" ActionInfo::new(\n    {},\n)", arguments.join(",\n    ")), 0)
    };
    let quoted = |text: &str| string(text).to_string();
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    let flag = |is_set: bool| is_set.then(String::new);
    let calls = [
        ("group", Some(quoted(&spec.group))),
        ("retry", Some(compact(retry::class(spec.retry.class)))),
        ("retry_overrides", retry_overrides(action, indent)),
        ("reconcile", reconcile::facts(api, action, indent)),
        ("idempotency_token", spec.idempotency_token.as_deref().map(quoted)),
        ("rate_limit_per_second", number(spec.rate_limit_per_second)),
        ("without_region", flag(spec.regional == Some(false))),
        ("dry_run", flag(spec.dry_run)),
        ("asynchronous", flag(spec.asynchronous.is_some())),
        ("deprecated", flag(spec.deprecated)),
        ("paginate", paginate(action, indent)),
        ("filters", filter_rows(action, indent)),
        ("filters_max", number(spec.filters_max)),
        ("filter_values_max", number(spec.filter_values_max)),
        ("error_codes", error_codes(action, indent)),
    ];
    let calls: Vec<String> = calls
        .into_iter()
        .filter_map(|(name, value)| Some(format!("\n{:indent$}.{name}({})", "", value?)))
        .collect();
    format!("pub(crate) static {constant}_INFO: ActionInfo ={head}{};\n", calls.concat())
}

/// A list with a row per line; `None` for an empty one.
fn list(rows: &[String], indent: usize) -> Option<String> {
    let inner = indent + 4;
    let lines: Vec<String> = rows.iter().map(|row| format!("\n{:inner$}{row},", "")).collect();
    (!rows.is_empty()).then(|| format!("&[{}\n{:indent$}]", lines.concat(), ""))
}

fn retry_overrides(action: &Action, indent: usize) -> Option<String> {
    let (row, inner) = (indent + 4, indent + 8);
    let rows: Vec<String> = action
        .retry_overrides
        .iter()
        .map(|(when, class)| {
            let when = when.iter().map(condition);
            let class = retry::class(*class);
            let (when, class) = (compact(quote!(&[#(#when),*])), compact(class));
            let line = format!("RetryClassOverride {{ when: {when}, class: {class} }}");
            if line.len() + row < WIDTH {
                return line;
            }
            format!(
                "RetryClassOverride {{\n{:inner$}when: {when},\n{:inner$}class: {class},\n{:row$}}}",
                "", "", ""
            )
        })
        .collect();
    list(&rows, indent)
}

fn filter_rows(action: &Action, indent: usize) -> Option<String> {
    let rows: Vec<String> = action
        .spec
        .filters
        .iter()
        .map(|filter| {
            let name = string(&filter.name);
            let values = (!filter.values.is_empty()).then(|| {
                let values = strings(&filter.values);
                quote!(.values(#values))
            });
            let format = filter.format.as_ref().map(|format| {
                let format = string(format);
                quote!(.format(#format))
            });
            let required = filter.required.then(|| quote!(.required()));
            let calls = [Some(quote!(FilterInfo::new(#name))), values, format, required];
            chain(&calls.into_iter().flatten().collect::<Vec<_>>(), indent + 4)
        })
        .collect();
    list(&rows, indent)
}

fn error_codes(action: &Action, indent: usize) -> Option<String> {
    let codes = &action.spec.errors;
    let line = string(&codes.join(" ")).to_string();
    if codes.is_empty() || line.len() + indent + ".error_codes()".len() <= WIDTH {
        return (!codes.is_empty()).then_some(line);
    }
    let separator = format!(" \\\n{:1$}", "", indent + 4);
    let first = separator.trim_start();
    Some(format!("\"{first}{}\"", codes.join(&separator)))
}

fn paginate(action: &Action, indent: usize) -> Option<String> {
    let paginate = action.spec.paginate.as_ref()?;
    let text = |text: &Option<String>| string(text.as_deref().unwrap_or_default());
    let limit = text(&paginate.limit);
    let style = match paginate.style {
        PageStyle::Offset => {
            let (offset, total) = (text(&paginate.offset), text(&paginate.total));
            quote!(PageStyle::Offset { offset: #offset, limit: #limit, total: #total })
        }
        PageStyle::Number => {
            let (number, total) = (text(&paginate.number), text(&paginate.total));
            let first = Literal::u64_unsuffixed(paginate.first.unwrap_or(1));
            quote!(PageStyle::Number { number: #number, limit: #limit, total: #total, first: #first })
        }
        PageStyle::Token => {
            let (token_in, token_out) = (text(&paginate.token_in), text(&paginate.token_out));
            quote!(PageStyle::Token { token_in: #token_in, token_out: #token_out, limit: #limit })
        }
    };
    // The service's usual limits where it documents none.
    let most = paginate.max_limit.unwrap_or(100);
    let fields = [
        ("style", compact(style)),
        ("items", string(&paginate.items).to_string()),
        ("id", compact(optional_string(paginate.id.as_deref()))),
        ("is_total_exact", paginate.total_exact.unwrap_or(true).to_string()),
        ("default_limit", paginate.default_limit.unwrap_or(most.min(20)).to_string()),
        ("min_limit", paginate.min_limit.unwrap_or(1).to_string()),
        ("max_limit", most.to_string()),
    ];
    let inner = indent + 4;
    let rows: Vec<String> =
        fields.iter().map(|(name, value)| format!("\n{:inner$}{name}: {value},", "")).collect();
    Some(format!("PageInfo {{{}\n{:indent$}}}", rows.concat(), ""))
}
