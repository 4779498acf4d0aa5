//! The same faults for other client implementations: a control port that starts fault servers and returns their
//! ledgers, so that a script in any language can run the matrix.

use std::collections::HashMap;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::fault;
use crate::fault_server::FaultServer;
use crate::matrix::throttle;
use crate::test_client::{SECRET_ID, SECRET_KEY, SECRETS, TOKENS};
use crate::third_party::ThirdParty;

/// Serves until it is killed. One JSON response per line:
///
/// - `faults`: every fault with its name and whether the request is carried out;
/// - `credential`: the credential to sign with;
/// - `open <attempt> <name>`: a server whose fault affects that attempt; those before are throttled;
/// - `close <port>`: its ledger; this stops the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs until it is killed; tests/peers uses it"]
async fn serve_other_clients() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("control {}", listener.local_addr().unwrap());
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(serve(socket));
    }
}

async fn serve(mut socket: TcpStream) -> std::io::Result<()> {
    let mut open: HashMap<u16, (FaultServer, ThirdParty)> = HashMap::new();
    let (read, mut write) = socket.split();
    let mut lines = BufReader::new(read).lines();
    while let Some(line) = lines.next_line().await? {
        let words: Vec<&str> = line.splitn(3, ' ').collect();
        let response = match words[..] {
            ["faults"] => faults(),
            ["credential"] => json!({
                "secret_id": SECRET_ID, "secret_key": SECRET_KEY, "token": TOKENS[0],
            }),
            ["open", attempt, name] => {
                let third_party = ThirdParty::open().await;
                let server = FaultServer::start(third_party.address).await;
                let fault = fault::named(name);
                let before = attempt.parse::<usize>().unwrap() - 1;
                let throttled = throttle(fault.occurs_at_accept());
                server.plan(std::iter::repeat_n(throttled, before));
                server.plan([fault]);
                let port = server.address.port();
                open.insert(port, (server, third_party));
                json!(port)
            }
            ["close", port] => {
                let closed = port.parse().ok().and_then(|port: u16| open.remove(&port));
                closed.map_or(Value::Null, |(server, third_party)| ledger(&server, &third_party))
            }
            _ => Value::Null,
        };
        write.write_all(format!("{response}\n").as_bytes()).await?;
    }
    Ok(())
}

fn faults() -> Value {
    let describe = |fault: &fault::Fault| json!({ "name": fault.name, "commits": fault.commits() });
    fault::all().iter().map(|fault| describe(fault)).collect()
}

fn ledger(server: &FaultServer, third_party: &ThirdParty) -> Value {
    let received = third_party.received();
    let text = String::from_utf8_lossy(&received.bytes).into_owned();
    let ledger = server.ledger().lock();
    json!({
        "instances": ledger.instances.iter().map(|launched| &launched.id).collect::<Vec<_>>(),
        "destroys": ledger.destroys,
        "recycled": ledger.recycled,
        "stops": ledger.stops,
        "requests": ledger.requests.len(),
        "commits": ledger.requests.iter().filter(|request| request.committed).count(),
        "third_party_connections": received.connections,
        "third_party_secrets": SECRETS.iter().filter(|secret| text.contains(**secret)).count(),
        "failures": server.failures(),
    })
}
