//! Names: identifiers, torn words, keywords, and nothing called the same twice.

use std::collections::HashMap;

use super::super::diagnostic::Report;
use super::super::model::{Api, Names};
use super::super::names::{is_camel, is_shouty, is_snake, is_wire_name, lone_letter, never_raw};
use super::sets;

/// Type names that generated files use for something else.
pub const RESERVED: [&str; 35] = [
    "Action",
    "ActionInfo",
    "Box",
    "Client",
    "Clone",
    "Condition",
    "Debug",
    "Default",
    "Duration",
    "Err",
    "ErrorInfo",
    "ErrorKind",
    "FieldInfo",
    "FilterInfo",
    "Kind",
    "Missing",
    "Model",
    "NameIndex",
    "None",
    "Ok",
    "Option",
    "PageInfo",
    "PageStyle",
    "Paginate",
    "PartialEq",
    "Reclass",
    "ReconcileInfo",
    "Result",
    "RetryClass",
    "Sensitive",
    "ServiceInfo",
    "Some",
    "String",
    "Table",
    "Vec",
];

/// Names that a module beside the generated ones bears.
pub const RESERVED_MODULES: [&str; 3] = ["mod", "lib", "main"];

pub fn check(api: &Api, report: &mut Report) {
    members(api, report);
    types(api, report);
    variants(api, report);
    constants(api, report);
    words(api, report);
}

fn members(api: &Api, report: &mut Report) {
    for set in sets(api) {
        let mut wire: HashMap<&str, ()> = HashMap::new();
        let mut rust: HashMap<&str, &str> = HashMap::new();
        if set.pointer == "/response" {
            rust.insert("request_id", "RequestId");
        }
        for (pointer, member) in set.each() {
            let name = member.spec.name.as_str();
            let at_name = format!("{pointer}/name");
            if !is_wire_name(name) {
                report
                    .error(set.file, &at_name, format!("`{}` is not a name", name.escape_debug()))
                    .help("letters, digits and underscores, a letter first, at most 128");
                continue;
            }
            if wire.insert(name, ()).is_some() {
                report.error(set.file, &at_name, format!("`{name}` is there twice"));
                continue;
            }
            let at_rust = match member.spec.rust {
                Some(_) => format!("{pointer}/rust"),
                None => at_name,
            };
            field(&member.rust, name, member.spec.rust.is_some(), set.file, &at_rust, report);
            if let Some(other) = rust.insert(&member.rust, name) {
                report
                    .error(
                        set.file,
                        &at_rust,
                        format!("`{name}` and `{other}` are both `{}` in Rust", member.rust),
                    )
                    .help("give one of them a `rust` key");
            }
        }
    }
}

fn field(rust: &str, wire: &str, by_hand: bool, file: &str, pointer: &str, report: &mut Report) {
    if !is_snake(rust) {
        report
            .error(file, pointer, format!("`{}` is not a field name", rust.escape_debug()))
            .help("lower-case letters, digits and underscores, a letter first");
    } else if never_raw(rust) {
        report
            .error(file, pointer, format!("`{wire}` becomes the keyword `{rust}`"))
            .help(format!("Rust has no raw form of it: \"rust\": \"{rust}_\""));
    } else if let (Some(letter), false) = (lone_letter(rust), by_hand) {
        let message = format!("`{wire}` becomes `{rust}`, which tears off the letter `{letter}`");
        report
            .error(file, pointer, message)
            .help("add the word to `words` in service.json, or give a `rust` key");
    }
}

fn types(api: &Api, report: &mut Report) {
    let response = |names: &Names| format!("{}Response", names.type_);
    let mut named: Vec<(String, &Names, &str, &str, bool)> = Vec::new();
    for action in &api.actions {
        let by_hand = action.spec.rust.is_some();
        named.push((action.rust.type_.clone(), &action.rust, &action.path, "/action", by_hand));
        named.push((response(&action.rust), &action.rust, &action.path, "/action", true));
    }
    for type_ in &api.types {
        let by_hand = type_.spec.rust.is_some();
        named.push((type_.rust.type_.clone(), &type_.rust, &type_.path, "/type", by_hand));
    }
    for enum_ in &api.enums {
        let by_hand = enum_.spec.rust.is_some();
        named.push((enum_.rust.type_.clone(), &enum_.rust, &enum_.path, "/enum", by_hand));
    }
    let mut seen: HashMap<String, &str> = HashMap::new();
    // The index makes one that every generated file sees.
    let mut constants = HashMap::from([("SERVICE".to_owned(), "service.json")]);
    for (name, names, file, pointer, by_hand) in &named {
        let pointer = *pointer;
        if !is_camel(name) || !is_snake(&names.module) {
            report.error(file, pointer, format!("`{}` is not a type name", name.escape_debug()));
            continue;
        }
        if RESERVED.contains(&name.as_str()) || RESERVED_MODULES.contains(&names.module.as_str()) {
            report
                .error(file, pointer, format!("`{name}` means something else in generated files"))
                .help("give a `rust` key");
        }
        if let (Some(letter), false) = (lone_letter(&names.module), *by_hand) {
            let message = format!(
                "`{name}` becomes the module `{}`, which tears off the letter `{letter}`",
                names.module
            );
            report
                .error(file, pointer, message)
                .help("add the word to `words` in service.json, or give a `rust` key");
        }
        if let Some(other) = seen.insert(name.clone(), file) {
            report
                .error(file, pointer, format!("the type `{name}` is also made from {other}"))
                .help("give one of them a `rust` key");
        } else if !name.ends_with("Response")
            && let Some(other) = constants.insert(names.constant.clone(), file)
            && other != *file
        {
            report
                .error(
                    file,
                    pointer,
                    format!("the table `{}` is also made from {other}", names.constant),
                )
                .help("give one of them a `rust` key");
        }
    }
    for action in &api.actions {
        let constant = format!("{}_INFO", action.rust.constant);
        if let Some(other) = constants.get(&constant) {
            let message = format!("the static `{constant}` is also made from {other}");
            let help = "give one of them a `rust` key";
            report.error(&action.path, "/action", message).help(help);
        }
    }
    let mut waiters: HashMap<&str, ()> = HashMap::new();
    for (index, waiter) in api.waiters.iter().enumerate() {
        let (pointer, name) = (format!("/waiters/{index}/waiter"), &waiter.spec.waiter);
        let file = format!("{}/waiters.json", api.shown_as);
        if !is_wire_name(name) || !is_camel(&waiter.rust.type_) {
            report.error(&file, pointer, format!("`{}` is not a type name", name.escape_debug()));
        } else if waiters.insert(name, ()).is_some() {
            report.error(&file, pointer, format!("`{name}` is there twice"));
        }
    }
}

