//! Asks whether a launch would succeed, without launching anything, and explains a rejection.
//!
//! ```sh
//! cargo run -p cvm-tests --example dry_run
//! ```
//!
//! uses an emulator in its own process. With `-- --cloud`, it calls the service, with the credential and region
//! of the environment; nothing is created there either.

#![allow(clippy::print_stdout)]

use std::error::Error;

use cvm_emulator::Emulator;
use cvm_models::{Client, actions::*, error_code, types::*};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _emulator) = connect().await?;
    let region = client.region().unwrap_or_default().to_owned();

    // The service checks parameters, limits and stock as for a real launch.
    let request = RunInstances {
        placement: Some(Placement { zone: format!("{region}-3"), ..Default::default() }),
        image_id: Some("img-pmqg1cw7".into()),
        instance_type: Some("S5.MEDIUM4".into()),
        dry_run: Some(true),
        ..Default::default()
    };
    ask(&client, "as it is", request.clone()).await?;

    let elsewhere = Placement { zone: "mars-1".into(), ..Default::default() };
    ask(&client, "in another zone", RunInstances { placement: Some(elsewhere), ..request }).await?;
    Ok(())
}

async fn ask(client: &Client, what: &str, request: RunInstances) -> Result<(), Box<dyn Error>> {
    match client.send(request).await {
        Ok(_) => println!("{what}: would be launched"),
        Err(error) => {
            // An error that is not from the service does not answer the question.
            let Some(refusal) = error.service() else { return Err(error.into()) };
            println!("{what}: refused with {}", refusal.code);
            if let Some(known) = error_code::describe(refusal.code.as_str()) {
                println!("  {}\n  {}", known.doc, known.fix);
            }
        }
    }
    Ok(())
}

/// The service if `--cloud` is given, otherwise an emulator.
async fn connect() -> Result<(Client, Option<Emulator>), Box<dyn Error>> {
    if std::env::args().any(|argument| argument == "--cloud") {
        return Ok((Client::from_env().await?, None));
    }
    let emulator = Emulator::start().await?;
    let client = Client::builder()
        .endpoint(emulator.url())
        .credential(emulator.credential())
        .region("ap-guangzhou")
        .build()?;
    Ok((client, Some(emulator)))
}
