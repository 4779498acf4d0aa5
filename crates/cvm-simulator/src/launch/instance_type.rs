//! The type of a new instance: one that the zone sells, or a custom size on a dedicated host.

use cvm_models::enums::InstanceChargeType;
use cvm_models::types::CpuTopology;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::{Catalog, DEFAULT_TYPE, InstanceType, Zone};
use crate::error_codes;
use crate::launch::custom_size::custom_size;
use crate::state::{StoredInstance, System};

/// The default size on a dedicated host.
const DEFAULT_SIZE: &str = "CDH_1C1G";

/// The type of a new instance.
#[derive(Debug)]
pub(crate) enum Kind {
    /// A type of the catalog.
    Sold(InstanceType),
    /// A custom size on a dedicated host.
    Custom { name: String, vcpus: i64, memory_gib: i64 },
}

impl Kind {
    /// The type that a request asks for.
    pub(crate) fn of(
        codes: DocumentedCodes,
        catalog: Catalog,
        name: Option<&str>,
        charge_type: &InstanceChargeType,
        zone: Zone,
    ) -> Result<Self, ApiError> {
        if *charge_type == InstanceChargeType::CdhPaid {
            custom(codes, catalog, name.unwrap_or(DEFAULT_SIZE))
        } else {
            find_type(codes, catalog, name, zone).map(Self::Sold)
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Sold(one) => one.size.name,
            Self::Custom { name, .. } => name,
        }
    }

    /// Whether it is for high-performance computing, and so needs a cluster.
    pub(crate) fn is_high_performance(&self) -> bool {
        matches!(self, Self::Sold(one) if one.is_high_performance())
    }

    /// Checks that it supports jumbo frames, if a request switches them on or off.
    pub(crate) fn check_jumbo_frames(
        &self,
        codes: DocumentedCodes,
        requested: Option<bool>,
    ) -> Result<(), ApiError> {
        let supports = matches!(self, Self::Sold(one) if one.has_jumbo_frames());
        if requested.is_none() || supports {
            return Ok(());
        }
        let message = format!("The type {} does not support jumbo frames.", self.name());
        Err(codes.error(["UnsupportedOperation.InstanceTypeNotSupportJumboFrame"], message))
    }

    /// Checks the requested number of cores.
    pub(crate) fn check_topology(
        &self,
        codes: DocumentedCodes,
        requested: Option<&CpuTopology>,
    ) -> Result<(), ApiError> {
        let Some(CpuTopology { core_count, thread_per_core, .. }) = requested else {
            return Ok(());
        };
        let (Some(cores), Some(_)) = (*core_count, thread_per_core) else {
            let message = "`CpuTopology` needs both `CoreCount` and `ThreadPerCore`.";
            let code = "InvalidParameter.LackCoreCountOrThreadPerCore";
            return Err(codes.error([code], message));
        };
        let vcpus = match self {
            Self::Sold(one) => one.size.vcpus,
            Self::Custom { vcpus, .. } => *vcpus,
        };
        if (1..=vcpus).contains(&cores) {
            return Ok(());
        }
        let message = format!(
            "`CpuTopology.CoreCount` is {cores}, but the type {} has 1 to {vcpus} cores.",
            self.name()
        );
        Err(codes.error(["InvalidParameterValue.CoreCountValue"], message))
    }

    /// Checks that an operating system runs on it.
    pub(crate) fn check_system(
        &self,
        codes: DocumentedCodes,
        system: &System,
    ) -> Result<(), ApiError> {
        if system.is_x86() {
            return Ok(());
        }
        let (os, name) = (&system.os_name, self.name());
        let message = format!("{os} does not run on the architecture of the instance type {name}.");
        let code = "InvalidParameterValue.InvalidImageForGivenInstanceType";
        Err(codes.error([code], message))
    }

    /// Sets the type of an instance.
    pub(crate) fn apply_to(&self, instance: &mut StoredInstance) {
        match self {
            Self::Sold(one) => instance.set_type(*one),
            Self::Custom { name, vcpus, memory_gib } => {
                instance.instance_type = name.as_str().into();
                instance.vcpus = *vcpus;
                instance.memory_gib = *memory_gib;
            }
        }
    }
}

/// A size of the form `CDH_2C4G`: vCPUs and GiB.
fn custom(codes: DocumentedCodes, catalog: Catalog, name: &str) -> Result<Kind, ApiError> {
    if let Some((vcpus, memory_gib)) = custom_size(name) {
        return Ok(Kind::Custom { name: name.to_owned(), vcpus, memory_gib });
    }
    if catalog.instance_type(name).is_some() {
        let message =
            format!("Dedicated hosts support sizes such as {DEFAULT_SIZE}, not the type `{name}`.");
        let code = "InvalidParameter.HostIdStandardInstanceTypeNotSupport";
        return Err(codes.error([code], message));
    }
    let message = format!("The size `{name}` does not have the form {DEFAULT_SIZE}.");
    Err(codes.error(["InvalidInstanceType.Malformed"], message))
}

/// Checks that a type is not a custom size, which only instances on dedicated hosts have.
pub(crate) fn check_standard(codes: DocumentedCodes, name: &str) -> Result<(), ApiError> {
    if custom_size(name).is_none() {
        return Ok(());
    }
    let message = format!("The size `{name}` is only for launches on dedicated hosts.");
    Err(codes.error(["InvalidParameter.HostIdCustomizedInstanceTypeNotSupport"], message))
}

fn find_type(
    codes: DocumentedCodes,
    catalog: Catalog,
    name: Option<&str>,
    zone: Zone,
) -> Result<InstanceType, ApiError> {
    let Some(name) = name else {
        let offered = || catalog.instance_types().filter(|one| catalog.sells(zone, *one));
        let default = offered().find(|one| one.size.name == DEFAULT_TYPE).or(offered().next());
        return default.ok_or_else(|| not_offered(codes, DEFAULT_TYPE, zone));
    };
    error_codes::type_name(codes, name)?;
    check_standard(codes, name)?;
    let found = catalog.instance_type(name).ok_or_else(|| {
        let message = format!("The instance type `{name}` does not exist.");
        codes.error(["InvalidParameterValue.InstanceTypeNotFound"], message)
    })?;
    if !found.is_offered_in(zone) {
        return Err(not_offered(codes, name, zone));
    }
    check_stock(codes, catalog, zone, found)?;
    Ok(found)
}

/// Checks that a zone is not sold out of a type that it offers.
pub(crate) fn check_stock(
    codes: DocumentedCodes,
    catalog: Catalog,
    zone: Zone,
    one: InstanceType,
) -> Result<(), ApiError> {
    if catalog.sells(zone, one) {
        return Ok(());
    }
    let (name, zone) = (one.size.name, zone.name());
    let message = format!("The instance type `{name}` is sold out in the zone `{zone}`.");
    Err(codes.error(["ResourceInsufficient.SpecifiedInstanceType"], message))
}

fn not_offered(codes: DocumentedCodes, name: &str, zone: Zone) -> ApiError {
    let message = format!("The zone `{}` does not offer the instance type `{name}`.", zone.name());
    codes.error(["ResourceUnavailable.InstanceType"], message)
}
