//! Actions that are known only by their names, for services and actions that are newer than any table.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use cvm_protocol::{ActionInfo, Record, RetryClass, ServiceInfo, json};
use serde_json::Value;

use crate::client::Client;
use crate::client::extra::ExtraMembers;
use crate::client::untyped_tables::{CLIENT_TOKEN, PARTIAL_ERRORS, REQUEST, RESPONSE};
use crate::observe::mask::{MAX_NAME, cut};
use crate::{Error, UntypedResponse};

/// The maximum number of different actions in one program, because the description of each is kept until it ends.
const MAX_ACTIONS: usize = 4096;

/// An action that is known only by its names: service, version and action.
///
/// Nothing is known about its parameters. A request is never retried after an ambiguous attempt, unless
/// [`retry`](Self::retry) says that this is safe. Each value of its request or response may be a secret. Observers and
/// [`UntypedResponse::masked`] show none, except the client token, the request id, and the code and message of an error.
/// If a message repeats a text of at least 6 characters from the request as a whole word, the text is masked there and in the
/// [`Error`]; also if it is a word of an error code whose family is unknown. The predicates of [`Error`] judge the code and the
/// message as received.
///
/// A `ClientToken` in the request is treated as that of a typed request, whatever the class: reports and errors name it, and this
/// client sends it with no other parameters, unless the class is [`RetryClass::Read`]. Only the class [`RetryClass::Token`] makes a retry with it safe.
///
/// **Limit.** A program can call 4096 different actions, because it keeps the description of each until it ends; another
/// class or [`without_region`](Self::without_region) makes a different action. A program that gets names from its users should
/// check them against a list first, so that no user can exhaust the limit.
///
/// ```no_run
/// use cvm_transport::{Client, UntypedAction};
/// use cvm_protocol::RetryClass;
/// use serde_json::json;
///
/// # async fn example(client: Client) -> Result<(), cvm_transport::Error> {
/// let list = UntypedAction::new("vpc", "2017-03-12", "DescribeVpcs").retry(RetryClass::Read);
/// let response = client.call_action(&list, json!({ "Limit": "10" })).await?;
/// println!("{}", response.json().pretty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UntypedAction {
    service: String,
    version: String,
    name: String,
    retry: RetryClass,
    regional: bool,
}

impl UntypedAction {
    /// An action of a service (such as `vpc`) and version (such as `2017-03-12`), of class [`RetryClass::Hazard`].
    pub fn new(
        service: impl Into<String>,
        version: impl Into<String>,
        name: impl Into<String>,
    ) -> Self {
        Self {
            service: service.into(),
            version: version.into(),
            name: name.into(),
            retry: RetryClass::Hazard,
            regional: true,
        }
    }

    /// States how safe a retry is. [`RetryClass::Token`] means that the action has the parameter `ClientToken` and
    /// recognizes a repeated token; the client then generates one if the request has none.
    #[must_use]
    pub const fn retry(mut self, class: RetryClass) -> Self {
        self.retry = class;
        self
    }

    /// States that the action needs no region.
    #[must_use]
    pub const fn without_region(mut self) -> Self {
        self.regional = false;
        self
    }

