//! The state of an account, a file per group of the specs.

mod account;
mod account_tags;
mod action_timers;
mod addresses;
mod agenda;
mod api_instance;
mod apply_effect;
mod bandwidth;
mod chc_hosts;
mod client_tokens;
mod context;
mod directory;
mod disks;
mod effect;
mod elastic_disk;
mod elastic_ips;
mod extras;
mod grouped;
mod hosts;
mod hpc_clusters;
mod images;
mod instance_disks;
mod instance_index;
mod instances;
mod key_pairs;
mod launch_image;
mod launch_templates;
mod lookup;
mod networks;
mod operation;
mod placement_groups;
mod quotas;
mod resource_pools;
mod schedule;
mod security_groups;
mod serial_sets;
mod shared;
mod shared_texts;
mod snapshots;
mod state_check;
mod stored_disk;
mod stored_instance;
mod strict_network;
mod tagged;
mod tagged_disks;
mod tags;
mod tasks;
mod term;

pub(crate) use account::{Accounts, RegionResources, State};
pub(crate) use account_tags::{ACCOUNT_TAG_QUOTA, AccountTags, TagQuota};
pub(crate) use action_timers::{ActionTimers, Timer};
pub(crate) use addresses::{Addresses, SubnetUse};
pub(crate) use bandwidth::MAX_PERIODS;
pub(crate) use chc_hosts::{ChcHosts, StoredChcHost, has_deploy_network};
pub(crate) use client_tokens::Tokens;
pub(crate) use context::RequestContext;
pub(crate) use directory::{Directory, role_id};
pub(crate) use disks::{DiskOperation, DiskWork, Disks};
pub(crate) use effect::{
    Attribute, DiskChange, DiskEffect, Effect, NewNetwork, Reinstallation, Subscription,
};
pub(crate) use elastic_disk::{DiskExtras, DiskTerms};
pub(crate) use elastic_ips::{AddressTask, AddressTerm, ElasticIp, ElasticIps, Target};
pub(crate) use extras::Extras;
pub(crate) use grouped::Grouped;
pub(crate) use hosts::{DedicatedHost, DedicatedHosts};
pub(crate) use hpc_clusters::{HpcClusters, with_hpc_members};
pub(crate) use images::{
    COPY_POWERED_OFF, COPY_RUNNING, COPY_STOPPED, CREATION_TIME, Creation, Images, OwnedImage,
    POWER_OFF_TIME,
};
pub(crate) use instance_index::{IndexKey, Name, month};
pub(crate) use instances::{Instances, RemovedInstance, StateChange};
pub(crate) use key_pairs::KeyPairs;
pub(crate) use launch_image::{LaunchImage, System};
pub(crate) use launch_templates::{LaunchTemplates, Template, Version};
pub(crate) use networks::{Networks, NewSubnet, StoredSubnet, StoredVpc, zone_id};
pub(crate) use operation::{
    CONVERT_SYSTEM, ENTER_RESCUE, ENTER_RESCUE_HARD, EXIT_RESCUE, EXIT_RESCUE_STOPPED,
    FAILED_LAUNCH, GROW_DISK, GROW_DISK_FORCED, GROW_DISK_ONLINE, LAUNCH, MODIFY, MOVE, MOVE_DISKS,
    MOVE_FORCED, Operation, REBOOT, REBOOT_HARD, RECOVER, REINSTALL, REINSTALL_FORCED, RENAME_HOST,
    RESET_TYPE, RESET_TYPE_FORCED, SET_PASSWORD, SET_PASSWORD_FORCED, START, STOP, STOP_HARD,
    WRITE_KEYS, WRITE_KEYS_FORCED,
};
pub(crate) use placement_groups::{
    PlacementGroups, PlacementSlot, REGROUP_FORCED, REGROUP_RUNNING, REGROUP_STOPPED, room,
};
pub(crate) use quotas::{Quotas, api_quota};
pub(crate) use resource_pools::{ResourcePack, ResourcePacks, capacity};
pub(crate) use security_groups::{Direction, SecurityGroup, SecurityGroups};
pub(crate) use shared::Shared;
pub(crate) use shared_texts::{Pairs, Texts, pairs, texts};
pub(crate) use snapshots::{DiskSnapshot, SnapshotDetails, Snapshots};
pub(crate) use state_check::{SETTLED, SETTLED_OR_RESCUED, check_instance_state};
pub(crate) use stored_disk::{DetachedDisk, StoredDisk};
pub(crate) use stored_instance::{PackPlacement, Period, Pool, StoredInstance, Topology};
pub(crate) use strict_network::KnownNetworks;
pub(crate) use tagged::{TagList, Tagged, TaggedItems, after as tagged_after};
pub(crate) use tagged_disks::{TaggedDisks, set_disk_tags};
pub(crate) use tags::{TaggedGroup, TaggedKind};
pub(crate) use tasks::{RepairTask, RepairTasks};
pub(crate) use term::Term;
