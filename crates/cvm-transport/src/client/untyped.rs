//! Calls of actions that are described only by their [`ActionInfo`]: JSON in, JSON out.

use bytes::Bytes;
use cvm_protocol::{ActionInfo, Json, Record, envelope, json};

use crate::client::Client;
use crate::client::extra::ExtraMembers;
use crate::client::untyped_tables::response_table;
use crate::http::PreparedRequest;
use crate::observe::CallReport;
use crate::observe::mask::{
    Secrets, {self},
};
use crate::pipeline::CallOutput;
use crate::{Error, pipeline};

impl Client {
    /// Calls an action that is described only by its [`ActionInfo`]. `members` is the JSON object of the request.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); and [`Error::is_usage`] if `members` contains an unknown member or a value of the
    /// wrong type.
    pub async fn call(
        &self,
        info: &'static ActionInfo,
        members: serde_json::Value,
    ) -> Result<UntypedResponse, Error> {
        self.call_record(info, record_of(info, members)?).await
    }

    /// Like [`call`](Self::call), for a request that is already a [`Record`].
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn call_record(
        &self,
        info: &'static ActionInfo,
        mut request: Record,
    ) -> Result<UntypedResponse, Error> {
        let mut response = Record::new(info.response);
        let output = Box::pin(self.run(info, &mut request, &mut response)).await?;
        Ok(UntypedResponse::new(info, &request, response, output))
    }

    /// Like [`prepare`](Self::prepare), for an action that is described only by its [`ActionInfo`].
    ///
    /// # Errors
    ///
    /// As [`prepare`](Self::prepare) and [`call`](Self::call).
    pub async fn prepare_call(
        &self,
        info: &'static ActionInfo,
        members: serde_json::Value,
    ) -> Result<PreparedRequest, Error> {
        let mut request = record_of(info, members)?;
        let options = self.options();
        Box::pin(pipeline::prepare(self.shared(), options, info, &mut request)).await
    }
}

fn record_of(info: &'static ActionInfo, members: serde_json::Value) -> Result<Record, Error> {
    let mut request = Record::new(info.request);
    json::request_from_value(&mut request, &members)
        .map_err(|error| Error::usage(error.to_string()).with_action(info.name))?;
    Ok(request)
}

/// The response to [`Client::call`](crate::Client::call).
#[derive(Clone)]
pub struct UntypedResponse {
    record: Record,
    body: Bytes,
    report: CallReport,
    info: &'static ActionInfo,
    /// The secrets of the request, except its extra members.
    secrets: Secrets,
    extra: Option<ExtraMembers>,
}

impl UntypedResponse {
    pub(crate) fn new(
        info: &'static ActionInfo,
        request: &Record,
        record: Record,
        output: CallOutput,
    ) -> Self {
        let secrets = Secrets::of(request);
        let CallOutput { report, body, extra } = output;
        Self { record, body, report, info, secrets, extra }
    }

    /// The members that the specification lists, decoded. `Debug` masks the secret ones.
    #[must_use]
    pub const fn record(&self) -> &Record {
        &self.record
    }

    /// Everything in `Response` as the service wrote it, including unknown and secret members, with all digits of
    /// numbers. It can show every response that a call accepts.
    #[must_use]
    pub fn json(&self) -> Json {
        envelope::response(&self.body)
    }

    /// Like [`json`](Self::json) with secrets masked, and how many places were masked: secret members, members of the
    /// same name in another place or case, and texts that repeat a secret of the request or response. For a call of an
    /// [`UntypedAction`](crate::UntypedAction), each value is masked except the request id and an error's code and message.
    #[must_use]
    pub fn masked(&self) -> (Json, usize) {
        let mut response = self.json();
        let mut secrets = self.secrets.clone();
        if let Some(extra) = &self.extra {
            extra.add_to_secrets(&mut secrets);
        }
        let table = response_table(self.info);
        let masked = mask::mask_response(&mut response, table, self.info.request, &secrets);
        (response, masked)
    }

    /// Like [`json`](Self::json), as a `serde_json` value; [`Json::to_value`] explains what that changes.
    #[must_use]
    pub fn to_value(&self) -> serde_json::Value {
        self.json().to_value()
    }

    /// The response body as received, envelope included.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.body
    }

    /// The request id of the call.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.report.request_id
    }

    /// The report of the call.
    #[must_use]
    pub const fn report(&self) -> &CallReport {
        &self.report
    }
}

impl std::fmt::Debug for UntypedResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UntypedResponse")
            .field("record", &self.record)
            .field("report", &self.report)
            .finish()
    }
}
