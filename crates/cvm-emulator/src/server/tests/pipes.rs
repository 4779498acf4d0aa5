//! A server on in-memory pipes, with a chosen number of file descriptors.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex,
};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::Cloud;
use crate::http_service::HttpService;
use crate::limits::Limits;
use crate::server::listener::{Accepted, Listener, Protocol, Stream};
use crate::server::serve;
use crate::test_requests::{cloud, zones};

/// A timeout, in virtual time, that only a hang exceeds.
const HANG_TIMEOUT: Duration = Duration::from_secs(3600);

/// Capacity of a pipe in each direction, in bytes.
const PIPE_BYTES: usize = 4 << 10;

/// `EMFILE`, the error code of Unix systems for "too many open files".
const EMFILE: i32 = 24;

pub(super) struct Server {
    pub(super) cloud: Cloud,
    connect: mpsc::UnboundedSender<io::Result<DuplexStream>>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(super) fn start(limits: Limits) -> Self {
        Self::with_files(limits, Semaphore::MAX_PERMITS)
    }

    /// Starts a server that can open this many connections before accepting fails.
    pub(super) fn with_files(limits: Limits, files: usize) -> Self {
        Self::with(limits, files, Protocol::Http)
    }

    /// Starts a server whose clients speak this protocol.
    pub(super) fn speaking(protocol: Protocol, limits: Limits) -> Self {
        Self::with(limits, Semaphore::MAX_PERMITS, protocol)
    }

    fn with(limits: Limits, files: usize, protocol: Protocol) -> Self {
        let (connect, incoming) = mpsc::unbounded_channel();
        let queue = Mutex::new(Queue { incoming, next: None });
        let listener = Pipes { queue, files: Arc::new(Semaphore::new(files)), protocol };
        let (stop, stopped) = oneshot::channel::<()>();
        let cloud = cloud();
        let service = HttpService::new(&cloud, &limits);
        let task = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            serve(listener, service, limits, stopped).await;
        });
        Self { cloud, connect, stop: Some(stop), task }
    }

    pub(super) fn connect(&self) -> Client {
        let (ours, theirs) = duplex(PIPE_BYTES);
        self.connect.send(Ok(theirs)).unwrap();
        Client(ours)
    }

    /// Makes accepting fail once.
    pub(super) fn fail(&self, error: io::Error) {
        self.connect.send(Err(error)).unwrap();
    }

    /// Connects a client that gets a response to a signed request.
    pub(super) async fn served(&self) -> Client {
        let mut client = self.connect();
        client.is_served().await;
        client
    }

    /// Stops the server and returns how long that took.
    pub(super) async fn stop(mut self) -> Duration {
        let start = Instant::now();
        drop(self.stop.take());
        timeout(HANG_TIMEOUT, &mut self.task).await.unwrap().unwrap();
        start.elapsed()
    }
}

pub(super) struct Client(pub(super) DuplexStream);

impl Client {
    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        timeout(HANG_TIMEOUT, self.0.write_all(bytes.as_ref())).await.unwrap().unwrap();
    }

    /// Reads one response.
    pub(super) async fn response(&mut self) -> String {
        let mut bytes = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let mut lines =
                    head.lines().filter_map(|line| line.strip_prefix("content-length: "));
                let length = lines.next_back().map_or(0, |length| length.parse().unwrap());
                if body.len() >= length {
                    return text;
                }
            }
            let byte = timeout(HANG_TIMEOUT, self.0.read_u8()).await.unwrap();
            bytes.push(byte.unwrap_or_else(|error| panic!("{error} after {text:?}")));
        }
    }

    pub(super) async fn is_served(&mut self) {
        self.send(zones()).await;
        let response = self.response().await;
        assert!(response.contains("\"TotalCount\":7"), "{response}");
    }

    /// Reads everything until the server closes.
    pub(super) async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        timeout(HANG_TIMEOUT, self.0.read_to_end(&mut bytes)).await.unwrap().unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until the server closes, without reading. Returns how long that took.
    pub(super) async fn closed(&mut self) -> Duration {
        let start = Instant::now();
        let closed = async {
            // Writing to a full, open pipe would wait forever.
            while self.0.write_all(b"\r\n").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(HANG_TIMEOUT, closed).await.unwrap();
        start.elapsed()
    }

    /// Whether the server has already closed the connection.
    pub(super) async fn is_closed(&mut self) -> bool {
        let mut byte = [0];
        timeout(Duration::from_millis(1), self.0.read(&mut byte)).await.is_ok()
    }
}

struct Pipes {
    queue: Mutex<Queue>,
    files: Arc<Semaphore>,
    protocol: Protocol,
}

struct Queue {
    incoming: mpsc::UnboundedReceiver<io::Result<DuplexStream>>,
    next: Option<DuplexStream>,
}

impl Listener for Pipes {
    type Stream = Pipe;

    async fn accept(&self) -> io::Result<Accepted<Pipe>> {
        let mut queue = self.queue.lock().await;
        if queue.next.is_none() {
            let Some(next) = queue.incoming.recv().await else { std::future::pending().await };
            queue.next = Some(next?);
        }
        let Ok(file) = Arc::clone(&self.files).try_acquire_owned() else {
            return Err(io::Error::from_raw_os_error(EMFILE));
        };
        let stream = Pipe { stream: queue.next.take().unwrap(), _file: file };
        Ok(Accepted { stream, protocol: self.protocol.clone() })
    }
}

pub(super) struct Pipe {
    stream: DuplexStream,
    _file: OwnedSemaphorePermit,
}

impl Stream for Pipe {
    fn peer(&self) -> Option<IpAddr> {
        Some(Ipv4Addr::LOCALHOST.into())
    }

    fn discard_unread(&self) {}
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
