//! Gives out the rate-limit slots of one key (credential, region, action): pure, told the time.
//!
//! A slot is given when it is used and not before. Whoever waits has a place in a queue and no slot, so a
//! waiter that leaves takes nothing along. Retries stand before new calls: they have queued before.
//!
//! The queue is served in order, except under overload: when somebody has waited for longer than a window, or
//! left without a slot. Served in order, everybody would then get a slot when there is just too little time
//! left for the response, and nobody would succeed. So the newest is served, which has the most time left
//! however long responses take, and every tenth slot goes to the oldest: a call with a long timeout gets
//! through.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// The window in which the service counts, and a little more: calls do not arrive as evenly as they
/// are sent.
pub(crate) const WINDOW: Duration = Duration::from_millis(1_050);
/// What is left of the rate after a throttle; this and [`GROWTH`] are those of CUBIC (RFC 9438), as AWS's
/// adaptive retry mode uses them.
const DROP: f64 = 0.7;
/// How steeply the rate grows back.
const GROWTH: f64 = 0.4;
/// How much a new measurement counts.
const SMOOTH: f64 = 0.8;
/// The lowest rate, in calls a second.
const LOWEST: f64 = 0.5;
/// How often those behind the first look whether a slot is free. The first waits for its time exactly and
/// wakes the next, but a runtime that nobody drives may hold it.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// Under overload one slot of so many goes to the one who has waited longest.
const OLDEST_SHARE: u64 = 10;
/// How long a pace has to rest before nothing of it matters any more.
const IDLE_TIME: Duration = Duration::from_secs(600);

#[derive(Debug)]
pub(crate) struct Limiter {
    per_second: Option<usize>,
    /// The slots of the present window.
    taken: VecDeque<Slot>,
    waiting: BTreeMap<Place, Waiting>,
    /// Somebody left without a slot since the queue was last empty.
    has_failed_some: bool,
    /// Slots that were given under overload.
    given_under_overload: u64,
    /// Those who were given their slots and have not looked since.
    served: HashMap<Place, Holder>,
    entered: u64,
    measured: f64,
    measuring_since: Option<Instant>,
    counted: u32,
    adaptive: Option<Adaptive>,
    /// The latest slot or response.
    used: Option<Instant>,
}

/// A place in the queue; the lowest is served first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    is_new: bool,
    number: u64,
}

/// Tells who has a slot from all others.
pub(crate) type Holder = u64;

/// A slot that was taken.
#[derive(Debug)]
struct Slot {
    at: Instant,
    holder: Holder,
}

