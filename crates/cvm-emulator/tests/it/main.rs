//! The emulator as its clients see it: signed requests in, answers out.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and clippy.toml reaches test functions only"
)]

mod attributes;
mod authentication;
mod catalogue;
mod chc;
mod disks;
mod hostile_requests;
mod hosts;

mod hpc_clusters;
mod image_making;
mod image_transfer;
mod images;
mod key_pairs;
mod key_pairs_bound;
mod launch;
mod launch_templates;
mod lifecycle;
mod listing;
mod loopback;
mod mutated_requests;
mod parameters;
mod placed_launches;
mod placement_groups;
mod price_changes;
mod prices;
mod resource_packs;
mod routing;
mod seeds;
mod support;
mod systems;
mod tasks;
mod templated_launches;
mod terms;
mod timed_launches;
mod timers;
mod tokens;
