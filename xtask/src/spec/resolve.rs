//! Resolves the spec files: names of types and enums become references, and wire names get Rust names.

use std::collections::HashMap;

use super::condition::Condition;
use super::diagnostic::{Report, nearest};
use super::load::{File, Files};
use super::model::{Action, Api, Enum, ErrorCode, Kind, Member, Names, Type, Waiter};
use super::names::Words;
use super::spec_file;

/// Resolves all names. An unknown name is reported and treated as a string, so that one mistake does not hide others.
pub fn resolve(files: Files, report: &mut Report) -> Api {
    let mut known: HashMap<String, Kind> = HashMap::new();
    for name in &files.unreadable {
        known.insert(name.clone(), Kind::Str);
    }
    for (index, file) in files.types.iter().enumerate() {
        known.insert(file.content.type_.clone(), Kind::Type(index));
    }
    for (index, file) in files.enums.iter().enumerate() {
        known.insert(file.content.enum_.clone(), Kind::Enum(index));
    }
    let shown_as = files.service.path.trim_end_matches("/service.json").to_owned();
    let words = Words::new(&files.service.content.words);
    let mut resolver = Resolver { known, words, report };

    let actions = files.actions.into_iter().map(|file| resolver.action(file)).collect();
    let types = files.types.into_iter().map(|file| resolver.type_(file)).collect();
    let enums = files.enums.into_iter().map(|file| resolver.enum_(file)).collect();
    let words = resolver.words;
    let errors = files.errors.content.errors.into_iter();
    let errors = errors
        .map(|spec| ErrorCode {
            rust: spec.rust.clone().unwrap_or_else(|| words.shouty(&spec.code)),
            spec,
        })
        .collect();
    let waiters = files.waiters.content.waiters.into_iter();
    let waiters =
        waiters.map(|spec| Waiter { rust: names(&words, &spec.waiter, None), spec }).collect();
    let (service, unreadable) = (files.service.content, files.unreadable);
    Api { shown_as, service, actions, types, enums, errors, waiters, unreadable }
}

struct Resolver<'r> {
    known: HashMap<String, Kind>,
    words: Words,
    report: &'r mut Report,
}

