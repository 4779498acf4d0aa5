//! `cvm quickstart`: a guided demo on a local emulator, or a read-only one on a real account.

mod cloud;
mod launch;
mod printer;
mod resize;

use std::time::{Duration, Instant};

use cvm_emulator::Emulator;
use cvm_models::Client;
use cvm_models::config::Dialect;

use self::printer::Printer;
use super::emulator::time_scale;
use crate::args::Args;
use crate::error::{CliError, Result};
use crate::exit::ExitStatus;
use crate::options::Scope;
use crate::wire::{Show, Wire};
use crate::{connect, output, runtime};

/// The default speed of the emulator's clock: states are visible, and the demo takes a few seconds.
const TIME_SCALE: f64 = 30.0;

/// The region of the getting-started page.
const REGION: &str = "ap-guangzhou";

/// Runs the demo.
pub fn run(args: &Args) -> Result<()> {
    args.reject_unexpected("quickstart", Scope::Quickstart, 0)?;
    let wire = args.has("show-wire").then(|| Wire::new(Show::Stdout));
    if args.has("cloud") {
        if args.has("time-scale") {
            return Err(CliError::usage(
                "`--time-scale` applies only to the local emulator, not to `--cloud`",
            ));
        }
        return runtime::block_on(on_cloud(args, wire))?;
    }
    for option in ["endpoint", "emulator", "region"] {
        if args.has(option) {
            output::eprint_note(&format!(
                "`--{option}` is used only with `--cloud`; without it, the quickstart uses an emulator in this process"
            ));
        }
    }
    let scale = args.option("time-scale").map_or(Ok(TIME_SCALE), time_scale)?;
    runtime::block_on(locally(connect::dialect(args)?, scale, wire))?
}

/// The whole demo, on an emulator in this process.
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
        // Has an effect only for loopback endpoints: `tc3-get` sends the sample's password in the URL.
        .allow_secrets_in_url(true);
    if let Some(wire) = &wire {
        builder = builder.wire_observer(wire.clone());
    }
    let client =
        builder.build().map_err(|error| CliError::new(ExitStatus::Config, error.to_string()))?;
    let interval = Duration::from_secs_f64((5.0 / scale).clamp(0.1, 2.0));
    let mut printer = Printer::new(client, wire, interval);
    printer.title("CVM quickstart")?;
    printer.say(&format!(
        "A local CVM emulator listens on {} in this process. Every call below is a real HTTP request, \
         signed with {}. The emulator's clock runs {scale} times as fast as real time.",
        emulator.url(),
        dialect.description()
    ))?;
    let instance_type = launch::choose_instance_type(&mut printer).await?;
    launch::launch_with_local_disk(&mut printer, &instance_type).await?;
    resize::launch_with_cloud_disk(&mut printer, &instance_type).await?;
    emulator.stop().await;
    printer.end(
        began.elapsed(),
        "`cvm emulator` runs an emulator until you stop it; `cvm list` lists all actions.",
    )
}

/// Reads and one dry run, with the credential of the environment.
async fn on_cloud(args: &Args, wire: Option<Wire>) -> Result<()> {
    let began = Instant::now();
    let connection = connect::connect(args, wire.clone())?;
    let region = connection.region.unwrap_or_else(|| REGION.to_owned());
    let client = connection.client.in_region(&region);
    let mut printer = Printer::new(client, wire, Duration::from_secs(5));
    printer.title("CVM quickstart, on your account")?;
    printer.say(&format!(
        "Region {region}. The quickstart only reads, and then checks with one dry run (DryRun) whether \
         a launch would succeed. It cannot create anything."
    ))?;
    cloud::run_read_only(&mut printer).await?;
    printer.end(began.elapsed(), "`cvm list` lists all actions.")
}
