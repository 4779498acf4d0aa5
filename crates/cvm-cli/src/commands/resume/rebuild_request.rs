//! Rebuilds the request of an entry: the stored parameters, and the secrets that are given again.

use cvm_models::protocol::{ActionInfo, Json};
use serde_json::{Map, Value};

use crate::args::Args;
use crate::error::{CliError, Result};
use crate::journal::entry::{Entry, fingerprint, unusable, without_secrets};
use crate::parameters;
use crate::request::Request;
use crate::value_sources::Sources;

/// Maximum number of differences that a message names.
const MAX_NAMED: usize = 4;

/// The request of the entry, with the parameters of the command line merged into it. They may add secrets that
/// the entry names; all others must equal those of the entry.
pub fn rebuild(args: &Args, info: &'static ActionInfo, entry: &Entry) -> Result<Request> {
    let mut sources = Sources::default();
    let given = args.option("cli-input-json").map(|source| sources.json(source)).transpose()?;
    let recorded = Json::from(entry.parameters.clone());
    // Checked alone first, so that a later error is about the command line and not about the entry.
    parameters::complete_request(info.request, Vec::new(), [&recorded], &mut Sources::default())
        .map_err(|error| {
            let why = "its parameters are not valid for the action";
            error.wrap(unusable(&entry.id, why))
        })?;
    let inputs = [Some(&recorded), given.as_ref()].into_iter().flatten();
    let parameters =
        parameters::complete_request(info.request, args.parameters.clone(), inputs, &mut sources)?;

    let (stored, secrets) = without_secrets(info, &parameters);
    let mut different = Vec::new();
    compare("", &entry.parameters, &stored, &mut different);
    different.extend(secrets.into_iter().filter(|name| !entry.secrets.contains(name)));
    if !different.is_empty() {
        different.truncate(MAX_NAMED);
        return Err(CliError::usage(format!(
            "`--{}` differs from the entry; nothing was sent",
            different.join("`, `--")
        ))
        .hint("to send a different request, make a new call without `cvm resume`"));
    }
    Request::parse(info, parameters)
}

/// Rejects a request that lacks a secret, or whose other parameters differ from those that were sent.
pub fn check_complete(args: &Args, entry: &Entry, request: &Request) -> Result<()> {
    let info = request.info();
    let (stored, secrets) = without_secrets(info, request.value());
    let missing: Vec<&str> =
        entry.secrets.iter().filter(|name| !secrets.contains(name)).map(String::as_str).collect();
    if !missing.is_empty() {
        return Err(CliError::usage(format!(
            "`--{}` is missing, because the journal stores no secrets; nothing was sent",
            missing.join("`, `--")
        ))
        .hint(format!("give the same value again: {}", entry.command(args))));
    }
    if fingerprint(info, &stored, &secrets) != entry.fingerprint {
        return Err(CliError::local(
            "the fingerprint of the entry does not match its parameters; nothing was sent",
        )
        .hint("the entry was changed: check yourself whether its request took effect"));
    }
    Ok(())
}

