//! The request of an entry, with what was left out of the journal given again, and nothing else.

use cvm_models::protocol::ActionInfo;
use serde_json::Value;

use crate::args::Args;
use crate::entry::{Entry, fingerprint, unusable, without_secrets};
use crate::exit::{CliError, Result};
use crate::json::Json;
use crate::parameters;
use crate::value_sources::Sources;

/// Most differences that a message names.
const MAX_NAMED: usize = 4;

/// The request as it was, with the parameters of the line laid over it. They may add secrets that the
/// entry names; whatever else they give must be what the entry has.
pub fn request(line: &Args, info: &'static ActionInfo, entry: &Entry) -> Result<Value> {
    let mut sources = Sources::default();
    let given = line.option("cli-input-json").map(|source| sources.json(source)).transpose()?;
    let noted = Json::from(entry.parameters.clone());
    // What the entry has must fit by itself: only what was given now can be a slip of the line.
    parameters::completed(info.request, Vec::new(), [&noted], &mut Sources::default()).map_err(
        |failure| {
            let why = "its parameters do not fit the action";
            failure.wrap(unusable(&entry.id, why))
        },
    )?;
    let bases = [Some(&noted), given.as_ref()].into_iter().flatten();
    let request =
        parameters::completed(info.request, line.parameters.clone(), bases, &mut sources)?;

    let (bare, secrets) = without_secrets(info, &request);
    let mut other = Vec::new();
    compare("", &entry.parameters, &bare, &mut other);
    other.extend(secrets.into_iter().filter(|name| !entry.secrets.contains(name)));
    if !other.is_empty() {
        other.truncate(MAX_NAMED);
        return Err(CliError::usage(format!(
            "`--{}` is not what the entry has; nothing was sent",
            other.join("`, `--")
        ))
        .hint("another request is another call: make it without `cvm resume`"));
    }
    Ok(request)
}

/// Refuses a request that is not the very same in every part that the journal can vouch for.
pub fn must_be_whole(
    line: &Args,
    info: &'static ActionInfo,
    entry: &Entry,
    request: &Value,
) -> Result<()> {
    let (bare, secrets) = without_secrets(info, request);
    let missing: Vec<&str> =
        entry.secrets.iter().filter(|name| !secrets.contains(name)).map(String::as_str).collect();
    if !missing.is_empty() {
        return Err(CliError::usage(format!(
            "`--{}` was given, which the journal does not keep; nothing was sent",
            missing.join("`, `--")
        ))
        .hint(format!("give the same again: {}", entry.command(line))));
    }
    if fingerprint(info, &bare, &secrets) != entry.fingerprint {
        return Err(CliError::local(
            "the fingerprint of the entry is not that of its parameters; nothing was sent",
        )
        .hint("somebody has changed the entry: look what became of the request yourself"));
    }
    Ok(())
}

/// Names the places in which two values differ.
fn compare(place: &str, noted: &Value, given: &Value, other: &mut Vec<String>) {
    let below = |step: &str| {
        if place.is_empty() { step.to_owned() } else { format!("{place}.{step}") }
    };
    match (noted, given) {
        (Value::Object(noted), Value::Object(given)) => {
            let added = given.iter().filter(|(name, _)| !noted.contains_key(*name));
            for (name, value) in noted {
                compare(&below(name), value, given.get(name).unwrap_or(&Value::Null), other);
            }
            // An object with nothing but secrets in it was left empty, or with what else it holds.
            other.extend(added.filter(|(_, value)| !is_empty(value)).map(|(name, _)| below(name)));
        }
        (Value::Array(noted), Value::Array(given)) if noted.len() == given.len() => {
            for (index, (noted, given)) in noted.iter().zip(given).enumerate() {
                compare(&below(&index.to_string()), noted, given, other);
            }
        }
        (noted, given) if noted == given => {}
        _ => other.push(place.to_owned()),
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(serde_json::Map::is_empty)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use cvm_models::Dialect;
    use serde_json::json;

    use super::*;
    use crate::clocks::Clocks;
    use crate::entry::Sending;

    fn entry(info: &'static ActionInfo, request: &Value) -> Entry {
        let sending = Sending {
            region: Some("ap-guangzhou".into()),
            endpoint: "https://h".into(),
            dialect: Dialect::Tc3,
            secret_id: "AKIDx".into(),
        };
        Entry::new("1".into(), Clocks::now(), info, request, sending)
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
        let line = Args::parse(arguments.into_iter().map(OsString::from)).unwrap();
        let request = request(&line, info, &entry)?;
        must_be_whole(&line, info, &entry, &request)?;
        Ok(request)
    }

    #[test]
    fn the_request_is_whole_with_its_secrets() {
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
    fn what_differs_is_named_and_refused() {
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
    fn every_request_with_a_token_comes_back_whole() {
        let tokens = cvm_models::ACTIONS.iter().filter(|info| info.generated_token().is_some());
        for info in tokens {
            let full = crate::skeleton::of(info.request);
            let request =
                parameters::request(info.request, Vec::new(), Some(&full), &mut Sources::default());
            let request = request.unwrap();
            let read = Entry::parse(entry(info, &request).to_text().as_bytes()).unwrap();
            let given = ["resume", "1", "--cli-input-json", &full.pretty()].map(OsString::from);
            let line = Args::parse(given).unwrap();
            let whole = self::request(&line, info, &read).unwrap();
            must_be_whole(&line, info, &read, &whole).unwrap();
            assert_eq!(whole, request, "{}", info.name);
        }
    }

    #[test]
    fn an_entry_that_was_changed_is_refused() {
        let (info, mut entry) = launch();
        entry.parameters["InstanceCount"] = 7.into();
        let line =
            Args::parse(["resume", "1", "--LoginSettings.Password", "x"].map(OsString::from))
                .unwrap();
        let request = request(&line, info, &entry).unwrap();
        let failure = must_be_whole(&line, info, &entry, &request).unwrap_err().to_string();
        assert!(failure.contains("fingerprint"), "{failure}");
    }
}
