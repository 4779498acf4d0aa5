//! Listens: HTTP/1.1 over TCP, with limits on what one client can hold.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Connections at one time; further ones wait.
const CONNECTIONS: usize = 256;

/// How long a connection may take over the head of a request, or keep silent between two.
const HEAD_TIME: Duration = Duration::from_secs(30);

/// Longest head of a request: the longest query and the longest token fit.
const HEAD_SIZE: usize = 64 * 1024;

/// How long requests that are being answered may take when the server stops.
const STOP_TIME: Duration = Duration::from_secs(5);

/// Serves until `stop` is done; then no new connection is taken, and those that are busy may end.
pub(crate) async fn serve(listener: TcpListener, app: Router, stop: impl Future<Output = ()>) {
    let graceful = GracefulShutdown::new();
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    // Dropped with the future of this function, and then every connection ends.
    let mut connections = JoinSet::new();
    tokio::pin!(stop);
    loop {
        let next = async {
            // Never closed, so there is always a permit to wait for.
            let permit = Arc::clone(&permits).acquire_owned().await.ok();
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            () = &mut stop => break,
            next = next => next,
        };
        // Most errors are of the connection that was not accepted; the pause is for the others.
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        // Small answers must not wait for an acknowledgement.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(app.clone());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_buf_size(HEAD_SIZE)
            .serve_connection(TokioIo::new(stream), service);
        let watched = graceful.watch(connection);
        connections.spawn(async move {
            // A client that goes away ends its own connection and nothing else.
            let _ = watched.await;
            drop(permit);
        });
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    let _ = tokio::time::timeout(STOP_TIME, graceful.shutdown()).await;
}
