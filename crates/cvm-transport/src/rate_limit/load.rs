//! A load model of the rate limiter in virtual time: calls arrive whether or not earlier ones ended, wait as
//! long as they have patience, are dropped, are throttled by a service that counts, and retry.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until, timeout, timeout_at};

use super::*;
use crate::SeededEntropy;

const DOCUMENTED: u32 = 40;
/// What is asked of the limiter: four fifths of the documented rate.
const ENOUGH: u64 = DOCUMENTED as u64 * 4 / 5;
/// No attempt begins with less time than this.
const MIN_TIME: Duration = Duration::from_secs(1);
const SECONDS: usize = 200;

fn call(is_retry: bool) -> RateLimitKey<'static> {
    let per_second = Some(DOCUMENTED);
    let number = RateLimitKey::next_number();
    RateLimitKey {
        credential: 1,
        region: "ap-guangzhou",
        action: "Describe",
        per_second,
        is_retry,
        number,
    }
}

/// A service that takes so many calls a second, and what it saw.
struct Service {
    began: Instant,
    arrivals: Mutex<Vec<Instant>>,
    taken: Mutex<Vec<Instant>>,
    /// Calls a second that it takes in a second of the test.
    takes: Box<dyn Fn(u64) -> usize + Send + Sync>,
    /// Calls that it took, and those whose caller was still there for the response, by the second in which
    /// they were sent.
    served: Vec<AtomicU64>,
    successes: Vec<AtomicU64>,
}

