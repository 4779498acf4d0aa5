//! Prepaid bandwidth: an instance has some for its own term, and can buy more for some days.

use cvm_models::enums::InternetChargeType;

use crate::state::{Period, StoredInstance};
use crate::timestamp::Timestamp;

/// Maximum number of periods of an instance. At this number, periods that have ended are removed.
pub(crate) const MAX_PERIODS: usize = 100;

impl StoredInstance {
    /// Whether the instance has the maximum number of periods that have not ended.
    pub(crate) fn has_much_bandwidth_ahead(&self, now: Timestamp) -> bool {
        let ahead = self.bandwidth.iter().filter(|period| period.ends.is_none_or(|it| now < it));
        ahead.count() >= MAX_PERIODS
    }

    /// Adds a bought period.
    pub(crate) fn add_bandwidth(&mut self, period: Period, now: Timestamp) {
        if self.bandwidth.len() >= MAX_PERIODS {
            self.bandwidth.retain(|period| period.ends.is_none_or(|ends| now < ends));
        }
        self.bandwidth.push(period);
    }

    /// Starts to prepay the bandwidth, if its charge type is prepaid.
    pub(crate) fn begin_prepaid_bandwidth(&mut self, now: Timestamp) {
        if self.internet_charge_type == InternetChargeType::BandwidthPrepaid {
            let mbps = self.bandwidth_mbps;
            self.bandwidth.push(Period { begins: now, ends: None, mbps });
        }
    }

    /// Ends prepaid bandwidth. Periods that start later are removed.
    pub(crate) fn end_prepaid_bandwidth(&mut self, now: Timestamp) {
        if let Some(owned) = self.bandwidth.iter().find(|period| period.ends.is_none()) {
            self.bandwidth_mbps = owned.mbps;
        }
        self.bandwidth.retain(|period| period.begins <= now);
        for period in &mut self.bandwidth {
            period.ends = Some(period.ends.map_or(now, |ends| ends.min(now)));
        }
    }

    /// Shows the highest bandwidth that is paid for at this time.
    pub(crate) fn show_prepaid_bandwidth(&mut self, time: Timestamp) {
        let paid = self.bandwidth.iter().filter(|period| period.includes(time));
        if let Some(mbps) = paid.map(|period| period.mbps).max() {
            self.bandwidth_mbps = mbps;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(begins: u64, ends: Option<u64>) -> Period {
        Period {
            begins: Timestamp::from_unix(begins),
            ends: ends.map(Timestamp::from_unix),
            mbps: 1,
        }
    }

    #[test]
    fn adjacent_periods_do_not_overlap() {
        let whole = period(10, None);
        assert!(whole.overlaps(&period(20, Some(30))) && period(20, Some(30)).overlaps(&whole));
        assert!(!whole.overlaps(&period(0, Some(10))) && !period(0, Some(10)).overlaps(&whole));
        assert!(period(0, Some(11)).overlaps(&whole));
    }

    #[test]
    fn ended_bandwidth_periods_are_removed_when_there_are_many() {
        let mut instance = StoredInstance::default();
        instance.bandwidth.push(period(0, None));
        for day in 0..1_000 {
            let now = Timestamp::from_unix(day * 10);
            assert!(!instance.has_much_bandwidth_ahead(now));
            instance.add_bandwidth(period(day * 10, Some(day * 10 + 10)), now);
        }
        assert!(instance.bandwidth.len() <= MAX_PERIODS, "{}", instance.bandwidth.len());
        assert_eq!(instance.bandwidth.first(), Some(&period(0, None)));
        let now = Timestamp::from_unix(10_000);
        (1..MAX_PERIODS as u64)
            .for_each(|_| instance.add_bandwidth(period(20_000, Some(30_000)), now));
        assert!(instance.has_much_bandwidth_ahead(now));
        assert!(!instance.has_much_bandwidth_ahead(Timestamp::from_unix(30_000)));
    }

    #[test]
    fn highest_paid_bandwidth_is_shown() {
        let mut instance = StoredInstance::default();
        instance.bandwidth.push(Period { mbps: 5, ..period(0, None) });
        instance.bandwidth.push(Period { mbps: 50, ..period(10, Some(20)) });
        for (seconds, expected) in [(9, 5), (10, 50), (19, 50), (20, 5)] {
            instance.show_prepaid_bandwidth(Timestamp::from_unix(seconds));
            assert_eq!(instance.bandwidth_mbps, expected, "at {seconds}");
        }
        instance.end_prepaid_bandwidth(Timestamp::from_unix(5));
        assert_eq!(instance.bandwidth, [Period { mbps: 5, ..period(0, Some(5)) }]);
    }
}