    /// The description of this action, made once.
    fn info(&self) -> Result<&'static ActionInfo, Error> {
        static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
        self.info_in(&mut KNOWN.lock().unwrap_or_else(PoisonError::into_inner), MAX_ACTIONS)
    }

    /// As [`Self::info`], with descriptions that were made before.
    fn info_in(&self, known: &mut Known, max: usize) -> Result<&'static ActionInfo, Error> {
        if let Some(info) = known.get(self) {
            return Ok(info);
        }
        self.check()?;
        if known.len() >= max {
            return Err(Error::usage(format!(
                "this program has called {max} different untyped actions, and the description of each is kept until it ends: \
                 restart it, and check action names of users against a list before the call"
            )));
        }
        let service = &self.service;
        let service = ServiceInfo {
            name: leak(service.clone()),
            version: leak(self.version.clone()),
            endpoint: leak(format!("{service}.tencentcloudapi.com")),
            endpoint_regional: leak(format!("{service}.{{region}}.tencentcloudapi.com")),
            endpoint_intl: leak(format!("{service}.intl.tencentcloudapi.com")),
            endpoint_internal: leak(format!("{service}.internal.tencentcloudapi.com")),
            old_gateway: None,
            partial_errors: PARTIAL_ERRORS,
        };
        let service: &'static ServiceInfo = Box::leak(Box::new(service));
        let mut info = ActionInfo::new(leak(self.name.clone()), service, &REQUEST, &RESPONSE);
        info.retry = self.retry;
        info.regional = self.regional;
        // Its effect may come after the response, and the response may take long to begin.
        info.asynchronous = self.retry != RetryClass::Read;
        info.idempotency_token = Some(CLIENT_TOKEN);
        let info: &'static ActionInfo = Box::leak(Box::new(info));
        known.insert(self.clone(), info);
        Ok(info)
    }

    /// The service becomes a part of the host name, and the other two become headers.
    fn check(&self) -> Result<(), Error> {
        let is_label = |text: &str| {
            text.len() <= 41
                && text.starts_with(|first: char| first.is_ascii_lowercase())
                && text.ends_with(|last: char| last.is_ascii_alphanumeric())
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let is_date = |text: &str| {
            text.len() == 10
                && text.bytes().enumerate().all(|(at, byte)| match at {
                    4 | 7 => byte == b'-',
                    _ => byte.is_ascii_digit(),
                })
        };
        let is_name = |text: &str| {
            (1..=100).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let problem = if !is_label(&self.service) {
            "the service must be a name such as `vpc`"
        } else if !is_date(&self.version) {
            "the version must be a date such as `2017-03-12`"
        } else if !is_name(&self.name) {
            "the action must be a name such as `DescribeVpcs`"
        } else {
            return Ok(());
        };
        let [service, version, name] =
            [&self.service, &self.version, &self.name].map(|text| cut(text, MAX_NAME));
        Err(Error::usage(format!("{problem}: {service:?}, {version:?}, {name:?}")))
    }
}

/// The descriptions of the actions that were called.
type Known = BTreeMap<UntypedAction, &'static ActionInfo>;

fn leak(text: String) -> &'static str {
    text.leak()
}

impl Client {
    /// Calls an action that is known only by its names. `members` is the JSON object of the request.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); and [`Error::is_usage`] if a name is not valid, or if `members` is not an object; or if the request is
    /// sent as pairs and a member is null, empty, or a parameter that every request has, such as `Token`.
    pub async fn call_action(
        &self,
        action: &UntypedAction,
        mut members: Value,
    ) -> Result<UntypedResponse, Error> {
        let info = action.info()?;
        let refused = |text: String| Error::usage(text).with_action(info.name);
        let Some(map) = members.as_object_mut() else {
            return Err(refused("the members of the request must be a JSON object".to_owned()));
        };
        let mut request = Record::new(info.request);
        if let Some(token) = map.shift_remove(CLIENT_TOKEN) {
            json::from_value(&mut request, &serde_json::json!({ CLIENT_TOKEN: token }))
                .map_err(|error| refused(error.to_string()))?;
        }
        let extra = ExtraMembers::new(members, info.request)
            .map_err(|error| error.with_action(info.name))?
            .map(ExtraMembers::of_whole_request);
        self.with_extra(extra).call_record(info, request).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(name: &str) -> UntypedAction {
        UntypedAction::new("vpc", "2017-03-12", name)
    }

    #[test]
    fn each_different_action_is_described_once_up_to_a_limit() {
        let mut known = Known::new();
        let first = action("A").info_in(&mut known, 2).unwrap();
        assert!(std::ptr::eq(first, action("A").info_in(&mut known, 2).unwrap()));
        let read = action("A").retry(RetryClass::Read).info_in(&mut known, 2).unwrap();
        assert!(first.asynchronous && !read.asynchronous);
        let error = action("B").info_in(&mut known, 2).unwrap_err();
        assert!(error.is_usage() && error.to_string().contains("restart it"), "{error}");
        assert!(std::ptr::eq(first, action("A").info_in(&mut known, 2).unwrap()), "still works");
    }

    #[test]
    fn names_that_are_not_valid_use_up_nothing() {
        let mut known = Known::new();
        action("no name").info_in(&mut known, 1).unwrap_err();
        action("A").info_in(&mut known, 1).unwrap();
    }
}
