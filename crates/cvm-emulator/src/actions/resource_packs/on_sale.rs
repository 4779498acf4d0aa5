//! The types of packs that a zone sells.

use crate::api_error::ApiError;
use crate::catalogue::{PackType, instance_type, pack_type};
use crate::error_codes;
use crate::state::RequestContext;

/// The type of a name, which the zone sells.
pub(in crate::actions) fn on_sale(
    scene: &RequestContext<'_>,
    name: &str,
    zone: &str,
) -> Result<&'static PackType, ApiError> {
    const NO_PACK: &str = "InvalidParameter.InstanceTypeNotSupport";
    let codes = scene.codes;
    error_codes::type_name(codes, name)?;
    let zone = scene.zone(zone)?;
    if let Some(found) = pack_type(name).filter(|one| one.is_offered_in(zone)) {
        return Ok(found);
    }
    if instance_type(name).is_some() {
        let message = format!("The instance type `{name}` cannot be reserved as a pack.");
        return Err(codes.error([NO_PACK], message));
    }
    let message = format!("The zone `{}` has no packs of the type `{name}`.", zone.name());
    Err(codes.error(["ResourceNotFound.InvalidZoneInstanceType", NO_PACK], message))
}
