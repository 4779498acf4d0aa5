//! AssociateAddress and DisassociateAddress.

use std::net::Ipv4Addr;

use cvm_models::enums::{InstanceState, StopChargingMode};
use vpc_models::actions::{
    AssociateAddress, AssociateAddressResponse, DisassociateAddress, DisassociateAddressResponse,
};
use vpc_models::enums::AddressStatus;

use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::parameters::has_layout;
use crate::state::{AddressTask, ElasticIp, RequestContext, StoredInstance, Target};
use crate::unsupported::{DIRECT_CONNECTION, LOAD_BALANCER, OTHER_REGION};

/// How often a day an account can get ordinary addresses instead of elastic ones.
const DAILY_REALLOCATIONS: usize = 10;

impl RequestContext<'_> {
    /// The elastic IP with this id.
    pub(super) fn elastic_ip(&self, id: &str) -> Result<&ElasticIp, ApiError> {
        let resources = self.regions.get(self.region.name);
        resources.and_then(|resources| resources.elastic_ips.get(id)).ok_or_else(|| {
            let message = format!("The elastic IP `{id}` does not exist in {}.", self.region.name);
            let candidates = ["InvalidAddressId.NotFound", "InvalidParameterValue.AddressNotFound"];
            self.codes.error(candidates, message)
        })
    }

    /// The error for an address that is still changing.
    pub(super) fn task_is_running(&self, address: &ElasticIp) -> ApiError {
        let (id, status) = (&address.id, address.status());
        let message =
            format!("Another task of the elastic IP `{id}` is in progress: it is {status}.");
        self.codes.error(["OperationDenied.MutexTaskRunning"], message)
    }
}

/// Binds an elastic IP to an instance.
impl ActionHandler for AssociateAddress {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let id = &self.address_id;
        let address = context.elastic_ip(id)?;
        if address.has_task() {
            return Err(context.task_is_running(address));
        }
        if address.is_isolated(context.now) {
            let message = format!("The elastic IP `{id}` is isolated and cannot be bound.");
            return Err(codes.error(["OperationDenied.AddressInArrears"], message));
        }
        let status = address.status();
        if status != AddressStatus::Unbind {
            let message = format!("The elastic IP `{id}` is {status}; unbind it first.");
            return Err(codes.error(["UnsupportedOperation.AddressStatusNotPermit"], message));
        }
        if self.eip_direct_connection == Some(true) {
            return Err(DIRECT_CONNECTION.error());
        }
        let region = self.instance_region.as_deref();
        if region.is_some_and(|region| region != context.region.name) {
            return Err(OTHER_REGION.error());
        }
        let target = match self.network_interface_id.as_deref() {
            Some(interface) => {
                let private_address = self.private_ip_address.as_deref().unwrap_or_default();
                interface_target(context, interface, private_address)?
            }
            None => {
                let instance = self.instance_id.as_deref().unwrap_or_default();
                instance_target(context, instance)?
            }
        };
        check_target(context, &target)?;
        let task_id = begin(context, id, AddressTask::Bind);
        if let Some(address) = context.resources().elastic_ips.get_mut(id) {
            address.target = Some(target);
        }
        Ok(Outcome::Response(AssociateAddressResponse { task_id, ..Self::Response::default() }))
    }
}

/// The primary private address of an instance.
fn instance_target(context: &RequestContext<'_>, id: &str) -> Result<Target, ApiError> {
    if has_layout(id, "lb-xxxxxxxx") {
        return Err(LOAD_BALANCER.error());
    }
    if !has_layout(id, "ins-xxxxxxxx") {
        let message = format!("The instance id `{id}` is malformed.");
        return Err(context.codes.error(["InvalidParameterValue.InstanceIdMalformed"], message));
    }
    let serial = context.instances.serial(id);
    match serial.and_then(|serial| context.instances.get(serial)) {
        Some(instance) => Ok(Target { instance_id: instance.id.clone(), private_address: None }),
        None => {
            let message = format!("The instance `{id}` does not exist in {}.", context.region.name);
            Err(context.codes.error(["InvalidInstanceId.NotFound"], message))
        }
    }
}

