//! Actions that are known only by their names, for services and actions that are newer than any table.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use cvm_protocol::{ActionInfo, Record, RetryClass, ServiceInfo, json};
use serde_json::Value;

use crate::client::Client;
use crate::client::extra::ExtraMembers;
use crate::client::untyped_tables::{CLIENT_TOKEN, REQUEST, REQUEST_WITH_TOKEN, RESPONSE};
use crate::{Error, UntypedResponse};

/// The description of each action is kept for the life of the program, so their number is limited.
const MAX_ACTIONS: usize = 4096;

/// An action that is known only by its names: service, version and action.
///
/// Nothing is known about its parameters. A request is never retried after an ambiguous attempt, unless
/// [`retry`](Self::retry) says that this is safe. Each value of its request or response may be a secret. Observers and
/// [`UntypedResponse::masked`] show none, except the client token, the request id, and the code and message of an error.
/// If a code or message repeats a text of at least 6 characters from the request, the text is masked there and in the
/// [`Error`].
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
        static KNOWN: Mutex<BTreeMap<UntypedAction, &'static ActionInfo>> =
            Mutex::new(BTreeMap::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(info) = known.get(self) {
            return Ok(info);
        }
        self.check()?;
        if known.len() >= MAX_ACTIONS {
            let text =
                format!("a program can call at most {MAX_ACTIONS} different untyped actions");
            return Err(Error::usage(text));
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
            // The codes that leave the outcome of any service unknown.
            partial_errors: "FailedOperation InternalError InternalServerError ResponseSizeLimitExceeded ServiceUnavailable",
        };
        let service: &'static ServiceInfo = Box::leak(Box::new(service));
        let has_token = self.retry == RetryClass::Token;
        let request = if has_token { &REQUEST_WITH_TOKEN } else { &REQUEST };
        let mut info = ActionInfo::new(leak(self.name.clone()), service, request, &RESPONSE);
        info.retry = self.retry;
        info.regional = self.regional;
        // Its effect may come after the response, and the response may take long to begin.
        info.asynchronous = self.retry != RetryClass::Read;
        info.idempotency_token = has_token.then_some(CLIENT_TOKEN);
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
        let Self { service, version, name, .. } = self;
        Err(Error::usage(format!("{problem}: {service:?}, {version:?}, {name:?}")))
    }
}

fn leak(text: String) -> &'static str {
    text.leak()
}

impl Client {
    /// Calls an action that is known only by its names. `members` is the JSON object of the request.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); and [`Error::is_usage`] if a name is not valid, or `members` is not an object.
    pub async fn call_action(
        &self,
        action: &UntypedAction,
        mut members: Value,
    ) -> Result<UntypedResponse, Error> {
        let info = action.info()?;
        let mut request = Record::new(info.request);
        if info.idempotency_token.is_some()
            && let Some(token) = members.as_object_mut().and_then(|map| map.remove(CLIENT_TOKEN))
        {
            json::from_value(&mut request, &serde_json::json!({ CLIENT_TOKEN: token }))
                .map_err(|error| Error::usage(error.to_string()).with_action(info.name))?;
        }
        let extra = ExtraMembers::new(members, info.request)
            .map_err(|error| error.with_action(info.name))?
            .map(ExtraMembers::of_whole_request);
        self.with_extra(extra).call_record(info, request).await
    }
}
