//! Many launches and long lists need no pause in user code and are never throttled: the client keeps the
//! documented rates by itself.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_models::ClientBuilder;
use cvm_models::http::{
    BoxFuture, HttpClient, HttpError, HttpResponse, PreparedRequest, SendProgress,
};
use cvm_models::rate_limit::NoRateLimit;
use cvm_models::{Client, actions::*, types::*};
use http::Request;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::cloud::{builder, public_client};
use crate::waiter_states::OnePiece;

/// An emulated cloud behind a gateway that enforces the documented rates, in virtual time.
#[derive(Clone, Debug)]
struct Gateway {
    cloud: cvm_emulator::Cloud,
    accepted: Arc<Mutex<HashMap<String, VecDeque<Instant>>>>,
    throttled: Arc<Mutex<u32>>,
}

impl Gateway {
    fn new() -> Self {
        let cloud = builder().build().unwrap();
        Self { cloud, accepted: Arc::default(), throttled: Arc::default() }
    }

    fn client(&self) -> ClientBuilder {
        public_client().http(self.clone())
    }

    /// Whether one more call of this action is allowed within the last second.
    fn admits(&self, action: &str) -> bool {
        let limit = cvm_models::action(action).unwrap().rate_limit_per_second.unwrap();
        let mut accepted = self.accepted.lock().unwrap();
        let calls = accepted.entry(action.to_owned()).or_default();
        let now = Instant::now();
        while calls.front().is_some_and(|call| now - *call >= Duration::from_secs(1)) {
            calls.pop_front();
        }
        if calls.len() < limit as usize {
            calls.push_back(now);
            return true;
        }
        *self.throttled.lock().unwrap() += 1;
        false
    }

    fn respond(&self, request: &PreparedRequest) -> String {
        if !self.admits(request.headers()["x-tc-action"].to_str().unwrap()) {
            return r#"{"Response":{"Error":{"Code":"RequestLimitExceeded","Message":"slower"},"RequestId":"r"}}"#.to_owned();
        }
        let mut copy = Request::new(bytes::Bytes::copy_from_slice(request.body()));
        *copy.method_mut() = request.method().parse().unwrap();
        *copy.uri_mut() = request.url().parse().unwrap();
        *copy.headers_mut() = request.headers().clone();
        String::from_utf8(self.cloud.handle(&copy).into_body().to_vec()).unwrap()
    }

    fn throttled(&self) -> u32 {
        *self.throttled.lock().unwrap()
    }
}

impl HttpClient for Gateway {
    fn send<'a>(
        &'a self,
        request: PreparedRequest,
        _: &'a SendProgress,
    ) -> BoxFuture<'a, Result<HttpResponse, HttpError>> {
        let body = OnePiece::of(self.respond(&request));
        Box::pin(async { Ok(HttpResponse { status: 200, headers: Default::default(), body }) })
    }
}

fn launch() -> RunInstances {
    RunInstances {
        placement: Some(Placement { zone: "ap-guangzhou-3".into(), ..Default::default() }),
        image_id: Some("img-pmqg1cw7".into()),
        instance_type: Some("S5.MEDIUM4".into()),
        instance_count: Some(4),
        ..Default::default()
    }
}

/// Sends 24 launches from as many tasks, with clones of one client. Returns how many failed.
async fn launch_at_once(client: &Client) -> usize {
    let mut tasks = JoinSet::new();
    for _ in 0..24 {
        let client = client.clone();
        tasks.spawn(async move { client.send(launch()).await });
    }
    let mut failed = 0;
    while let Some(launched) = tasks.join_next().await {
        failed += usize::from(launched.unwrap().is_err());
    }
    failed
}

#[tokio::test(start_paused = true)]
async fn client_keeps_documented_rates() {
    let gateway = Gateway::new();
    let client = gateway.client().build().unwrap();
    assert_eq!(launch_at_once(&client).await, 0);
    let mut items = client.items(DescribeInstances::default()).page_size(1);
    let mut listed = 0;
    while items.try_next().await.unwrap().is_some() {
        listed += 1;
    }
    assert_eq!(listed, 96);
    assert_eq!(gateway.throttled(), 0);
}

#[tokio::test(start_paused = true)]
async fn calls_without_rate_limiter_are_throttled() {
    let gateway = Gateway::new();
    let client = gateway.client().rate_limiter(NoRateLimit).max_attempts(1).build().unwrap();
    assert!(launch_at_once(&client).await > 0);
    assert!(gateway.throttled() > 0);
}