impl Resolver<'_> {
    fn action(&mut self, file: File<spec_file::ActionFile>) -> Action {
        let File { path, content: spec } = file;
        let rust = names(&self.words, &spec.action, spec.rust.as_deref());
        let mut request = self.members(&path, "/request", &spec.request);
        let response = self.members(&path, "/response", &spec.response);
        let mut retry_overrides = Vec::new();
        for (row, member) in spec.retry.members.iter().enumerate() {
            let pointer = format!("/retry/members/{row}/when");
            retry_overrides.push((self.conditions(&path, &pointer, &member.when), member.class));
        }
        mark_generated_token(&spec, &retry_overrides, &mut request);
        let reconcile = spec.retry.reconcile.as_ref();
        let mut read = |key: &str, of: fn(&spec_file::Reconcile) -> &Vec<String>| {
            let texts = reconcile.map_or(&[][..], |reconcile| of(reconcile));
            self.conditions(&path, &format!("/retry/reconcile/{key}"), texts)
        };
        let done = read("done", |reconcile| &reconcile.done);
        let became = read("became", |reconcile| &reconcile.became);
        let from = read("from", |reconcile| &reconcile.from);
        let failed = read("failed", |reconcile| &reconcile.failed);
        let undone_by = read("undone_by", |reconcile| &reconcile.undone_by);
        let pairs = reconcile.map_or(&[][..], |reconcile| reconcile.done_when.0.as_slice());
        let mut done_when = Vec::new();
        for (asked, shown) in pairs {
            let texts = [asked.clone(), shown.clone()];
            let read = self.conditions(&path, "/retry/reconcile/done_when", &texts);
            if let Ok([asked, shown]) = <[Condition; 2]>::try_from(read) {
                done_when.push((asked, shown));
            }
        }
        Action {
            spec,
            path,
            rust,
            request,
            response,
            retry_overrides,
            done,
            became,
            from,
            failed,
            done_when,
            undone_by,
        }
    }

    fn conditions(&mut self, path: &str, pointer: &str, texts: &[String]) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            match Condition::parse(text) {
                Some(condition) => conditions.push(condition),
                None => self
                    .report
                    .error(
                        path,
                        format!("{pointer}/{index}"),
                        format!("`{}` is not a condition", text.escape_debug()),
                    )
                    .help("write `Member`, `no Member`, `Member=a|b` or `Member!=a|b`"),
            }
        }
        conditions
    }

    fn type_(&mut self, file: File<spec_file::TypeFile>) -> Type {
        let File { path, content: spec } = file;
        let rust = names(&self.words, &spec.type_, spec.rust.as_deref());
        let members = self.members(&path, "/members", &spec.members);
        Type { spec, path, rust, members }
    }

    fn enum_(&mut self, file: File<spec_file::EnumFile>) -> Enum {
        let File { path, content: spec } = file;
        let rust = names(&self.words, &spec.enum_, spec.rust.as_deref());
        let variant = |value: &spec_file::EnumValue| {
            value.rust.clone().unwrap_or_else(|| self.words.camel(&value.value))
        };
        let variants = spec.values.iter().map(variant).collect();
        Enum { spec, path, rust, variants }
    }

    fn members(&mut self, path: &str, pointer: &str, specs: &[spec_file::Member]) -> Vec<Member> {
        let mut members = Vec::with_capacity(specs.len());
        for (index, spec) in specs.iter().enumerate() {
            members.push(Member {
                rust: spec.rust.clone().unwrap_or_else(|| self.words.snake(&spec.name)),
                kind: self.kind(&spec.type_, path, &format!("{pointer}/{index}/type")),
                required_if: spec.required_if.as_deref().and_then(Condition::parse),
                empty_if: spec.empty_if.as_deref().and_then(Condition::parse),
                generated_unless: None,
                spec: spec.clone(),
            });
        }
        members
    }

    fn kind(&mut self, name: &str, path: &str, pointer: &str) -> Kind {
        if let Some(item) = name.strip_prefix("list<").and_then(|rest| rest.strip_suffix('>')) {
            return Kind::List(Box::new(self.kind(item, path, pointer)));
        }
        match name {
            "string" | "datetime" | "datetime_iso" => return Kind::Str,
            "int64" => return Kind::I64,
            "uint64" => return Kind::U64,
            "float" => return Kind::F64,
            "bool" => return Kind::Bool,
            _ => {}
        }
        if let Some(kind) = self.known.get(name) {
            return kind.clone();
        }
        let message = format!("unknown type `{}`", name.escape_debug());
        let diagnostic = self.report.error(path, pointer, message);
        let mut known: Vec<&str> = self.known.keys().map(String::as_str).collect();
        known.extend(SCALARS);
        known.sort_unstable();
        diagnostic.help(match nearest(name, known.iter().copied()) {
            Some(near) => match self.known.get(near) {
                Some(Kind::Type(_)) => format!("a type `{near}` exists in types/{near}.json"),
                Some(_) => format!("an enum `{near}` exists in enums/{near}.json"),
                None => format!("did you mean `{near}`?"),
            },
            None => format!(
                "write types/{0}.json or enums/{0}.json, or use one of: {1}",
                name.escape_debug(),
                SCALARS.join(", ")
            ),
        });
        Kind::Str
    }
}

/// Marks the client token that the client generates: only for the class `token`, and not for a request that changes nothing.
/// `ActionInfo::generated_token` and the client follow the same rule.
fn mark_generated_token(
    spec: &spec_file::ActionFile,
    retry_overrides: &[(Vec<Condition>, spec_file::RetryClass)],
    request: &mut [Member],
) {
    if spec.retry.class != spec_file::RetryClass::Token {
        return;
    }
    let Some(token) = &spec.idempotency_token else { return };
    let reads = retry_overrides.iter().filter(|(_, class)| *class == spec_file::RetryClass::Read);
    let reads: Vec<Vec<Condition>> = reads.map(|(when, _)| when.clone()).collect();
    for member in request.iter_mut().filter(|member| member.spec.name == *token) {
        member.generated_unless = Some(reads.clone());
    }
}

const SCALARS: [&str; 7] =
    ["string", "int64", "uint64", "float", "bool", "datetime", "datetime_iso"];

fn names(words: &Words, wire: &str, rust: Option<&str>) -> Names {
    let type_ = rust.map_or_else(|| words.type_name(wire), str::to_owned);
    // A `rust` key is split as it is, because it exists where the wire name does not split well.
    let module = words.snake(&type_);
    let constant = module.to_ascii_uppercase();
    Names { type_, module, constant }
}
