//! A client from what the command line and the environment say.

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use cvm_models::{
    BoxFuture, CachedCredentials, Client, Credential, CredentialChain, CredentialProvider,
    CredentialProviderError, CredentialSnapshot, Dialect, Endpoint, Error, Region,
    StaticCredentials,
};

use crate::args::Args;
use crate::commands::resume::Guard;
use crate::entry::Entry;
use crate::exit::{CliError, ExitStatus, Result};
use crate::ready::Ready;
use crate::wire::Wire;
use crate::{outcome, output, suggest};

/// The region of an emulator when nothing names one: all of them are alike there.
const EMULATOR_REGION: &str = "ap-guangzhou";

/// The languages that the service speaks.
const LANGUAGES: [&str; 2] = ["en-US", "zh-CN"];

/// Where calls go and how: everything but the credential's key, which only the client sees.
pub struct Connection {
    /// The client.
    pub client: Client,
    /// Its region, if it has one.
    pub region: Option<String>,
    /// How it signs.
    pub dialect: Dialect,
    credentials: Shared,
}

impl Connection {
    /// Who signs now.
    pub async fn secret_id(&self) -> Result<String> {
        let snapshot = self.credentials.credential().await.map_err(|error| {
            CliError::new(ExitStatus::Config, error.to_string()).hint(outcome::CREDENTIALS)
        })?;
        Ok(snapshot.credential().secret_id().to_owned())
    }
}

/// Makes the client for an action. No connection is opened yet.
pub fn connect(line: &Args, wire: Option<Wire>) -> Result<Connection> {
    const VARIABLE: &str = "TENCENTCLOUD_REGION";
    let mut region = match line.option("region") {
        Some(region) => Some(region_named("--region", region.to_owned())?),
        None => variable(VARIABLE).map(|region| region_named(VARIABLE, region)).transpose()?,
    };
    let (ready, endpoint) = match (line.option("emulator"), line.option("endpoint")) {
        (Some(_), Some(_)) => {
            return Err(CliError::usage("`--emulator` and `--endpoint` both say where to send it"));
        }
        (Some(file), None) => {
            let ready = Ready::read(file)?;
            region = region.or_else(|| Some(EMULATOR_REGION.to_owned()));
            let endpoint = Endpoint::Custom(ready.url.clone());
            (Some(ready), Some(endpoint))
        }
        (None, Some(endpoint)) => (None, Some(named(endpoint))),
        (None, None) => (None, None),
    };
    let target = Target { endpoint, region, dialect: dialect(line)? };
    build(line, target, ready, wire, None)
}

/// Makes the client for an entry of the journal: it goes where the entry went, or nowhere. With a guard it
/// sends as the guard allows, and signs by this machine's clock alone: that this clock is wrong is then an
/// error and no reason to send once more.
pub fn reconnect(
    line: &Args,
    entry: &Entry,
    wire: Option<Wire>,
    guard: Option<Guard>,
) -> Result<Connection> {
    let ready = line.option("emulator").map(Ready::read).transpose()?;
    let emulator = ready.as_ref().map(|ready| ready.url.as_str());
    let knows = "the entry knows where it went and how: leave the option out";
    for (option, given, here, hint) in [
        ("emulator", emulator, entry.endpoint.as_str(), "it went to another one, or to none"),
        ("endpoint", line.option("endpoint"), &entry.endpoint, knows),
        ("region", line.option("region"), entry.region.as_deref().unwrap_or_default(), knows),
        ("dialect", line.option("dialect"), &entry.dialect, knows),
    ] {
        let bare =
            |text: &str| text.trim_end_matches('/').trim_start_matches("https://").to_owned();
        if let Some(given) = given
            && bare(given) != bare(here)
        {
            let message = format!("`--{option}` says `{given}`, and the request went to `{here}`");
            return Err(CliError::usage(message).hint(hint));
        }
    }
    let target = Target {
        endpoint: Some(Endpoint::Custom(entry.endpoint.clone())),
        region: entry
            .region
            .clone()
            .map(|region| region_named("the entry of the journal", region))
            .transpose()?,
        dialect: entry.dialect.parse().map_err(|_| {
            CliError::local(format!(
                "the entry names the dialect `{}`, which there is not",
                entry.dialect
            ))
        })?,
    };
    build(line, target, ready, wire, guard)
}

/// Checks a region, and names whoever gave it.
fn region_named(source: &str, name: String) -> Result<String> {
    match Region::new(&name) {
        Ok(_) => Ok(name),
        Err(error) => Err(CliError::new(ExitStatus::Config, format!("{source}: {error}"))),
    }
}

