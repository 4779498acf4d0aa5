//! Names: identifiers, torn words, keywords, and nothing called the same twice.

use std::collections::HashMap;

use super::super::diagnostic::Report;
use super::super::model::{Api, Names};
use super::super::names::{
    is_camel, is_keyword, is_shouty, is_snake, is_wire_name, lone_letter, never_raw,
};
use super::sets;

/// Type names that generated files, and the macros in them, use for something else.
pub const RESERVED: [&str; 41] = [
    "Action",
    "ActionInfo",
    "AsRef",
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
    "From",
    "IntoIterator",
    "Kind",
    "Missing",
    "Model",
    "NameIndex",
    "None",
    "Ok",
    "OldGateway",
    "OperationInfo",
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
    "WaiterInfo",
];

/// Names of modules that cannot be generated: their files have a meaning of their own.
pub const RESERVED_MODULES: [&str; 3] = ["mod", "lib", "main"];

/// Names that Windows keeps for devices, whatever follows the dot.
const DEVICES: [&str; 4] = ["aux", "con", "nul", "prn"];

/// Whether no file can be called after this module on every system.
pub fn is_no_module(module: &str) -> bool {
    let is_port = |prefix: &str| {
        module
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    RESERVED_MODULES.contains(&module)
        || DEVICES.contains(&module)
        || is_port("com")
        || is_port("lpt")
        || never_raw(module)
}

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

/// A type that is generated, and what stands beside it.
struct Named<'a> {
    type_: String,
    names: &'a Names,
    /// The static of its table; a value set has none.
    table: Option<String>,
    /// The folder of the module.
    folder: &'static str,
    file: &'a str,
    pointer: &'static str,
    /// The name was given by a person.
    by_hand: bool,
}

/// Everything that becomes a type, the response of each action aside.
fn named(api: &Api) -> Vec<Named<'_>> {
    let actions = api.actions.iter().map(|action| Named {
        type_: action.rust.type_.clone(),
        names: &action.rust,
        table: Some(action.rust.constant.clone()),
        folder: "actions",
        file: &action.path,
        pointer: "/action",
        by_hand: action.spec.rust.is_some(),
    });
    let types = api.types.iter().map(|type_| Named {
        type_: type_.rust.type_.clone(),
        names: &type_.rust,
        table: Some(type_.rust.constant.clone()),
        folder: "types",
        file: &type_.path,
        pointer: "/type",
        by_hand: type_.spec.rust.is_some(),
    });
    let enums = api.enums.iter().map(|enum_| Named {
        type_: enum_.rust.type_.clone(),
        names: &enum_.rust,
        table: None,
        folder: "enums",
        file: &enum_.path,
        pointer: "/enum",
        by_hand: enum_.spec.rust.is_some(),
    });
    actions.chain(types).chain(enums).collect()
}

fn types(api: &Api, report: &mut Report) {
    const RENAME: &str = "give one of them a `rust` key";
    let mut types: HashMap<String, &str> = HashMap::new();
    // The index makes one that every generated file sees.
    let mut statics = HashMap::from([("SERVICE".to_owned(), "service.json")]);
    let mut modules: HashMap<(&str, String), &str> = HashMap::new();
    for Named { type_, names, table, folder, file, pointer, by_hand } in named(api) {
        if !is_camel(&type_) || !is_snake(&names.module) {
            let message = format!("`{}` is not a type name", type_.escape_debug());
            report.error(file, pointer, message);
            continue;
        }
        if RESERVED.contains(&type_.as_str()) || is_keyword(&type_) || is_no_module(&names.module) {
            report
                .error(file, pointer, format!("`{type_}` means something else in generated files"))
                .help("give a `rust` key");
        }
        if let (Some(letter), false) = (lone_letter(&names.module), by_hand) {
            let message = format!(
                "`{type_}` becomes the module `{}`, which tears off the letter `{letter}`",
                names.module
            );
            report
                .error(file, pointer, message)
                .help("add the word to `words` in service.json, or give a `rust` key");
        }
        let is_action = folder == "actions";
        let response = is_action.then(|| format!("{type_}Response"));
        let mut is_twice = false;
        for type_ in [Some(type_), response].into_iter().flatten() {
            if let Some(other) = types.insert(type_.clone(), file) {
                let message = format!("the type `{type_}` is also made from {other}");
                report.error(file, pointer, message).help(RENAME);
                is_twice = true;
            }
        }
        if is_twice {
            // The rest would be said of the same two.
            continue;
        }
        if let Some(other) = modules.insert((folder, names.module.clone()), file) {
            let message = format!("the module `{}` is also made from {other}", names.module);
            report.error(file, pointer, message).help(RENAME);
        }
        let suffixes: &[&str] = if is_action { &["", "_RESPONSE", "_INFO"] } else { &[""] };
        let tables =
            table.iter().flat_map(|table| suffixes.iter().map(move |it| format!("{table}{it}")));
        for table in tables {
            if let Some(other) = statics.insert(table.clone(), file) {
                let message = format!("the static `{table}` is also made from {other}");
                report.error(file, pointer, message).help(RENAME);
            }
        }
    }
    waiters(api, &statics, report);
}

fn waiters(api: &Api, statics: &HashMap<String, &str>, report: &mut Report) {
    let file = format!("{}/waiters.json", api.shown_as);
    let mut types: HashMap<&str, ()> = HashMap::new();
    let mut tables: HashMap<&str, &str> = HashMap::new();
    for (index, waiter) in api.waiters.iter().enumerate() {
        let (pointer, name) = (format!("/waiters/{index}/waiter"), &waiter.spec.waiter);
        let Names { type_, constant, .. } = &waiter.rust;
        if !is_wire_name(name) || !is_camel(type_) || !is_shouty(constant) {
            report.error(&file, pointer, format!("`{}` is not a type name", name.escape_debug()));
        } else if RESERVED.contains(&type_.as_str()) || is_keyword(type_) {
            let message = format!("`{type_}` means something else in generated files");
            report.error(&file, pointer, message).help("choose another name");
        } else if types.insert(type_, ()).is_some() {
            report.error(&file, pointer, format!("`{name}` is there twice"));
        } else if let Some(other) = tables.insert(constant, name) {
            let message = format!("the static `{constant}` is also made from `{other}`");
            report.error(&file, pointer, message).help("choose another name");
        } else if constant.ends_with("_INFO") && statics.contains_key(constant.as_str()) {
            // It would hide the one of the action, which waiters use.
            let message = format!("the static `{constant}` is also made from an action");
            report.error(&file, pointer, message).help("choose another name");
        }
    }
}

fn variants(api: &Api, report: &mut Report) {
    for enum_ in &api.enums {
        let file = enum_.path.as_str();
        let mut wire: HashMap<&str, ()> = HashMap::new();
        let mut rust: HashMap<&str, &str> =
            HashMap::from([("Unknown", "every newer value"), ("VALUES", "the list of all values")]);
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
    // The table of all codes, which stands beside their constants.
    let mut rust: HashMap<&str, &str> = HashMap::from([("ERRORS", "the table of all codes")]);
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
