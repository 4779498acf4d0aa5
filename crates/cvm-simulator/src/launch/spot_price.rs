//! The bid for spot instances and their price.

use cvm_models::actions::RunInstances;
use cvm_models::enums::InstanceChargeType;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::catalog::{InstanceType, Tariff};

/// Checks the bid. A launch without a bid pays the current price.
pub(crate) fn check(
    codes: DocumentedCodes,
    request: &RunInstances,
    tariff: Tariff,
    kind: InstanceType,
) -> Result<(), ApiError> {
    let Some(options) = request
        .instance_market_options
        .as_ref()
        .filter(|_| request.instance_charge_type == Some(InstanceChargeType::SpotPaid))
    else {
        return Ok(());
    };
    let text = options.spot_options.max_price.as_str();
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let bid: f64 = text.parse().ok().filter(|_| is_decimal).ok_or_else(|| {
        let message = format!("The bid `{text}` is not a decimal number.");
        codes.error(["InvalidParameterValue"], message)
    })?;
    let asked = tariff.spot(tariff.instance_type(kind));
    if bid >= asked {
        return Ok(());
    }
    let name = kind.size.name;
    let message = format!("The bid {bid} is below {asked:.4}, the hourly price of {name}.");
    Err(codes.error(["InvalidParameterValue.InsufficientPrice"], message))
}

#[cfg(test)]
mod tests {
    use cvm_models::types::{InstanceMarketOptionsRequest, SpotMarketOptions};
    use cvm_protocol::Action;

    use super::*;
    use crate::catalog::Catalog;

    fn code(charge: InstanceChargeType, bid: &str) -> Option<&'static str> {
        let options =
            SpotMarketOptions { max_price: bid.to_owned(), ..SpotMarketOptions::default() };
        let request = RunInstances {
            instance_charge_type: Some(charge),
            instance_market_options: Some(InstanceMarketOptionsRequest {
                spot_options: options,
                ..InstanceMarketOptionsRequest::default()
            }),
            ..RunInstances::default()
        };
        let catalog = Catalog::builtin();
        let tariff = catalog.tariff(catalog.region("ap-guangzhou", false).unwrap());
        let kind = catalog.instance_type("S5.MEDIUM4").unwrap();
        check(DocumentedCodes(RunInstances::INFO), &request, tariff, kind).err().map(|it| it.code)
    }

    #[test]
    fn bid_below_the_spot_price_is_rejected() {
        // (2 · 0.115 + 4 · 0.05) · 0.2
        let spot = |bid| code(InstanceChargeType::SpotPaid, bid);
        assert_eq!(spot("0.087"), None);
        assert_eq!(spot("0.085"), Some("InvalidParameterValue.InsufficientPrice"));
        for text in ["", "inf", "-1", "1e3", "1.2.3", "a"] {
            assert_eq!(spot(text), Some("InvalidParameterValue"), "{text}");
        }
    }

    #[test]
    fn bid_is_ignored_for_other_charge_types() {
        assert_eq!(code(InstanceChargeType::PostpaidByHour, "0"), None);
    }
}
