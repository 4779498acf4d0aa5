//! The client of the fault server: its secrets, its minimal jitter, its clock, its timeouts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use cvm_models::config::{Dialect, Timeouts};
use cvm_models::credentials::{CredentialProvider, CredentialProviderError, CredentialSnapshot};
use cvm_models::entropy::{Entropy, EntropyError, SystemEntropy};
use cvm_models::http::BoxFuture;
use cvm_models::rate_limit::NoRateLimit;
use cvm_models::time::Clock;
use cvm_models::{Client, ClientBuilder, Credential};

use crate::fault::{Conclusion, Fault};
use crate::rerun::TimeScale;

pub const SECRET_ID: &str = "AKIDfaultclient000000000000000000000";
pub const SECRET_KEY: &str = "canaryKEYxu7JqW2LmZ9";
pub const PASSWORD: &str = "canaryPASSWORD9!k";
/// The first session token, and the one after a token error.
pub const TOKENS: [&str; 2] = ["canaryTOKENfirstQ83", "canaryTOKENsecondZ61"];

/// Values that no third party may receive, and no error may show.
pub const SECRETS: [&str; 4] = [SECRET_KEY, PASSWORD, TOKENS[0], TOKENS[1]];

/// The credential of a generation.
pub fn credential(generation: usize) -> Credential {
    Credential::temporary(SECRET_ID, SECRET_KEY, TOKENS[generation]).unwrap()
}

/// The operation timeout.
pub const OPERATION: Duration = Duration::from_secs(60);

/// Timeouts for faults that respond at once: so long that only a hang reaches them.
pub fn long_timeouts() -> Timeouts {
    Timeouts::default()
        .with_connect(Duration::from_secs(30))
        .with_first_byte(Duration::from_secs(30))
        .with_first_byte_slow(Duration::from_secs(30))
        .with_body_idle(Duration::from_secs(30))
        .with_attempt(Duration::from_secs(40))
        .with_attempt_slow(Duration::from_secs(40))
        .with_operation(OPERATION)
        .with_operation_with_token(OPERATION)
}

/// Timeouts for faults that only a timeout ends.
pub fn short_timeouts(scale: TimeScale) -> Timeouts {
    Timeouts::default()
        .with_connect(scale.of(Duration::from_millis(300)))
        .with_first_byte(scale.of(Duration::from_millis(250)))
        .with_first_byte_slow(scale.of(Duration::from_millis(250)))
        .with_body_idle(scale.of(Duration::from_millis(200)))
        .with_attempt(scale.of(Duration::from_millis(300)))
        .with_attempt_slow(scale.of(Duration::from_millis(300)))
        .with_operation(OPERATION)
        .with_operation_with_token(OPERATION)
}

/// The operation timeout for a server that asks for a longer wait. The client caps `Retry-After` at 5 s after a
/// failure, so it is not longer than that.
const SHORTER_THAN_RETRY_AFTER: Duration = Duration::from_secs(5);

/// The timeouts for this fault.
pub fn timeouts(fault: &Fault, scale: TimeScale) -> Timeouts {
    match fault.conclusion {
        Conclusion::AmbiguousLongWait
        | Conclusion::ThrottledLongWait
        | Conclusion::ForeignThrottledLongWait => {
            let operation = SHORTER_THAN_RETRY_AFTER;
            long_timeouts().with_operation(operation).with_operation_with_token(operation)
        }
        _ if fault.needs_timeout => short_timeouts(scale),
        _ => long_timeouts(),
    }
}

/// A client as a user would build it.
pub fn client(endpoint: &str, dialect: Dialect, timeouts: Timeouts) -> Client {
    builder(endpoint, dialect, timeouts).build().unwrap()
}

/// The same before it is built.
pub fn builder(endpoint: &str, dialect: Dialect, timeouts: Timeouts) -> ClientBuilder {
    Client::builder()
        .without_environment()
        .endpoint(endpoint)
        .region("ap-guangzhou")
        .credential_provider(RotatingCredentials::default())
        .dialect(dialect)
        // The launch carries a password, so that there is a secret to leak.
        .allow_secrets_in_url(true)
        .timeouts(timeouts)
        .max_response_bytes(64 * 1024)
        // The limiter slows down for seconds after throttling, which is correct but would take hours here.
        .rate_limiter(NoRateLimit)
        .clock(RunningClock::default())
        .entropy(NoJitter::default())
}

/// Temporary credentials that are replaced when the service rejects their token.
#[derive(Debug, Default)]
struct RotatingCredentials(AtomicUsize);

impl CredentialProvider for RotatingCredentials {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        let generation = self.0.load(Ordering::Acquire);
        Box::pin(async move { Ok(Arc::new(CredentialSnapshot::new(credential(generation)))) })
    }

    fn invalidate(&self, snapshot: &CredentialSnapshot) -> bool {
        let was_first = snapshot.credential().token() == Some(TOKENS[0]);
        if was_first {
            self.0.store(1, Ordering::Release);
        }
        was_first
    }
}

/// A clock that advances one second with each reading, so that two attempts within one second still show
/// whether each took its own time. It falls back before the service would reject it.
#[derive(Debug, Default)]
struct RunningClock(AtomicU64);

impl Clock for RunningClock {
    fn now(&self) -> SystemTime {
        let readings = self.0.fetch_add(1, Ordering::Relaxed);
        SystemTime::now() + Duration::from_secs(readings % 200)
    }
}

/// Random tokens, but words with an empty upper half: the jitter becomes its lower end and the pauses as short
/// as possible, while nonces still differ.
#[derive(Debug, Default)]
struct NoJitter(AtomicU64);

impl Entropy for NoJitter {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        if bytes.len() != 8 {
            return SystemEntropy.fill(bytes);
        }
        let word = 2 + 2 * self.0.fetch_add(1, Ordering::Relaxed);
        bytes.copy_from_slice(&word.to_le_bytes());
        Ok(())
    }
}
