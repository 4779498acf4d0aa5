//! Launches an instance into the subnet with a given name, and lists its elastic IPs: CVM and VPC with the same client.
//!
//! `cargo run -p cvm-tests --example network -- NAME` uses your account and launches an instance, which costs money. The
//! tests below use a mocked client and the emulator.
#![allow(clippy::print_stdout)]

use std::error::Error;

use cvm_models::{Client, actions::RunInstances, types::*, waiters};
use vpc_models::actions::{DescribeAddresses, DescribeSubnets};
use vpc_models::types::{Filter, Subnet};

/// The only subnet with this name.
async fn subnet(client: &Client, name: &str) -> Result<Subnet, Box<dyn Error>> {
    let by_name =
        Filter { name: "subnet-name".into(), values: vec![name.into()], ..Default::default() };
    let request = DescribeSubnets { filters: vec![by_name], ..Default::default() };
    let mut subnets: Vec<Subnet> = client.items(request).try_collect().await?;
    // A part of a name may match, too.
    subnets.retain(|subnet| subnet.subnet_name.as_deref() == Some(name));
    match subnets.len() {
        1 => Ok(subnets.remove(0)),
        count => Err(format!("{count} subnets have the name {name}").into()),
    }
}

/// Launches an instance into a subnet and its zone, and returns its id.
async fn launch(client: &Client, subnet: Subnet) -> Result<String, Box<dyn Error>> {
    let request = RunInstances {
        placement: Some(Placement { zone: subnet.zone.unwrap_or_default(), ..Default::default() }),
        virtual_private_cloud: Some(VirtualPrivateCloud {
            vpc_id: subnet.vpc_id.ok_or("the subnet has no VPC")?,
            subnet_id: subnet.subnet_id.ok_or("the subnet has no id")?,
            ..Default::default()
        }),
        image_id: Some("img-pmqg1cw7".into()),
        instance_type: Some("S5.MEDIUM4".into()),
        ..Default::default()
    };
    let launched = client.send(request).await?;
    launched.instance_id_set.into_iter().next().ok_or_else(|| "no instance".into())
}

/// The elastic IPs of an instance.
async fn addresses(client: &Client, instance_id: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let of_instance = Filter {
        name: "instance-id".into(),
        values: vec![instance_id.into()],
        ..Default::default()
    };
    let mut addresses =
        client.items(DescribeAddresses { filters: vec![of_instance], ..Default::default() });
    let mut found = Vec::new();
    while let Some(address) = addresses.try_next().await? {
        found.push(address.address_ip);
    }
    Ok(found)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::from_env().await?;
    let name = std::env::args().nth(1).ok_or("usage: network NAME")?;
    let id = launch(&client, subnet(&client, &name).await?).await?;
    client.wait(waiters::InstancesRunning::of([&id])).await?;
    println!("{id} has the elastic IPs {:?}", addresses(&client, &id).await?);
    Ok(())
}

#[tokio::test]
async fn instance_is_launched_into_the_zone_of_the_subnet() {
    use cvm_models::actions::RunInstancesResponse;
    use vpc_models::actions::{DescribeAddressesResponse, DescribeSubnetsResponse};
    use vpc_models::types::Address;

    let subnet_called = |name: &str| Subnet {
        subnet_id: Some(format!("subnet-{name}")),
        subnet_name: Some(name.into()),
        vpc_id: Some("vpc-1".into()),
        zone: Some("ap-guangzhou-6".into()),
        ..Default::default()
    };
    let mock = Client::mock()
        .on(move |_: DescribeSubnets| {
            let subnet_set = vec![subnet_called("blue"), subnet_called("bluebell")];
            Ok(DescribeSubnetsResponse { total_count: 2, subnet_set, ..Default::default() })
        })
        .on(|_: RunInstances| {
            Ok(RunInstancesResponse { instance_id_set: vec!["ins-1".into()], ..Default::default() })
        })
        .on(|_: DescribeAddresses| {
            let address = Address {
                address_id: "eip-1".into(),
                address_ip: "203.0.113.7".into(),
                ..Default::default()
            };
            Ok(DescribeAddressesResponse {
                total_count: 1,
                address_set: vec![address],
                ..Default::default()
            })
        });
    let sent = mock.requests();
    let client = mock.build();
    let id = launch(&client, subnet(&client, "blue").await.unwrap()).await.unwrap();
    assert_eq!(addresses(&client, &id).await.unwrap(), ["203.0.113.7"]);
    let run = sent.of::<RunInstances>().remove(0);
    assert_eq!(run.placement.map(|place| place.zone).as_deref(), Some("ap-guangzhou-6"));
    assert_eq!(run.virtual_private_cloud.map(|it| it.subnet_id).as_deref(), Some("subnet-blue"));
    let listed = sent.of::<DescribeAddresses>().remove(0);
    assert_eq!(listed.filters.first().map(|filter| filter.values.clone()), Some(vec![id]));
    let missing = subnet(&client, "green").await.unwrap_err().to_string();
    assert_eq!(missing, "0 subnets have the name green");
}

/// The same against the emulator.
#[tokio::test]
async fn subnet_of_the_emulator_is_found_and_used() {
    use cvm_emulator::Emulator;
    use cvm_models::actions::DescribeInstances;
    use vpc_models::actions::{CreateSubnet, CreateVpc};

    let emulator = Emulator::builder().instant().strict_network(true).start().await.unwrap();
    let client = Client::builder()
        .region("ap-guangzhou")
        .endpoint(emulator.url())
        .credential(emulator.credential())
        .build()
        .unwrap();
    let request = CreateVpc {
        vpc_name: "blue".into(),
        cidr_block: Some("10.0.0.0/16".into()),
        ..Default::default()
    };
    let vpc = client.send(request).await.unwrap().vpc;
    let request = CreateSubnet {
        vpc_id: vpc.vpc_id,
        subnet_name: "blue".into(),
        zone: "ap-guangzhou-6".into(),
        cidr_block: Some("10.0.1.0/24".into()),
        ..Default::default()
    };
    client.send(request).await.unwrap();
    let id = launch(&client, subnet(&client, "blue").await.unwrap()).await.unwrap();
    let request = DescribeInstances { instance_ids: vec![id], ..Default::default() };
    let instance = client.send(request).await.unwrap().instance_set.remove(0);
    assert_eq!(instance.private_ip_addresses, ["10.0.1.2"]);
    let missing = subnet(&client, "green").await.unwrap_err().to_string();
    assert_eq!(missing, "0 subnets have the name green");
}
