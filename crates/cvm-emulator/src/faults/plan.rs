//! What happens to one request: its delays, the faults of its cloud, and its end.

use std::time::Duration;

use cvm_simulator::CloudFault;

use super::ending::Ending;

/// The faults of one request.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// How long it waits before it is applied.
    pub(crate) delay: Duration,
    /// How long its response waits.
    pub(crate) response_delay: Duration,
    /// What goes wrong in the simulated cloud.
    pub(crate) cloud_faults: Vec<CloudFault>,
    /// What takes the place of the response, or damages it.
    pub(crate) ending: Option<Ending>,
    /// Whether the request is not applied.
    pub(crate) is_refused: bool,
}
