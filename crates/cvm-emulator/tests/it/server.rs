//! The server on a real socket: start, limits and stop.

use std::net::SocketAddr;
use std::time::Duration;

use cvm_emulator::{Cloud, Emulator, ListenAddress, StartError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::*;

/// Sends bytes and reads until the server closes.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server can respond and close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response).await;
    String::from_utf8_lossy(&response).into_owned()
}

/// A timeout that only a hang exceeds.
const HANG: Duration = Duration::from_secs(60);

/// An HTTP request as text, signed with the emulator's own credential at the real time.
fn request_text(cloud: &Cloud, address: SocketAddr, body: &str) -> String {
    let mut call = Call::new("DescribeZones");
    call.credential = cloud.credential();
    call.host = address.to_string();
    call.timestamp = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let request = call.json(body.to_owned());
    let mut head =
        format!("POST / HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in request.headers() {
        head += &format!("{name}: {}\r\n", value.to_str().unwrap());
    }
    head + "\r\n" + body
}

#[tokio::test]
async fn server_listens_on_loopback_and_responds() {
    let emulator = Emulator::start().await.unwrap();
    assert!(emulator.address().ip().is_loopback());
    assert_eq!(emulator.url(), format!("http://{}", emulator.address()));
    let response = exchange(
        emulator.address(),
        request_text(emulator.cloud(), emulator.address(), "{}").as_bytes(),
    )
    .await;
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(response.contains("\r\ncontent-type: application/json\r\n"), "{response}");
    assert!(response.contains("\"TotalCount\":7"), "{response}");
    emulator.stop().await;
}

#[tokio::test]
async fn each_emulator_has_its_own_credential() {
    let (one, two) = (Emulator::start().await.unwrap(), Emulator::start().await.unwrap());
    assert_ne!(one.credential().secret_id(), two.credential().secret_id());
    assert_ne!(one.credential().secret_key(), two.credential().secret_key());
    assert!(one.credential().secret_id().starts_with("AKID"));
    // One emulator does not know the credential of the other.
    let request = request_text(one.cloud(), two.address(), "{}");
    let response = exchange(two.address(), request.as_bytes()).await;
    assert!(response.contains("AuthFailure.SecretIdNotFound"), "{response}");
}

#[tokio::test]
async fn server_ends_when_stopped_or_dropped() {
    let emulator = Emulator::start().await.unwrap();
    let address = emulator.address();
    let _idle = TcpStream::connect(address).await.unwrap();
    tokio::time::timeout(HANG, emulator.stop()).await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());

    let emulator = Emulator::start().await.unwrap();
    let address = emulator.address();
    drop(emulator);
    let ended = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(HANG, ended).await.unwrap();
}

#[tokio::test]
async fn serve_calls_ready_and_ends_on_stop() {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (ready, address) = tokio::sync::oneshot::channel();
    let server = tokio::spawn(Emulator::builder().serve(
        move |cloud: &Cloud, listening: &ListenAddress| {
            ready.send((cloud.clone(), listening.address)).unwrap();
            Ok::<(), StartError>(())
        },
        async {
            let _ = stopped.await;
        },
    ));
    let (cloud, address) = address.await.unwrap();
    let response = exchange(address, request_text(&cloud, address, "{}").as_bytes()).await;
    assert!(response.contains("\"TotalCount\":7"), "{response}");
    drop(stop);
    tokio::time::timeout(HANG, server).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn address_in_use_is_an_error() {
    let emulator = Emulator::start().await.unwrap();
    let error = Emulator::builder().listen(emulator.address()).start().await.unwrap_err();
    assert!(matches!(error, StartError::Listen(address, _) if address == emulator.address()));
}

#[tokio::test]
async fn non_loopback_addresses_need_allow_remote() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.7:0", "[2001:db8::7]:0", "[::ffff:0.0.0.0]:0"] {
        let address: SocketAddr = address.parse().unwrap();
        let error = Emulator::builder().listen(address).start().await.unwrap_err();
        let is_expected = matches!(error, StartError::RemoteNotAllowed(named) if named == address);
        assert!(is_expected, "{address}: {error}");
        let text = error.to_string();
        assert!(text.contains(&address.to_string()) && text.contains("encryption"), "{text}");
    }
}

/// The address of a network interface of this computer, if it has one. No packet is sent.
fn interface_address() -> Option<std::net::IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.7:9").ok()?;
    socket.local_addr().ok().map(|address| address.ip()).filter(|ip| !ip.is_loopback())
}

#[tokio::test]
async fn url_is_a_reachable_loopback_address() {
    let mut addresses: Vec<SocketAddr> = ["0.0.0.0:0", "127.0.0.1:0", "[::1]:0", "[::]:0"]
        .map(|text| text.parse().unwrap())
        .into_iter()
        // A computer may have no IPv6.
        .filter(|address: &SocketAddr| std::net::TcpListener::bind(address).is_ok())
        .collect();
    addresses.extend(interface_address().map(|ip| SocketAddr::new(ip, 0)));
    for address in addresses {
        let emulator = Emulator::builder().listen(address).allow_remote().start().await.unwrap();
        assert_eq!(emulator.address().ip(), address.ip());
        let local: SocketAddr = emulator.url().strip_prefix("http://").unwrap().parse().unwrap();
        assert!(local.ip().is_loopback(), "{address}: {local}");
        let mut reachable = vec![local];
        reachable.extend(Some(emulator.address()).filter(|own| !own.ip().is_unspecified()));
        for target in reachable {
            let response =
                exchange(target, request_text(emulator.cloud(), target, "{}").as_bytes()).await;
            assert!(response.contains("\"TotalCount\":7"), "{address} {target}: {response}");
        }
        tokio::time::timeout(HANG, emulator.stop()).await.unwrap();
        assert!(TcpStream::connect(local).await.is_err(), "{address}");
    }
}

#[tokio::test]
async fn oversized_body_gets_a_response() {
    let emulator = Emulator::start().await.unwrap();
    let body = " ".repeat((10 << 20) + 1);
    let request = request_text(emulator.cloud(), emulator.address(), &body);
    let response = exchange(emulator.address(), request.as_bytes()).await;
    assert!(response.contains("RequestSizeLimitExceeded"), "{response}");
}

/// Opens more connections than an earlier limit allowed. All are silent.
#[tokio::test]
async fn silent_clients_do_not_block_others() {
    let emulator = Emulator::start().await.unwrap();
    let mut silent = Vec::new();
    for _ in 0..400 {
        silent.push(TcpStream::connect(emulator.address()).await.unwrap());
    }
    let request = request_text(emulator.cloud(), emulator.address(), "{}");
    let response = exchange(emulator.address(), request.as_bytes()).await;
    assert!(response.contains("\"TotalCount\":7"), "{response}");
    drop(silent);
    tokio::time::timeout(HANG, emulator.stop()).await.unwrap();
}

#[tokio::test]
async fn ambiguous_framing_is_rejected() {
    let emulator = Emulator::start().await.unwrap();
    for head in [
        "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: +2\r\n\r\n{}",
        "POST / HTTP/1.1\r\nhost : h\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
    ] {
        let response = exchange(emulator.address(), head.as_bytes()).await;
        assert!(response.starts_with("HTTP/1.1 400 "), "{head:?}: {response}");
    }
    let head = format!("GET /?{} HTTP/1.1\r\n\r\n", "x".repeat(1 << 17));
    let response = exchange(emulator.address(), head.as_bytes()).await;
    assert!(response.starts_with("HTTP/1.1 4"), "{response}");
}
