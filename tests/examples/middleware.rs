//! Middleware that names the instances of a team, and a test with a mocked client: no emulator, no network.
//! `cargo run -p cvm-tests --example middleware`; `cargo test -p cvm-tests --example middleware`
#![allow(clippy::print_stdout)]

use cvm_models::observe::{AttemptEnd, Exchange, Interceptor, UnsignedRequest};
use cvm_models::{Client, Error};
use cvm_models::{actions::*, types::Placement};

#[derive(Debug)]
struct Team(&'static str);

impl Interceptor for Team {
    fn before_call(&self, request: &mut UnsignedRequest<'_>) -> Result<(), String> {
        let name = format!("{}-worker", self.0);
        request.edit(|launch: &mut RunInstances| launch.instance_name = Some(name)).map(drop)
    }

    fn after_response(&self, exchange: &Exchange<'_>, end: &AttemptEnd<'_>) {
        println!("{} in {:?}: {}", exchange.action, exchange.region, end.outcome);
    }
}

/// The code under test: launches in the first zone that has capacity.
async fn launch(client: &Client, zones: &[&str]) -> Result<Vec<String>, Error> {
    for zone in zones {
        let request = RunInstances {
            placement: Some(Placement { zone: (*zone).into(), ..Default::default() }),
            image_id: Some("img-pmqg1cw7".into()),
            ..Default::default()
        };
        match client.send(request).await {
            Err(error) if error.is_capacity() => println!("no capacity in {zone}"),
            result => return Ok(result?.instance_id_set),
        }
    }
    Ok(Vec::new())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cloud = cvm_emulator::Emulator::start().await?;
    let client = Client::builder().endpoint(cloud.url()).credential(cloud.credential());
    let client = client.region("ap-guangzhou").interceptor(Team("search")).build()?;
    println!("launched {:?}", launch(&client, &["ap-guangzhou-3"]).await?);
    Ok(())
}

#[tokio::test]
async fn launch_uses_the_next_zone_if_one_is_sold_out() {
    use cvm_models::testing::MockError;
    let mock = Client::mock().on(|launch: RunInstances| match launch.placement {
        Some(place) if place.zone == "b" => {
            Ok(RunInstancesResponse { instance_id_set: vec!["ins-1".into()], ..Default::default() })
        }
        _ => Err(MockError::service("ResourceInsufficient.CloudDiskSoldOut", "")),
    });
    let sent = mock.requests();
    let client = mock.configure(|client| client.interceptor(Team("web"))).build();
    assert_eq!(launch(&client, &["a", "b"]).await.unwrap(), ["ins-1"]);
    assert_eq!(sent.of::<RunInstances>()[1].instance_name.as_deref(), Some("web-worker"));
}
