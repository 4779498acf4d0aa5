//! Serves HTTP/1.1 to clients that are slow, silent, greedy or many.
//!
//! A connection is accepted at once. If there are too many, or the system has no more file descriptors,
//! the oldest connection of a client that has proved no credential is closed, then the oldest idle one. A
//! request that is arriving and names a known key gives way last, unless most of the others do the same.
//! [`Limits`] lists what each connection and all of them together can use.

mod activity;
mod connection;
mod connections;
mod limits;
mod listener;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use hyper_util::server::graceful::GracefulShutdown;

use crate::Cloud;
use crate::app::App;

use activity::Activity;
use connections::Connections;
pub(crate) use limits::Limits;
use listener::is_of_one_connection;
pub(crate) use listener::{Listener, listen};

/// Serves until `stop` is done; then no new connection is taken, and those that are busy may end.
pub(crate) async fn serve(
    listener: impl Listener,
    cloud: &Cloud,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let app = App::new(cloud, &limits);
    let graceful = GracefulShutdown::new();
    // Dropped with the future of this function, and then every connection ends.
    let mut connections = Connections::default();
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            () = connections.ended() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(stream) => {
                tokio::select! {
                    () = &mut stop => break,
                    () = connections.make_room(limits.connections) => {}
                }
                let activity = Arc::new(Activity::new(limits));
                let (watched, app) = (Arc::clone(&activity), app.clone());
                let served = connection::serve(stream, watched, app, limits, graceful.watcher());
                connections.spawn(activity, served);
            }
            Err(error) if is_of_one_connection(&error) => {}
            // Most likely the system has no more file descriptors, and closing one gives it back.
            Err(_) => tokio::select! {
                () = &mut stop => break,
                () = connections.close_one() => {}
            },
        }
    }
    drop(listener);
    connections.close_idle();
    let _ = tokio::time::timeout(limits.stop_time, graceful.shutdown()).await;
}
