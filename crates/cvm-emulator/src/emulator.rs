//! The handle of a running emulator, and its builder.

use std::fmt;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cvm_protocol::Sensitive;
use cvm_signer::Credential;
use cvm_simulator::{AccountId, Catalog, CredentialIssuer, Simulator, TimeMode, Timestamp};
use redb::StorageBackend;
use redb::backends::FileBackend;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::admin_access::AdminAccess;
use crate::auth::Authenticator;
use crate::clock::system_time;
use crate::cloud::WallClock;
use crate::durability::{self, Opened, Settings};
use crate::faults::{FaultRule, Preset};
use crate::listen::{ListenAddress, Ports};
use crate::metadata::MetadataService;
use crate::simulation::Simulation;
use crate::start_error::StartError;
use crate::{Cloud, Scenario, Tls, VirtualClock, scenario};

/// A local CVM emulator that listens in this process. It stops when it is dropped.
///
/// ```no_run
/// # async fn f() -> Result<(), cvm_emulator::StartError> {
/// let cloud = cvm_emulator::Emulator::start().await?;
/// println!("{} accepts requests signed by {}", cloud.url(), cloud.credential().secret_id());
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
    /// Starts an emulator on a free port of 127.0.0.1, with a random credential and real time.
    ///
    /// It runs on the tokio runtime of the caller.
    ///
    /// # Errors
    ///
    /// When no credential can be created, the port is not available, or other machines could reach the address
    /// without [`Builder::allow_remote`].
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// Configures an emulator: seed, clock, credentials and address.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The endpoint for clients on this machine, such as `http://127.0.0.1:41234`. It is always a loopback
    /// address. It begins with `https://` if [`Builder::tls`] replaces HTTP.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.address.url
    }

    /// The address that the emulator listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address.address
    }

    /// The HTTPS endpoint for clients on this machine, if [`Builder::tls`] was called. It is always a loopback address.
    #[must_use]
    pub fn https_url(&self) -> Option<&str> {
        self.address.https.as_ref().map(|https| https.url.as_str())
    }

    /// The certificate of the CA that clients of [`Emulator::https_url`] must trust, if [`Builder::tls`] was called.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.address.https.as_ref().map(|https| https.ca_pem.as_str())
    }

    /// Where an instance reads its metadata, such as `http://127.0.0.1:41235`, if [`Builder::metadata`] was called. It is
    /// always a loopback address.
    #[must_use]
    pub fn metadata_url(&self) -> Option<&str> {
        self.address.metadata_url.as_deref()
    }

    /// A credential that the emulator accepts.
    #[must_use]
    pub fn credential(&self) -> Credential {
        self.cloud.credential()
    }

    /// The virtual clock.
    #[must_use]
    pub fn clock(&self) -> VirtualClock {
        self.cloud.clock()
    }

    /// The emulated cloud.
    #[must_use]
    pub const fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// Stops the emulator. Requests in progress have some seconds to complete.
    pub async fn stop(self) {
        let Self { stop, task, .. } = self;
        drop(stop);
        // An error only means that the task has already ended.
        let _ = task.await;
    }
}

/// The configuration of an emulator. Each method documents its default.
#[derive(Clone)]
#[must_use = "a builder does nothing until it is started"]
pub struct Builder {
    seed: Option<u64>,
    time_mode: Option<TimeMode>,
    start_time: Option<Timestamp>,
    credentials: Vec<Credential>,
    /// The credentials of further accounts, one each.
    accounts: Vec<Credential>,
    web_identity_tokens: Vec<Sensitive>,
    data_dir: Option<PathBuf>,
    address: SocketAddr,
    tls: Option<Tls>,
    /// Where instances read their metadata.
    metadata: Option<SocketAddr>,
    metadata_instance: Option<String>,
    allow_remote: bool,
    allow_remote_admin: bool,
    wall_clock: WallClock,
    faults: Vec<FaultRule>,
    /// `None` for the default, or for that of the data directory.
    strict_network: Option<bool>,
    /// `None` for the built-in one.
    catalog: Option<Catalog>,
    scenario: Option<Scenario>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            seed: None,
            time_mode: None,
            start_time: None,
            credentials: Vec::new(),
            accounts: Vec::new(),
            web_identity_tokens: Vec::new(),
            data_dir: None,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: None,
            metadata: None,
            metadata_instance: None,
            allow_remote: false,
            allow_remote_admin: false,
            wall_clock: Arc::new(system_time),
            faults: Vec::new(),
            strict_network: None,
            catalog: None,
            scenario: None,
        }
    }
}

