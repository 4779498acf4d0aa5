//! The slots of one key, case by case, and beside a simple model over random histories.

use super::*;

fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn next_holder() -> Holder {
    crate::RateLimitKey::next_number()
}

/// How many slots are free at once.
fn burst(pace: &mut Limiter, now: Instant) -> usize {
    (0..1_000).take_while(|_| pace.try_take(next_holder(), now)).count()
}

#[tokio::test(start_paused = true)]
async fn a_throttle_slows_down_and_success_speeds_up_again() {
    let mut pace = Limiter::new(None);
    let mut now = Instant::now();
    for _ in 0..20 {
        assert!(pace.try_take(next_holder(), now), "undocumented rates are not paced");
        pace.accepted(now);
        now += milliseconds(100);
    }
    pace.throttled(now);
    assert!(!pace.try_take(next_holder(), now));
    let first_gap = pace.free_at(now) - now;
    assert!(first_gap >= milliseconds(100), "{first_gap:?}");
    for _ in 0..400 {
        now = pace.free_at(now);
        assert!(pace.try_take(next_holder(), now));
        pace.accepted(now);
    }
    assert!(pace.free_at(now) - now < first_gap);
}

#[tokio::test(start_paused = true)]
async fn the_complaints_about_one_burst_lower_the_rate_once() {
    let mut pace = Limiter::new(Some(40));
    let sent = Instant::now();
    assert_eq!(burst(&mut pace, sent), 40);
    for _ in 0..20 {
        pace.accepted(sent);
    }
    for _ in 0..20 {
        pace.throttled(sent + milliseconds(1));
    }
    let rate = pace.adaptive.as_ref().unwrap().rate;
    assert!((14.0..=28.0).contains(&rate), "70 % of what went through: {rate}");
    // A complaint about what left at the lower rate counts.
    pace.throttled(sent + milliseconds(2_000));
    assert!(pace.adaptive.as_ref().unwrap().rate < rate);
}

