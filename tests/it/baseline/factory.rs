//! Creates the resources that the valid requests name, through the API itself.

use std::time::Duration;

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};

use super::{network, tags};
use crate::cloud::Cloud;
use crate::raw_requests;

/// Creates resources in a cloud.
pub struct ResourceFactory {
    pub cloud: Cloud,
}

impl ResourceFactory {
    /// Lets all operations complete.
    pub fn wait(&self) {
        self.cloud.wait(Duration::from_secs(3_600));
    }

    /// Launches instances that differ from the default ones in these members.
    pub async fn launch<const N: usize>(&self, own: Value) -> [String; N] {
        let defaults = json!({
            "Placement": { "Zone": "ap-guangzhou-3" },
            "ImageId": "img-pmqg1cw7",
            "InstanceType": "S5.SMALL2",
            "DataDisks": [{ "DiskSize": 100, "DiskType": "CLOUD_PREMIUM" }],
            "VirtualPrivateCloud": network(),
            "InternetAccessible": {
                "InternetChargeType": "TRAFFIC_POSTPAID_BY_HOUR", "InternetMaxBandwidthOut": 5,
            },
            "InstanceName": "web",
            "SecurityGroupIds": ["sg-1a2b3c4d", "sg-5d6e7f8g"],
            "TagSpecification": tags("instance"),
            "UserData": "ZWNobyBoZWxsbw==",
        });
        let response =
            self.cloud.send(raw_requests::json("RunInstances", &with(defaults, own))).await;
        assert_eq!(response.code(), None, "{}", response.message());
        response.list("InstanceIdSet").try_into().unwrap()
    }

    pub async fn data_disk(&self, instance: &str) -> String {
        let request = json!({ "InstanceIds": [instance] });
        let response = self.cloud.send(raw_requests::json("DescribeInstances", &request)).await;
        let disk = &response.members()["InstanceSet"][0]["DataDisks"][0];
        disk["DiskId"].as_str().unwrap().to_owned()
    }

    /// A key pair without a private key, because it takes long to generate one.
    pub async fn key_pair(&self, name: &str) -> String {
        let request = json!({
            "KeyName": name, "ProjectId": 0, "PublicKey": public_key(name),
            "TagSpecification": tags("keypair"),
        });
        self.make("ImportKeyPair", request, "/KeyId").await
    }

    pub async fn group(&self, own: Value) -> String {
        let defaults = json!({ "Type": "HOST", "TagSpecification": tags("ps") });
        let id = "/DisasterRecoverGroupId";
        self.make("CreateDisasterRecoverGroup", with(defaults, own), id).await
    }

    pub async fn timer(&self, instance: &str) -> String {
        let timer = json!({
            "TimerAction": "TerminateInstances", "ActionTime": "2024-01-31T08:00:00Z",
        });
        let request = json!({ "InstanceIds": [instance], "ActionTimer": timer });
        let id = "/ActionTimerIds/0";
        self.make("ImportInstancesActionTimer", request, id).await
    }

    pub async fn image(&self, name: &str, instance: &str, disks: &[&str]) -> String {
        let request = json!({
            "ImageName": name, "InstanceId": instance, "DataDiskIds": disks, "ImageFamily": name,
            "TagSpecification": tags("image"),
        });
        self.make("CreateImage", request, "/ImageId").await
    }

    /// The snapshots of an image.
    pub async fn snapshots<const N: usize>(&self, image: &str) -> [String; N] {
        let request = json!({ "ImageIds": [image] });
        let response = self.cloud.send(raw_requests::json("DescribeImages", &request)).await;
        let id = |index: usize| {
            let shown = &response.members()["ImageSet"][0]["SnapshotSet"][index];
            shown["SnapshotId"].as_str().unwrap().to_owned()
        };
        std::array::from_fn(id)
    }

    pub async fn launch_template(&self) -> String {
        let mut request = json!({
            "Placement": { "Zone": "ap-guangzhou-3" }, "ImageId": "img-pmqg1cw7",
            "InstanceType": "S5.SMALL2", "LaunchTemplateName": "workers",
        });
        let id = "/LaunchTemplateId";
        let template = self.make("CreateLaunchTemplate", request.clone(), id).await;
        let members = request.as_object_mut().unwrap();
        members.remove("LaunchTemplateName");
        members.insert("InstanceType".to_owned(), json!("S5.MEDIUM4"));
        members.insert("LaunchTemplateId".to_owned(), json!(template));
        self.change("CreateLaunchTemplateVersion", request).await;
        template
    }

    pub async fn host(&self) -> String {
        let request = json!({
            "Placement": { "Zone": "ap-guangzhou-3" }, "HostType": "HS1",
            "HostChargePrepaid": { "Period": 1, "RenewFlag": "NOTIFY_AND_MANUAL_RENEW" },
            "TagSpecification": tags("host"),
        });
        self.make("AllocateHosts", request, "/HostIdSet/0").await
    }

    pub async fn hpc_cluster(&self) -> String {
        let request = json!({
            "Zone": "ap-guangzhou-6", "Name": "simulation", "TagSpecification": tags("hpc"),
        });
        let id = "/HpcClusterSet/0/HpcClusterId";
        self.make("CreateHpcCluster", request, id).await
    }

    pub async fn resource_pack(&self) -> String {
        let request = json!({
            "Zone": "ap-guangzhou-3", "InstanceType": "SA9.96XLARGE1152", "InstanceCount": 1,
            "Period": 1,
        });
        let id = "/DedicatedResourcePackIdSet/0";
        self.make("PurchaseResourcePoolPacks", request, id).await
    }

    /// Creates a resource and returns its id.
    async fn make(&self, action: &str, request: Value, id: &str) -> String {
        let response = self.change(action, request).await;
        response.pointer(id).unwrap().as_str().unwrap().to_owned()
    }

    pub async fn change(&self, action: &str, request: Value) -> Value {
        let response = self.cloud.send(raw_requests::json(action, &request)).await;
        assert_eq!(response.code(), None, "{action}: {}", response.message());
        response.members().clone()
    }
}

/// A public key whose modulus is this name.
fn public_key(name: &str) -> String {
    let modulus = [name.as_bytes(), &[1]].concat();
    let parts = [&b"ssh-rsa"[..], &[1, 0, 1], &modulus];
    let parts =
        parts.map(|part| [&u32::try_from(part.len()).unwrap().to_be_bytes()[..], part].concat());
    format!("ssh-rsa {}", Base64::encode_string(&parts.concat()))
}

/// The default members of a request with these members added or replaced.
fn with(mut defaults: Value, own: Value) -> Value {
    let own = own.as_object().unwrap().clone();
    defaults.as_object_mut().unwrap().extend(own);
    defaults
}