fn variants(api: &Api, report: &mut Report) {
    for enum_ in &api.enums {
        let file = enum_.path.as_str();
        let mut wire: HashMap<&str, ()> = HashMap::new();
        let mut rust: HashMap<&str, &str> = HashMap::from([("Unknown", "every newer value")]);
        if enum_.spec.values.is_empty() {
            report.error(file, "/values", "an enum without values");
        }
        for (index, (value, variant)) in enum_.spec.values.iter().zip(&enum_.variants).enumerate() {
            let text = value.value.as_str();
            let pointer = format!("/values/{index}");
            if wire.insert(text, ()).is_some() {
                report
                    .error(
                        file,
                        format!("{pointer}/value"),
                        format!("`{}` is there twice", text.escape_debug()),
                    )
                    .help("a value stands once, where the service lists it first");
                continue;
            }
            let at = match value.rust {
                Some(_) => format!("{pointer}/rust"),
                None => format!("{pointer}/value"),
            };
            if !is_camel(variant) || never_raw(variant) {
                report
                    .error(
                        file,
                        at,
                        format!(
                            "`{}` becomes `{}`, which is not a variant name",
                            text.escape_debug(),
                            variant.escape_debug()
                        ),
                    )
                    .help("give a `rust` key: letters and digits, a capital first");
            } else if merged_digits(text, variant) && value.rust.is_none() {
                report
                    .error(
                        file,
                        at,
                        format!("`{text}` becomes `{variant}`, which runs two numbers together"),
                    )
                    .help("give a `rust` key, such as `X86_64`");
            } else if let Some(other) = rust.insert(variant, text) {
                report
                    .error(file, at, format!("`{text}` and {other} are both `{variant}` in Rust"))
                    .help("give one of them a `rust` key");
            }
        }
    }
}

/// Whether two digits that something kept apart on the wire stand side by side in Rust.
fn merged_digits(wire: &str, rust: &str) -> bool {
    let runs = |text: &str| {
        text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).count()
    };
    runs(wire) != runs(rust)
}

fn constants(api: &Api, report: &mut Report) {
    let file = format!("{}/errors.json", api.shown_as);
    let mut rust: HashMap<&str, &str> = HashMap::new();
    for (index, error) in api.errors.iter().enumerate() {
        let code = error.spec.code.as_str();
        let pointer = format!("/errors/{index}/code");
        let legal =
            code.len() <= 128 && code.split('.').all(is_wire_name) && is_shouty(&error.rust);
        if !legal {
            report.error(&file, pointer, format!("`{}` is not a code", code.escape_debug()));
            continue;
        }
        let lower = error.rust.to_ascii_lowercase();
        if let (Some(letter), None) = (lone_letter(&lower), &error.spec.rust) {
            let message =
                format!("`{code}` becomes `{}`, which tears off the letter `{letter}`", error.rust);
            report
                .error(&file, pointer, message)
                .help("add the word to `words` in service.json, or give a `rust` key");
        } else if let Some(other) = rust.insert(&error.rust, code)
            && other != code
        {
            report
                .error(
                    &file,
                    pointer,
                    format!("`{code}` and `{other}` are both `{}` in Rust", error.rust),
                )
                .help("give one of them a `rust` key");
        }
    }
}

fn words(api: &Api, report: &mut Report) {
    let file = format!("{}/service.json", api.shown_as);
    for (index, word) in api.service.words.iter().enumerate() {
        if !is_wire_name(word) {
            let message = format!("`{}` is not a word", word.escape_debug());
            report.error(&file, format!("/words/{index}"), message);
        }
    }
    let name = &api.service.service;
    // Never an identifier, so a keyword will do: the service of scaling groups is called `as`.
    let legal = is_snake(name) && name.len() <= 64;
    if !legal {
        let message = format!("`{}` is not a service name", name.escape_debug());
        report.error(&file, "/service", message);
    }
    let version = &api.service.version;
    if version.is_empty()
        || !version.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        let message = format!("`{}` is not a version", version.escape_debug());
        report.error(&file, "/version", message);
    }
}
