//! Time in signatures: days that begin at midnight, keys of a day, and clocks that disagree.

use cvm_signer::{
    KeyCache, SignError, tc3,
    verify::{self, VerifyError},
};
use proptest::prelude::*;

use crate::tc3::{Tc3, tc3_request};
use crate::{DAY, LAST_DAY, credential};

proptest! {
    #[test]
    fn cached_key_signs_like_a_derived_one(
        case in tc3_request(),
        days in prop::collection::vec(0u64..3, 1..12),
        secrets in prop::collection::vec(credential(), 1..4),
    ) {
        let mut cache = KeyCache::with_capacity(3);
        for (turn, day) in days.into_iter().enumerate() {
            let credential = &secrets[turn % secrets.len()];
            let timestamp = day * DAY + turn as u64;
            let scope = tc3::CredentialScope::at(timestamp, &case.service).unwrap();
            let expected = case
                .with_request(|request| tc3::sign(credential, &case.service, timestamp, request));
            let key = cache.key(credential, &scope);
            let signed =
                case.with_request(|request| tc3::sign_with_key(key, credential, timestamp, request));
            prop_assert_eq!(signed, expected);
        }
    }

    #[test]
    fn scope_and_timestamp_change_together_at_midnight(
        case in tc3_request(),
        day in 1..=LAST_DAY,
        before in 1..DAY,
        after in 0..DAY,
    ) {
        let evening = Tc3 { timestamp: day * DAY - before, ..case.clone() };
        let morning = Tc3 { timestamp: day * DAY + after, ..case };
        prop_assert_eq!(evening.verify(&evening.sign()), Ok(()));
        prop_assert_eq!(morning.verify(&morning.sign()), Ok(()));
        prop_assert_eq!(morning.verify(&evening.sign()), Err(VerifyError::ScopeDate));
        prop_assert_eq!(evening.verify(&morning.sign()), Err(VerifyError::ScopeDate));

        let scope = tc3::CredentialScope::at(evening.timestamp, &evening.service).unwrap();
        let stale = tc3::SigningKey::derive(&evening.credential, &scope);
        let signed = morning.with_request(|request| {
            tc3::sign_with_key(&stale, &morning.credential, morning.timestamp, request)
        });
        prop_assert_eq!(signed, Err(SignError::KeyDate));
    }

    #[test]
    fn clock_window_is_inclusive_and_symmetric(now in any::<u64>(), apart in any::<u64>()) {
        let window = verify::CLOCK_WINDOW;
        for timestamp in [now.checked_add(apart), now.checked_sub(apart)].into_iter().flatten() {
            let expected = if apart <= 300 { Ok(()) } else { Err(VerifyError::Clock) };
            prop_assert_eq!(verify::clock(now, timestamp, window), expected);
        }
        for (timestamp, fits) in [(1000, true), (700, true), (1300, true), (699, false), (1301, false)] {
            prop_assert_eq!(verify::clock(1000, timestamp, window).is_ok(), fits);
        }
    }
}
