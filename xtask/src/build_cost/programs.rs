//! The scratch packages that are built: programs that send none, a few and all actions, and one that
//! depends on the AWS SDK for EC2.

use std::path::{Path, PathBuf};

use crate::codegen::Files;
use crate::codegen::write::{Mode, Outcome, ensure};
use crate::{Error, at};

/// What most programs send.
pub const FEW: [&str; 3] = ["RunInstances", "DescribeInstances", "StopInstances"];

/// The programs, by their names.
pub const PROGRAMS: [&str; 3] = ["client_alone", "few_actions", "every_action"];

/// Writes the package of our programs and returns its folder.
pub fn ours(root: &Path, folder: &Path, every: &[&str]) -> Result<PathBuf, Error> {
    let lock = root.join("Cargo.lock");
    let lock = std::fs::read_to_string(&lock).map_err(|error| at(&lock, &error))?;
    // A text in TOML escapes as one in JSON does.
    let models = root.join("crates/cvm-models");
    let models = serde_json::Value::from(models.to_string_lossy());
    let mut files = Files::from([
        // The versions of the workspace, whose `release` the profile repeats.
        ("Cargo.lock".to_owned(), lock),
        ("Cargo.toml".to_owned(), manifest(&models.to_string())),
    ]);
    for (name, actions) in PROGRAMS.into_iter().zip([&[][..], &FEW, every]) {
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
    ensure(folder, "", files, &["src"], Mode::Write, &mut Outcome::default())?;
    Ok(folder.to_owned())
}

fn manifest(models: &str) -> String {
    format!(
        "[package]\nname = \"cvm-consumer\"\nedition = \"2024\"\n\n[dependencies]\n\
         cvm-models = {{ path = {models} }}\ntokio = {{ version = \"1\", features = [\"rt\"] }}\n\n\
         [profile.release]\nlto = \"thin\"\ncodegen-units = 4\nstrip = \"debuginfo\"\n\n[workspace]\n"
    )
}

/// Sends each action once and prints what came.
fn program(actions: &[&str]) -> String {
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
    fn a_program_sends_each_action_once() {
        insta::assert_snapshot!(program(&["StopInstances", "StartInstances"]), @r#"
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
        syn::parse_file(&program(&FEW)).unwrap();
    }
}