impl Builder {
    /// Seeds the generator of ids, addresses and request ids. Default: a random seed.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Sets how virtual time runs. Default: [`TimeMode::Real`].
    pub const fn time_mode(mut self, time_mode: TimeMode) -> Self {
        self.time_mode = Some(time_mode);
        self
    }

    /// Makes every operation complete at once: short for [`TimeMode::Instant`].
    pub const fn instant(self) -> Self {
        self.time_mode(TimeMode::Instant)
    }

    /// Stops virtual time except for [`VirtualClock::advance`]: short for [`TimeMode::Manual`].
    pub const fn manual(self) -> Self {
        self.time_mode(TimeMode::Manual)
    }

    /// Multiplies the speed of virtual time: short for [`TimeMode::Scaled`].
    pub const fn time_scale(self, scale: f64) -> Self {
        self.time_mode(TimeMode::Scaled(scale))
    }

    /// Sets the start of virtual time. Default: the real time when the emulator is built.
    pub const fn start_time(mut self, time: Timestamp) -> Self {
        self.start_time = Some(time);
        self
    }

    /// Accepts a credential of the first account. Default: one random credential.
    pub fn credential(mut self, credential: Credential) -> Self {
        self.credentials.push(credential);
        self
    }

    /// Adds an account, whose requests are signed with this credential: the first call adds the second account. To
    /// add one later, call [`Cloud::add_account`]. Default: only the first account.
    pub fn account(mut self, credential: Credential) -> Self {
        self.accounts.push(credential);
        self
    }

