//! The handle of a running emulator, and how one is made.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use cvm_signer::{Credential, CredentialError};
use cvm_simulator::{RequestIds, Simulator, TimeMode, Timestamp};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::auth::Authenticator;
use crate::clock::system_time;
use crate::cloud::WallClock;
use crate::listen::{ListenAddress, Listeners};
use crate::{Cloud, VirtualClock};

/// A local CVM that listens in this process. It stops when it is dropped.
///
/// ```no_run
/// # async fn f() -> Result<(), cvm_emulator::StartError> {
/// let cloud = cvm_emulator::Emulator::start().await?;
/// println!("{} takes requests signed by {}", cloud.url(), cloud.credential().secret_id());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Emulator {
    cloud: Cloud,
    address: ListenAddress,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Emulator {
    /// Starts an emulator on a free port of 127.0.0.1, with a credential of its own and real time.
    ///
    /// It runs on the tokio runtime of the caller.
    ///
    /// # Errors
    ///
    /// When no credential can be made, the port cannot be listened on, or other machines could reach it
    /// without [`Builder::allow_remote`].
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// An emulator whose seed, clock, credential or address is chosen.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The endpoint for clients on this machine, such as `http://127.0.0.1:41234`. It is a loopback
    /// address whatever the emulator listens on.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.address.url
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address.address
    }

    /// A credential that it accepts.
    #[must_use]
    pub fn credential(&self) -> Credential {
        self.cloud.credential()
    }

    /// The virtual clock.
    #[must_use]
    pub fn clock(&self) -> VirtualClock {
        self.cloud.clock()
    }

    /// The cloud behind the socket.
    #[must_use]
    pub const fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// Stops: requests that are being answered may end, for some seconds.
    pub async fn stop(self) {
        let Self { stop, task, .. } = self;
        drop(stop);
        // The task can only have ended before, which is what is asked for.
        let _ = task.await;
    }
}

/// How an emulator is to be. See the methods for what each leaves as it is.
#[derive(Clone)]
#[must_use = "a builder does nothing until it is started"]
pub struct Builder {
    seed: Option<u64>,
    pace: TimeMode,
    began: Option<Timestamp>,
    credentials: Vec<Credential>,
    address: SocketAddr,
    allow_remote: bool,
    wall_clock: WallClock,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            seed: None,
            pace: TimeMode::Real,
            began: None,
            credentials: Vec::new(),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            allow_remote: false,
            wall_clock: Arc::new(system_time),
        }
    }
}

impl Builder {
    /// Identifiers, addresses and request ids come from this seed; otherwise from a random one.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// How virtual time runs; as real time does unless told otherwise.
    pub const fn pace(mut self, pace: TimeMode) -> Self {
        self.pace = pace;
        self
    }

    /// No operation takes time: short for [`TimeMode::Instant`].
    pub const fn instant(self) -> Self {
        self.pace(TimeMode::Instant)
    }

    /// Time passes only through [`VirtualClock::advance`]: short for [`TimeMode::Manual`].
    pub const fn manual(self) -> Self {
        self.pace(TimeMode::Manual)
    }

    /// Time passes so many times as fast: short for [`TimeMode::Scaled`].
    pub const fn time_scale(self, scale: f64) -> Self {
        self.pace(TimeMode::Scaled(scale))
    }

    /// When virtual time begins; at the real time of the start unless told otherwise.
    pub const fn began(mut self, moment: Timestamp) -> Self {
        self.began = Some(moment);
        self
    }

    /// Accepts this credential. May be called more than once: all belong to one account. Without any,
    /// one is made at random.
    pub fn credential(mut self, credential: Credential) -> Self {
        self.credentials.push(credential);
        self
    }

