//! A request to one action, whose parameters are checked before it reaches the state.

use std::collections::BTreeMap;
use std::fmt;

use cvm_protocol::{ActionInfo, Model, RetryClass};
use cvm_signer::HexDigest;

use crate::account::AccountId;
use crate::actions;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::caller::Caller;
use crate::catalog::{Catalog, Region};
use crate::clock::VirtualClock;
use crate::cloud_fault::{CloudFault, OperationFaults};
use crate::handler::{BoxedRequest, ParsedRequest, Reply};
use crate::key_pair_generator::NewKeyPair;
use crate::parameters::{self, Parameters};
use crate::state::{Accounts, Directory, RequestContext, State};
use crate::timestamp::Timestamp;

/// The settings of the cloud that handles a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings<'a> {
    pub(crate) catalog: Catalog,
    /// See [`RequestContext::is_network_strict`].
    pub(crate) is_network_strict: bool,
    pub(crate) directory: &'a Directory,
    pub(crate) accounts: &'a dyn Accounts,
}

/// A request whose parameters passed all checks that need no state.
pub struct Request {
    info: &'static ActionInfo,
    region: &'static Region,
    request: Box<dyn BoxedRequest>,
    /// See [`RequestContext::fingerprint`].
    fingerprint: Option<HexDigest>,
    needs_key_pair: bool,
    key_pair: Option<NewKeyPair>,
    caller: Caller,
    faults: Vec<CloudFault>,
}

impl Request {
    /// Checks the parameters of a request.
    ///
    /// # Errors
    ///
    /// A parameter is unknown, missing or outside its limits, or the simulator does not support the action.
    pub fn parse(
        info: &'static ActionInfo,
        region: &'static Region,
        parameters: &Parameters<'_>,
    ) -> Result<Self, ApiError> {
        parameters::check(info, parameters)?;
        Self::decode(info, region, parameters)
    }

    /// Reads the parameters of a request that have been checked before.
    pub(crate) fn decode(
        info: &'static ActionInfo,
        region: &'static Region,
        parameters: &Parameters<'_>,
    ) -> Result<Self, ApiError> {
        let handler = actions::handler(info)
            .ok_or_else(|| ApiError::not_served(info.service.name, info.name))?;
        let ParsedRequest { request, fingerprint } = (handler.parse)(parameters)?;
        let needs_key_pair = handler.needs_key_pair;
        let (caller, faults) = (Caller::default(), Vec::new());
        Ok(Self {
            info,
            region,
            request,
            fingerprint,
            needs_key_pair,
            key_pair: None,
            caller,
            faults,
        })
    }

    /// Whether the request needs a key pair from a [`KeyPairGenerator`](crate::KeyPairGenerator), and has none yet. Its
    /// generation takes long, so it is not a part of the command that needs it.
    #[must_use]
    pub const fn needs_key_pair(&self) -> bool {
        self.needs_key_pair && self.key_pair.is_none()
    }

    /// Adds the key pair that a request needs. Without it, the request ends with an error.
    #[must_use]
    pub fn with_key_pair(mut self, key_pair: NewKeyPair) -> Self {
        self.key_pair = Some(key_pair);
        self
    }

    /// Sets who sends the request. Default: [`Caller::Account`].
    #[must_use]
    pub fn with_caller(mut self, caller: Caller) -> Self {
        self.caller = caller;
        self
    }

    /// Who sends the request.
    #[must_use]
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Adds a fault of the cloud that handles the request.
    #[must_use]
    pub fn with_fault(mut self, fault: CloudFault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Its action.
    #[must_use]
    pub const fn action(&self) -> &'static ActionInfo {
        self.info
    }

    /// The faults of the cloud that handles it.
    pub(crate) fn faults(&self) -> &[CloudFault] {
        &self.faults
    }

    /// The same request with the fingerprint of another, which had the passwords that this one lacks.
    pub(crate) fn with_fingerprint(mut self, fingerprint: Option<HexDigest>) -> Self {
        self.fingerprint = fingerprint;
        self
    }

    pub(crate) fn model(&self) -> &dyn Model {
        self.request.model()
    }

    pub(crate) const fn fingerprint(&self) -> Option<HexDigest> {
        self.fingerprint
    }

    pub(crate) const fn key_pair(&self) -> Option<&NewKeyPair> {
        self.key_pair.as_ref()
    }

