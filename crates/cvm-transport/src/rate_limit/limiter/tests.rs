//! The slots of one key case by case, and compared with a simple model over random histories.

use super::*;

fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn next_holder() -> Holder {
    crate::rate_limit::RateLimitKey::next_attempt_id()
}

/// How many slots are free at once.
fn burst(limiter: &mut Limiter, now: Instant) -> usize {
    (0..1_000).take_while(|_| limiter.try_take(next_holder(), now)).count()
}

#[tokio::test(start_paused = true)]
async fn throttle_lowers_the_rate_and_success_raises_it() {
    let mut limiter = Limiter::new(None);
    let mut now = Instant::now();
    for _ in 0..20 {
        assert!(limiter.try_take(next_holder(), now), "no documented rate, no limit");
        limiter.accepted(now);
        now += milliseconds(100);
    }
    limiter.throttled(now);
    assert!(!limiter.try_take(next_holder(), now));
    let first_gap = limiter.free_at(now) - now;
    assert!(first_gap >= milliseconds(100), "{first_gap:?}");
    for _ in 0..400 {
        now = limiter.free_at(now);
        assert!(limiter.try_take(next_holder(), now));
        limiter.accepted(now);
    }
    assert!(limiter.free_at(now) - now < first_gap);
}

#[tokio::test(start_paused = true)]
async fn throttles_of_one_burst_lower_the_rate_once() {
    let mut limiter = Limiter::new(Some(40));
    let sent = Instant::now();
    assert_eq!(burst(&mut limiter, sent), 40);
    for _ in 0..20 {
        limiter.accepted(sent);
    }
    for _ in 0..20 {
        limiter.throttled(sent + milliseconds(1));
    }
    let rate = limiter.adaptive.as_ref().unwrap().rate;
    assert!((14.0..=28.0).contains(&rate), "70 % of what went through: {rate}");
    // A throttle of a call at the lower rate counts.
    limiter.throttled(sent + milliseconds(2_000));
    assert!(limiter.adaptive.as_ref().unwrap().rate < rate);
}

#[tokio::test(start_paused = true)]
async fn rate_recovers_within_ten_seconds_of_success() {
    let mut limiter = Limiter::new(Some(40));
    let mut now = Instant::now();
    // The worst case: a throttle every second for a minute.
    for _ in 0..60 {
        now += milliseconds(1_100);
        limiter.throttled(now);
    }
    assert!(limiter.adaptive.as_ref().unwrap().rate <= 1.0);
    let recovered = now;
    while now < recovered + milliseconds(10_000) {
        now = limiter.free_at(now) + milliseconds(1);
        assert!(limiter.try_take(next_holder(), now));
        limiter.accepted(now);
    }
    let mut last_second = 0;
    let until = now + milliseconds(1_050);
    while now < until {
        last_second += usize::from(limiter.try_take(next_holder(), now));
        now += milliseconds(1);
    }
    assert!(last_second >= 38, "{last_second}");
}

#[tokio::test(start_paused = true)]
async fn unused_granted_slot_is_free_again() {
    let mut limiter = Limiter::new(Some(2));
    let now = Instant::now();
    assert_eq!(burst(&mut limiter, now), 2);
    let (first, _) = limiter.join(next_holder(), false, now);
    let (second, _) = limiter.join(next_holder(), false, now);
    let later = now + WINDOW;
    limiter.serve(later);
    assert!(!limiter.try_take(next_holder(), later));
    // Both have slots but have not checked yet.
    limiter.leave(first, later);
    assert_eq!(limiter.next_check(second, later), None);
    assert!(limiter.try_take(next_holder(), later), "the slot of the first call");
    assert!(!limiter.try_take(next_holder(), later));
}

#[tokio::test(start_paused = true)]
async fn released_slot_is_free_at_once() {
    let mut limiter = Limiter::new(Some(2));
    let now = Instant::now();
    let (unused, used) = (next_holder(), next_holder());
    assert!(limiter.try_take(unused, now));
    assert!(limiter.try_take(used, now + milliseconds(500)));
    let (waiting, _) = limiter.join(next_holder(), false, now + milliseconds(500));
    limiter.release(unused, now + milliseconds(600));
    assert_eq!(
        limiter.next_check(waiting, now + milliseconds(600)),
        None,
        "the waiting call gets it"
    );
    // The window of the used slot has not passed.
    assert!(!limiter.try_take(next_holder(), now + WINDOW));
    assert!(limiter.try_take(next_holder(), now + milliseconds(500) + WINDOW));
    // A slot whose window has passed frees nothing.
    let later = now + milliseconds(5_000);
    assert_eq!(burst(&mut limiter, later), 2);
    limiter.release(used, later);
    assert!(!limiter.try_take(next_holder(), later));
}

