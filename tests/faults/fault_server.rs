//! The fault server: raw TCP, one script per request, and correct service when no script is left.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::fault::{Fault, Step};
use crate::ledger::{Ledger, RequestRecord};
use crate::received::{IncomingRequest, ReceivedRequest};
use crate::rerun::TimeScale;
use crate::response::{self, ExchangeContext};
use crate::{service, signature};

/// A running server. Dropping it stops it with all its connections.
#[derive(Debug)]
pub struct FaultServer {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    address: SocketAddr,
    third_party: SocketAddr,
    ledger: Ledger,
    plan: Mutex<VecDeque<Arc<Fault>>>,
    scale: Mutex<TimeScale>,
    /// The peer addresses of the accepted connections.
    accepted: Mutex<HashSet<SocketAddr>>,
    /// Number of connections in the middle of a request.
    busy: AtomicUsize,
    /// Failures of the server itself, which would invalidate every result.
    failures: Mutex<Vec<String>>,
}

impl FaultServer {
    /// Starts without a plan: every request is served correctly.
    pub async fn start(third_party: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::serve(listener, third_party)
    }

    /// The same on an existing socket.
    pub fn serve(listener: TcpListener, third_party: SocketAddr) -> Self {
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            address,
            third_party,
            ledger: Ledger::default(),
            plan: Mutex::default(),
            scale: Mutex::new(TimeScale::NORMAL),
            accepted: Mutex::default(),
            busy: AtomicUsize::new(0),
            failures: Mutex::default(),
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, task }
    }

    /// Slows down dripping by this factor.
    pub fn set_time_scale(&self, scale: TimeScale) {
        *self.shared.scale.lock().unwrap() = scale;
    }

    /// Returns when no connection is in the middle of a request anymore.
    pub async fn settle(&self) {
        // Connections are accepted in order. Once this one is, so are those before it.
        let last = TcpStream::connect(self.address).await.unwrap();
        let from = last.local_addr().unwrap();
        let mut quiet = 0;
        while quiet < 5 {
            let is_busy = !self.shared.accepted.lock().unwrap().contains(&from)
                || self.shared.busy.load(Ordering::SeqCst) > 0;
            quiet = if is_busy { 0 } else { quiet + 1 };
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Returns when this many requests were read completely.
    pub async fn wait_for_requests(&self, count: usize) {
        let is_complete = |request: &&RequestRecord| request.action.is_some();
        while self.ledger().lock().requests.iter().filter(is_complete).count() < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// The faults of the next requests, in this order.
    pub fn plan(&self, faults: impl IntoIterator<Item = Arc<Fault>>) {
        self.shared.plan.lock().unwrap().extend(faults);
    }

    /// From now on, every request is served correctly.
    pub fn forget_plan(&self) {
        self.shared.plan.lock().unwrap().clear();
    }

    /// How many planned faults have not occurred yet.
    pub fn planned(&self) -> usize {
        self.shared.plan.lock().unwrap().len()
    }

    pub fn ledger(&self) -> &Ledger {
        &self.shared.ledger
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn failures(&self) -> Vec<String> {
        self.shared.failures.lock().unwrap().clone()
    }
}

impl Drop for FaultServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((socket, peer)) = accepted else { continue };
                shared.accepted.lock().unwrap().insert(peer);
                let number = {
                    let mut ledger = shared.ledger.lock();
                    ledger.connections += 1;
                    ledger.connections
                };
                let shared = Arc::clone(&shared);
                connections.spawn(async move {
                    // Errors of a connection that the peer causes are expected.
                    let _ = Connection { socket, number, shared }.serve().await;
                });
            }
            Some(Err(failure)) = connections.join_next() => {
                if failure.is_panic() {
                    shared.failures.lock().unwrap().push(failure.to_string());
                }
            }
        }
    }
}

struct Connection {
    socket: TcpStream,
    number: u32,
    shared: Arc<Shared>,
}

/// Counts a connection as busy until it is dropped.
struct Busy(Arc<Shared>);

impl Busy {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.busy.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(shared))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Whether the connection continues after an exchange.
enum AfterExchange {
    Exchange,
    Closed,
}

impl Connection {
    async fn serve(mut self) -> io::Result<()> {
        self.socket.set_nodelay(true)?;
        let at_accept = self.next_fault(Fault::occurs_at_accept);
        if let Some(fault) = at_accept
            && let AfterExchange::Closed = self.exchange(Some(&fault)).await?
        {
            return Ok(());
        }
        loop {
            let mut first = [0];
            if self.socket.peek(&mut first).await? == 0 {
                return Ok(());
            }
            let fault = self.next_fault(|_| true);
            if let AfterExchange::Closed = self.exchange(fault.as_deref()).await? {
                return Ok(());
            }
        }
    }

    fn next_fault(&self, fits: impl Fn(&Fault) -> bool) -> Option<Arc<Fault>> {
        let mut plan = self.shared.plan.lock().unwrap();
        if plan.front().is_some_and(|fault| fits(fault)) { plan.pop_front() } else { None }
    }

