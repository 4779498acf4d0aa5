//! Asks whether a launch would pass, without launching anything, and explains a refusal.
//!
//! ```sh
//! cargo run -p cvm-tests --example dry_run
//! ```
//!
//! speaks to an emulator in its own process. With `-- --cloud` it asks the service, with the credential
//! and region of the environment; nothing is created there either.

#![allow(clippy::print_stdout)]

use std::error::Error;

use cvm_emulator::Emulator;
use cvm_models::{Client, actions::*, error_code, types::*};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _emulator) = connect().await?;
    let region = client.region().unwrap_or_default().to_owned();

    // Parameters, limits and stock are checked as for a real launch.
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
            // What is not the service's own refusal is no answer to the question.
            let Some(refusal) = error.service() else { return Err(error.into()) };
            println!("{what}: refused with {}", refusal.code);
            if let Some(known) = error_code::describe(refusal.code.as_str()) {
                println!("  {}\n  {}", known.doc, known.fix);
            }
        }
    }
    Ok(())
}

/// The service if it is asked for by name, otherwise an emulator.
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
