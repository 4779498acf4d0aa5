//! Builds a client from the command line and the environment.

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use cvm_models::config::{Dialect, Endpoint};
use cvm_models::credentials::{
    CachedCredentials, CredentialChain, CredentialProvider, CredentialProviderError,
    CredentialSnapshot, StaticCredentials,
};
use cvm_models::http::BoxFuture;
use cvm_models::protocol::{did_you_mean, similar_names};
use cvm_models::{Client, Credential, Error, Region};

use crate::args::Args;
use crate::error::{CliError, Result};
use crate::exit::ExitStatus;
use crate::journal::entry::Entry;
use crate::journal::token_guard::TokenAgeGuard;
use crate::ready::Ready;
use crate::wire::Wire;
use crate::{outcome, output};

/// The default region for an emulator, where all regions are alike.
const EMULATOR_REGION: &str = "ap-guangzhou";

/// The languages of the service's messages.
const LANGUAGES: [&str; 2] = ["en-US", "zh-CN"];

/// A client and what it was built with, except the secret key, which only the client has.
pub struct Connection {
    /// The client.
    pub client: Client,
    /// Its region, if it has one.
    pub region: Option<String>,
    /// How it signs.
    pub dialect: Dialect,
    credentials: CredentialsWithWarning,
}

impl Connection {
    /// The secret id that signs requests now.
    pub async fn secret_id(&self) -> Result<String> {
        let snapshot = self.credentials.credential().await.map_err(|error| {
            CliError::new(ExitStatus::Config, error.to_string()).hint(outcome::CREDENTIALS)
        })?;
        Ok(snapshot.credential().secret_id().to_owned())
    }

    /// Rejects a credential that is not the one of the entry: client tokens and resources belong to an account.
    pub async fn check_signer(&self, args: &Args, entry: &Entry) -> Result<()> {
        if self.secret_id().await? == entry.secret_id || args.has("same-account") {
            return Ok(());
        }
        Err(CliError::new(
            ExitStatus::Config,
            "this request was signed with a different secret id; nothing was sent",
        )
        .hint("use the credential that sent the request; another account cannot see it")
        .hint("--same-account asserts that this secret id belongs to the same account"))
    }
}

/// Builds the client for an action. It opens no connection yet.
pub fn connect(args: &Args, wire: Option<Wire>) -> Result<Connection> {
    const VARIABLE: &str = "TENCENTCLOUD_REGION";
    let mut region = match args.option("region") {
        Some(region) => Some(region_named("--region", region.to_owned())?),
        None => variable(VARIABLE).map(|region| region_named(VARIABLE, region)).transpose()?,
    };
    let (ready, endpoint) = match (args.option("emulator"), args.option("endpoint")) {
        (Some(_), Some(_)) => {
            return Err(CliError::usage("`--emulator` and `--endpoint` cannot be combined"));
        }
        (Some(file), None) => {
            let ready = Ready::read(file)?;
            region = region.or_else(|| Some(EMULATOR_REGION.to_owned()));
            let endpoint = Endpoint::Custom(ready.url.clone());
            (Some(ready), Some(endpoint))
        }
        (None, Some(endpoint)) => (None, Some(parse_endpoint(endpoint))),
        (None, None) => (None, None),
    };
    let target = Target { endpoint, region, dialect: dialect(args)? };
    build(args, target, ready, wire, None)
}

/// Builds the client for a journal entry, with the endpoint, region and dialect of the entry. With a guard, it
/// sends only what the guard allows, and signs with this machine's clock alone: a wrong clock is then an error
/// and no reason for a retry.
pub fn reconnect(
    args: &Args,
    entry: &Entry,
    wire: Option<Wire>,
    guard: Option<TokenAgeGuard>,
) -> Result<Connection> {
    let ready = args.option("emulator").map(Ready::read).transpose()?;
    let emulator = ready.as_ref().map(|ready| ready.url.as_str());
    let knows = "the entry records endpoint, region and dialect: omit the option";
    for (option, given, here, hint) in [
        (
            "emulator",
            emulator,
            entry.endpoint.as_str(),
            "the request went to another emulator, or to none",
        ),
        ("endpoint", args.option("endpoint"), &entry.endpoint, knows),
        ("region", args.option("region"), entry.region.as_deref().unwrap_or_default(), knows),
        ("dialect", args.option("dialect"), entry.dialect.as_str(), knows),
    ] {
        let bare =
            |text: &str| text.trim_end_matches('/').trim_start_matches("https://").to_owned();
        if let Some(given) = given
            && bare(given) != bare(here)
        {
            let message = format!("`--{option}` is `{given}`, but the request used `{here}`");
            return Err(CliError::usage(message).hint(hint));
        }
    }
    let target = Target {
        endpoint: Some(Endpoint::Custom(entry.endpoint.clone())),
        region: entry
            .region
            .clone()
            .map(|region| region_named("journal entry", region))
            .transpose()?,
        dialect: entry.dialect,
    };
    build(args, target, ready, wire, guard)
}