/// One who waits for a slot.
#[derive(Debug)]
struct Waiting {
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
            has_failed_some: false,
            given_under_overload: 0,
            served: HashMap::new(),
            entered: 0,
            measured: 0.0,
            measuring_since: None,
            counted: 0,
            adaptive: None,
            used: None,
        }
    }

    /// Whether it was not used for so long that a new one would decide the same.
    pub(crate) fn rests(&self, now: Instant) -> bool {
        self.waiting.is_empty()
            && self.used.is_none_or(|used| now.saturating_duration_since(used) > IDLE_TIME)
    }

    /// Takes a slot, if one is free and nobody waits for it.
    pub(crate) fn try_take(&mut self, holder: Holder, now: Instant) -> bool {
        let is_taken = self.waiting.is_empty() && self.is_free(now);
        if is_taken {
            self.take(holder, now);
        }
        is_taken
    }

    /// Stands in the queue. The waiter is woken when it has to look at its place.
    pub(crate) fn enter(
        &mut self,
        holder: Holder,
        is_retry: bool,
        now: Instant,
    ) -> (Place, Arc<Notify>) {
        let place = Place { is_new: !is_retry, number: self.entered };
        self.entered += 1;
        let wake = Arc::new(Notify::new());
        self.waiting.insert(place, Waiting { holder, since: now, wake: Arc::clone(&wake) });
        (place, wake)
    }

    /// Gives the free slots to those whose turn it is.
    pub(crate) fn serve(&mut self, now: Instant) {
        let before = self.waiting.len();
        while !self.waiting.is_empty() && self.is_free(now) {
            let Some(place) = self.next_in_line(now) else { break };
            if let Some(Waiting { holder, wake, .. }) = self.waiting.remove(&place) {
                self.take(holder, now);
                self.served.insert(place, holder);
                wake.notify_one();
            }
        }
        self.has_failed_some &= !self.waiting.is_empty();
        if self.waiting.len() < before {
            self.wake_first();
        }
    }

    /// Who gets the next slot: a retry if there is one, and under overload the newest.
    fn next_in_line(&mut self, now: Instant) -> Option<Place> {
        let (oldest, Waiting { since, .. }) = self.waiting.first_key_value()?;
        let is_overload = self.has_failed_some || now.saturating_duration_since(*since) > WINDOW;
        if !is_overload {
            return Some(*oldest);
        }
        self.given_under_overload += 1;
        if self.given_under_overload.is_multiple_of(OLDEST_SHARE) {
            return Some(*oldest);
        }
        let last = Place { is_new: oldest.is_new, number: u64::MAX };
        self.waiting.range(..=last).next_back().map(|(newest, _)| *newest)
    }

    /// When to look again, for one who waits; `None` for one who was given a slot, who is told once.
    pub(crate) fn look_again(&mut self, place: Place, now: Instant) -> Option<Instant> {
        if self.served.remove(&place).is_some() {
            return None;
        }
        let is_first = self.waiting.first_key_value().is_some_and(|(first, _)| *first == place);
        let free = self.free_at(now);
        Some(if is_first { free } else { free.max(now + LOOK_AGAIN) })
    }

    /// Leaves the queue, or gives back the slot that was given meanwhile.
    pub(crate) fn leave(&mut self, place: Place, now: Instant) {
        let was_first = self.waiting.first_key_value().is_some_and(|(first, _)| *first == place);
        if self.waiting.remove(&place).is_some() {
            self.has_failed_some = !self.waiting.is_empty();
            if was_first {
                self.wake_first();
            }
        } else if let Some(holder) = self.served.remove(&place) {
            self.give_back(holder, now);
        }
    }

    /// Gives back a slot that was not used.
    pub(crate) fn give_back(&mut self, holder: Holder, now: Instant) {
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

    /// Takes a slot that is free.
    fn take(&mut self, holder: Holder, now: Instant) {
        if let Some(adaptive) = &mut self.adaptive {
            let interval = Duration::from_secs_f64(1.0 / adaptive.rate.max(LOWEST));
            // From the time that was due, so that a timer that is late costs no slots.
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
        // What left before the rate was lowered says nothing about the lower rate: one window of the
        // service is one complaint, as one round trip is for TCP.
        if latest.is_some_and(|adaptive| now < adaptive.since + WINDOW) {
            return;
        }
        let current = latest.map_or(f64::INFINITY, |adaptive| adaptive.rate);
        let before = self.going_through().min(current).max(LOWEST);
        let rate = (before * DROP).max(LOWEST);
        let next = now + Duration::from_secs_f64(1.0 / rate);
        self.adaptive = Some(Adaptive { rate, rate_before: before, since: now, next });
    }

    pub(crate) fn accepted(&mut self, now: Instant) {
        self.measure(now);
        let most = 2.0 * self.going_through().max(LOWEST);
        let Some(adaptive) = &mut self.adaptive else { return };
        let seconds = now.saturating_duration_since(adaptive.since).as_secs_f64();
        let plateau = (adaptive.rate_before * (1.0 - DROP) / GROWTH).cbrt();
        let grown = GROWTH * (seconds - plateau).powi(3) + adaptive.rate_before;
        // Never more than twice what really goes through: an idle client must not grow its right.
        adaptive.rate = grown.min(most).max(LOWEST);
        let documented = self.per_second.map_or(0.0, |limit| limit as f64);
        if grown >= documented.max(2.0 * adaptive.rate_before) {
            // Far above where it hurt: the complaint is history.
            self.adaptive = None;
        }
        self.serve(now);
    }

    /// Calls a second that got a response.
    fn going_through(&self) -> f64 {
        // The present step is shorter than a second, so it held no fewer calls a second than it counts.
        self.measured.max(f64::from(self.counted))
    }

    /// Calls a second, smoothed over steps of half a second.
    fn measure(&mut self, now: Instant) {
        self.counted += 1;
        self.used = self.used.max(Some(now));
        let since = *self.measuring_since.get_or_insert(now);
        let elapsed = now.saturating_duration_since(since).as_secs_f64();
        if elapsed >= 0.5 {
            let rate = f64::from(self.counted) / elapsed;
            self.measured = rate * SMOOTH + self.measured * (1.0 - SMOOTH);
            self.counted = 0;
            self.measuring_since = Some(now);
        }
    }
}

#[cfg(test)]
mod tests;
