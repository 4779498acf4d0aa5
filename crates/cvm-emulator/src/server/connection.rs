//! One connection: HTTP/1.1, with or without TLS, over a stream that is watched, until a limit of time is over.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::Watcher;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep_until};
use tokio_rustls::server::TlsStream;

use super::activity::Activity;
use super::listener::{Accepted, Protocol, Stream};
use crate::admin::is_stream;
use crate::handled::Delivery;
use crate::http_service::HttpService;
use crate::limits::Limits;

/// How often the deadline of a connection is checked while it has none.
const RECHECK: Duration = Duration::from_secs(30);

/// Serves a connection until either side closes it or a time limit expires.
pub(super) async fn serve(
    accepted: Accepted<impl Stream>,
    activity: Arc<Activity>,
    service: HttpService,
    limits: Limits,
    watcher: Watcher,
) {
    let Accepted { stream, protocol } = accepted;
    let peer = stream.peer();
    let stream = TrackedStream { stream, activity: Arc::clone(&activity), first_byte: None };
    let watched = Arc::clone(&activity);
    let served = async move {
        // A failed handshake ends only its own connection, and so does a disconnect.
        let Ok((stream, is_wrong_scheme)) = open(stream, protocol).await else { return };
        let _ = serve_http(stream, is_wrong_scheme, peer, activity, service, limits, watcher).await;
    };
    let _ = until_deadline(served, &watched).await;
}

/// Makes the TLS handshake, if the protocol has one. Also returns whether the client uses HTTP on a port for HTTPS.
async fn open<S: Stream>(
    mut stream: TrackedStream<S>,
    protocol: Protocol,
) -> io::Result<(HttpStream<S>, bool)> {
    /// The first byte of a TLS connection: the type of a record that belongs to a handshake (RFC 8446, 5.1).
    const HANDSHAKE: u8 = 22;
    match protocol {
        Protocol::Http => Ok((HttpStream::Plain(stream), false)),
        Protocol::Https(tls) if stream.peek_first_byte().await? == HANDSHAKE => {
            Ok((HttpStream::Tls(Box::new(tls.accept(stream).await?)), false))
        }
        Protocol::Https(_) => Ok((HttpStream::Plain(stream), true)),
    }
}

async fn serve_http(
    stream: HttpStream<impl Stream>,
    is_wrong_scheme: bool,
    peer: Option<IpAddr>,
    activity: Arc<Activity>,
    service: HttpService,
    limits: Limits,
    watcher: Watcher,
) -> hyper::Result<()> {
    let service_activity = activity;
    let hyper_service = service_fn(move |request: Request<Incoming>| {
        let (service, activity) = (service.clone(), Arc::clone(&service_activity));
        async move {
            activity.request_started();
            // Yield between pipelined requests, so that other connections are served in turn.
            tokio::task::yield_now().await;
            let handled = if is_wrong_scheme {
                service.require_https(request).await
            } else {
                let request = match service.handle_admin(request, peer).await {
                    Ok((response, is_authenticated)) => {
                        activity.responded(is_authenticated);
                        if is_stream(&response) {
                            activity.streams();
                        }
                        return Ok(response);
                    }
                    Err(request) => request,
                };
                service.handle(request, || activity.known_key_found()).await
            };
            activity.responded(handled.is_authenticated);
            if handled.delivery == Delivery::Reset {
                activity.reset();
            }
            match handled.delivery {
                Delivery::Send => Ok(handled.response.map(Body::from)),
                Delivery::Close | Delivery::Reset => Err(NoResponse),
            }
        }
    });
    let connection = http1::Builder::new()
        // `Activity` enforces the time limits.
        .header_read_timeout(None)
        // A client may close its sending side and still read.
        .half_close(true)
        .max_buf_size(limits.max_head_bytes)
        .serve_connection(TokioIo::new(stream), hyper_service);
    watcher.watch(connection).await
}

/// Ends a connection without a response, as an injected fault asks for.
#[derive(Debug)]
struct NoResponse;

impl fmt::Display for NoResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fault rule ends the connection without a response")
    }
}

impl Error for NoResponse {}

/// Drives a connection. Returns `None` if its deadline expires first.
async fn until_deadline<F: Future>(connection: F, activity: &Activity) -> Option<F::Output> {
    let deadline = || activity.deadline().unwrap_or_else(|| Instant::now() + RECHECK);
    let mut connection = pin!(connection);
    let mut timer = pin!(sleep_until(deadline()));
    poll_fn(|context| {
        if let Poll::Ready(output) = connection.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        loop {
            // A later deadline is noticed when the timer fires; only an earlier one needs a reset.
            if let Some(deadline) = activity.deadline().filter(|one| *one < timer.deadline()) {
                timer.as_mut().reset(deadline);
            }
            ready!(timer.as_mut().poll(context));
            if activity.deadline().is_some_and(|deadline| deadline <= Instant::now()) {
                return Poll::Ready(None);
            }
            timer.as_mut().reset(deadline());
        }
    })
    .await
}

/// What HTTP runs over.
enum HttpStream<S: Stream> {
    Plain(TrackedStream<S>),
    Tls(Box<TlsStream<TrackedStream<S>>>),
}

impl<S: Stream> AsyncRead for HttpStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl<S: Stream> AsyncWrite for HttpStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

/// A stream that reports reads and writes to its activity. Under TLS, these are the encrypted bytes: a peer that does not
/// read cannot hide behind the buffers of the TLS connection.
struct TrackedStream<S: Stream> {
    stream: S,
    activity: Arc<Activity>,
    /// A byte that was read ahead.
    first_byte: Option<u8>,
}

impl<S: Stream> TrackedStream<S> {
    /// Reads the first byte ahead.
    async fn peek_first_byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        let mut buffer = ReadBuf::new(&mut byte);
        poll_fn(|context| Pin::new(&mut *self).poll_read(context, &mut buffer)).await?;
        let byte = buffer.filled().first().copied().ok_or(io::ErrorKind::UnexpectedEof)?;
        self.first_byte = Some(byte);
        Ok(byte)
    }

    fn written(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &result {
            Poll::Ready(Ok(bytes)) => self.activity.wrote(*bytes),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.activity.write_blocked(),
        }
        result
    }
}

impl<S: Stream> Drop for TrackedStream<S> {
    fn drop(&mut self) {
        if self.activity.is_write_blocked() || self.activity.is_reset() {
            self.stream.discard_unread();
        }
    }
}

impl<S: Stream> AsyncRead for TrackedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buffer.remaining() > 0
            && let Some(byte) = self.first_byte.take()
        {
            buffer.put_slice(&[byte]);
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.activity.received();
        }
        result
    }
}

impl<S: Stream> AsyncWrite for TrackedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.written(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_flush(context);
        if matches!(result, Poll::Ready(Ok(()))) {
            self.activity.flushed();
        }
        result
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
