//! Serves HTTP/1.1 within limits, so that slow, silent or many clients do not block others.
//!
//! A connection is accepted at once. If there are too many connections, or no free file descriptor, the server first
//! closes the oldest connection of an unauthenticated client, then the oldest idle one. Incoming requests that name a
//! known key are closed last, unless they outnumber the unauthenticated ones. [`Limits`] lists all limits. A TLS handshake is
//! part of the first request head: it shares the time limit, and nobody is authenticated by it.

mod activity;
mod connection;
mod connections;
mod listener;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use hyper_util::server::graceful::GracefulShutdown;

use crate::http_service::HttpService;
use crate::limits::Limits;

use activity::Activity;
use connections::Connections;
use listener::is_connection_error;
pub(crate) use listener::{Accepted, Listener, Protocol, listen};

/// Serves until `stop` completes. Then it accepts no new connections and waits for requests in progress.
pub(crate) async fn serve(
    listener: impl Listener,
    service: HttpService,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    // Dropping the future of this function drops this and ends every connection.
    let mut connections = Connections::default();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            () = connections.ended() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(accepted) => {
                tokio::select! {
                    () = &mut stop => break,
                    () = connections.make_room(limits.max_connections) => {}
                }
                let activity = Arc::new(Activity::new(limits));
                let (watched, service) = (Arc::clone(&activity), service.clone());
                let served =
                    connection::serve(accepted, watched, service, limits, graceful.watcher());
                connections.spawn(activity, served);
            }
            Err(error) if is_connection_error(&error) => {}
            // Probably no file descriptor is free. Closing a connection frees one.
            Err(_) => tokio::select! {
                () = &mut stop => break,
                () = connections.close_one() => {}
            },
        }
    }
    drop(listener);
    connections.close_idle();
    service.end_streams();
    let _ = tokio::time::timeout(limits.shutdown_timeout, graceful.shutdown()).await;
}
