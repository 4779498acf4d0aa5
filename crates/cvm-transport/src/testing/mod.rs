//! Tests of programs that use the client: a client with typed handlers instead of a service, and errors and responses
//! made by hand. With feature `test-util`.
//!
//! | to test | use |
//! |---|---|
//! | code that calls actions | [`Client::mock`]: one handler per action, and the requests that were sent |
//! | code that handles errors | [`ErrorBuilder`], which follows the same rules, or a handler that returns a [`MockError`] |
//! | an [`HttpClient`](crate::http::HttpClient) of your own | [`HttpResponse::from_success`](crate::http::HttpResponse::from_success) and its siblings |
//!
//! A mock replaces only the HTTP client. Everything else is real: each request is validated, signed, encoded and sent in
//! attempts, and each response is decoded and classified. So a test also sees client tokens, retries, pages and waits.
//!
//! ```
//! use cvm_transport::testing::MockError;
//! use cvm_transport::{Action, Client};
//!
//! # async fn test<RunInstances: Action<Response: std::fmt::Debug>>(response: RunInstances::Response) {
//! let mut response = Some(response);
//! // The first launch succeeds, all others find nothing to launch on.
//! let mock = Client::mock().on(move |_request: RunInstances| {
//!     response.take().ok_or(MockError::service("ResourceInsufficient.SpecifiedInstanceType", "sold out"))
//! });
//! let requests = mock.requests();
//! let client = mock.build();
//!
//! assert!(client.send(RunInstances::default()).await.is_ok());
//! let error = client.send(RunInstances::default()).await.unwrap_err();
//! assert!(error.is_capacity());
//! assert_eq!(requests.actions(), ["RunInstances", "RunInstances"]);
//! # }
//! ```
//!
//! A program without async is tested in the same way, with feature `blocking`:
//!
#![cfg_attr(feature = "blocking", doc = "```")]
#![cfg_attr(not(feature = "blocking"), doc = "```ignore")]
//! use cvm_transport::testing::MockError;
//! use cvm_transport::{Action, Client, blocking};
//!
//! # fn test<RunInstances: Action<Response: std::fmt::Debug>>() -> Result<(), cvm_transport::Error> {
//! let mock = Client::mock().on(|_request: RunInstances| Err(MockError::connection_lost()));
//! let client = blocking::Client::from_async(mock.build())?;
//! let error = client.send(RunInstances::default()).unwrap_err();
//! assert!(error.outcome_unknown().is_some());
//! # Ok(())
//! # }
//! ```
//!
//! Pauses between attempts take real time. `#[tokio::test(start_paused = true)]` skips them, but not those of a blocking client,
//! which has a runtime of its own; [`Client::with_max_attempts`] limits the attempts.

mod error;
mod mock;
mod recorded;
mod response;
mod running;

pub use self::error::ErrorBuilder;
pub use self::mock::{MockBuilder, MockError};
pub use self::recorded::RecordedRequests;
#[cfg(feature = "blocking")]
pub(crate) use self::running::RunningHandlers;
use crate::Client;

impl Client {
    /// Starts building a client whose actions are handled by functions instead of a service; see
    /// [`testing`](crate::testing). With feature `test-util`.
    pub fn mock() -> MockBuilder {
        MockBuilder::default()
    }
}
