//! Random histories of calls that share tokens, compared with a simple model; and the bounded memory.

use std::time::UNIX_EPOCH;

use super::*;
use crate::entropy::SeededEntropy;

/// The use of a token with these parameters in this region.
fn used(parameters: u64, region: &str) -> TokenUse {
    TokenUse {
        hash: HexDigest::sha256(&parameters.to_le_bytes()),
        service: "cvm",
        region: Some(region.to_owned()),
        authority: "cvm.example.com".into(),
    }
}

/// Both clocks.
struct Clocks {
    monotonic: Instant,
    wall: SystemTime,
}

impl Clocks {
    fn now(&self) -> ClockReading {
        ClockReading { monotonic: self.monotonic, wall: self.wall }
    }
}

/// One token in the model: its history.
#[derive(Default)]
struct Modeled {
    /// Parameters and region of the first call.
    first: Option<(u64, &'static str)>,
    holders: usize,
    in_flight: usize,
    was_sent: bool,
    may_have_acted: bool,
    /// The clock readings since the window began.
    readings: Vec<ClockReading>,
}

impl Modeled {
    /// The sum of the larger steps between consecutive readings.
    fn age(&mut self, now: ClockReading) -> Option<Duration> {
        if self.readings.is_empty() {
            return None;
        }
        self.readings.push(now);
        let steps = self.readings.windows(2).map(|pair| {
            let monotonic = pair[1].monotonic - pair[0].monotonic;
            monotonic.max(pair[1].wall.duration_since(pair[0].wall).unwrap_or_default())
        });
        Some(steps.sum())
    }

    fn is_expired(&mut self, now: ClockReading) -> bool {
        self.age(now).is_some_and(|age| age > Duration::from_secs(180))
    }

    fn end_attempt(&mut self, was_sent: bool, may_have_acted: bool) {
        self.in_flight -= 1;
        self.was_sent |= was_sent;
        self.may_have_acted |= may_have_acted;
        if self.in_flight == 0 && !self.may_have_acted {
            self.readings.clear();
        }
    }

