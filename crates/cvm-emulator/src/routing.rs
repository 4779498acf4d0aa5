//! Finds the service, action and region of a request.
//!
//! One port serves all services. A client names its service in the credential scope of a TC3 signature and in the host name,
//! but neither is certain: a client of `http://127.0.0.1:8600` may sign the scope `127`, and the host then names no service.
//! Version and action identify the service of such a request.

use cvm_protocol::ActionInfo;
use cvm_signer::tc3;
use cvm_simulator::{ApiError, Catalog, Region, Service, find_region, services};

use crate::dialect::{Call, Dialect, Incoming};

/// The service that a request is for.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// A service whose specs the emulator has.
    Known(Service),
    /// Another service, by the name in the credential scope or in the host.
    Unknown(String),
}

impl Target {
    /// The service of a request. Nothing is verified.
    pub(crate) fn of(incoming: &Incoming<'_>, call: &Call<'_>) -> Self {
        let scope = scope_service(incoming);
        let names = [scope.as_deref(), host_service(incoming.host)];
        let named = names.into_iter().flatten().find_map(find_service);
        if let Some(service) = named.or_else(|| find_by_action(call)) {
            return Self::Known(service);
        }
        match names.into_iter().flatten().find(|name| is_service_name(name)) {
            Some(name) => Self::Unknown(name.to_owned()),
            None => {
                let [cvm, ..] = services();
                Self::Known(cvm)
            }
        }
    }

    /// The action of the request, if the specs have it.
    pub(crate) fn action(&self, call: &Call<'_>) -> Option<&'static ActionInfo> {
        match self {
            Self::Known(service) => service.action(call.action.as_deref()?),
            Self::Unknown(_) => None,
        }
    }

    /// Checks service, version, action and region, in this order.
    pub(crate) fn route(
        &self,
        catalog: Catalog,
        call: &Call<'_>,
    ) -> Result<(&'static ActionInfo, &'static Region), ApiError> {
        let service = match self {
            Self::Known(service) => service,
            Self::Unknown(name) => {
                let action = call.action.as_deref().ok_or_else(|| missing("Action"))?;
                return Err(ApiError::not_served(name, action));
            }
        };
        check_version(service, call)?;
        let action = call.action.as_deref().ok_or_else(|| missing("Action"))?;
        let info = service.action(action).ok_or_else(|| unknown_action(service, action))?;
        let is_old = call.dialect == Dialect::OldGateway;
        Ok((info, find_region(catalog, info, call.region.as_deref(), is_old)?))
    }
}

fn check_version(service: &Service, call: &Call<'_>) -> Result<(), ApiError> {
    let known = service.info.version;
    match call.version.as_deref() {
        Some(version) if version == known => Ok(()),
        Some(version) => {
            let name = service.info.name;
            let message = format!("The version `{version}` of {name} does not exist; use {known}.");
            Err(ApiError::new("NoSuchVersion", message))
        }
        None if call.dialect == Dialect::OldGateway && service.info.old_gateway.is_some() => Ok(()),
        None => Err(missing("Version")),
    }
}

/// Where the specs have every action, the service has no such action. Otherwise, only the emulator certainly lacks it.
fn unknown_action(service: &Service, action: &str) -> ApiError {
    if !service.is_complete {
        return ApiError::not_served(service.info.name, action);
    }
    let version = service.info.version;
    let message = format!("The action `{action}` does not exist in version {version}.");
    ApiError::new("InvalidAction", message)
}

fn missing(name: &str) -> ApiError {
    let message = format!("The request is missing the common parameter `{name}`.");
    ApiError::new("MissingParameter", message)
}

/// The service in the credential scope of a TC3 signature.
fn scope_service(incoming: &Incoming<'_>) -> Option<String> {
    let authorization = tc3::Authorization::parse(incoming.header("authorization")?).ok()?;
    Some(authorization.scope().service().to_owned())
}

/// The first part of a host with several parts, which is its service in `SERVICE.DOMAIN`.
fn host_service(host: &str) -> Option<&str> {
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    name.split_once('.').map(|(first, _)| first)
}

fn find_service(name: &str) -> Option<Service> {
    services().into_iter().find(|service| service.info.name == name)
}

/// The service that has this action in this version. Names of actions are unique among the services of a version.
fn find_by_action(call: &Call<'_>) -> Option<Service> {
    let (action, version) = (call.action.as_deref()?, call.version.as_deref());
    services().into_iter().find(|service| {
        version.is_none_or(|version| version == service.info.version)
            && service.action(action).is_some()
    })
}

/// Whether a name has the form of a service name. The first part of an address or of `localhost` has not.
fn is_service_name(name: &str) -> bool {
    name != "localhost"
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}
