//! Where connections come from: a TCP socket, or anything else in a test.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Connections that the system completes before they are accepted, so that a burst of clients does not
/// run into the retransmission timeout of TCP. The system may allow fewer.
const BACKLOG: u32 = 4096;

/// A source of connections.
pub(crate) trait Listener: Send + Sync {
    type Stream: Stream;

    /// The next connection. Dropping the future loses none.
    fn accept(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

/// A connection.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {
    /// Makes closing throw away what was written and not read, instead of keeping it for the peer.
    fn discard_unread(&self);
}

/// Listens on an address.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Elsewhere this lets a server take the port of one that has just ended; on Windows, of one that runs.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

impl Listener for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<TcpStream> {
        let (stream, _) = Self::accept(self).await?;
        // Small responses must not wait for an acknowledgement.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }
}

impl Stream for TcpStream {
    fn discard_unread(&self) {
        // Without it the system keeps the data for some minutes, which costs memory and nothing else.
        let _ = self.set_zero_linger();
    }
}

/// Whether accepting failed because of the one connection, which is gone with the error.
pub(super) fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;

    /// Nobody accepts, so a client beyond the backlog would never be connected.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn burst_of_clients_is_connected_before_it_is_accepted() {
        let most = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
        let clients = most.trim().parse::<u32>().unwrap().min(400);
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
