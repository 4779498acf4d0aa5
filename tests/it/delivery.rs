//! A lost response causes no second instance, no second charge and no second destruction.
//!
//! A gateway between client and emulator forwards every request and drops responses: the worst case of a
//! network. The emulator shows the real effects.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cvm_emulator::{Emulator, TimeMode};
use cvm_models::actions::*;
use cvm_models::config::Dialect;
use cvm_models::retry::Outcome;
use cvm_models::types::{Instance, Placement};
use cvm_models::{Client, waiters};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::cloud::{builder, client, client_for};
use crate::predicates::predicates;
use crate::scripted_server::{ScriptedServer, http, read_request, whole_length};

/// Forwards requests to the emulator, and drops the first responses.
struct Gateway {
    url: String,
    forwarded: Arc<AtomicUsize>,
}

impl Gateway {
    async fn dropping(count: usize, emulator: &Emulator) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let forwarded = Arc::new(AtomicUsize::new(0));
        let (counter, emulator_address) = (Arc::clone(&forwarded), emulator.address());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(forward(stream, emulator_address, count, Arc::clone(&counter)));
            }
        });
        Self { url, forwarded }
    }

    fn forwarded(&self) -> usize {
        self.forwarded.load(Ordering::SeqCst)
    }
}

async fn forward(
    mut client: TcpStream,
    emulator_address: SocketAddr,
    lost: usize,
    forwarded: Arc<AtomicUsize>,
) {
    let mut server = TcpStream::connect(emulator_address).await.unwrap();
    while let Some(request) = read_request(&mut client).await {
        server.write_all(&request).await.unwrap();
        let mut response = Vec::new();
        let mut piece = [0; 16 * 1024];
        while whole_length(&response).is_none_or(|length| response.len() < length) {
            let count = server.read(&mut piece).await.unwrap();
            assert!(count > 0, "the emulator closed the connection");
            response.extend_from_slice(&piece[..count]);
        }
        if forwarded.fetch_add(1, Ordering::SeqCst) < lost {
            // The request took effect, and the response is dropped.
            return;
        }
        client.write_all(&response).await.unwrap();
    }
}

fn launch() -> RunInstances {
    RunInstances {
        placement: Some(Placement { zone: "ap-guangzhou-3".into(), ..Default::default() }),
        image_id: Some("img-pmqg1cw7".into()),
        instance_type: Some("S5.SMALL2".into()),
        ..Default::default()
    }
}

async fn instances(emulator: &Emulator) -> Vec<Instance> {
    let client = client(emulator, Dialect::Tc3);
    client.send(DescribeInstances::default()).await.unwrap().instance_set
}

async fn cloud() -> Emulator {
    builder().time_mode(TimeMode::Instant).start().await.unwrap()
}

#[tokio::test]
async fn launch_with_lost_responses_creates_one_instance() {
    for dialect in Dialect::ALL {
        let emulator = cloud().await;
        let gateway = Gateway::dropping(2, &emulator).await;
        let client = gateway_client(&gateway, dialect);
        let (launched, report) = client.send_with_report(launch()).await.unwrap();
        let outcomes: Vec<_> = report.attempts.iter().map(|attempt| attempt.outcome).collect();
        assert_eq!(outcomes, [Outcome::Ambiguous, Outcome::Ambiguous, Outcome::Success]);
        assert_eq!(gateway.forwarded(), 3, "{dialect}");
        let instances = instances(&emulator).await;
        assert_eq!(instances.len(), 1, "{dialect}: one was requested");
        assert_eq!(launched.instance_id_set, [instances[0].instance_id.clone()], "{dialect}");
    }
}

fn gateway_client(gateway: &Gateway, dialect: Dialect) -> Client {
    client_for(&gateway.url).dialect(dialect).build().unwrap()
}

