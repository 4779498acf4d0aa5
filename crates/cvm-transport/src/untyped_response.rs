//! The answer to an action that is known as data only.

use bytes::Bytes;
use cvm_protocol::{ActionInfo, Json, Record, envelope};

use crate::CallReport;
use crate::observe::mask::{
    Secrets, {self},
};
use crate::pipeline::CallOutput;

/// What the service answered to [`Client::call`](crate::Client::call).
#[derive(Clone)]
pub struct UntypedResponse {
    record: Record,
    body: Bytes,
    report: CallReport,
    info: &'static ActionInfo,
    /// Those of the request.
    secrets: Secrets,
}

impl UntypedResponse {
    pub(crate) fn new(
        info: &'static ActionInfo,
        request: &Record,
        record: Record,
        delivered: CallOutput,
    ) -> Self {
        let secrets = Secrets::of(request);
        Self { record, body: delivered.body, report: delivered.report, info, secrets }
    }

    /// The members that the specification knows, read by its table. `Debug` hides the secret ones.
    #[must_use]
    pub const fn record(&self) -> &Record {
        &self.record
    }

    /// Everything in `Response`, as the service wrote it: members newer than the specification and
    /// secret ones too, numbers with their digits. There is nothing that a call accepts and this cannot
    /// show.
    #[must_use]
    pub fn json(&self) -> Json {
        envelope::response(&self.body)
    }

    /// As [`json`](Self::json), to be shown, and how many places were hidden in it: secret members, members
    /// of the same name at another place or in another case, and what repeats them or a secret of the
    /// request.
    #[must_use]
    pub fn masked(&self) -> (Json, usize) {
        let mut response = self.json();
        let hidden =
            mask::hide(&mut response, self.info.response, self.info.request, &self.secrets);
        (response, hidden)
    }

    /// As [`json`](Self::json), as a value of serde_json; [`Json::to_value`] tells what that changes.
    #[must_use]
    pub fn to_value(&self) -> serde_json::Value {
        self.json().to_value()
    }

    /// The text of the answer, envelope included.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.body
    }

    /// The id under which the service knows the call.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.report.request_id
    }

    /// How the call went.
    #[must_use]
    pub const fn report(&self) -> &CallReport {
        &self.report
    }
}

impl std::fmt::Debug for UntypedResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer")
            .field("record", &self.record)
            .field("report", &self.report)
            .finish()
    }
}
