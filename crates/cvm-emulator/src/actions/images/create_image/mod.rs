//! CreateImage: copies the disks of an instance, or puts snapshots together; CREATING → NORMAL.

mod source;

use cvm_models::actions::{CreateImage, CreateImageResponse};
use cvm_models::enums::{ImageSource, ImageState, InstanceState, TagResourceType};
use cvm_models::types::Image;

use self::source::Source;
use super::{naming, own};
use crate::actions::tags::tags;
use crate::dice::Purpose;
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::Refusal;
use crate::world::{
    COPY_POWERED_OFF, COPY_RUNNING, COPY_STOPPED, CREATION, Change, Making, OwnImage, POWEROFF,
    Scene,
};

const ALLOWED: &[InstanceState] = &[InstanceState::Running, InstanceState::Stopped];

impl Behaviour for CreateImage {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let (codes, region) = (scene.codes, scene.region.name);
        naming::check(codes, &self.image_name)?;
        let image_family = naming::family(codes, self.image_family.as_deref())?;
        let tags = tags(codes, &self.tag_specification, &[TagResourceType::Image])?;
        let source = Source::of(&self, scene)?;
        naming::is_free(codes, &scene.here().images, &self.image_name, None)?;
        if let Some(serial) = source.serial {
            scene.admit(&[serial], ALLOWED)?;
        }
        own::has_room(codes, &scene.here().images, region)?;
        if self.dry_run == Some(true) {
            return Ok(Outcome::DryRun);
        }
        let shown = Image {
            image_name: self.image_name,
            image_description: self.image_description.unwrap_or_default(),
            image_state: ImageState::Normal,
            image_source: ImageSource::CreateImage,
            image_family,
            tags,
            ..source.system.image()
        };
        let image_id = make(scene, source, shown, source::is_true(self.force_poweroff.as_deref()));
        Ok(Outcome::Done(CreateImageResponse { image_id, ..Self::Response::default() }))
    }
}

/// Nothing in here can be refused any more.
fn make(scene: &mut Scene<'_>, source: Source, mut shown: Image, powers_off: bool) -> String {
    let Source { mut disks, serial, is_running, .. } = source;
    let powers_off = powers_off && is_running;
    let begins = if powers_off { scene.now.after(scene.clock.delay(POWEROFF)) } else { scene.now };
    let ends = begins.after(scene.clock.delay(CREATION));
    for disk in disks.iter_mut().filter(|disk| disk.shown.snapshot_id.is_empty()) {
        disk.shown.snapshot_id = scene.mint.id("snap-", Purpose::SnapshotId);
        disk.ready_at = ends;
    }
    let image_id = scene.mint.id("img-", Purpose::ImageId);
    shown.image_id = image_id.clone();
    let making = Making { state: ImageState::Creating, began: scene.now, ends };
    let image = OwnImage::new(shown, making, &disks);
    scene.here().images.insert(image, disks);
    if let Some(serial) = serial {
        let course = match (is_running, powers_off) {
            (_, true) => &COPY_POWERED_OFF,
            (true, false) => &COPY_RUNNING,
            (false, false) => &COPY_STOPPED,
        };
        scene.begin(serial, course, Change::None);
    }
    image_id
}