/// Where calls go.
struct Target {
    /// `None`: where the profile says, else the nearest access point.
    endpoint: Option<Endpoint>,
    region: Option<String>,
    dialect: Dialect,
}

fn build(
    line: &Args,
    target: Target,
    ready: Option<Ready>,
    wire: Option<Wire>,
    guard: Option<Guard>,
) -> Result<Connection> {
    let provider: Arc<dyn CredentialProvider> = match ready {
        Some(ready) => {
            let credential =
                Credential::new(ready.secret_id, ready.secret_key).map_err(|error| {
                    let file = line.option("emulator").unwrap_or_default();
                    CliError::new(ExitStatus::Config, format!("ready file `{file}`: {error}"))
                })?;
            Arc::new(StaticCredentials::new(credential))
        }
        None => Arc::new(CachedCredentials::new(CredentialChain::new())),
    };
    let credentials = Shared { provider, warned: Arc::default() };
    let mut builder = Client::builder()
        .dialect(target.dialect)
        .credential_provider(credentials.clone())
        // Honoured for loopback only.
        .allow_secrets_in_url(true);
    if let Some(endpoint) = target.endpoint {
        builder = builder.endpoint(endpoint);
    }
    if let Some(region) = target.region {
        builder = builder.region(region);
    }
    if let Some(language) = line.option("language") {
        if !LANGUAGES.contains(&language) {
            return Err(CliError::usage(format!("unknown language `{language}`"))
                .hint(format!("there are {}", LANGUAGES.join(", "))));
        }
        builder = builder.language(language);
    }
    if let Some(guard) = guard {
        builder = builder.interceptor(guard).correct_clock(false);
    }
    if let Some(wire) = wire {
        builder = builder.wire_observer(wire);
    }
    let mut client = builder.build().map_err(|error| config(&error))?;
    if let Some(limit) = timeout(line)? {
        client = client.with_operation_timeout(limit);
    }
    let region = client.region().map(str::to_owned);
    Ok(Connection { client, region, dialect: target.dialect, credentials })
}

/// One provider for the client and for whoever asks who signs. It tells once of a credential file that others
/// can read.
#[derive(Clone, Debug)]
struct Shared {
    provider: Arc<dyn CredentialProvider>,
    warned: Arc<AtomicBool>,
}

impl CredentialProvider for Shared {
    fn credential(
        &self,
    ) -> BoxFuture<'_, std::result::Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        self.credential_at(SystemTime::now())
    }

    fn credential_at(
        &self,
        now: SystemTime,
    ) -> BoxFuture<'_, std::result::Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        Box::pin(async move {
            let snapshot = self.provider.credential_at(now).await?;
            if let Some(warning) = snapshot.warning()
                && !self.warned.swap(true, Ordering::Relaxed)
            {
                output::eprint_note(warning);
            }
            Ok(snapshot)
        })
    }

    fn invalidate(&self, snapshot: &CredentialSnapshot) -> bool {
        self.provider.invalidate(snapshot)
    }
}

/// How to sign.
pub fn dialect(line: &Args) -> Result<Dialect> {
    let Some(name) = line.option("dialect") else { return Ok(Dialect::default()) };
    name.parse().map_err(|_| {
        let names = Dialect::ALL.map(Dialect::as_str);
        let near = suggest::near(name, names);
        CliError::usage(format!("unknown dialect `{name}`")).hint(
            suggest::did_you_mean(&near)
                .unwrap_or_else(|| format!("there are {}", names.join(", "))),
        )
    })
}

/// A published endpoint by its name, or any address.
fn named(endpoint: &str) -> Endpoint {
    match endpoint {
        "regional" => Endpoint::Regional,
        "intl" => Endpoint::International,
        "internal" => Endpoint::Internal,
        address => Endpoint::Custom(address.to_owned()),
    }
}

/// The limit that `--timeout` sets.
pub fn timeout(line: &Args) -> Result<Option<Duration>> {
    let Some(seconds) = line.option("timeout") else { return Ok(None) };
    let limit = seconds
        .parse::<f64>()
        .ok()
        .filter(|seconds| *seconds > 0.0)
        // More than can be counted is no limit.
        .map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
    limit.map(Some).ok_or_else(|| {
        CliError::usage(format!("`--timeout` must be a number of seconds above 0, not `{seconds}`"))
    })
}

fn config(error: &Error) -> CliError {
    CliError::new(ExitStatus::Config, error.to_string())
}

/// The value of an environment variable that is set and not empty.
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
