//! Writes the files of a crate around its generated code: manifest, front page, example, README.
//!
//! An imported crate (`import/package.rs`) has other texts, and the same features and modules.

use super::Files;
use super::doc_text::{paragraph, plain};
use super::layout::{comment, origin};
use crate::services::package_name;
use crate::spec::model::{Action, Api, Kind, Member};
use crate::spec::spec_file::RetryClass;

/// The names that generated files use. They are the same in every crate.
pub const PRELUDE: &str = include_str!("../../../crates/cvm-models/src/prelude.rs");

/// The features of every crate of models.
pub const FEATURES: &str = r#"[features]
default = ["client"]
# Adds the client that sends these actions.
client = ["dep:cvm-transport"]
# Adds `blocking::Client`, for programs without async.
blocking = ["client", "cvm-transport/blocking"]
# Adds descriptions as data, for programs that print help.
docs = []
# Mocked clients, and errors and responses made by hand, for tests.
test-util = ["client", "cvm-transport/test-util"]
"#;

/// The same features in the docs of every crate.
pub const FEATURE_DOCS: &str = "\
//! | feature | default | adds |
//! |---|---|---|
//! | `client` | yes | `Client`, which sends these actions; without it, only the types |
//! | `blocking` | no | `blocking::Client`, for programs without async |
//! | `test-util` | no | `Client::mock` and the module `testing`: mocked clients, and errors and responses made by hand |
//! | `docs` | no | descriptions as data, for programs that print help |
";

/// The part of every `lib.rs` below its docs.
pub const MODULES: &str = r#"#[rustfmt::skip]
mod generated;
#[allow(unused_imports, reason = "not every service uses all of them")]
mod prelude;

pub use cvm_protocol as protocol;
#[cfg(feature = "client")]
pub use cvm_transport::*;
#[cfg(feature = "docs")]
pub use generated::docs::DOCS;
pub use generated::index::{ACTIONS, SERVICE, action};
pub use generated::{actions, enums, error_code, index, retry_classes, types, waiters};
"#;

/// All files of a crate of this workspace, except its generated code and its licenses.
pub fn files(api: &Api) -> Files {
    let mut files = Files::new();
    for (path, text) in [
        ("Cargo.toml", manifest(api)),
        ("README.md", readme(api)),
        ("src/lib.rs", library(api)),
        ("src/prelude.rs", PRELUDE.to_owned()),
    ] {
        files.insert(path.to_owned(), text);
    }
    if let Some(action) = example(api) {
        files.insert(format!("examples/{}.rs", example_name(action)), program(api, action));
    }
    files
}

/// An action for examples: one that reads, preferably a list, and preferably one without required members.
pub fn example(api: &Api) -> Option<&Action> {
    let rank = |action: &&Action| {
        let reads = action.spec.retry.class == RetryClass::Read;
        let is_needed = |member: &Member| member.spec.required || member.spec.required_if.is_some();
        let is_free = !action.request.iter().any(is_needed);
        (reads, is_free, action.spec.paginate.is_some(), !action.spec.deprecated)
    };
    // `max_by_key` returns the last of several, and the first in alphabetical order is as good.
    api.actions.iter().rev().max_by_key(rank)
}

/// The name of the example. The examples of a workspace share a folder, and names of actions differ.
fn example_name(action: &Action) -> &str {
    &action.rust.module
}

/// `VPC (Virtual Private Cloud) 2017-03-12`.
fn title(api: &Api) -> String {
    let service = &api.service;
    let short = service.service.to_ascii_uppercase();
    let name = match &service.title {
        Some(title) if title.eq_ignore_ascii_case(&short) => title.clone(),
        Some(title) => format!("{short} ({title})"),
        None => short,
    };
    plain(&format!("{name} {}", service.version))
}

/// What the service is, and which part of it the crate has.
fn about(api: &Api) -> Vec<String> {
    let scope = api.service.scope.as_deref().unwrap_or_default();
    paragraph(&format!("{} {scope}", api.service.summary), 0)
}

fn manifest(api: &Api) -> String {
    let service = &api.service.service;
    let description = format!(
        "Actions, types, value sets and error codes of Tencent Cloud {}, with a client.",
        title(api)
    );
    let example = example(api).map_or_else(String::new, |action| {
        format!(
            r#"
[[example]]
name = "{name}"
# A library, so `cargo test` compiles it and links no program.
crate-type = ["lib"]
required-features = ["client"]
"#,
            name = example_name(action)
        )
    });
    format!(
        r##"# {origin}

[package]
name = "{name}"
description = {description:?}
version.workspace = true
edition.workspace = true
license.workspace = true
rust-version.workspace = true
repository.workspace = true
readme = "README.md"
keywords = ["tencent-cloud", "{service}", "sdk", "cloud"]
categories = ["api-bindings"]

[package.metadata.docs.rs]
all-features = true

[lib]
# Docs come from specs, so no text in them may become a test. The example in `lib.rs` is compiled from `examples/`.
doctest = false
# The tests of the workspace cover the models.
test = false

{FEATURES}
[dependencies]
cvm-protocol = {{ workspace = true }}
cvm-transport = {{ workspace = true, optional = true }}
{example}
[lints]
workspace = true
"##,
        origin = origin(&api.shown_as),
        name = package_name(service),
    )
}

