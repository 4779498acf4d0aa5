//! `cvm emulator`: runs the emulator for any client until it is stopped.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use cvm_emulator::{
    Builder, Catalog, Cloud, Emulator, FaultError, FaultRule, HttpsAddress, ListenAddress,
    Scenario, StartError, Tls,
};
use cvm_models::Credential;

use crate::args::Args;
use crate::error::{CliError, Result};
use crate::exit::ExitStatus;
use crate::options::Scope;
use crate::ready::{Ready, WrittenFile};
use crate::runtime::{self, ShutdownSignal};
use crate::{output, value_sources};

/// Serves until Ctrl-C, SIGTERM or another signal that requests a stop.
pub fn run(args: &Args) -> Result<()> {
    if let [_, words @ ..] = args.positional.as_slice()
        && !words.is_empty()
    {
        return super::emulator_admin::run(args, words);
    }
    args.reject_unexpected("emulator", Scope::Emulator, 0)?;
    if args.has("follow") {
        return Err(CliError::usage("`--follow` requires `cvm emulator log`"));
    }
    if args.has("coverage") {
        return super::coverage::run();
    }
    let builder = builder(args)?;
    let ready_file = match args.option("ready-file") {
        Some(path) => PathBuf::from(path),
        None => default_ready_file(),
    };
    let mut written = Vec::new();
    let served = runtime::block_on(async {
        let mut interruption = ShutdownSignal::listen()?;
        let stop = async move { interruption.wait().await };
        builder
            .serve(|cloud, address| announce(cloud, address, &ready_file, &mut written), stop)
            .await
    })?;
    drop(written);
    served.map_err(|Stopped(failure)| failure)
}

/// The emulator with these options.
fn builder(args: &Args) -> Result<Builder> {
    let mut builder = Emulator::builder();
    if let Some(listen) = args.option("listen") {
        builder = builder.listen(address("listen", listen)?);
    }
    if let Some(tls) = tls(args)? {
        builder = builder.tls(tls);
    }
    match (args.option("metadata"), args.option("metadata-instance")) {
        (Some(listen), instance) => {
            builder = builder.metadata(address("metadata", listen)?);
            if let Some(id) = instance {
                builder = builder.metadata_instance(id);
            }
        }
        (None, Some(_)) => {
            return Err(CliError::usage("`--metadata-instance` requires `--metadata`"));
        }
        (None, None) => {}
    }
    if let Some(path) = args.option("web-identity-token-file") {
        builder = builder.web_identity_token(value_sources::secret_file(path)?.trim());
    }
    if args.has("allow-remote") {
        builder = builder.allow_remote();
    }
    if args.has("allow-remote-admin") {
        builder = builder.allow_remote_admin();
    }
    match (args.has("instant"), args.option("time-scale")) {
        (true, Some(_)) => {
            return Err(CliError::usage("`--instant` and `--time-scale` cannot be combined"));
        }
        (true, None) => builder = builder.instant(),
        (false, Some(scale)) => builder = builder.time_scale(time_scale(scale)?),
        (false, None) => {}
    }
    if let Some(seed) = args.option("seed") {
        let seed = seed.parse().map_err(|_| {
            CliError::usage(format!("`--seed` must be a whole number, not `{seed}`"))
        })?;
        builder = builder.seed(seed);
    }
    if let Some(path) = args.option("catalog") {
        builder = builder.catalog(catalog(path)?);
    }
    if let Some(path) = args.option("scenario") {
        builder = builder.scenario(scenario(path)?);
    }
    if let Some(directory) = args.option("data-dir") {
        builder = builder.data_dir(directory);
    }
    if let Some(preset) = args.option("fault") {
        let preset = preset
            .parse()
            .map_err(|error: FaultError| CliError::usage(format!("`--fault`: {error}")))?;
        builder = builder.fault_preset(preset);
    }
    if let Some(path) = args.option("faults") {
        builder = fault_rules(path)?.into_iter().fold(builder, Builder::fault);
    }
    if args.has("strict-network") {
        builder = builder.strict_network(true);
    }
    match (args.option("secret-id"), args.option("secret-key-file")) {
        (Some(id), Some(path)) => builder = builder.credential(credential(id, path)?),
        (None, None) => {}
        _ => {
            return Err(CliError::usage(
                "`--secret-id` and `--secret-key-file` must be given together",
            )
            .hint("without both, a random pair is generated"));
        }
    }
    Ok(builder)
}

/// How to serve HTTPS, if it is requested.
fn tls(args: &Args) -> Result<Option<Tls>> {
    let mut tls = match (args.has("tls"), args.option("tls-listen")) {
        (true, Some(_)) => {
            return Err(CliError::usage("`--tls` and `--tls-listen` cannot be combined").hint(
                "`--tls` replaces HTTP by HTTPS; `--tls-listen` adds HTTPS at another address",
            ));
        }
        (true, None) => Tls::new(),
        (false, Some(listen)) => Tls::new().beside_http(address("tls-listen", listen)?),
        (false, None) => {
            let unused = ["tls-name", "tls-dir"].into_iter().find(|option| args.has(option));
            return match unused {
                Some(option) => {
                    Err(CliError::usage(format!("`--{option}` requires `--tls` or `--tls-listen`")))
                }
                None => Ok(None),
            };
        }
    };
    for name in args.option("tls-name").into_iter().flat_map(|names| names.split(',')) {
        tls = tls.name(name.trim());
    }
    if let Some(directory) = args.option("tls-dir") {
        tls = tls.directory(directory);
    }
    Ok(Some(tls))
}

/// The fault rules of a file.
fn fault_rules(path: &str) -> Result<Vec<FaultRule>> {
    let failed = |error: &dyn std::fmt::Display| {
        CliError::local(format!("cannot load the fault rules `{path}`: {error}"))
    };
    let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    FaultRule::list_from_json(&text).map_err(|error| failed(&error))
}

