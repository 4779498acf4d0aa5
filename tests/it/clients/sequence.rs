//! A sequence of calls with the expected results, read from a JSON file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cvm_protocol::ActionInfo;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The region of a step that names none.
pub const DEFAULT_REGION: &str = "ap-guangzhou";

/// More polls than any operation takes.
const MAX_POLLS: usize = 600;

/// What the calls go to.
pub trait Service {
    fn url(&self) -> &str;
    /// The HTTPS endpoint, and the file of the CA certificate that clients must trust.
    fn https(&self) -> Option<(&str, &Path)>;
    fn credential(&self) -> Credential;
    /// A text that no earlier run against the same service had, for `${run}`.
    fn run(&self) -> String;
    /// Lets some time of the service pass.
    fn pause(&self);
}

/// What makes the calls.
pub trait Client {
    fn call(&mut self, call: &Call) -> Reply;
}

/// A call with all its values.
pub struct Call {
    pub info: &'static ActionInfo,
    pub region: String,
    pub credential: Credential,
    pub request: Value,
}

/// The result of a call.
pub enum Reply {
    /// The content of `Response`.
    Response(Value),
    /// A service error.
    Error { code: String, message: String },
    /// The client does not have this service: the name of its package.
    Missing(String),
}

/// What signs a call.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    secret_id: String,
    secret_key: String,
    #[serde(default)]
    token: Option<String>,
}

impl Credential {
    pub fn new(secret_id: &str, secret_key: &str) -> Self {
        Self { secret_id: secret_id.to_owned(), secret_key: secret_key.to_owned(), token: None }
    }

    pub fn to_sdk(&self) -> cvm_models::Credential {
        match &self.token {
            None => cvm_models::Credential::new(&*self.secret_id, &*self.secret_key),
            Some(token) => {
                cvm_models::Credential::temporary(&*self.secret_id, &*self.secret_key, &**token)
            }
        }
        .unwrap()
    }
}

/// A file of steps.
pub struct Sequence {
    name: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Which tool makes these calls, and for what.
    #[serde(rename = "title")]
    _title: String,
    steps: Vec<Step>,
}

/// A call, and what must be true of its result.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// `SERVICE:ACTION`.
    call: String,
    /// Why the call is made, or what its result shows.
    #[serde(default, rename = "note")]
    _note: String,
    #[serde(default)]
    region: Option<String>,
    #[serde(default)]
    credential: Option<Value>,
    #[serde(default)]
    request: Map<String, Value>,
    /// Values by path. The call is repeated until all of them are there.
    #[serde(default)]
    until: BTreeMap<String, Value>,
    /// Values by path; null also stands for a member that is absent.
    #[serde(default)]
    expect: BTreeMap<String, Value>,
    /// Paths with a value that is neither null nor empty.
    #[serde(default)]
    present: Vec<String>,
    /// The number of items of lists by path.
    #[serde(default)]
    length: BTreeMap<String, usize>,
    /// Names for values by path. `${name}` stands for the value in later steps.
    #[serde(default)]
    save: BTreeMap<String, String>,
    /// The error that the call must return.
    #[serde(default)]
    error: Option<ExpectedError>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedError {
    code: String,
    /// A part of the message.
    #[serde(default)]
    message: String,
}

impl Sequence {
    /// All sequences, sorted by name.
    pub fn all(folder: &Path) -> Vec<Self> {
        let entries = fs::read_dir(folder.join("sequences")).unwrap();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert!(!files.is_empty());
        let read = |path: &std::path::PathBuf| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(path).unwrap();
            let file: File =
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            Self { name, steps: file.steps }
        };
        files.iter().map(read).collect()
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The service and action of each step.
    pub fn actions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.steps.iter().map(|step| step.call.split_once(':').unwrap())
    }

    /// Makes all calls and checks the results. The error names a package that the client lacks, and the step that needs it.
    pub fn run(&self, client: &mut dyn Client, service: &dyn Service) -> Result<(), String> {
        let mut values = BTreeMap::from([("run".to_owned(), service.run())]);
        for (index, step) in self.steps.iter().enumerate() {
            let place = format!("{}, step {} ({})", self.name, index + 1, step.call);
            step.run(&place, &mut values, client, service)?;
        }
        Ok(())
    }
}

