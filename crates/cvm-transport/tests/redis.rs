//! The Redis rate limiter of the example, against a real Redis. The tests start a `redis-server` of their own; where
//! none is installed, they print a note and pass.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

#[allow(dead_code, reason = "this test uses only a part of it")]
#[path = "it/actions.rs"]
mod actions;
#[expect(dead_code, reason = "this test uses only a part of it")]
#[path = "it/fake_service.rs"]
mod fake_service;
#[expect(dead_code, reason = "its `main` is not called here")]
#[path = "../examples/redis_rate_limit.rs"]
mod redis_rate_limit;

use std::io::ErrorKind;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cvm_transport::protocol::ActionInfo;
use cvm_transport::{Client, ClientBuilder, Credential};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use serde_json::json;
use tokio::task::JoinSet;

use crate::actions::LIST_THINGS;
use crate::fake_service::{FakeService, Reply};
use crate::redis_rate_limit::RedisRateLimiter;

const RATE: u32 = 20;
static LISTED: ActionInfo = LIST_THINGS.rate_limit_per_second(RATE);
const BUCKET: &str = "cvm:test:ap-guangzhou:ListThings";

fn builder(url: &str) -> ClientBuilder {
    Client::builder()
        .without_environment()
        .endpoint(url)
        .credential(Credential::new("AKIDEXAMPLE", "canary-secret-key").unwrap())
        .region("ap-guangzhou")
}

/// A Redis server on this machine.
struct Redis {
    process: Child,
    port: u16,
}

impl Redis {
    /// Starts a server; `None`, with a note, if none is installed.
    async fn start() -> Option<Self> {
        // Another process could take the port before the server does; then the next one is tried.
        for _ in 0..20 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if let Some(process) = Self::spawn(port)? {
                return Some(Self { process, port }.ready().await);
            }
        }
        panic!("redis-server does not start");
    }

    /// `None` if no server is installed; nothing in it if the server ended at once.
    fn spawn(port: u16) -> Option<Option<Child>> {
        let port = port.to_string();
        let options = ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
        let server = Command::new("redis-server")
            .args(options)
            .current_dir(std::env::temp_dir())
            .stdout(Stdio::null())
            .spawn();
        match server {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                eprintln!("skipped: redis-server is not installed");
                None
            }
            server => {
                let mut server = server.unwrap();
                std::thread::sleep(Duration::from_millis(300));
                Some(server.try_wait().unwrap().is_none().then_some(server))
            }
        }
    }

    async fn ready(self) -> Self {
        for _ in 0..600 {
            if self.connect().await.is_ok() {
                return self;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("redis-server does not answer");
    }

    async fn connect(&self) -> redis::RedisResult<MultiplexedConnection> {
        redis::Client::open(self.url())?.get_multiplexed_async_connection().await
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The tokens in the bucket, once they satisfy the condition.
    async fn tokens_when(&self, holds: impl Fn(f64) -> bool) -> f64 {
        let mut redis = self.connect().await.unwrap();
        for _ in 0..600 {
            let tokens: Option<f64> = redis.hget(BUCKET, "tokens").await.unwrap();
            if let Some(tokens) = tokens.filter(|tokens| holds(*tokens)) {
                return tokens;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the bucket never has the expected number of tokens");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A client as in a process of its own: with its own limiter and connection.
fn client(redis: &Redis, fake: &FakeService) -> Client {
    // A slow machine must not look like a failed Redis.
    let timeout = Duration::from_secs(60);
    let limiter = RedisRateLimiter::new(&redis.url(), "test", timeout).unwrap();
    assert!(!format!("{limiter:?}").contains("127.0.0.1"), "its address may contain a password");
    fake.builder().rate_limiter(limiter).build().unwrap()
}

#[tokio::test]
async fn clients_share_one_rate_through_redis() {
    let Some(redis) = Redis::start().await else { return };
    let fake = FakeService::new(|_, _| Reply::healthy());
    let began = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..4 {
        let client = client(&redis, &fake);
        for _ in 0..15 {
            let client = client.clone();
            calls.spawn(async move { client.call(&LISTED, json!({})).await.map(drop) });
        }
    }
    for result in calls.join_all().await {
        result.unwrap();
    }
    assert_eq!(fake.request_count(), 60);
    // Five tokens at first, then 20 per second. Four separate limiters would send all 60 within a second.
    let least = Duration::from_secs(55) / RATE - Duration::from_millis(100);
    assert!(began.elapsed() >= least, "{:?}", began.elapsed());
}

#[tokio::test]
async fn dropped_call_returns_its_promised_token() {
    let Some(redis) = Redis::start().await else { return };
    let fake = FakeService::new(|_, _| Reply::healthy());
    let client = client(&redis, &fake);
    let mut calls = JoinSet::new();
    // Ten seconds' worth of calls.
    for _ in 0..200 {
        let client = client.clone();
        calls.spawn(async move { client.call(&LISTED, json!({})).await.map(drop) });
    }
    redis.tokens_when(|tokens| tokens < -50.0).await;
    calls.shutdown().await;
    redis.tokens_when(|tokens| tokens > -1.0).await;
}

#[tokio::test]
async fn throttled_call_empties_the_bucket_for_all() {
    let Some(redis) = Redis::start().await else { return };
    let fake = FakeService::new(|_, _| Reply::error("RequestLimitExceeded", Vec::new()));
    let client = client(&redis, &fake).with_max_attempts(1);
    assert!(client.call(&LISTED, json!({})).await.unwrap_err().is_throttled());
    let tokens = redis.tokens_when(|tokens| tokens < 1.0).await;
    assert!(tokens >= 0.0, "{tokens}");
}

#[tokio::test]
async fn calls_succeed_without_redis_and_use_it_again_after_its_return() {
    let Some(mut redis) = Redis::start().await else { return };
    let fake = FakeService::new(|_, _| Reply::healthy());
    let client = client(&redis, &fake);
    client.call(&LISTED, json!({})).await.unwrap();

    redis.process.kill().unwrap();
    redis.process.wait().unwrap();
    for _ in 0..5 {
        client.call(&LISTED, json!({})).await.unwrap();
    }

    redis.process = Redis::spawn(redis.port).flatten().unwrap();
    let redis = redis.ready().await;
    for _ in 0..600 {
        client.call(&LISTED, json!({})).await.unwrap();
        let exists: bool = redis.connect().await.unwrap().exists(BUCKET).await.unwrap();
        if exists {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the limiter does not return to Redis");
}
