//! Generates trace ids, which identify requests in the service's logs.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::entropy::{
    Entropy, EntropyError, {self},
};

/// The counting bits: those of a UUID below its variant.
const COUNTED: u128 = (1 << 62) - 1;

/// The trace ids of one client: the first is random, the following count up from it. Random bytes for each id would
/// cost about 2 % of a small call, and a trace id must be unique, not unpredictable.
#[derive(Debug, Default)]
pub(crate) struct TraceIds {
    first: OnceLock<u128>,
    given: AtomicU64,
}

impl TraceIds {
    /// The next trace id, in the form of a UUID (version 4).
    pub(crate) fn next(&self, entropy: &dyn Entropy) -> Result<String, EntropyError> {
        let first = match self.first.get() {
            Some(first) => *first,
            None => {
                let random = entropy::uuid_v4_bits(entropy)?;
                *self.first.get_or_init(|| random)
            }
        };
        let given = u128::from(self.given.fetch_add(1, Ordering::Relaxed));
        let counted = first.wrapping_add(given) & COUNTED;
        Ok(entropy::hyphenated((first & !COUNTED) | counted))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::entropy::SystemEntropy;

    #[test]
    fn trace_ids_never_repeat() {
        let ids = TraceIds::default();
        let all: HashSet<String> = (0..10_000).map(|_| ids.next(&SystemEntropy).unwrap()).collect();
        assert_eq!(all.len(), 10_000);
        for id in all {
            assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'), "{id}");
            assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{id}");
        }
    }

    #[test]
    fn counting_keeps_the_uuid_variant() {
        let ids = TraceIds { first: OnceLock::from(u128::MAX), given: AtomicU64::new(1) };
        let id = ids.next(&SystemEntropy).unwrap();
        assert_eq!(id, "ffffffff-ffff-ffff-c000-000000000000");
    }

    #[test]
    fn clients_start_at_different_ids() {
        let next = || TraceIds::default().next(&SystemEntropy).unwrap();
        assert_ne!(next(), next());
    }
}
