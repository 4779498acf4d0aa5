//! A test with an emulator in its own process; TESTING.md shows it.

use cvm_emulator::Emulator;
use cvm_models::actions::{DescribeInstances, RunInstances};
use cvm_models::types::Placement;
use cvm_models::{Client, waiters};

#[tokio::test]
async fn launch() -> Result<(), Box<dyn std::error::Error>> {
    // It listens when `start` returns, and stops when it is dropped.
    let emulator = Emulator::builder().instant().start().await?;
    let client = Client::builder()
        .endpoint(emulator.url())
        .credential(emulator.credential())
        .region("ap-guangzhou")
        .build()?;

    let request = RunInstances {
        placement: Some(Placement { zone: "ap-guangzhou-3".into(), ..Default::default() }),
        image_id: Some("img-pmqg1cw7".into()),
        ..Default::default()
    };
    let ids = client.send(request).await?.instance_id_set;
    client.wait(waiters::InstancesRunning::of(&ids)).await?;
    let listed = client.send(DescribeInstances::default()).await?;
    assert_eq!(listed.instance_set[0].instance_id, ids[0]);
    Ok(())
}