    /// Keeps everything in a directory, which is created if it is missing: a later start continues where the last one ended,
    /// even after `kill -9` or a power failure. Nothing is acknowledged before it is on the disk. Default: nothing is kept.
    ///
    /// The directory has the credentials, the seed, the time mode, the start time, the catalog and
    /// [`Builder::strict_network`] of its first start; a later start omits them or gives the same. Virtual time goes on while no
    /// emulator runs, except with [`TimeMode::Manual`]. If the disk fails, requests end with errors until a restart. If a
    /// handler panics, the process ends at once. Only the build that wrote the log can continue it.
    ///
    /// ```
    /// use cvm_emulator::Emulator;
    ///
    /// # fn f(directory: &std::path::Path) -> Result<(), cvm_emulator::StartError> {
    /// let cloud = Emulator::builder().data_dir(directory).build()?;
    /// let credential = cloud.credential();
    /// drop(cloud);
    /// let again = Emulator::builder().data_dir(directory).build()?;
    /// assert_eq!(again.credential().secret_id(), credential.secret_id());
    /// # Ok(())
    /// # }
    /// # let directory = tempfile::tempdir().unwrap();
    /// # f(directory.path()).unwrap();
    /// ```
    pub fn data_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(directory.into());
        self
    }

    /// Sets the address to listen on. An address that other machines can reach needs [`Builder::allow_remote`].
    /// Default: a free port of 127.0.0.1.
    pub const fn listen(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Serves HTTPS instead of HTTP, or beside it: see [`Tls`]. Default: only HTTP.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Serves the metadata of an instance on this address, the credentials of its role included, as
    /// `metadata.tencentyun.com` does inside of an instance. Default: no metadata.
    ///
    /// The newest running instance is described, unless [`Builder::metadata_instance`] names another one. A path that
    /// begins with an id, such as `/ins-1a2b3c4d/latest/meta-data/`, describes that instance.
    ///
    /// ```no_run
    /// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
    /// let cloud = cvm_emulator::Emulator::builder().metadata("127.0.0.1:0".parse()?).start().await?;
    /// // … launch an instance with `CamRoleName` …
    /// println!("{:?}/latest/meta-data/cam/security-credentials/", cloud.metadata_url());
    /// # Ok(())
    /// # }
    /// ```
    pub const fn metadata(mut self, address: SocketAddr) -> Self {
        self.metadata = Some(address);
        self
    }

    /// Sets the id of the instance whose metadata are served. Default: the newest one that runs.
    pub fn metadata_instance(mut self, id: impl Into<String>) -> Self {
        self.metadata_instance = Some(id.into());
        self
    }

    /// Accepts a token of an identity provider, see [`Cloud::accept_web_identity_token`]. Default: none.
    pub fn web_identity_token(mut self, token: impl Into<Sensitive>) -> Self {
        self.web_identity_tokens.push(token.into());
        self
    }

    /// Lets other machines send requests, over unencrypted HTTP unless [`Builder::tls`] is called: [`Builder::listen`],
    /// [`Tls::beside_http`] and [`Builder::metadata`] accept any address. Every API call must still be signed, but metadata need no signature.
    pub const fn allow_remote(mut self) -> Self {
        self.allow_remote = true;
        self
    }

    /// Lets other machines use the admin API below `/_emulator/`, if they have its token and [`Builder::listen`] names an
    /// address that they can reach. Default: only this machine.
    pub const fn allow_remote_admin(mut self) -> Self {
        self.allow_remote_admin = true;
        self
    }

    /// Sets the real time, in Unix seconds, for checking signatures and for the `Date` header of responses. The virtual
    /// clock does not affect it. Default: the time of the system.
    ///
    /// With another time than that of the client, a test sees how the client handles a wrong clock.
    pub fn wall_clock(mut self, clock: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.wall_clock = Arc::new(clock);
        self
    }

    /// Injects a fault from the start on. [`Cloud::faults`] adds and removes faults later. Default: no fault.
    ///
    /// ```
    /// use cvm_emulator::{Emulator, FaultEffect, FaultRule, Preset};
    ///
    /// # fn f() -> Result<(), cvm_emulator::StartError> {
    /// let effect = FaultEffect::DelayResponse { ms: 100, up_to_ms: None };
    /// let builder = Emulator::builder().fault(FaultRule::new(effect)).fault_preset(Preset::Flaky);
    /// assert_eq!(builder.build()?.faults().list().len(), 5);
    /// # Ok(())
    /// # }
    /// # f().unwrap();
    /// ```
    pub fn fault(mut self, rule: FaultRule) -> Self {
        self.faults.push(rule);
        self
    }

    /// Injects the faults of a preset from the start on. Default: no fault.
    pub fn fault_preset(mut self, preset: Preset) -> Self {
        self.faults.extend(preset.rules());
        self
    }

    /// Sets whether CVM refuses the ids of VPCs, subnets and security groups that were not created in the emulator.
    /// Default: `false`, so that a launch can name any network.
    pub const fn strict_network(mut self, strict: bool) -> Self {
        self.strict_network = Some(strict);
        self
    }

    /// Sets what the cloud offers: regions, zones, instance types, images, stock and prices. Default:
    /// [`Catalog::builtin`].
    ///
    /// ```
    /// use cvm_emulator::{Catalog, Emulator};
    ///
    /// # fn f() -> Result<(), Box<dyn std::error::Error>> {
    /// let catalog = Catalog::builtin().with_json(
    ///     r#"{ "stock": [{ "types": ["S5.MEDIUM4"], "status": "WithoutStock" }] }"#,
    /// )?;
    /// let cloud = Emulator::builder().catalog(catalog).build()?;
    /// # Ok(())
    /// # }
    /// # f().unwrap();
    /// ```
    pub const fn catalog(mut self, catalog: Catalog) -> Self {
        self.catalog = Some(catalog);
        self
    }

    /// Starts with the accounts, resources, faults and the catalog of a scenario. Default: one empty account.
    ///
    /// In a new data directory, the scenario is applied once. A later start with the directory omits it, unless it has a
    /// catalog or faults, or gives the same one.
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.scenario = Some(scenario);
        self
    }

    /// Creates the cloud without a socket, for [`router`](crate::router) or [`Cloud::handle`].
    ///
    /// # Errors
    ///
    /// [`StartError::Randomness`] or [`StartError::Credential`] when no credential is given and none can be created,
    /// [`StartError::SecretIdInUse`] when two credentials have the same secret id, [`StartError::DataDirectory`] when the
    /// data directory cannot be used, [`StartError::Fault`] when a fault rule is invalid, and [`StartError::Scenario`] when
    /// the scenario cannot be applied.
    pub fn build(mut self) -> Result<Cloud, StartError> {
        if let Some(scenario) = &self.scenario {
            let base = self.catalog.unwrap_or_default();
            let catalog = scenario.catalog(base)?;
            if !catalog.is_builtin() {
                self.catalog = Some(catalog);
            }
        }
        match self.data_dir.clone() {
            Some(directory) => self.build_on(&directory, |file| file),
            None => self.build_in_memory(),
        }
    }

    fn build_in_memory(self) -> Result<Cloud, StartError> {
        let mut credentials = self.credentials;
        let of_scenario = self.scenario.as_ref().map(scenario::account_credentials);
        let of_scenario = of_scenario.transpose()?.unwrap_or_default();
        let is_first = |(account, _): &&(AccountId, Credential)| *account == AccountId::FIRST;
        credentials.extend(of_scenario.iter().filter(is_first).map(|(_, it)| it.clone()));
        if credentials.is_empty() {
            credentials.push(random_credential()?);
        }
        let first = credentials.first().cloned().ok_or(StartError::Randomness)?;
        // Without random numbers from the system, every start has the same seed.
        let seed = self.seed.unwrap_or_else(|| getrandom::u64().unwrap_or_default());
        // Ids that everyone may see follow from the seed alone, so the seed is no secret.
        let issuer = CredentialIssuer::new(seed, first.secret_key());
        let authenticator = Authenticator::new(issuer.clone());
        for credential in credentials {
            authenticator.add_credential(credential)?;
        }
        let start_time = self.start_time.unwrap_or_else(|| Timestamp::from_unix(system_time()));
        let mut simulator = Simulator::new(seed, start_time, self.time_mode.unwrap_or_default())
            .with_strict_network(self.strict_network.unwrap_or_default())
            .with_credential_issuer(issuer);
        if let Some(catalog) = self.catalog {
            simulator = simulator.with_catalog(catalog);
        }
        let simulation = Simulation::new(simulator);
        let admin = AdminAccess::new(random_text()?.into(), self.allow_remote_admin);
        let (clock, catalog) = (self.wall_clock, self.catalog);
        let cloud = Cloud::new(admin, first, authenticator, clock, seed, simulation, catalog);
        for credential in self.accounts {
            cloud.add_account(credential)?;
        }
        if let Some(given) = &self.scenario {
            scenario::apply(given, &cloud)?;
        }
        for (account, credential) in of_scenario {
            cloud.add_credential(account, credential)?;
        }
        cloud.open_simulated_accounts();
        apply_faults(self.scenario.as_ref(), &cloud)?;
        equip(&cloud, self.web_identity_tokens, self.faults)?;
        Ok(cloud)
    }

    /// Creates the cloud of a data directory. `wrap` may replace the file of its database.
    pub(crate) fn build_on<B: StorageBackend>(
        self,
        directory: &Path,
        wrap: impl FnOnce(FileBackend) -> B,
    ) -> Result<Cloud, StartError> {
        let settings = Settings {
            seed: self.seed,
            time_mode: self.time_mode,
            start_time: self.start_time,
            strict_network: self.strict_network,
            catalog: self.catalog.unwrap_or_default(),
            scenario: self.scenario.as_ref().map(Scenario::fingerprint),
        };
        let of_first = self.credentials.into_iter().map(|it| (AccountId::FIRST, it));
        let of_others = (1..).map(AccountId::nth).zip(self.accounts);
        let of_scenario = self.scenario.as_ref().map(scenario::account_credentials);
        let of_scenario = of_scenario.transpose()?.unwrap_or_default();
        let given: Vec<_> = of_first.chain(of_others).chain(of_scenario).collect();
        let opened = durability::open(directory, &settings, &given, &random_credential()?, wrap)
            .map_err(|error| StartError::DataDirectory(directory.to_owned(), error))?;
        let Opened { simulator, issuer, seed, credentials, key_pairs, elapsed, log, .. } = opened;
        let (_, first) = credentials.first().cloned().ok_or(StartError::Randomness)?;
        let authenticator = Authenticator::new(issuer);
        for (account, credential) in &credentials {
            authenticator.restore(*account, credential.clone())?;
        }
        let simulation = Simulation::with_log(simulator, log, elapsed);
        let admin = AdminAccess::new(random_text()?.into(), self.allow_remote_admin);
        let (clock, catalog) = (self.wall_clock, self.catalog);
        let cloud = Cloud::new(admin, first, authenticator, clock, seed, simulation, catalog);
        cloud.continue_after(&key_pairs, opened.first_request_id);
        if let Some(given) = self.scenario.as_ref().filter(|_| opened.is_new) {
            scenario::apply(given, &cloud)?;
        }
        cloud.open_simulated_accounts();
        apply_faults(self.scenario.as_ref(), &cloud)?;
        for (account, _) in credentials.iter().filter(|(it, _)| *it != AccountId::FIRST) {
            cloud.open_account(*account)?;
        }
        equip(&cloud, self.web_identity_tokens, self.faults)?;
        Ok(cloud)
    }

    /// Starts the emulator in this process.
    ///
    /// # Errors
    ///
    /// Like [`Emulator::start`].
    pub async fn start(self) -> Result<Emulator, StartError> {
        let (cloud, ports) = self.bind()?;
        let address = ports.address.clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = cloud.clone();
        let task = tokio::spawn(async move {
            let stopped = async {
                // A message and a dropped sender both mean stop.
                let _ = stopped.await;
            };
            ports.serve(&served, stopped).await;
        });
        Ok(Emulator { cloud, address, stop, task })
    }

    /// Listens, calls `ready` once requests are accepted, and serves until `stop` completes. For a program that only
    /// runs the emulator.
    ///
    /// # Errors
    ///
    /// Like [`Emulator::start`], and every error of `ready`.
    pub async fn serve<E: From<StartError>>(
        self,
        ready: impl FnOnce(&Cloud, &ListenAddress) -> Result<(), E>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), E> {
        let (cloud, ports) = self.bind()?;
        ready(&cloud, &ports.address)?;
        ports.serve(&cloud, stop).await;
        Ok(())
    }

    fn bind(mut self) -> Result<(Cloud, Ports), StartError> {
        if self.catalog.is_none() {
            // So that the first request need not wait. If no thread can start, the request loads it.
            let loading = std::thread::Builder::new().name("catalog".to_owned());
            drop(loading.spawn(Catalog::builtin));
        }
        let metadata = MetadataService::new(self.metadata_instance.take());
        let metadata = self.metadata.map(|address| (address, metadata));
        let ports = Ports::bind(self.address, self.tls.as_ref(), metadata, self.allow_remote)?;
        Ok((self.build()?, ports))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("seed", &self.seed)
            .field("time_mode", &self.time_mode)
            .field("data_dir", &self.data_dir)
            .field("address", &self.address)
            .field("tls", &self.tls)
            .field("metadata", &self.metadata)
            .field("allow_remote", &self.allow_remote)
            .field("strict_network", &self.strict_network)
            .field("catalog", &self.catalog)
            .finish_non_exhaustive()
    }
}

