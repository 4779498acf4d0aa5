//! Ids and random values from one seed: the same commands get the same values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The purpose of a random value. Each has a stream of its own, so that one more request id does not change the
/// address of the next instance.
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
    SecurityGroupId,
    DhcpOptionsId,
    RouteTableId,
    ElasticIpId,
    ScenarioRequestId,
}

/// The number of letters and digits of an id.
const ID_DIGITS: u32 = 8;

/// The number of ids with the same prefix.
const ID_SPACE: u128 = 36u128.pow(ID_DIGITS);

/// The source of all random values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeededRng {
    seed: u64,
}

impl SeededRng {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The number at an index of a stream.
    pub(crate) const fn next(self, stream: Stream, index: u64) -> u64 {
        mix(mix(self.seed.wrapping_add(stream as u64)).wrapping_add(index))
    }

    /// A random UUID.
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

    /// What the index of an id is multiplied by, and what is added.
    const fn spread_and_shift(self, stream: Stream) -> (u128, u128) {
        let spread = self.next(stream, u64::MAX) as u128 % ID_SPACE / 6 * 6 + 1;
        (spread, self.next(stream, u64::MAX - 1) as u128)
    }

    /// The identifier at an index: a prefix and eight characters of base 36.
    ///
    /// The index is multiplied by a number that is coprime to 36^8, and shifted. No two indexes give the same
    /// identifier, so no table of used identifiers is necessary.
    pub(crate) fn id(self, prefix: &str, stream: Stream, index: u64) -> String {
        let (spread, shift) = self.spread_and_shift(stream);
        let mut rest = (u128::from(index) * spread + shift) % ID_SPACE;
        let mut id = String::with_capacity(prefix.len() + 8);
        id.push_str(prefix);
        for _ in 0..ID_DIGITS {
            let digit = u32::try_from(rest % 36).unwrap_or(0);
            // Writing to a string cannot fail, and every digit is below 36.
            let _ = id.write_char(char::from_digit(digit, 36).unwrap_or('0'));
            rest /= 36;
        }
        id
    }
}

/// Finds the index at which an id was created. Ids are random, but entries of an index that are sorted by creation are beside
/// each other, which makes changes of many new ones cheap.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CreationOrder {
    rng: SeededRng,
    instances: IdInverse,
    disks: IdInverse,
}

/// What inverts [`SeededRng::id`] for a stream.
#[derive(Clone, Copy, Debug)]
struct IdInverse {
    factor: u128,
    shift: u128,
}

impl CreationOrder {
    pub(crate) fn new(rng: SeededRng) -> Self {
        let of = |stream| {
            let (spread, shift) = rng.spread_and_shift(stream);
            IdInverse { factor: inverse(spread), shift: shift % ID_SPACE }
        };
        Self { rng, instances: of(Stream::InstanceId), disks: of(Stream::DiskId) }
    }

    /// The index of an instance id. Other texts with the same layout have one, too.
    pub(crate) fn instance(&self, id: &str) -> Option<u64> {
        self.instances.index(id.strip_prefix("ins-")?)
    }

    /// The index of a disk id.
    pub(crate) fn disk(&self, id: &str) -> Option<u64> {
        self.disks.index(id.strip_prefix("ldisk-").or_else(|| id.strip_prefix("disk-"))?)
    }

    /// The index of the instance with this UUID, if it was created with this seed.
    pub(crate) fn uuid(&self, uuid: &str) -> Option<u64> {
        let (high, low) = uuid.split_at_checked(18)?;
        let hex = |text: &str| {
            let mut digits = text.bytes().filter(|byte| *byte != b'-');
            digits.try_fold(0u64, |number, byte| {
                Some(number << 4 | u64::from(char::from(byte).to_digit(16)?))
            })
        };
        let (high, low) = (hex(high)?, hex(low)?);
        // A UUID has all bits of the two random numbers but these.
        const VERSION: u64 = 0xf000;
        let start = mix(self.rng.seed.wrapping_add(Stream::Uuid as u64));
        let numbers = (0..4).map(|bits: u64| low & (u64::MAX >> 2) | bits << 62);
        let indexes = numbers.map(|number| unmix(number).wrapping_sub(start));
        let mut found = indexes.filter(|index| index % 2 == 1).map(|index| index / 2);
        found.find(|index| (self.rng.next(Stream::Uuid, index * 2) ^ high) & !VERSION == 0)
    }
}

impl IdInverse {
    fn index(self, digits: &str) -> Option<u64> {
        if digits.len() != ID_DIGITS as usize {
            return None;
        }
        let number = digits.bytes().rev().try_fold(0u128, |number, byte| {
            let digit = match byte {
                b'0'..=b'9' => byte - b'0',
                b'a'..=b'z' => byte - b'a' + 10,
                _ => return None,
            };
            Some(number * 36 + u128::from(digit))
        })?;
        let index = (number + ID_SPACE - self.shift) % ID_SPACE * self.factor % ID_SPACE;
        u64::try_from(index).ok()
    }
}

