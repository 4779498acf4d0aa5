//! Runs cargo, and reads which artifacts it built from its JSON messages.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::error::Error;

/// Runs cargo in `folder` and returns its standard output. Arguments are separated by spaces.
pub fn run(folder: &Path, arguments: &str) -> Result<Vec<u8>, Error> {
    let output = Command::new("cargo")
        .args(arguments.split(' '))
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(format!("cargo {arguments}: failed").into()),
    }
}

/// Builds with cargo and returns the path of the program called `name`.
pub fn build(folder: &Path, arguments: &str, name: &str) -> Result<PathBuf, Error> {
    let messages = run(folder, &format!("{arguments} --message-format json"))?;
    executable(&messages, name)
        .ok_or_else(|| format!("cargo {arguments}: built no program `{name}`").into())
}

fn executable(messages: &[u8], name: &str) -> Option<PathBuf> {
    let artifact = artifact(messages, |target, message| {
        target == name && message.get("executable").is_some_and(Value::is_string)
    })?;
    artifact.get("executable")?.as_str().map(PathBuf::from)
}

/// The message about the first artifact whose target name and message satisfy the predicate.
pub fn artifact(messages: &[u8], predicate: impl Fn(&str, &Value) -> bool) -> Option<Value> {
    String::from_utf8_lossy(messages)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message.get("reason").is_some_and(|reason| reason == "compiler-artifact"))
        .find(|message| {
            let target = message.pointer("/target/name").and_then(Value::as_str);
            target.is_some_and(|target| predicate(target, message))
        })
}
