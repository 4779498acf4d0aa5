//! The source of connections: TCP sockets, or in-memory pipes in tests.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::tls::ServerTls;

/// Connections that the system completes before they are accepted. With a full backlog, a client waits for the
/// retransmission timeout of TCP (RFC 6298: 1 s at first). The system can allow fewer.
const BACKLOG: u32 = 4096;

/// A source of connections.
pub(crate) trait Listener: Send + Sync {
    type Stream: Stream;

    /// Waits for the next connection. Dropping the future loses no connection.
    fn accept(&self) -> impl Future<Output = io::Result<Accepted<Self::Stream>>> + Send;
}

/// A new connection.
pub(crate) struct Accepted<S> {
    pub(crate) stream: S,
    pub(crate) protocol: Protocol,
}

/// What clients speak on a connection.
#[derive(Clone, Debug)]
pub(crate) enum Protocol {
    Http,
    Https(ServerTls),
}

/// A connection.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {
    /// The address of the client, if it has one.
    fn peer(&self) -> Option<IpAddr>;

    /// Makes closing discard unread data instead of keeping it for the peer.
    fn discard_unread(&self);
}

/// Listens on an address.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // On Windows, `SO_REUSEADDR` would allow taking the port of a running server. Elsewhere it only allows
    // taking the port of a server that has just ended.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

impl Stream for TcpStream {
    fn peer(&self) -> Option<IpAddr> {
        self.peer_addr().ok().map(|address| address.ip())
    }

    fn discard_unread(&self) {
        // Otherwise the system keeps the data for minutes. An error here only costs memory.
        let _ = self.set_zero_linger();
    }
}

/// Whether accepting failed because of one connection, which is closed already.
pub(super) fn is_connection_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;

    /// No connection is accepted, so a client beyond the backlog would never connect.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn clients_connect_before_they_are_accepted() {
        let max = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
        let clients = max.trim().parse::<u32>().unwrap().min(400);
        let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let mut connected = Vec::new();
        for number in 0..clients {
            let client = TcpStream::connect(address);
            let client = tokio::time::timeout(Duration::from_secs(60), client).await;
            connected.push(client.unwrap_or_else(|_| panic!("{number} clients")).unwrap());
        }
    }
}
