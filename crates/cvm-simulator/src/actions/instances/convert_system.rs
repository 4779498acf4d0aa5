//! ConvertOperatingSystems and ProgramFpgaImage.

use cvm_models::actions::{
    ConvertOperatingSystems, ConvertOperatingSystemsResponse, ProgramFpgaImage,
};
use cvm_models::enums::TargetOsType;
use cvm_models::types::TargetOS;

use crate::actions::disks::checks;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::handler::{ActionHandler, Outcome};
use crate::ids::Stream;
use crate::state::{CONVERT_SYSTEM, Effect, RequestContext, StoredInstance};

/// The name of a system before and after, and the release of the new one.
struct Conversion {
    from: &'static str,
    to: &'static str,
    version: &'static str,
}

const CONVERSIONS: &[Conversion] = &[
    Conversion { from: "CentOS 7.", to: "TencentOS Server 2.4", version: "2.4" },
    Conversion { from: "CentOS 8.", to: "TencentOS Server 3.1 (TK4)", version: "3.1" },
];

/// Maximum number of digits of a task number.
const TASK_NUMBERS: u64 = 1_000_000_000;

/// Converts CentOS to TencentOS in place.
impl ActionHandler for ConvertOperatingSystems {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let codes = context.codes;
        let serials = context.find(&self.instance_ids)?;
        let planned: Vec<_> = context
            .instances(&serials)
            .map(|instance| conversion(codes, instance))
            .collect::<Result<_, _>>()?;
        context.instances(&serials).try_for_each(|instance| check_ready(codes, instance))?;
        let mut response = ConvertOperatingSystemsResponse::default();
        if self.dry_run == Some(true) {
            let offered = CONVERSIONS.iter();
            let offered = offered.filter(|one| planned.iter().any(|other| other.to == one.to));
            response.support_target_os_list = offered
                .map(|one| TargetOS {
                    target_os_type: TargetOsType::TencentOs,
                    target_os_version: one.version.to_owned(),
                    ..Default::default()
                })
                .collect();
            return Ok(Outcome::Response(response));
        }
        for (serial, one) in serials.into_iter().zip(planned) {
            context.begin(serial, &CONVERT_SYSTEM, Effect::OsName(one.to));
        }
        let number = context.ids.number(Stream::TaskId) % TASK_NUMBERS;
        response.task_id = Some(number.to_string());
        Ok(Outcome::Response(response))
    }
}

/// The target system for the system of an instance.
fn conversion(
    codes: DocumentedCodes,
    instance: &StoredInstance,
) -> Result<&'static Conversion, ApiError> {
    let (id, name) = (&instance.id, &instance.os_name);
    let reject = |code: &str| {
        let message = format!("{name} of the instance `{id}` cannot be converted.");
        codes.error([code], message)
    };
    if instance.is_windows() {
        return Err(reject("UnsupportedOperation.InstanceOsWindows"));
    }
    let found = CONVERSIONS.iter().find(|one| name.starts_with(one.from));
    let found =
        found.ok_or_else(|| reject("UnsupportedOperation.InstanceOsConvertOsNotSupport"))?;
    if checks::is_local(&instance.system_disk.kind) {
        // A snapshot is taken first, and local disks have no snapshots.
        return Err(reject("InvalidParameter.AutoSnapshotNotSupported"));
    }
    Ok(found)
}

/// The action documents neither codes for single states nor one for a running operation.
fn check_ready(codes: DocumentedCodes, instance: &StoredInstance) -> Result<(), ApiError> {
    let id = &instance.id;
    let (code, why) = if !instance.is_running() {
        ("UnsupportedOperation.InstanceStateNotRunning", "is not running")
    } else if instance.operation.is_some() {
        ("ResourceInUse", "has an operation in progress")
    } else if !instance.has_agent {
        ("UnsupportedOperation.TatAgentNotOnline", "has no automation agent")
    } else {
        return Ok(());
    };
    Err(codes.error([code], format!("The instance `{id}` {why}.")))
}

/// No instance type of the catalog has FPGA cards, so every instance is rejected.
impl ActionHandler for ProgramFpgaImage {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        if let Some(address) = self.dbdfs.iter().find(|address| !is_pci_address(address)) {
            let message = format!("`{address}` is not a PCI address such as `0000:00:08.0`.");
            return Err(context.codes.error(["InvalidParameterValue.IncorrectFormat"], message));
        }
        let (_, instance) = context.find_instance(&self.instance_id)?;
        let (id, kind) = (&instance.id, &instance.instance_type);
        let message = format!("The instance `{id}` has the type {kind}, which has no FPGA card.");
        Err(context.codes.error(["UnsupportedOperation.NotFpgaInstance"], message))
    }
}

/// Domain, bus, device and function.
fn is_pci_address(text: &str) -> bool {
    let is_hex = |part: Option<&str>, digits: usize| {
        part.is_some_and(|part| {
            part.len() == digits && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    };
    let mut parts = text.split([':', '.']);
    is_hex(parts.next(), 4)
        && is_hex(parts.next(), 2)
        && is_hex(parts.next(), 2)
        && is_hex(parts.next(), 1)
        && parts.next().is_none()
}
