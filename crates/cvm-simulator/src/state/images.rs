//! Images of the account in one region. The state of an image is a function of the time.

use std::collections::BTreeMap;
use std::time::Duration;

use cvm_models::enums::{DiskUsage, ImageSource, ImageState, ImageType, InstanceState};
use cvm_models::types::{Image, SharePermission};

use crate::state::operation::{FinalState, Operation, Phase};
use crate::state::{DiskSnapshot, Snapshots, System, TagList, Tagged, TaggedItems};
use crate::timestamp::Timestamp;

/// Below this number, all deleted images are remembered.
const MIN_REMEMBERED_IMAGES: usize = 100;

/// How long it takes to create an image from an instance or from snapshots.
pub(crate) const CREATION_TIME: Duration = Duration::from_secs(120);

/// How long an instance takes to stop before its disks are copied.
pub(crate) const POWER_OFF_TIME: Duration = Duration::from_secs(5);

/// CreateImage of a running instance, which keeps running and allows no other operation.
pub(crate) static COPY_RUNNING: Operation = Operation {
    phases: &[Phase { state: None, duration: CREATION_TIME }],
    end: FinalState::In(InstanceState::Running),
};

/// CreateImage of a stopped instance.
pub(crate) static COPY_STOPPED: Operation = Operation {
    phases: &[Phase { state: None, duration: CREATION_TIME }],
    end: FinalState::In(InstanceState::Stopped),
};

/// CreateImage of a running instance that is shut down for it.
pub(crate) static COPY_POWERED_OFF: Operation = Operation {
    phases: &[
        Phase { state: Some(InstanceState::Stopping), duration: POWER_OFF_TIME },
        Phase { state: Some(InstanceState::Stopped), duration: CREATION_TIME },
        Phase { state: Some(InstanceState::Starting), duration: Duration::from_secs(10) },
    ],
    end: FinalState::In(InstanceState::Running),
};

/// The images of one region, and the tasks that read them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Images {
    /// In the order of creation.
    owned: Vec<OwnedImage>,
    /// The systems of deleted images: instances that were created from them still exist.
    deleted: BTreeMap<String, System>,
    /// The number of deleted images at which unused ones are removed.
    forget_threshold: usize,
    pub(crate) snapshots: Snapshots,
    exports: Vec<Export>,
}

/// An image of the account.
#[derive(Clone, Debug)]
pub(crate) struct OwnedImage {
    /// The image in the form of the API, with its state after the creation.
    pub(crate) api: Image,
    creation: Creation,
    pub(crate) is_encrypted: bool,
    /// The accounts that it is shared with, in the order of sharing.
    pub(crate) shares: Vec<SharePermission>,
    /// The end of the last copy.
    pub(crate) copied_until: Timestamp,
}

/// The creation of an image.
#[derive(Clone, Debug)]
pub(crate) struct Creation {
    /// The state during the creation.
    pub(crate) state: ImageState,
    pub(crate) began: Timestamp,
    pub(crate) ends: Timestamp,
}

/// A task that writes images into a bucket.
#[derive(Clone, Debug)]
struct Export {
    image_ids: Vec<String>,
    ends: Timestamp,
}

impl OwnedImage {
    /// An image in creation. Size, time and disks are computed from the arguments.
    pub(crate) fn new(api: Image, creation: Creation, disks: &[DiskSnapshot]) -> Self {
        let system_disk = disks.iter().find(|disk| disk.is_of_system_disk());
        let api = Image {
            image_type: ImageType::PrivateImage,
            created_time: creation.began.to_string(),
            image_size: system_disk.map_or(0, |disk| disk.api.disk_size),
            snapshot_set: disks.iter().map(|disk| disk.api.clone()).collect(),
            image_deprecated: Some(api.image_deprecated == Some(true)),
            ..api
        };
        let is_encrypted = disks.iter().any(|disk| disk.is_encrypted);
        Self { api, creation, is_encrypted, shares: Vec::new(), copied_until: Timestamp::default() }
    }

    /// The state at this time.
    pub(crate) fn state(&self, now: Timestamp) -> &ImageState {
        if now < self.creation.ends { &self.creation.state } else { &self.api.image_state }
    }

