//! One client on several runtimes: none waits for another.

use std::sync::mpsc::channel;
use std::time::Duration;

use cvm_transport::{Client, Timeouts, Unlimited};
use tokio::runtime::{Builder, Runtime};

use crate::actions::{KillThings, ListThings};
use crate::server::Server;

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn client(server: &Server) -> Client {
    let wide = Duration::from_secs(60);
    let timeouts =
        Timeouts { connect: wide, first_byte: wide, attempt: wide, ..Timeouts::default() };
    let builder = crate::builder(&server.url).timeouts(timeouts).max_attempts(1);
    builder.rate_limiter(Unlimited).build().unwrap()
}

/// Waits for its turn, calls, and passes the turn on: while one thread calls, the runtimes of the others
/// stand still.
#[test]
fn threads_with_runtimes_of_their_own_take_turns_with_one_client() {
    const THREADS: usize = 3;
    const TURNS: usize = 5;
    let servers = Runtime::new().unwrap();
    let server = servers.block_on(Server::start([]));
    let client = client(&server);
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..THREADS).map(|_| channel()).unzip();
    senders[0].send(()).unwrap();
    std::thread::scope(|scope| {
        for (number, receiver) in receivers.into_iter().enumerate() {
            let (client, next) = (client.clone(), senders[(number + 1) % THREADS].clone());
            scope.spawn(move || {
                let runtime = current_thread();
                for _ in 0..TURNS {
                    receiver.recv().unwrap();
                    runtime.block_on(client.send(ListThings::default())).unwrap();
                    let kill = KillThings { thing_ids: vec!["thing-1".into()] };
                    runtime.block_on(client.send(kill)).unwrap();
                    // The last of all finds nobody who waits.
                    let _ = next.send(());
                }
            });
        }
    });
    let reads = server.received().into_iter().filter(|request| request.action() == "ListThings");
    let mut connections: Vec<usize> = reads.map(|request| request.connection).collect();
    assert_eq!(connections.len(), THREADS * TURNS);
    connections.sort_unstable();
    connections.dedup();
    assert_eq!(
        connections.len(),
        THREADS,
        "each runtime has a connection of its own, and keeps it"
    );
}

#[test]
fn client_outlives_the_runtimes_that_it_was_used_on() {
    let servers = Runtime::new().unwrap();
    let server = servers.block_on(Server::start([]));
    let client = client(&server);
    for _ in 0..10 {
        let runtime = current_thread();
        for _ in 0..2 {
            runtime.block_on(client.send(ListThings::default())).unwrap();
        }
    }
    assert_eq!(server.received().len(), 20);
}
