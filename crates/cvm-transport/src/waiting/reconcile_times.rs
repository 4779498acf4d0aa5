//! The schedule of a reconciliation: when it reads, and how long each read may take.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::time::deadline::after;

/// The times of the reads, in sixtieths of the settle time. For one minute, these are seconds.
const READ_TIMES: [u32; 6] = [2, 5, 10, 20, 40, 60];
/// The minimum time that a read may take.
const MIN_TIME: Duration = Duration::from_secs(10);

/// The remaining reads.
///
/// A read may take a third of the settle time, at least 10 s, and none lasts longer than that beyond the end of the
/// settle time. A read whose time came during an earlier read is skipped, except for the last one.
#[derive(Debug)]
pub(crate) struct Schedule {
    times: VecDeque<Instant>,
    allowance: Duration,
    end: Instant,
}

impl Schedule {
    /// The reads of a settle time that begins at this instant: the future ones, and one now instead of those in the
    /// past. At least two, because a single one may be incomplete.
    pub(crate) fn new(begin: Instant, settle: Duration) -> Self {
        let now = Instant::now();
        let at = |sixtieths: u32| after(begin, settle.saturating_mul(sixtieths) / 60);
        let mut times: VecDeque<Instant> = READ_TIMES.into_iter().map(at).collect();
        let count = times.len();
        times.retain(|at| *at > now);
        if times.len() < count {
            times.push_front(now);
        }
        if times.len() < 2 {
            times.push_back(after(now, settle / 30));
        }
        let end = times.back().copied().unwrap_or(now);
        Self { times, allowance: (settle / 3).max(MIN_TIME), end }
    }

    /// Waits for the time of the next read. Returns the read's deadline; `None` after the last read.
    pub(crate) async fn next(&mut self) -> Option<Instant> {
        let at = self.times.pop_front()?;
        tokio::time::sleep_until(at).await;
        Some(after(Instant::now(), self.allowance).min(after(self.end, self.allowance)))
    }

    /// Marks the end of a read, and skips those that should have begun in the meantime.
    pub(crate) fn ended(&mut self) {
        let now = Instant::now();
        while self.times.len() > 1 && self.times.front().is_some_and(|at| *at <= now) {
            self.times.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// When each read began and its deadline, in seconds, if each takes this long or until its deadline.
    async fn reads(settle: Duration, takes: Duration) -> Vec<(u64, u64)> {
        let began = Instant::now();
        let mut schedule = Schedule::new(began, settle);
        let mut reads = Vec::new();
        while let Some(until) = schedule.next().await {
            let at = Instant::now();
            reads.push(((at - began).as_secs(), (until - began).as_secs()));
            tokio::time::sleep_until(until.min(after(at, takes))).await;
            schedule.ended();
        }
        reads
    }

    #[tokio::test(start_paused = true)]
    async fn fast_reads_follow_the_schedule() {
        let quick = reads(60 * SECOND, Duration::ZERO).await;
        assert_eq!(quick, [(2, 22), (5, 25), (10, 30), (20, 40), (40, 60), (60, 80)]);
    }

    #[tokio::test(start_paused = true)]
    async fn slow_reads_skip_all_but_the_last() {
        let slow = reads(60 * SECOND, Duration::MAX).await;
        assert_eq!(slow, [(2, 22), (40, 60), (60, 80)]);
        let slow = reads(2 * SECOND, Duration::MAX).await;
        assert_eq!(slow, [(0, 10), (10, 12)]);
    }

    #[tokio::test(start_paused = true)]
    async fn every_settle_time_has_two_reads_and_an_end() {
        for settle in [Duration::ZERO, Duration::from_nanos(1), SECOND, 60 * SECOND, Duration::MAX]
        {
            for takes in [Duration::ZERO, SECOND, Duration::MAX] {
                let began = Instant::now();
                let count = reads(settle, takes).await.len();
                assert!((2..=6).contains(&count), "{settle:?}, {takes:?}: {count}");
                let max = settle.saturating_add((settle / 3).max(MIN_TIME));
                assert!(began.elapsed() <= max.saturating_add(SECOND), "{settle:?}, {takes:?}");
            }
        }
    }
}
