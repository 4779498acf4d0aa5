//! The address ranges that requests name.

use std::net::Ipv4Addr;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::cidr::{Cidr, CidrError};

/// The private ranges, which contain every VPC. A mask has at least as many bits as that of the private range.
const PRIVATE: [Cidr; 3] = [
    Cidr::new(Ipv4Addr::new(10, 0, 0, 0), 12),
    Cidr::new(Ipv4Addr::new(172, 16, 0, 0), 12),
    Cidr::new(Ipv4Addr::new(192, 168, 0, 0), 16),
];

/// The smallest ranges have 16 addresses.
const MAX_PREFIX: u8 = 28;

/// The largest subnets have 65,536 addresses.
const MIN_SUBNET_PREFIX: u8 = 16;

/// Parses the member `CidrBlock` of a request. Without IPv6, a network needs it.
fn parse(codes: DocumentedCodes, text: Option<&str>) -> Result<Cidr, ApiError> {
    let Some(text) = text else {
        let message = "The parameter `CidrBlock` is missing, such as 10.0.0.0/16.";
        return Err(codes.error(["MissingParameter"], message));
    };
    Cidr::parse(text).map_err(|error| {
        let reason = match error {
            CidrError::Malformed => {
                "is malformed; write an IPv4 range such as 10.0.0.0/16".to_owned()
            }
            CidrError::NotFirstAddress(range) => {
                format!("is malformed, because its range begins earlier; write {range}")
            }
        };
        let message = format!("The `CidrBlock` `{text}` {reason}.");
        codes.error(["InvalidParameterValue.Malformed"], message)
    })
}

/// The range of a new VPC.
pub(super) fn of_vpc(codes: DocumentedCodes, text: Option<&str>) -> Result<Cidr, ApiError> {
    let range = parse(codes, text)?;
    let is_private = PRIVATE.iter().any(|private| private.includes(range));
    if is_private && range.prefix() <= MAX_PREFIX {
        return Ok(range);
    }
    let private = PRIVATE.map(|range| range.to_string()).join(", ");
    let message = format!(
        "`CidrBlock` is `{range}`, but must be in one of the ranges {private}, with a mask of at \
         most {MAX_PREFIX} bits."
    );
    Err(codes.error(["InvalidParameterValue"], message))
}

/// The range of a new subnet in a VPC with this id and range.
pub(super) fn of_subnet(
    codes: DocumentedCodes,
    text: Option<&str>,
    (vpc_id, vpc): (&str, Cidr),
) -> Result<Cidr, ApiError> {
    let range = parse(codes, text)?;
    let has_size = (MIN_SUBNET_PREFIX..=MAX_PREFIX).contains(&range.prefix());
    if has_size && vpc.includes(range) {
        return Ok(range);
    }
    let message = format!(
        "`CidrBlock` is `{range}`, but must be in the range {vpc} of `{vpc_id}`, with a mask of \
         {MIN_SUBNET_PREFIX} to {MAX_PREFIX} bits."
    );
    Err(codes.error(["InvalidParameterValue.SubnetRange"], message))
}
