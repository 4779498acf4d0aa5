//! Keeps the bodies of incoming requests within one memory limit.
//!
//! No client is authenticated before its whole body has arrived, so clients that send incomplete bodies must not
//! take the memory of others. If all bodies together would exceed the limit, the oldest ones are evicted: a normal
//! request takes milliseconds, so an old one is slow. Bodies whose head names a known key are evicted after the
//! others, unless they use more than half of the memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// First allocation for a body that arrives in pieces.
const FIRST_ALLOCATION: usize = 64 << 10;

/// The memory of all request bodies that are being read.
#[derive(Debug)]
pub(crate) struct BodyMemory {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Bytes allocated for all bodies, including complete ones that are in use.
    allocated: usize,
    next: u64,
    /// The incomplete bodies: those without a known key first, then by age.
    open: BTreeMap<BodyId, Vec<u8>>,
}

/// Whether the head names a known key, and a number that grows with each body.
type BodyId = (bool, u64);

/// The body was evicted, because all bodies together needed too much memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Evicted;

impl BodyMemory {
    pub(crate) const fn new(limit: usize) -> Self {
        let state = State { allocated: 0, next: 0, open: BTreeMap::new() };
        Self { limit, state: Mutex::new(state) }
    }

    /// Starts a body of at most `max_len` bytes.
    pub(crate) fn begin(&self, max_len: usize, is_key_known: bool) -> BodyBuffer<'_> {
        let mut state = self.lock();
        let id = (is_key_known, state.next);
        state.next = state.next.wrapping_add(1);
        state.open.insert(id, Vec::new());
        BodyBuffer { memory: self, id, max_len, complete_capacity: 0 }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn allocated(&self) -> usize {
        self.lock().allocated
    }
}

/// The memory of one body. Dropping it frees the memory.
#[derive(Debug)]
pub(crate) struct BodyBuffer<'a> {
    memory: &'a BodyMemory,
    id: BodyId,
    max_len: usize,
    /// Bytes allocated for the body once it is complete.
    complete_capacity: usize,
}

impl BodyBuffer<'_> {
    /// Appends data. Evicts older bodies if necessary, or this one if it is the oldest.
    pub(crate) fn append(&mut self, data: &[u8]) -> Result<(), Evicted> {
        let mut state = self.memory.lock();
        let body = state.open.get(&self.id).ok_or(Evicted)?;
        let (length, capacity) = (body.len(), body.capacity());
        let needed = length.saturating_add(data.len());
        if needed > capacity {
            // Double the capacity each time, so that a body is copied only a few times.
            let grown = capacity.saturating_mul(2).max(FIRST_ALLOCATION).min(self.max_len);
            let new_capacity = grown.max(needed);
            while state.allocated.saturating_add(new_capacity.saturating_sub(capacity))
                > self.memory.limit
            {
                state.evict_oldest(self.memory.limit)?;
            }
            let body = state.open.get_mut(&self.id).ok_or(Evicted)?;
            body.reserve_exact(new_capacity.saturating_sub(length));
            let allocated = body.capacity().saturating_sub(capacity);
            state.allocated = state.allocated.saturating_add(allocated);
        }
        state.open.get_mut(&self.id).ok_or(Evicted)?.extend_from_slice(data);
        Ok(())
    }

    /// Returns the whole body. Its memory counts until the buffer is dropped.
    pub(crate) fn complete(&mut self) -> Result<Bytes, Evicted> {
        let body = self.memory.lock().open.remove(&self.id).ok_or(Evicted)?;
        self.complete_capacity = body.capacity();
        Ok(body.into())
    }
}

impl State {
    fn evict_oldest(&mut self, limit: usize) -> Result<(), Evicted> {
        let known = || self.open.range((true, 0)..);
        let allocated: usize = known().map(|(_, body)| body.capacity()).sum();
        let oldest = if allocated > limit / 2 { known().next() } else { self.open.iter().next() };
        let id = *oldest.ok_or(Evicted)?.0;
        let body = self.open.remove(&id).ok_or(Evicted)?;
        self.allocated = self.allocated.saturating_sub(body.capacity());
        Ok(())
    }
}

