//! A cache of the addresses of a client: each is computed and checked once per region.

use std::sync::{Arc, Mutex, PoisonError};

use cvm_protocol::ServiceInfo;

use super::{Address, CheckedEndpoint};
use crate::config::{Dialect, Endpoint};
use crate::{Error, Region};

/// The maximum number of cached addresses. There are fewer regions.
const MAX_HOSTS: usize = 64;

/// Computes and caches the addresses of a client.
#[derive(Debug)]
pub(crate) struct Addresses {
    endpoint: CheckedEndpoint,
    of_profile: Vec<ServiceEndpoint>,
    dialect: Dialect,
    cached: Mutex<Vec<CachedAddress>>,
}

/// The endpoint of one service.
#[derive(Debug)]
pub(crate) struct ServiceEndpoint {
    pub(crate) service: String,
    pub(crate) endpoint: CheckedEndpoint,
}

#[derive(Debug)]
struct CachedAddress {
    service: &'static ServiceInfo,
    region: Option<Region>,
    address: Arc<Address>,
}

impl Addresses {
    /// `of_profile` has the services with their own endpoint.
    pub(crate) const fn new(
        endpoint: CheckedEndpoint,
        of_profile: Vec<ServiceEndpoint>,
        dialect: Dialect,
    ) -> Self {
        Self { endpoint, of_profile, dialect, cached: Mutex::new(Vec::new()) }
    }

    /// The endpoint of all services without their own.
    pub(crate) fn configured(&self) -> Endpoint {
        self.endpoint.configured()
    }

    /// The services with their own endpoint, and these.
    pub(crate) fn configured_by_profile(&self) -> Vec<(String, Endpoint)> {
        let row = |one: &ServiceEndpoint| (one.service.clone(), one.endpoint.configured());
        self.of_profile.iter().map(row).collect()
    }

    /// The endpoint of a service.
    pub(crate) fn endpoint(&self, service: &ServiceInfo) -> &CheckedEndpoint {
        let of_profile = self.of_profile.iter().find(|one| one.service == service.name);
        of_profile.map_or(&self.endpoint, |one| &one.endpoint)
    }

    /// The address of `service` for a request in this region.
    pub(crate) fn of(
        &self,
        service: &'static ServiceInfo,
        region: Option<&Region>,
    ) -> Result<Arc<Address>, Error> {
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        let matches = |row: &&CachedAddress| {
            std::ptr::eq(row.service, service) && row.region.as_ref() == region
        };
        if let Some(row) = cached.iter().find(matches) {
            return Ok(Arc::clone(&row.address));
        }
        let address = self
            .endpoint(service)
            .address(service, region, self.dialect)
            .map_err(|error| Error::usage(error.to_string()))?;
        let address = Arc::new(address);
        if cached.len() < MAX_HOSTS {
            let address = Arc::clone(&address);
            cached.push(CachedAddress { service, region: region.cloned(), address });
        }
        Ok(address)
    }
}
