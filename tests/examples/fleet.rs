//! Launches a fleet: falls back to another zone or type where there is no capacity, waits, and prints the addresses.
//!
//! `cargo run -p cvm-tests --example fleet` uses an emulator in its own process. With `-- --cloud`, it calls the service with
//! the credential and region of the environment, and **that costs money** while the three instances exist.

#![allow(clippy::print_stdout)]

use cvm_emulator::Emulator;
use cvm_models::{Client, Error, actions::*, types::*, waiters};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (client, _emulator) = connect().await?;
    let mut ids = launch(&client, 2, &["S2.MEDIUM4", "S5.MEDIUM4"]).await?;
    ids.extend(launch(&client, 1, &["GN7.2XLARGE32", "GN7.5XLARGE80"]).await?);
    // The wait has already seen the instances: their addresses need no other call.
    let report = client.wait(waiters::InstancesRunning::of(&ids)).await?;
    for Instance { instance_type, placement, public_ip_addresses: ips, .. } in report.items()? {
        println!("{instance_type} in {}: {}", placement.zone, ips.join(", "));
    }
    client.send(TerminateInstances { instance_ids: ids, ..Default::default() }).await?;
    Ok(())
}

/// Launches instances of the first type and zone that has capacity.
async fn launch(client: &Client, count: i64, types: &[&str]) -> Result<Vec<String>, Error> {
    let region = client.region().unwrap_or_default();
    let mut result = Ok(Vec::new());
    for (kind, zone) in types.iter().flat_map(|kind| [7, 6].map(|zone| (kind, zone))) {
        let request = RunInstances {
            placement: Some(Placement { zone: format!("{region}-{zone}"), ..Default::default() }),
            image_id: Some("img-pmqg1cw7".into()),
            instance_type: Some((*kind).into()),
            instance_count: Some(count),
            internet_accessible: Some(InternetAccessible {
                public_ip_assigned: Some(true),
                internet_max_bandwidth_out: Some(1),
                ..Default::default()
            }),
            ..Default::default()
        };
        result = client.send(request).await.map(|launched| launched.instance_id_set);
        match &result {
            Err(error) if error.is_capacity() => println!("no {kind} in {region}-{zone}"),
            // After any other error, above all an unknown outcome, a second launch could create instances twice.
            _ => break,
        }
    }
    result
}

async fn connect() -> Result<(Client, Option<Emulator>), Box<dyn std::error::Error>> {
    if std::env::args().any(|argument| argument == "--cloud") {
        return Ok((Client::from_env().await?, None));
    }
    let emulator = Emulator::builder().instant().start().await?;
    let builder = Client::builder().endpoint(emulator.url()).credential(emulator.credential());
    Ok((builder.region("ap-guangzhou").build()?, Some(emulator)))
}
