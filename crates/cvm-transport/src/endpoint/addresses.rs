//! The addresses that a client has called: worked out and checked once for each region.

use std::sync::{Arc, Mutex, PoisonError};

use cvm_protocol::ServiceInfo;

use super::{Address, CheckedEndpoint, EndpointError};
use crate::{Dialect, Region};

/// Most addresses that are kept. There are fewer regions.
const MOST: usize = 64;

/// Looks addresses up, and works them out where they are not known yet.
#[derive(Debug)]
pub(crate) struct Addresses {
    endpoint: CheckedEndpoint,
    dialect: Dialect,
    known: Mutex<Vec<Known>>,
}

#[derive(Debug)]
struct Known {
    service: &'static ServiceInfo,
    region: Option<Region>,
    address: Arc<Address>,
}

impl Addresses {
    pub(crate) const fn new(endpoint: CheckedEndpoint, dialect: Dialect) -> Self {
        Self { endpoint, dialect, known: Mutex::new(Vec::new()) }
    }

    pub(crate) const fn endpoint(&self) -> &CheckedEndpoint {
        &self.endpoint
    }

    /// The address of `service` for a request of this region.
    pub(crate) fn of(
        &self,
        service: &'static ServiceInfo,
        region: Option<&Region>,
    ) -> Result<Arc<Address>, EndpointError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it =
            |row: &&Known| std::ptr::eq(row.service, service) && row.region.as_ref() == region;
        if let Some(row) = known.iter().find(is_it) {
            return Ok(Arc::clone(&row.address));
        }
        let address = Arc::new(self.endpoint.address(service, region, self.dialect)?);
        if known.len() < MOST {
            let address = Arc::clone(&address);
            known.push(Known { service, region: region.cloned(), address });
        }
        Ok(address)
    }
}