/// Appends the paths at which two values differ.
fn compare(path: &str, recorded: &Value, given: &Value, different: &mut Vec<String>) {
    let below = |step: &str| {
        if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") }
    };
    match (recorded, given) {
        (Value::Object(recorded), Value::Object(given)) => {
            let added = given.iter().filter(|(name, _)| !recorded.contains_key(*name));
            for (name, value) in recorded {
                compare(&below(name), value, given.get(name).unwrap_or(&Value::Null), different);
            }
            // An added object that is empty had only secrets, which were removed.
            different
                .extend(added.filter(|(_, value)| !is_empty(value)).map(|(name, _)| below(name)));
        }
        (Value::Array(recorded), Value::Array(given)) if recorded.len() == given.len() => {
            for (index, (recorded, given)) in recorded.iter().zip(given).enumerate() {
                compare(&below(&index.to_string()), recorded, given, different);
            }
        }
        (recorded, given) if recorded == given => {}
        _ => different.push(path.to_owned()),
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use cvm_models::config::Dialect;
    use serde_json::json;

    use super::*;
    use crate::journal::clocks::Clocks;
    use crate::journal::entry::Destination;

    fn entry(info: &'static ActionInfo, request: &Value) -> Entry {
        let destination = Destination {
            region: Some("ap-guangzhou".into()),
            endpoint: "https://h".into(),
            dialect: Dialect::Tc3,
            secret_id: "AKIDx".into(),
        };
        Entry::new("1".into(), Clocks::now(), &Request::new(info, request.clone()), destination)
    }

    fn launch() -> (&'static ActionInfo, Entry) {
        let info = cvm_models::action("RunInstances").unwrap();
        let request = json!({
            "Placement": { "Zone": "z" },
            "ClientToken": "t",
            "DataDisks": [{ "DiskSize": 10 }, { "DiskSize": 20 }],
            "LoginSettings": { "Password": "canary" },
        });
        (info, entry(info, &request))
    }

    fn resume(arguments: &[&str]) -> Result<Value> {
        let (info, entry) = launch();
        let arguments = [&["resume", "1"], arguments].concat();
        let args = Args::parse(arguments.into_iter().map(OsString::from)).unwrap();
        let request = rebuild(&args, info, &entry)?;
        check_complete(&args, &entry, &request)?;
        Ok(request.value().clone())
    }

    #[test]
    fn request_is_complete_with_its_secrets() {
        let request = resume(&["--LoginSettings.Password", "canary"]).unwrap();
        assert_eq!(request["LoginSettings"]["Password"], "canary");
        assert_eq!(request["ClientToken"], "t");
        // What is given once more and is the same does no harm.
        resume(&["--LoginSettings.Password", "canary", "--Placement.Zone", "z"]).unwrap();
        resume(&["--cli-input-json", r#"{"LoginSettings":{"Password":"canary"}}"#]).unwrap();
    }

    #[test]
    fn missing_secrets_are_named() {
        let failure = resume(&[]).unwrap_err().to_string();
        assert!(failure.contains("again: cvm resume 1 --LoginSettings.Password @-"), "{failure}");
    }

    #[test]
    fn differing_parameters_are_named_and_rejected() {
        for (arguments, named) in [
            (&["--Placement.Zone", "y"][..], "`--Placement.Zone`"),
            (&["--InstanceCount", "2"], "`--InstanceCount`"),
            (&["--DataDisks.1.DiskSize", "21"], "`--DataDisks.1.DiskSize`"),
            (&["--DataDisks", r#"[{"DiskSize":10}]"#], "`--DataDisks`"),
            (&["--ClientToken", "u"], "`--ClientToken`"),
            (&["--UserData", "canary"], "`--UserData`"),
            (&["--LoginSettings.KeyIds", "skey-1"], "`--LoginSettings.KeyIds`"),
        ] {
            let arguments = [arguments, &["--LoginSettings.Password", "canary"]].concat();
            let failure = resume(&arguments).unwrap_err().to_string();
            assert!(failure.contains(named) && !failure.contains("canary"), "{failure}");
        }
    }

    #[test]
    fn every_token_request_is_rebuilt_completely() {
        let tokens = cvm_models::ACTIONS.iter().filter(|info| info.generated_token().is_some());
        for info in tokens {
            let full = crate::skeleton::of(info.request);
            let request =
                parameters::request(info.request, Vec::new(), Some(&full), &mut Sources::default());
            let request = request.unwrap();
            let read = Entry::parse(entry(info, &request).to_text().as_bytes()).unwrap();
            let given = ["resume", "1", "--cli-input-json", &full.pretty()].map(OsString::from);
            let args = Args::parse(given).unwrap();
            let rebuilt = rebuild(&args, info, &read).unwrap();
            check_complete(&args, &read, &rebuilt).unwrap();
            assert_eq!(*rebuilt.value(), request, "{}", info.name);
        }
    }

    #[test]
    fn changed_entry_is_rejected() {
        let (info, mut entry) = launch();
        entry.parameters["InstanceCount"] = 7.into();
        let args =
            Args::parse(["resume", "1", "--LoginSettings.Password", "x"].map(OsString::from))
                .unwrap();
        let request = rebuild(&args, info, &entry).unwrap();
        let failure = check_complete(&args, &entry, &request).unwrap_err().to_string();
        assert!(failure.contains("fingerprint"), "{failure}");
    }
}