/// The number that inverts a multiplication modulo [`ID_SPACE`], by the theorem of Euler.
fn inverse(number: u128) -> u128 {
    let (mut result, mut power, mut exponent) = (1, number % ID_SPACE, ID_SPACE / 3 - 1);
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = result * power % ID_SPACE;
        }
        power = power * power % ID_SPACE;
        exponent /= 2;
    }
    result
}

/// The indexes of default networks are the numbers of zones, which are smaller.
const AFTER_DEFAULTS: u64 = 1 << 33;

/// Creates identifiers that are unique in all regions.
#[derive(Clone, Debug)]
pub(crate) struct IdGenerator {
    rng: SeededRng,
    made: BTreeMap<Stream, u64>,
    /// The id that the next resource with its prefix gets.
    next_chosen: Option<String>,
    /// The ids that were chosen. No generated id is one of them.
    chosen: Arc<BTreeSet<String>>,
}

/// The prefixes of the ids that can be chosen, with their streams, and the indexes where these begin.
const CHOOSABLE: [(&str, Stream, u64); 9] = [
    ("ins-", Stream::InstanceId, 0),
    ("disk-", Stream::DiskId, 0),
    ("vpc-", Stream::Vpc, AFTER_DEFAULTS),
    ("subnet-", Stream::Subnet, AFTER_DEFAULTS),
    ("sg-", Stream::SecurityGroupId, 0),
    ("img-", Stream::ImageId, 0),
    ("skey-", Stream::KeyPairId, 0),
    ("eip-", Stream::ElasticIpId, 0),
    ("chc-", Stream::ChcHostId, 0),
];

impl IdGenerator {
    pub(crate) fn new(rng: SeededRng) -> Self {
        Self { rng, made: BTreeMap::new(), next_chosen: None, chosen: Arc::default() }
    }

    /// The order of creation of ids.
    pub(crate) fn creation_order(&self) -> CreationOrder {
        CreationOrder::new(self.rng)
    }

    /// The next identifier of a stream: the prefix and eight letters and digits.
    pub(crate) fn id(&mut self, prefix: &str, stream: Stream) -> String {
        self.indexed_id(prefix, stream, 0).0
    }

    /// The next identifier of a stream whose indexes begin here, and its index.
    fn indexed_id(&mut self, prefix: &str, stream: Stream, first: u64) -> (String, u64) {
        loop {
            let index = first + self.index(stream);
            if let Some(id) = self.next_chosen.take_if(|id| id.starts_with(prefix)) {
                return (id, index);
            }
            let id = self.rng.id(prefix, stream, index);
            if !self.chosen.contains(&id) {
                return (id, index);
            }
        }
    }

    /// Chooses the id of the next resource with its prefix; `false` if another resource has or had it.
    pub(crate) fn choose(&mut self, id: &str) -> bool {
        let known = CHOOSABLE.into_iter().find(|(prefix, ..)| id.starts_with(prefix));
        let is_made = known.is_some_and(|(prefix, stream, first)| {
            let made = self.made.get(&stream).copied().unwrap_or(0);
            (0..made).any(|index| self.rng.id(prefix, stream, first + index) == id)
        });
        if is_made || !Arc::make_mut(&mut self.chosen).insert(id.to_owned()) {
            return false;
        }
        self.next_chosen = Some(id.to_owned());
        true
    }

    /// The next UUID of a stream.
    pub(crate) fn uuid(&mut self, stream: Stream) -> String {
        let index = self.index(stream);
        self.rng.uuid(stream, index)
    }

    /// The next random number of a stream.
    pub(crate) fn number(&mut self, stream: Stream) -> u64 {
        let index = self.index(stream);
        self.rng.next(stream, index)
    }

    /// An id and a UUID for a new instance.
    pub(crate) fn instance(&mut self) -> (String, String) {
        let (id, index) = self.indexed_id("ins-", Stream::InstanceId, 0);
        (id, self.rng.uuid(Stream::Uuid, index))
    }

    /// An id for a new disk. By the prefix, tools tell local disks from those of the disk service.
    pub(crate) fn disk(&mut self, is_local: bool) -> String {
        self.id(if is_local { "ldisk-" } else { "disk-" }, Stream::DiskId)
    }

    /// The default network of the account: its id, and the id of its subnet in a zone.
    pub(crate) fn default_network(&self, zone_id: u64) -> (String, String) {
        let vpc = self.rng.id("vpc-", Stream::Vpc, zone_id / 10_000);
        (vpc, self.rng.id("subnet-", Stream::Subnet, zone_id))
    }

    /// An id for a new VPC, which no default VPC has.
    pub(crate) fn vpc(&mut self) -> String {
        self.indexed_id("vpc-", Stream::Vpc, AFTER_DEFAULTS).0
    }

    /// An id for a new subnet, which no default subnet has.
    pub(crate) fn subnet(&mut self) -> String {
        self.indexed_id("subnet-", Stream::Subnet, AFTER_DEFAULTS).0
    }

