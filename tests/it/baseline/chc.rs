//! CHC hosts, which no action creates.

use serde_json::{Value, json};

use super::{Baseline, accepted, filter, network, zone};

pub const BASELINES: &[Baseline] = &[
    accepted("DescribeChcHosts", |_| json!({ "Filters": [zone()], "Offset": 0, "Limit": 10 })),
    accepted(
        "DescribeChcHosts",
        |fixture| json!({ "ChcIds": [fixture.chc, fixture.deployed_chc] }),
    ),
    accepted("DescribeChcHosts", |_| {
        let filters = [
            filter("instance-state", &["INIT", "PREPARED"]),
            filter("vpc-id", &["vpc-1a2b3c4d"]),
            filter("subnet-id", &["subnet-1a2b3c4d"]),
        ];
        json!({ "Filters": filters, "Limit": 100 })
    }),
    accepted(
        "DescribeChcDeniedActions",
        |fixture| json!({ "ChcIds": [fixture.chc, fixture.deployed_chc] }),
    ),
    accepted("ConfigureChcAssistVpc", |fixture| {
        json!({
            "ChcIds": [fixture.chc],
            "BmcVirtualPrivateCloud": network(),
            "BmcSecurityGroupIds": ["sg-1a2b3c4d"],
            "DeployVirtualPrivateCloud": network(),
            "DeploySecurityGroupIds": ["sg-1a2b3c4d"],
            "ChcDeployExtraConfig": boot(),
        })
    }),
    accepted("ConfigureChcDeployVpc", |fixture| {
        json!({
            "ChcIds": [fixture.managed_chc],
            "DeployVirtualPrivateCloud": network(),
            "DeploySecurityGroupIds": ["sg-1a2b3c4d"],
            "ChcDeployExtraConfig": boot(),
        })
    }),
    accepted("ModifyChcAttribute", |fixture| {
        json!({
            "ChcIds": [fixture.managed_chc],
            "InstanceName": "rack-7",
            "DeviceType": "CHC_D1",
            "BmcUser": "operator",
            "Password": "Qcloud@Test1+",
            "BmcSecurityGroupIds": ["sg-5d6e7f8g"],
        })
    }),
    accepted(
        "ModifyChcNetworkMode",
        |fixture| json!({ "ChcIds": [fixture.deployed_chc], "NetworkMode": "DEPLOY" }),
    ),
    accepted("RemoveChcAssistVpc", |fixture| json!({ "ChcIds": [fixture.managed_chc] })),
    accepted("RemoveChcDeployVpc", |fixture| json!({ "ChcIds": [fixture.deployed_chc] })),
];

fn boot() -> Value {
    json!({
        "MiniOsType": "tlinux",
        "BootType": "x86_legacy",
        "BootFile": "pxelinux.0",
        "NextServerAddress": "172.16.0.9",
    })
}
