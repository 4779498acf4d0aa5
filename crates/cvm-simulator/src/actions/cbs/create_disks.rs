//! CreateDisks: elastic data disks, which belong to no instance.

use std::sync::Arc;

use cbs_models::actions::{CreateDisks, CreateDisksResponse};
use cbs_models::enums::{DiskChargeType, RenewFlag};
use cbs_models::types::DiskChargePrepaid;

use crate::actions::cbs::configuration::{self, Configuration};
use crate::actions::cbs::disk_view::UNNAMED;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::project::unsigned_project;
use crate::launch::tags::check_all;
use crate::parameters::read_time;
use crate::state::{
    DetachedDisk, DiskExtras, DiskTerms, RequestContext, StoredDisk, TagList, pairs,
};
use crate::timestamp::Timestamp;
use crate::unsupported;

/// Checks everything, then creates all disks or none. A disk is listed when its creation ends.
impl ActionHandler for CreateDisks {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let token = self.client_token.as_deref();
        let parameters = context.fingerprint();
        if let Some(token) = token
            && let Some(disks) = context.disks()
            && let Some(ids) = disks.tokens.find_repeated(context.codes, token, &parameters)?
        {
            return Ok(done(ids));
        }
        let count = configuration::count(context.codes, self.disk_count)?;
        let template = template(&self, context)?;
        check_quota(context, count)?;
        context.record_tags(&self.tags);
        let ids: Vec<String> = (0..count).map(|_| context.ids.disk(false)).collect();
        let (clock, now) = (context.clock, context.now);
        let disks = &mut context.resources().disks;
        for id in &ids {
            let mut detached = template.clone();
            detached.disk.id = id.as_str().into();
            disks.create(detached, clock, now);
        }
        if let Some(token) = token {
            disks.tokens.keep(token, &parameters, &ids);
        }
        Ok(done(ids))
    }
}

fn done(disk_id_set: Vec<String>) -> Outcome<CreateDisksResponse> {
    Outcome::Response(CreateDisksResponse { disk_id_set, ..CreateDisksResponse::default() })
}

fn check_quota(context: &RequestContext<'_>, added: u64) -> Result<(), ApiError> {
    let present = context.disks().map_or(0, |disks| disks.count_detached());
    let added = usize::try_from(added).unwrap_or(usize::MAX);
    let quota = context.quotas.detached_disks;
    if present.saturating_add(added) <= quota {
        return Ok(());
    }
    let message = format!(
        "There are {present} disks without an instance in {}, of at most {quota}; attach \
         or terminate some first.",
        context.region.name
    );
    Err(context.codes.error(["InvalidParameterValue.LimitExceeded", "LimitExceeded"], message))
}

