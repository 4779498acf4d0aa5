//! Finds the resources that a request names. A missing resource is an error with the code of its kind.

use std::collections::HashMap;

use cvm_models::enums::ImageState;
use cvm_models::types::{DisasterRecoverGroup, HpcClusterInfo};

use crate::api_error::{ApiError, id_list};
use crate::parameters::{distinct, has_layout};
use crate::state::launch_templates::unknown;
use crate::state::{
    DedicatedHost, DiskSnapshot, Images, LaunchImage, OwnedImage, RequestContext, ResourcePack,
    SecurityGroup, StoredInstance, System, Template,
};
use crate::visits::count_one;

impl RequestContext<'_> {
    /// The serials of these instances, each once. All of them must exist.
    pub(crate) fn find(&self, instance_ids: &[String]) -> Result<Vec<u64>, ApiError> {
        let (mut serials, mut unknown) = (Vec::with_capacity(instance_ids.len()), Vec::new());
        for id in instance_ids {
            match self.instances.serial(id) {
                Some(serial) => serials.push(serial),
                None => unknown.push(id),
            }
        }
        if unknown.is_empty() {
            return Ok(distinct(serials));
        }
        let (ids, region) = (id_list(unknown), self.region.name);
        let message = format!("The instances `{ids}` do not exist in {region}.");
        Err(self.codes.error(["InvalidInstanceId.NotFound"], message))
    }

    /// The serial of an instance, and the instance. Not every model info states the layout of the id, so it is
    /// checked here.
    pub(crate) fn find_instance(
        &self,
        instance_id: &str,
    ) -> Result<(u64, &StoredInstance), ApiError> {
        if !has_layout(instance_id, "ins-xxxxxxxx") {
            let message = format!("The instance id `{instance_id}` is malformed.");
            return Err(self.codes.error(["InvalidInstanceId.Malformed"], message));
        }
        let serial = self.instances.serial(instance_id);
        let found = serial.and_then(|serial| Some((serial, self.instances.get(serial)?)));
        found.ok_or_else(|| {
            let message =
                format!("The instance `{instance_id}` does not exist in {}.", self.region.name);
            self.codes.error(["InvalidInstanceId.NotFound"], message)
        })
    }

    /// Checks that no timer is to terminate one of the instances. The error has this code.
    pub(crate) fn check_no_timer(&self, serials: &[u64], code: &str) -> Result<(), ApiError> {
        let mut ids = self.instances(serials).map(|instance| &instance.id);
        let Some(timer) = ids.find_map(|id| self.timer_of(id)) else { return Ok(()) };
        let message = format!(
            "The timer `{}` is to terminate the instance `{}` at {}; cancel it first.",
            timer.id, timer.instance_id, timer.at
        );
        Err(self.codes.error([code], message))
    }

    /// The hosts of this region, in the order of purchase.
    pub(crate) fn dedicated_hosts(&self) -> impl DoubleEndedIterator<Item = &DedicatedHost> {
        let hosts = self.regions.get(self.region.name).map(|it| it.dedicated_hosts.hosts.list());
        hosts.into_iter().flatten().inspect(|_| count_one())
    }

    /// The hosts with these ids, each once.
    pub(crate) fn find_dedicated_hosts(
        &self,
        ids: &[String],
    ) -> Result<Vec<&DedicatedHost>, ApiError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let known: HashMap<&str, &DedicatedHost> =
            self.dedicated_hosts().map(|host| (host.item.host_id.as_str(), host)).collect();
        let find = |id: &String| {
            known.get(id.as_str()).copied().ok_or_else(|| {
                let message =
                    format!("The dedicated host `{id}` does not exist in {}.", self.region.name);
                self.codes.error(["InvalidHostId.NotFound"], message)
            })
        };
        distinct(ids).into_iter().map(find).collect()
    }

    /// The packs of this region, the newest first.
    pub(crate) fn resource_packs(&self) -> impl Iterator<Item = &ResourcePack> {
        let resources = self.regions.get(self.region.name);
        resources.into_iter().flat_map(|resources| resources.resource_packs.newest_first())
    }

    /// The packs with these ids, each once.
    pub(crate) fn find_resource_packs(
        &self,
        ids: &[String],
    ) -> Result<Vec<&ResourcePack>, ApiError> {
        let Some(resources) = self.regions.get(self.region.name) else { return Ok(Vec::new()) };
        resources.resource_packs.find(ids).map_err(|id| {
            let message =
                format!("The resource pack `{id}` does not exist in {}.", self.region.name);
            let code = "InvalidParameterValue.DedicatedResourcePackIdsNotFound";
            self.codes.error([code], message)
        })
    }

    /// The cluster with this id.
    pub(crate) fn hpc_cluster(&self, id: &str) -> Result<&HpcClusterInfo, ApiError> {
        let resources = self.regions.get(self.region.name);
        let mut clusters = resources.into_iter().flat_map(|resources| &resources.hpc_clusters.list);
        clusters.find(|cluster| cluster.hpc_cluster_id == id).ok_or_else(|| {
            let message = format!("The HPC cluster `{id}` does not exist in {}.", self.region.name);
            self.codes.error(["ResourceNotFound.HpcCluster"], message)
        })
    }

    /// Checks that all of these key pairs exist. Returns each once.
    pub(crate) fn find_key_pairs(&self, key_ids: &[String]) -> Result<Vec<String>, ApiError> {
        let is_unknown = |id: &&String| self.key_pairs.get(id).is_none();
        let unknown: Vec<_> = key_ids.iter().filter(is_unknown).collect();
        if unknown.is_empty() {
            return Ok(distinct(key_ids).into_iter().cloned().collect());
        }
        let message = format!("The key pairs `{}` do not exist.", id_list(unknown));
        let candidates = ["InvalidKeyPairId.NotFound", "InvalidParameterValue.KeyPairNotFound"];
        Err(self.codes.error(candidates, message))
    }

    /// The template with this id.
    pub(crate) fn template(&self, id: &str) -> Result<&Template, ApiError> {
        let resources = self.regions.get(self.region.name);
        let found = resources.and_then(|resources| resources.launch_templates.get(id));
        found.ok_or_else(|| unknown(self.codes, id))
    }

    /// The template with this id, to change it.
    pub(crate) fn template_mut(&mut self, id: &str) -> Result<&mut Template, ApiError> {
        let codes = self.codes;
        self.resources().launch_templates.get_mut(id).ok_or_else(|| unknown(codes, id))
    }

    /// The group with this id; the error has one of these codes.
    pub(crate) fn placement_group(
        &self,
        id: &str,
        codes: &[&str],
    ) -> Result<&DisasterRecoverGroup, ApiError> {
        let resources = self.regions.get(self.region.name);
        resources.and_then(|resources| resources.placement_groups.get(id)).ok_or_else(|| {
            let region = self.region.name;
            let message = format!("The placement group `{id}` does not exist in {region}.");
            self.codes.error(codes, message)
        })
    }

    /// Checks that a group has room for this many more instances.
    pub(crate) fn check_room(
        &self,
        group: &DisasterRecoverGroup,
        added: u64,
    ) -> Result<(), ApiError> {
        let id = &group.disaster_recover_group_id;
        let members = self.instances.in_placement_groups().count(id);
        let requested = members.saturating_add(added);
        let total = group.cvm_quota_total;
        if i64::try_from(requested).is_ok_and(|requested| requested <= total) {
            return Ok(());
        }
        let message = format!(
            "The placement group `{id}` would contain {requested} instances, but only {total} fit."
        );
        let candidates = [
            "ResourceInsufficient.DisasterRecoverGroupCvmQuota",
            "LimitExceeded.DisasterRecoverGroup",
        ];
        Err(self.codes.error(candidates, message))
    }

    /// The security groups of this region, the newest first.
    pub(crate) fn security_groups(&self) -> impl Iterator<Item = &SecurityGroup> {
        let resources = self.regions.get(self.region.name);
        resources.into_iter().flat_map(|resources| resources.security_groups.newest_first())
    }

    /// The security group with this id; the error has one of these codes.
    pub(crate) fn security_group(
        &self,
        id: &str,
        codes: &[&str],
    ) -> Result<&SecurityGroup, ApiError> {
        let resources = self.regions.get(self.region.name);
        resources.and_then(|resources| resources.security_groups.get(id)).ok_or_else(|| {
            let region = self.region.name;
            let message = format!("The security group `{id}` does not exist in {region}.");
            self.codes.error(codes, message)
        })
    }

    /// The image with this id, if instances of this region can start from it now.
    pub(crate) fn launch_image(&self, image_id: &str) -> Result<LaunchImage, ApiError> {
        if let Some(public) = self.catalog.image(image_id) {
            return Ok(LaunchImage::of(&public.api()));
        }
        let owned = self.images().and_then(|images| images.get(image_id));
        let shared = || self.shared_images().find(|image| image.api.image_id == image_id);
        let owned = owned.or_else(shared).ok_or_else(|| {
            let message = format!("The image `{image_id}` does not exist in {}.", self.region.name);
            self.codes.error(["InvalidImageId.NotFound"], message)
        })?;
        let state = owned.state(self.now);
        if *state != ImageState::Normal {
            let message = format!("The image `{image_id}` is {state}, not NORMAL.");
            let candidates =
                ["InvalidParameterValue.InvalidImageState", "InvalidImageId.IncorrectState"];
            return Err(self.codes.error(candidates, message));
        }
        Ok(LaunchImage { is_encrypted: owned.is_encrypted, ..LaunchImage::of(&owned.api) })
    }

    /// The operating system of instances created from an image, even of a deleted one.
    pub(crate) fn system_of_image(&self, image_id: &str) -> Option<System> {
        match self.catalog.image(image_id) {
            Some(public) => Some(System::of(&public.api())),
            None => {
                let own = self.images().and_then(|images| images.system(image_id));
                // The owner can have stopped sharing it after the launch.
                own.or_else(|| self.images_of_all().find_map(|images| images.system(image_id)))
            }
        }
    }

    /// The images of the account in this region, the newest first.
    pub(crate) fn owned_images(&self) -> impl Iterator<Item = &OwnedImage> {
        self.images().into_iter().flat_map(Images::newest_first)
    }

    /// The images that other accounts share with this one in this region.
    pub(crate) fn shared_images(&self) -> impl Iterator<Item = &OwnedImage> {
        let uin = self.account.uin().to_string();
        self.images_of_all()
            .flat_map(Images::newest_first)
            .filter(move |image| image.is_shared_with(&uin))
    }

    /// The images of all accounts in this region.
    fn images_of_all(&self) -> impl Iterator<Item = &Images> {
        let regions = self.accounts.states().filter_map(|it| it.resources.get(self.region.name));
        regions.map(|resources| &*resources.images)
    }

    /// A snapshot in this region.
    pub(crate) fn snapshot(&self, snapshot_id: &str) -> Option<&DiskSnapshot> {
        self.images()?.snapshots.get(snapshot_id)
    }

    fn images(&self) -> Option<&Images> {
        self.regions.get(self.region.name).map(|resources| &*resources.images)
    }
}
