//! One connection: HTTP/1.1 over a stream that is watched, until a limit of time is over.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io::{self, IoSlice};
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

use super::Limits;
use super::activity::Activity;
use super::listener::Stream;
use crate::app::App;

/// How often a connection without a limit of its own is looked at.
const RECHECK: Duration = Duration::from_secs(30);

/// Serves a connection until either side closes it or a limit is over.
pub(super) async fn serve(
    stream: impl Stream,
    activity: Arc<Activity>,
    app: App,
    limits: Limits,
    watcher: Watcher,
) {
    let stream = Watched { stream, activity: Arc::clone(&activity) };
    let seen = Arc::clone(&activity);
    let service = service_fn(move |request: Request<Incoming>| {
        let (app, activity) = (app.clone(), Arc::clone(&seen));
        async move {
            activity.request_began();
            // Requests of one connection that come together are answered in turn with those of others.
            tokio::task::yield_now().await;
            let handled = app.answer(request, || activity.request_admitted()).await;
            activity.responded(handled.is_authenticated);
            Ok::<_, Infallible>(handled.response.map(Body::from))
        }
    });
    let connection = http1::Builder::new()
        // The activity has the limits of time.
        .header_read_timeout(None)
        // A client may say that it sends no more, and still read.
        .half_close(true)
        .max_buf_size(limits.head_size)
        .serve_connection(TokioIo::new(stream), service);
    // A client that goes away ends its own connection and nothing else.
    let _ = until_deadline(watcher.watch(connection), &activity).await;
}

/// Drives a connection; `None` if its deadline comes first.
async fn until_deadline<F: Future>(connection: F, activity: &Activity) -> Option<F::Output> {
    let deadline = || activity.deadline().unwrap_or_else(|| Instant::now() + RECHECK);
    let mut connection = pin!(connection);
    let mut timer = pin!(sleep_until(deadline()));
    poll_fn(|context| {
        if let Poll::Ready(output) = connection.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        loop {
            // A deadline that moved away is seen when the timer ends; only a nearer one needs a new timer.
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

/// A stream that tells its activity what it does.
struct Watched<S: Stream> {
    stream: S,
    activity: Arc<Activity>,
}

impl<S: Stream> Watched<S> {
    fn written(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &result {
            Poll::Ready(Ok(bytes)) => self.activity.wrote(*bytes),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.activity.write_blocked(),
        }
        result
    }
}

impl<S: Stream> Drop for Watched<S> {
    fn drop(&mut self) {
        if self.activity.is_write_blocked() {
            self.stream.discard_unread();
        }
    }
}

impl<S: Stream> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.activity.received();
        }
        result
    }
}

impl<S: Stream> AsyncWrite for Watched<S> {
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
