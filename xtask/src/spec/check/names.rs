//! Checks names: they are identifiers and unique, and are not keywords or split words.

use std::collections::HashMap;

use super::super::diagnostic::Report;
use super::super::model::Api;
use super::super::names::{
    cannot_be_raw, is_camel, is_shouty, is_snake, is_wire_name, lone_letter,
};
use super::{sets, type_names};

pub fn check(api: &Api, report: &mut Report) {
    members(api, report);
    type_names::check(api, report);
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
                    .error(
                        set.file,
                        &at_name,
                        format!("`{}` is not a valid name", name.escape_debug()),
                    )
                    .help("use at most 128 letters, digits and underscores; start with a letter");
                continue;
            }
            if wire.insert(name, ()).is_some() {
                report
                    .error(set.file, &at_name, format!("duplicate `{name}`"))
                    .help("remove one of the two");
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
                    .help("add a `rust` key to one of them");
            }
        }
    }
}

fn field(rust: &str, wire: &str, by_hand: bool, file: &str, pointer: &str, report: &mut Report) {
    if !is_snake(rust) {
        report
            .error(file, pointer, format!("`{}` is not a field name", rust.escape_debug()))
            .help("use lower-case letters, digits and underscores; start with a letter");
    } else if cannot_be_raw(rust) {
        report
            .error(file, pointer, format!("`{wire}` becomes the keyword `{rust}`"))
            .help(format!("Rust has no raw identifier for it; add `\"rust\": \"{rust}_\"`"));
    } else if let (Some(letter), false) = (lone_letter(rust), by_hand) {
        let message = format!("`{wire}` becomes `{rust}`, which splits off the letter `{letter}`");
        report
            .error(file, pointer, message)
            .help("add the word to `words` in service.json, or add a `rust` key");
    }
}

fn variants(api: &Api, report: &mut Report) {
    for enum_ in &api.enums {
        let file = enum_.path.as_str();
        let mut wire: HashMap<&str, ()> = HashMap::new();
        let mut rust: HashMap<&str, &str> =
            HashMap::from([("Unknown", "every newer value"), ("VALUES", "the list of all values")]);
        if enum_.spec.values.is_empty() {
            report
                .error(file, "/values", "the enum has no values")
                .help("name its values, or give its members the type `string`");
        }
        for (index, (value, variant)) in enum_.spec.values.iter().zip(&enum_.variants).enumerate() {
            let text = value.value.as_str();
            let pointer = format!("/values/{index}");
            if wire.insert(text, ()).is_some() {
                report
                    .error(
                        file,
                        format!("{pointer}/value"),
                        format!("duplicate `{}`", text.escape_debug()),
                    )
                    .help("list each value once, where the service lists it first");
                continue;
            }
            let at = match value.rust {
                Some(_) => format!("{pointer}/rust"),
                None => format!("{pointer}/value"),
            };
            if !is_camel(variant) || cannot_be_raw(variant) {
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
                    .help(
                        "add a `rust` key of letters and digits that starts with a capital letter",
                    );
            } else if joins_numbers(text, variant) && value.rust.is_none() {
                report
                    .error(
                        file,
                        at,
                        format!("`{text}` becomes `{variant}`, which joins two numbers"),
                    )
                    .help("add a `rust` key, such as `X86_64`");
            } else if let Some(other) = rust.insert(variant, text) {
                report
                    .error(file, at, format!("`{text}` and {other} are both `{variant}` in Rust"))
                    .help("add a `rust` key to one of them");
            }
        }
    }
}

/// Whether the Rust name joins numbers that are separate on the wire.
fn joins_numbers(wire: &str, rust: &str) -> bool {
    let runs = |text: &str| {
        text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).count()
    };
    runs(wire) != runs(rust)
}

fn constants(api: &Api, report: &mut Report) {
    // The table is in the same module as the constants.
    const TABLE: &str = "the table of all codes";
    let file = format!("{}/errors.json", api.shown_as);
    let mut rust: HashMap<&str, &str> = HashMap::from([("ERRORS", TABLE)]);
    for (index, error) in api.errors.iter().enumerate() {
        let code = error.spec.code.as_str();
        let pointer = format!("/errors/{index}/code");
        let legal =
            code.len() <= 128 && code.split('.').all(is_wire_name) && is_shouty(&error.rust);
        if !legal {
            report
                .error(
                    &file,
                    pointer,
                    format!("`{}` is not a valid error code", code.escape_debug()),
                )
                .help("use names separated by dots, such as `InvalidParameter.Zone`");
            continue;
        }
        let lower = error.rust.to_ascii_lowercase();
        if let (Some(letter), None) = (lone_letter(&lower), &error.spec.rust) {
            let message = format!(
                "`{code}` becomes `{}`, which splits off the letter `{letter}`",
                error.rust
            );
            report
                .error(&file, pointer, message)
                .help("add the word to `words` in service.json, or add a `rust` key");
        } else if let Some(other) = rust.insert(&error.rust, code)
            && other != code
        {
            report
                .error(
                    &file,
                    pointer,
                    match other {
                        TABLE => format!("`{code}` and {TABLE} are both `{}` in Rust", error.rust),
                        _ => format!("`{code}` and `{other}` are both `{}` in Rust", error.rust),
                    },
                )
                .help("add a `rust` key to one of them");
        }
    }
}

fn words(api: &Api, report: &mut Report) {
    let file = format!("{}/service.json", api.shown_as);
    for (index, word) in api.service.words.iter().enumerate() {
        if !is_wire_name(word) {
            let message = format!("`{}` is not a word", word.escape_debug());
            report
                .error(&file, format!("/words/{index}"), message)
                .help("use letters, digits and underscores; start with a letter");
        }
    }
    let name = &api.service.service;
    // It is never an identifier, so it may be a keyword, such as the service `as`.
    let legal = is_snake(name) && name.len() <= 64;
    if !legal {
        let message = format!("`{}` is not a service name", name.escape_debug());
        report
            .error(&file, "/service", message)
            .help("use at most 64 lower-case letters and digits");
    }
    let version = &api.service.version;
    if version.is_empty()
        || !version.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        let message = format!("`{}` is not a version", version.escape_debug());
        report.error(&file, "/version", message).help("use a date, such as `2017-03-12`");
    }
}