    fn released(&mut self) {
        self.holders -= 1;
        if self.holders == 0 && !self.was_sent && !self.may_have_acted {
            *self = Self::default();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn random_histories_match_the_model() {
    let random = SeededEntropy::new(2_526);
    let roll = |sides: u64| random.below(sides);
    let names = ["token-a", "token-b"];
    let mut seen = [0_usize; 6];
    for _ in 0..5_000 {
        let tokens = SentTokens::default();
        let mut model: [Modeled; 2] = Default::default();
        let mut calls: Vec<(usize, TokenHold<'_>)> = Vec::new();
        let mut clocks = Clocks {
            monotonic: Instant::now(),
            wall: UNIX_EPOCH + Duration::from_secs(1_700_000_000),
        };
        for _ in 0..30 {
            let now = clocks.now();
            match roll(10) {
                0 | 1 => {
                    let which = roll(2) as usize;
                    let parameters = u64::from(roll(4) == 0);
                    let region = if roll(4) == 0 { "ap-tokyo" } else { "ap-guangzhou" };
                    let modeled = &mut model[which];
                    let has_other_parameters =
                        modeled.first.is_some_and(|(own, _)| own != parameters);
                    let is_other_region = modeled.first.is_some_and(|(_, own)| own != region);
                    let is_admitted =
                        !has_other_parameters && !is_other_region && !modeled.is_expired(now);
                    let held = tokens.hold(names[which], &used(parameters, region), now);
                    assert_eq!(held.is_ok(), is_admitted, "{held:?}");
                    match held {
                        Ok(hold) => {
                            modeled.first = Some((parameters, region));
                            modeled.holders += 1;
                            calls.push((which, hold));
                        }
                        Err(error) => {
                            assert!(error.is_usage());
                            let is_named = error.to_string().contains("other parameters");
                            assert_eq!(is_named, has_other_parameters, "{error}");
                            let is_named = error.to_string().contains("in region `ap-tokyo`");
                            assert_eq!(
                                is_named,
                                is_other_region && !has_other_parameters,
                                "{error}"
                            );
                            seen[if has_other_parameters {
                                1
                            } else {
                                usize::from(is_named) * 4
                            }] += 1;
                        }
                    }
                }
                2..=4 if !calls.is_empty() => {
                    let call = roll(calls.len() as u64) as usize;
                    let (which, hold) = &mut calls[call];
                    let modeled = &mut model[*which];
                    if hold.is_in_flight {
                        let outcome = Outcome::ALL[roll(9) as usize];
                        let is_not_sent = roll(12) == 0;
                        if is_not_sent {
                            hold.record_not_sent();
                            modeled.end_attempt(false, false);
                        } else {
                            hold.end_attempt(outcome);
                            let not_sent = [Outcome::NotSent, Outcome::Untrusted];
                            let acted = [Outcome::Success, Outcome::Ambiguous, Outcome::Misrouted];
                            modeled.end_attempt(
                                !not_sent.contains(&outcome),
                                acted.contains(&outcome),
                            );
                        }
                    } else {
                        let is_expired = modeled.is_expired(now);
                        assert_eq!(hold.begin_attempt(now).is_err(), is_expired);
                        if is_expired {
                            seen[2] += 1;
                        } else {
                            if modeled.readings.is_empty() {
                                modeled.readings.push(now);
                            }
                            modeled.in_flight += 1;
                        }
                    }
                }
                5 | 6 if !calls.is_empty() => {
                    // The call ends or is dropped, during an attempt or between two attempts.
                    let call = roll(calls.len() as u64) as usize;
                    let (which, hold) = calls.swap_remove(call);
                    if hold.is_in_flight {
                        model[which].end_attempt(true, true);
                        seen[3] += 1;
                    }
                    drop(hold);
                    model[which].released();
                }
                7 => {
                    // The machine sleeps: only the wall clock advances.
                    clocks.wall += Duration::from_secs(roll(200));
                    seen[4] += 1;
                }
                8 => {
                    let step = Duration::from_secs(roll(4_000));
                    if roll(2) == 0 {
                        clocks.wall -= step
                    } else {
                        clocks.wall += step / 50
                    }
                    seen[5] += 1;
                }
                _ => {
                    let step = Duration::from_secs(roll(100));
                    clocks.monotonic += step;
                    clocks.wall += step;
                }
            }
        }
        // A token that may have had an effect never accepts other parameters; an unused token accepts any.
        drop(calls);
        for (which, modeled) in model.iter_mut().enumerate() {
            while modeled.in_flight > 0 {
                modeled.end_attempt(true, true);
            }
            let is_bound = modeled.was_sent || modeled.may_have_acted;
            let other = tokens.hold(names[which], &used(2, "ap-guangzhou"), clocks.now());
            assert_eq!(other.is_err(), is_bound);
        }
    }
    assert!(seen.iter().all(|count| *count > 500), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn token_is_bound_to_service_region_and_host() {
    let tokens = SentTokens::default();
    let now = ClockReading { monotonic: Instant::now(), wall: UNIX_EPOCH };
    let first = used(1, "ap-guangzhou");
    let mut hold = tokens.hold("token", &first, now).unwrap();
    hold.begin_attempt(now).unwrap();
    hold.end_attempt(Outcome::Ambiguous);
    for (is_named, other) in [
        ("region `ap-tokyo`", used(1, "ap-tokyo")),
        ("`cvm` at cvm.example.com,", TokenUse { region: None, ..first.clone() }),
        (
            "at other.example.com",
            TokenUse { authority: "other.example.com".into(), ..first.clone() },
        ),
        ("`cbs` at", TokenUse { service: "cbs", ..first.clone() }),
    ] {
        for refused in
            [tokens.admit("token", &other, now), tokens.hold("token", &other, now).map(drop)]
        {
            let error = refused.unwrap_err();
            assert!(error.is_usage(), "{error}");
            let text = error.to_string();
            assert!(text.contains(is_named) && text.contains("region `ap-guangzhou`"), "{text}");
        }
    }
    tokens.hold("token", &first, now).unwrap();
}

#[tokio::test(start_paused = true)]
async fn age_uses_the_larger_step_and_never_shrinks() {
    let start =
        ClockReading { monotonic: Instant::now(), wall: UNIX_EPOCH + Duration::from_secs(1_000) };
    let seconds = Duration::from_secs;
    let mut age = Age::since(start);
    let mut now = start;
    now.monotonic += seconds(10);
    now.wall += seconds(10);
    assert_eq!(age.at(now), seconds(10));
    now.wall += seconds(100);
    assert_eq!(age.at(now), seconds(110), "the machine slept");
    now.wall -= seconds(900);
    now.monotonic += seconds(5);
    assert_eq!(age.at(now), seconds(115), "the clock was set back");
    assert_eq!(age.at(now), seconds(115));
}

#[tokio::test(start_paused = true)]
async fn usable_tokens_are_kept_and_others_dropped_in_order() {
    let tokens = SentTokens::default();
    let start = ClockReading { monotonic: Instant::now(), wall: UNIX_EPOCH };
    let send = |token: &str, now: ClockReading| {
        let mut hold = tokens.hold(token, &used(1, "ap-guangzhou"), now).unwrap();
        hold.begin_attempt(now).unwrap();
        hold.end_attempt(Outcome::Ambiguous);
    };
    let more = MIN_REMEMBERED + 100;
    for number in 0..more {
        send(&number.to_string(), start);
    }
    let is_known = |number: usize, now| {
        tokens.admit(&number.to_string(), &used(2, "ap-guangzhou"), now).is_err()
    };
    assert!((0..more).all(|number| is_known(number, start)), "all are inside their window");
    let later = ClockReading { monotonic: start.monotonic + Duration::from_secs(181), ..start };
    send("another", later);
    assert_eq!(tokens.lock_records().by_token.len(), MIN_REMEMBERED);
    assert_eq!(tokens.lock_records().order.len(), MIN_REMEMBERED);
    assert!(!is_known(100, later) && is_known(101, later) && is_known(more - 1, later));
}
