//! Proxies of every kind: real SOCKS servers and tunnels, proxies that refuse, and proxies that fail.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_transport::config::Timeouts;
use cvm_transport::retry::Outcome;
use cvm_transport::{ClientBuilder, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::actions::{KillThings, ListThings};
use crate::builder;
use crate::server::unused_endpoint;
use crate::tls_server::{TlsServer, file};

/// Timeouts so long that only a hang exceeds them.
fn patient_builder(url: &str) -> ClientBuilder {
    let wide = Duration::from_secs(60);
    let timeouts = Timeouts::default()
        .with_connect(wide)
        .with_first_byte(wide)
        .with_attempt(wide)
        .with_operation(wide)
        .with_body_idle(wide);
    builder(url).timeouts(timeouts).ca_file(file("ca.pem"))
}

/// A proxy that handles every connection in the same way. Returns its `host:port`.
async fn proxy<F>(handle: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            tokio::spawn(handle(socket));
        }
    });
    address
}

/// A SOCKS server.
#[derive(Clone)]
struct SocksProxy {
    /// The local port for every name.
    port: u16,
    /// The user and password that it requires.
    credentials: Option<(&'static str, &'static str)>,
    /// The names and addresses that clients requested.
    targets: Arc<Mutex<Vec<String>>>,
}

impl SocksProxy {
    fn new(port: u16, credentials: Option<(&'static str, &'static str)>) -> Self {
        Self { port, credentials, targets: Arc::default() }
    }

    async fn start(&self) -> String {
        let socks = self.clone();
        proxy(move |socket| {
            let socks = socks.clone();
            async move {
                let _ = socks.serve(socket).await;
            }
        })
        .await
    }

    /// RFC 1928 and RFC 1929, as far as our client needs them.
    async fn serve(&self, mut socket: TcpStream) -> std::io::Result<()> {
        assert_eq!(socket.read_u8().await?, 5);
        let methods = read_prefixed(&mut socket).await?;
        let method = if self.credentials.is_some() { 2 } else { 0 };
        if !methods.contains(&method) {
            return socket.write_all(&[5, 0xff]).await;
        }
        socket.write_all(&[5, method]).await?;
        if let Some((user, password)) = self.credentials {
            assert_eq!(socket.read_u8().await?, 1);
            let is_right = read_prefixed(&mut socket).await? == user.as_bytes();
            let is_right = read_prefixed(&mut socket).await? == password.as_bytes() && is_right;
            socket.write_all(&[1, u8::from(!is_right)]).await?;
            if !is_right {
                return Ok(());
            }
        }
        let mut head = [0; 4];
        socket.read_exact(&mut head).await?;
        assert_eq!(head[..3], [5, 1, 0]);
        let host = match head[3] {
            1 => {
                let mut octets = [0; 4];
                socket.read_exact(&mut octets).await?;
                std::net::Ipv4Addr::from(octets).to_string()
            }
            3 => String::from_utf8(read_prefixed(&mut socket).await?).unwrap(),
            other => panic!("address of type {other}"),
        };
        let port = socket.read_u16().await?;
        self.targets.lock().unwrap().push(format!("{host}:{port}"));
        let mut service = TcpStream::connect(("127.0.0.1", self.port)).await?;
        socket.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
        let _ = copy_bidirectional(&mut socket, &mut service).await;
        Ok(())
    }
}

/// Bytes with a length prefix.
async fn read_prefixed(socket: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut text = vec![0; socket.read_u8().await?.into()];
    socket.read_exact(&mut text).await?;
    Ok(text)
}

/// A proxy that reads the CONNECT request, sends these bytes and closes.
async fn replying(reply: &'static [u8]) -> String {
    proxy(move |mut socket| async move {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if socket.read_buf(&mut head).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let _ = socket.write_all(reply).await;
    })
    .await
}

async fn kill(builder: ClientBuilder) -> Error {
    let kill = KillThings { thing_ids: vec!["thing-1".into()] };
    builder.build().unwrap().send(kill).await.unwrap_err()
}

#[tokio::test]
async fn socks_proxies_carry_calls() {
    for credentials in [None, Some(("user", "canary p@ss"))] {
        let server = TlsServer::start(&["elsewhere.pem"]).await;
        let socks = SocksProxy::new(server.port, credentials);
        let address = socks.start().await;
        let user = if credentials.is_some() { "user:canary%20p%40ss@" } else { "" };
        let client = patient_builder("https://elsewhere.example")
            .proxy(format!("socks5h://{user}{address}"))
            .build()
            .unwrap();
        client.send(ListThings::default()).await.unwrap();
        let kill = KillThings { thing_ids: vec!["thing-1".into()] };
        client.send(kill).await.unwrap();
        assert_eq!(*socks.targets.lock().unwrap(), ["elsewhere.example:443"; 2]);
        assert!(server.received().contains("x-tc-action: KillThings"), "{}", server.received());
    }
}

