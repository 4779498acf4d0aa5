//! The HTTP implementation that the client brings: reqwest over rustls, used as plainly as it allows.
//!
//! HTTP/1.1 only, because a stream of HTTP/2 that dies tells less about delivery. No redirects, no
//! retries, no content codings, no cookies. Four connection pools: encrypted or plain, and for each one
//! whose connections may idle for fifteen seconds and one for requests that must not be repeated.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::http::{
    BoxFuture, HttpFailure, HttpFailureKind, HttpResponse, HttpSend, ResponseBody, Sending,
};
use crate::proxy::Proxies;
use crate::{Error, PreparedRequest, tls};

/// How long a connection may idle before it is closed.
const IDLE: Duration = Duration::from_secs(15);
/// The same for requests that must not meet a connection which the peer is just closing.
const LIVELY_IDLE: Duration = Duration::from_secs(2);
/// How long sent bytes may stay without acknowledgement.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
const UNACKNOWLEDGED: Duration = Duration::from_secs(20);

/// Sends through reqwest.
pub(crate) struct ReqwestHttp {
    connect_timeout: Duration,
    proxies: Arc<Proxies>,
    extra_roots: Vec<rustls::pki_types::CertificateDer<'static>>,
    // Opened on first use: reading the platform's roots takes milliseconds, which a client of a plain
    // loopback endpoint never needs.
    encrypted: OnceLock<Pools>,
    plain: OnceLock<Pools>,
    opening: Mutex<()>,
}

#[derive(Clone)]
struct Pools {
    any: reqwest::Client,
    lively: reqwest::Client,
}

impl std::fmt::Debug for ReqwestHttp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReqwestHttp")
    }
}

impl ReqwestHttp {
    pub(crate) fn new(
        connect_timeout: Duration,
        proxies: Proxies,
        extra_roots: Vec<rustls::pki_types::CertificateDer<'static>>,
    ) -> Self {
        Self {
            connect_timeout,
            proxies: Arc::new(proxies),
            extra_roots,
            encrypted: OnceLock::new(),
            plain: OnceLock::new(),
            opening: Mutex::new(()),
        }
    }

    fn client(&self, plain: bool, lively: bool) -> Result<&reqwest::Client, Error> {
        let cell = if plain { &self.plain } else { &self.encrypted };
        let pools = match cell.get() {
            Some(pools) => pools,
            None => {
                let _one_at_a_time = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
                match cell.get() {
                    Some(pools) => pools,
                    None => {
                        let tls = if plain {
                            tls::trusting_nobody()?
                        } else {
                            tls::trusting_the_platform(&self.extra_roots)?
                        };
                        let pools = Pools {
                            any: self.open(&tls, IDLE)?,
                            lively: self.open(&tls, LIVELY_IDLE)?,
                        };
                        cell.get_or_init(|| pools)
                    }
                }
            }
        };
        Ok(if lively { &pools.lively } else { &pools.any })
    }

    fn open(&self, tls: &rustls::ClientConfig, idle: Duration) -> Result<reqwest::Client, Error> {
        let proxies = Arc::clone(&self.proxies);
        let builder = reqwest::Client::builder()
            .http1_only()
            .http1_max_headers(128)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(idle)
            .tcp_nodelay(true)
            // Turns the environment's proxies off; those below are the only ones.
            .no_proxy()
            .proxy(reqwest::Proxy::custom(move |url| proxies.proxy_for(url)))
            .tls_backend_preconfigured(tls.clone());
        #[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
        let builder = builder.tcp_user_timeout(UNACKNOWLEDGED);
        builder.build().map_err(|error| {
            Error::usage("HTTP client could not be set up").with_source(error.without_url())
        })
    }
}