    /// A request with a handler from a test.
    #[cfg(test)]
    pub(crate) fn of(
        info: &'static ActionInfo,
        region: &'static Region,
        request: Box<dyn BoxedRequest>,
    ) -> Self {
        let (fingerprint, caller, faults) = (None, Caller::default(), Vec::new());
        Self {
            info,
            region,
            request,
            fingerprint,
            needs_key_pair: false,
            key_pair: None,
            caller,
            faults,
        }
    }

    /// Sets the region that a parameter of the request names, if one does.
    pub(crate) fn use_named_region(&mut self, catalog: Catalog) -> Result<(), ApiError> {
        let Some(name) = self.request.region_name() else { return Ok(()) };
        self.region = catalog.region(name, false).ok_or_else(|| {
            let message = format!("The region `{name}` does not exist.");
            let codes = DocumentedCodes(self.info);
            codes.error(["InvalidParameterValue.RegionInvalid"], message)
        })?;
        Ok(())
    }

    /// Its region.
    #[must_use]
    pub const fn region(&self) -> &'static Region {
        self.region
    }

    /// Whether the action only reads.
    #[must_use]
    pub const fn is_read(&self) -> bool {
        matches!(self.info.retry, RetryClass::Read)
    }

    /// Handles the request. Everything that was due in any region has been applied before.
    pub(crate) fn handle(
        self,
        account: AccountId,
        settings: Settings<'_>,
        state: &mut State,
        clock: &VirtualClock,
        now: Timestamp,
        request_id: &str,
    ) -> Result<Reply, ApiError> {
        let region = self.region.name;
        state.instances_of(region);
        let (mut here, mut elsewhere) = (None, BTreeMap::new());
        for (name, instances) in &mut state.instances {
            if *name == region {
                here = Some(&mut **instances);
            } else {
                elsewhere.insert(*name, instances);
            }
        }
        let instances = here.ok_or_else(|| {
            ApiError::new("InternalError", format!("The region {region} has no instances."))
        })?;
        self.request.apply(&mut RequestContext {
            account,
            caller: self.caller,
            directory: settings.directory,
            accounts: settings.accounts,
            catalog: settings.catalog,
            quotas: state.quotas,
            is_network_strict: settings.is_network_strict,
            faults: OperationFaults::of(&self.faults),
            codes: DocumentedCodes(self.info),
            request_id,
            fingerprint: self.fingerprint,
            key_pair: self.key_pair,
            region: self.region,
            clock,
            now,
            instances,
            elsewhere,
            key_pairs: &mut state.key_pairs,
            tags: &mut state.tags,
            regions: &mut state.resources,
            ids: &mut state.ids,
        })
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { info, region, .. } = self;
        f.debug_struct("Request")
            .field("action", &info.name)
            .field("region", &region.name)
            .finish_non_exhaustive()
    }
}

/// The region of a request. `accepts_old_names` is for the gateway before API 3.0. An action that is not regional
/// ignores the name, even a wrong one.
///
/// # Errors
///
/// The name is missing or unknown.
pub fn find_region(
    catalog: Catalog,
    info: &ActionInfo,
    name: Option<&str>,
    accepts_old_names: bool,
) -> Result<&'static Region, ApiError> {
    let missing = || {
        let message = "The request is missing the common parameter `Region`.";
        ApiError::new("MissingParameter", message)
    };
    if !info.regional {
        return catalog.regions().first().ok_or_else(missing);
    }
    let name = name.ok_or_else(missing)?;
    catalog.region(name, accepts_old_names).ok_or_else(|| {
        let message = format!("{} is not offered in the region `{name}`.", info.name);
        ApiError::new("UnsupportedRegion", message)
    })
}

#[cfg(test)]
mod tests {
    use cvm_models::actions::StopInstances;
    use cvm_protocol::Action;

    use super::*;

    /// An action that only the specification contains.
    static SPECIFIED: ActionInfo = ActionInfo::new(
        "SpecifiedAlone",
        &cvm_models::SERVICE,
        StopInstances::INFO.request,
        StopInstances::INFO.response,
    );

    #[test]
    fn unsupported_action_is_checked_and_then_refused() {
        let region =
            find_region(Catalog::builtin(), &SPECIFIED, Some("ap-guangzhou"), false).unwrap();
        let error = |body: &str| {
            Request::parse(&SPECIFIED, region, &Parameters::Json(body.as_bytes())).err().unwrap()
        };
        assert_eq!(error("{}").code, "MissingParameter");
        assert_eq!(error("{\"No\":1}").code, "UnknownParameter");
        let error = error("{\"InstanceIds\":[\"ins-12345678\"]}");
        assert_eq!(error.code, "UnsupportedOperation");
        assert_eq!(error.message, "The emulator does not serve cvm:SpecifiedAlone.");
    }
}
