//! Client configuration.

pub(crate) mod builder;
pub(crate) mod endpoint;
pub(crate) mod environment;
pub(crate) mod region;
pub(crate) mod timeouts;

pub use crate::client::effective_config::{ClientConfig, ConfiguredParts};
pub use crate::signing::dialect::{Dialect, UnknownDialect};
pub use builder::ClientBuilder;
pub use endpoint::{Endpoint, EndpointError};
pub use region::RegionError;
pub use timeouts::Timeouts;
