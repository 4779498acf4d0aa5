//! Over a real socket: the server starts, limits, and stops.

use std::net::SocketAddr;
use std::time::Duration;

use cvm_emulator::{Cloud, Emulator, ListenAddress, StartError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::*;

/// Sends bytes and reads until the server closes.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may refuse before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// So long takes only what hangs.
const HANG: Duration = Duration::from_secs(60);

/// A signed request as text, for the emulator's own credential and the real time.
fn text(cloud: &Cloud, address: SocketAddr, body: &str) -> String {
    let mut call = Call::new("DescribeZones");
    call.credential = cloud.credential();
    call.host = address.to_string();
    call.timestamp = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let request = call.json(body.to_owned());
    let mut text =
        format!("POST / HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in request.headers() {
        text += &format!("{name}: {}\r\n", value.to_str().unwrap());
    }
    text + "\r\n" + body
}

#[tokio::test]
async fn server_listens_on_loopback_and_responds() {
    let emulator = Emulator::start().await.unwrap();
    assert!(emulator.address().ip().is_loopback());
    assert_eq!(emulator.url(), format!("http://{}", emulator.address()));
    let answer =
        exchange(emulator.address(), text(emulator.cloud(), emulator.address(), "{}").as_bytes())
            .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\r\ncontent-type: application/json\r\n"), "{answer}");
    assert!(answer.contains("\"TotalCount\":7"), "{answer}");
    emulator.stop().await;
}

#[tokio::test]
async fn each_emulator_has_its_own_credential() {
    let (one, two) = (Emulator::start().await.unwrap(), Emulator::start().await.unwrap());
    assert_ne!(one.credential().secret_id(), two.credential().secret_id());
    assert_ne!(one.credential().secret_key(), two.credential().secret_key());
    assert!(one.credential().secret_id().starts_with("AKID"));
    // The one's key opens nothing at the other.
    let request = text(one.cloud(), two.address(), "{}");
    let answer = exchange(two.address(), request.as_bytes()).await;
    assert!(answer.contains("AuthFailure.SecretIdNotFound"), "{answer}");
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
    let answer = exchange(address, text(&cloud, address, "{}").as_bytes()).await;
    assert!(answer.contains("\"TotalCount\":7"), "{answer}");
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

/// The address of an interface of this machine, if it has one; no packet is sent.
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
        // A machine may be without IPv6.
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
            let answer = exchange(target, text(emulator.cloud(), target, "{}").as_bytes()).await;
            assert!(answer.contains("\"TotalCount\":7"), "{address} {target}: {answer}");
        }
        tokio::time::timeout(HANG, emulator.stop()).await.unwrap();
        assert!(TcpStream::connect(local).await.is_err(), "{address}");
    }
}

#[tokio::test]
async fn oversized_body_gets_a_response() {
    let emulator = Emulator::start().await.unwrap();
    let body = " ".repeat((10 << 20) + 1);
    let request = text(emulator.cloud(), emulator.address(), &body);
    let answer = exchange(emulator.address(), request.as_bytes()).await;
    assert!(answer.contains("RequestSizeLimitExceeded"), "{answer}");
}

/// More than could be connected at one time before, all silent.
#[tokio::test]
async fn silent_clients_do_not_block_others() {
    let emulator = Emulator::start().await.unwrap();
    let mut silent = Vec::new();
    for _ in 0..400 {
        silent.push(TcpStream::connect(emulator.address()).await.unwrap());
    }
    let request = text(emulator.cloud(), emulator.address(), "{}");
    let answer = exchange(emulator.address(), request.as_bytes()).await;
    assert!(answer.contains("\"TotalCount\":7"), "{answer}");
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
        let answer = exchange(emulator.address(), head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{head:?}: {answer}");
    }
    let head = format!("GET /?{} HTTP/1.1\r\n\r\n", "x".repeat(1 << 17));
    let answer = exchange(emulator.address(), head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
}