    /// The image in the form of the API at this time.
    pub(crate) fn shown_at(&self, now: Timestamp) -> Image {
        let state = self.state(now).clone();
        let is_copied = state == ImageState::Syncing;
        let sync_percent = if is_copied { self.creation.percent(now) } else { 0 };
        Image { image_state: state, sync_percent: Some(sync_percent), ..self.api.clone() }
    }

    /// Whether it is an image of a whole instance, with data disks.
    pub(crate) fn has_data_disks(&self) -> bool {
        self.api.snapshot_set.iter().any(|disk| disk.disk_usage == DiskUsage::DataDisk)
    }

    /// Whether the account with this number (UIN) can see it and launch from it.
    pub(crate) fn is_shared_with(&self, uin: &str) -> bool {
        self.shares.iter().any(|share| share.account_id == uin)
    }

    /// Whether it was imported with a license of its owner.
    pub(crate) fn has_own_license(&self) -> bool {
        use cvm_models::enums::LicenseType::Byol;
        self.api.image_source == ImageSource::ExternalImport && self.api.license_type == Byol
    }
}

impl Creation {
    /// The progress in percent.
    fn percent(&self, now: Timestamp) -> i64 {
        let span = self.ends.unix().saturating_sub(self.began.unix()).max(1);
        let done = now.unix().saturating_sub(self.began.unix());
        i64::try_from(done.saturating_mul(100) / span).unwrap_or(100).min(100)
    }
}

impl Images {
    /// The images of the account, the newest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &OwnedImage> {
        self.owned.iter().rev()
    }

    pub(crate) fn get(&self, image_id: &str) -> Option<&OwnedImage> {
        self.owned.iter().find(|owned| owned.api.image_id == image_id)
    }

    pub(crate) fn get_mut(&mut self, image_id: &str) -> Option<&mut OwnedImage> {
        self.owned.iter_mut().find(|owned| owned.api.image_id == image_id)
    }

    /// The images that use a snapshot, in the order of creation.
    pub(crate) fn using(&self, snapshot_id: &str) -> impl Iterator<Item = &OwnedImage> {
        self.owned.iter().filter(move |owned| {
            owned.api.snapshot_set.iter().any(|snapshot| snapshot.snapshot_id == snapshot_id)
        })
    }

    /// The number of images.
    pub(crate) fn count(&self) -> usize {
        self.owned.len()
    }

    /// Whether another image than this one has the name.
    pub(crate) fn is_taken(&self, name: &str, except: Option<&str>) -> bool {
        self.owned.iter().any(|owned| {
            owned.api.image_name == name && Some(owned.api.image_id.as_str()) != except
        })
    }

    /// The operating system of an image of the account, even of a deleted one.
    pub(crate) fn system(&self, image_id: &str) -> Option<System> {
        let owned = self.get(image_id).map(|owned| System::of(&owned.api));
        owned.or_else(|| self.deleted.get(image_id).cloned())
    }

    /// Adds an image in creation, with the snapshots of its disks.
    pub(crate) fn insert(&mut self, image: OwnedImage, disks: Vec<DiskSnapshot>) {
        disks.into_iter().for_each(|disk| self.snapshots.insert(disk));
        self.owned.push(image);
    }

    /// Deletes an image, and on request those of its snapshots that no other image uses.
    pub(crate) fn remove(&mut self, image_id: &str, with_snapshots: bool) {
        let Some(index) = self.owned.iter().position(|owned| owned.api.image_id == image_id) else {
            return;
        };
        let api = self.owned.remove(index).api;
        self.deleted.insert(image_id.to_owned(), System::of(&api));
        for snapshot in &api.snapshot_set {
            self.snapshots.leave(&snapshot.snapshot_id, with_snapshots);
        }
    }

    /// Whether there are enough deleted images to call [`forget_deleted`](Self::forget_deleted).
    pub(crate) fn has_many_deleted(&self) -> bool {
        self.deleted.len() > self.forget_threshold.max(MIN_REMEMBERED_IMAGES)
    }

    /// Removes deleted images that are not in use. The next removal comes when there are twice as many as remain, so
    /// that the average cost for one deletion is constant.
    pub(crate) fn forget_deleted(&mut self, is_in_use: impl Fn(&str) -> bool) {
        self.deleted.retain(|id, _| is_in_use(id));
        self.forget_threshold = self.deleted.len().saturating_mul(2);
    }

    /// The number of running exports.
    pub(crate) fn running_exports(&self, now: Timestamp) -> usize {
        self.exports.iter().filter(|export| now < export.ends).count()
    }

    /// Whether an image is being exported.
    pub(crate) fn is_exported(&self, image_id: &str, now: Timestamp) -> bool {
        let names = |export: &Export| export.image_ids.iter().any(|id| id == image_id);
        self.exports.iter().any(|export| now < export.ends && names(export))
    }

    /// When the next creation, copy or export ends.
    pub(crate) fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let owned = self.owned.iter().flat_map(|image| [image.creation.ends, image.copied_until]);
        let exports = self.exports.iter().map(|export| export.ends);
        owned.chain(exports).filter(|ends| *ends > now).min()
    }

    /// Starts an export. Those that have ended are removed, because nothing reports on them.
    pub(crate) fn export(&mut self, image_ids: Vec<String>, (now, ends): (Timestamp, Timestamp)) {
        self.exports.retain(|export| now < export.ends);
        self.exports.push(Export { image_ids, ends });
    }
}