#[tokio::test]
async fn attempts_share_the_client_token_but_not_the_nonce() {
    let server = ScriptedServer::responding(http(502, &[], "bad gateway")).await;
    let client = client_for(&server.url()).dialect(Dialect::V1Sha256).build().unwrap();
    let error = client.send(launch()).await.unwrap_err();
    assert_eq!(predicates(&error), ["outcome unknown", "unreadable"], "{error}");
    let token = error.client_token().unwrap().to_owned();
    let requests = server.requests();
    assert_eq!(requests.len(), error.attempts().len());
    assert!(requests.len() > 1, "a launch with a token is retried");
    assert!(requests.iter().all(|request| request.contains(&format!("ClientToken={token}"))));
    let nonce = |request: &String| {
        let after = request.split("&Nonce=").nth(1).unwrap();
        after.split('&').next().unwrap().to_owned()
    };
    let nonces: HashSet<_> = requests.iter().map(nonce).collect();
    assert_eq!(nonces.len(), requests.len(), "each attempt has its own signature");

    // Whatever happened to that launch, its token cannot be used for another one.
    let other = RunInstances { client_token: Some(token.clone()), ..Default::default() };
    let before = server.connections();
    let error = client.send(other).await.unwrap_err();
    assert_eq!(predicates(&error), ["usage", "not sent"], "{error}");
    assert_eq!(server.connections(), before);
    let same = RunInstances { client_token: Some(token), ..launch() };
    assert!(client.send(same).await.unwrap_err().outcome_unknown().is_some());
    assert!(server.connections() > before);
}

#[tokio::test]
async fn unsafe_requests_are_sent_once() {
    let emulator = cloud().await;
    let direct = client(&emulator, Dialect::Tc3);
    let id = direct.send(launch()).await.unwrap().instance_id_set.remove(0);
    for dialect in Dialect::ALL {
        let gateway = Gateway::dropping(1, &emulator).await;
        let client = gateway_client(&gateway, dialect);
        let reboot = RebootInstances { instance_ids: vec![id.clone()], ..Default::default() };
        let error = client.send(reboot).await.unwrap_err();
        assert_eq!(predicates(&error), ["outcome unknown", "unreadable"], "{dialect}: {error}");
        assert_eq!((error.attempts().len(), gateway.forwarded()), (1, 1), "{dialect}");
        // It did take effect, which the error allowed for.
        let operation = instances(&emulator).await.remove(0).latest_operation;
        assert_eq!(operation.as_deref(), Some("RebootInstances"), "{dialect}");
    }
    let gateway = Gateway::dropping(1, &emulator).await;
    let client = gateway_client(&gateway, Dialect::Tc3);
    let terminate = TerminateInstances { instance_ids: vec![id], ..Default::default() };
    let error = client.send(terminate).await.unwrap_err();
    assert_eq!(predicates(&error), ["outcome unknown", "unreadable"], "{error}");
    assert_eq!(gateway.forwarded(), 1);
    assert!(instances(&emulator).await.is_empty());
}

#[tokio::test]
async fn lost_termination_leaves_prepaid_instance_in_recycle_bin() {
    use cvm_models::enums::{InstanceChargeType, InstanceState};
    use cvm_models::types::InstanceChargePrepaid;
    let emulator = cloud().await;
    let direct = client(&emulator, Dialect::Tc3);
    let prepaid = RunInstances {
        instance_charge_type: Some(InstanceChargeType::Prepaid),
        instance_charge_prepaid: Some(InstanceChargePrepaid {
            period: Some(1),
            ..Default::default()
        }),
        ..launch()
    };
    let ids = direct.send(prepaid).await.unwrap().instance_id_set;
    direct.wait(waiters::InstancesRunning::of(&ids)).await.unwrap();
    let gateway = Gateway::dropping(1, &emulator).await;
    let terminate = TerminateInstances { instance_ids: ids, ..Default::default() };
    let error = gateway_client(&gateway, Dialect::Tc3).send(terminate).await.unwrap_err();
    assert!(error.outcome_unknown().is_some(), "{error}");
    assert_eq!(gateway.forwarded(), 1);
    let instances = instances(&emulator).await;
    assert_eq!(instances[0].instance_state, InstanceState::Shutdown, "still in the recycle bin");
}

#[tokio::test]
async fn read_is_retried_after_a_lost_response() {
    let emulator = cloud().await;
    for dialect in Dialect::ALL {
        let gateway = Gateway::dropping(1, &emulator).await;
        let client = gateway_client(&gateway, dialect);
        let (_, report) = client.send_with_report(DescribeZones::default()).await.unwrap();
        assert_eq!(report.attempts.len(), 2, "{dialect}: one failed and one succeeded");
        assert_eq!(gateway.forwarded(), 2, "{dialect}");
    }
}
