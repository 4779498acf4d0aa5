//! A load test of the rate limiter in virtual time. Calls arrive independently of earlier ones, wait until their
//! timeout, are dropped, are throttled by a service that counts, and retry.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until, timeout, timeout_at};

use super::*;
use crate::entropy::SeededEntropy;

const DOCUMENTED: u32 = 40;
/// The required goodput: four fifths of the documented rate.
const ENOUGH: u64 = DOCUMENTED as u64 * 4 / 5;
/// No attempt starts with less time left.
const MIN_TIME: Duration = Duration::from_secs(1);
const SECONDS: usize = 200;

fn call(is_retry: bool) -> RateLimitKey<'static> {
    let per_second = Some(DOCUMENTED);
    let attempt_id = RateLimitKey::next_attempt_id();
    RateLimitKey {
        credential: 1,
        region: "ap-guangzhou",
        action: "Describe",
        per_second,
        is_retry,
        attempt_id,
    }
}

/// A service with a limit of calls per second, and its record.
struct Service {
    began: Instant,
    arrivals: Mutex<Vec<Instant>>,
    taken: Mutex<Vec<Instant>>,
    /// The limit in each second of the test.
    accepts: Box<dyn Fn(u64) -> usize + Send + Sync>,
    /// Accepted calls, and those whose caller still waited for the response, by the second in which they were sent.
    served: Vec<AtomicU64>,
    successes: Vec<AtomicU64>,
}

impl Service {
    fn new(accepts: impl Fn(u64) -> usize + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            arrivals: Mutex::default(),
            taken: Mutex::default(),
            accepts: Box::new(accepts),
            served: (0..SECONDS).map(|_| AtomicU64::new(0)).collect(),
            successes: (0..SECONDS).map(|_| AtomicU64::new(0)).collect(),
        })
    }

    /// Whether it accepts a call that arrives now.
    fn accepts(&self) -> bool {
        let now = Instant::now();
        self.arrivals.lock().unwrap().push(now);
        let mut taken = self.taken.lock().unwrap();
        taken.retain(|taken| *taken + Duration::from_secs(1) > now);
        let has_room = taken.len() < (self.accepts)(self.began.elapsed().as_secs());
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

    fn assert_rate_within_documented_limit(&self) {
        let arrivals = self.arrivals.lock().unwrap();
        for window in arrivals.windows(DOCUMENTED as usize + 1) {
            let took = window[DOCUMENTED as usize] - window[0];
            assert!(took > Duration::from_secs(1), "41 calls within {took:?}");
        }
    }
}

