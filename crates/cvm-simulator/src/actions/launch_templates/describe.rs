//! DescribeLaunchTemplates and DescribeLaunchTemplateVersions.

use cvm_models::actions::{
    DescribeLaunchTemplateVersions, DescribeLaunchTemplateVersionsResponse,
    DescribeLaunchTemplates, DescribeLaunchTemplatesResponse,
};
use cvm_models::types::LaunchTemplateVersionInfo;

use crate::api_error::ApiError;
use crate::filter::{Filters, IdFilter, Tests};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::tags;
use crate::page::Page;
use crate::state::{RequestContext, Template};

/// Lists templates without the content of their versions, the newest first.
impl ActionHandler for DescribeLaunchTemplates {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let filters = Filters::of((context.codes, context.now), &self.filters, FILTERS)?;
        let ids = IdFilter::new(&self.launch_template_ids);
        let page = Page::of(context.codes.0, self.offset, self.limit);
        let passing = context
            .resources()
            .launch_templates
            .newest_first()
            .filter(|template| ids.includes(template.id()) && filters.match_item(template));
        let (launch_template_set, total_count) = page.cut(passing, Template::info);
        Ok(Outcome::Response(DescribeLaunchTemplatesResponse {
            launch_template_set,
            total_count,
            ..Self::Response::default()
        }))
    }
}

const FILTERS: &Tests<Template> = &[
    ("LaunchTemplateName", |filter, template, _| filter.is(template.name())),
    ("tag-key", |filter, template, _| tags::api_tags_match(filter, &template.tags)),
    ("tag-value", |filter, template, _| tags::api_tags_match(filter, &template.tags)),
    ("tag:tag-key", |filter, template, _| tags::api_tags_match(filter, &template.tags)),
];

/// The documented default of `MaxVersion`, which hides later versions.
const MAX_VERSION: u64 = 30;

/// Lists versions of one template with their content, the newest first.
impl ActionHandler for DescribeLaunchTemplateVersions {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let template = context.template(&self.launch_template_id)?;
        let named = &self.launch_template_versions;
        let passing = template.newest_first().filter(|version| asks_for(&self, version));
        // Versions that are requested by number are not paged.
        let limit = if named.is_empty() { self.limit } else { Some(u64::MAX) };
        let page = Page::of(context.codes.0, self.offset, limit);
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
    let max = request.max_version.unwrap_or(if default_alone { u64::MAX } else { MAX_VERSION });
    (request.min_version.unwrap_or(0)..=max).contains(&number)
        && (version.is_default_version || !default_alone)
}
