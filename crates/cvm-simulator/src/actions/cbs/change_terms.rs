//! How elastic disks are paid: ModifyDisksChargeType and ModifyDisksRenewFlag.

use cbs_models::actions::{
    ModifyDisksChargeType, ModifyDisksChargeTypeResponse, ModifyDisksRenewFlag,
    ModifyDisksRenewFlagResponse,
};
use cbs_models::enums::{DiskChargeType, RenewFlag};

use crate::actions::cbs::change_disks::NOT_SUPPORTED;
use crate::actions::cbs::create_disks::paid_term;
use crate::actions::cbs::disk_view::DiskView;
use crate::actions::cbs::target::Target;
use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::state::RequestContext;
use crate::timestamp::Timestamp;
use crate::unsupported;

/// What pays for a disk from now on.
struct Payment {
    charge_type: DiskChargeType,
    expires: Option<Timestamp>,
    renew_flag: RenewFlag,
}

/// Changes the charge type of all disks at once, or of none.
impl ActionHandler for ModifyDisksChargeType {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let payment = payment(&self, context)?;
        let disks = DiskView::find(context, &self.disk_ids)?;
        for disk in &disks {
            check_can_change(context, disk, &payment.charge_type)?;
        }
        let targets: Vec<Target> = disks.iter().map(|disk| Target::of(context, disk)).collect();
        for target in targets {
            target.change_terms(context, |terms| {
                terms.charge_type = payment.charge_type.clone();
                terms.expires = payment.expires;
                terms.renew_flag = payment.renew_flag.clone();
            });
        }
        Ok(Outcome::Response(ModifyDisksChargeTypeResponse::default()))
    }
}

/// The payment that a request asks for. Its two forms exclude each other.
fn payment(
    request: &ModifyDisksChargeType,
    context: &RequestContext<'_>,
) -> Result<Payment, ApiError> {
    let codes = context.codes;
    if let Some(prepaid) = &request.disk_charge_prepaid {
        let (expires, renew_flag) = paid_term(codes, prepaid, context.now)?;
        let charge_type = DiskChargeType::Prepaid;
        return Ok(Payment { charge_type, expires: Some(expires), renew_flag });
    }
    if request.disk_charge_postpaid == Some(true) {
        return Ok(Payment {
            charge_type: DiskChargeType::PostpaidByHour,
            expires: None,
            renew_flag: RenewFlag::NotifyAndManualRenew,
        });
    }
    let message =
        "The request needs `DiskChargePrepaid`, or `DiskChargePostpaid` with the value true.";
    Err(codes.error(["MissingParameter"], message))
}

fn check_can_change(
    context: &RequestContext<'_>,
    disk: &DiskView<'_>,
    after: &DiskChargeType,
) -> Result<(), ApiError> {
    let (codes, id) = (context.codes, disk.id());
    if !disk.is_elastic() {
        let message = format!(
            "The disk `{id}` is a system disk; change the charge type of its instance instead."
        );
        let candidates = ["InvalidDisk.NotPortable", "ResourceUnavailable.NotPortable"];
        return Err(codes.error(candidates, message));
    }
    disk.check_not_in_bin(context)?;
    let before = disk.terms().charge_type;
    if before == *after {
        let message = format!("The disk `{id}` already has the charge type {after}.");
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    if before == DiskChargeType::Cdcpaid {
        let message = format!("The disk `{id}` is paid with its dedicated cluster.");
        return Err(codes.error(NOT_SUPPORTED, message));
    }
    disk.check_idle(context)
}

/// Changes what happens at the end of the term of all disks, or of none.
impl ActionHandler for ModifyDisksRenewFlag {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        if self.auto_renew_period.is_some_and(|months| months != 1) {
            return Err(unsupported::RENEWAL_PERIOD.error());
        }
        let disks = DiskView::find(context, &self.disk_ids)?;
        for disk in &disks {
            let terms = disk.terms();
            if disk.is_system() || !terms.is_prepaid() {
                let message = format!(
                    "Only prepaid data disks have a renewal of their own, but `{}` is a {} with the \
                     charge type {}.",
                    disk.id(),
                    disk.usage(),
                    terms.charge_type
                );
                return Err(codes.error(["InvalidParameterValue"], message));
            }
        }
        // The model info requires it.
        let flag = self.renew_flag.unwrap_or(RenewFlag::NotifyAndManualRenew);
        let targets: Vec<Target> = disks.iter().map(|disk| Target::of(context, disk)).collect();
        for target in targets {
            target.change_terms(context, |terms| terms.renew_flag = flag.clone());
        }
        Ok(Outcome::Response(ModifyDisksRenewFlagResponse::default()))
    }
}
