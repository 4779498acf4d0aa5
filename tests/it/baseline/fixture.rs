//! A cloud with one of every resource that the valid requests name, created through the API itself.

use serde_json::{Value, json};

use super::factory::ResourceFactory;
use super::network;
use crate::cloud::Cloud;
use crate::sample::PASSWORD;

/// The cloud, and the ids of its resources.
pub struct Fixture {
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

impl Fixture {
    pub async fn new() -> Self {
        let factory = ResourceFactory { cloud: Cloud::new() };
        let [running, stopped] = factory.launch(json!({ "InstanceCount": 2 })).await;
        let [prepaid] = factory.launch(prepaid_members()).await;
        let [local] = factory.launch(local_disk_members()).await;
        let [rescued, keyed, grouped, timed] = factory.launch(json!({ "InstanceCount": 4 })).await;
        factory.wait();
        factory.change("StopInstances", json!({ "InstanceIds": [stopped, local] })).await;
        factory.wait();
        let disk = factory.data_disk(&stopped).await;

        let key_pair = factory.key_pair("spare").await;
        let bound_key_pair = factory.key_pair("bound").await;
        let binding =
            json!({ "InstanceIds": [keyed], "KeyIds": [bound_key_pair], "ForceStop": true });
        factory.change("AssociateInstancesKeyPairs", binding).await;
        let rescue = json!({ "InstanceId": rescued, "Password": PASSWORD });
        factory.change("EnterRescueMode", rescue).await;
        let group = factory.group(json!({ "Name": "spread" })).await;
        let empty_group = factory.group(json!({ "Name": "spread out" })).await;
        let partitions = json!({ "Name": "parts", "Strategy": "PARTITION", "PartitionCount": 3 });
        let partition_group = factory.group(partitions).await;
        let joining =
            json!({ "InstanceIds": [grouped], "DisasterRecoverGroupIds": [group], "Force": true });
        factory.change("ModifyInstancesDisasterRecoverGroup", joining).await;
        let timer = factory.timer(&timed).await;
        let [chc, managed_chc, deployed_chc] = factory.cloud.add_chc_hosts();
        let management = json!({ "ChcIds": [managed_chc], "BmcVirtualPrivateCloud": network() });
        factory.change("ConfigureChcAssistVpc", management).await;
        let deployment = json!({
            "ChcIds": [deployed_chc],
            "BmcVirtualPrivateCloud": network(),
            "DeployVirtualPrivateCloud": network(),
        });
        factory.change("ConfigureChcAssistVpc", deployment).await;
        let image = factory.image("golden", &stopped, &[]).await;
        factory.wait();
        let whole_image = factory.image("whole", &stopped, &[&disk]).await;
        factory.wait();
        let snapshots = factory.snapshots(&whole_image).await;
        let shared_image = factory.image("shared", &stopped, &[]).await;
        factory.wait();
        let sharing = json!({
            "ImageId": shared_image, "AccountIds": ["700000000001"], "Permission": "SHARE",
        });
        factory.change("ModifyImageSharePermission", sharing).await;
        let launch_template = factory.launch_template().await;
        let host = factory.host().await;
        let hpc_cluster = factory.hpc_cluster().await;
        let resource_pack = factory.resource_pack().await;
        factory.wait();
        let task = factory.cloud.schedule_repair(&running);
        Self {
            cloud: factory.cloud,
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

fn prepaid_members() -> Value {
    json!({
        "InstanceChargeType": "PREPAID",
        "InstanceChargePrepaid": { "Period": 1 },
        "InternetAccessible": {
            "InternetChargeType": "BANDWIDTH_PREPAID", "InternetMaxBandwidthOut": 5,
        },
    })
}

fn local_disk_members() -> Value {
    json!({
        "SystemDisk": { "DiskType": "LOCAL_BASIC", "DiskSize": 50 },
        "DataDisks": [{ "DiskType": "LOCAL_BASIC", "DiskSize": 100 }],
    })
}
