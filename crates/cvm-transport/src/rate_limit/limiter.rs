//! Grants the rate-limit slots of one key (credential, region, action). A pure state machine: the time is an argument.
//!
//! A slot is granted only when it is used. A waiting call has a position in a queue but no slot, so a call that stops
//! waiting takes no slot with it. Retries go before new calls, because they have already waited.
//!
//! The queue is served in order, except under overload: when a call has waited longer than a window, or left without
//! a slot. In arrival order, each call would then get its slot when too little time is left for the response, and no
//! call would succeed. So the newest call goes first, because it has the most time left. Every tenth slot goes to the
//! oldest call, so that a call with a long timeout succeeds.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// The window in which the service counts calls (1 s), plus a margin: calls do not arrive as evenly as they are sent.
pub(crate) const WINDOW: Duration = Duration::from_millis(1_050);
/// The share of the rate that is left after a throttle: CUBIC's multiplicative decrease β (RFC 9438, section 4.6).
/// The AWS SDKs' adaptive retry mode uses the same two constants.
const DECREASE: f64 = 0.7;
/// How steeply the rate grows back: CUBIC's constant C (RFC 9438, section 5).
const GROWTH: f64 = 0.4;
/// The weight of a new measurement in the smoothed rate, as in the AWS SDKs' adaptive retry mode.
const SMOOTHING: f64 = 0.8;
/// The lowest rate, in calls per second, as in the AWS SDKs' adaptive retry mode.
const MIN_RATE: f64 = 0.5;
/// How often the calls behind the first one check for a free slot. The first call waits exactly and wakes the next,
/// but its runtime may be blocked.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);
/// Under overload, one slot of this many goes to the call that has waited longest.
const OLDEST_SHARE: u64 = 10;
/// After this idle time, a new limiter would decide the same.
const IDLE_TIME: Duration = Duration::from_secs(600);

#[derive(Debug)]
pub(crate) struct Limiter {
    per_second: Option<usize>,
    /// The slots in the current window.
    taken: VecDeque<Slot>,
    waiting: BTreeMap<QueuePosition, WaitingCall>,
    /// A call left without a slot since the queue was last empty.
    has_unserved: bool,
    /// The number of slots granted under overload.
    granted_under_overload: u64,
    /// Calls that were granted slots and have not checked since.
    served: HashMap<QueuePosition, Holder>,
    entered: u64,
    measured: f64,
    measuring_since: Option<Instant>,
    counted: u32,
    adaptive: Option<Adaptive>,
    /// The latest slot or response.
    used: Option<Instant>,
}

/// A position in the queue; the lowest is served first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct QueuePosition {
    is_new: bool,
    number: u64,
}

/// Identifies the attempt that holds a slot.
pub(crate) type Holder = u64;

/// A slot in use.
#[derive(Debug)]
struct Slot {
    at: Instant,
    holder: Holder,
}

/// A call that waits for a slot.
#[derive(Debug)]
struct WaitingCall {
    holder: Holder,
    since: Instant,
    wake: Arc<Notify>,
}

/// The rate after a throttle.
#[derive(Debug)]
struct Adaptive {
    rate: f64,
    rate_before: f64,
    since: Instant,
    /// When the next slot is free.
    next: Instant,
}

impl Limiter {
    pub(crate) fn new(per_second: Option<u32>) -> Self {
        Self {
            per_second: per_second
                .and_then(|rate| usize::try_from(rate).ok())
                .filter(|rate| *rate > 0),
            taken: VecDeque::new(),
            waiting: BTreeMap::new(),
            has_unserved: false,
            granted_under_overload: 0,
            served: HashMap::new(),
            entered: 0,
            measured: 0.0,
            measuring_since: None,
            counted: 0,
            adaptive: None,
            used: None,
        }
    }

