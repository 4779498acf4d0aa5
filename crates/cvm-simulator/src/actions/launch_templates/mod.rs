//! Launch templates: settings of launches, kept in numbered versions.

mod content;
mod create;
mod describe;
mod manage;

use cvm_models::actions::{
    CreateLaunchTemplate, CreateLaunchTemplateVersion, DeleteLaunchTemplate,
    DeleteLaunchTemplateVersions, DescribeLaunchTemplateVersions, DescribeLaunchTemplates,
    ModifyLaunchTemplateDefaultVersion,
};

use super::Group;
use crate::decision::{Decision, assumed, documented};
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[
        Handler::of::<CreateLaunchTemplate>(),
        Handler::of::<CreateLaunchTemplateVersion>(),
        Handler::of::<DeleteLaunchTemplate>(),
        Handler::of::<DeleteLaunchTemplateVersions>(),
        Handler::of::<DescribeLaunchTemplateVersions>(),
        Handler::of::<DescribeLaunchTemplates>(),
        Handler::of::<ModifyLaunchTemplateDefaultVersion>(),
    ],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    assumed("launch templates", "200 templates in a region"),
    documented("launch templates", "30 versions in a template; a version never changes"),
    assumed("launch templates", "no version number is given twice"),
    assumed("launch templates", "a new version is checked as a launch of its own would be, dry runs too"),
    documented("launch templates", "versions show key pairs and user data, and never a password"),
    assumed("launch templates", "versions show documented defaults and default disks where their members promise a value; launches fill gaps anew"),
    assumed("launch templates", "a stored ActionTimer is shown as UNDO with empty ids; a launch after its time is refused as one without a template"),
    assumed("launch templates", "a stored ClientToken is shown, and no launch and no later version takes it over"),
    assumed("launch templates", "a ClientToken makes one template, or one version of a template, for 24 h of virtual time"),
    assumed("launch templates", "LaunchTemplateTagSpecification takes any kind of resource, since none is listed for templates"),
    documented("launch templates", "CreatedBy is the UIN for templates and the AppId for versions"),
    documented("CreateLaunchTemplateVersion", "members that are left out come from the source version, which is the default one unless named"),
    assumed("CreateLaunchTemplateVersion", "a member that is given replaces the source's as a whole; the description is never copied"),
    assumed("DescribeLaunchTemplates", "the filter LaunchTemplateName wants the whole name; an unknown id is not listed"),
    assumed("DescribeLaunchTemplateVersions", "an unknown template is InvalidParameterValue.LaunchTemplateIdNotExisted, and an unknown number is not listed"),
    documented("DescribeLaunchTemplateVersions", "without MaxVersion, versions above 30 are left out"),
    assumed("DescribeLaunchTemplateVersions", "DefaultVersion shows a default above 30 too"),
    assumed("DeleteLaunchTemplateVersions", "all versions or none; a number below 1 is InvalidParameterValue.LaunchTemplateVersion"),
    assumed("ModifyLaunchTemplateDefaultVersion", "the version that is the default already is InvalidParameterValue.LaunchTemplateIdVerSetAlready"),
];
