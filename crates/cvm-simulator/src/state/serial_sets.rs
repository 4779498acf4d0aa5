//! Sets of serials by key, as bits. Sets are combined and counted without a look at their members, and a change copies only
//! a small part of what another version of the state shares.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use imbl::OrdMap;

/// The number of 64-bit words of a block.
const WORDS: usize = 16;

/// The number of serials that a block covers.
const SPAN: u64 = WORDS as u64 * 64;

/// A set of serials for each key that has any.
#[derive(Clone, Debug)]
pub(crate) struct SerialSets<K: Ord> {
    /// A number for each key, so that blocks need no copy of it.
    numbers: OrdMap<K, u64>,
    next_number: u64,
    /// By the number of the key and the number of the block. No block is empty.
    blocks: OrdMap<(u64, u64), Block>,
}

impl<K: Ord> Default for SerialSets<K> {
    fn default() -> Self {
        Self { numbers: OrdMap::new(), next_number: 0, blocks: OrdMap::new() }
    }
}

impl<K: Clone + Ord> SerialSets<K> {
    /// Adds a serial to the set of a key.
    pub(crate) fn insert(&mut self, key: &K, serial: u64) {
        let number = match self.numbers.get(key) {
            Some(number) => *number,
            None => {
                let number = self.next_number;
                self.next_number += 1;
                self.numbers.insert(key.clone(), number);
                number
            }
        };
        let (block, bit) = (serial / SPAN, serial % SPAN);
        match self.blocks.get_mut(&(number, block)) {
            Some(block) => block.insert(bit),
            None => {
                let mut new = Block::default();
                new.insert(bit);
                self.blocks.insert((number, block), new);
            }
        }
    }

    /// Removes a serial from the set of a key.
    pub(crate) fn remove(&mut self, key: &K, serial: u64) {
        let Some(number) = self.numbers.get(key).copied() else { return };
        let (block, bit) = (serial / SPAN, serial % SPAN);
        let Some(bits) = self.blocks.get_mut(&(number, block)) else { return };
        bits.remove(bit);
        if bits.is_empty() {
            self.blocks.remove(&(number, block));
            if self.blocks_of(number).next().is_none() {
                self.numbers.remove(key);
            }
        }
    }

    /// The keys in a range that have serials, each with the number of them.
    pub(crate) fn counts(&self, range: RangeInclusive<K>) -> impl Iterator<Item = (&K, u64)> {
        self.numbers
            .range(range)
            .map(|(key, number)| (key, self.blocks_of(*number).map(|(_, block)| block.len()).sum()))
    }

    /// The serials that are, for each of these lists, in the set of one of its keys.
    pub(crate) fn select(&self, all_of: &[Vec<K>]) -> Selection {
        let Some((first, others)) = all_of.split_first() else { return Selection::default() };
        let mut blocks = self.any_of(first);
        for keys in others {
            let numbers: Vec<u64> =
                keys.iter().filter_map(|key| self.numbers.get(key)).copied().collect();
            blocks.retain_mut(|(block, bits)| {
                let mut any = Block::default();
                let sets = numbers.iter().filter_map(|number| self.blocks.get(&(*number, *block)));
                sets.for_each(|set| any.add_all(set));
                bits.keep_all(&any);
                !bits.is_empty()
            });
        }
        Selection { blocks }
    }

    /// The blocks of the serials that are in the set of one of these keys.
    fn any_of(&self, keys: &[K]) -> Vec<(u64, Block)> {
        let mut numbers = keys.iter().filter_map(|key| self.numbers.get(key)).copied();
        let Some(first) = numbers.next() else { return Vec::new() };
        let mut blocks: BTreeMap<u64, Block> = BTreeMap::new();
        for number in numbers {
            for (block, bits) in self.blocks_of(number) {
                blocks.entry(block).or_default().add_all(bits);
            }
        }
        let first = self.blocks_of(first).map(|(block, bits)| (block, *bits));
        if blocks.is_empty() {
            return first.collect();
        }
        first.for_each(|(block, bits)| blocks.entry(block).or_default().add_all(&bits));
        blocks.into_iter().collect()
    }

    /// All keys with their serials.
    #[cfg(test)]
    pub(crate) fn content(&self) -> Vec<(K, Vec<u64>)> {
        let of = |key: &K| self.select(&[vec![key.clone()]]).newest_first().collect();
        self.numbers.keys().map(|key| (key.clone(), of(key))).collect()
    }

