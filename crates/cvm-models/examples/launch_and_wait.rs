//! Launches an instance and waits until it runs.

use cvm_models::{Client, actions::RunInstances, types::Placement, waiters};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Credentials and region from environment variables, credential files or the instance's role.
    let client = Client::from_env().await?;
    let request = RunInstances {
        placement: Some(Placement { zone: "ap-guangzhou-3".into(), ..Default::default() }),
        image_id: Some("img-pmqg1cw7".into()),
        instance_type: Some("S5.MEDIUM4".into()),
        ..Default::default()
    };
    let launched = client.send(request).await?;
    client.wait(waiters::InstancesRunning::of(&launched.instance_id_set)).await?;
    Ok(())
}