impl Drop for BodyBuffer<'_> {
    fn drop(&mut self) {
        let mut state = self.memory.lock();
        let open = state.open.remove(&self.id).map_or(0, |body| body.capacity());
        state.allocated =
            state.allocated.saturating_sub(open.saturating_add(self.complete_capacity));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIECE: [u8; 1000] = [b'x'; 1000];

    #[test]
    fn memory_counts_until_the_buffer_is_dropped() {
        let memory = BodyMemory::new(1 << 20);
        let mut buffer = memory.begin(5000, false);
        for _ in 0..5 {
            buffer.append(&PIECE).unwrap();
        }
        assert_eq!(memory.allocated(), 5000, "no more is allocated than the body can need");
        let body = buffer.complete().unwrap();
        assert_eq!((body.len(), memory.allocated()), (5000, 5000));
        drop(buffer);
        assert_eq!(memory.allocated(), 0);
    }

    #[test]
    fn oldest_bodies_are_evicted_for_newer_ones() {
        let memory = BodyMemory::new(3000);
        let mut buffers: Vec<_> = (0..3).map(|_| memory.begin(1000, false)).collect();
        for buffer in &mut buffers {
            buffer.append(&PIECE).unwrap();
        }
        let mut new = memory.begin(2000, false);
        new.append(&PIECE).unwrap();
        new.append(&PIECE).unwrap();
        let kept: Vec<_> = buffers.iter_mut().map(|buffer| buffer.complete().is_ok()).collect();
        assert_eq!(kept, [false, false, true]);
        assert_eq!(new.complete().unwrap().len(), 2000);
        drop((buffers, new));
        assert_eq!(memory.allocated(), 0);
    }

    #[test]
    fn bodies_without_a_known_key_are_evicted_first() {
        let memory = BodyMemory::new(4000);
        let open = |is_key_known| {
            let mut buffer = memory.begin(1000, is_key_known);
            buffer.append(&PIECE).map(|()| buffer)
        };
        let mut known = open(true).unwrap();
        let mut unknown: Vec<_> = (0..20).map(|_| open(false).unwrap()).collect();
        let mut newer = open(true).unwrap();
        assert!(known.complete().is_ok() && newer.complete().is_ok());
        let kept: Vec<_> = unknown.iter_mut().map(|buffer| buffer.complete().is_ok()).collect();
        assert_eq!(kept.iter().filter(|kept| **kept).count(), 2);
        assert_eq!(kept[18..], [true, true]);
    }

    #[test]
    fn bodies_with_a_known_key_leave_half_of_the_memory_to_others() {
        let memory = BodyMemory::new(4000);
        let open = |is_key_known| {
            let mut buffer = memory.begin(1000, is_key_known);
            buffer.append(&PIECE).map(|()| buffer)
        };
        let mut known: Vec<_> = (0..4).map(|_| open(true).unwrap()).collect();
        let mut others = [open(false).unwrap(), open(false).unwrap()];
        assert!(others.iter_mut().all(|buffer| buffer.complete().is_ok()));
        let kept: Vec<_> = known.iter_mut().map(|buffer| buffer.complete().is_ok()).collect();
        assert_eq!(kept, [false, false, true, true]);
    }

    #[test]
    fn body_that_needs_too_much_memory_is_evicted() {
        let memory = BodyMemory::new(3000);
        let mut complete = memory.begin(1000, false);
        complete.append(&PIECE).unwrap();
        complete.complete().unwrap();
        let mut buffer = memory.begin(3000, false);
        assert_eq!(buffer.append(&[0; 2001]), Err(Evicted));
        assert_eq!(buffer.append(&[0]), Err(Evicted), "the body stays evicted");
        assert_eq!(memory.allocated(), 1000);
        let mut small = memory.begin(2000, false);
        assert_eq!(small.append(&PIECE), Ok(()));
    }
}