    fn blocks_of(&self, number: u64) -> impl Iterator<Item = (u64, &Block)> {
        let blocks = self.blocks.range((number, 0)..=(number, u64::MAX));
        blocks.map(|((_, block), bits)| (*block, bits))
    }
}

/// Selected serials.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// By number, the lowest first.
    blocks: Vec<(u64, Block)>,
}

impl Selection {
    pub(crate) fn len(&self) -> u64 {
        self.blocks.iter().map(|(_, block)| block.len()).sum()
    }

    /// The serials, the highest first.
    pub(crate) fn newest_first(self) -> impl Iterator<Item = u64> {
        self.blocks.into_iter().rev().flat_map(|(block, bits)| bits.highest_first(block * SPAN))
    }

    /// The serials from an offset on, the highest first. The blocks before it are only counted.
    pub(crate) fn newest_first_from(mut self, offset: usize) -> impl Iterator<Item = u64> {
        let mut left = offset;
        while let Some((_, block)) = self.blocks.last() {
            let count = usize::try_from(block.len()).unwrap_or(usize::MAX);
            if count > left {
                break;
            }
            left -= count;
            self.blocks.pop();
        }
        self.newest_first().skip(left)
    }
}

/// A part of a set: a bit for each of [`SPAN`] serials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Block([u64; WORDS]);

impl Block {
    fn word_mut(&mut self, bit: u64) -> Option<&mut u64> {
        self.0.get_mut(usize::try_from(bit / 64).ok()?)
    }

    fn insert(&mut self, bit: u64) {
        if let Some(word) = self.word_mut(bit) {
            *word |= 1 << (bit % 64);
        }
    }

    fn remove(&mut self, bit: u64) {
        if let Some(word) = self.word_mut(bit) {
            *word &= !(1 << (bit % 64));
        }
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    fn len(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    fn add_all(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word |= other);
    }

    fn keep_all(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word &= other);
    }

    /// Its serials, the highest first. `first` is the serial of its first bit.
    fn highest_first(self, first: u64) -> impl Iterator<Item = u64> {
        let words = self.0.into_iter().zip((first..).step_by(64));
        let words = words.collect::<Vec<_>>().into_iter().rev();
        words.flat_map(|(word, first)| {
            (0..64).rev().filter(move |bit| word >> bit & 1 == 1).map(move |bit| first + bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn key_without_serials_leaves_nothing() {
        let mut sets = SerialSets::default();
        for serial in [0, 1023, 1024, 70_000] {
            sets.insert(&"a", serial);
            sets.insert(&"a", serial);
        }
        assert_eq!(sets.counts("a"..="z").collect::<Vec<_>>(), [(&"a", 4)]);
        sets.remove(&"b", 0);
        for serial in [70_000, 0, 1024, 1023, 5] {
            sets.remove(&"a", serial);
        }
        assert!(sets.numbers.is_empty() && sets.blocks.is_empty());
    }

    proptest! {
        /// Sets of serials behave like plain sets.
        #[test]
        fn selections_equal_those_of_plain_sets(
            changes in proptest::collection::vec((0u8..4, 0u64..5_000, any::<bool>()), 0..300),
            all_of in proptest::collection::vec(proptest::collection::vec(0u8..5, 0..3), 1..4),
            offset in 0usize..100,
        ) {
            let mut sets = SerialSets::default();
            let mut plain: BTreeMap<u8, BTreeSet<u64>> = BTreeMap::new();
            for (key, serial, is_added) in changes {
                if is_added {
                    sets.insert(&key, serial);
                    plain.entry(key).or_default().insert(serial);
                } else {
                    sets.remove(&key, serial);
                    plain.entry(key).or_default().remove(&serial);
                }
            }
            let has = |key: &u8, serial: &u64| plain.get(key).is_some_and(|set| set.contains(serial));
            let expected: Vec<u64> = (0..5_000)
                .rev()
                .filter(|serial| all_of.iter().all(|keys| keys.iter().any(|key| has(key, serial))))
                .collect();
            let selection = sets.select(&all_of);
            prop_assert_eq!(selection.len(), expected.len() as u64);
            let rest: Vec<u64> = selection.clone().newest_first_from(offset).collect();
            prop_assert_eq!(&rest, &expected.get(offset..).unwrap_or_default());
            prop_assert_eq!(selection.newest_first().collect::<Vec<_>>(), expected);
        }
    }
}
