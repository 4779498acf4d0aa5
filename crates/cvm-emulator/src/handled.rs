//! The result of handling a request, and whether its response is sent.

use bytes::Bytes;
use cvm_simulator::Caller;
use http::{Response, StatusCode};

use crate::key_pairs::AcceptedRequest;

/// A response, and whether its request was authenticated.
#[derive(Debug)]
pub(crate) struct Handled {
    pub(crate) response: Response<Bytes>,
    pub(crate) is_authenticated: bool,
    pub(crate) delivery: Delivery,
}

/// Whether a response is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    Send,
    /// The connection is closed instead.
    Close,
    /// The connection is reset instead.
    Reset,
}

impl Handled {
    pub(crate) const fn new(response: Response<Bytes>, is_authenticated: bool) -> Self {
        Self { response, is_authenticated, delivery: Delivery::Send }
    }

    /// The result of a request that a fault keeps from being applied, before the fault gives it a response.
    pub(crate) fn refused(accepted: &AcceptedRequest) -> Self {
        Self::new(Response::default(), *accepted.request.caller() != Caller::Unsigned)
    }

    /// The response for a caller that has no connection.
    pub(crate) fn into_response(self) -> Response<Bytes> {
        if self.delivery == Delivery::Send {
            return self.response;
        }
        let text = b"a fault rule ends the connection here without a response\n";
        let mut response = Response::new(Bytes::from_static(text));
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        response
    }
}