/// Runs one call as the client does. `random` determines the pauses.
async fn run_call(
    limiter: Arc<DocumentedRateLimiter>,
    service: Arc<Service>,
    call_timeout: Duration,
    latency: Duration,
    random: u64,
) {
    let deadline = Instant::now() + call_timeout;
    for attempt in 0..4 {
        let call = call(attempt > 0);
        if timeout_at(deadline - MIN_TIME, limiter.acquire(&call)).await.is_err() {
            return;
        }
        let (second, is_accepted) = (service.second(), service.accepts());
        if timeout_at(deadline, sleep(latency)).await.is_err() {
            return;
        }
        if is_accepted {
            limiter.record_accepted(&call);
            service.count_at(&service.successes, second);
            return;
        }
        limiter.record_throttled(&call);
        let pause = Duration::from_millis(250 + (random >> (8 * attempt)) % 1_000);
        if Instant::now() + pause + MIN_TIME > deadline {
            return;
        }
        sleep(pause).await;
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_calls_leave_a_slot_for_the_next_call() {
    let limiter = Arc::new(DocumentedRateLimiter::default());
    let service = Service::new(|_| DOCUMENTED as usize);
    let mut calls = JoinSet::new();
    for _ in 0..4_000 {
        let patient = run_call(
            Arc::clone(&limiter),
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
    limiter.acquire(&call(false)).await.unwrap();
    assert_eq!(Instant::now(), began, "the queue is empty");
    service.assert_rate_within_documented_limit();
}

#[tokio::test(start_paused = true)]
async fn overload_does_not_reduce_goodput() {
    let limiter = Arc::new(DocumentedRateLimiter::default());
    let service = Service::new(|_| DOCUMENTED as usize);
    let mut calls = JoinSet::new();
    for number in 0..60 * 90 {
        sleep_until(service.began + Duration::from_millis(number * 1_000 / 60)).await;
        calls.spawn(run_call(
            Arc::clone(&limiter),
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
    service.assert_rate_within_documented_limit();
}

#[tokio::test(start_paused = true)]
async fn retries_go_before_new_calls() {
    let limiter = Arc::new(DocumentedRateLimiter::default());
    for _ in 0..DOCUMENTED {
        limiter.acquire(&call(false)).await.unwrap();
    }
    let began = Instant::now();
    let mut calls = JoinSet::new();
    for _ in 0..10 * DOCUMENTED {
        let limiter = Arc::clone(&limiter);
        calls.spawn(async move { limiter.acquire(&call(false)).await.unwrap() });
    }
    sleep(Duration::from_millis(10)).await;
    limiter.acquire(&call(true)).await.unwrap();
    let waited = began.elapsed();
    assert!(waited <= Duration::from_millis(1_060), "one window, not ten: {waited:?}");
}

/// Successful calls per second, from the third second on, at this offered load.
async fn goodput(
    offered: u64,
    call_timeout: Duration,
    latency: impl Fn(u64) -> Duration,
) -> (u64, Arc<Service>) {
    let limiter = Arc::new(DocumentedRateLimiter::default());
    let service = Service::new(|_| DOCUMENTED as usize);
    let mut calls = JoinSet::new();
    for number in 0..offered * 24 {
        sleep_until(service.began + Duration::from_micros(number * 1_000_000 / offered)).await;
        let (limiter, service) = (Arc::clone(&limiter), Arc::clone(&service));
        calls.spawn(run_call(limiter, service, call_timeout, latency(number), 0));
    }
    while calls.join_next().await.is_some() {}
    (service.successes(2..24) / 22, service)
}

#[tokio::test(start_paused = true)]
async fn calls_succeed_under_overload_at_any_latency() {
    let seconds = Duration::from_secs;
    for offered in [45, 70, 200] {
        for latency in [0, 900, 1_500, 2_500, 4_000] {
            let latency = Duration::from_millis(latency);
            let (goodput, service) = goodput(offered, seconds(5), |_| latency).await;
            assert!(goodput >= ENOUGH, "{goodput}/s of {offered}/s offered, {latency:?}");
            service.assert_rate_within_documented_limit();
        }
        // Random response times, and a service that alternates between slow and fast.
        let random = SeededEntropy::new(offered);
        let random = |_| Duration::from_millis(random.below(4_000));
        let (of_random, _) = goodput(offered, seconds(5), random).await;
        let wave = |number| Duration::from_millis(4_000 * (number / offered / 6 % 2));
        let (of_wave, _) = goodput(offered, seconds(5), wave).await;
        // Short timeouts, of which the minimum time of an attempt is half.
        let short = |_| Duration::from_millis(800);
        let (of_short, _) = goodput(offered, seconds(2), short).await;
        for goodput in [of_random, of_wave, of_short] {
            assert!(goodput >= ENOUGH, "{goodput}/s of {offered}/s offered");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn call_with_long_timeout_gets_a_slot_under_overload() {
    let limiter = Arc::new(DocumentedRateLimiter::default());
    let service = Service::new(|_| DOCUMENTED as usize);
    let mut calls = JoinSet::new();
    let mut patient = JoinSet::new();
    for number in 0..200 * 60 {
        sleep_until(service.began + Duration::from_millis(number * 5)).await;
        let latency = Duration::from_millis(1_500);
        let (limiter, service) = (Arc::clone(&limiter), Arc::clone(&service));
        if number % 200 == 100 {
            patient.spawn(async move {
                timeout(Duration::from_secs(30), limiter.acquire(&call(false))).await.is_ok()
            });
        } else {
            calls.spawn(run_call(limiter, service, Duration::from_secs(5), latency, 0));
        }
    }
    while calls.join_next().await.is_some() {}
    while let Some(has_slot) = patient.join_next().await {
        assert!(has_slot.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn calls_are_served_in_arrival_order() {
    let limiter = Arc::new(DocumentedRateLimiter::default());
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut calls = JoinSet::new();
    // As many as two windows have slots for; more would be overload.
    for number in 0..2 * DOCUMENTED {
        let (limiter, order) = (Arc::clone(&limiter), Arc::clone(&order));
        calls.spawn(async move {
            limiter.acquire(&call(false)).await.unwrap();
            order.lock().unwrap().push(number);
        });
    }
    while calls.join_next().await.is_some() {}
    assert!(order.lock().unwrap().is_sorted());
}

#[tokio::test(start_paused = true)]
async fn unpolled_waiter_does_not_block_others() {
    let limiter = DocumentedRateLimiter::default();
    for _ in 0..DOCUMENTED {
        limiter.acquire(&call(false)).await.unwrap();
    }
    let waiting = call(false);
    let mut forgotten = limiter.acquire(&waiting);
    let polled = timeout(Duration::ZERO, &mut forgotten).await;
    assert!(polled.is_err());
    let began = Instant::now();
    for _ in 0..10 * DOCUMENTED {
        timeout(Duration::from_secs(60), limiter.acquire(&call(false))).await.unwrap().unwrap();
    }
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    drop(forgotten);
}

/// Random phases of load and drops, and a service that accepts less than documented for a while. Returns how many
/// intervals were checked.
async fn history(seed: u64) -> usize {
    let random = SeededEntropy::new(seed);
    let roll = move |sides: u64| random.below(sides);
    let limiter = Arc::new(DocumentedRateLimiter::default());
    let (degraded_from, degraded_for) = (30 + roll(20), roll(15));
    let degraded_rate = 1 + roll(20) as usize;
    let is_degraded =
        move |second: u64| (degraded_from..degraded_from + degraded_for).contains(&second);
    let service =
        Service::new(
            move |second| {
                if is_degraded(second) { degraded_rate } else { DOCUMENTED as usize }
            },
        );
    let mut calls = JoinSet::new();
    let mut offered = [0_u64; SECONDS];
    let mut has_drops = [false; SECONDS];
    let mut second = 0;
    while second < 100 {
        // Below, slightly above, or far above the documented rate.
        let per_second = [5, 45, 60, 120][roll(4) as usize];
        // Every call could finish if it got a slot at once.
        let slowest = [400, 1_500, 4_000][roll(3) as usize];
        let call_timeout = Duration::from_millis(slowest + 1_000 + 1_000 * roll(20));
        let drops = roll(3) == 0;
        for _ in 0..3 + roll(8) {
            offered[second as usize] = per_second;
            has_drops[second as usize] = drops;
            for number in 0..per_second {
                let at = Duration::from_millis(1_000 * second + 1_000 * number / per_second);
                sleep_until(service.began + at).await;
                let latency = Duration::from_millis(roll(slowest + 1));
                let random = roll(u64::MAX);
                let call = run_call(
                    Arc::clone(&limiter),
                    Arc::clone(&service),
                    call_timeout,
                    latency,
                    random,
                );
                // Some callers drop the future before the call's timeout.
                let dropped_after = if drops && roll(4) == 0 { 500 } else { 600_000 };
                calls.spawn(timeout(Duration::from_millis(dropped_after), call));
            }
            second += 1;
        }
    }
    while calls.join_next().await.is_some() {}
    service.assert_rate_within_documented_limit();
    // Check each interval of eight seconds with enough offered load and a healthy service for ten seconds before.
    // A caller that leaves while its request is in progress wastes a slot.
    let mut checked = 0;
    for from in 2..90_usize {
        let enough_is_offered = offered[from - 2..from + 8].iter().all(|offered| *offered >= 45);
        let is_healthy =
            (from.saturating_sub(12)..from + 8).all(|second| !is_degraded(second as u64));
        if enough_is_offered && is_healthy {
            checked += 1;
            let served = if has_drops[from - 2..from + 8].contains(&true) {
                service.served(from..from + 8)
            } else {
                service.successes(from..from + 8)
            };
            assert!(
                served >= 8 * ENOUGH,
                "seed {seed}: {served} in eight seconds from second {from} on; degraded from \
                 {degraded_from} for {degraded_for} s at {degraded_rate}/s",
            );
        }
    }
    checked
}

#[tokio::test(start_paused = true)]
async fn goodput_stays_at_the_documented_rate_in_random_histories() {
    let mut checked = 0;
    for seed in 0..12 {
        checked += history(seed).await;
    }
    assert!(checked > 100, "{checked}");
}

/// Long-run goodput when the service accepts fewer calls than it documents.
#[tokio::test(start_paused = true)]
async fn goodput_adapts_to_a_lower_service_rate() {
    for accepts in [5, 10, 20, 30] {
        let limiter = Arc::new(DocumentedRateLimiter::default());
        let service = Service::new(move |_| accepts);
        let mut calls = JoinSet::new();
        for number in 0..60 * 60 {
            sleep_until(service.began + Duration::from_millis(number * 1_000 / 60)).await;
            calls.spawn(run_call(
                Arc::clone(&limiter),
                Arc::clone(&service),
                Duration::from_secs(10),
                Duration::from_millis(50),
                number.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            ));
        }
        while calls.join_next().await.is_some() {}
        let successes = service.successes(10..60);
        let asked = service.arrivals.lock().unwrap().len() as u64;
        assert!(successes >= 50 * accepts as u64 * 6 / 10, "{accepts}/s: {successes} of {asked}");
    }
}
