//! Launches instances, waits and lists without async: for scripts and tools.
//!
//! `cargo run -p cvm-tests --example blocking` uses an emulator in its own process. With `-- --cloud`, it calls the service
//! with the credential and region of the environment, and **that costs money** while the two instances exist.

#![allow(clippy::print_stdout)]

use std::error::Error;

use cvm_emulator::Emulator;
use cvm_models::{Client, actions::*, blocking, types::*, waiters};
use tokio::runtime::Runtime;

fn main() -> Result<(), Box<dyn Error>> {
    let (client, _emulator) = connect()?;
    let region = client.as_async().region().unwrap_or_default().to_owned();
    let launched = client.send(RunInstances {
        placement: Some(Placement { zone: format!("{region}-3"), ..Default::default() }),
        image_id: Some("img-pmqg1cw7".into()),
        instance_type: Some("S5.MEDIUM4".into()),
        instance_count: Some(2),
        ..Default::default()
    })?;
    let instance_ids = launched.instance_id_set;
    client.wait(waiters::InstancesRunning::of(&instance_ids))?;

    for instance in
        client.items(DescribeInstances { instance_ids: instance_ids.clone(), ..Default::default() })
    {
        let instance = instance?;
        println!("{} is {}", instance.instance_id, instance.instance_state);
    }
    let image_count: usize = client
        .pages(DescribeImages::default())
        .map(|page| Ok(page?.items.len()))
        .sum::<Result<_, cvm_models::Error>>()?;
    println!("{image_count} images");

    client.send(TerminateInstances { instance_ids: instance_ids.clone(), ..Default::default() })?;
    client.wait(waiters::InstancesTerminated::of(&instance_ids).seen_before())?;
    println!("gone");
    Ok(())
}

/// An emulator, and the threads on which it runs.
type RunningEmulator = (Emulator, Runtime);

/// The service if `--cloud` is given, otherwise an emulator.
fn connect() -> Result<(blocking::Client, Option<RunningEmulator>), Box<dyn Error>> {
    if std::env::args().any(|argument| argument == "--cloud") {
        return Ok((blocking::Client::from_env()?, None));
    }
    let runtime = Runtime::new()?;
    let emulator = runtime.block_on(Emulator::builder().instant().start())?;
    let builder = Client::builder().endpoint(emulator.url()).credential(emulator.credential());
    Ok((blocking::Client::new(builder.region("ap-guangzhou"))?, Some((emulator, runtime))))
}
