//! Limits on the connections and memory that clients use, and on how long they use them.

use std::time::Duration;

/// The limits of a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Connections at one time. For a further one, the oldest idle connection is closed.
    pub(crate) connections: usize,
    /// Longest head of a request: the longest query and the longest token fit.
    pub(crate) head_size: usize,
    /// How long the head of a request may take, from the first byte or from the start of the connection.
    pub(crate) head_time: Duration,
    /// How long a connection may keep silent between two requests.
    pub(crate) idle_time: Duration,
    /// How long the body of a request may take.
    pub(crate) body_time: Duration,
    /// Memory for all bodies that are arriving. The buffers of the connections come on top.
    pub(crate) body_memory: usize,
    /// How long a client may read slower than `write_rate`.
    pub(crate) write_time: Duration,
    /// Bytes a second that a client has to read of its responses.
    pub(crate) write_rate: u32,
    /// How long requests that are being answered may take when the server stops.
    pub(crate) stop_time: Duration,
}

impl Limits {
    /// The limits of every emulator.
    pub(crate) const DEFAULT: Self = Self {
        connections: 1024,
        head_size: 64 << 10,
        head_time: Duration::from_secs(10),
        idle_time: Duration::from_secs(30),
        body_time: Duration::from_secs(30),
        body_memory: 64 << 20,
        write_time: Duration::from_secs(10),
        write_rate: 16 << 10,
        stop_time: Duration::from_secs(5),
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
