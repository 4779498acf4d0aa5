//! A server that answers a request twice: the second response must not be taken for that of another request.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use cvm_protocol::RetryClass;
use cvm_transport::{Client, Timeouts, Unlimited};

use crate::actions::{KillThings, Launch, ListThings, SetName, StartThings};

/// So long that only a hang breaks it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Answers the first request of each connection with a success once, and, when it is told to, once more.
/// Every later connection gets an error, and so does every later request.
struct Doubling {
    url: String,
    again: Sender<()>,
    written: Receiver<()>,
}

fn read_request(stream: &mut BufReader<TcpStream>) -> Option<()> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.to_ascii_lowercase();
        if let Some(text) = line.strip_prefix("content-length: ") {
            length = text.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()
}

impl Doubling {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (again, told) = channel();
        let (says, written) = channel();
        std::thread::spawn(move || {
            let done = r#"{"Response":{"ThingIdSet":["thing-1"],"RequestId":"r-first"}}"#;
            let success = crate::server::answer(200, &[], done);
            let (first, _) = listener.accept().unwrap();
            let mut first = BufReader::new(first);
            read_request(&mut first).unwrap();
            first.get_mut().write_all(&success).unwrap();
            told.recv().unwrap();
            // The peer may have closed the connection by now.
            let _ = first.get_mut().write_all(&success);
            says.send(()).unwrap();
            let refusal = r#"{"Response":{"Error":{"Code":"LimitExceeded","Message":"no"},"RequestId":"r-second"}}"#;
            let refusal = crate::server::answer(200, &[], refusal);
            while let Ok((stream, _)) = listener.accept() {
                let mut stream = BufReader::new(stream);
                while read_request(&mut stream).is_some() {
                    let _ = stream.get_mut().write_all(&refusal);
                }
            }
        });
        Self { url, again, written }
    }

    /// Blocks the thread until the second response is on the wire: this runtime notices nothing meanwhile.
    fn answer_again(&self) {
        self.again.send(()).unwrap();
        self.written.recv_timeout(PATIENCE).unwrap();
    }
}

async fn call(client: &Client, class: RetryClass) -> Result<String, cvm_transport::Error> {
    let ids = || vec!["thing-1".to_owned()];
    let report = match class {
        RetryClass::Read => client.send_reported(ListThings::default()).await?.1,
        RetryClass::Token => client.send_reported(Launch::default()).await?.1,
        RetryClass::Convergent => client.send_reported(SetName::default()).await?.1,
        RetryClass::Guarded => client.send_reported(StartThings { thing_ids: ids() }).await?.1,
        RetryClass::Hazard => client.send_reported(KillThings { thing_ids: ids() }).await?.1,
    };
    Ok(report.request_id)
}

const CHANGES: [RetryClass; 4] =
    [RetryClass::Token, RetryClass::Convergent, RetryClass::Guarded, RetryClass::Hazard];

#[tokio::test]
async fn late_second_response_is_not_the_response_to_a_later_change() {
    for first in [RetryClass::Read].into_iter().chain(CHANGES) {
        for second in CHANGES {
            let server = Doubling::start();
            let client = crate::builder(&server.url)
                .timeouts(Timeouts { connect: PATIENCE, ..Timeouts::default() })
                .rate_limiter(Unlimited)
                .build()
                .unwrap();
            assert_eq!(call(&client, first).await.unwrap(), "r-first");
            server.answer_again();
            let error = call(&client, second).await.expect_err("nothing was done");
            assert_eq!(error.request_id(), Some("r-second"), "{first} then {second}: {error}");
        }
    }
}
