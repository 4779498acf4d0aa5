//! Finds the perfect hash function for the member names of a table.

use std::collections::HashSet;

use cvm_protocol::NameIndex;

/// The parts of a [`NameIndex`].
#[derive(Debug, PartialEq, Eq)]
pub struct Index {
    /// The odd multiplier.
    pub multiplier: u64,
    /// How far the product is shifted to the right.
    pub shift: u32,
    /// The index of the member for each hash value.
    pub slots: Vec<u8>,
}

/// How many multipliers are tried before the size is doubled.
const TRIES: u64 = 4096;

/// The smallest index that was found for these names. The same names always give the same index. Without slots, the engine
/// compares names one by one.
pub fn index(names: &[&str]) -> Index {
    let unhashed = Index { multiplier: 1, shift: u64::BITS, slots: Vec::new() };
    if names.is_empty() || !differ_in_hashed_bytes(names) {
        return unhashed;
    }
    let least = names.len().next_power_of_two().trailing_zeros();
    for bits in least..=16 {
        let shift = u64::BITS - bits;
        for attempt in 0..TRIES {
            let multiplier = scatter(attempt) | 1;
            if let Some(slots) = place(names, multiplier, shift, 1 << bits) {
                return Index { multiplier, shift, slots };
            }
        }
    }
    unhashed
}

/// Whether the part of each name that is hashed differs from that of the others. A long name is hashed without its middle, so
/// `IngressIPv4TotalCount` and `IngressIPv6TotalCount` do not differ.
fn differ_in_hashed_bytes(names: &[&str]) -> bool {
    let words: HashSet<usize> =
        names.iter().map(|name| NameIndex::hash(name.as_bytes(), 1, 0)).collect();
    words.len() == names.len()
}

fn place(names: &[&str], multiplier: u64, shift: u32, size: usize) -> Option<Vec<u8>> {
    let mut slots = vec![NameIndex::NONE; size];
    for (member, name) in names.iter().enumerate() {
        let slot = slots.get_mut(NameIndex::hash(name.as_bytes(), multiplier, shift))?;
        if *slot != NameIndex::NONE {
            return None;
        }
        *slot = u8::try_from(member).ok()?;
    }
    Some(slots)
}

/// Spreads small numbers over 64 bits (splitmix64).
fn scatter(seed: u64) -> u64 {
    let mut word = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_at_its_index() {
        let names: Vec<String> = (0..60).map(|n| format!("Member{n}Of{}", n * 7)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for count in 0..names.len() {
            let names = names.get(..count).unwrap();
            let found = index(names);
            for (member, name) in names.iter().enumerate() {
                let slot = NameIndex::hash(name.as_bytes(), found.multiplier, found.shift);
                assert_eq!(found.slots.get(slot).copied(), u8::try_from(member).ok());
            }
            assert_eq!(found, index(names), "same names, same index");
        }
    }

    #[test]
    fn names_that_differ_only_in_the_middle_have_no_slots() {
        for names in [
            ["IngressIPv4TotalCount", "IngressIPv6TotalCount"],
            ["EgressIPv4TotalCount", "EgressIPv6TotalCount"],
        ] {
            assert_eq!(index(&names).slots, [0_u8; 0], "{names:?}");
        }
    }
}
