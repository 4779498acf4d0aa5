//! Checks the names of types, modules and statics: they are unique, and are neither keywords nor used by generated code.

use std::collections::HashMap;

use super::super::diagnostic::Report;
use super::super::model::{Api, Names};
use super::super::names::{cannot_be_raw, is_keyword, is_pascal, is_shouty, is_snake, lone_letter};

/// Type names that generated files and their macros use.
pub const RESERVED: [&str; 46] = [
    "Action",
    "ActionDoc",
    "ActionInfo",
    "AsRef",
    "Box",
    "Client",
    "Clone",
    "Condition",
    "Debug",
    "Default",
    "Duration",
    "EnumDoc",
    "Err",
    "ErrorInfo",
    "ErrorKind",
    "FieldInfo",
    "FilterInfo",
    "From",
    "IntoIterator",
    "Kind",
    "MemberDoc",
    "Missing",
    "Model",
    "ModelInfo",
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
    "ReconcileInfo",
    "Result",
    "RetryClass",
    "RetryClassOverride",
    "Sensitive",
    "ServiceInfo",
    "Some",
    "String",
    "TypeDoc",
    "Vec",
    "WaiterInfo",
    "WaiterSpec",
];

/// Module names whose files have another meaning.
pub const RESERVED_MODULES: [&str; 3] = ["mod", "lib", "main"];

/// Device names of Windows, which are reserved with any extension.
const DEVICES: [&str; 4] = ["aux", "con", "nul", "prn"];

/// Whether the file of this module cannot exist on every system.
pub fn is_reserved_module(module: &str) -> bool {
    let is_port = |prefix: &str| {
        module
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    RESERVED_MODULES.contains(&module)
        || DEVICES.contains(&module)
        || is_port("com")
        || is_port("lpt")
        || cannot_be_raw(module)
}

pub fn check(api: &Api, report: &mut Report) {
    const RENAME: &str = "add a `rust` key to one of them";
    const PASCAL: &str = "add a `rust` key of letters and digits that starts with a capital letter";
    let mut types: HashMap<String, &str> = HashMap::new();
    // The index defines this static, which all generated files import.
    let mut statics = HashMap::from([("SERVICE".to_owned(), "service.json")]);
    let mut modules: HashMap<(&str, String), &str> = HashMap::new();
    for Named { wire, type_, names, folder, file, pointer, by_hand } in named(api) {
        if !is_pascal(&type_) || !is_snake(&names.module) {
            let message = format!("`{}` is not a valid type name", type_.escape_debug());
            report.error(file, pointer, message).help(PASCAL);
            continue;
        }
        if !is_pascal(wire) && !by_hand {
            let message = format!("`{wire}` is not in PascalCase");
            report
                .error(file, pointer, message)
                .help("correct the name, or add a `rust` key if the service writes it this way");
        }
        if RESERVED.contains(&type_.as_str())
            || is_keyword(&type_)
            || is_reserved_module(&names.module)
        {
            report
                .error(file, pointer, format!("`{type_}` has another meaning in generated files"))
                .help("add a `rust` key");
        }
        if let (Some(letter), false) = (lone_letter(&names.module), by_hand) {
            let message = format!(
                "`{type_}` becomes the module `{}`, which splits off the letter `{letter}`",
                names.module
            );
            report
                .error(file, pointer, message)
                .help("add the word to `words` in service.json, or add a `rust` key");
        }
        let is_action = folder == "actions";
        let response = is_action.then(|| format!("{type_}Response"));
        let mut is_twice = false;
        for type_ in [Some(type_), response].into_iter().flatten() {
            if let Some(other) = types.insert(type_.clone(), file) {
                let message = format!("the type `{type_}` is also generated from {other}");
                report.error(file, pointer, message).help(RENAME);
                is_twice = true;
            }
        }
        if is_twice {
            // Further messages would be about the same two items.
            continue;
        }
        if let Some(other) = modules.insert((folder, names.module.clone()), file) {
            let message = format!("the module `{}` is also generated from {other}", names.module);
            report.error(file, pointer, message).help(RENAME);
        }
        let suffixes: &[&str] = match folder {
            "actions" => &["", "_RESPONSE", "_INFO", "_DOC"],
            "types" => &["", "_DOC"],
            _ => &["_DOC"],
        };
        for suffix in suffixes {
            let name = format!("{}{suffix}", names.constant);
            if let Some(other) = statics.insert(name.clone(), file) {
                let message = format!("the static `{name}` is also generated from {other}");
                report.error(file, pointer, message).help(RENAME);
            }
        }
    }
    waiters(api, &statics, report);
}

/// A generated type, and where its name comes from.
struct Named<'a> {
    wire: &'a str,
    type_: String,
    names: &'a Names,
    /// The folder of the module.
    folder: &'static str,
    file: &'a str,
    pointer: &'static str,
    /// The spec has a `rust` key.
    by_hand: bool,
}

/// All generated types, without responses.
fn named(api: &Api) -> Vec<Named<'_>> {
    let actions = api.actions.iter().map(|action| Named {
        wire: &action.spec.action,
        type_: action.rust.type_.clone(),
        names: &action.rust,
        folder: "actions",
        file: &action.path,
        pointer: if action.spec.rust.is_some() { "/rust" } else { "/action" },
        by_hand: action.spec.rust.is_some(),
    });
    let types = api.types.iter().map(|type_| Named {
        wire: &type_.spec.type_,
        type_: type_.rust.type_.clone(),
        names: &type_.rust,
        folder: "types",
        file: &type_.path,
        pointer: if type_.spec.rust.is_some() { "/rust" } else { "/type" },
        by_hand: type_.spec.rust.is_some(),
    });
    let enums = api.enums.iter().map(|enum_| Named {
        wire: &enum_.spec.enum_,
        type_: enum_.rust.type_.clone(),
        names: &enum_.rust,
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
                .error(
                    &file,
                    pointer,
                    format!("`{}` is not a valid type name", name.escape_debug()),
                )
                .help("use letters and digits; start with a capital letter");
        } else if RESERVED.contains(&type_.as_str()) || is_keyword(type_) {
            let message = format!("`{type_}` has another meaning in generated files");
            report.error(&file, pointer, message).help("choose another name");
        } else if types.insert(type_, ()).is_some() {
            report
                .error(&file, pointer, format!("duplicate `{name}`"))
                .help("remove one of the two");
        } else if let Some(other) = tables.insert(constant, name) {
            let message = format!("the static `{constant}` is also generated from `{other}`");
            report.error(&file, pointer, message).help("choose another name");
        } else if constant.ends_with("_INFO") && statics.contains_key(constant.as_str()) {
            // It would shadow the static of the action, which waiters use.
            let message = format!("the static `{constant}` is also generated from an action");
            report.error(&file, pointer, message).help("choose another name");
        }
    }
}
