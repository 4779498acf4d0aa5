//! Launches an instance, waits until it runs, shows it, and terminates it.
//!
//! ```sh
//! cargo run -p cvm-tests --example launch
//! ```
//!
//! uses an emulator in its own process: no account, no network, no cost. With `-- --cloud`, it calls the
//! service with the credential and region of the environment, and **that costs money**: an hourly instance
//! exists for as long as the program runs.

#![allow(clippy::print_stdout)]

use std::error::Error;

use cvm_emulator::Emulator;
use cvm_models::{Client, actions::*, types::*, waiters};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // The emulator lives as long as this variable.
    let (client, _emulator) = connect().await?;
    let region = client.region().unwrap_or_default().to_owned();

    let request = RunInstances {
        placement: Some(Placement { zone: format!("{region}-3"), ..Default::default() }),
        image_id: Some("img-pmqg1cw7".into()),
        instance_type: Some("S5.MEDIUM4".into()),
        instance_name: Some("cvm-sdk-example".into()),
        ..Default::default()
    };
    let (launched, report) = match client.send_with_report(request).await {
        Ok(done) => done,
        Err(error) => {
            // The launch may have taken effect anyway. Look for the instance by its name before sending another
            // launch.
            if let Some(unknown) = error.outcome_unknown() {
                println!("perhaps launched, with client token {:?}", unknown.client_token());
            }
            return Err(error.into());
        }
    };
    println!("launched {:?} in request {}", launched.instance_id_set, report.request_id);

    let ids = launched.instance_id_set;
    client
        .wait(waiters::InstancesRunning::of(&ids))
        .on_progress(|progress| {
            println!("{} of {} running", progress.reached(), progress.total());
        })
        .await?;

    let mut instances =
        client.items(DescribeInstances { instance_ids: ids.clone(), ..Default::default() });
    while let Some(instance) = instances.try_next().await? {
        let (id, state, memory) = (instance.instance_id, instance.instance_state, instance.memory);
        println!("{id} is {state}: {} cores, {memory} GiB", instance.cpu);
    }

    let terminate = TerminateInstances { instance_ids: ids.clone(), ..Default::default() };
    client.send(terminate).await?;
    // The service accepted a request with these ids, so if they are not listed, they are gone.
    client.wait(waiters::InstancesTerminated::of(&ids).seen_before()).await?;
    println!("gone");
    Ok(())
}

/// The service if `--cloud` is given, otherwise an emulator in which no operation takes time.
async fn connect() -> Result<(Client, Option<Emulator>), Box<dyn Error>> {
    if std::env::args().any(|argument| argument == "--cloud") {
        return Ok((Client::from_env().await?, None));
    }
    let emulator = Emulator::builder().instant().start().await?;
    let client = Client::builder()
        .endpoint(emulator.url())
        .credential(emulator.credential())
        .region("ap-guangzhou")
        .build()?;
    Ok((client, Some(emulator)))
}
