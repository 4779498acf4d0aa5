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
    assumed("ModifyLaunchTemplateDefaultVersion", "for the present default, the message begins with `The specified launch template version had been set to default`, on which the Terraform provider matches"),
    assumed("launch templates", "200 templates in a region"),
    documented("launch templates", "30 versions in a template; a version never changes"),
    assumed("launch templates", "version numbers are never used twice"),
    assumed("launch templates", "a new version is checked like a launch, also in a dry run"),
    documented("launch templates", "versions show key pairs and user data, but never a password"),
    assumed("launch templates", "versions show documented defaults and default disks where members are always present; launches compute absent members again"),
    assumed("launch templates", "a stored ActionTimer is shown as UNDO with empty ids; a launch after its time is an error, as without a template"),
    assumed("launch templates", "a stored ClientToken is shown, but not used by launches and later versions"),
    assumed("launch templates", "a ClientToken creates one template, or one version of a template, for 24 h of virtual time"),
    assumed("launch templates", "LaunchTemplateTagSpecification accepts every resource type, because none is listed for templates"),
    documented("launch templates", "CreatedBy is the UIN for templates and the AppId for versions"),
    documented("CreateLaunchTemplateVersion", "absent members come from the source version, by default the default version"),
    assumed("CreateLaunchTemplateVersion", "a member of the request replaces that of the source as a whole; the description is never copied"),
    assumed("DescribeLaunchTemplates", "the filter LaunchTemplateName matches the whole name; unknown ids are left out"),
    assumed("DescribeLaunchTemplateVersions", "an unknown template is InvalidParameterValue.LaunchTemplateIdNotExisted; unknown numbers are left out"),
    assumed("DescribeLaunchTemplateVersions", "every member that the template has is shown, and of the login only the key pairs"),
    documented("DescribeLaunchTemplateVersions", "without MaxVersion, versions above 30 are left out"),
    assumed("DescribeLaunchTemplateVersions", "DefaultVersion also shows a default above 30"),
    assumed("DeleteLaunchTemplateVersions", "all versions are deleted or none; a number below 1 is InvalidParameterValue.LaunchTemplateVersion"),
    assumed("ModifyLaunchTemplateDefaultVersion", "the present default version is InvalidParameterValue.LaunchTemplateIdVerSetAlready"),
];
