//! Keeps the bodies of requests that are still arriving within one limit of memory.
//!
//! Nobody has proved a credential before the whole body is there, so a client that sends bodies without
//! their ends must not take the memory of others. When all bodies together would need more than the
//! limit, the oldest ones are given up: a new request needs milliseconds, and an old one is slow. Bodies
//! whose head names a known key give way after the others, until they have half of the memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// First allocation for a body that arrives in pieces.
const FIRST_ALLOCATION: usize = 64 << 10;

/// The bodies of all requests that are being read.
#[derive(Debug)]
pub(crate) struct Bodies {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Bytes allocated for all bodies, including those that are complete and in use.
    held: usize,
    next: u64,
    /// The bodies that are still arriving, those of unknown clients first, and then the oldest.
    open: BTreeMap<BodyId, Vec<u8>>,
}

/// Whether the head names a known key, and the order in which the bodies began.
type BodyId = (bool, u64);

/// The body was given up, because all bodies together needed too much memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GivenUp;

impl Bodies {
    pub(crate) const fn new(limit: usize) -> Self {
        let state = State { held: 0, next: 0, open: BTreeMap::new() };
        Self { limit, state: Mutex::new(state) }
    }

    /// Begins a body of at most `longest` bytes.
    pub(crate) fn open(&self, longest: usize, is_key_known: bool) -> Share<'_> {
        let mut state = self.lock();
        let id = (is_key_known, state.next);
        state.next = state.next.wrapping_add(1);
        state.open.insert(id, Vec::new());
        Share { bodies: self, id, longest, completed: 0 }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.lock().held
    }
}

/// One body's share of the memory; dropping it returns the memory.
#[derive(Debug)]
pub(crate) struct Share<'a> {
    bodies: &'a Bodies,
    id: BodyId,
    longest: usize,
    /// Bytes allocated for the body once it is complete.
    completed: usize,
}

impl Share<'_> {
    /// Adds what arrived. Older bodies make room if they have to, and this one if it is the oldest.
    pub(crate) fn append(&mut self, data: &[u8]) -> Result<(), GivenUp> {
        let mut state = self.bodies.lock();
        let body = state.open.get(&self.id).ok_or(GivenUp)?;
        let (length, capacity) = (body.len(), body.capacity());
        let needed = length.saturating_add(data.len());
        if needed > capacity {
            // Twice as much each time, so that a body is copied a few times only.
            let usual = capacity.saturating_mul(2).max(FIRST_ALLOCATION).min(self.longest);
            let wanted = usual.max(needed);
            while state.held.saturating_add(wanted.saturating_sub(capacity)) > self.bodies.limit {
                state.give_up_oldest(self.bodies.limit)?;
            }
            let body = state.open.get_mut(&self.id).ok_or(GivenUp)?;
            body.reserve_exact(wanted.saturating_sub(length));
            let allocated = body.capacity().saturating_sub(capacity);
            state.held = state.held.saturating_add(allocated);
        }
        state.open.get_mut(&self.id).ok_or(GivenUp)?.extend_from_slice(data);
        Ok(())
    }

    /// The whole body. Its memory counts until the share is dropped.
    pub(crate) fn complete(&mut self) -> Result<Bytes, GivenUp> {
        let body = self.bodies.lock().open.remove(&self.id).ok_or(GivenUp)?;
        self.completed = body.capacity();
        Ok(body.into())
    }
}

impl State {
    fn give_up_oldest(&mut self, limit: usize) -> Result<(), GivenUp> {
        let known = || self.open.range((true, 0)..);
        let held: usize = known().map(|(_, body)| body.capacity()).sum();
        let oldest = if held > limit / 2 { known().next() } else { self.open.iter().next() };
        let id = *oldest.ok_or(GivenUp)?.0;
        let body = self.open.remove(&id).ok_or(GivenUp)?;
        self.held = self.held.saturating_sub(body.capacity());
        Ok(())
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let mut state = self.bodies.lock();
        let open = state.open.remove(&self.id).map_or(0, |body| body.capacity());
        state.held = state.held.saturating_sub(open.saturating_add(self.completed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIECE: [u8; 1000] = [b'x'; 1000];

    #[test]
    fn memory_counts_until_the_share_is_dropped() {
        let bodies = Bodies::new(1 << 20);
        let mut share = bodies.open(5000, false);
        for _ in 0..5 {
            share.append(&PIECE).unwrap();
        }
        assert_eq!(bodies.held(), 5000, "no more is allocated than the body can need");
        let body = share.complete().unwrap();
        assert_eq!((body.len(), bodies.held()), (5000, 5000));
        drop(share);
        assert_eq!(bodies.held(), 0);
    }

    #[test]
    fn the_oldest_bodies_make_room_for_newer_ones() {
        let bodies = Bodies::new(3000);
        let mut shares: Vec<_> = (0..3).map(|_| bodies.open(1000, false)).collect();
        for share in &mut shares {
            share.append(&PIECE).unwrap();
        }
        let mut new = bodies.open(2000, false);
        new.append(&PIECE).unwrap();
        new.append(&PIECE).unwrap();
        let kept: Vec<_> = shares.iter_mut().map(|share| share.complete().is_ok()).collect();
        assert_eq!(kept, [false, false, true]);
        assert_eq!(new.complete().unwrap().len(), 2000);
        drop((shares, new));
        assert_eq!(bodies.held(), 0);
    }

    #[test]
    fn bodies_of_unknown_clients_make_room_for_those_of_known_keys() {
        let bodies = Bodies::new(4000);
        let open = |is_key_known| {
            let mut share = bodies.open(1000, is_key_known);
            share.append(&PIECE).map(|()| share)
        };
        let mut known = open(true).unwrap();
        let mut strangers: Vec<_> = (0..20).map(|_| open(false).unwrap()).collect();
        let mut newer = open(true).unwrap();
        assert!(known.complete().is_ok() && newer.complete().is_ok());
        let kept: Vec<_> = strangers.iter_mut().map(|share| share.complete().is_ok()).collect();
        assert_eq!(kept.iter().filter(|kept| **kept).count(), 2);
        assert_eq!(kept[18..], [true, true]);
    }

    #[test]
    fn bodies_of_known_keys_leave_half_of_the_memory_to_others() {
        let bodies = Bodies::new(4000);
        let open = |is_key_known| {
            let mut share = bodies.open(1000, is_key_known);
            share.append(&PIECE).map(|()| share)
        };
        let mut known: Vec<_> = (0..4).map(|_| open(true).unwrap()).collect();
        let mut others = [open(false).unwrap(), open(false).unwrap()];
        assert!(others.iter_mut().all(|share| share.complete().is_ok()));
        let kept: Vec<_> = known.iter_mut().map(|share| share.complete().is_ok()).collect();
        assert_eq!(kept, [false, false, true, true]);
    }

    #[test]
    fn a_body_that_needs_more_than_there_is_gives_up_itself() {
        let bodies = Bodies::new(3000);
        let mut complete = bodies.open(1000, false);
        complete.append(&PIECE).unwrap();
        complete.complete().unwrap();
        let mut share = bodies.open(3000, false);
        assert_eq!(share.append(&[0; 2001]), Err(GivenUp));
        assert_eq!(share.append(&[0]), Err(GivenUp), "it stays given up");
        assert_eq!(bodies.held(), 1000);
        let mut small = bodies.open(2000, false);
        assert_eq!(small.append(&PIECE), Ok(()));
    }
}
