//! A service with `axum`: one client for all requests, errors as status codes, tracing, graceful shutdown (Ctrl-C).
//! `cargo run -p cvm-tests --example axum_service` uses an emulator.
#![allow(clippy::print_stdout)]

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing};
use cvm_models::{Client, Error, actions::*};

struct ApiError(Error);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = match &self.0 {
            // The caller must not simply send it again. The log has the client token.
            error if error.outcome_unknown().is_some() => StatusCode::GATEWAY_TIMEOUT,
            error if error.is_not_found() => StatusCode::NOT_FOUND,
            error if error.is_busy() => StatusCode::CONFLICT,
            error if error.is_throttled() || error.is_not_sent() => StatusCode::SERVICE_UNAVAILABLE,
            error if error.is_service() => StatusCode::BAD_REQUEST,
            _ => StatusCode::BAD_GATEWAY,
        };
        (status, self.0.to_string()).into_response()
    }
}

async fn list(State(client): State<Client>) -> Result<Json<Vec<String>>, ApiError> {
    let mut instances = client.items(DescribeInstances::default());
    let mut ids = Vec::new();
    while let Some(instance) = instances.try_next().await.map_err(ApiError)? {
        ids.push(instance.instance_id);
    }
    Ok(Json(ids))
}

async fn stop(State(client): State<Client>, Path(id): Path<String>) -> Result<(), ApiError> {
    let request = StopInstances { instance_ids: vec![id], ..Default::default() };
    // In a task of its own: if the caller disconnects, axum drops this handler, and the call must still end.
    match tokio::spawn(async move { client.send(request).await }).await {
        Ok(result) => result.map(drop).map_err(ApiError),
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let cloud = cvm_emulator::Emulator::builder().instant().start().await?;
    let client = Client::builder().endpoint(cloud.url()).credential(cloud.credential());
    let instances = Router::new().route("/instances", routing::get(list));
    let app = instances.route("/instances/{id}/stop", routing::post(stop));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let app = app.with_state(client.region("ap-guangzhou").build()?);
    let shutdown = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    Ok(axum::serve(listener, app).with_graceful_shutdown(shutdown).await?)
}
