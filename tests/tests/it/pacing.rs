//! Launching many and listing many never needs a pause in user code, and never meets a refusal for
//! asking too often: the client keeps the documented rates by itself.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use cvm_models::{Client, Unlimited, actions::*, types::*};
use http::{Request, Response};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::cloud::{REGION, builder, credential};

/// An emulated cloud behind a gateway that enforces the documented calls a second.
struct Gateway {
    cloud: cvm_emulator::Cloud,
    seen: Mutex<HashMap<String, VecDeque<Instant>>>,
    refused: Mutex<u32>,
}

impl Gateway {
    async fn start() -> (Arc<Self>, String) {
        let cloud = builder().build().unwrap();
        let gateway = Arc::new(Self { cloud, seen: Mutex::default(), refused: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(Arc::clone(&gateway));
        tokio::spawn(async move { axum::serve(listener, app).await });
        (gateway, url)
    }

    /// Whether one more call of this action fits into the last half second. The rates are documented for a
    /// second; the other half is for calls that a busy machine delivers late.
    fn admits(&self, action: &str) -> bool {
        let limit = cvm_models::action(action).unwrap().rate_limit_per_second.unwrap();
        let mut seen = self.seen.lock().unwrap();
        let calls = seen.entry(action.to_owned()).or_default();
        let now = Instant::now();
        while calls.front().is_some_and(|call| now - *call >= Duration::from_millis(500)) {
            calls.pop_front();
        }
        if calls.len() < limit as usize {
            calls.push_back(now);
            return true;
        }
        *self.refused.lock().unwrap() += 1;
        false
    }

    fn refused(&self) -> u32 {
        *self.refused.lock().unwrap()
    }
}

async fn answer(State(gateway): State<Arc<Gateway>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let action = parts.headers["x-tc-action"].to_str().unwrap();
    if !gateway.admits(action) {
        let body = r#"{"Response":{"Error":{"Code":"RequestLimitExceeded","Message":"slower"},"RequestId":"r"}}"#;
        return Response::new(Body::from(body));
    }
    let body = to_bytes(body, usize::MAX).await.unwrap();
    gateway.cloud.handle(&Request::from_parts(parts, body)).map(Body::from)
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

/// Sends 24 launches from as many tasks, through clones of one client; returns how many failed.
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

#[tokio::test]
async fn many_launches_and_a_long_list_keep_the_documented_rates() {
    let (gateway, url) = Gateway::start().await;
    let client =
        Client::builder().endpoint(&url).credential(credential()).region(REGION).build().unwrap();
    assert_eq!(launch_at_once(&client).await, 0);
    let mut items = client.items(DescribeInstances::default()).page_size(1);
    let mut listed = 0;
    while items.try_next().await.unwrap().is_some() {
        listed += 1;
    }
    assert_eq!(listed, 96);
    assert_eq!(gateway.refused(), 0);
}

#[tokio::test]
async fn without_pacing_the_gateway_refuses() {
    let (gateway, url) = Gateway::start().await;
    let client = Client::builder()
        .endpoint(&url)
        .credential(credential())
        .region(REGION)
        .rate_limiter(Unlimited)
        .max_attempts(1)
        .build()
        .unwrap();
    assert!(launch_at_once(&client).await > 0);
    assert!(gateway.refused() > 0);
}
