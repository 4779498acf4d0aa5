//! The string to sign: combines the canonical request with a timestamp and a scope.

use core::fmt;

use super::{ALGORITHM, CredentialScope};
use crate::{HexDigest, fixed_text::FixedText};

/// A string to sign: algorithm, timestamp, scope and hashed canonical request, one per line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct StringToSign {
    /// At most 15 + 20 + 64 + 64 bytes and three line feeds.
    text: FixedText<192>,
}

impl StringToSign {
    /// Joins the parts.
    #[inline]
    pub fn new(
        timestamp: u64,
        scope: &CredentialScope,
        hashed_canonical_request: &HexDigest,
    ) -> Self {
        // Built in place: moving the full buffer would copy all of it.
        let mut this = Self { text: FixedText::new() };
        this.text.push(ALGORITHM);
        this.text.push("\n");
        this.text.push_number(timestamp);
        this.text.push("\n");
        this.text.push_bytes(scope.as_bytes());
        this.text.push("\n");
        this.text.push_bytes(hashed_canonical_request.as_bytes());
        this
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// The bytes of the text.
    pub fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

impl fmt::Display for StringToSign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for StringToSign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StringToSign({:?})", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_string_to_sign_fits() {
        let scope = CredentialScope::at(0, &"s".repeat(41)).unwrap();
        let text = StringToSign::new(u64::MAX, &scope, &HexDigest::sha256(b""));
        assert!(text.as_str().starts_with("TC3-HMAC-SHA256\n18446744073709551615\n1970-01-01/s"));
        assert!(text.as_str().ends_with(
            "/tc3_request\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        ));
    }
}
