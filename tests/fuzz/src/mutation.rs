//! Mutated inputs without coverage: the same ones in each run, for the tests.

/// Texts that mean something to a parser.
const WORDS: [&[u8]; 20] = [
    b"\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b"null",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"&",
    b"=",
    b"%",
    b"%00",
    b"\\u0000",
    b"\xff",
    b"\n",
    b"\r\n",
    b"Signature",
    b"RequestId",
    b"Response",
];

/// A generator of inputs.
#[derive(Debug)]
pub struct Mutator {
    state: u64,
    seeds: Vec<Vec<u8>>,
}

impl Mutator {
    /// Mutates these seeds, of which there must be one or more.
    #[must_use]
    pub fn new(seeds: Vec<Vec<u8>>) -> Self {
        assert!(!seeds.is_empty());
        Self { state: 1, seeds }
    }

    /// A seed with one to four changes.
    pub fn next_input(&mut self) -> Vec<u8> {
        let at = self.below(self.seeds.len());
        let mut input = self.seeds[at].clone();
        for _ in 0..=self.below(4) {
            self.change(&mut input);
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let begin = self.below(input.len() + 1);
        let end = begin + self.below((input.len() - begin).min(32) + 1);
        match self.below(5) {
            0 => drop(input.drain(begin..end)),
            1 => {
                let copy = input[begin..end].to_vec();
                drop(input.splice(begin..begin, copy));
            }
            2 => {
                let word = WORDS[self.below(WORDS.len())];
                drop(input.splice(begin..end, word.iter().copied()));
            }
            3 => {
                let other = self.below(self.seeds.len());
                let from = self.below(self.seeds[other].len() + 1);
                input.truncate(begin);
                input.extend_from_slice(&self.seeds[other][from..]);
            }
            _ => {
                let bit = 1 << self.below(8);
                if let Some(byte) = input.get_mut(begin) {
                    *byte ^= bit;
                }
            }
        }
    }

    /// A number below `limit` (SplitMix64, Steele et al. 2014).
    fn below(&mut self, limit: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.state;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^= value >> 31;
        usize::try_from(value % limit.max(1) as u64).unwrap()
    }
}
