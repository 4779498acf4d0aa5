//! Generates the key pairs that requests need, without keeping other requests waiting.

use std::sync::Arc;

use cvm_simulator::{AccountId, ApiError, Caller, Command, KeyPairGenerator, NewKeyPair, Request};
use tokio::sync::Semaphore;

/// A request that passed all checks that need no state.
#[derive(Debug)]
pub(crate) struct AcceptedRequest {
    pub(crate) account: AccountId,
    pub(crate) request: Request,
}

impl AcceptedRequest {
    /// Whether it has a valid signature. One of an action that needs none has not.
    pub(crate) fn is_authenticated(&self) -> bool {
        *self.request.caller() != Caller::Unsigned
    }

    pub(crate) fn into_command(self) -> Command {
        Command::Request(self.account, self.request)
    }
}

/// Adds key pairs to requests. Key pairs are generated one after another, so that clients that create many of them
/// leave processors for other requests.
#[derive(Debug)]
pub(crate) struct KeyPairs {
    generator: Arc<KeyPairGenerator>,
    slot: Arc<Semaphore>,
}

impl KeyPairs {
    pub(crate) fn new(seed: u64) -> Self {
        Self { generator: Arc::new(KeyPairGenerator::new(seed)), slot: Arc::new(Semaphore::new(1)) }
    }

    /// Starts again with the first key pair of each account.
    pub(crate) fn reset(&self) {
        self.generator.reset();
    }

    /// Continues after the key pairs that an earlier process generated.
    pub(crate) fn skip(&self, generated: &[(AccountId, NewKeyPair)]) {
        generated.iter().for_each(|(account, key_pair)| self.generator.skip(*account, key_pair));
    }

    /// Adds the key pair if the request needs one. Blocks the thread.
    pub(crate) fn complete(&self, accepted: AcceptedRequest) -> Result<AcceptedRequest, ApiError> {
        complete(&self.generator, accepted)
    }

    /// Like [`Self::complete`], on a thread for work that blocks.
    pub(crate) async fn complete_in_background(
        &self,
        accepted: AcceptedRequest,
    ) -> Result<AcceptedRequest, ApiError> {
        if !accepted.request.needs_key_pair() {
            return Ok(accepted);
        }
        let failed =
            || ApiError::new("InternalServerError", "The generation of the key pair failed.");
        let permit = Arc::clone(&self.slot).acquire_owned().await.map_err(|_| failed())?;
        let generator = Arc::clone(&self.generator);
        // The work holds the permit: it continues when its client is gone.
        let work = tokio::task::spawn_blocking(move || {
            let completed = complete(&generator, accepted);
            drop(permit);
            completed
        });
        work.await.map_err(|_| failed())?
    }
}

fn complete(
    generator: &KeyPairGenerator,
    AcceptedRequest { account, request }: AcceptedRequest,
) -> Result<AcceptedRequest, ApiError> {
    let request = if request.needs_key_pair() {
        request.with_key_pair(generator.next(account)?)
    } else {
        request
    };
    Ok(AcceptedRequest { account, request })
}
