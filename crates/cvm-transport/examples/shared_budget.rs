//! Shares one rate limit between processes, with counters in a Redis that all of them reach.
//!
//! Every action and region has a counter per second. A call that raises it above the documented rate waits for the
//! next second. The example uses Redis's own protocol over one connection per call; a real program would use a client
//! with a connection pool.
//!
//! ```text
//! cargo run -p cvm-transport --example shared_budget -- 127.0.0.1:6379
//! ```

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cvm_transport::{BoxFuture, Client, RateLimitKey, RateLimiter, RateLimiterError};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

#[derive(Debug)]
struct SharedBudget {
    redis: String,
}

impl SharedBudget {
    /// Increments the counter of this second and returns its value.
    async fn count(&self, key: &str) -> std::io::Result<u32> {
        let mut redis = BufReader::new(TcpStream::connect(&self.redis).await?);
        let commands = format!("INCR {key}\r\nEXPIRE {key} 2\r\n");
        redis.write_all(commands.as_bytes()).await?;
        let mut line = String::new();
        redis.read_line(&mut line).await?;
        line.trim().trim_start_matches(':').parse().map_err(std::io::Error::other)
    }
}

impl RateLimiter for SharedBudget {
    fn acquire<'a>(
        &'a self,
        call: &'a RateLimitKey<'a>,
    ) -> BoxFuture<'a, Result<(), RateLimiterError>> {
        Box::pin(async move {
            let Some(rate) = call.per_second else { return Ok(()) };
            loop {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                let key = format!("cvm:{}:{}:{}", call.region, call.action, now.as_secs());
                if self.count(&key).await.map_err(RateLimiterError::new)? <= rate {
                    return Ok(());
                }
                let rest = Duration::from_secs(1) - Duration::from_nanos(now.subsec_nanos().into());
                tokio::time::sleep(rest).await;
            }
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let redis = std::env::args().nth(1).ok_or("usage: shared_budget HOST:PORT (of a Redis)")?;
    let client = Client::builder().rate_limiter(SharedBudget { redis }).build()?;
    // Use the client as usual; its clones share the limiter.
    drop(client);
    Ok(())
}
