//! Short text in a fixed buffer, so that the stages of a signature do not allocate.

/// ASCII text of at most `N` bytes.
#[derive(Clone, Copy)]
pub(crate) struct FixedText<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> FixedText<N> {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; N], len: 0 }
    }

    /// Appends text. Returns false and appends nothing if it does not fit. Callers size the buffer for
    /// the longest possible text.
    #[inline]
    pub(crate) fn push(&mut self, text: &str) -> bool {
        self.push_bytes(text.as_bytes())
    }

    /// Appends a number in decimal.
    pub(crate) fn push_number(&mut self, number: u64) -> bool {
        let mut digits = [b'0'; 20];
        let mut rest = number;
        let mut used = 0;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            used += 1;
            if rest == 0 {
                break;
            }
        }
        let (_, digits) = digits.split_at(20 - used);
        self.push_bytes(digits)
    }

    #[inline]
    pub(crate) fn push_bytes(&mut self, bytes: &[u8]) -> bool {
        let end = self.len + bytes.len();
        match self.bytes.get_mut(self.len..end) {
            Some(free) => {
                free.copy_from_slice(bytes);
                self.len = end;
                true
            }
            None => false,
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        // Only whole strings and digits are appended, so the bytes are always valid UTF-8.
        self.bytes.get(..self.len).and_then(|used| core::str::from_utf8(used).ok()).unwrap_or("")
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }
}

impl<const N: usize> PartialEq for FixedText<N> {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl<const N: usize> Eq for FixedText<N> {}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn numbers_are_written_as_std_writes_them() {
        for number in [0, 7, 10, 99, 1_551_113_065, u64::MAX] {
            let mut text = FixedText::<20>::new();
            assert!(text.push_number(number));
            assert_eq!(text.as_str(), number.to_string());
        }
    }

    #[test]
    fn text_that_does_not_fit_is_reported() {
        let mut text = FixedText::<4>::new();
        assert!(text.push("abc"));
        assert!(!text.push("de"));
        assert!(text.push("d"));
        assert_eq!(text.as_str(), "abcd");
        assert_eq!(text.as_bytes(), b"abcd");
    }
}
