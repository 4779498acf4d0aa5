//! One request, from the command line to the output: its action, its JSON and its model.

use cvm_models::protocol::{ActionInfo, Record, RetryClass, Violation, json, validate};
use serde_json::Value;

use crate::error::{CliError, Result};

/// A request, parsed once: everything after the parser reads this object.
#[derive(Clone, Debug)]
pub struct Request {
    info: &'static ActionInfo,
    value: Value,
    record: Record,
}

impl Request {
    /// A request with these parameters.
    ///
    /// # Errors
    ///
    /// A parameter does not fit the tables of the action.
    pub fn parse(info: &'static ActionInfo, value: Value) -> Result<Self> {
        let mut record = Record::new(info.request);
        let report = json::from_value(&mut record, &value)
            .map_err(|error| CliError::usage(format!("{}: {error}", info.name)))?;
        if let Some(name) = report.unknown_members().next() {
            let message = format!("`{}` has no parameter `{name}`", info.name);
            return Err(CliError::usage(message));
        }
        Ok(Self { info, value, record })
    }

    /// As [`Self::parse`], for parameters that are known to fit: others are omitted from the model.
    pub fn new(info: &'static ActionInfo, value: Value) -> Self {
        let record = record(info, &value);
        Self { info, value, record }
    }

    /// The action.
    pub const fn info(&self) -> &'static ActionInfo {
        self.info
    }

    /// The parameters as JSON.
    pub const fn value(&self) -> &Value {
        &self.value
    }

    /// The parameters as a model.
    pub const fn record(&self) -> &Record {
        &self.record
    }

    /// The retry class of this very request.
    pub fn class(&self) -> RetryClass {
        self.info.retry_class(&self.record)
    }

    /// Whether it changes something. A dry run does not.
    pub fn is_change(&self) -> bool {
        self.class() != RetryClass::Read
    }

    /// Whether it only asks for a check.
    pub fn is_dry_run(&self) -> bool {
        self.info.is_dry_run(&self.record)
    }

    /// The client token, if the request has one.
    pub fn token(&self) -> Option<&str> {
        self.value.get(self.info.idempotency_token?)?.as_str().filter(|token| !token.is_empty())
    }

    /// Sets the client token in this member.
    pub fn set_token(&mut self, member: &str, token: String) {
        let token = Value::from(token);
        if let Value::Object(members) = &mut self.value {
            members.insert(member.to_owned(), token.clone());
        }
        let member = Value::Object([(member.to_owned(), token)].into_iter().collect());
        // The token of an action is a string, so it fits.
        let _ = json::from_value(&mut self.record, &member);
    }

    /// The documented limits that it violates.
    pub fn violations(&self) -> Vec<Violation> {
        validate(&self.record)
    }
}

/// The parameters as a model. What does not fit the tables is omitted.
pub fn record(info: &'static ActionInfo, parameters: &Value) -> Record {
    let mut record = Record::new(info.request);
    let _ = json::from_value(&mut record, parameters);
    record
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn class(action: &str, parameters: Value) -> RetryClass {
        Request::new(cvm_models::action(action).unwrap(), parameters).class()
    }

    #[test]
    fn dry_run_has_class_read() {
        assert_eq!(class("RunInstances", json!({ "DryRun": true })), RetryClass::Read);
        assert_eq!(class("RunInstances", json!({ "DryRun": false })), RetryClass::Hazard);
        assert_eq!(class("RunInstances", json!({ "ClientToken": "t" })), RetryClass::Token);
        assert_eq!(class("DescribeZones", json!({})), RetryClass::Read);
    }

    #[test]
    fn token_is_set_in_value_and_record() {
        let info = cvm_models::action("RunInstances").unwrap();
        let mut request = Request::new(info, json!({ "ImageId": "img-1", "ClientToken": "" }));
        assert_eq!((request.token(), request.class()), (None, RetryClass::Hazard));
        request.set_token("ClientToken", "t-1".to_owned());
        assert_eq!((request.token(), request.class()), (Some("t-1"), RetryClass::Token));
        assert_eq!(json::to_value(request.record()), *request.value());
    }
}
