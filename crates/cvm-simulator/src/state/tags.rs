//! The tags of resources, where each resource stores them. The tag service reads and changes them here, so no second list
//! can disagree.

use cvm_models::types::Tag;

use crate::state::{RequestContext, pairs};

/// A kind of resource whose tags the tag service shows, by its prefix in six-part names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tagged {
    Instance,
    Image,
    KeyPair,
}

impl Tagged {
    /// The kind with this prefix.
    pub(crate) fn of_prefix(prefix: &str) -> Option<Self> {
        match prefix {
            "instance" => Some(Self::Instance),
            "image" => Some(Self::Image),
            "keypair" => Some(Self::KeyPair),
            _ => None,
        }
    }
}

impl RequestContext<'_> {
    /// The tags of a resource of this region or of the account: keys and values. `None` if there is no such resource.
    pub(crate) fn tags_of(&self, kind: Tagged, id: &str) -> Option<Vec<(String, String)>> {
        let of_api =
            |tags: &[Tag]| tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
        match kind {
            Tagged::Instance => {
                let instance = self.instances.get(self.instances.serial(id)?)?;
                let tags = instance.tags.iter();
                Some(tags.map(|(key, value)| (key.to_string(), value.to_string())).collect())
            }
            Tagged::Image => {
                Some(of_api(&self.regions.get(self.region.name)?.images.get(id)?.api.tags))
            }
            Tagged::KeyPair => self.key_pairs.get(id).map(|pair| of_api(&pair.tags)),
        }
    }

    /// Replaces the tags of a resource of this region or of the account.
    pub(crate) fn set_tags(&mut self, kind: Tagged, id: &str, tags: Vec<(String, String)>) {
        let of_api = |tags: Vec<(String, String)>| -> Vec<Tag> {
            let tag = |(key, value)| Tag { key, value, ..Default::default() };
            tags.into_iter().map(tag).collect()
        };
        match kind {
            Tagged::Instance => {
                let serial = self.instances.serial(id);
                if let Some(instance) = serial.and_then(|serial| self.instances.get_mut(serial)) {
                    instance.tags = pairs(tags);
                }
            }
            Tagged::Image => {
                if let Some(image) = self.resources().images.get_mut(id) {
                    image.api.tags = of_api(tags);
                }
            }
            Tagged::KeyPair => {
                if let Some(pair) = self.key_pairs.get_mut(id) {
                    pair.tags = of_api(tags);
                }
            }
        }
    }
}
