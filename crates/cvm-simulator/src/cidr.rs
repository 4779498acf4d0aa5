//! IPv4 ranges in CIDR notation, such as `10.0.0.0/16`.

use std::fmt;
use std::net::Ipv4Addr;

/// A range of IPv4 addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cidr {
    first: u32,
    prefix: u8,
}

/// Why a text is no range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CidrError {
    /// It has another form.
    Malformed,
    /// The address is not the first one of the range, which is this one.
    NotFirstAddress(Cidr),
}

impl Cidr {
    /// The range that begins at an address and has a mask of `prefix` bits, at most 32.
    pub(crate) const fn new(first: Ipv4Addr, prefix: u8) -> Self {
        Self { first: first.to_bits() & mask(prefix), prefix }
    }

    /// Parses a range, whose address must be the first one.
    pub(crate) fn parse(text: &str) -> Result<Self, CidrError> {
        let (address, prefix) = text.split_once('/').ok_or(CidrError::Malformed)?;
        let first: Ipv4Addr = address.parse().map_err(|_| CidrError::Malformed)?;
        let is_number = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
        let has_zero_in_front = prefix.len() > 1 && prefix.starts_with('0');
        let prefix = Some(prefix).filter(|_| is_number && !has_zero_in_front);
        let prefix: Option<u8> = prefix.and_then(|prefix| prefix.parse().ok());
        let prefix = prefix.filter(|prefix| *prefix <= 32).ok_or(CidrError::Malformed)?;
        let range = Self::new(first, prefix);
        if range.first() == first { Ok(range) } else { Err(CidrError::NotFirstAddress(range)) }
    }

    /// The first address.
    pub(crate) const fn first(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.first)
    }

    /// The last address.
    pub(crate) const fn last(self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.first | !mask(self.prefix))
    }

    /// The number of bits of the mask.
    pub(crate) const fn prefix(self) -> u8 {
        self.prefix
    }

    /// The number of addresses.
    pub(crate) const fn size(self) -> u64 {
        1 << (32 - self.prefix)
    }

    pub(crate) const fn contains(self, address: Ipv4Addr) -> bool {
        address.to_bits() & mask(self.prefix) == self.first
    }

    /// Whether all addresses of the other range are in this one.
    pub(crate) const fn includes(self, other: Self) -> bool {
        self.prefix <= other.prefix && self.contains(other.first())
    }

    /// Whether the ranges have an address in common. Then one includes the other.
    pub(crate) const fn overlaps(self, other: Self) -> bool {
        self.includes(other) || other.includes(self)
    }

    /// The ranges with a mask of `prefix` bits in this one, in order.
    pub(crate) fn parts(self, prefix: u8) -> impl Iterator<Item = Self> {
        let prefix = prefix.min(32);
        let count = 1u64 << prefix.saturating_sub(self.prefix);
        let size = 1u64 << (32 - prefix);
        let firsts = (0..count).map(move |index| u64::from(self.first) + index * size);
        firsts.filter_map(move |first| Some(Self { first: u32::try_from(first).ok()?, prefix }))
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first(), self.prefix)
    }
}

const fn mask(prefix: u8) -> u32 {
    if prefix == 0 { 0 } else { u32::MAX << (32 - prefix) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Cidr {
        Cidr::parse(text).unwrap()
    }

    #[test]
    fn range_is_parsed_and_shown() {
        for text in ["10.0.0.0/12", "192.168.1.0/24", "172.16.0.16/28", "0.0.0.0/0", "1.2.3.4/32"] {
            assert_eq!(range(text).to_string(), text);
        }
        assert_eq!(range("10.0.4.0/22").last().to_string(), "10.0.7.255");
        assert_eq!((range("10.0.4.0/22").size(), range("0.0.0.0/0").size()), (1024, 1 << 32));
    }

    #[test]
    fn other_texts_are_no_ranges() {
        for text in [
            "",
            "/",
            "10.0.0.0",
            "10.0.0.0/",
            "10.0.0/16",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/08",
            "10.0.0.0/-1",
            "10.0.0.0/8/8",
            "10.0.0.0/ 8",
            "fd00::/8",
            "10.0.0.0/256",
            "010.0.0.0/8",
        ] {
            assert_eq!(Cidr::parse(text), Err(CidrError::Malformed), "{text}");
        }
        let first = CidrError::NotFirstAddress(range("10.0.0.0/24"));
        assert_eq!(Cidr::parse("10.0.0.1/24"), Err(first));
    }

    #[test]
    fn ranges_include_and_overlap() {
        let (large, small) = (range("10.0.0.0/16"), range("10.0.1.0/24"));
        assert!(large.includes(small) && !small.includes(large) && large.includes(large));
        assert!(large.overlaps(small) && small.overlaps(large));
        let neighbor = range("10.1.0.0/16");
        assert!(!large.overlaps(neighbor) && !neighbor.includes(small));
        assert!(large.contains("10.0.255.255".parse().unwrap()));
        assert!(!large.contains("10.1.0.0".parse().unwrap()));
    }

    #[test]
    fn parts_divide_a_range() {
        let parts: Vec<_> = range("172.16.0.0/18").parts(20).map(|part| part.to_string()).collect();
        assert_eq!(parts, ["172.16.0.0/20", "172.16.16.0/20", "172.16.32.0/20", "172.16.48.0/20"]);
        assert_eq!(range("255.255.255.0/24").parts(32).count(), 256);
        assert_eq!(range("10.0.0.0/24").parts(24).count(), 1);
    }
}
