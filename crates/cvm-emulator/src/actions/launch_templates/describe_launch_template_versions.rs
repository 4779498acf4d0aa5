//! DescribeLaunchTemplateVersions: versions of one template with all that they hold, the newest
//! first.

use cvm_models::actions::{DescribeLaunchTemplateVersions, DescribeLaunchTemplateVersionsResponse};
use cvm_models::types::LaunchTemplateVersionInfo;

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::page::Page;
use crate::state::RequestContext;

/// The documented default of `MaxVersion`, which hides the newest versions of a long history.
const MAX_VERSION: u64 = 30;

impl ActionHandler for DescribeLaunchTemplateVersions {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let template = scene.template(&self.launch_template_id)?;
        let named = &self.launch_template_versions;
        let passing = template.newest_first().filter(|version| asks_for(&self, version));
        // Those that are named are not paged.
        let limit = if named.is_empty() { self.limit } else { Some(u64::MAX) };
        let page = Page::of(scene.codes.0, self.offset, limit);
        let (launch_template_version_set, total_count) = page.cut(passing, |version| version);
        Ok(Outcome::Response(DescribeLaunchTemplateVersionsResponse {
            launch_template_version_set,
            total_count: u64::try_from(total_count).unwrap_or(0),
            ..Self::Response::default()
        }))
    }
}

fn asks_for(request: &DescribeLaunchTemplateVersions, version: &LaunchTemplateVersionInfo) -> bool {
    let number = version.launch_template_version;
    if !request.launch_template_versions.is_empty() {
        return request.launch_template_versions.contains(&number);
    }
    let default_alone = request.default_version == Some(true);
    let most = request.max_version.unwrap_or(if default_alone { u64::MAX } else { MAX_VERSION });
    (request.min_version.unwrap_or(0)..=most).contains(&number)
        && (version.is_default_version || !default_alone)
}
