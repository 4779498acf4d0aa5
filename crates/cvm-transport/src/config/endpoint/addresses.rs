//! The addresses that a client has called: worked out and checked once for each region.

use std::sync::{Arc, Mutex, PoisonError};

use cvm_protocol::ServiceInfo;

use super::{Address, CheckedEndpoint};
use crate::{Dialect, Error, Region};

/// Most addresses that are kept. There are fewer regions.
const MAX_HOSTS: usize = 64;

/// Looks addresses up, and works them out where they are not known yet.
#[derive(Debug)]
pub(crate) struct Addresses {
    endpoint: CheckedEndpoint,
    of_profile: Vec<ServiceEndpoint>,
    dialect: Dialect,
    known: Mutex<Vec<Known>>,
}

/// The endpoint of one service.
#[derive(Debug)]
pub(crate) struct ServiceEndpoint {
    pub(crate) service: String,
    pub(crate) endpoint: CheckedEndpoint,
}

#[derive(Debug)]
struct Known {
    service: &'static ServiceInfo,
    region: Option<Region>,
    address: Arc<Address>,
}

impl Addresses {
    /// `of_profile` holds the services that have another endpoint.
    pub(crate) const fn new(
        endpoint: CheckedEndpoint,
        of_profile: Vec<ServiceEndpoint>,
        dialect: Dialect,
    ) -> Self {
        Self { endpoint, of_profile, dialect, known: Mutex::new(Vec::new()) }
    }

    /// The endpoint of a service.
    pub(crate) fn endpoint(&self, service: &ServiceInfo) -> &CheckedEndpoint {
        let of_profile = self.of_profile.iter().find(|one| one.service == service.name);
        of_profile.map_or(&self.endpoint, |one| &one.endpoint)
    }

    /// The address of `service` for a request of this region.
    pub(crate) fn of(
        &self,
        service: &'static ServiceInfo,
        region: Option<&Region>,
    ) -> Result<Arc<Address>, Error> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it =
            |row: &&Known| std::ptr::eq(row.service, service) && row.region.as_ref() == region;
        if let Some(row) = known.iter().find(is_it) {
            return Ok(Arc::clone(&row.address));
        }
        let address = self
            .endpoint(service)
            .address(service, region, self.dialect)
            .map_err(|error| Error::usage(error.to_string()))?;
        let address = Arc::new(address);
        if known.len() < MAX_HOSTS {
            let address = Arc::clone(&address);
            known.push(Known { service, region: region.cloned(), address });
        }
        Ok(address)
    }
}
