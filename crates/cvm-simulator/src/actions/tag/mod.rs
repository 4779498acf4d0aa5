//! The tags of resources as the tag service reads and changes them.

mod change;
mod describe;
mod resource;

use tag_models::actions::{
    AttachResourcesTag, DescribeResourceTagsByResourceIds, DetachResourcesTag, ModifyResourceTags,
};

use super::Group;
use crate::decision::{Decision, assumed, documented};
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[
        Handler::of::<AttachResourcesTag>(),
        Handler::of::<DescribeResourceTagsByResourceIds>(),
        Handler::of::<DetachResourcesTag>(),
        Handler::of::<ModifyResourceTags>(),
    ],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    assumed("tag", "instances, images and key pairs have tags here; other kinds and services are UnsupportedOperation"),
    assumed("tag", "the tags of ids that do not exist are left out of a list; a change of them is an error, and then nothing is changed"),
    documented("tag", "ModifyResourceTags adds and changes the given keys and keeps all others"),
    assumed("tag", "AttachResourcesTag creates a tag that the account does not have, because no action that creates tags is served"),
    assumed("tag", "a key that begins with `qcs:` is reserved"),
    assumed("tag", "tags of one resource are listed in the order in which they were added; the category of all is `Custom`"),
];
