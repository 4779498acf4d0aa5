//! Launches an instance into the subnet with a given name.
//!
//! CVM comes from `cvm-models`. VPC comes from a crate that one command writes from the published model of the service:
//!
//! ```sh
//! cargo xtask import api.json --crate ../vpc
//! ```
//!
//! ```toml
//! [dependencies]
//! vpc = { package = "vpc-v20170312", path = "../vpc" }
//! ```
//!
//! The same client sends the actions of both. The test `xtask/tests/second_service.rs` imports the small `api.json` beside
//! this file, and compiles and runs this program.

use std::error::Error;

use cvm_models::{Client, actions::RunInstances, types::*};
use vpc::{actions::DescribeSubnets, types::Filter};

#[tokio::main]
pub async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::from_env().await?;
    let name = std::env::args().nth(1).ok_or("usage: launch-in-subnet NAME")?;
    println!("launched {}", launch_in_subnet(&client, &name).await?);
    Ok(())
}

/// Launches an instance into the only subnet of this name, and returns its id.
pub async fn launch_in_subnet(client: &Client, name: &str) -> Result<String, Box<dyn Error>> {
    let by_name = Filter { name: "subnet-name".into(), values: vec![name.into()], ..Default::default() };
    let request = DescribeSubnets { filters: vec![by_name], ..Default::default() };
    let mut subnets = client.items(request);
    let subnet = subnets.try_next().await?.ok_or("no subnet has this name")?;
    if subnets.try_next().await?.is_some() {
        return Err("several subnets have this name".into());
    }
    let (Some(vpc_id), Some(subnet_id)) = (subnet.vpc_id, subnet.subnet_id) else {
        return Err("the subnet has no id".into());
    };
    let network = VirtualPrivateCloud { vpc_id, subnet_id, ..Default::default() };
    let request = RunInstances {
        placement: Some(Placement { zone: subnet.zone.unwrap_or_default(), ..Default::default() }),
        virtual_private_cloud: Some(network),
        image_id: Some("img-pmqg1cw7".into()),
        instance_type: Some("S5.MEDIUM4".into()),
        ..Default::default()
    };
    let launched = client.send(request).await?;
    launched.instance_id_set.into_iter().next().ok_or_else(|| "no instance".into())
}
