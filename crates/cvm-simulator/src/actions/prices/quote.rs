//! Prices in the format of the API: a total to pay in advance, or a rate for metered usage.
//!
//! All amounts are in CNY. Totals are rounded to the fen (0.01), rates to four decimals, because an hour of a small
//! disk costs less than a fen.

use cvm_models::enums::ChargeUnit;
use cvm_models::types::ItemPrice;

use crate::catalog::Tariff;

/// A price of nothing: every member that is not part of a price is 0, as in the documented samples.
pub(crate) fn nothing() -> ItemPrice {
    const ZERO: Option<f64> = Some(0.0);
    ItemPrice {
        unit_price: ZERO,
        charge_unit: Some(ChargeUnit::Hour),
        original_price: ZERO,
        discount_price: ZERO,
        discount: ZERO,
        unit_price_discount: ZERO,
        unit_price_second_step: ZERO,
        unit_price_discount_second_step: ZERO,
        unit_price_third_step: ZERO,
        unit_price_discount_third_step: ZERO,
        original_price_three_year: ZERO,
        discount_price_three_year: ZERO,
        discount_three_year: ZERO,
        original_price_five_year: ZERO,
        discount_price_five_year: ZERO,
        discount_five_year: ZERO,
        original_price_one_year: ZERO,
        discount_price_one_year: ZERO,
        discount_one_year: ZERO,
        ..ItemPrice::default()
    }
}

/// A rate per hour: the list price and the discounted price.
pub(crate) fn by_hour(list: f64, asked: f64) -> ItemPrice {
    metered(ChargeUnit::Hour, list, asked)
}

/// The rate per hour of an instance, which is the same however long it runs. With steps, the first rate is only for the
/// first 96 hours.
pub(crate) fn by_hour_of_instance(list: f64, asked: f64) -> ItemPrice {
    let first = by_hour(list, asked);
    ItemPrice {
        unit_price_second_step: first.unit_price,
        unit_price_discount_second_step: first.unit_price_discount,
        unit_price_third_step: first.unit_price,
        unit_price_discount_third_step: first.unit_price_discount,
        ..first
    }
}

/// A rate per GB.
pub(crate) fn by_gb(list: f64) -> ItemPrice {
    metered(ChargeUnit::Gb, list, list)
}

/// The total for a number of months, one of which costs `month`: month · months · share of the term. It also contains
/// the totals for one, three and five years.
pub(crate) fn ahead(tariff: Tariff, month: f64, months: i64) -> ItemPrice {
    let term = |months: i64| sum(month * months as f64, tariff.term_share(months));
    let (one, three, five) = (term(12), term(36), term(60));
    ItemPrice {
        original_price_one_year: one.original_price,
        discount_price_one_year: one.discount_price,
        discount_one_year: one.discount,
        original_price_three_year: three.original_price,
        discount_price_three_year: three.discount_price,
        discount_three_year: three.discount,
        original_price_five_year: five.original_price,
        discount_price_five_year: five.discount_price,
        discount_five_year: five.discount,
        ..term(months)
    }
}

/// A total and its discounted share. A negative one is a refund.
pub(crate) fn sum(original: f64, share: f64) -> ItemPrice {
    ItemPrice {
        original_price: Some(fen(original)),
        discount_price: Some(fen(original * share)),
        discount: Some(fen(share * 100.0)),
        ..nothing()
    }
}

/// Rounded to two decimals, and never negative zero.
pub(crate) fn fen(amount: f64) -> f64 {
    rounded(amount, 100.0)
}

fn metered(unit: ChargeUnit, list: f64, asked: f64) -> ItemPrice {
    let share = if list > 0.0 { asked / list } else { 1.0 };
    ItemPrice {
        unit_price: Some(rounded(list, 10_000.0)),
        unit_price_discount: Some(rounded(asked, 10_000.0)),
        charge_unit: Some(unit),
        discount: Some(fen(share * 100.0)),
        ..nothing()
    }
}

fn rounded(amount: f64, parts: f64) -> f64 {
    // Adding zero turns negative zero into zero.
    (amount * parts).round() / parts + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn totals_have_two_decimals_and_rates_four() {
        let price = sum(10.0 / 3.0, 0.83);
        assert_eq!(
            (price.original_price, price.discount_price, price.discount),
            (Some(3.33), Some(2.77), Some(83.0))
        );
        let price = by_hour(1.0 / 3.0, 0.2 / 3.0);
        assert_eq!(
            (price.unit_price, price.unit_price_discount, price.discount),
            (Some(0.3333), Some(0.0667), Some(20.0))
        );
        assert_eq!((price.unit_price_third_step, price.original_price), (Some(0.0), Some(0.0)));
        let price = by_hour_of_instance(0.5, 0.1);
        assert_eq!((price.unit_price, price.unit_price_third_step), (Some(0.5), Some(0.5)));
        assert_eq!(price.unit_price_discount_second_step, Some(0.1));
    }

    #[test]
    fn zero_prices_are_never_negative_zero() {
        assert!(fen(-0.001).is_sign_positive());
        assert_eq!(by_hour(0.0, 0.0).discount, Some(100.0));
    }

    #[test]
    fn prepaid_price_has_the_total_and_the_yearly_totals() {
        let catalog = Catalog::builtin();
        let tariff = catalog.tariff(catalog.region("ap-guangzhou", false).unwrap());
        let price = ahead(tariff, 100.0, 24);
        assert_eq!((price.original_price, price.discount_price), (Some(2400.0), Some(1680.0)));
        assert_eq!(
            (price.discount_price_one_year, price.discount_one_year),
            (Some(996.0), Some(83.0))
        );
        assert_eq!(price.discount_price_three_year, Some(1800.0));
        assert_eq!(price.discount_price_five_year, Some(3000.0));
        assert_eq!((price.unit_price, price.charge_unit), (Some(0.0), Some(ChargeUnit::Hour)));
    }
}
