//! PurchaseResourcePoolPacks and TerminateResourcePoolPacks.

use std::collections::HashSet;

use cvm_models::actions::{
    PurchaseResourcePoolPacks, PurchaseResourcePoolPacksResponse, TerminateResourcePoolPacks,
    TerminateResourcePoolPacksResponse,
};
use cvm_models::enums::{RenewFlag, ResourcePoolPackStatus, ResourcePoolPackType};
use cvm_models::types::ResourcePoolPack;
use cvm_signer::HexDigest;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::PackType;
use crate::error_codes;
use crate::handler::{ActionHandler, Outcome};
use crate::ids::Stream;
use crate::state::{RequestContext, Term, capacity};

/// Buys whole or half servers for a term. CREATING → ACTIVE.
impl ActionHandler for PurchaseResourcePoolPacks {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let name = self.dedicated_resource_pool_pack_name.unwrap_or_default();
        check_name(codes, &name)?;
        let kind = self.resource_pool_pack_type.unwrap_or(ResourcePoolPackType::Exclusive);
        if kind != ResourcePoolPackType::Exclusive {
            let message = format!("Packs of the type {kind} are not offered.");
            let code = "InvalidParameterValue.ResourcePoolPackTypeNotSupported";
            return Err(codes.error([code], message));
        }
        let size = find_offer(context, &self.instance_type, &self.zone)?;
        if self.dry_run == Some(true) {
            return Ok(Outcome::DryRun);
        }
        // The model info requires a count and a period.
        let (count, months) = (self.instance_count.unwrap_or(1), self.period.unwrap_or(1));
        let flag = self.renew_flag.unwrap_or(RenewFlag::NotifyAndManualRenew);
        let term = Term::new(context.now, months, flag);
        let when = (context.clock, context.now);
        let mut ids = Vec::new();
        for _ in 0..count {
            let host = context.ids.number(Stream::ResourcePackId);
            let id = context.ids.id("rpp-", Stream::ResourcePackId);
            ids.push(id.clone());
            let pack = ResourcePoolPack {
                dedicated_resource_pack_id: id,
                dedicated_resource_pack_name: name.clone(),
                resource_pool_pack_type: kind.clone(),
                auto_placement: self.auto_placement.unwrap_or(true),
                start_time: context.now.to_string(),
                ..instance(size, &self.zone, host)
            };
            context.resources().resource_packs.insert(pack, term.clone(), when);
        }
        Ok(Outcome::Response(PurchaseResourcePoolPacksResponse {
            dedicated_resource_pack_id_set: ids,
            ..Self::Response::default()
        }))
    }
}

fn check_name(codes: DocumentedCodes, name: &str) -> Result<(), ApiError> {
    let is_chinese = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
    let is_allowed = |letter: char| {
        letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_') || is_chinese(letter)
    };
    if name.chars().all(is_allowed) {
        return Ok(());
    }
    let message = "The name of a pack can contain only Chinese characters, letters, digits, \
                   hyphens and underscores.";
    Err(codes.error(["InvalidParameterValue.DedicatedResourcePackName"], message))
}

/// A made-up id of the physical server behind a pack.
fn instance(size: &PackType, zone: &str, host: u64) -> ResourcePoolPack {
    const RACKS: u64 = 12;
    const RACKS_OF_A_SWITCH: u64 = 4;
    let rack = host % RACKS;
    let opaque = |what: &str, number: u64| {
        let digest = HexDigest::sha256(format!("{zone} {what} {number}").as_bytes());
        digest.as_str().chars().take(32).collect::<String>().to_ascii_uppercase()
    };
    ResourcePoolPack {
        zone: zone.to_owned(),
        instance_type: size.name.to_owned(),
        instance_family: size.family.to_owned(),
        total_capacity: capacity(u64::from(size.vcpus), u64::from(size.memory_gib)),
        host_ip: opaque("host", host),
        rack_id: opaque("rack", rack),
        switch_id: opaque("switch", rack / RACKS_OF_A_SWITCH),
        ..ResourcePoolPack::default()
    }
}

/// Terminates packs, all or none. Their instances continue in the public pool.
impl ActionHandler for TerminateResourcePoolPacks {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let ids = &self.dedicated_resource_pack_ids;
        let packs = &mut context.resources().resource_packs;
        let named = packs.find(ids).map_err(|id| {
            let message = format!("The resource pool pack `{id}` does not exist in this region.");
            codes.error(["ResourceNotFound.ResourcePoolPackIdNotFound"], message)
        })?;
        for pack in named {
            let status = pack.status(now);
            if status != ResourcePoolPackStatus::Active {
                let message = format!("The resource pool pack `{}` is {status}.", pack.id());
                let code = "InvalidParameterValue.ResourcePoolPackStatus";
                return Err(codes.error([code], message));
            }
        }
        let ids: HashSet<&str> = ids.iter().map(String::as_str).collect();
        packs.remove(&ids, now);
        context.instances.move_to_public_pool(&ids);
        Ok(Outcome::Response(TerminateResourcePoolPacksResponse::default()))
    }
}

/// The pack type with this name, if the zone sells it.
pub(crate) fn find_offer(
    context: &RequestContext<'_>,
    name: &str,
    zone: &str,
) -> Result<&'static PackType, ApiError> {
    const NO_PACK: &str = "InvalidParameter.InstanceTypeNotSupport";
    let codes = context.codes;
    error_codes::type_name(codes, name)?;
    let zone = context.zone(zone)?;
    if let Some(found) = context.catalog.pack_type(name).filter(|one| one.is_offered_in(zone)) {
        return Ok(found);
    }
    if context.catalog.instance_type(name).is_some() {
        let message = format!("The instance type `{name}` cannot be reserved as a pack.");
        return Err(codes.error([NO_PACK], message));
    }
    let message = format!("The zone `{}` has no packs of the type `{name}`.", zone.name());
    Err(codes.error(["ResourceNotFound.InvalidZoneInstanceType", NO_PACK], message))
}