#[tokio::test(start_paused = true)]
async fn successes_bring_the_documented_rate_back_within_ten_seconds() {
    let mut pace = Limiter::new(Some(40));
    let mut now = Instant::now();
    // As bad as it can be: a complaint every second for a minute.
    for _ in 0..60 {
        now += milliseconds(1_100);
        pace.throttled(now);
    }
    assert!(pace.adaptive.as_ref().unwrap().rate <= 1.0);
    let healed = now;
    while now < healed + milliseconds(10_000) {
        now = pace.free_at(now) + milliseconds(1);
        assert!(pace.try_take(next_holder(), now));
        pace.accepted(now);
    }
    let mut last_second = 0;
    let until = now + milliseconds(1_050);
    while now < until {
        last_second += usize::from(pace.try_take(next_holder(), now));
        now += milliseconds(1);
    }
    assert!(last_second >= 38, "{last_second}");
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_was_given_and_not_used_is_free_again() {
    let mut pace = Limiter::new(Some(2));
    let now = Instant::now();
    assert_eq!(burst(&mut pace, now), 2);
    let (first, _) = pace.enter(next_holder(), false, now);
    let (second, _) = pace.enter(next_holder(), false, now);
    let later = now + WINDOW;
    pace.serve(later);
    assert!(!pace.try_take(next_holder(), later));
    // Both have slots and do not know it yet.
    pace.leave(first, later);
    assert_eq!(pace.look_again(second, later), None);
    assert!(pace.try_take(next_holder(), later), "the slot of the first");
    assert!(!pace.try_take(next_holder(), later));
}

#[tokio::test(start_paused = true)]
async fn returned_slot_is_free_at_once_and_no_other_becomes_free_with_it() {
    let mut pace = Limiter::new(Some(2));
    let now = Instant::now();
    let (unused, used) = (next_holder(), next_holder());
    assert!(pace.try_take(unused, now));
    assert!(pace.try_take(used, now + milliseconds(500)));
    let (waiting, _) = pace.enter(next_holder(), false, now + milliseconds(500));
    pace.give_back(unused, now + milliseconds(600));
    assert_eq!(pace.look_again(waiting, now + milliseconds(600)), None, "it goes to who waits");
    // The window of the slot that was used has not passed.
    assert!(!pace.try_take(next_holder(), now + WINDOW));
    assert!(pace.try_take(next_holder(), now + milliseconds(500) + WINDOW));
    // One whose window has passed brings nothing.
    let later = now + milliseconds(5_000);
    assert_eq!(burst(&mut pace, later), 2);
    pace.give_back(used, later);
    assert!(!pace.try_take(next_holder(), later));
}

#[tokio::test(start_paused = true)]
async fn returned_slot_is_free_after_a_throttle_too() {
    let mut pace = Limiter::new(None);
    let now = Instant::now();
    pace.throttled(now);
    let now = pace.free_at(now);
    let unused = next_holder();
    assert!(pace.try_take(unused, now));
    assert!(!pace.try_take(next_holder(), now));
    pace.give_back(unused, now);
    assert!(pace.try_take(next_holder(), now));
    assert!(!pace.try_take(next_holder(), now));
}

/// A queue and the slots that were used, as plainly as one can write them.
#[derive(Default)]
struct Model {
    /// Whether it is a retry, its place, and since when it waits.
    queue: Vec<(bool, Place, Instant)>,
    used: Vec<Instant>,
    has_failed_some: bool,
    given_under_overload: usize,
}

impl Model {
    fn in_window(&self, now: Instant) -> usize {
        self.used.iter().filter(|used| **used + WINDOW > now).count()
    }

    /// Who has to be served now, in this order.
    fn serve(&mut self, limit: usize, now: Instant) -> Vec<Place> {
        let mut served = Vec::new();
        while self.in_window(now) < limit && !self.queue.is_empty() {
            // The retries, or else all.
            let has_retry = self.queue.iter().any(|(is_retry, ..)| *is_retry);
            let is_eligible = |entry: &&(bool, Place, Instant)| !has_retry || entry.0;
            let eligible: Vec<_> = self.queue.iter().filter(is_eligible).copied().collect();
            let is_overload = self.has_failed_some || now - eligible[0].2 > WINDOW;
            self.given_under_overload += usize::from(is_overload);
            let is_newest = is_overload && !self.given_under_overload.is_multiple_of(10);
            let place = eligible[if is_newest { eligible.len() - 1 } else { 0 }].1;
            self.queue.retain(|(_, other, _)| *other != place);
            served.push(place);
            self.used.push(now);
        }
        self.has_failed_some &= !self.queue.is_empty();
        served
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_random_queues_are_served_as_by_the_model() {
    let random = crate::SeededEntropy::new(24);
    let roll = |sides: u64| random.below(sides);
    let (mut served_at_all, mut left_at_all) = (0, 0);
    for _ in 0..10_000 {
        let limit = 1 + roll(5) as usize;
        let mut pace = Limiter::new(Some(limit as u32));
        let mut model = Model::default();
        let mut now = Instant::now();
        for _ in 0..40 {
            match roll(6) {
                0 | 1 => {
                    let is_retry = roll(4) == 0;
                    let free = model.queue.is_empty() && model.in_window(now) < limit;
                    assert_eq!(pace.try_take(next_holder(), now), free);
                    if free {
                        model.used.push(now);
                    } else {
                        let (place, _) = pace.enter(next_holder(), is_retry, now);
                        model.queue.push((is_retry, place, now));
                    }
                }
                2 if !model.queue.is_empty() => {
                    let index = roll(model.queue.len() as u64) as usize;
                    pace.leave(model.queue.remove(index).1, now);
                    model.has_failed_some = !model.queue.is_empty();
                    left_at_all += 1;
                }
                _ => now += milliseconds(roll(700)),
            }
            pace.serve(now);
            let served = model.serve(limit, now);
            for place in &served {
                assert_eq!(pace.look_again(*place, now), None);
            }
            served_at_all += served.len();
            // Whoever still waits has none, and the first knows when there is one.
            for (index, (_, place, _)) in model.queue.iter().enumerate() {
                let again = pace.look_again(*place, now).unwrap();
                assert!(again > now, "{index}");
            }
            if let Some(first) = pace.waiting.first_key_value().map(|(place, _)| *place) {
                let oldest = model.used[model.used.len() - limit];
                assert_eq!(pace.look_again(first, now), Some(oldest + WINDOW));
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
