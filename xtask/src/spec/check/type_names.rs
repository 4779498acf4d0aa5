//! Names of types, modules and statics: none of them is a keyword, is used by something else, or made twice.

use std::collections::HashMap;

use super::super::diagnostic::Report;
use super::super::model::{Api, Names};
use super::super::names::{is_keyword, is_pascal, is_shouty, is_snake, lone_letter, never_raw};

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
    const RENAME: &str = "give one of them a `rust` key";
    const PASCAL: &str = "give a `rust` key: letters and digits, a capital first";
    let mut types: HashMap<String, &str> = HashMap::new();
    // The index makes one that every generated file sees.
    let mut statics = HashMap::from([("SERVICE".to_owned(), "service.json")]);
    let mut modules: HashMap<(&str, String), &str> = HashMap::new();
    for Named { wire, type_, names, table, folder, file, pointer, by_hand } in named(api) {
        if !is_pascal(&type_) || !is_snake(&names.module) {
            let message = format!("`{}` is not a type name", type_.escape_debug());
            report.error(file, pointer, message).help(PASCAL);
            continue;
        }
        if !is_pascal(wire) && !by_hand {
            let message = format!("`{wire}` is not in PascalCase");
            report.error(file, pointer, message).help(
                "correct the name, or confirm with a `rust` key that the service writes it so",
            );
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

/// A type that is generated, and what stands beside it.
struct Named<'a> {
    wire: &'a str,
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
        wire: &action.spec.action,
        type_: action.rust.type_.clone(),
        names: &action.rust,
        table: Some(action.rust.constant.clone()),
        folder: "actions",
        file: &action.path,
        pointer: if action.spec.rust.is_some() { "/rust" } else { "/action" },
        by_hand: action.spec.rust.is_some(),
    });
    let types = api.types.iter().map(|type_| Named {
        wire: &type_.spec.type_,
        type_: type_.rust.type_.clone(),
        names: &type_.rust,
        table: Some(type_.rust.constant.clone()),
        folder: "types",
        file: &type_.path,
        pointer: if type_.spec.rust.is_some() { "/rust" } else { "/type" },
        by_hand: type_.spec.rust.is_some(),
    });
    let enums = api.enums.iter().map(|enum_| Named {
        wire: &enum_.spec.enum_,
        type_: enum_.rust.type_.clone(),
        names: &enum_.rust,
        table: None,
        folder: "enums",
        file: &enum_.path,
        pointer: if enum_.spec.rust.is_some() { "/rust" } else { "/enum" },
        by_hand: enum_.spec.rust.is_some(),
    });
    actions.chain(types).chain(enums).collect()
}

fn waiters(api: &Api, statics: &HashMap<String, &str>, report: &mut Report) {
    let file = format!("{}/waiters.json", api.shown_as);
    let mut types: HashMap<&str, ()> = HashMap::new();
    let mut tables: HashMap<&str, &str> = HashMap::new();
    for (index, waiter) in api.waiters.iter().enumerate() {
        let (pointer, name) = (format!("/waiters/{index}/waiter"), &waiter.spec.waiter);
        let Names { type_, constant, .. } = &waiter.rust;
        if !is_pascal(name) || !is_pascal(type_) || !is_shouty(constant) {
            report
                .error(&file, pointer, format!("`{}` is not a type name", name.escape_debug()))
                .help("letters and digits, a capital first");
        } else if RESERVED.contains(&type_.as_str()) || is_keyword(type_) {
            let message = format!("`{type_}` means something else in generated files");
            report.error(&file, pointer, message).help("choose another name");
        } else if types.insert(type_, ()).is_some() {
            report
                .error(&file, pointer, format!("`{name}` is there twice"))
                .help("leave one of the two out");
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