/// Adds the faults of a scenario.
fn apply_faults(scenario: Option<&Scenario>, cloud: &Cloud) -> Result<(), StartError> {
    scenario.map_or(Ok(()), |it| Ok(scenario::apply_faults(it, cloud).map(drop)?))
}

/// Adds what every start adds, also with a data directory.
fn equip(cloud: &Cloud, tokens: Vec<Sensitive>, faults: Vec<FaultRule>) -> Result<(), StartError> {
    for token in tokens {
        cloud.accept_web_identity_token(token);
    }
    if !faults.is_empty() {
        cloud.faults().add_all(faults).map_err(StartError::Fault)?;
    }
    Ok(())
}

/// Creates a credential in the format of the service: an id that starts with `AKID`, and letters and digits.
fn random_credential() -> Result<Credential, StartError> {
    let secret_id = format!("AKID{}", random_text()?);
    Credential::new(secret_id, random_text()?).map_err(StartError::Credential)
}

/// 32 random letters and digits.
fn random_text() -> Result<String, StartError> {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = String::with_capacity(32);
    while text.len() < 32 {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| StartError::Randomness)?;
        // Bytes from 248 (4 · 62) up would make some letters more likely.
        let letters = bytes.iter().filter(|byte| **byte < 248).filter_map(|byte| {
            LETTERS.get(usize::from(*byte) % LETTERS.len()).map(|letter| char::from(*letter))
        });
        text.extend(letters.take(32 - text.len()));
    }
    Ok(text)
}