impl Service {
    fn new(takes: impl Fn(u64) -> usize + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            arrivals: Mutex::default(),
            taken: Mutex::default(),
            takes: Box::new(takes),
            served: (0..SECONDS).map(|_| AtomicU64::new(0)).collect(),
            successes: (0..SECONDS).map(|_| AtomicU64::new(0)).collect(),
        })
    }

    /// Whether it takes a call that arrives now.
    fn takes(&self) -> bool {
        let now = Instant::now();
        self.arrivals.lock().unwrap().push(now);
        let mut taken = self.taken.lock().unwrap();
        taken.retain(|taken| *taken + Duration::from_secs(1) > now);
        let has_room = taken.len() < (self.takes)(self.began.elapsed().as_secs());
        if has_room {
            taken.push(now);
            self.count(&self.served);
        }
        has_room
    }

    fn count(&self, counts: &[AtomicU64]) {
        self.count_at(counts, self.second());
    }

    fn count_at(&self, counts: &[AtomicU64], second: usize) {
        counts[second].fetch_add(1, Ordering::Relaxed);
    }

    fn second(&self) -> usize {
        self.began.elapsed().as_secs() as usize
    }

    fn successes(&self, seconds: std::ops::Range<usize>) -> u64 {
        self.successes[seconds].iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    fn served(&self, seconds: std::ops::Range<usize>) -> u64 {
        self.served[seconds].iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    fn is_never_asked_more_than_documented(&self) {
        let arrivals = self.arrivals.lock().unwrap();
        for window in arrivals.windows(DOCUMENTED as usize + 1) {
            let took = window[DOCUMENTED as usize] - window[0];
            assert!(took > Duration::from_secs(1), "41 calls within {took:?}");
        }
    }
}

/// What the client does with one call. `random` decides about the pauses.
async fn one(
    rates: Arc<DocumentedRateLimiter>,
    service: Arc<Service>,
    patience: Duration,
    latency: Duration,
    random: u64,
) {
    let deadline = Instant::now() + patience;
    for attempt in 0..4 {
        let call = call(attempt > 0);
        if timeout_at(deadline - MIN_TIME, rates.acquire(&call)).await.is_err() {
            return;
        }
        let (second, is_taken) = (service.second(), service.takes());
        if timeout_at(deadline, sleep(latency)).await.is_err() {
            return;
        }
        if is_taken {
            rates.accepted(&call);
            service.count_at(&service.successes, second);
            return;
        }
        rates.throttled(&call);
        let pause = Duration::from_millis(250 + (random >> (8 * attempt)) % 1_000);
        if Instant::now() + pause + MIN_TIME > deadline {
            return;
        }
        sleep(pause).await;
    }
}

#[tokio::test(start_paused = true)]
async fn four_thousand_dropped_calls_leave_the_next_one_a_slot() {
    let rates = Arc::new(DocumentedRateLimiter::default());
    let service = Service::new(|_| DOCUMENTED as usize);
    let mut calls = JoinSet::new();
    for _ in 0..4_000 {
        let patient = one(
            Arc::clone(&rates),
            Arc::clone(&service),
            Duration::from_secs(60),
            Duration::from_millis(20),
            0,
        );
        calls.spawn(timeout(Duration::from_secs(1), patient));
    }
    while calls.join_next().await.is_some() {}
    assert_eq!(service.successes(0..2), 40);
    sleep(Duration::from_secs(5)).await;
    let began = Instant::now();
    rates.acquire(&call(false)).await.unwrap();
    assert_eq!(Instant::now(), began, "nobody is before it");
    service.is_never_asked_more_than_documented();
}

#[tokio::test(start_paused = true)]
async fn overload_takes_nothing_from_those_that_are_served() {
    let rates = Arc::new(DocumentedRateLimiter::default());
    let service = Service::new(|_| DOCUMENTED as usize);
    let mut calls = JoinSet::new();
    for number in 0..60 * 90 {
        sleep_until(service.began + Duration::from_millis(number * 1_000 / 60)).await;
        calls.spawn(one(
            Arc::clone(&rates),
            Arc::clone(&service),
            Duration::from_secs(5),
            Duration::from_millis(100),
            0,
        ));
    }
    while calls.join_next().await.is_some() {}
    for tenth in 0..9 {
        let successes = service.successes(10 * tenth..10 * tenth + 10);
        assert!(successes >= 10 * ENOUGH, "{successes} from second {} on", 10 * tenth);
    }
    service.is_never_asked_more_than_documented();
}

#[tokio::test(start_paused = true)]
async fn a_retry_goes_before_calls_that_are_new() {
    let rates = Arc::new(DocumentedRateLimiter::default());
    for _ in 0..DOCUMENTED {
        rates.acquire(&call(false)).await.unwrap();
    }
    let began = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..10 * DOCUMENTED {
        let rates = Arc::clone(&rates);
        calls.spawn(async move { rates.acquire(&call(false)).await.unwrap() });
    }
    sleep(Duration::from_millis(10)).await;
    rates.acquire(&call(true)).await.unwrap();
    let waited = began.elapsed();
    assert!(waited <= Duration::from_millis(1_060), "one window and not ten: {waited:?}");
}

/// Calls a second that succeed, from the third second on, when so many are offered.
async fn goodput(
    offered: u64,
    patience: Duration,
    latency: impl Fn(u64) -> Duration,
) -> (u64, Arc<Service>) {
    let rates = Arc::new(DocumentedRateLimiter::default());
    let service = Service::new(|_| DOCUMENTED as usize);
    let mut calls = JoinSet::new();
    for number in 0..offered * 24 {
        sleep_until(service.began + Duration::from_micros(number * 1_000_000 / offered)).await;
        let (rates, service) = (Arc::clone(&rates), Arc::clone(&service));
        calls.spawn(one(rates, service, patience, latency(number), 0));
    }
    while calls.join_next().await.is_some() {}
    (service.successes(2..24) / 22, service)
}

#[tokio::test(start_paused = true)]
async fn calls_succeed_under_overload_however_long_responses_take() {
    let seconds = Duration::from_secs;
    for offered in [45, 70, 200] {
        for latency in [0, 900, 1_500, 2_500, 4_000] {
            let latency = Duration::from_millis(latency);
            let (goodput, service) = goodput(offered, seconds(5), |_| latency).await;
            assert!(goodput >= ENOUGH, "{goodput}/s of {offered}/s offered, {latency:?}");
            service.is_never_asked_more_than_documented();
        }
        // Each response takes a time of its own, and the service becomes slow and quick again.
        let random = SeededEntropy::new(offered);
        let random = |_| Duration::from_millis(random.below(4_000));
        let (of_random, _) = goodput(offered, seconds(5), random).await;
        let wave = |number| Duration::from_millis(4_000 * (number / offered / 6 % 2));
        let (of_wave, _) = goodput(offered, seconds(5), wave).await;
        // Short timeouts, down to those of which the least time of an attempt is half.
        let short = |_| Duration::from_millis(800);
        let (of_short, _) = goodput(offered, seconds(2), short).await;
        for goodput in [of_random, of_wave, of_short] {
            assert!(goodput >= ENOUGH, "{goodput}/s of {offered}/s offered");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_patient_call_gets_a_slot_under_lasting_overload() {
    let rates = Arc::new(DocumentedRateLimiter::default());
    let service = Service::new(|_| DOCUMENTED as usize);
    let mut calls = JoinSet::new();
    let mut patient = JoinSet::new();
    for number in 0..200 * 60 {
        sleep_until(service.began + Duration::from_millis(number * 5)).await;
        let latency = Duration::from_millis(1_500);
        let (rates, service) = (Arc::clone(&rates), Arc::clone(&service));
        if number % 200 == 100 {
            patient.spawn(async move {
                timeout(Duration::from_secs(30), rates.acquire(&call(false))).await.is_ok()
            });
        } else {
            calls.spawn(one(rates, service, Duration::from_secs(5), latency, 0));
        }
    }
    while calls.join_next().await.is_some() {}
    while let Some(has_slot) = patient.join_next().await {
        assert!(has_slot.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn calls_are_served_in_the_order_in_which_they_came() {
    let rates = Arc::new(DocumentedRateLimiter::default());
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut calls = JoinSet::new();
    // As many as two windows have slots for; with more it is overload.
    for number in 0..2 * DOCUMENTED {
        let (rates, order) = (Arc::clone(&rates), Arc::clone(&order));
        calls.spawn(async move {
            rates.acquire(&call(false)).await.unwrap();
            order.lock().unwrap().push(number);
        });
    }
    while calls.join_next().await.is_some() {}
    assert!(order.lock().unwrap().is_sorted());
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_nobody_polls_holds_up_nobody() {
    let rates = DocumentedRateLimiter::default();
    for _ in 0..DOCUMENTED {
        rates.acquire(&call(false)).await.unwrap();
    }
    let waiting = call(false);
    let mut forgotten = rates.acquire(&waiting);
    let polled = timeout(Duration::ZERO, &mut forgotten).await;
    assert!(polled.is_err());
    let began = Instant::now();
    for _ in 0..10 * DOCUMENTED {
        timeout(Duration::from_secs(60), rates.acquire(&call(false))).await.unwrap().unwrap();
    }
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    drop(forgotten);
}

/// Random phases of load and drops, and a service that for a while takes less than it documents. Returns
/// how many stretches were judged.
async fn history(seed: u64) -> usize {
    let random = SeededEntropy::new(seed);
    let roll = move |sides: u64| random.below(sides);
    let rates = Arc::new(DocumentedRateLimiter::default());
    let (sick_from, sick_for) = (30 + roll(20), roll(15));
    let rate_when_sick = 1 + roll(20) as usize;
    let is_sick = move |second: u64| (sick_from..sick_from + sick_for).contains(&second);
    let service = Service::new(
        move |second| {
            if is_sick(second) { rate_when_sick } else { DOCUMENTED as usize }
        },
    );
    let mut calls = JoinSet::new();
    let mut offered = [0_u64; SECONDS];
    let mut has_drops = [false; SECONDS];
    let mut second = 0;
    while second < 100 {
        // Less than is documented, or more, or much more.
        let per_second = [5, 45, 60, 120][roll(4) as usize];
        // Every call could finish if it had a slot at once.
        let slowest = [400, 1_500, 4_000][roll(3) as usize];
        let patience = Duration::from_millis(slowest + 1_000 + 1_000 * roll(20));
        let drops = roll(3) == 0;
        for _ in 0..3 + roll(8) {
            offered[second as usize] = per_second;
            has_drops[second as usize] = drops;
            for number in 0..per_second {
                let at = Duration::from_millis(1_000 * second + 1_000 * number / per_second);
                sleep_until(service.began + at).await;
                let latency = Duration::from_millis(roll(slowest + 1));
                let random = roll(u64::MAX);
                let call = one(Arc::clone(&rates), Arc::clone(&service), patience, latency, random);
                // Some callers have less patience than they told the client.
                let dropped_after = if drops && roll(4) == 0 { 500 } else { 600_000 };
                calls.spawn(timeout(Duration::from_millis(dropped_after), call));
            }
            second += 1;
        }
    }
    while calls.join_next().await.is_some() {}
    service.is_never_asked_more_than_documented();
    // Wherever more than enough was offered for eight seconds to a service that was well for ten before. A
    // caller that leaves while its request is on its way wastes what it was served.
    let mut judged = 0;
    for from in 2..90_usize {
        let enough_is_offered = offered[from - 2..from + 8].iter().all(|offered| *offered >= 45);
        let is_well = (from.saturating_sub(12)..from + 8).all(|second| !is_sick(second as u64));
        if enough_is_offered && is_well {
            judged += 1;
            let served = if has_drops[from - 2..from + 8].contains(&true) {
                service.served(from..from + 8)
            } else {
                service.successes(from..from + 8)
            };
            assert!(
                served >= 8 * ENOUGH,
                "seed {seed}: {served} in eight seconds from second {from} on; sick from \
                 {sick_from} for {sick_for} s at {rate_when_sick}/s",
            );
        }
    }
    judged
}

#[tokio::test(start_paused = true)]
async fn goodput_stays_at_the_documented_rate_in_random_histories() {
    let mut judged = 0;
    for seed in 0..12 {
        judged += history(seed).await;
    }
    assert!(judged > 100, "{judged}");
}

/// Goodput in the long run, when the service takes fewer calls than it documents.
#[tokio::test(start_paused = true)]
async fn a_service_that_takes_less_gets_most_of_what_it_takes() {
    for takes in [5, 10, 20, 30] {
        let rates = Arc::new(DocumentedRateLimiter::default());
        let service = Service::new(move |_| takes);
        let mut calls = JoinSet::new();
        for number in 0..60 * 60 {
            sleep_until(service.began + Duration::from_millis(number * 1_000 / 60)).await;
            calls.spawn(one(
                Arc::clone(&rates),
                Arc::clone(&service),
                Duration::from_secs(10),
                Duration::from_millis(50),
                number.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            ));
        }
        while calls.join_next().await.is_some() {}
        let successes = service.successes(10..60);
        let asked = service.arrivals.lock().unwrap().len() as u64;
        assert!(successes >= 50 * takes as u64 * 6 / 10, "{takes}/s: {successes} of {asked}");
    }
}
