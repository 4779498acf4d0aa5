//! Credentials that are replaced during signing: id, key and token of a request belong together.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use cvm_transport::config::Dialect;
use cvm_transport::credentials::{CredentialProvider, CredentialProviderError, CredentialSnapshot};
use cvm_transport::entropy::{Entropy, EntropyError};
use cvm_transport::http::{BoxFuture, PreparedRequest};
use cvm_transport::time::FixedClock;
use cvm_transport::{Client, ClientBuilder, Credential};

use crate::actions::SetName;
use crate::builder;

/// More than there are ids, because a key is sometimes replaced under the same id.
const GENERATIONS: usize = 6;
const IDS: usize = 2;
/// Minimum number of signatures of each of two workers in each of two dialects.
const ROUNDS: usize = 25_000;
/// Minimum number of credential changes that each worker sees.
const CHANGES: usize = 250;

fn credential(generation: usize) -> Credential {
    Credential::temporary(
        format!("AKID{}", generation % IDS),
        format!("key-{generation}"),
        format!("token-{generation}"),
    )
    .unwrap()
}

/// Returns the current credential.
#[derive(Clone, Debug)]
struct RotatingCredentials(Arc<RwLock<Arc<CredentialSnapshot>>>);

impl CredentialProvider for RotatingCredentials {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        let snapshot = Arc::clone(&self.0.read().unwrap());
        Box::pin(async move { Ok(snapshot) })
    }
}

/// Always the same, so that two requests differ only by their credentials.
#[derive(Debug)]
struct NoEntropy;

impl Entropy for NoEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        bytes.fill(7);
        Ok(())
    }
}

fn deterministic_builder(dialect: Dialect) -> ClientBuilder {
    builder("https://cvm.example.com")
        .dialect(dialect)
        .clock(FixedClock::at(1_551_113_065))
        .entropy(NoEntropy)
}

/// Everything in a request that depends on the credential.
fn parts(request: PreparedRequest) -> Vec<Vec<u8>> {
    let header = |name: &str| request.headers().get(name).map(|value| value.as_bytes().to_vec());
    let headers = ["authorization", "x-tc-token"].into_iter().filter_map(header);
    headers.chain([request.body().to_vec()]).collect()
}

async fn prepare(client: &Client) -> Vec<Vec<u8>> {
    let request = SetName { thing_id: "thing-1".into(), name: "a".into() };
    parts(client.prepare(request).await.unwrap())
}

/// The request of each generation, signed by a client that never had another credential.
async fn reference(dialect: Dialect) -> Vec<Vec<Vec<u8>>> {
    let mut reference = Vec::new();
    for generation in 0..GENERATIONS {
        let client =
            deterministic_builder(dialect).credential(credential(generation)).build().unwrap();
        reference.push(prepare(&client).await);
    }
    for (index, one) in reference.iter().enumerate() {
        assert!(!reference[..index].contains(one), "the references differ in {dialect}");
    }
    reference
}

/// Signs again and again. Returns how often the credential changed in between.
async fn sign(client: Client, reference: Arc<Vec<Vec<Vec<u8>>>>) -> usize {
    let (mut changes, mut before, mut round) = (0, usize::MAX, 0);
    while round < ROUNDS || changes < CHANGES {
        round += 1;
        let signed = prepare(&client).await;
        let generation = reference.iter().position(|one| *one == signed);
        let generation =
            generation.unwrap_or_else(|| panic!("round {round} mixes two credentials"));
        changes += usize::from(generation != before);
        before = generation;
    }
    changes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_rotation_never_mixes_credentials() {
    let first = Arc::new(CredentialSnapshot::new(credential(0)));
    let rotating = RotatingCredentials(Arc::new(RwLock::new(first)));
    let (current, rotations) = (rotating.clone(), AtomicUsize::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let rotation = std::thread::spawn(move || {
        while !stopped.load(Ordering::Acquire) {
            let number = rotations.fetch_add(1, Ordering::Relaxed) + 1;
            let next = CredentialSnapshot::new(credential(number % GENERATIONS));
            *current.0.write().unwrap() = Arc::new(next);
            std::thread::sleep(Duration::from_micros(50));
        }
        rotations.into_inner()
    });
    let mut changes = 0;
    for dialect in [Dialect::Tc3, Dialect::V1Sha1] {
        let reference = Arc::new(reference(dialect).await);
        let client =
            deterministic_builder(dialect).credential_provider(rotating.clone()).build().unwrap();
        let workers = [0; 2].map(|_| tokio::spawn(sign(client.clone(), Arc::clone(&reference))));
        for worker in workers {
            changes += worker.await.unwrap();
        }
    }
    stop.store(true, Ordering::Release);
    let rotations = rotation.join().unwrap();
    println!("{rotations} rotations, {changes} changes seen");
    assert!(
        rotations >= CHANGES && changes >= 4 * CHANGES,
        "{rotations} rotations, {changes} changes"
    );
}