/// Checks a region name. `source` says where it comes from.
fn region_named(source: &str, name: String) -> Result<String> {
    match Region::new(&name) {
        Ok(_) => Ok(name),
        Err(error) => Err(CliError::new(ExitStatus::Config, format!("{source}: {error}"))),
    }
}

/// Where and how a client sends.
struct Target {
    /// `None`: the endpoint of the profile, else the nearest access point.
    endpoint: Option<Endpoint>,
    region: Option<String>,
    dialect: Dialect,
}

fn build(
    args: &Args,
    target: Target,
    ready: Option<Ready>,
    wire: Option<Wire>,
    guard: Option<TokenAgeGuard>,
) -> Result<Connection> {
    let ca_file = ready.as_ref().and_then(|ready| ready.ca_file.clone());
    let provider: Arc<dyn CredentialProvider> = match ready {
        Some(ready) => {
            let credential =
                Credential::new(ready.secret_id, ready.secret_key).map_err(|error| {
                    let file = args.option("emulator").unwrap_or_default();
                    CliError::new(ExitStatus::Config, format!("ready file `{file}`: {error}"))
                })?;
            Arc::new(StaticCredentials::new(credential))
        }
        None => Arc::new(CachedCredentials::new(CredentialChain::new())),
    };
    let credentials = CredentialsWithWarning { provider, warned: Arc::default() };
    let mut builder = Client::builder()
        .dialect(target.dialect)
        .credential_provider(credentials.clone())
        // Has an effect only for loopback endpoints.
        .allow_secrets_in_url(true);
    if let Some(endpoint) = target.endpoint {
        builder = builder.endpoint(endpoint);
    }
    if let Some(ca_file) = ca_file {
        builder = builder.ca_file(ca_file);
    }
    if let Some(region) = target.region {
        builder = builder.region(region);
    }
    if let Some(language) = args.option("language") {
        if !LANGUAGES.contains(&language) {
            return Err(CliError::usage(format!("unknown language `{language}`"))
                .hint(format!("use {}", LANGUAGES.join(" or "))));
        }
        builder = builder.language(language);
    }
    if let Some(guard) = guard {
        builder = builder.interceptor(guard).correct_clock(false);
    }
    if let Some(wire) = wire {
        builder = builder.wire_observer(wire);
    }
    let mut client = builder.build().map_err(|error| config_error(&error))?;
    if let Some(limit) = timeout(args)? {
        client = client.with_operation_timeout(limit);
    }
    let region = client.region().map(str::to_owned);
    Ok(Connection { client, region, dialect: target.dialect, credentials })
}

/// One provider for the client and for [`Connection::secret_id`]. It warns once about a credential file that other
/// users can read.
#[derive(Clone, Debug)]
struct CredentialsWithWarning {
    provider: Arc<dyn CredentialProvider>,
    warned: Arc<AtomicBool>,
}

impl CredentialProvider for CredentialsWithWarning {
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

/// The dialect of `--dialect`, or the default.
pub fn dialect(args: &Args) -> Result<Dialect> {
    let Some(name) = args.option("dialect") else { return Ok(Dialect::default()) };
    name.parse().map_err(|_| {
        let names = Dialect::ALL.map(Dialect::as_str);
        let near = similar_names(name, names);
        CliError::usage(format!("unknown dialect `{name}`"))
            .hint(did_you_mean(&near).unwrap_or_else(|| format!("use one of {}", names.join(", "))))
    })
}

/// A published endpoint by its name, or a custom one.
fn parse_endpoint(endpoint: &str) -> Endpoint {
    match endpoint {
        "regional" => Endpoint::Regional,
        "intl" => Endpoint::International,
        "internal" => Endpoint::Internal,
        address => Endpoint::Custom(address.to_owned()),
    }
}

/// The limit that `--timeout` sets.
pub fn timeout(args: &Args) -> Result<Option<Duration>> {
    let Some(seconds) = args.option("timeout") else { return Ok(None) };
    let limit = seconds
        .parse::<f64>()
        .ok()
        .filter(|seconds| *seconds > 0.0)
        // A number that is too large means no limit.
        .map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
    limit.map(Some).ok_or_else(|| {
        CliError::usage(format!(
            "`--timeout` must be a number of seconds greater than 0, not `{seconds}`"
        ))
    })
}

fn config_error(error: &Error) -> CliError {
    CliError::new(ExitStatus::Config, error.to_string())
}

/// The value of an environment variable that is set and not empty.
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
