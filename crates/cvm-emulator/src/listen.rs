//! Chooses the sockets to listen on: only loopback, unless other machines are allowed. Each serves HTTP or HTTPS.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::Cloud;
use crate::http_service::HttpService;
use crate::limits::Limits;
use crate::metadata::MetadataService;
use crate::server::{self, Accepted, Listener, Protocol};
use crate::start_error::StartError;
use crate::tls::{Issued, Tls};

/// Where an emulator listens.
#[derive(Clone, Debug)]
pub struct ListenAddress {
    /// The requested address, with the actual port.
    pub address: SocketAddr,
    /// The endpoint for clients on this machine, always a loopback address: `http://127.0.0.1:41234`. It begins with
    /// `https://` if there is no HTTP.
    pub url: String,
    /// Where it serves HTTPS, if it does.
    pub https: Option<HttpsAddress>,
    /// The same for reads of metadata, with the actual port.
    pub metadata_address: Option<SocketAddr>,
    /// The URL at which an instance on this machine reads its metadata, if the emulator serves them.
    pub metadata_url: Option<String>,
}

/// Where an emulator serves HTTPS, and whom its clients must trust.
#[derive(Clone, Debug)]
pub struct HttpsAddress {
    /// The requested address, with the actual port.
    pub address: SocketAddr,
    /// The endpoint for clients on this machine, always a loopback address: `https://127.0.0.1:41234`.
    pub url: String,
    /// The certificate of the CA that issued the server's certificate.
    pub ca_pem: String,
    /// The file of this certificate, with [`Tls::directory`].
    pub ca_file: Option<PathBuf>,
}

/// The ports of one emulator.
#[derive(Debug)]
pub(crate) struct Ports {
    api: Listeners,
    metadata: Option<(Listeners, MetadataService)>,
    pub(crate) address: ListenAddress,
}

impl Ports {
    /// Listens for API calls on the first address, over HTTPS as `tls` says, and for reads of metadata.
    pub(crate) fn bind(
        api: SocketAddr,
        tls: Option<&Tls>,
        metadata: Option<(SocketAddr, MetadataService)>,
        allow_remote: bool,
    ) -> Result<Self, StartError> {
        let mut listeners = Listeners::default();
        let mut address = match tls {
            Some(tls) if tls.address_beside_http().is_none() => {
                listeners.add_https(api, tls, allow_remote)?
            }
            _ => listeners.add_http(api, allow_remote)?,
        };
        if let Some(tls) = tls
            && let Some(beside) = tls.address_beside_http()
        {
            address.https = listeners.add_https(beside, tls, allow_remote)?.https;
        }
        let metadata = match metadata {
            Some((requested, service)) => {
                let mut listeners = Listeners::default();
                let bound = listeners.add_http(requested, allow_remote)?;
                address.metadata_address = Some(bound.address);
                address.metadata_url = Some(bound.url);
                Some((listeners, service))
            }
            None => None,
        };
        Ok(Self { api: listeners, metadata, address })
    }

    /// Serves on all ports until `stop` completes.
    pub(crate) async fn serve(self, cloud: &Cloud, stop: impl Future<Output = ()>) {
        let service = HttpService::new(cloud, &Limits::default());
        let Some((listeners, metadata)) = self.metadata else {
            return self.api.serve(service, stop).await;
        };
        let (end, ended) = oneshot::channel::<()>();
        let stop = async move {
            stop.await;
            drop(end);
        };
        let ended = async {
            let _ = ended.await;
        };
        let of_metadata = HttpService::new(cloud, &Limits::default()).with_metadata(metadata);
        tokio::join!(self.api.serve(service, stop), listeners.serve(of_metadata, ended));
    }
}

/// Sockets that share one set of limits.
#[derive(Debug, Default)]
struct Listeners {
    sockets: Vec<(TcpListener, Protocol)>,
    /// Where the next accept begins, so that no socket makes the others wait.
    next: AtomicUsize,
}

impl Listeners {
    /// Listens for HTTP on an address, and on loopback.
    fn add_http(
        &mut self,
        address: SocketAddr,
        allow_remote: bool,
    ) -> Result<ListenAddress, StartError> {
        let bound = BoundAddress::bind(address, allow_remote)?;
        let (address, url) = (bound.address, format!("http://{}", bound.local));
        self.add(bound, &Protocol::Http);
        Ok(ListenAddress { address, url, https: None, metadata_address: None, metadata_url: None })
    }

    /// Listens for HTTPS on an address, and on loopback.
    fn add_https(
        &mut self,
        address: SocketAddr,
        tls: &Tls,
        allow_remote: bool,
    ) -> Result<ListenAddress, StartError> {
        let bound = BoundAddress::bind(address, allow_remote)?;
        let (address, url) = (bound.address, format!("https://{}", bound.local));
        let Issued { tls, ca_pem, ca_file } = tls.issue(address.ip(), bound.local.ip())?;
        self.add(bound, &Protocol::Https(tls));
        let https = Some(HttpsAddress { address, url: url.clone(), ca_pem, ca_file });
        Ok(ListenAddress { address, url, https, metadata_address: None, metadata_url: None })
    }

    fn add(&mut self, bound: BoundAddress, protocol: &Protocol) {
        let listeners = bound.listeners.into_iter();
        self.sockets.extend(listeners.map(|listener| (listener, protocol.clone())));
    }

    /// Serves on all sockets until `stop` completes.
    async fn serve(self, service: HttpService, stop: impl Future<Output = ()>) {
        server::serve(self, service, Limits::default(), stop).await;
    }
}