    /// Whether it was idle for so long that a new one would decide the same.
    pub(crate) fn is_idle(&self, now: Instant) -> bool {
        self.waiting.is_empty()
            && self.used.is_none_or(|used| now.saturating_duration_since(used) > IDLE_TIME)
    }

    /// Takes a slot if one is free and no call waits for it.
    pub(crate) fn try_take(&mut self, holder: Holder, now: Instant) -> bool {
        let is_taken = self.waiting.is_empty() && self.is_free(now);
        if is_taken {
            self.take(holder, now);
        }
        is_taken
    }

    /// Joins the queue. The returned `Notify` tells the call to check its position.
    pub(crate) fn join(
        &mut self,
        holder: Holder,
        is_retry: bool,
        now: Instant,
    ) -> (QueuePosition, Arc<Notify>) {
        let position = QueuePosition { is_new: !is_retry, number: self.entered };
        self.entered += 1;
        let wake = Arc::new(Notify::new());
        self.waiting.insert(position, WaitingCall { holder, since: now, wake: Arc::clone(&wake) });
        (position, wake)
    }

    /// Grants the free slots.
    pub(crate) fn serve(&mut self, now: Instant) {
        let before = self.waiting.len();
        while !self.waiting.is_empty() && self.is_free(now) {
            let Some(position) = self.next_call(now) else { break };
            if let Some(WaitingCall { holder, wake, .. }) = self.waiting.remove(&position) {
                self.take(holder, now);
                self.served.insert(position, holder);
                wake.notify_one();
            }
        }
        self.has_unserved &= !self.waiting.is_empty();
        if self.waiting.len() < before {
            self.wake_first();
        }
    }

    /// Which call gets the next slot: a retry if there is one, and the newest under overload.
    fn next_call(&mut self, now: Instant) -> Option<QueuePosition> {
        let (oldest, WaitingCall { since, .. }) = self.waiting.first_key_value()?;
        let is_overload = self.has_unserved || now.saturating_duration_since(*since) > WINDOW;
        if !is_overload {
            return Some(*oldest);
        }
        self.granted_under_overload += 1;
        if self.granted_under_overload.is_multiple_of(OLDEST_SHARE) {
            return Some(*oldest);
        }
        let last = QueuePosition { is_new: oldest.is_new, number: u64::MAX };
        self.waiting.range(..=last).next_back().map(|(newest, _)| *newest)
    }

    /// When a waiting call has to check again; `None` once, if it was granted a slot.
    pub(crate) fn next_check(&mut self, position: QueuePosition, now: Instant) -> Option<Instant> {
        if self.served.remove(&position).is_some() {
            return None;
        }
        let is_first = self.waiting.first_key_value().is_some_and(|(first, _)| *first == position);
        let free = self.free_at(now);
        Some(if is_first { free } else { free.max(now + CHECK_INTERVAL) })
    }

    /// Leaves the queue, or releases a slot that was granted in the meantime.
    pub(crate) fn leave(&mut self, position: QueuePosition, now: Instant) {
        let was_first = self.waiting.first_key_value().is_some_and(|(first, _)| *first == position);
        if self.waiting.remove(&position).is_some() {
            self.has_unserved = !self.waiting.is_empty();
            if was_first {
                self.wake_first();
            }
        } else if let Some(holder) = self.served.remove(&position) {
            self.release(holder, now);
        }
    }

    /// Releases a slot that was not used.
    pub(crate) fn release(&mut self, holder: Holder, now: Instant) {
        if let Some(index) = self.taken.iter().rposition(|slot| slot.holder == holder) {
            self.taken.remove(index);
        }
        if let Some(adaptive) = &mut self.adaptive {
            adaptive.next = adaptive.next.min(now);
        }
        self.serve(now);
    }

    fn wake_first(&self) {
        if let Some((_, first)) = self.waiting.first_key_value() {
            first.wake.notify_one();
        }
    }