impl Step {
    /// Whether the step neither changes anything nor saves a value.
    fn is_read(&self) -> bool {
        self.call.contains(":Describe") && self.save.is_empty()
    }

    fn run(
        &self,
        place: &str,
        values: &mut BTreeMap<String, String>,
        client: &mut dyn Client,
        service: &dyn Service,
    ) -> Result<(), String> {
        let (service_name, action) = self.call.split_once(':').unwrap();
        let credential = match &self.credential {
            Some(given) => serde_json::from_value(filled(given, values)).unwrap(),
            None => service.credential(),
        };
        let call = Call {
            info: super::info(service_name, action),
            region: self.region.as_deref().unwrap_or(DEFAULT_REGION).to_owned(),
            credential,
            request: filled(&Value::Object(self.request.clone()), values),
        };
        let mut polls = 0;
        let response = loop {
            let response = match (client.call(&call), &self.error) {
                // Only a read can be left out without an effect on later steps.
                (Reply::Missing(_), None) if self.is_read() => return Ok(()),
                (Reply::Missing(package), _) => return Err(format!("{package}: {place}")),
                (Reply::Response(response), None) => response,
                (Reply::Error { code, message }, Some(expected)) => {
                    assert_eq!(code, expected.code, "{place}: {message}");
                    assert!(message.contains(&expected.message), "{place}: {message}");
                    return Ok(());
                }
                (Reply::Response(_), Some(expected)) => panic!("{place}: no {}", expected.code),
                (Reply::Error { code, message }, None) => panic!("{place}: {code}: {message}"),
            };
            let mut wanted = self.until.iter();
            if wanted.all(|(path, value)| is_same(at(&response, path), &filled(value, values))) {
                break response;
            }
            polls += 1;
            assert!(polls < MAX_POLLS, "{place}: never {:?} in {response}", self.until);
            service.pause();
        };
        for (path, value) in &self.expect {
            let expected = filled(value, values);
            let found = at(&response, path);
            assert!(
                is_same(found, &expected),
                "{place}: {path} is {found}, not {expected}, in {response}"
            );
        }
        for path in &self.present {
            let value = at(&response, path);
            let is_empty =
                value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty);
            assert!(!value.is_null() && !is_empty, "{place}: {path} in {response}");
        }
        for (path, length) in &self.length {
            let count = at(&response, path).as_array().map_or(0, Vec::len);
            assert_eq!(count, *length, "{place}: {path} in {response}");
        }
        for (name, path) in &self.save {
            let value = at(&response, path).as_str();
            let value = value.unwrap_or_else(|| panic!("{place}: no text at {path} in {response}"));
            values.insert(name.clone(), value.to_owned());
        }
        Ok(())
    }
}

/// The value at a path such as `InstanceSet.0.InstanceId`; null if there is none.
fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(value, |value, part| match part.parse::<usize>() {
        Ok(index) => &value[index],
        Err(_) => &value[part],
    })
}

/// Whether two values are equal. Of a number, one client writes `96` and another `96.0`.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one.total_cmp(&other).is_eq(),
        _ => one == other,
    }
}

/// The value with saved values in place of their names.
fn filled(value: &Value, values: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => {
            let text = values.iter().fold(text.clone(), |text, (name, value)| {
                text.replace(&format!("${{{name}}}"), value)
            });
            assert!(!text.contains("${"), "no value was saved for `{text}`");
            Value::String(text)
        }
        Value::Array(items) => items.iter().map(|item| filled(item, values)).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (name.clone(), filled(value, values)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}
