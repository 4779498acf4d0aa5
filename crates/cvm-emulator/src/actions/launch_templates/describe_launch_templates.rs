//! DescribeLaunchTemplates: the newest first, without what their versions hold.

use cvm_models::actions::{DescribeLaunchTemplates, DescribeLaunchTemplatesResponse};

use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::filter::{self, CheckedFilter, IdFilter};
use crate::page::Page;
use crate::state::{RequestContext, Template};

impl ActionHandler for DescribeLaunchTemplates {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let filters = filter::check(scene.codes, &self.filters)?;
        let ids = IdFilter::new(&self.launch_template_ids);
        let page = Page::of(scene.codes.0, self.offset, self.limit);
        let passing = scene.resources().launch_templates.newest_first().filter(|template| {
            ids.includes(template.id()) && filters.iter().all(|filter| holds(filter, template))
        });
        let (launch_template_set, total_count) = page.cut(passing, Template::info);
        Ok(Outcome::Response(DescribeLaunchTemplatesResponse {
            launch_template_set,
            total_count,
            ..Self::Response::default()
        }))
    }
}

fn holds(filter: &CheckedFilter<'_>, template: &Template) -> bool {
    let tags = &template.tags;
    match filter.name {
        "LaunchTemplateName" => filter.is(template.name()),
        "tag-key" => filter.is_any(tags.iter().map(|tag| tag.key.as_str())),
        "tag-value" => filter.is_any(tags.iter().map(|tag| tag.value.as_str())),
        name => name.strip_prefix("tag:").is_some_and(|key| {
            filter.is_any(tags.iter().filter(|tag| tag.key == key).map(|tag| tag.value.as_str()))
        }),
    }
}