/// The scenario of a file.
fn scenario(path: &str) -> Result<Scenario> {
    let failed = |error: &dyn std::fmt::Display| {
        CliError::local(format!("cannot load the scenario `{path}`: {error}"))
    };
    let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    Scenario::parse(&text).map_err(|error| failed(&error))
}

/// The built-in catalog, extended with a file.
fn catalog(path: &str) -> Result<Catalog> {
    let failed = |error: &dyn std::fmt::Display| {
        CliError::local(format!("cannot load the catalog `{path}`: {error}"))
    };
    let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    Catalog::builtin().with_json(&text).map_err(|error| failed(&error))
}

fn address(option: &str, listen: &str) -> Result<SocketAddr> {
    listen.parse().map_err(|_| {
        CliError::usage(format!("`--{option}` must be ADDR:PORT, not `{listen}`"))
            .hint("for example 127.0.0.1:8095, or [::1]:0 for a free port")
    })
}

/// Parses a time scale, which is greater than 0.
pub fn time_scale(scale: &str) -> Result<f64> {
    scale.parse().ok().filter(|scale: &f64| *scale > 0.0 && scale.is_finite()).ok_or_else(|| {
        CliError::usage(format!("`--time-scale` must be a number greater than 0, not `{scale}`"))
            .hint("60 makes a minute pass in a second")
    })
}

fn credential(id: &str, path: &str) -> Result<Credential> {
    let key = value_sources::secret_file(path)?;
    Credential::new(id, key.trim_end_matches(['\r', '\n']))
        .map_err(|error| CliError::new(ExitStatus::Config, format!("`{path}`: {error}")))
}

/// The default ready file, in the runtime directory, else in the one for temporary files. A relative
/// `XDG_RUNTIME_DIR` counts as not set, as its specification demands.
fn default_ready_file() -> PathBuf {
    let of_runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let directory = of_runtime.filter(|directory| directory.is_absolute()).unwrap_or_else(|| {
        let temporary = std::env::temp_dir();
        std::path::absolute(&temporary).unwrap_or(temporary)
    });
    directory.join(format!("cvm-emulator-{}.json", std::process::id()))
}

/// Prints where the emulator listens, and writes the credentials to a file that only the owner can read. The CA certificate
/// of HTTPS gets a file beside it, unless it is kept in a directory.
fn announce(
    cloud: &Cloud,
    listening: &ListenAddress,
    path: &Path,
    written: &mut Vec<WrittenFile>,
) -> std::result::Result<(), Stopped> {
    let credential = cloud.credential();
    let ListenAddress { address, url, https, metadata_address, metadata_url } = listening;
    let mut ready = Ready {
        url: url.clone(),
        secret_id: credential.secret_id().to_owned(),
        secret_key: credential.secret_key().to_owned(),
        admin_token: Some(cloud.admin_token().to_owned()),
        https_url: https.as_ref().map(|https| https.url.clone()),
        ca_file: None,
        metadata_url: metadata_url.clone(),
    };
    match https {
        Some(HttpsAddress { ca_file: Some(kept), .. }) => {
            let kept = std::path::absolute(kept).unwrap_or_else(|_| kept.clone());
            ready.ca_file = Some(kept.display().to_string());
        }
        Some(HttpsAddress { ca_pem, .. }) => written.push(ready.write_ca(path, ca_pem)?),
        None => {}
    }
    let file = ready.write(path)?;
    let shown = file.path().display();
    let metadata = metadata_url
        .as_ref()
        .map_or_else(String::new, |url| format!("Instance metadata at {url}/latest/meta-data/\n"));
    let https_text = match (&ready.https_url, &ready.ca_file) {
        (Some(https_url), Some(ca_file)) => {
            let beside =
                if https_url == url { String::new() } else { format!("HTTPS at {https_url}\n") };
            format!("{beside}CA certificate in {ca_file}\n")
        }
        _ => String::new(),
    };
    let text = format!(
        "CVM emulator at {url}\n{https_text}{metadata}Credentials in {shown} (readable only by you)\n\
         Try: cvm --emulator {shown} DescribeZones\nStop it with Ctrl-C.\n"
    );
    written.push(file);
    // A server in the background needs no standard output.
    if output::must_be_open().is_ok() {
        output::print(&text)?;
    } else {
        output::eprint(text.trim_end());
    }
    let is_remote = |address: &SocketAddr| !address.ip().to_canonical().is_loopback();
    let https_address = https.as_ref().map(|https| https.address);
    let http_address = Some(*address).filter(|address| Some(*address) != https_address);
    for (address, how) in [(http_address, "unencrypted HTTP"), (https_address, "HTTPS")] {
        if let Some(address) = address.filter(is_remote) {
            output::eprint_note(&format!(
                "other machines can send requests to {address} over {how}; every request must be signed"
            ));
        }
    }
    if let Some(address) = metadata_address.filter(|it| !it.ip().to_canonical().is_loopback()) {
        output::eprint_note(&format!(
            "other machines can read the metadata at {address}, and so the credentials of the instance's role"
        ));
    }
    Ok(())
}

/// An error of the server, which also carries errors of the callback.
struct Stopped(CliError);

impl From<StartError> for Stopped {
    fn from(error: StartError) -> Self {
        Self(match error {
            StartError::RemoteNotAllowed(_) => CliError::usage(error.to_string())
                .hint("add `--allow-remote` if other machines should use it"),
            StartError::TlsName(_) => CliError::usage(error.to_string()),
            _ => CliError::local(error.to_string()),
        })
    }
}

impl From<CliError> for Stopped {
    fn from(failure: CliError) -> Self {
        Self(failure)
    }
}
