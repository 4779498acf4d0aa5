//! DescribeZones of the service `api`.

use api_models::actions::{DescribeZones, DescribeZonesResponse};
use api_models::enums::ZoneState;
use api_models::types::ZoneInfo;

use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::state::RequestContext;
use crate::unsupported::PRODUCT;

/// The products that have the zones of the catalog.
const PRODUCTS: [&str; 3] = ["cbs", "cvm", "vpc"];

/// Lists the zones of the region.
impl ActionHandler for DescribeZones {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        if !PRODUCTS.contains(&self.product.as_str()) {
            return Err(PRODUCT.error());
        }
        let zone_set: Vec<_> = context
            .region
            .zones()
            .map(|zone| ZoneInfo {
                zone: zone.name(),
                zone_name: zone.title(),
                zone_id: zone.id(),
                zone_state: ZoneState::Available,
                ..Default::default()
            })
            .collect();
        Ok(Outcome::Response(DescribeZonesResponse {
            total_count: zone_set.len() as u64,
            zone_set,
            ..Self::Response::default()
        }))
    }
}