#[tokio::test]
async fn socks_proxy_is_not_used_for_exempt_and_loopback_hosts() {
    let server = TlsServer::start(&["good.pem"]).await;
    for exempt in ["", "localhost"] {
        let client = patient_builder(&format!("https://localhost:{}", server.port))
            .proxy("socks5://127.0.0.1:1")
            .no_proxy(exempt)
            .build()
            .unwrap();
        client.send(ListThings::default()).await.unwrap();
    }
}

/// Asserts that nothing was sent, and that the message contains these words.
fn assert_unsent(error: &Error, attempts: usize, words: &[&str]) {
    let shown = format!("{error} {error:?}");
    assert!(error.is_not_sent() && error.outcome_unknown().is_none(), "{shown}");
    assert_eq!(error.attempts().len(), attempts, "{shown}");
    assert!(error.attempts().iter().all(|one| one.outcome == Outcome::NotSent), "{shown}");
    for word in words {
        assert!(error.to_string().contains(word), "{word}: {shown}");
    }
    assert!(!shown.contains("canary"), "{shown}");
}

#[tokio::test]
async fn rejected_proxy_password_is_not_retried() {
    for reply in [
        &b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"[..],
        b"HTTP/1.1 407 No\r\nproxy-authenticate: Basic realm=\"x\"\r\ncontent-length: 2\r\n\r\nno",
    ] {
        for user in ["", "user:canary@"] {
            let address = replying(reply).await;
            let at =
                patient_builder("https://cvm.example.com").proxy(format!("http://{user}{address}"));
            let words = ["cvm.example.com:443", &address, "proxy", "407", "USER:PASSWORD@"];
            assert_unsent(&kill(at).await, 1, &words);
        }
    }
    for user in ["", "user:canary@", "other:canary-password@"] {
        let socks = SocksProxy::new(1, Some(("user", "canary-password")));
        let address = socks.start().await;
        let proxy = format!("socks5h://{user}{address}");
        let at = patient_builder("https://cvm.example.com").proxy(proxy);
        assert_unsent(
            &kill(at).await,
            1,
            &["cvm.example.com:443", &address, "proxy", "USER:PASSWORD@"],
        );
        assert!(socks.targets.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn proxy_failure_names_the_proxy_and_is_retried() {
    let one = replying(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await;
    let two = replying(b"HTTP/1.1 403 Forbidden\r\n\r\n").await;
    let silent = replying(b"").await;
    let halfway = replying(b"HTTP/1.1 200 O").await;
    let garbage = replying(b"\xff\xfe\r\n\r\n").await;
    let closing = proxy(|_| async {}).await;
    let closed = unused_endpoint();
    let closed = closed.strip_prefix("http://").unwrap();
    for address in [&one, &two, &silent, &halfway, &garbage, &closing, closed] {
        let at = patient_builder("https://cvm.example.com:8443")
            .proxy(format!("http://user:canary@{address}"))
            .max_attempts(2);
        assert_unsent(&kill(at).await, 2, &["cvm.example.com:8443", address, "through the proxy"]);
    }
    for address in [&one, &two] {
        let at = patient_builder("https://cvm.example.com").proxy(address.as_str()).max_attempts(1);
        assert_unsent(&kill(at).await, 1, &["the proxy refused the tunnel"]);
    }
    let not_socks = proxy(|mut socket| async move {
        let _ = socket.read_u8().await;
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    })
    .await;
    for address in [&not_socks, &closing, closed] {
        let at = patient_builder("https://cvm.example.com")
            .proxy(format!("socks5h://{address}"))
            .max_attempts(2);
        assert_unsent(&kill(at).await, 2, &["cvm.example.com:443", address, "through the proxy"]);
    }
}

#[tokio::test]
async fn network_errors_name_host_and_port() {
    let closed = unused_endpoint();
    let error = kill(patient_builder(&closed).max_attempts(1)).await;
    assert_unsent(&error, 1, &[closed.strip_prefix("http://").unwrap()]);
    let server = TlsServer::start(&["alone.pem"]).await;
    let error = kill(patient_builder(&format!("https://127.0.0.1:{}", server.port))).await;
    let text = error.to_string();
    assert!(error.is_untrusted(), "{text}");
    assert!(text.contains(&format!("127.0.0.1:{}", server.port)), "{text}");
    assert!(text.contains("SSL_CERT_FILE") && text.contains("ca_file"), "{text}");
    let server = TlsServer::start(&["expired.pem"]).await;
    let error = kill(patient_builder(&format!("https://127.0.0.1:{}", server.port))).await;
    assert!(error.to_string().contains("this machine's clock"), "{error}");
}
