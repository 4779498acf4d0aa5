//! What takes the place of a response, or damages it.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

use crate::handled::{Delivery, Handled};

/// What takes the place of a response, or damages it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The connection is reset.
    Reset,
    /// The connection is closed.
    Close,
    /// An error of the service.
    Error { code: String, message: String },
    /// A status without a body.
    Status(u16),
    /// An HTML page.
    Html(u16),
    /// JSON with a wrong bracket.
    DamagedJson,
    /// Half of the JSON.
    TruncatedJson,
}

impl Ending {
    /// Changes a response. `error` makes one from a code and a message.
    pub(crate) fn apply(
        self,
        mut handled: Handled,
        error: impl FnOnce(&str, &str) -> Response<Bytes>,
    ) -> Handled {
        match self {
            Self::Reset => handled.delivery = Delivery::Reset,
            Self::Close => handled.delivery = Delivery::Close,
            Self::Error { code, message } => {
                handled.response = error(&code, &message);
            }
            Self::Status(status) => handled.response = page(status, Bytes::new()),
            Self::Html(status) => {
                let text =
                    format!("<html><body><h1>{status}</h1><p>injected fault</p></body></html>\n");
                handled.response = page(status, text.into());
                let html = HeaderValue::from_static("text/html");
                handled.response.headers_mut().insert(header::CONTENT_TYPE, html);
            }
            Self::DamagedJson => {
                let body = handled.response.body();
                let mut damaged = body.slice(..body.len().saturating_sub(1)).to_vec();
                damaged.push(b']');
                *handled.response.body_mut() = damaged.into();
            }
            Self::TruncatedJson => {
                let body = handled.response.body();
                let half = body.slice(..body.len() / 2);
                *handled.response.body_mut() = half;
            }
        }
        handled
    }
}

fn page(status: u16, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    response
}