    /// Whether this is the id of a VPC that the account has created, even of a deleted one.
    pub(crate) fn has_made_vpc(&self, id: &str) -> bool {
        self.has_made(id, "vpc-", Stream::Vpc)
    }

    /// Whether this is the id of a subnet that the account has created, even of a deleted one.
    pub(crate) fn has_made_subnet(&self, id: &str) -> bool {
        self.has_made(id, "subnet-", Stream::Subnet)
    }

    fn has_made(&self, id: &str, prefix: &str, stream: Stream) -> bool {
        let made = self.made.get(&stream).copied().unwrap_or(0);
        self.chosen.contains(id)
            || (0..made).any(|index| self.rng.id(prefix, stream, AFTER_DEFAULTS + index) == id)
    }

    /// A token for the console of an instance. It is computed from the request id, so that a read uses no value of a
    /// stream that other requests use.
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

/// Creates request ids, in a stream of their own.
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

    /// For the requests with which a scenario is applied.
    pub(crate) const fn of_scenarios(seed: u64) -> Self {
        Self::new(seed, Stream::ScenarioRequestId)
    }

    const fn new(seed: u64, stream: Stream) -> Self {
        Self { rng: SeededRng::new(seed), stream, made: AtomicU64::new(0) }
    }

    /// The number of ids so far.
    pub(crate) fn count(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// Continues with the id at this index.
    pub(crate) fn set_count(&self, count: u64) {
        self.made.store(count, Ordering::Relaxed);
    }

    /// Leaves out the ids before this index, so that they cannot occur twice.
    pub fn skip_to(&self, index: u64) {
        self.made.fetch_max(index, Ordering::Relaxed);
    }

    /// The next id: a UUID.
    pub fn next(&self) -> String {
        self.rng.uuid(self.stream, self.made.fetch_add(1, Ordering::Relaxed))
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014): every input bit changes every output bit with the same probability.
pub(crate) const fn mix(state: u64) -> u64 {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// The inverse of [`mix`].
const fn unmix(state: u64) -> u64 {
    let state = (state ^ (state >> 31) ^ (state >> 62)).wrapping_mul(0x3196_42b2_d24d_8ec3);
    let state = (state ^ (state >> 27) ^ (state >> 54)).wrapping_mul(0x96de_1b17_3f11_9089);
    (state ^ (state >> 30) ^ (state >> 60)).wrapping_sub(0x9e37_79b9_7f4a_7c15)
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
    fn creation_order_is_found_from_ids() {
        for seed in [0, 1, u64::MAX] {
            let (rng, order) = (SeededRng::new(seed), CreationOrder::new(SeededRng::new(seed)));
            for index in (0..1_000).chain([1 << 40, (1 << 41) + 7]) {
                assert_eq!(unmix(mix(index)), index);
                let id = rng.id("ins-", Stream::InstanceId, index);
                assert_eq!(order.instance(&id), Some(index), "{id}");
                for prefix in ["disk-", "ldisk-"] {
                    assert_eq!(order.disk(&rng.id(prefix, Stream::DiskId, index)), Some(index));
                }
                let uuid = rng.uuid(Stream::Uuid, index);
                assert_eq!(order.uuid(&uuid), Some(index), "{uuid}");
            }
            for text in ["", "ins-1", "ins-ABCDEFGH", "ins-0123456é", "disk-00000000"] {
                assert_eq!(order.instance(text), None, "{text}");
            }
            for text in ["", "00000000-0000-0000-0000-000000000000", "é", "000000000000000000"] {
                assert_eq!(order.uuid(text), None, "{text}");
            }
        }
    }

    #[test]
    fn created_networks_are_known_and_differ_from_default_ones() {
        let mut ids = IdGenerator::new(SeededRng::new(1));
        let (vpc, subnet) = (ids.vpc(), ids.subnet());
        assert_ne!(vpc, ids.vpc());
        assert!(ids.has_made_vpc(&vpc) && ids.has_made_subnet(&subnet));
        let other = IdGenerator::new(SeededRng::new(2));
        assert!(!other.has_made_vpc(&vpc) && !other.has_made_subnet(&subnet));
        let defaults: HashSet<_> = (0..50_000).map(|zone| ids.default_network(zone).1).collect();
        assert!(!defaults.contains(&subnet));
    }

    #[test]
    fn chosen_ids_are_used_once_and_never_generated() {
        let mut ids = IdGenerator::new(SeededRng::new(1));
        let second = SeededRng::new(1).id("ins-", Stream::InstanceId, 2);
        assert!(ids.choose("ins-1a2b3c4d"));
        assert_eq!(ids.id("vpc-", Stream::Vpc), SeededRng::new(1).id("vpc-", Stream::Vpc, 0));
        assert_eq!(ids.instance().0, "ins-1a2b3c4d");
        let generated = ids.instance().0;
        assert!(!ids.choose("ins-1a2b3c4d") && !ids.choose(&generated));
        // The id that would be generated next is chosen, so another one is generated.
        assert!(ids.choose(&second));
        assert_eq!(ids.instance().0, second);
        assert_ne!(ids.instance().0, second);
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
