//! Sends one HTTP request and receives its response: the trait, the default implementation, TLS and proxies.

pub(crate) mod client;
pub(crate) mod connections;
pub(crate) mod default_client;
pub(crate) mod exchange;
pub(crate) mod prepared;
pub(crate) mod proxy;
pub(crate) mod reqwest_client;
pub(crate) mod tls;

pub use client::{
    BoxFuture, HttpClient, HttpError, HttpErrorKind, HttpResponse, ResponseBody, SendProgress,
};
pub use default_client::DefaultHttpClientBuilder;
pub use prepared::{MaskedRequest, PreparedRequest};
pub use reqwest_client::DefaultHttpClient;
