//! A client from what the command line and the environment say.

use std::env;
use std::time::Duration;

use cvm_models::{Client, Credential, Dialect, Endpoint, Error};

use crate::args::Line;
use crate::exit::{Exit, Failure, Result};
use crate::ready::Ready;
use crate::suggest;
use crate::wire::Wire;

/// The region of an emulator when nothing names one: all of them are alike there.
const EMULATOR_REGION: &str = "ap-guangzhou";

/// The languages that the service speaks.
const LANGUAGES: [&str; 2] = ["en-US", "zh-CN"];

/// Where calls go and how: everything but the credential, which only the client sees.
pub struct Connection {
    /// The client.
    pub client: Client,
    /// Its region, if it has one.
    pub region: Option<String>,
}

/// Makes the client for an action. No connection is opened yet.
pub fn connect(line: &Line, wire: Option<Wire>) -> Result<Connection> {
    let mut builder = Client::builder().dialect(dialect(line)?).allow_secrets_in_url(true);
    let mut region =
        line.option("region").map(str::to_owned).or_else(|| variable("TENCENTCLOUD_REGION"));
    match (line.option("emulator"), line.option("endpoint")) {
        (Some(_), Some(_)) => {
            return Err(Failure::usage("`--emulator` and `--endpoint` both say where to send it"));
        }
        (Some(file), None) => {
            let ready = Ready::read(file)?;
            let credential =
                Credential::new(ready.secret_id, ready.secret_key).map_err(|error| {
                    Failure::new(Exit::Config, format!("ready file `{file}`: {error}"))
                })?;
            builder = builder.endpoint(ready.url).credential(credential);
            region = region.or_else(|| Some(EMULATOR_REGION.to_owned()));
        }
        (None, Some(endpoint)) => builder = builder.endpoint(named(endpoint)),
        (None, None) => {}
    }
    if let Some(region) = &region {
        builder = builder.region(region);
    }
    if let Some(language) = line.option("language") {
        if !LANGUAGES.contains(&language) {
            return Err(Failure::usage(format!("unknown language `{language}`"))
                .hint(format!("there are {}", LANGUAGES.join(", "))));
        }
        builder = builder.language(language);
    }
    if let Some(wire) = wire {
        builder = builder.wire_observer(wire);
    }
    let mut client = builder.build().map_err(|error| config(&error))?;
    if let Some(seconds) = line.option("timeout") {
        client = client.with_operation_timeout(timeout(seconds)?);
    }
    Ok(Connection { client, region })
}

/// How to sign.
pub fn dialect(line: &Line) -> Result<Dialect> {
    let Some(name) = line.option("dialect") else { return Ok(Dialect::default()) };
    name.parse().map_err(|_| {
        let names = Dialect::ALL.map(Dialect::as_str);
        let near = suggest::near(name, names);
        Failure::usage(format!("unknown dialect `{name}`")).hint(
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

fn timeout(seconds: &str) -> Result<Duration> {
    seconds
        .parse::<f64>()
        .ok()
        .filter(|seconds| *seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| {
            Failure::usage(format!(
                "`--timeout` must be a number of seconds above 0, not `{seconds}`"
            ))
        })
}

fn config(error: &Error) -> Failure {
    Failure::new(Exit::Config, error.to_string())
}

/// The value of an environment variable that is set and not empty.
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
