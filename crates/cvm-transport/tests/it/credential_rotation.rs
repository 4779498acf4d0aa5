//! Credentials that are replaced during signing: id, key and token of a request belong together.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use cvm_transport::{
    BoxFuture, Client, ClientBuilder, Credential, CredentialProvider, CredentialProviderError,
    CredentialSnapshot, Dialect, Entropy, EntropyError, FixedClock, PreparedRequest,
};

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
struct Rotating(Arc<RwLock<Arc<CredentialSnapshot>>>);

impl CredentialProvider for Rotating {
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

fn standing_still(dialect: Dialect) -> ClientBuilder {
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
async fn pure(dialect: Dialect) -> Vec<Vec<Vec<u8>>> {
    let mut pure = Vec::new();
    for generation in 0..GENERATIONS {
        let client = standing_still(dialect).credential(credential(generation)).build().unwrap();
        pure.push(prepare(&client).await);
    }
    for (index, one) in pure.iter().enumerate() {
        assert!(!pure[..index].contains(one), "they differ in {dialect}");
    }
    pure
}

/// Signs again and again. Returns how often the credential changed in between.
async fn sign(client: Client, pure: Arc<Vec<Vec<Vec<u8>>>>) -> usize {
    let (mut changes, mut before, mut round) = (0, usize::MAX, 0);
    while round < ROUNDS || changes < CHANGES {
        round += 1;
        let signed = prepare(&client).await;
        let generation = pure.iter().position(|one| *one == signed);
        let generation = generation.unwrap_or_else(|| panic!("round {round} is a mixture"));
        changes += usize::from(generation != before);
        before = generation;
    }
    changes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_rotation_never_mixes_credentials() {
    let first = Arc::new(CredentialSnapshot::new(credential(0)));
    let rotating = Rotating(Arc::new(RwLock::new(first)));
    let (place, turns) = (rotating.clone(), AtomicUsize::new(0));
    let over = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&over);
    let rotor = std::thread::spawn(move || {
        while !ended.load(Ordering::Acquire) {
            let turn = turns.fetch_add(1, Ordering::Relaxed) + 1;
            let next = CredentialSnapshot::new(credential(turn % GENERATIONS));
            *place.0.write().unwrap() = Arc::new(next);
            std::thread::sleep(Duration::from_micros(50));
        }
        turns.into_inner()
    });
    let mut changes = 0;
    for dialect in [Dialect::Tc3, Dialect::V1Sha1] {
        let pure = Arc::new(pure(dialect).await);
        let client = standing_still(dialect).credential_provider(rotating.clone()).build().unwrap();
        let workers = [0; 2].map(|_| tokio::spawn(sign(client.clone(), Arc::clone(&pure))));
        for worker in workers {
            changes += worker.await.unwrap();
        }
    }
    over.store(true, Ordering::Release);
    let turns = rotor.join().unwrap();
    println!("{turns} rotations, {changes} changes seen");
    assert!(turns >= CHANGES && changes >= 4 * CHANGES, "{turns} rotations, {changes} changes");
}
