//! The tags of the account and of its resources.

mod account;
mod change;
mod describe;
mod paging;
mod resource;
mod resources;

use tag_models::actions::{
    AttachResourcesTag, CreateTag, DeleteTag, DescribeResourceTags,
    DescribeResourceTagsByResourceIds, DescribeTagKeys, DescribeTagValues, DescribeTags,
    DetachResourcesTag, GetResources, ModifyResourceTags, TagResources, UnTagResources,
};

use super::Group;
use crate::decision::{Decision, assumed, documented};
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[
        Handler::of::<AttachResourcesTag>(),
        Handler::of::<CreateTag>(),
        Handler::of::<DeleteTag>(),
        Handler::of::<DescribeResourceTags>(),
        Handler::of::<DescribeResourceTagsByResourceIds>(),
        Handler::of::<DescribeTagKeys>(),
        Handler::of::<DescribeTagValues>(),
        Handler::of::<DescribeTags>(),
        Handler::of::<DetachResourcesTag>(),
        Handler::of::<GetResources>(),
        Handler::of::<ModifyResourceTags>(),
        Handler::of::<TagResources>(),
        Handler::of::<UnTagResources>(),
    ],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    assumed("tag", "a name of another kind of resource than those that the emulator has is UnsupportedOperation"),
    assumed("tag", "the resource types of tag specifications are the prefixes in six-part names; that of launch templates is `launch-template`"),
    assumed("tag", "CHC hosts have no tags here, because no document names their prefix"),
    assumed("tag", "key pairs belong to the account: their names have no region, and every region is accepted"),
    assumed("tag", "a name without an account, or with `uin/` alone as Terraform sends it, means a resource of the caller"),
    assumed("tag", "the tags of ids that do not exist are left out of a list; a change of them is an error, and then nothing is changed"),
    assumed("tag", "a resource that belongs to a region must be named with it"),
    documented("tag", "ModifyResourceTags adds and changes the given keys and keeps all others"),
    documented("tag", "TagResources creates the tags that the account does not have"),
    assumed("tag", "ModifyResourceTags and the actions that create resources do so, too"),
    documented("tag", "AttachResourcesTag of a tag that the account does not have is ResourceNotFound.TagNonExist"),
    documented("tag", "a tag remains in the account when no resource has it any more; DeleteTag of a tag that a resource has is FailedOperation.TagAttachedResource"),
    documented("tag", "an account has at most 1000 tag keys, and a key at most 1000 values"),
    assumed("tag", "`CanDelete` is 0 while a resource has the tag, otherwise 1"),
    assumed("tag", "TagResources and UnTagResources change each resource for itself; FailedResources has those that do not exist, belong to another account, have no tags in the emulator or would have too many. A malformed name is an error of the whole request"),
    assumed("tag", "UnTagResources ignores keys that a resource does not have"),
    assumed("tag", "GetResources lists resources with at least one tag, by kind, then by region, then in an order that new and removed resources do not change"),
    assumed("tag", "a filter of GetResources without values matches every value of the key; a key that two filters have is an error"),
    documented("tag", "`Offset` is a multiple of `Limit`"),
    assumed("tag", "another `Offset` is InvalidParameterValue"),
    assumed("tag", "tags of the account are sorted by key and value; DescribeTags and DescribeTagValues list them by the keys of the request"),
    assumed("tag", "`CreateUin` of another account matches nothing"),
    assumed("tag", "a key that begins with `qcs:` is reserved"),
    assumed("tag", "tags of one resource are listed in the order in which they were added; the category of all is `Custom`"),
];