impl Listener for Listeners {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<Accepted<TcpStream>> {
        let count = self.sockets.len();
        let first = self.next.fetch_add(1, Ordering::Relaxed) % count.max(1);
        let accepted = poll_fn(|context| {
            for (listener, protocol) in self.sockets.iter().cycle().skip(first).take(count) {
                if let Poll::Ready(accepted) = listener.poll_accept(context) {
                    return Poll::Ready(accepted.map(|(stream, _)| (stream, protocol)));
                }
            }
            Poll::Pending
        });
        let (stream, protocol) = accepted.await?;
        // Small responses must not wait for an acknowledgment (Nagle's algorithm, RFC 896).
        let _ = stream.set_nodelay(true);
        Ok(Accepted { stream, protocol: protocol.clone() })
    }
}

/// The sockets of one address.
#[derive(Debug)]
struct BoundAddress {
    /// The requested address, with the actual port.
    address: SocketAddr,
    /// A loopback address at which clients reach one of the sockets.
    local: SocketAddr,
    /// The socket of the address, and a second one, if the first one is not reachable over loopback.
    listeners: Vec<TcpListener>,
}

impl BoundAddress {
    fn bind(requested: SocketAddr, allow_remote: bool) -> Result<Self, StartError> {
        if !is_loopback(requested.ip()) && !allow_remote {
            return Err(StartError::RemoteNotAllowed(requested));
        }
        let failed = |error| StartError::Listen(requested, error);
        let main = server::listen(requested).map_err(failed)?;
        let address = main.local_addr().map_err(failed)?;
        let mut listeners = vec![main];
        let local = match reachable_over_loopback(address) {
            Some(local) => local,
            None => {
                let listener = bind_loopback(address).map_err(failed)?;
                let local = listener.local_addr().map_err(failed)?;
                listeners.push(listener);
                local
            }
        };
        Ok(Self { address, local, listeners })
    }
}

/// Whether only this machine can reach an address. Handles IPv4-mapped IPv6 addresses (RFC 4291, 2.5.5.2).
fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

/// The loopback address at which a listening socket is reachable, if there is one.
fn reachable_over_loopback(bound: SocketAddr) -> Option<SocketAddr> {
    let ip = match bound.ip().to_canonical() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip if ip.is_loopback() => ip,
        _ => return None,
    };
    Some(SocketAddr::new(ip, bound.port()))
}

/// Opens a loopback socket beside a socket on a network interface. Prefers the same port and the same address
/// family.
fn bind_loopback(bound: SocketAddr) -> io::Result<TcpListener> {
    let ip = match bound.ip() {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    let same_port = SocketAddr::new(ip, bound.port());
    let free_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    server::listen(same_port).or_else(|_| server::listen(free_port))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::timeout;

    use super::*;
    use crate::test_requests::{cloud, zones};

    /// A timeout that only a hang exceeds.
    const HANG_TIMEOUT: Duration = Duration::from_secs(60);

    /// Connects a client and waits for a response.
    async fn served(address: SocketAddr) -> TcpStream {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(zones().as_bytes()).await.unwrap();
        let mut response = [0; 17];
        timeout(HANG_TIMEOUT, client.read_exact(&mut response)).await.unwrap().unwrap();
        assert_eq!(&response, b"HTTP/1.1 200 OK\r\n");
        client
    }

    #[tokio::test]
    async fn two_sockets_share_one_connection_limit() {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (main, loopback) = (server::listen(free).unwrap(), server::listen(free).unwrap());
        let (one, other) = (main.local_addr().unwrap(), loopback.local_addr().unwrap());
        let sockets = vec![(main, Protocol::Http), (loopback, Protocol::Http)];
        let listeners = Listeners { sockets, next: AtomicUsize::new(0) };
        let idle_timeout = Duration::from_secs(3600);
        let limits = Limits { max_connections: 2, idle_timeout, ..Limits::DEFAULT };
        let cloud = cloud();
        let server = tokio::spawn(async move {
            let service = HttpService::new(&cloud, &limits);
            server::serve(listeners, service, limits, std::future::pending()).await;
        });
        let mut oldest = served(one).await;
        let newer = served(other).await;
        let newest = served(other).await;
        let mut rest = Vec::new();
        let end = timeout(HANG_TIMEOUT, oldest.read_to_end(&mut rest)).await;
        assert!(end.is_ok(), "the oldest of three connections is closed");
        drop((newer, newest));
        server.abort();
    }

    #[test]
    fn every_address_has_a_loopback_address_or_needs_a_second_socket() {
        for (bound, local) in [
            ("127.0.0.1:80", Some("127.0.0.1:80")),
            ("127.0.0.2:80", Some("127.0.0.2:80")),
            ("[::1]:80", Some("[::1]:80")),
            ("0.0.0.0:80", Some("127.0.0.1:80")),
            ("[::]:80", Some("[::1]:80")),
            ("[::ffff:127.0.0.1]:80", Some("127.0.0.1:80")),
            ("[::ffff:0.0.0.0]:80", Some("127.0.0.1:80")),
            ("192.0.2.7:80", None),
            ("[2001:db8::7]:80", None),
            ("[::ffff:192.0.2.7]:80", None),
        ] {
            let local = local.map(|text| text.parse().unwrap());
            assert_eq!(reachable_over_loopback(bound.parse().unwrap()), local, "{bound}");
        }
    }

    #[test]
    fn only_loopback_addresses_need_no_permission() {
        for (ip, expected) in [
            ("127.0.0.1", true),
            ("127.8.8.8", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("0.0.0.0", false),
            ("::", false),
            ("::ffff:0.0.0.0", false),
            ("192.0.2.7", false),
            ("169.254.0.23", false),
            ("fe80::1", false),
        ] {
            assert_eq!(is_loopback(ip.parse().unwrap()), expected, "{ip}");
        }
    }
}
