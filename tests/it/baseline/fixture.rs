//! A cloud with one of every resource that the valid requests name, created through the API itself.

use serde_json::{Value, json};

use super::factory::Maker;
use super::network;
use crate::cloud::Cloud;
use crate::sample::PASSWORD;

/// The cloud, and the ids of its resources.
pub struct Scene {
    pub cloud: Cloud,
    /// Hourly, in a network, with a data disk.
    pub running: String,
    /// The same, but stopped.
    pub stopped: String,
    /// The data disk of `stopped`.
    pub disk: String,
    /// Prepaid, and so is its bandwidth.
    pub prepaid: String,
    /// Stopped, on local disks.
    pub local: String,
    /// In rescue mode.
    pub rescued: String,
    /// Bound to `bound_key_pair`.
    pub keyed: String,
    /// In `group`.
    pub grouped: String,
    /// To be terminated by `timer`.
    pub timed: String,
    pub key_pair: String,
    pub bound_key_pair: String,
    pub group: String,
    pub empty_group: String,
    /// Has three partitions.
    pub partition_group: String,
    pub timer: String,
    pub image: String,
    /// Created from the system disk and the data disk of `stopped`.
    pub whole_image: String,
    /// Those of `whole_image`: of the system disk, and of the data disk.
    pub snapshots: [String; 2],
    /// An image that is shared with another account.
    pub shared_image: String,
    /// Has two versions.
    pub launch_template: String,
    pub host: String,
    pub hpc_cluster: String,
    pub resource_pack: String,
    /// A CHC host without a network.
    pub chc: String,
    /// One with a management network.
    pub managed_chc: String,
    /// One with a deployment network too.
    pub deployed_chc: String,
    /// Maintenance of `running` that waits for authorization.
    pub task: String,
}

impl Scene {
    pub async fn new() -> Self {
        let maker = Maker { cloud: Cloud::new() };
        let [running, stopped] = maker.launch(json!({ "InstanceCount": 2 })).await;
        let [prepaid] = maker.launch(by_the_month()).await;
        let [local] = maker.launch(on_local_disks()).await;
        let [rescued, keyed, grouped, timed] = maker.launch(json!({ "InstanceCount": 4 })).await;
        maker.wait();
        maker.change("StopInstances", json!({ "InstanceIds": [stopped, local] })).await;
        maker.wait();
        let disk = maker.data_disk(&stopped).await;

        let key_pair = maker.key_pair("spare").await;
        let bound_key_pair = maker.key_pair("bound").await;
        let binding =
            json!({ "InstanceIds": [keyed], "KeyIds": [bound_key_pair], "ForceStop": true });
        maker.change("AssociateInstancesKeyPairs", binding).await;
        let rescue = json!({ "InstanceId": rescued, "Password": PASSWORD });
        maker.change("EnterRescueMode", rescue).await;
        let group = maker.group(json!({ "Name": "spread" })).await;
        let empty_group = maker.group(json!({ "Name": "spread out" })).await;
        let partitions = json!({ "Name": "parts", "Strategy": "PARTITION", "PartitionCount": 3 });
        let partition_group = maker.group(partitions).await;
        let joining =
            json!({ "InstanceIds": [grouped], "DisasterRecoverGroupIds": [group], "Force": true });
        maker.change("ModifyInstancesDisasterRecoverGroup", joining).await;
        let timer = maker.timer(&timed).await;
        let [chc, managed_chc, deployed_chc] = maker.cloud.bring_servers();
        let management = json!({ "ChcIds": [managed_chc], "BmcVirtualPrivateCloud": network() });
        maker.change("ConfigureChcAssistVpc", management).await;
        let deployment = json!({
            "ChcIds": [deployed_chc],
            "BmcVirtualPrivateCloud": network(),
            "DeployVirtualPrivateCloud": network(),
        });
        maker.change("ConfigureChcAssistVpc", deployment).await;
        let image = maker.image("golden", &stopped, &[]).await;
        maker.wait();
        let whole_image = maker.image("whole", &stopped, &[&disk]).await;
        maker.wait();
        let snapshots = maker.snapshots(&whole_image).await;
        let shared_image = maker.image("shared", &stopped, &[]).await;
        maker.wait();
        let sharing = json!({
            "ImageId": shared_image, "AccountIds": ["700000000001"], "Permission": "SHARE",
        });
        maker.change("ModifyImageSharePermission", sharing).await;
        let launch_template = maker.launch_template().await;
        let host = maker.host().await;
        let hpc_cluster = maker.hpc_cluster().await;
        let resource_pack = maker.resource_pack().await;
        maker.wait();
        let task = maker.cloud.schedule_repair(&running);
        Self {
            cloud: maker.cloud,
            running,
            stopped,
            disk,
            prepaid,
            local,
            rescued,
            keyed,
            grouped,
            timed,
            key_pair,
            bound_key_pair,
            group,
            empty_group,
            partition_group,
            timer,
            image,
            whole_image,
            snapshots,
            shared_image,
            launch_template,
            host,
            hpc_cluster,
            resource_pack,
            chc,
            managed_chc,
            deployed_chc,
            task,
        }
    }
}

fn by_the_month() -> Value {
    json!({
        "InstanceChargeType": "PREPAID",
        "InstanceChargePrepaid": { "Period": 1 },
        "InternetAccessible": {
            "InternetChargeType": "BANDWIDTH_PREPAID", "InternetMaxBandwidthOut": 5,
        },
    })
}

fn on_local_disks() -> Value {
    json!({
        "SystemDisk": { "DiskType": "LOCAL_BASIC", "DiskSize": 50 },
        "DataDisks": [{ "DiskType": "LOCAL_BASIC", "DiskSize": 100 }],
    })
}
