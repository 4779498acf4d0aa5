//! CHC hosts, which no action creates.

use serde_json::{Value, json};

use super::{Baseline, done, filter, network, zone};

pub const BASELINES: &[Baseline] = &[
    done("DescribeChcHosts", |_| json!({ "Filters": [zone()], "Offset": 0, "Limit": 10 })),
    done("DescribeChcHosts", |scene| json!({ "ChcIds": [scene.chc, scene.deployed_chc] })),
    done("DescribeChcHosts", |_| {
        let filters = [
            filter("instance-state", &["INIT", "PREPARED"]),
            filter("vpc-id", &["vpc-1a2b3c4d"]),
            filter("subnet-id", &["subnet-1a2b3c4d"]),
        ];
        json!({ "Filters": filters, "Limit": 100 })
    }),
    done("DescribeChcDeniedActions", |scene| json!({ "ChcIds": [scene.chc, scene.deployed_chc] })),
    done("ConfigureChcAssistVpc", |scene| {
        json!({
            "ChcIds": [scene.chc],
            "BmcVirtualPrivateCloud": network(),
            "BmcSecurityGroupIds": ["sg-1a2b3c4d"],
            "DeployVirtualPrivateCloud": network(),
            "DeploySecurityGroupIds": ["sg-1a2b3c4d"],
            "ChcDeployExtraConfig": boot(),
        })
    }),
    done("ConfigureChcDeployVpc", |scene| {
        json!({
            "ChcIds": [scene.managed_chc],
            "DeployVirtualPrivateCloud": network(),
            "DeploySecurityGroupIds": ["sg-1a2b3c4d"],
            "ChcDeployExtraConfig": boot(),
        })
    }),
    done("ModifyChcAttribute", |scene| {
        json!({
            "ChcIds": [scene.managed_chc],
            "InstanceName": "rack-7",
            "DeviceType": "CHC_D1",
            "BmcUser": "operator",
            "Password": "Qcloud@Test1+",
            "BmcSecurityGroupIds": ["sg-5d6e7f8g"],
        })
    }),
    done(
        "ModifyChcNetworkMode",
        |scene| json!({ "ChcIds": [scene.deployed_chc], "NetworkMode": "DEPLOY" }),
    ),
    done("RemoveChcAssistVpc", |scene| json!({ "ChcIds": [scene.managed_chc] })),
    done("RemoveChcDeployVpc", |scene| json!({ "ChcIds": [scene.deployed_chc] })),
];

fn boot() -> Value {
    json!({
        "MiniOsType": "tlinux",
        "BootType": "x86_legacy",
        "BootFile": "pxelinux.0",
        "NextServerAddress": "172.16.0.9",
    })
}
