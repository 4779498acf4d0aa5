//! Lists any number of instances, and the images to launch from.
//!
//! ```sh
//! cargo run -p cvm-tests --example list
//! ```
//!
//! uses an emulator in its own process, in which it first launches some instances. With `-- --cloud`, it lists
//! yours, with the credential and region of the environment; it only reads.

#![allow(clippy::print_stdout)]

use std::error::Error;

use cvm_emulator::Emulator;
use cvm_models::{Client, actions::*, types::*};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _emulator) = connect().await?;

    // Pages are requested as needed. The total is known after the first.
    let mut instances = client.items(DescribeInstances::default());
    while let Some(instance) = instances.try_next().await? {
        let zone = instance.placement.zone;
        println!(
            "{:<12} {:<10} {:<14} {:<15} {}",
            instance.instance_id,
            instance.instance_state,
            instance.instance_type,
            zone,
            instance.instance_name
        );
    }
    println!("{} instances", instances.total().unwrap_or_default());

    // Filters restrict a list: all filters must match, each with one of its values.
    let filter = Filter {
        name: "platform".into(),
        values: vec!["CentOS".into(), "Ubuntu".into()],
        ..Default::default()
    };
    let request = DescribeImages { filters: vec![filter], ..Default::default() };
    for image in client.items(request).collect_up_to(3).await? {
        println!("{} {}", image.image_id, image.image_name);
    }
    Ok(())
}

/// The service if `--cloud` is given, otherwise an emulator with some instances.
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
    let some = RunInstances {
        placement: Some(Placement { zone: "ap-guangzhou-3".into(), ..Default::default() }),
        image_id: Some("img-pmqg1cw7".into()),
        instance_name: Some("web-{R:1}".into()),
        instance_count: Some(120),
        ..Default::default()
    };
    client.send(some).await?;
    Ok((client, Some(emulator)))
}