/// An address of the primary network interface of an instance.
fn interface_target(
    context: &RequestContext<'_>,
    interface: &str,
    private_address: &str,
) -> Result<Target, ApiError> {
    let instance_id = interface.replacen("eni-", "ins-", 1);
    let serial = context.instances.serial(&instance_id);
    let found = serial.and_then(|serial| context.instances.get(serial)).and_then(|instance| {
        let wanted: Ipv4Addr = private_address.parse().ok()?;
        let address = instance.private_addresses().find(|address| *address == wanted)?;
        let private_address = Some(address).filter(|it| instance.private_address != Some(*it));
        Some(Target { instance_id: instance.id.clone(), private_address })
    });
    found.ok_or_else(|| {
        let message = format!(
            "A network interface `{interface}` with the private address `{private_address}` does \
             not exist in {}.",
            context.region.name
        );
        let candidates = [
            "InvalidNetworkInterfaceId.NotFound",
            "InvalidParameterValue.NetworkInterfaceNotFound",
        ];
        context.codes.error(candidates, message)
    })
}

/// Checks that an instance can get an elastic IP.
fn check_target(context: &RequestContext<'_>, target: &Target) -> Result<(), ApiError> {
    let codes = context.codes;
    let id = &target.instance_id;
    let serial = context.instances.serial(id);
    let Some(instance) = serial.and_then(|serial| context.instances.get(serial)) else {
        return Ok(());
    };
    check_state(context, instance)?;
    if let (None, Some(address)) = (target.private_address, instance.public_address) {
        let message = format!(
            "The instance `{id}` already has the ordinary public IP {address}; return it first."
        );
        return Err(codes.error(["InvalidParameterValue.InstanceHasWanIP"], message));
    }
    let resources = context.regions.get(context.region.name);
    let bound = resources.into_iter().flat_map(|it| it.elastic_ips.of_instance(id));
    let mut same = bound.filter(|address| address.target.as_ref() == Some(target));
    if let Some(other) = same.next() {
        let message = format!("The instance `{id}` already has the elastic IP `{}`.", other.id);
        let code = match target.private_address {
            None => "InvalidInstanceId.AlreadyBindEip",
            Some(_) => "InvalidPrivateIpAddress.AlreadyBindEip",
        };
        return Err(codes.error([code], message));
    }
    Ok(())
}

/// Checks that the instance runs, or is stopped and charged.
fn check_state(context: &RequestContext<'_>, instance: &StoredInstance) -> Result<(), ApiError> {
    let (codes, id, state) = (context.codes, &instance.id, &instance.state);
    if !matches!(state, InstanceState::Running | InstanceState::Stopped) {
        let message = format!("The instance `{id}` is {state}, not RUNNING or STOPPED.");
        let candidates = [
            "UnsupportedOperation.InstanceStateNotSupported",
            "InvalidParameterValue.InvalidInstanceState",
        ];
        return Err(codes.error(candidates, message));
    }
    if instance.stop_charging_mode == StopChargingMode::StopCharging {
        let message = format!("The instance `{id}` is stopped without charge; start it first.");
        return Err(codes.error(["UnsupportedOperation.InstanceStatusNotPermit"], message));
    }
    Ok(())
}

/// Unbinds an elastic IP.
impl ActionHandler for DisassociateAddress {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let id = &self.address_id;
        let address = context.elastic_ip(id)?;
        if address.has_task() {
            return Err(context.task_is_running(address));
        }
        let Some(target) = &address.target else {
            let message = format!("The elastic IP `{id}` is UNBIND, so it cannot be unbound.");
            return Err(codes.error(["InvalidAddressIdStatus.NotPermit"], message));
        };
        let reallocates = self.reallocate_normal_public_ip == Some(true);
        if reallocates && target.private_address.is_some() {
            let message = "`ReallocateNormalPublicIp` is only for the primary private address of \
                           an instance.";
            let code = "InvalidParameterValue.OnlySupportedForMasterNetworkCard";
            return Err(codes.error([code], message));
        }
        if reallocates {
            let done: usize = context
                .regions
                .values()
                .map(|resources| resources.elastic_ips.reallocations.today(now))
                .sum();
            if done >= DAILY_REALLOCATIONS {
                let message = format!(
                    "An account can get at most {DAILY_REALLOCATIONS} ordinary public IPs a day in \
                     this way."
                );
                let code = "AddressQuotaLimitExceeded.DailyAllocate";
                return Err(codes.error([code], message));
            }
            context.resources().elastic_ips.reallocations.add(1, now);
        }
        let task_id = begin(context, id, AddressTask::Unbind { reallocates });
        Ok(Outcome::Response(DisassociateAddressResponse { task_id, ..Self::Response::default() }))
    }
}

/// Starts a task of an address; returns its number.
fn begin(context: &mut RequestContext<'_>, id: &str, task: AddressTask) -> String {
    let (clock, now) = (context.clock, context.now);
    let elastic_ips = &mut context.resources().elastic_ips;
    let task_id = elastic_ips.new_task();
    elastic_ips.begin(id, (task_id, task), (clock, now));
    task_id.to_string()
}
