//! The sequence of a program that builds its own network, as Packer does: one client for CVM and VPC, over real HTTP.

use std::time::Duration;

use cvm_models::actions::{DescribeInstances, RunInstances, TerminateInstances};
use cvm_models::config::Dialect;
use cvm_models::types::{Placement, VirtualPrivateCloud};
use vpc_models::actions::{
    CreateSubnet, CreateVpc, DeleteSubnet, DeleteVpc, DescribeSubnets, DescribeUsedIpAddress,
    DescribeVpcs,
};

use crate::cloud::{builder, client};

const ZONE: &str = "ap-guangzhou-3";

#[tokio::test]
async fn network_is_built_used_and_removed() {
    // The old gateway has no network service.
    for dialect in Dialect::ALL.into_iter().filter(|dialect| *dialect != Dialect::OldGateway) {
        let emulator = builder().strict_network(true).start().await.unwrap();
        let client = client(&emulator, dialect);
        let request = CreateVpc {
            vpc_name: "packer".into(),
            cidr_block: Some("10.0.0.0/16".into()),
            ..Default::default()
        };
        let vpc = client.send(request).await.unwrap().vpc;
        let request = CreateSubnet {
            vpc_id: vpc.vpc_id.clone(),
            subnet_name: "packer".into(),
            zone: ZONE.into(),
            cidr_block: Some("10.0.8.0/24".into()),
            ..Default::default()
        };
        let subnet_id = client.send(request).await.unwrap().subnet.subnet_id.unwrap();
        let vpcs: Vec<_> = client.items(DescribeVpcs::default()).try_collect().await.unwrap();
        assert_eq!(vpcs, [vpc.clone()], "{dialect:?}");

        let request = RunInstances {
            placement: Some(Placement { zone: ZONE.into(), ..Default::default() }),
            image_id: Some("img-pmqg1cw7".into()),
            virtual_private_cloud: Some(VirtualPrivateCloud {
                vpc_id: vpc.vpc_id.clone(),
                subnet_id: subnet_id.clone(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let id = client.send(request).await.unwrap().instance_id_set.remove(0);
        emulator.clock().advance(Duration::from_secs(60));
        let request = DescribeInstances { instance_ids: vec![id.clone()], ..Default::default() };
        let instance = client.send(request).await.unwrap().instance_set.remove(0);
        assert_eq!(instance.private_ip_addresses, ["10.0.8.2"], "{dialect:?}");
        let request = DescribeUsedIpAddress { vpc_id: vpc.vpc_id.clone(), ..Default::default() };
        let used = client.send(request).await.unwrap().ip_address_states;
        assert_eq!(used.len(), 1, "{dialect:?}");
        let list = DescribeSubnets { subnet_ids: vec![subnet_id.clone()], ..Default::default() };
        let subnet = client.send(list).await.unwrap().subnet_set.remove(0);
        assert_eq!(subnet.available_ip_address_count, Some(252), "{dialect:?}");

        let delete_subnet = DeleteSubnet { subnet_id, ..Default::default() };
        let delete_vpc = DeleteVpc { vpc_id: vpc.vpc_id, ..Default::default() };
        let code = |error: cvm_models::Error| error.code().map(|code| code.as_str().to_owned());
        let refused = client.send(delete_subnet.clone()).await.unwrap_err();
        assert_eq!(code(refused).as_deref(), Some("ResourceInUse"), "{dialect:?}");
        let refused = client.send(delete_vpc.clone()).await.unwrap_err();
        assert_eq!(code(refused).as_deref(), Some("ResourceInUse"), "{dialect:?}");
        let request = TerminateInstances { instance_ids: vec![id], ..Default::default() };
        client.send(request).await.unwrap();
        emulator.clock().advance(Duration::from_secs(60));
        client.send(delete_subnet).await.unwrap();
        client.send(delete_vpc).await.unwrap();
        let vpcs = client.send(DescribeVpcs::default()).await.unwrap();
        assert_eq!(vpcs.total_count, 0, "{dialect:?}");
    }
}
