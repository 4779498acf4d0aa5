//! ModifyInstancesAttribute and ModifyInstancesProject.

use cvm_models::actions::{
    ModifyInstancesAttribute, ModifyInstancesAttributeResponse, ModifyInstancesProject,
    ModifyInstancesProjectResponse,
};

use crate::api_error::{ApiError, DocumentedCodes};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::login;
use crate::launch::network::check_security_groups;
use crate::launch::project::project;
use crate::launch::role::check_role;
use crate::parameters::distinct;
use crate::state::{
    Attribute, Effect, MODIFY, REBOOT, RENAME_HOST, RequestContext, SETTLED, SETTLED_OR_RESCUED,
    StoredInstance,
};

/// Changes one attribute of instances at once. A new host name of a running instance restarts it; jumbo frames change
/// with the restart.
impl ActionHandler for ModifyInstancesAttribute {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let may_reboot = self.auto_reboot.unwrap_or(true);
        let instance_ids = self.instance_ids.clone();
        let attribute = single_attribute(codes, self)?;
        check(codes, &attribute)?;
        let serials = context.find(&instance_ids)?;
        for instance in context.instances(&serials) {
            check_instance(context, &attribute, instance, may_reboot)?;
        }
        if matches!(attribute, Attribute::JumboFrame(_)) {
            context.check_state(&serials, SETTLED)?;
        } else {
            context.check_state_for_change_at_once(&serials, SETTLED)?;
        }
        if matches!(attribute, Attribute::TerminationProtection(true)) {
            let code = "UnsupportedOperation.InvalidInstanceNotSupportedProtectedInstance";
            context.check_no_timer(&serials, code)?;
        }
        for serial in serials {
            let Some(instance) = context.instances.get(serial) else { continue };
            let reboots = instance.is_running() && may_reboot;
            match &attribute {
                Attribute::JumboFrame(_) => {
                    let operation = if reboots { &REBOOT } else { &MODIFY };
                    context.begin(serial, operation, Effect::Attribute(attribute.clone()));
                }
                Attribute::HostName(_) if reboots => {
                    context.change_at_once(serial, attribute.clone());
                    context.begin(serial, &RENAME_HOST, Effect::None);
                }
                _ => context.change_at_once(serial, attribute.clone()),
            }
        }
        Ok(Outcome::Response(ModifyInstancesAttributeResponse::default()))
    }
}

/// The attribute that a request changes. `AutoReboot` and `CamRoleType` only say how. The default, no protection,
/// is not given beside another attribute.
fn single_attribute(
    codes: DocumentedCodes,
    request: ModifyInstancesAttribute,
) -> Result<Attribute, ApiError> {
    let groups = Some(request.security_groups).filter(|groups| !groups.is_empty());
    let role = |name: String| Attribute::Role(Some(name).filter(|name| !name.is_empty()));
    let given = [
        request.instance_name.map(Attribute::Name),
        request.user_data.map(Attribute::UserData),
        groups.map(distinct).map(Attribute::SecurityGroups),
        request.cam_role_name.map(role),
        request.host_name.map(Attribute::HostName),
        request.enable_jumbo_frame.map(Attribute::JumboFrame),
    ];
    let is_alone = given.iter().all(Option::is_none);
    let protection =
        request.disable_api_termination.filter(|is_protected| *is_protected || is_alone);
    let mut given =
        given.into_iter().chain([protection.map(Attribute::TerminationProtection)]).flatten();
    let one = given.next().ok_or_else(|| {
        let message = "The request names no attribute to change.";
        codes.error(["MissingParameter"], message)
    })?;
    if given.next().is_some() {
        let message = "The request names several attributes; change one per call.";
        return Err(codes.error(["InvalidParameterCombination", "InvalidParameterValue"], message));
    }
    Ok(one)
}

/// Checks that do not depend on the instance.
fn check(codes: DocumentedCodes, attribute: &Attribute) -> Result<(), ApiError> {
    match attribute {
        Attribute::SecurityGroups(groups) => check_security_groups(codes, "SecurityGroups", groups),
        Attribute::Role(Some(name)) => check_role(codes, name),
        _ => Ok(()),
    }
}

/// Checks that depend on the instance.
fn check_instance(
    context: &RequestContext<'_>,
    attribute: &Attribute,
    instance: &StoredInstance,
    may_reboot: bool,
) -> Result<(), ApiError> {
    let (codes, id) = (context.codes, &instance.id);
    match attribute {
        Attribute::HostName(name) => login::check_host_name(codes, name, instance.is_windows()),
        Attribute::SecurityGroups(groups) => context.check_security_groups_exist(groups),
        Attribute::JumboFrame(_) => {
            let name = &instance.instance_type;
            if !context.catalog.instance_type(name).is_some_and(|one| one.has_jumbo_frames()) {
                let message = format!(
                    "The type {name} of the instance `{id}` does not support jumbo frames."
                );
                let code = "UnsupportedOperation.InstanceTypeNotSupportJumboFrame";
                return Err(codes.error([code], message));
            }
            if instance.is_running() && !may_reboot {
                let message = format!("The running instance `{id}` must restart for this change.");
                let code = "UnsupportedOperation.InstancesEnableJumboWithoutReboot";
                return Err(codes.error([code], message));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Moves instances to another project.
impl ActionHandler for ModifyInstancesProject {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let serials = context.find(&self.instance_ids)?;
        let project = project(context.codes, self.project_id)?;
        context.check_state_for_change_at_once(&serials, SETTLED_OR_RESCUED)?;
        for serial in serials {
            context.change_at_once(serial, Attribute::Project(project));
        }
        Ok(Outcome::Response(ModifyInstancesProjectResponse::default()))
    }
}
