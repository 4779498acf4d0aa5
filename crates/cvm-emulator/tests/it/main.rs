//! Tests the emulator through its public API: signed requests in, responses out.

#![allow(clippy::cloned_ref_to_slice_refs, reason = "the calls read alike")]
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and clippy.toml reaches test functions only"
)]

mod action_timers;
mod authentication;
mod catalog;
mod cbs;
mod cbs_changed_terms;
mod cbs_elastic_disks;
mod cbs_offers;
mod cbs_snapshots;
mod cbs_with_instances;
mod chc;
mod disks;
mod doc_examples;
mod faults;
mod filters;
mod hosts;
mod hpc_clusters;
mod ids;
mod images;
mod instances;
mod key_pairs;
mod launch_templates;
mod messages;
mod metadata;
mod old_formats;
mod parameters;
mod placement_groups;
mod prices;
mod quotas;
mod regions;
mod request_limits;
mod rescue;
mod resource_pools;
mod routing;
mod scenarios;
mod security_groups;
mod server;
mod services;
mod sts;
mod support;
mod tags;
mod tags_account;
mod tags_kinds;
mod tags_resources;
mod tampering;
mod tasks;
mod tls;
mod vpc;
mod vpc_addresses;
mod vpc_changed_addresses;
mod vpc_launches;
mod vpc_networks;
mod vpc_security_group_users;
mod vpc_security_groups;
