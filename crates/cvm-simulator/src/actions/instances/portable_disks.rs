//! The elastic disks of an instance when its charge type or its term changes: they change with it, or keep their own.

use cbs_models::enums::{DiskChargeType, RenewFlag};

use crate::state::{DiskTerms, RequestContext};
use crate::timestamp::Timestamp;

/// Lets the elastic disks of an instance keep the present charge type and term.
pub(crate) fn keep(context: &mut RequestContext<'_>, serial: u64) {
    let Some(mut instance) = context.instances.get_mut(serial) else { return };
    let ends = instance.separate_disks();
    drop(instance);
    if ends.is_empty() {
        return;
    }
    let disks = &mut context.resources().disks;
    for (id, expires) in ends {
        disks.schedule_expiry(&id, None, Some(expires));
    }
}

/// Extends the terms of the prepaid disks of an instance that have their own. `renewed` is the new end of a term, and what
/// happens then.
pub(crate) fn renew(
    context: &mut RequestContext<'_>,
    serial: u64,
    renewed: impl Fn(Timestamp) -> (Timestamp, RenewFlag),
) {
    change_terms(context, serial, |terms| {
        if let Some(expires) = terms.expires.filter(|_| terms.is_prepaid()) {
            let (ends, flag) = renewed(expires);
            terms.expires = Some(ends);
            terms.renew_flag = flag;
        }
    });
}

/// Changes the charge type of the disks of an instance that have their own: to prepaid until this time, or to hourly.
pub(crate) fn change_charge_type(
    context: &mut RequestContext<'_>,
    serial: u64,
    prepaid: Option<(Timestamp, RenewFlag)>,
) {
    change_terms(context, serial, |terms| match &prepaid {
        Some((ends, flag)) if terms.charge_type == DiskChargeType::PostpaidByHour => {
            terms.charge_type = DiskChargeType::Prepaid;
            terms.expires = Some(*ends);
            terms.renew_flag = flag.clone();
        }
        None if terms.is_prepaid() => {
            terms.charge_type = DiskChargeType::PostpaidByHour;
            terms.expires = None;
        }
        _ => {}
    });
}

fn change_terms(context: &mut RequestContext<'_>, serial: u64, change: impl Fn(&mut DiskTerms)) {
    let Some(mut instance) = context.instances.get_mut(serial) else { return };
    let mut changed = Vec::new();
    for disk in instance.elastic_disks_mut() {
        let id = std::sync::Arc::clone(&disk.id);
        let terms = disk.extras.as_mut().and_then(|extras| extras.terms.as_mut());
        let Some(terms) = terms else { continue };
        let before = terms.expires;
        change(terms);
        if terms.expires != before {
            changed.push((id, before, terms.expires));
        }
    }
    drop(instance);
    if changed.is_empty() {
        return;
    }
    let disks = &mut context.resources().disks;
    for (id, before, expires) in changed {
        disks.schedule_expiry(&id, before, expires);
    }
}
