//! The one customer of the fault server: its secrets, its calm chance, its running clock, its client.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use cvm_models::{
    BoxFuture, Client, ClientBuilder, Clock, Credential, CredentialProvider,
    CredentialProviderError, CredentialSnapshot, Dialect, Entropy, EntropyError, NoRateLimit,
    SystemEntropy, Timeouts,
};

use crate::fault::{Claim, Fault};
use crate::rerun::TimeScale;

pub const SECRET_ID: &str = "AKIDfaultcustomer0000000000000000000";
pub const SECRET_KEY: &str = "canaryKEYxu7JqW2LmZ9";
pub const PASSWORD: &str = "canaryPASSWORD9!k";
/// The session token at first, and the one after a refusal.
pub const TOKENS: [&str; 2] = ["canaryTOKENfirstQ83", "canaryTOKENsecondZ61"];

/// What no third party may see, and no error may show.
pub const SECRETS: [&str; 4] = [SECRET_KEY, PASSWORD, TOKENS[0], TOKENS[1]];

/// The credential of a generation.
pub fn credential(generation: usize) -> Credential {
    Credential::temporary(SECRET_ID, SECRET_KEY, TOKENS[generation]).unwrap()
}

/// The longest that a call may take.
pub const OPERATION: Duration = Duration::from_secs(60);

/// Time limits for faults that answer at once: so long that only a hang meets them.
pub fn patient() -> Timeouts {
    Timeouts {
        connect: Duration::from_secs(30),
        first_byte: Duration::from_secs(30),
        first_byte_slow: Duration::from_secs(30),
        body_idle: Duration::from_secs(30),
        attempt: Duration::from_secs(40),
        attempt_slow: Duration::from_secs(40),
        operation: OPERATION,
        operation_with_token: OPERATION,
    }
}

/// Time limits for faults that only a time limit ends.
pub fn hurried(scale: TimeScale) -> Timeouts {
    Timeouts {
        connect: scale.of(Duration::from_millis(300)),
        first_byte: scale.of(Duration::from_millis(250)),
        first_byte_slow: scale.of(Duration::from_millis(250)),
        body_idle: scale.of(Duration::from_millis(200)),
        attempt: scale.of(Duration::from_millis(300)),
        attempt_slow: scale.of(Duration::from_millis(300)),
        operation: OPERATION,
        operation_with_token: OPERATION,
    }
}

/// The longest that a call may take whose server asks for a longer wait than that. The client shortens what a
/// server asks for to 5 s after a failure, so it is no longer.
const SHORTER_THAN_THE_WISH: Duration = Duration::from_secs(5);

/// The time limits for this fault.
pub fn timeouts(fault: &Fault, scale: TimeScale) -> Timeouts {
    match fault.claim {
        Claim::NothingForLong | Claim::ThrottledForLong | Claim::ThrottledByStrangerForLong => {
            let operation = SHORTER_THAN_THE_WISH;
            Timeouts { operation, operation_with_token: operation, ..patient() }
        }
        _ if fault.waits => hurried(scale),
        _ => patient(),
    }
}

/// A client of this customer, as its user would build it.
pub fn client(endpoint: &str, dialect: Dialect, timeouts: Timeouts) -> Client {
    builder(endpoint, dialect, timeouts).build().unwrap()
}

/// The same before it is built.
pub fn builder(endpoint: &str, dialect: Dialect, timeouts: Timeouts) -> ClientBuilder {
    Client::builder()
        .without_environment()
        .endpoint(endpoint)
        .region("ap-guangzhou")
        .credential_provider(Rotating::default())
        .dialect(dialect)
        // The launch carries a password, so that there is a secret to leak.
        .allow_secrets_in_url(true)
        .timeouts(timeouts)
        .max_response_bytes(64 * 1024)
        // The limiter slows down for seconds after a throttle, which is right and would take hours here.
        .rate_limiter(NoRateLimit)
        .clock(RunningClock::default())
        .entropy(CalmEntropy::default())
}

/// Temporary credentials that are replaced when the service refuses their token.
#[derive(Debug, Default)]
struct Rotating(AtomicUsize);

impl CredentialProvider for Rotating {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        let generation = self.0.load(Ordering::Acquire);
        Box::pin(async move { Ok(Arc::new(CredentialSnapshot::new(credential(generation)))) })
    }

    fn refused(&self, snapshot: &CredentialSnapshot) -> bool {
        let was_first = snapshot.credential().token() == Some(TOKENS[0]);
        if was_first {
            self.0.store(1, Ordering::Release);
        }
        was_first
    }
}

/// A clock on which every look is a second later, so that two attempts within one second still show
/// whether each took its own time. It falls back before the service would refuse it.
#[derive(Debug, Default)]
struct RunningClock(AtomicU64);

impl Clock for RunningClock {
    fn now(&self) -> SystemTime {
        let looks = self.0.fetch_add(1, Ordering::Relaxed);
        SystemTime::now() + Duration::from_secs(looks % 200)
    }
}

/// Random tokens, but words with an empty upper half: the jitter becomes its lower end and the pauses
/// as short as they can be, while nonces still differ.
#[derive(Debug, Default)]
struct CalmEntropy(AtomicU64);

impl Entropy for CalmEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        if bytes.len() != 8 {
            return SystemEntropy.fill(bytes);
        }
        let word = 2 + 2 * self.0.fetch_add(1, Ordering::Relaxed);
        bytes.copy_from_slice(&word.to_le_bytes());
        Ok(())
    }
}
