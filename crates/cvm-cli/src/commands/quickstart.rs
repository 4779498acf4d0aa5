//! `cvm quickstart`: the getting-started page as a story, on a local CVM or, reading only, on yours.

use std::time::{Duration, Instant};

use cvm_emulator::Emulator;
use cvm_models::{Client, Dialect};

use super::demo::{Printer, cloud, launch, resize};
use super::emulator::time_scale;
use crate::args::Args;
use crate::exit::{CliError, ExitStatus, Result};
use crate::options::Scope;
use crate::wire::{Show, Wire};
use crate::{connect, output, runtime};

/// How many times faster than real time states change unless told otherwise: long enough to be seen,
/// and all of it in a few seconds.
const TIME_SCALE: f64 = 30.0;

/// The region of the getting-started page.
const REGION: &str = "ap-guangzhou";

/// Tells the story.
pub fn run(line: &Args) -> Result<()> {
    line.reject_unexpected("quickstart", Scope::Quickstart, 0)?;
    let wire = line.has("show-wire").then(|| Wire::new(Show::Stdout));
    if line.has("cloud") {
        if line.has("time-scale") {
            return Err(CliError::usage(
                "`--time-scale` is for the local CVM: the real one takes its time",
            ));
        }
        return runtime::block_on(on_cloud(line, wire))?;
    }
    for option in ["endpoint", "emulator", "region"] {
        if line.has(option) {
            output::eprint_note(&format!(
                "`--{option}` goes with `--cloud`; without it the tour runs on a local CVM in this process"
            ));
        }
    }
    let scale = line.option("time-scale").map_or(Ok(TIME_SCALE), time_scale)?;
    runtime::block_on(locally(connect::dialect(line)?, scale, wire))?
}

/// The whole story, on an emulator of its own.
async fn locally(dialect: Dialect, scale: f64, wire: Option<Wire>) -> Result<()> {
    let began = Instant::now();
    let emulator = Emulator::builder()
        .time_scale(scale)
        .start()
        .await
        .map_err(|error| CliError::local(error.to_string()))?;
    let mut builder = Client::builder()
        .endpoint(emulator.url())
        .credential(emulator.credential())
        .region(REGION)
        .dialect(dialect)
        // Honoured for loopback only: `tc3-get` carries the sample's password in the URL.
        .allow_secrets_in_url(true);
    if let Some(wire) = &wire {
        builder = builder.wire_observer(wire.clone());
    }
    let client =
        builder.build().map_err(|error| CliError::new(ExitStatus::Config, error.to_string()))?;
    let interval = Duration::from_secs_f64((5.0 / scale).clamp(0.1, 2.0));
    let mut teller = Printer::new(client, wire, interval);
    teller.title("CVM quickstart")?;
    teller.say(&format!(
        "A local CVM listens on {}, in this process. Every call below is real HTTP, signed by {}. \
         Its time runs {scale} times as fast as yours.",
        emulator.url(),
        signed_by(dialect)
    ))?;
    let model = launch::choose_model(&mut teller).await?;
    launch::launch_with_local_disk(&mut teller, &model).await?;
    resize::life_of_b(&mut teller, &model).await?;
    emulator.stop().await;
    teller.end(
        began.elapsed(),
        "`cvm emulator` keeps such a CVM running; `cvm list` names what you can ask of it.",
    )
}

/// Reads and one dry run, on the account of the environment.
async fn on_cloud(line: &Args, wire: Option<Wire>) -> Result<()> {
    let began = Instant::now();
    let connection = connect::connect(line, wire.clone())?;
    let region = connection.region.unwrap_or_else(|| REGION.to_owned());
    let client = connection.client.in_region(&region);
    let mut teller = Printer::new(client, wire, Duration::from_secs(5));
    teller.title("CVM quickstart, on your account")?;
    teller.say(&format!(
        "Region {region}. This only reads, and then asks once whether a launch would pass (DryRun). \
         It can create nothing."
    ))?;
    cloud::look_around(&mut teller).await?;
    teller.end(began.elapsed(), "`cvm list` names what else you can ask.")
}

const fn signed_by(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Tc3 => "TC3-HMAC-SHA256 (tc3, JSON body)",
        Dialect::Tc3Get => "TC3-HMAC-SHA256 (tc3-get, parameters in the URL)",
        Dialect::V1Sha1 => "HmacSHA1 (v1-sha1, form body)",
        Dialect::V1Sha256 => "HmacSHA256 (v1-sha256, form body)",
        Dialect::OldGateway => "HmacSHA256 at the older gateway's path (old-gateway, form body)",
    }
}
