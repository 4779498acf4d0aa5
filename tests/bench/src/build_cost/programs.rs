//! The scratch packages that are built: programs that use no action, a few and all of them, and a library that depends on
//! the AWS SDK for EC2.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, at};

/// File contents by path.
type Files = BTreeMap<String, String>;

/// The actions of a typical program.
pub const FEW: [&str; 3] = ["RunInstances", "DescribeInstances", "StopInstances"];

/// The names of the programs.
pub const PROGRAMS: [&str; 3] = ["client_alone", "few_actions", "every_action"];

/// Writes the package of our programs and returns its folder.
pub fn ours(root: &Path, folder: &Path, every: &[String]) -> Result<PathBuf, Error> {
    let lock = root.join("Cargo.lock");
    let lock = fs::read_to_string(&lock).map_err(|error| at(&lock, &error))?;
    // A basic string of TOML has the same escapes as a JSON string.
    let models = root.join("crates/cvm-models");
    let models = serde_json::Value::from(models.to_string_lossy());
    let mut files = Files::from([
        // The same versions and the same `release` profile as in the workspace.
        ("Cargo.lock".to_owned(), lock),
        ("Cargo.toml".to_owned(), manifest(&models.to_string())),
    ]);
    let few = FEW.map(str::to_owned);
    for (name, actions) in PROGRAMS.into_iter().zip([&[][..], &few, every]) {
        files.insert(format!("src/bin/{name}.rs"), program(actions));
    }
    put(&folder.join("consumer"), &files)
}

/// Writes the package that depends on the AWS SDK for EC2 and returns its folder.
pub fn aws(folder: &Path) -> Result<PathBuf, Error> {
    let manifest = "[package]\nname = \"aws-consumer\"\nedition = \"2024\"\n\n[dependencies]\n\
                    aws-sdk-ec2 = { version = \"1\", default-features = false }\n\n[workspace]\n";
    let files = Files::from([
        ("Cargo.toml".to_owned(), manifest.to_owned()),
        ("src/lib.rs".to_owned(), String::new()),
    ]);
    put(&folder.join("aws-consumer"), &files)
}

fn put(folder: &Path, files: &Files) -> Result<PathBuf, Error> {
    for (name, text) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| at(parent, &error))?;
        }
        fs::write(&path, text).map_err(|error| at(&path, &error))?;
    }
    Ok(folder.to_owned())
}

fn manifest(models: &str) -> String {
    format!(
        "[package]\nname = \"cvm-consumer\"\nedition = \"2024\"\n\n[dependencies]\n\
         cvm-models = {{ path = {models} }}\ntokio = {{ version = \"1\", features = [\"rt\"] }}\n\n\
         [profile.release]\nlto = \"thin\"\ncodegen-units = 4\nstrip = \"debuginfo\"\n\n[workspace]\n"
    )
}

/// A program that sends each action once and prints the results.
fn program(actions: &[String]) -> String {
    let sends: String = actions
        .iter()
        .map(|action| {
            format!(
                "        println!(\"{{:?}}\", client.send(actions::{action}::default()).await);\n"
            )
        })
        .collect();
    let import = if actions.is_empty() { "" } else { "use cvm_models::actions;\n" };
    format!(
        "{import}use cvm_models::Client;\n\nfn main() {{\n    \
         let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();\n    \
         runtime.block_on(async {{\n        let client = Client::from_env().await.unwrap();\n\
         {sends}        drop(client);\n    }})\n}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_sends_each_action_once() {
        insta::assert_snapshot!(program(&["StopInstances", "StartInstances"].map(str::to_owned)), @r#"
        use cvm_models::actions;
        use cvm_models::Client;

        fn main() {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let client = Client::from_env().await.unwrap();
                println!("{:?}", client.send(actions::StopInstances::default()).await);
                println!("{:?}", client.send(actions::StartInstances::default()).await);
                drop(client);
            })
        }
        "#);
        assert!(!program(&[]).contains("actions"));
    }
}