impl Tagged for Images {
    fn all(&self) -> TaggedItems<'_> {
        Box::new(self.newest_first().map(|it| (&*it.api.image_id, &it.api.tags as &dyn TagList)))
    }

    fn tags_mut(&mut self, id: &str) -> Option<&mut dyn TagList> {
        Some(&mut self.get_mut(id)?.api.tags)
    }
}

#[cfg(test)]
mod tests {
    use cvm_models::types::Snapshot;

    use super::*;

    fn image(began: u64, ends: u64) -> OwnedImage {
        let creation = Creation {
            state: ImageState::Syncing,
            began: Timestamp::from_unix(began),
            ends: Timestamp::from_unix(ends),
        };
        let api = Image { image_state: ImageState::Normal, ..Image::default() };
        OwnedImage::new(api, creation, &[])
    }

    #[test]
    fn image_state_depends_on_the_time() {
        let image = image(100, 400);
        for (seconds, state, percent) in [
            (100, "SYNCING", Some(0)),
            (250, "SYNCING", Some(50)),
            (399, "SYNCING", Some(99)),
            (400, "NORMAL", Some(0)),
        ] {
            let api = image.shown_at(Timestamp::from_unix(seconds));
            assert_eq!((api.image_state.as_str(), api.sync_percent), (state, percent));
        }
    }

    #[test]
    fn image_creation_without_delay_is_done_at_once() {
        let api = image(100, 100).shown_at(Timestamp::from_unix(100));
        assert_eq!((api.image_state, api.sync_percent), (ImageState::Normal, Some(0)));
    }

    #[test]
    fn deleted_images_without_instances_are_removed_when_there_are_many() {
        let mut images = Images::default();
        for number in 0..5_000 {
            let mut image = image(0, 0);
            image.api.image_id = format!("img-{number:08}");
            let api = Snapshot { snapshot_id: format!("snap-{number:08}"), ..Snapshot::default() };
            image.api.snapshot_set = vec![api.clone()];
            let disk = DiskSnapshot { api, ..DiskSnapshot::default() };
            let id = image.api.image_id.clone();
            images.insert(image, vec![disk]);
            images.remove(&id, false);
            if images.has_many_deleted() {
                images.forget_deleted(|id| id == "img-00000007");
            }
        }
        assert!(images.deleted.len() <= MIN_REMEMBERED_IMAGES + 1, "{}", images.deleted.len());
        assert!(images.system("img-00000007").is_some(), "an instance is made from it");
        assert!(images.system("img-00000008").is_none());
        assert!(images.snapshots.get("snap-00003999").is_none());
        assert!(images.snapshots.get("snap-00004000").is_some());
    }
}