    fn drop_old_slots(&mut self, now: Instant) {
        while self.taken.front().is_some_and(|slot| slot.at + WINDOW <= now) {
            self.taken.pop_front();
        }
    }

    fn is_free(&mut self, now: Instant) -> bool {
        if let Some(limit) = self.per_second {
            self.drop_old_slots(now);
            if self.taken.len() >= limit {
                return false;
            }
        }
        self.adaptive.as_ref().is_none_or(|adaptive| now >= adaptive.next)
    }

    /// Takes a free slot.
    fn take(&mut self, holder: Holder, now: Instant) {
        if let Some(adaptive) = &mut self.adaptive {
            let interval = Duration::from_secs_f64(1.0 / adaptive.rate.max(MIN_RATE));
            // Counted from the scheduled time, so that a late timer costs no slots.
            adaptive.next = (adaptive.next + interval).max(now);
        }
        if self.per_second.is_some() {
            self.taken.push_back(Slot { at: now, holder });
        }
        self.used = self.used.max(Some(now));
    }

    /// When the next slot is free.
    fn free_at(&self, now: Instant) -> Instant {
        let mut free = now;
        if let Some(limit) = self.per_second
            && let Some(blocks) = self.taken.len().checked_sub(limit)
            && let Some(slot) = self.taken.get(blocks)
        {
            free = free.max(slot.at + WINDOW);
        }
        match &self.adaptive {
            Some(adaptive) => free.max(adaptive.next),
            None => free,
        }
    }

    pub(crate) fn throttled(&mut self, now: Instant) {
        self.measure(now);
        let latest = self.adaptive.as_ref();
        // A throttle of a call that was sent before the rate was lowered says nothing about the lower rate. One
        // window counts as one event, as one round trip does in TCP.
        if latest.is_some_and(|adaptive| now < adaptive.since + WINDOW) {
            return;
        }
        let current = latest.map_or(f64::INFINITY, |adaptive| adaptive.rate);
        let before = self.throughput().min(current).max(MIN_RATE);
        let rate = (before * DECREASE).max(MIN_RATE);
        let next = now + Duration::from_secs_f64(1.0 / rate);
        self.adaptive = Some(Adaptive { rate, rate_before: before, since: now, next });
    }

    pub(crate) fn accepted(&mut self, now: Instant) {
        self.measure(now);
        let max = 2.0 * self.throughput().max(MIN_RATE);
        let Some(adaptive) = &mut self.adaptive else { return };
        let seconds = now.saturating_duration_since(adaptive.since).as_secs_f64();
        let plateau = (adaptive.rate_before * (1.0 - DECREASE) / GROWTH).cbrt();
        let grown = GROWTH * (seconds - plateau).powi(3) + adaptive.rate_before;
        // Never more than twice the measured rate: an idle client must not increase its limit.
        adaptive.rate = grown.min(max).max(MIN_RATE);
        let documented = self.per_second.map_or(0.0, |limit| limit as f64);
        if grown >= documented.max(2.0 * adaptive.rate_before) {
            // Far above the rate that was throttled: back to the documented limit.
            self.adaptive = None;
        }
        self.serve(now);
    }

    /// Calls per second that got a response.
    fn throughput(&self) -> f64 {
        // The current interval is shorter than a second, so the rate is at least its count.
        self.measured.max(f64::from(self.counted))
    }

    /// Updates the smoothed rate, in intervals of half a second.
    fn measure(&mut self, now: Instant) {
        self.counted += 1;
        self.used = self.used.max(Some(now));
        let since = *self.measuring_since.get_or_insert(now);
        let elapsed = now.saturating_duration_since(since).as_secs_f64();
        if elapsed >= 0.5 {
            let rate = f64::from(self.counted) / elapsed;
            self.measured = rate * SMOOTHING + self.measured * (1.0 - SMOOTHING);
            self.counted = 0;
            self.measuring_since = Some(now);
        }
    }
}

#[cfg(test)]
mod tests;