    /// Where to listen; on a free port of 127.0.0.1 unless told otherwise. An address that other machines
    /// can reach needs [`Builder::allow_remote`].
    pub const fn listen(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Lets other machines send requests, over HTTP without encryption: [`Builder::listen`] may name any
    /// address. Every request still has to be signed.
    pub const fn allow_remote(mut self) -> Self {
        self.allow_remote = true;
        self
    }

    /// The real time, in Unix seconds, against which signatures are judged; the system's unless told
    /// otherwise. The virtual clock has no say in it.
    pub fn wall_clock(mut self, clock: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.wall_clock = Arc::new(clock);
        self
    }

    /// Makes the cloud without a socket, for [`app`](crate::app) or [`Cloud::handle`].
    ///
    /// # Errors
    ///
    /// [`StartError::Credential`] when no credential was given and none can be made.
    pub fn build(self) -> Result<Cloud, StartError> {
        let mut credentials = self.credentials;
        if credentials.is_empty() {
            credentials.push(random_credential()?);
        }
        let keyring = Authenticator::new(&credentials);
        let first = credentials.into_iter().next().ok_or(StartError::Randomness)?;
        let began = self.began.unwrap_or_else(|| Timestamp::from_unix(system_time()));
        // A system without random numbers gives every start the same seed.
        let seed = self.seed.unwrap_or_else(|| getrandom::u64().unwrap_or_default());
        let simulator = Simulator::new(seed, began, self.pace);
        Ok(Cloud::new(first, keyring, self.wall_clock, RequestIds::new(seed), simulator))
    }

    /// Starts it in this process.
    ///
    /// # Errors
    ///
    /// As [`Emulator::start`].
    pub async fn start(self) -> Result<Emulator, StartError> {
        let (cloud, listeners) = self.bind()?;
        let address = listeners.address.clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = cloud.clone();
        let task = tokio::spawn(async move {
            let stopped = async {
                // Both a message and a sender that was dropped mean: stop.
                let _ = stopped.await;
            };
            listeners.serve(&served, stopped).await;
        });
        Ok(Emulator { cloud, address, stop, task })
    }

    /// Listens, calls `ready` once requests are taken, and serves until `stop` is done: for a program
    /// that is nothing but the emulator.
    ///
    /// # Errors
    ///
    /// As [`Emulator::start`], and whatever `ready` returns.
    pub async fn serve<E: From<StartError>>(
        self,
        ready: impl FnOnce(&Cloud, &ListenAddress) -> Result<(), E>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), E> {
        let (cloud, listeners) = self.bind()?;
        ready(&cloud, &listeners.address)?;
        listeners.serve(&cloud, stop).await;
        Ok(())
    }

    fn bind(self) -> Result<(Cloud, Listeners), StartError> {
        let listeners = Listeners::bind(self.address, self.allow_remote)?;
        Ok((self.build()?, listeners))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("seed", &self.seed)
            .field("pace", &self.pace)
            .field("address", &self.address)
            .field("allow_remote", &self.allow_remote)
            .finish_non_exhaustive()
    }
}

/// As the service makes them: an id that begins with `AKID`, and both of letters and digits.
fn random_credential() -> Result<Credential, StartError> {
    let secret_id = format!("AKID{}", random_text()?);
    Credential::new(secret_id, random_text()?).map_err(StartError::Credential)
}

/// 32 letters and digits.
fn random_text() -> Result<String, StartError> {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = String::with_capacity(32);
    while text.len() < 32 {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| StartError::Randomness)?;
        // Bytes past the last whole multiple of 62 would make some letters likelier.
        let letters = bytes.iter().filter(|byte| **byte < 248).filter_map(|byte| {
            LETTERS.get(usize::from(*byte) % LETTERS.len()).map(|letter| char::from(*letter))
        });
        text.extend(letters.take(32 - text.len()));
    }
    Ok(text)
}

/// Why an emulator does not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on.
    Listen(SocketAddr, io::Error),
    /// Other machines could reach the address, and nobody has allowed that.
    RemoteNotAllowed(SocketAddr),
    /// The system gives no randomness for a credential: give one to the builder.
    Randomness,
    /// The credential that was made is none.
    Credential(CredentialError),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::RemoteNotAllowed(address) => write!(
                f,
                "cannot listen on {address}: other machines could send requests to it, over HTTP \
                 without encryption; allow remote clients, or listen on 127.0.0.1"
            ),
            Self::Randomness => {
                f.write_str("the system gives no randomness for a credential: choose one")
            }
            Self::Credential(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Listen(_, error) => Some(error),
            Self::Credential(error) => Some(error),
            Self::Randomness | Self::RemoteNotAllowed(_) => None,
        }
    }
}
