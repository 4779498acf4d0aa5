//! Launch templates in one region.

use std::collections::BTreeMap;

use cvm_models::actions::RunInstances;
use cvm_models::enums::TemplateDataModifyAction;
use cvm_models::types::{LaunchTemplateInfo, LaunchTemplateVersionInfo, Tag};

use crate::api_error::{ApiError, DocumentedCodes};
use crate::state::{TagList, Tagged, TaggedItems, Tokens};

/// Maximum number of versions of a template.
pub(crate) const VERSION_QUOTA: usize = 30;

/// The launch templates of a region.
#[derive(Clone, Debug, Default)]
pub(crate) struct LaunchTemplates {
    /// In the order of creation.
    templates: Vec<Template>,
    pub(crate) tokens: Tokens,
    /// The tokens of requests that created versions; each belongs to one template.
    pub(crate) version_tokens: Tokens,
}

/// A template.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// The template in the form of the API. The number of versions is computed on read.
    api: LaunchTemplateInfo,
    pub(crate) tags: Vec<Tag>,
    versions: BTreeMap<u64, Version>,
}

/// A version of a template. It never changes.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    /// The version in the form of the API, without its number, its template, and whether it is the default.
    pub(crate) api: LaunchTemplateVersionInfo,
    /// The members for launches.
    pub(crate) launch: RunInstances,
    /// How its metadata are combined with those of a launch.
    pub(crate) metadata_meet: TemplateDataModifyAction,
}

impl LaunchTemplates {
    /// The template with this id.
    pub(crate) fn get(&self, id: &str) -> Option<&Template> {
        self.templates.iter().find(|template| template.id() == id)
    }

    /// The template with this id, to change it.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Template> {
        self.templates.iter_mut().find(|template| template.id() == id)
    }

    /// All templates, the newest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Template> {
        self.templates.iter().rev()
    }

    /// The number of templates.
    pub(crate) fn count(&self) -> usize {
        self.templates.len()
    }

    /// Adds a template.
    pub(crate) fn add(&mut self, template: Template) {
        self.templates.push(template);
    }

    /// Removes a template.
    pub(crate) fn remove(&mut self, id: &str) {
        self.templates.retain(|template| template.id() != id);
    }
}

impl Tagged for LaunchTemplates {
    fn all(&self) -> TaggedItems<'_> {
        Box::new(self.newest_first().map(|it| (it.id(), &it.tags as &dyn TagList)))
    }

    fn tags_mut(&mut self, id: &str) -> Option<&mut dyn TagList> {
        Some(&mut self.get_mut(id)?.tags)
    }
}

impl Template {
    /// A template without versions.
    pub(crate) fn new(api: LaunchTemplateInfo, tags: Vec<Tag>) -> Self {
        Self { api, tags, versions: BTreeMap::new() }
    }

    pub(crate) fn id(&self) -> &str {
        &self.api.launch_template_id
    }

    pub(crate) fn name(&self) -> &str {
        &self.api.launch_template_name
    }

    /// The template in the form of the API.
    pub(crate) fn info(&self) -> LaunchTemplateInfo {
        LaunchTemplateInfo {
            launch_template_version_count: self.versions.len() as u64,
            ..self.api.clone()
        }
    }

    /// The number of the default version.
    pub(crate) fn default_version(&self) -> u64 {
        self.api.default_version_number
    }

    pub(crate) fn set_default_version(&mut self, number: u64) {
        self.api.default_version_number = number;
    }

    /// The version with this number.
    pub(crate) fn version(
        &self,
        codes: DocumentedCodes,
        number: u64,
    ) -> Result<&Version, ApiError> {
        self.versions.get(&number).ok_or_else(|| {
            let message = format!("The launch template `{}` has no version {number}.", self.id());
            let mut candidates = [
                "InvalidParameterValue.LaunchTemplateIdVerNotExisted",
                "InvalidParameterValue.LaunchTemplateVersion",
            ];
            if number == 0 {
                candidates.reverse();
            }
            codes.error(candidates, message)
        })
    }

    /// All versions in the form of the API, the newest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = LaunchTemplateVersionInfo> {
        self.versions.iter().rev().map(|(number, version)| LaunchTemplateVersionInfo {
            launch_template_version: *number,
            launch_template_id: self.id().to_owned(),
            is_default_version: *number == self.default_version(),
            ..version.api.clone()
        })
    }

    /// Checks that there is room for one more version.
    pub(crate) fn check_room(&self, codes: DocumentedCodes) -> Result<(), ApiError> {
        if self.versions.len() < VERSION_QUOTA {
            return Ok(());
        }
        let message = format!("A launch template has at most {VERSION_QUOTA} versions.");
        Err(codes.error(["LimitExceeded.LaunchTemplateVersionQuota"], message))
    }

    /// Adds a version; returns its number. No number is used twice.
    pub(crate) fn add(&mut self, version: Version) -> u64 {
        self.api.latest_version_number += 1;
        let number = self.api.latest_version_number;
        self.versions.insert(number, version);
        number
    }

    /// Removes a version.
    pub(crate) fn remove(&mut self, number: u64) {
        self.versions.remove(&number);
    }
}

pub(crate) fn unknown(codes: DocumentedCodes, id: &str) -> ApiError {
    let message = format!("The launch template `{id}` does not exist in this region.");
    let candidates = [
        "InvalidParameterValue.LaunchTemplateIdNotExisted",
        "InvalidParameterValue.LaunchTemplateNotFound",
    ];
    codes.error(candidates, message)
}