fn library(api: &Api) -> String {
    let mut text = format!("// {}\n\n", origin(&api.shown_as));
    text.push_str(&format!("//! Tencent Cloud {} in Rust.\n//!\n", title(api)));
    let mut docs = |line: &str| text.push_str(&comment("//!", "", line));
    about(api).iter().for_each(|line| docs(line));
    docs("");
    docs(
        "Each action has a request struct in [`actions`]. The same client sends the actions of all services:",
    );
    docs("");
    if let Some(action) = example(api) {
        docs("```ignore");
        let path = example_name(action);
        text.push_str(&format!("#![doc = include_str!(\"../examples/{path}.rs\")]\n"));
        text.push_str("//! ```\n//!\n");
    }
    text.push_str(
        "//! | to | use |\n\
         //! |---|---|\n\
         //! | find the action for a task | [`index`] |\n\
         //! | see which requests the client retries | [`retry_classes`] |\n\
         //! | understand an error code | [`error_code`] |\n\
         //! | wait for a state | [`waiters`] |\n\
         //! | work with an action by name | [`action`], [`ACTIONS`] |\n\
         //! | show help | `DOCS`, with feature `docs` |\n\
         //!\n\
         //! Structs have public fields and a `Default`. A new field is a minor change, so write\n\
         //! `..Default::default()`.\n\
         //!\n",
    );
    format!("{text}{FEATURE_DOCS}\n{MODULES}")
}

fn readme(api: &Api) -> String {
    let name = package_name(&api.service.service);
    let about = about(api).join("\n");
    format!(
        r#"<!-- {origin} -->

# {name}

Tencent Cloud {title} in Rust, with the client of `cvm-models`: {actions} actions as plain structs.
{about}

| feature | default | adds |
| --- | --- | --- |
| `client` | yes | the client that sends these actions (`cvm-transport`); without it, the crate needs neither network nor runtime |
| `blocking` | no | `blocking::Client`, for programs without async |
| `test-util` | no | `Client::mock` and the module `testing`: mocked clients, and errors and responses made by hand |
| `docs` | no | descriptions as data, for programs that print help |

License: Apache-2.0 or MIT, at your option.
"#,
        origin = origin(&api.shown_as),
        title = title(api),
        actions = api.actions.len(),
    )
}

/// The example on the front page: a list, or another call.
fn program(api: &Api, action: &Action) -> String {
    let krate = package_name(&api.service.service).replace('-', "_");
    let name = &action.rust.type_;
    let summary = comment("//!", "", &plain(&action.spec.summary));
    let (function, about, imported, result, call) = match item(api, action) {
        Some(item) => {
            let imported = match item {
                Some(type_) => format!("use {krate}::types::{type_};\n"),
                None => String::new(),
            };
            let result = format!("Vec<{}>", item.unwrap_or("String"));
            let call = format!("client.items({name}::default()).try_collect().await");
            ("list", "Returns the items of all pages.", imported, result, call)
        }
        None => {
            let result = format!("{name}Response");
            let call = format!("client.send({name}::default()).await");
            ("call", "Returns the response.", String::new(), result, call)
        }
    };
    let actions = match function {
        "list" => name.clone(),
        _ => format!("{{{name}, {result}}}"),
    };
    format!(
        r#"{summary}
use {krate}::actions::{actions};
{imported}use {krate}::{{Client, Error}};

/// {about}
pub async fn {function}() -> Result<{result}, Error> {{
    // Credentials and region from environment variables, credential files or the instance's role.
    let client = Client::from_env().await?;
    {call}
}}
"#
    )
}

/// If the action is a list in pages: the type of an item, `None` for text.
fn item<'a>(api: &'a Api, action: &Action) -> Option<Option<&'a str>> {
    let paginate = action.spec.paginate.as_ref()?;
    let items = api.follow(&action.response, &paginate.items)?;
    Some(match items.kind.innermost() {
        Kind::Type(index) => Some(api.type_at(*index).rust.type_.as_str()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::open_clean;

    fn tour() -> Files {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tour/specs");
        files(&open_clean(&root, "specs").unwrap())
    }

    #[test]
    fn crate_has_every_file_that_a_registry_shows() {
        let files = tour();
        let paths: Vec<&str> = files.keys().map(String::as_str).collect();
        assert_eq!(
            paths,
            [
                "Cargo.toml",
                "README.md",
                "examples/describe_boats.rs",
                "src/lib.rs",
                "src/prelude.rs"
            ]
        );
        for key in ["description = ", "license.workspace", "readme = ", "keywords = "] {
            assert!(files["Cargo.toml"].contains(key), "{key}");
        }
        insta::assert_snapshot!(files["examples/describe_boats.rs"], @r"
        //! Lists rented vessels, page by page.

        use tour_models::actions::DescribeBoats;
        use tour_models::types::Boat;
        use tour_models::{Client, Error};

        /// Returns the items of all pages.
        pub async fn list() -> Result<Vec<Boat>, Error> {
            // Credentials and region from environment variables, credential files or the instance's role.
            let client = Client::from_env().await?;
            client.items(DescribeBoats::default()).try_collect().await
        }
        ");
    }

    #[test]
    fn every_written_file_except_the_prelude_names_its_origin() {
        for (path, text) in tour() {
            if path.ends_with("lib.rs") || path.ends_with("Cargo.toml") || path.ends_with(".md") {
                assert!(text.contains(&origin("specs")), "{path}");
            }
        }
    }
}