/// The new disk, without its id.
fn template(request: &CreateDisks, context: &RequestContext<'_>) -> Result<DetachedDisk, ApiError> {
    let codes = context.codes;
    check_supported(request)?;
    let zone = context.zone(&request.placement.zone)?;
    let charge_type = request.disk_charge_type.clone().unwrap_or_default();
    let dedicated_cluster_id = dedicated_cluster(codes, request, &charge_type)?;
    let snapshot = request.snapshot_id.as_deref();
    let snapshot = snapshot.map(|id| configuration::snapshot(context, id)).transpose()?;
    let from_snapshot = snapshot.and_then(|snapshot| u64::try_from(snapshot.api.disk_size).ok());
    let kind = request.disk_type.clone().unwrap_or_default();
    let configuration = Configuration {
        kind: kind.as_str(),
        // The model info requires a size if there is no snapshot.
        gib: request.disk_size.or(from_snapshot).unwrap_or_default(),
        throughput: request.throughput_performance,
        has_burst: request.burst_performance == Some(true),
    };
    let gib = configuration.check(codes, context.catalog)?;
    if let Some(snapshot) = snapshot.filter(|snapshot| gib < snapshot.api.disk_size) {
        let (id, min) = (&snapshot.api.snapshot_id, snapshot.api.disk_size);
        let message = format!("The snapshot `{id}` needs a disk of at least {min} GiB, not {gib}.");
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    configuration.check_sold_alone(codes)?;
    check_all(context, "Tags", "", &request.tags)?;
    let project_id = unsigned_project(codes, request.placement.project_id)?;
    let encrypts = request.encrypt.is_some();
    let tags: &dyn TagList = &request.tags;
    let disk = StoredDisk {
        kind: kind.as_str().into(),
        gib,
        is_encrypted: encrypts || snapshot.is_some_and(|snapshot| snapshot.is_encrypted),
        kms_key_id: request.kms_key_id.as_deref().map(Arc::from),
        name: Some(request.disk_name.as_deref().unwrap_or(UNNAMED).into()),
        snapshot_id: snapshot.map(|snapshot| snapshot.api.snapshot_id.as_str().into()),
        burst_performance: request.burst_performance,
        throughput_performance: configuration.throughput.and_then(|it| i64::try_from(it).ok()),
        tags: pairs(tags.to_vec()),
        extras: Some(Box::new(DiskExtras {
            deletes_snapshots: request.delete_snapshot == Some(1),
            backup_quota: request.disk_backup_quota.unwrap_or(0),
            encrypt_type: request.encrypt_type.clone().filter(|_| encrypts),
            ..DiskExtras::default()
        })),
        ..StoredDisk::default()
    };
    // The model info requires the term of a prepaid disk.
    let prepaid = request.disk_charge_prepaid.as_ref();
    let prepaid = prepaid.filter(|_| charge_type == DiskChargeType::Prepaid);
    let term = prepaid.map(|prepaid| paid_term(codes, prepaid, context.now)).transpose()?;
    let (expires, renew_flag) = term.unzip();
    let terms = DiskTerms {
        created: context.now,
        number: 0,
        charge_type,
        expires,
        renew_flag: renew_flag.unwrap_or(RenewFlag::NotifyAndManualRenew),
        project_id: project_id.unwrap_or(0),
        dedicated_cluster_id,
    };
    Ok(DetachedDisk { disk, zone: zone.as_str().into(), terms, kept_until: None })
}

/// Refuses what the emulator does not have.
fn check_supported(request: &CreateDisks) -> Result<(), ApiError> {
    let placement = &request.placement;
    for (is_given, refused) in [
        (request.shareable == Some(true), &unsupported::SHARED_DISK),
        (request.auto_mount_configuration.is_some(), &unsupported::AUTOMATIC_MOUNT),
        (placement.cdc_id.is_some(), &unsupported::STORAGE_CLUSTER),
        (placement.cage_id.is_some(), &unsupported::CAGE),
    ] {
        if is_given {
            return Err(refused.error());
        }
    }
    Ok(())
}

/// The dedicated cluster, which must fit the charge type. Every well-formed id exists.
fn dedicated_cluster(
    codes: DocumentedCodes,
    request: &CreateDisks,
    charge_type: &DiskChargeType,
) -> Result<Option<Arc<str>>, ApiError> {
    let id = request.placement.dedicated_cluster_id.as_deref();
    let is_charged = *charge_type == DiskChargeType::Cdcpaid;
    match id {
        None if is_charged => {
            let message = "The charge type CDCPAID needs `Placement.DedicatedClusterId`.";
            Err(codes.error(["MissingParameter"], message))
        }
        Some(id) if !is_charged => {
            let message =
                format!("In the dedicated cluster `{id}`, disks need the charge type CDCPAID.");
            Err(codes.error(["InvalidParameterValue"], message))
        }
        id => Ok(id.map(Arc::from)),
    }
}

/// The end of a new prepaid term, and what happens then.
pub(super) fn paid_term(
    codes: DocumentedCodes,
    prepaid: &DiskChargePrepaid,
    now: Timestamp,
) -> Result<(Timestamp, RenewFlag), ApiError> {
    let member = "DiskChargePrepaid.CurInstanceDeadline";
    let begins = read_time(codes, member, prepaid.cur_instance_deadline.as_ref())?;
    let months = prepaid.period.and_then(|months| u32::try_from(months).ok()).unwrap_or(1);
    let expires = begins.unwrap_or(now).months_later(months);
    if expires <= now {
        let message = format!("With `{member}`, the term would end at {expires}, in the past.");
        return Err(codes.error(["InvalidParameterValue", "InvalidParameter"], message));
    }
    let flag = prepaid.renew_flag.clone().unwrap_or(RenewFlag::NotifyAndManualRenew);
    Ok((expires, flag))
}
