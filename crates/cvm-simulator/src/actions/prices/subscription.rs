//! What was prepaid for an instance, and how much of it is left.
//!
//! Orders are not stored: one subscription reaches from the creation of the instance to its end, whatever renewals
//! extended it.

use cvm_models::enums::InstanceChargeType;
use cvm_models::types::ItemPrice;

use crate::actions::prices::quote;
use crate::catalog::Tariff;
use crate::state::StoredInstance;
use crate::timestamp::Timestamp;

/// Maximum length in months.
const MAX_MONTHS: u32 = 1200;

const DAY: u64 = 86_400;

/// A subscription.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subscription {
    tariff: Tariff,
    months: u32,
    /// In seconds.
    total: u64,
    left: u64,
}

impl Subscription {
    /// The subscription of a prepaid instance.
    pub(crate) fn of(tariff: Tariff, instance: &StoredInstance, now: Timestamp) -> Option<Self> {
        let is_prepaid = instance.charge_type == InstanceChargeType::Prepaid;
        let ends = instance.expires.filter(|_| is_prepaid)?;
        Self::between(tariff, (instance.created, ends), now)
    }

    fn between(
        tariff: Tariff,
        (begins, ends): (Timestamp, Timestamp),
        now: Timestamp,
    ) -> Option<Self> {
        let months = (1..MAX_MONTHS).find(|months| begins.months_later(*months) >= ends)?;
        let total = ends.unix().saturating_sub(begins.unix());
        Some(Self {
            tariff,
            months,
            total,
            left: ends.unix().saturating_sub(now.unix()).min(total),
        })
    }

    /// The price paid for an instance with this price per hour, in CNY: month · months · share of the term.
    pub(crate) fn paid(self, hour: f64) -> f64 {
        self.tariff.month(hour) * f64::from(self.months) * self.share()
    }

    /// The refund if it ends now, in CNY: paid · seconds left / total seconds.
    pub(crate) fn refund(self, hour: f64) -> f64 {
        self.paid(hour) * self.share_left()
    }

    /// The price of a higher price per hour from now on, in CNY: month of the difference · months · seconds left /
    /// total seconds, at the share of the term.
    pub(crate) fn difference(self, more_an_hour: f64) -> ItemPrice {
        let months_left = f64::from(self.months) * self.share_left();
        quote::sum(self.tariff.month(more_an_hour) * months_left, self.share())
    }

    /// Whole days, total and left.
    pub(crate) fn days(self) -> (u64, u64) {
        (self.total / DAY, self.left / DAY)
    }

    fn share_left(self) -> f64 {
        if self.total == 0 { 0.0 } else { self.left as f64 / self.total as f64 }
    }

    fn share(self) -> f64 {
        self.tariff.term_share(i64::from(self.months))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    fn subscription(ends: &str, now: &str) -> Option<Subscription> {
        let time = |text| Timestamp::parse(text).unwrap();
        let catalog = Catalog::builtin();
        let tariff = catalog.tariff(catalog.region("ap-guangzhou", false).unwrap());
        Subscription::between(tariff, (time("2023-01-01"), time(ends)), time(now))
    }

    #[test]
    fn remaining_days_of_a_subscription_are_counted() {
        let year = subscription("2024-01-01", "2023-07-02T12:00:00Z").unwrap();
        assert_eq!((year.months, year.days()), (12, (365, 182)));
        // 1 CNY per hour is 360 per month, and a year costs 83 percent.
        assert!((year.paid(1.0) - 3585.6).abs() < 1e-6);
        assert!((year.refund(1.0) - 1792.8).abs() < 1e-6);
        let more = year.difference(0.5);
        assert_eq!((more.original_price, more.discount_price), (Some(1080.0), Some(896.4)));
        assert_eq!(year.difference(-0.5).discount_price, Some(-896.4));
    }

    #[test]
    fn refund_share_is_between_0_and_1() {
        let over = subscription("2023-02-01", "2023-02-02").unwrap();
        assert_eq!((over.refund(1.0), over.difference(1.0).discount_price), (0.0, Some(0.0)));
        let early = subscription("2023-02-01", "2022-12-01").unwrap();
        assert_eq!(early.refund(1.0), early.paid(1.0));
        // A partial month counts as a whole one.
        assert_eq!(subscription("2023-02-02", "2023-01-01").map(|it| it.months), Some(2));
        assert_eq!(subscription("2022-12-01", "2023-01-01").map(|it| it.days()), Some((0, 0)));
    }
}