#[tokio::test(start_paused = true)]
async fn released_slot_is_free_after_a_throttle() {
    let mut limiter = Limiter::new(None);
    let now = Instant::now();
    limiter.throttled(now);
    let now = limiter.free_at(now);
    let unused = next_holder();
    assert!(limiter.try_take(unused, now));
    assert!(!limiter.try_take(next_holder(), now));
    limiter.release(unused, now);
    assert!(limiter.try_take(next_holder(), now));
    assert!(!limiter.try_take(next_holder(), now));
}

/// A simple model of the queue and the used slots.
#[derive(Default)]
struct Model {
    /// Whether it is a retry, its position, and since when it waits.
    queue: Vec<(bool, QueuePosition, Instant)>,
    used: Vec<Instant>,
    has_unserved: bool,
    granted_under_overload: usize,
}

impl Model {
    fn in_window(&self, now: Instant) -> usize {
        self.used.iter().filter(|used| **used + WINDOW > now).count()
    }

    /// The calls to serve now, in this order.
    fn serve(&mut self, limit: usize, now: Instant) -> Vec<QueuePosition> {
        let mut served = Vec::new();
        while self.in_window(now) < limit && !self.queue.is_empty() {
            // The retries, or all calls if there is none.
            let has_retry = self.queue.iter().any(|(is_retry, ..)| *is_retry);
            let is_eligible = |entry: &&(bool, QueuePosition, Instant)| !has_retry || entry.0;
            let eligible: Vec<_> = self.queue.iter().filter(is_eligible).copied().collect();
            let is_overload = self.has_unserved || now - eligible[0].2 > WINDOW;
            self.granted_under_overload += usize::from(is_overload);
            let is_newest = is_overload && !self.granted_under_overload.is_multiple_of(10);
            let position = eligible[if is_newest { eligible.len() - 1 } else { 0 }].1;
            self.queue.retain(|(_, other, _)| *other != position);
            served.push(position);
            self.used.push(now);
        }
        self.has_unserved &= !self.queue.is_empty();
        served
    }
}

#[tokio::test(start_paused = true)]
async fn random_queues_match_the_model() {
    let random = crate::entropy::SeededEntropy::new(24);
    let roll = |sides: u64| random.below(sides);
    let (mut served_at_all, mut left_at_all) = (0, 0);
    for _ in 0..10_000 {
        let limit = 1 + roll(5) as usize;
        let mut limiter = Limiter::new(Some(limit as u32));
        let mut model = Model::default();
        let mut now = Instant::now();
        for _ in 0..40 {
            match roll(6) {
                0 | 1 => {
                    let is_retry = roll(4) == 0;
                    let free = model.queue.is_empty() && model.in_window(now) < limit;
                    assert_eq!(limiter.try_take(next_holder(), now), free);
                    if free {
                        model.used.push(now);
                    } else {
                        let (position, _) = limiter.join(next_holder(), is_retry, now);
                        model.queue.push((is_retry, position, now));
                    }
                }
                2 if !model.queue.is_empty() => {
                    let index = roll(model.queue.len() as u64) as usize;
                    limiter.leave(model.queue.remove(index).1, now);
                    model.has_unserved = !model.queue.is_empty();
                    left_at_all += 1;
                }
                _ => now += milliseconds(roll(700)),
            }
            limiter.serve(now);
            let served = model.serve(limit, now);
            for position in &served {
                assert_eq!(limiter.next_check(*position, now), None);
            }
            served_at_all += served.len();
            // Waiting calls have no slot, and the first one knows when there is one.
            for (index, (_, position, _)) in model.queue.iter().enumerate() {
                let again = limiter.next_check(*position, now).unwrap();
                assert!(again > now, "{index}");
            }
            if let Some(first) = limiter.waiting.first_key_value().map(|(position, _)| *position) {
                let oldest = model.used[model.used.len() - limit];
                assert_eq!(limiter.next_check(first, now), Some(oldest + WINDOW));
            }
        }
        for (index, first) in model.used.iter().enumerate() {
            if let Some(next) = model.used.get(index + limit) {
                assert!(*next - *first >= WINDOW);
            }
        }
    }
    assert!(served_at_all > 20_000 && left_at_all > 10_000, "{served_at_all} {left_at_all}");
}
