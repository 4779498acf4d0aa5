//! Limits on the size of a request (head, query, form, JSON body), and on the connections, memory and time of all clients.

use std::time::Duration;

/// Maximum length of the query of a GET, in bytes.
pub(crate) const MAX_QUERY: usize = 32 << 10;

/// Maximum length of a form in the body of a POST, in bytes.
pub(crate) const MAX_FORM: usize = 1 << 20;

/// Maximum number of parameters of a query or form. They are copied and sorted before the client is authenticated,
/// and no normal request comes near this number.
pub(crate) const MAX_PARAMETERS: usize = 10_000;

/// Maximum length of JSON in the body of a POST, in bytes.
pub(crate) const MAX_JSON: usize = 10 << 20;

/// The limits of a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Open connections. For one more, the server closes another, see `EvictionClass` in `server/activity.rs`.
    pub(crate) max_connections: usize,
    /// Size of a request head. The longest query and the longest token fit.
    pub(crate) max_head_bytes: usize,
    /// Time for a request head, from its first byte or from the start of the connection, a TLS handshake included.
    pub(crate) head_timeout: Duration,
    /// Time without data between two requests.
    pub(crate) idle_timeout: Duration,
    /// Time for a request body.
    pub(crate) body_timeout: Duration,
    /// Memory of all incoming bodies. Connection buffers are not included.
    pub(crate) max_body_memory: usize,
    /// How long a client may read slower than `min_read_rate`.
    pub(crate) write_timeout: Duration,
    /// Bytes per second that a client must read of its responses.
    pub(crate) min_read_rate: u32,
    /// Time for the requests in progress when the server stops.
    pub(crate) shutdown_timeout: Duration,
}

impl Limits {
    /// The limits of every emulator.
    pub(crate) const DEFAULT: Self = Self {
        max_connections: 1024,
        max_head_bytes: 64 << 10,
        head_timeout: Duration::from_secs(10),
        idle_timeout: Duration::from_secs(30),
        body_timeout: Duration::from_secs(30),
        max_body_memory: 64 << 20,
        write_timeout: Duration::from_secs(10),
        min_read_rate: 16 << 10,
        shutdown_timeout: Duration::from_secs(5),
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
