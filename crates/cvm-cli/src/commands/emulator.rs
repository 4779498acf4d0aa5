//! `cvm emulator`: a local CVM for any client, until somebody stops it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use cvm_emulator::{Builder, Cloud, Emulator, ListenAddress, StartError};
use cvm_models::Credential;

use crate::args::Args;
use crate::exit::{CliError, ExitStatus, Result};
use crate::options::Scope;
use crate::ready::{Ready, ReadyFile};
use crate::runtime::{self, Interruption};
use crate::{output, value_sources};

/// Serves until Ctrl-C, SIGTERM or another signal that asks a program to end.
pub fn run(line: &Args) -> Result<()> {
    line.reject_unexpected("emulator", Scope::Emulator, 0)?;
    if line.has("coverage") {
        return super::coverage::run();
    }
    let builder = builder(line)?;
    let ready_file = match line.option("ready-file") {
        Some(path) => PathBuf::from(path),
        None => own_ready_file(),
    };
    let mut written = None;
    let served = runtime::block_on(async {
        let mut interruption = Interruption::listen()?;
        let stop = async move { interruption.received().await };
        builder
            .serve(|cloud, address| announce(cloud, address, &ready_file, &mut written), stop)
            .await
    })?;
    drop(written);
    served.map_err(|Stopped(failure)| failure)
}

/// The emulator that the options describe.
fn builder(line: &Args) -> Result<Builder> {
    let mut builder = Emulator::builder();
    if let Some(listen) = line.option("listen") {
        builder = builder.listen(address(listen)?);
    }
    if line.has("allow-remote") {
        builder = builder.allow_remote();
    }
    match (line.has("instant"), line.option("time-scale")) {
        (true, Some(_)) => {
            return Err(CliError::usage("`--instant` and `--time-scale` both say how time passes"));
        }
        (true, None) => builder = builder.instant(),
        (false, Some(scale)) => builder = builder.time_scale(time_scale(scale)?),
        (false, None) => {}
    }
    if let Some(seed) = line.option("seed") {
        let seed = seed.parse().map_err(|_| {
            CliError::usage(format!("`--seed` must be a whole number, not `{seed}`"))
        })?;
        builder = builder.seed(seed);
    }
    match (line.option("secret-id"), line.option("secret-key-file")) {
        (Some(id), Some(path)) => builder = builder.credential(credential(id, path)?),
        (None, None) => {}
        _ => {
            return Err(CliError::usage("`--secret-id` and `--secret-key-file` go together")
                .hint("without either, a random pair is made"));
        }
    }
    Ok(builder)
}

fn address(listen: &str) -> Result<SocketAddr> {
    listen.parse().map_err(|_| {
        CliError::usage(format!("`--listen` must be ADDR:PORT, not `{listen}`"))
            .hint("for example 127.0.0.1:8095, or [::1]:0 for a free port")
    })
}

/// A factor above 0.
pub fn time_scale(scale: &str) -> Result<f64> {
    scale.parse().ok().filter(|scale: &f64| *scale > 0.0 && scale.is_finite()).ok_or_else(|| {
        CliError::usage(format!("`--time-scale` must be a number above 0, not `{scale}`"))
            .hint("60 lets a minute pass in a second")
    })
}

fn credential(id: &str, path: &str) -> Result<Credential> {
    let key = value_sources::secret_file(path)?;
    Credential::new(id, key.trim_end_matches(['\r', '\n']))
        .map_err(|error| CliError::new(ExitStatus::Config, format!("`{path}`: {error}")))
}

/// Where the credentials go when nobody says: the folder for such things, else that for short-lived ones. A
/// relative `XDG_RUNTIME_DIR` counts as not set, as its specification demands.
fn own_ready_file() -> PathBuf {
    let of_runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let folder = of_runtime.filter(|folder| folder.is_absolute()).unwrap_or_else(|| {
        let temporary = std::env::temp_dir();
        std::path::absolute(&temporary).unwrap_or(temporary)
    });
    folder.join(format!("cvm-emulator-{}.json", std::process::id()))
}

/// The emulator answers: tell where, and put the credentials where only their owner finds them.
fn announce(
    cloud: &Cloud,
    listening: &ListenAddress,
    path: &Path,
    written: &mut Option<ReadyFile>,
) -> std::result::Result<(), Stopped> {
    let credential = cloud.credential();
    let ListenAddress { address, url } = listening;
    let ready = Ready {
        url: url.clone(),
        secret_id: credential.secret_id().to_owned(),
        secret_key: credential.secret_key().to_owned(),
    };
    let file = ready.write(path)?;
    let shown = file.path().display();
    let text = format!(
        "CVM emulator at {url}\nCredentials in {shown} (for you alone)\n\
         Try: cvm --emulator {shown} DescribeZones\nStop it with Ctrl-C.\n"
    );
    *written = Some(file);
    // A server that somebody starts in the background needs no standard output.
    if output::must_be_open().is_ok() {
        output::print(&text)?;
    } else {
        output::eprint(text.trim_end());
    }
    if !address.ip().to_canonical().is_loopback() {
        output::eprint_note(&format!(
            "other machines can send requests to {address}, over HTTP without encryption; every \
             request must be signed"
        ));
    }
    Ok(())
}

/// A failure, in the form that the server hands through.
struct Stopped(CliError);

impl From<StartError> for Stopped {
    fn from(error: StartError) -> Self {
        Self(match error {
            StartError::RemoteNotAllowed(_) => CliError::usage(error.to_string())
                .hint("add `--allow-remote` if other machines shall use it"),
            _ => CliError::local(error.to_string()),
        })
    }
}

impl From<CliError> for Stopped {
    fn from(failure: CliError) -> Self {
        Self(failure)
    }
}
