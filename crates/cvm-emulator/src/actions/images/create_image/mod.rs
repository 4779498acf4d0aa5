//! CreateImage: copies the disks of an instance, or puts snapshots together; CREATING → NORMAL.

mod source;

use cvm_models::actions::{CreateImage, CreateImageResponse};
use cvm_models::enums::{ImageSource, ImageState, InstanceState, TagResourceType};
use cvm_models::types::Image;

use self::source::Source;
use super::{naming, own};
use crate::actions::tags::tags;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::seeded_rng::Stream;
use crate::state::{
    COPY_POWERED_OFF, COPY_RUNNING, COPY_STOPPED, CREATION, Creation, Effect, OwnImage, POWEROFF,
    RequestContext,
};

const ALLOWED: &[InstanceState] = &[InstanceState::Running, InstanceState::Stopped];

impl ActionHandler for CreateImage {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, region) = (scene.codes, scene.region.name);
        naming::check(codes, &self.image_name)?;
        let image_family = naming::family(codes, self.image_family.as_deref())?;
        let tags = tags(codes, &self.tag_specification, &[TagResourceType::Image])?;
        let source = Source::of(&self, scene)?;
        naming::is_free(codes, &scene.resources().images, &self.image_name, None)?;
        if let Some(serial) = source.serial {
            scene.check_state(&[serial], ALLOWED)?;
        }
        own::has_room(codes, &scene.resources().images, region)?;
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
        Ok(Outcome::Response(CreateImageResponse { image_id, ..Self::Response::default() }))
    }
}

/// Nothing in here can be refused any more.
fn make(
    scene: &mut RequestContext<'_>,
    source: Source,
    mut shown: Image,
    powers_off: bool,
) -> String {
    let Source { mut disks, serial, is_running, .. } = source;
    let powers_off = powers_off && is_running;
    let begins = if powers_off { scene.now.after(scene.clock.delay(POWEROFF)) } else { scene.now };
    let ends = begins.after(scene.clock.delay(CREATION));
    for disk in disks.iter_mut().filter(|disk| disk.shown.snapshot_id.is_empty()) {
        disk.shown.snapshot_id = scene.ids.id("snap-", Stream::SnapshotId);
        disk.ready_at = ends;
    }
    let image_id = scene.ids.id("img-", Stream::ImageId);
    shown.image_id = image_id.clone();
    let making = Creation { state: ImageState::Creating, began: scene.now, ends };
    let image = OwnImage::new(shown, making, &disks);
    scene.resources().images.insert(image, disks);
    if let Some(serial) = serial {
        let course = match (is_running, powers_off) {
            (_, true) => &COPY_POWERED_OFF,
            (true, false) => &COPY_RUNNING,
            (false, false) => &COPY_STOPPED,
        };
        scene.begin(serial, course, Effect::None);
    }
    image_id
}
