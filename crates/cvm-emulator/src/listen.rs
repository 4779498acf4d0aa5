//! Chooses the sockets to listen on: only loopback, unless other machines are allowed.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::Cloud;
use crate::http_service::HttpService;
use crate::limits::Limits;
use crate::metadata::MetadataService;
use crate::server::{self, Listener};
use crate::start_error::StartError;

/// Where an emulator listens.
#[derive(Clone, Debug)]
pub struct ListenAddress {
    /// The requested address, with the actual port.
    pub address: SocketAddr,
    /// The endpoint for clients on this machine, always a loopback address: `http://127.0.0.1:41234`.
    pub url: String,
    /// The same for reads of metadata, with the actual port.
    pub metadata_address: Option<SocketAddr>,
    /// The URL at which an instance on this machine reads its metadata, if the emulator serves them.
    pub metadata_url: Option<String>,
}

/// The ports of one emulator.
#[derive(Debug)]
pub(crate) struct Ports {
    api: Listeners,
    metadata: Option<(Listeners, MetadataService)>,
    pub(crate) address: ListenAddress,
}

impl Ports {
    /// Listens for API calls on the first address, and for reads of metadata on the second one.
    pub(crate) fn bind(
        api: SocketAddr,
        metadata: Option<(SocketAddr, MetadataService)>,
        allow_remote: bool,
    ) -> Result<Self, StartError> {
        let api = Listeners::bind(api, allow_remote)?;
        let metadata = match metadata {
            Some((address, service)) => Some((Listeners::bind(address, allow_remote)?, service)),
            None => None,
        };
        let address = ListenAddress {
            address: api.bound,
            url: api.url.clone(),
            metadata_address: metadata.as_ref().map(|(listeners, _)| listeners.bound),
            metadata_url: metadata.as_ref().map(|(listeners, _)| listeners.url.clone()),
        };
        Ok(Self { api, metadata, address })
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

/// The sockets of one port.
#[derive(Debug)]
struct Listeners {
    main: TcpListener,
    /// A second socket, if the first one is not reachable over loopback.
    loopback: Option<TcpListener>,
    /// The requested address, with the actual port.
    bound: SocketAddr,
    /// A loopback address at which clients reach one of them.
    url: String,
}

impl Listeners {
    fn bind(address: SocketAddr, allow_remote: bool) -> Result<Self, StartError> {
        if !is_loopback(address.ip()) && !allow_remote {
            return Err(StartError::RemoteNotAllowed(address));
        }
        let failed = |error| StartError::Listen(address, error);
        let main = server::listen(address).map_err(failed)?;
        let bound = main.local_addr().map_err(failed)?;
        let (loopback, local) = match reachable_over_loopback(bound) {
            Some(local) => (None, local),
            None => {
                let listener = bind_loopback(bound).map_err(failed)?;
                let local = listener.local_addr().map_err(failed)?;
                (Some(listener), local)
            }
        };
        Ok(Self { main, loopback, bound, url: format!("http://{local}") })
    }

    /// Serves on all sockets until `stop` completes. They share one set of limits.
    async fn serve(self, service: HttpService, stop: impl Future<Output = ()>) {
        server::serve(self, service, Limits::default(), stop).await;
    }
}

impl Listener for Listeners {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<TcpStream> {
        let Some(loopback) = &self.loopback else { return Listener::accept(&self.main).await };
        tokio::select! {
            accepted = Listener::accept(&self.main) => accepted,
            accepted = Listener::accept(loopback) => accepted,
        }
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
        let url = format!("http://{other}");
        let listeners = Listeners { main, loopback: Some(loopback), bound: one, url };
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