impl HttpSend for ReqwestHttp {
    fn send<'a>(
        &'a self,
        request: &'a PreparedRequest,
        sending: &'a Sending,
    ) -> BoxFuture<'a, Result<HttpResponse, HttpFailure>> {
        Box::pin(async move {
            sending.held();
            let unsendable = |source: Box<dyn StdError + Send + Sync>| {
                HttpFailure::new(HttpFailureKind::Unsendable, source)
            };
            let url =
                reqwest::Url::parse(request.url()).map_err(|error| unsendable(error.into()))?;
            if !is_same_place(&url, request) {
                return Err(unsendable("URL does not lead where its text says".into()));
            }
            let client = self
                .client(url.scheme() == "http", sending.needs_lively_connection())
                .map_err(|error| unsendable(error.into()))?;
            let mut message = reqwest::Request::new(request.http_method(), url);
            message.headers_mut().clone_from(request.headers());
            let left = Arc::new(AtomicBool::new(false));
            let body = TellingBody { bytes: Some(request.body().clone()), left: Arc::clone(&left) };
            *message.body_mut() = Some(reqwest::Body::wrap(body));
            let progress = Progress { left, sending };
            let answer = client.execute(message).await;
            drop(progress);
            match answer {
                Ok(response) => Ok(HttpResponse {
                    status: response.status().as_u16(),
                    headers: response.headers().clone(),
                    body: Box::new(ReqwestBody(response)),
                }),
                Err(error) => Err(failure(error.without_url(), sending)),
            }
        })
    }
}

/// Whether the URL, as reqwest reads it, has the host and port that were signed.
fn is_same_place(url: &reqwest::Url, request: &PreparedRequest) -> bool {
    let host = url.host_str().unwrap_or_default();
    let authority = request.authority();
    let port_is_right = match url.port() {
        Some(port) => authority
            .strip_prefix(host)
            .and_then(|rest| rest.strip_prefix(':'))
            .is_some_and(|digits| digits.parse() == Ok(port)),
        None => authority == host,
    };
    port_is_right && url.username().is_empty() && url.password().is_none()
}

/// Tells the sending how far it got, also when the future is dropped halfway.
struct Progress<'a> {
    left: Arc<AtomicBool>,
    sending: &'a Sending,
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if self.left.load(Ordering::Acquire) {
            self.sending.leaves();
        }
    }
}

/// A body that notes when the connection takes it up. Until then no byte of the request has left:
/// hyper asks for the body only once it has a connection and writes the head.
struct TellingBody {
    bytes: Option<Bytes>,
    left: Arc<AtomicBool>,
}

impl Body for TellingBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.left.store(true, Ordering::Release);
        Poll::Ready(
            self.bytes.take().filter(|bytes| !bytes.is_empty()).map(|bytes| Ok(Frame::data(bytes))),
        )
    }

    fn is_end_stream(&self) -> bool {
        // The first question that hyper asks when it begins to write, also for an empty body.
        self.left.store(true, Ordering::Release);
        self.bytes.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

fn failure(error: reqwest::Error, sending: &Sending) -> HttpFailure {
    let kind = if sending.may_have_left() {
        HttpFailureKind::MaybeSent
    } else if error.is_builder() {
        HttpFailureKind::Unsendable
    } else if is_untrusted(&error) {
        HttpFailureKind::Untrusted
    } else if error.is_timeout() {
        HttpFailureKind::ConnectTimeout
    } else {
        HttpFailureKind::NotSent
    };
    HttpFailure::new(kind, error)
}

/// Whether the chain of causes holds a refused certificate.
fn is_untrusted(error: &(dyn StdError + 'static)) -> bool {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return matches!(
            tls,
            rustls::Error::InvalidCertificate(_)
                | rustls::Error::NoCertificatesPresented
                | rustls::Error::UnsupportedNameType
                | rustls::Error::PeerIncompatible(_)
        );
    }
    // An io::Error keeps what it wraps out of the chain of sources.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    wrapped.is_some_and(|inner| is_untrusted(inner)) || error.source().is_some_and(is_untrusted)
}

struct ReqwestBody(reqwest::Response);

impl ResponseBody for ReqwestBody {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, HttpFailure>> {
        Box::pin(async {
            self.0
                .chunk()
                .await
                .map_err(|error| HttpFailure::new(HttpFailureKind::MaybeSent, error.without_url()))
        })
    }
}