    async fn exchange(&mut self, fault: Option<&Fault>) -> io::Result<AfterExchange> {
        let _busy = Busy::new(&self.shared);
        let index = self.record_arrival(fault.map_or("served", |fault| fault.name));
        let mut exchange = Exchange {
            index,
            incoming: IncomingRequest::default(),
            received: None,
            context: ExchangeContext {
                body: String::new(),
                request_id: format!("r-{index}"),
                request: Vec::new(),
                third_party: self.shared.third_party,
                own: self.shared.address,
            },
        };
        let Some(fault) = fault else {
            let healthy = [
                Step::TakeAll,
                Step::Commit,
                Step::Write(Box::new(|context| response::json(&context.body))),
            ];
            return self.follow(&healthy, &mut exchange).await;
        };
        self.follow(&fault.script, &mut exchange).await
    }

    async fn follow(
        &mut self,
        script: &[Step],
        exchange: &mut Exchange,
    ) -> io::Result<AfterExchange> {
        for step in script {
            match step {
                Step::Take(count) => {
                    if !exchange.incoming.take(&mut self.socket, *count).await? {
                        return Ok(AfterExchange::Closed);
                    }
                }
                Step::TakeHead => {
                    if !exchange.incoming.take_head(&mut self.socket).await? {
                        return Ok(AfterExchange::Closed);
                    }
                }
                Step::TakeAll => {
                    let received = exchange.incoming.take_all(&mut self.socket).await?;
                    let Some(received) = received else { return Ok(AfterExchange::Closed) };
                    self.record_request(exchange.index, &received);
                    exchange.received = Some(received);
                }
                Step::Commit => {
                    let received = exchange.received.as_ref().expect("read before it is done");
                    exchange.context.body =
                        self.commit(exchange.index, received, &exchange.context.request_id);
                }
                Step::CommitFirst(count) => {
                    let received = exchange.received.as_ref().expect("read before it is done");
                    let part = received.with_ids_up_to(*count);
                    self.commit(exchange.index, &part, &exchange.context.request_id);
                }
                Step::Write(piece) => {
                    let bytes = piece(exchange.context());
                    self.socket.write_all(&bytes).await?;
                }
                Step::Drip(piece, pause) => {
                    let pause = self.shared.scale.lock().unwrap().of(*pause);
                    for byte in piece(exchange.context()) {
                        self.socket.write_all(&[byte]).await?;
                        tokio::time::sleep(pause).await;
                    }
                }
                Step::Endless(piece) => {
                    let bytes = piece(exchange.context());
                    // Without a pause, a few of these would use the whole machine.
                    while self.socket.write_all(&bytes).await.is_ok() {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                    return Ok(AfterExchange::Closed);
                }
                Step::Pause(pause) => tokio::time::sleep(*pause).await,
                Step::Hang => {
                    self.hang(exchange.incoming.bytes().is_empty()).await;
                    return Ok(AfterExchange::Closed);
                }
                Step::Close => {
                    self.socket.shutdown().await?;
                    return Ok(AfterExchange::Closed);
                }
                Step::Reset => {
                    self.socket.set_zero_linger()?;
                    return Ok(AfterExchange::Closed);
                }
            }
        }
        Ok(AfterExchange::Exchange)
    }

    /// Does nothing while the peer stays. If nothing was read before, it does not even read: then the peer's
    /// close shows only when the server ends.
    async fn hang(&mut self, without_reading: bool) {
        if without_reading {
            std::future::pending::<()>().await;
        }
        let mut bytes = [0; 1024];
        while let Ok(1..) = self.socket.read(&mut bytes).await {}
    }

    fn record_arrival(&self, fault: &'static str) -> usize {
        let mut ledger = self.shared.ledger.lock();
        ledger.requests.push(RequestRecord {
            at: Instant::now(),
            connection: self.number,
            fault,
            action: None,
            client_token: None,
            signed: None,
            committed: false,
        });
        ledger.requests.len() - 1
    }

    fn record_request(&self, index: usize, received: &ReceivedRequest) {
        let signed = signature::verify(received);
        let mut ledger = self.shared.ledger.lock();
        let request = &mut ledger.requests[index];
        request.action = Some(received.action().to_owned());
        request.client_token = received.parameter("ClientToken").map(str::to_owned);
        request.signed = Some(signed);
    }

    fn commit(&self, index: usize, received: &ReceivedRequest, request_id: &str) -> String {
        let mut ledger = self.shared.ledger.lock();
        let is_signed = matches!(ledger.requests[index].signed, Some(Ok(_)));
        let response = if is_signed {
            service::carry_out(&mut ledger, received, request_id)
        } else {
            service::response(service::error("AuthFailure.SignatureFailure"), request_id)
        };
        ledger.requests[index].committed = response["Response"].get("Error").is_none();
        response.to_string()
    }
}

/// One request and its result.
struct Exchange {
    index: usize,
    incoming: IncomingRequest,
    received: Option<ReceivedRequest>,
    context: ExchangeContext,
}

impl Exchange {
    fn context(&mut self) -> &ExchangeContext {
        self.context.request = self.incoming.bytes().to_vec();
        &self.context
    }
}
