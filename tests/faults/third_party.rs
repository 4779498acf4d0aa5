//! The server that redirects point to: it accepts every connection and keeps every byte.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The server. Dropping it stops it.
#[derive(Debug)]
pub struct ThirdParty {
    pub address: SocketAddr,
    received: Arc<Mutex<Received>>,
    task: JoinHandle<()>,
}

/// What it received.
#[derive(Clone, Debug, Default)]
pub struct Received {
    pub connections: u32,
    pub bytes: Vec<u8>,
}

impl ThirdParty {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Received::default()));
        let kept = Arc::clone(&received);
        let task = tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                kept.lock().unwrap().connections += 1;
                let mut bytes = vec![0; 16 * 1024];
                while let Ok(read @ 1..) = socket.read(&mut bytes).await {
                    kept.lock().unwrap().bytes.extend_from_slice(&bytes[..read]);
                }
            }
        });
        Self { address, received, task }
    }

    pub fn received(&self) -> Received {
        self.received.lock().unwrap().clone()
    }
}

impl Drop for ThirdParty {
    fn drop(&mut self) {
        self.task.abort();
    }
}
