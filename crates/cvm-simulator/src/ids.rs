//! Everything that looks random, drawn from one seed: the same requests get the same bytes.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// The account number (UIN) of the account that all credentials belong to: it created the launch templates and owns
/// the images.
pub(crate) const UIN: &str = "100000000001";

/// The AppId of the account: quotas, buckets and versions of launch templates belong to it. The service never mixes it with the
/// account number.
pub(crate) const APP_ID: u64 = 1_250_000_000;

/// What a number is drawn for; every purpose has a stream of its own, so that one more request id
/// does not change the next instance's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stream {
    ChangeRequestId,
    ReadRequestId,
    RejectedRequestId,
    Uuid,
    InstanceId,
    DiskId,
    Vpc,
    Subnet,
    ImageId,
    SnapshotId,
    KeyPairId,
    KeyMaterial,
    LaunchTemplateId,
    PlacementGroupId,
    PhysicalHost,
    HostId,
    ChcHostId,
    HpcClusterId,
    ResourcePackId,
    ActionTimerId,
    TaskId,
    ConsoleToken,
}

/// The source of all identifiers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeededRng {
    seed: u64,
}

impl SeededRng {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The number of a purpose at a place in its stream.
    pub(crate) const fn next(self, stream: Stream, index: u64) -> u64 {
        mix(mix(self.seed.wrapping_add(stream as u64)).wrapping_add(index))
    }

    /// A UUID of the random kind.
    pub(crate) fn uuid(self, stream: Stream, index: u64) -> String {
        let high = self.next(stream, index.wrapping_mul(2));
        let low = self.next(stream, index.wrapping_mul(2).wrapping_add(1));
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff,
        )
    }

    /// 32 hexadecimal digits that follow from a text.
    pub(crate) fn token(self, stream: Stream, text: &str) -> String {
        let fold = |start, byte: u8| mix(start ^ u64::from(byte));
        let high = text.bytes().fold(self.next(stream, 0), fold);
        let low = text.bytes().fold(self.next(stream, 1), fold);
        format!("{high:016x}{low:016x}")
    }

    /// The identifier at a place: a prefix and eight characters of base 36.
    ///
    /// The place is multiplied by a number that shares no factor with 36^8, and shifted: no two
    /// places meet, so no table of given identifiers is needed.
    pub(crate) fn id(self, prefix: &str, stream: Stream, index: u64) -> String {
        const DIGITS: u32 = 8;
        const SPACE: u128 = 36u128.pow(DIGITS);
        let spread = u128::from(self.next(stream, u64::MAX)) % SPACE / 6 * 6 + 1;
        let shift = u128::from(self.next(stream, u64::MAX - 1));
        let mut rest = (u128::from(index) * spread + shift) % SPACE;
        let mut id = String::with_capacity(prefix.len() + 8);
        id.push_str(prefix);
        for _ in 0..DIGITS {
            let digit = u32::try_from(rest % 36).unwrap_or(0);
            // Writing to a string cannot fail, and a digit below 36 is one.
            let _ = id.write_char(char::from_digit(digit, 36).unwrap_or('0'));
            rest /= 36;
        }
        id
    }
}

/// Makes identifiers, no two alike in any region.
#[derive(Clone, Debug)]
pub(crate) struct IdGenerator {
    rng: SeededRng,
    made: BTreeMap<Stream, u64>,
}

impl IdGenerator {
    pub(crate) const fn new(rng: SeededRng) -> Self {
        Self { rng, made: BTreeMap::new() }
    }

    /// The next identifier of a kind: the prefix and eight letters and digits.
    pub(crate) fn id(&mut self, prefix: &str, stream: Stream) -> String {
        let index = self.index(stream);
        self.rng.id(prefix, stream, index)
    }

    /// The next random number of a kind.
    pub(crate) fn number(&mut self, stream: Stream) -> u64 {
        let index = self.index(stream);
        self.rng.next(stream, index)
    }

    /// An id and a uuid for a new instance.
    pub(crate) fn instance(&mut self) -> (String, String) {
        let index = self.index(Stream::InstanceId);
        (self.rng.id("ins-", Stream::InstanceId, index), self.rng.uuid(Stream::Uuid, index))
    }

    /// An id for a new disk.
    pub(crate) fn disk(&mut self) -> String {
        self.id("disk-", Stream::DiskId)
    }

    /// The network that an account has from the start: its id, and its subnet in a zone.
    pub(crate) fn default_network(&self, zone_id: u64) -> (String, String) {
        let vpc = self.rng.id("vpc-", Stream::Vpc, zone_id / 10_000);
        (vpc, self.rng.id("subnet-", Stream::Subnet, zone_id))
    }

    /// A token for the console of an instance. It follows from the id of the request, so that a read draws nothing
    /// that another request would have drawn.
    pub(crate) fn console_token(&self, request_id: &str) -> String {
        self.rng.token(Stream::ConsoleToken, request_id)
    }

    fn index(&mut self, stream: Stream) -> u64 {
        let made = self.made.entry(stream).or_default();
        let index = *made;
        *made += 1;
        index
    }
}

/// Makes the ids of requests, in a stream of their own.
#[derive(Debug)]
pub struct RequestIds {
    rng: SeededRng,
    stream: Stream,
    made: AtomicU64,
}

impl RequestIds {
    /// For requests that are rejected before they reach a simulator with this seed.
    #[must_use]
    pub const fn of_rejected(seed: u64) -> Self {
        Self::new(seed, Stream::RejectedRequestId)
    }

    pub(crate) const fn of_changes(seed: u64) -> Self {
        Self::new(seed, Stream::ChangeRequestId)
    }

    pub(crate) const fn of_reads(seed: u64) -> Self {
        Self::new(seed, Stream::ReadRequestId)
    }

    const fn new(seed: u64, stream: Stream) -> Self {
        Self { rng: SeededRng::new(seed), stream, made: AtomicU64::new(0) }
    }

    /// The next id: a UUID.
    pub fn next(&self) -> String {
        self.rng.uuid(self.stream, self.made.fetch_add(1, Ordering::Relaxed))
    }
}

/// SplitMix64: every bit of the input moves every bit of the output.
const fn mix(state: u64) -> u64 {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn seed_determines_all_values() {
        let (one, same, other) = (SeededRng::new(1), SeededRng::new(1), SeededRng::new(2));
        assert_eq!(one.uuid(Stream::ReadRequestId, 0), same.uuid(Stream::ReadRequestId, 0));
        assert_ne!(one.uuid(Stream::ReadRequestId, 0), other.uuid(Stream::ReadRequestId, 0));
        assert_ne!(one.uuid(Stream::ReadRequestId, 0), one.uuid(Stream::Uuid, 0));
        assert_ne!(one.id("ins-", Stream::InstanceId, 0), other.id("ins-", Stream::InstanceId, 0));
    }

    #[test]
    fn identifiers_are_unique() {
        for seed in [0, 1, u64::MAX] {
            let rng = SeededRng::new(seed);
            let ids: HashSet<_> =
                (0..50_000).map(|index| rng.id("ins-", Stream::InstanceId, index)).collect();
            assert_eq!(ids.len(), 50_000, "seed {seed}");
        }
    }

    #[test]
    fn identifiers_have_the_documented_layout() {
        let id = SeededRng::new(7).id("ins-", Stream::InstanceId, 3);
        let rest = id.strip_prefix("ins-").unwrap();
        assert_eq!(rest.len(), 8);
        assert!(
            rest.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()),
            "{id}"
        );
        let uuid = SeededRng::new(7).uuid(Stream::Uuid, 3);
        let lengths: Vec<_> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert!(matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{uuid}");
    }
}
