//! Keys in the formats of OpenSSH: generates a key pair, and parses the public key of an imported one.

use base64ct::{Base64, Encoding};
use cvm_protocol::Sensitive;
use ring::error::KeyRejected;
use ring::signature::{Ed25519KeyPair, KeyPair};

const ED25519: &str = "ssh-ed25519";
const RSA: &str = "ssh-rsa";

/// The first bytes of a private key in the format `openssh-key-v1` of OpenSSH.
const MAGIC: &[u8] = b"openssh-key-v1\0";

/// The private section is padded to a multiple of this, even without a cipher.
const BLOCK: usize = 8;

/// Bytes in one line: base64 turns them into 64 characters.
const LINE: usize = 48;

/// Both keys of a pair, as text.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) public: String,
    pub(crate) private: Sensitive,
}

/// Generates a key pair from a stream of numbers. The same numbers give the same pair.
pub(crate) fn pair(mut draw: impl FnMut() -> u64, comment: &str) -> Result<Pair, KeyRejected> {
    let mut seed = [0; 32];
    for part in seed.chunks_exact_mut(8) {
        part.copy_from_slice(&draw().to_be_bytes());
    }
    let check = draw().to_be_bytes();
    let key = Ed25519KeyPair::from_seed_unchecked(&seed)?;
    let public = key.public_key().as_ref();

    let blob = Blob::default().string(ED25519.as_bytes()).string(public);
    // A reader compares the two halves of these eight bytes to check the decryption.
    let half = check.first_chunk::<4>().map_or(&[][..], |half| half);
    let secret = Blob::default()
        .bytes(half)
        .bytes(half)
        .string(ED25519.as_bytes())
        .string(public)
        .string(&[&seed, public].concat())
        .string(comment.as_bytes())
        .filled();
    let file = Blob::default()
        .bytes(MAGIC)
        .string(b"none") // cipher
        .string(b"none") // key derivation
        .string(b"") // and what it takes
        .bytes(&1u32.to_be_bytes()) // one key
        .string(&blob.0)
        .string(&secret.0);
    Ok(Pair {
        public: format!("{ED25519} {} {comment}", Base64::encode_string(&blob.0)),
        private: armored(&file.0).into(),
    })
}

/// The text of a private key.
fn armored(file: &[u8]) -> String {
    let mut text = "-----BEGIN OPENSSH PRIVATE KEY-----\n".to_owned();
    for line in file.chunks(LINE) {
        text.push_str(&Base64::encode_string(line));
        text.push('\n');
    }
    text + "-----END OPENSSH PRIVATE KEY-----\n"
}

/// The key itself in a public key, without algorithm and comment.
pub(crate) fn key_of(public: &str) -> Option<&str> {
    public.split_ascii_whitespace().nth(1)
}

/// Whether a text is the public key of an RSA key: one line with the algorithm, the key in base64 and an optional
/// comment.
pub(crate) fn is_rsa(text: &str) -> bool {
    let line = text.trim_end();
    let algorithm = line.split_ascii_whitespace().next();
    let is_one_line = !line.contains(['\n', '\r']);
    let key = key_of(line).and_then(|key| Base64::decode_vec(key).ok());
    is_one_line && algorithm == Some(RSA) && key.is_some_and(|key| is_rsa_key(&key).is_some())
}

/// Algorithm, exponent and modulus, and nothing else.
fn is_rsa_key(key: &[u8]) -> Option<()> {
    let (algorithm, rest) = string(key)?;
    let (exponent, rest) = string(rest)?;
    let (modulus, rest) = string(rest)?;
    let is_whole = algorithm == RSA.as_bytes() && rest.is_empty();
    (is_whole && is_key_number(exponent) && is_key_number(modulus)).then_some(())
}

/// Whether an integer is positive, odd and in its shortest form, like both numbers of an RSA key.
fn is_key_number(integer: &[u8]) -> bool {
    let is_shortest = match integer {
        [0, next, ..] => *next >= 0x80,
        [first, ..] => *first < 0x80,
        [] => false,
    };
    is_shortest && integer.last().is_some_and(|last| last % 2 == 1)
}

/// The next byte string, and the rest after it.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

/// Bytes that are being written.
#[derive(Default)]
struct Blob(Vec<u8>);

impl Blob {
    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Bytes with their length in front.
    fn string(self, bytes: &[u8]) -> Self {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.bytes(&length.to_be_bytes()).bytes(bytes)
    }

    /// Padding of 1, 2, 3 and so on.
    fn filled(mut self) -> Self {
        let missing = self.0.len().next_multiple_of(BLOCK) - self.0.len();
        self.0.extend((1..).take(missing));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The public key of an RSA key of 1024 bits.
    const RSA_KEY: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDY38LAJJXqVxKIyLP51HVrIjumS2/JE4jBkrPwYZY2x8Rlh/XM\
        jhe/NijGkMgDPwIpByfgAB7XYveAb5V7Ye8M9Axln95VAzG4Zn05Qey8aYF5ARH0KjA7WAHWRqkRy0MF\
        /6aQCq+wyGoEZOK+0xNd+UEv8glE+psrRzlMUpQ25Q== me@example";

    #[test]
    fn same_random_numbers_give_the_same_key_pair() {
        let pair = |first: u64| {
            let mut numbers = first..;
            super::pair(|| numbers.next().unwrap(), "skey-1").unwrap()
        };
        assert_eq!(pair(1).public, pair(1).public);
        assert_eq!(pair(1).private.expose(), pair(1).private.expose());
        assert_ne!(pair(1).public, pair(2).public);
        assert!(!format!("{:?}", pair(1)).contains(pair(1).private.expose()));
    }

    /// Checked with the output of `ssh-keygen -y` for the private key.
    #[test]
    fn generated_keys_have_the_openssh_format() {
        let mut numbers = 1..;
        let pair = pair(|| numbers.next().unwrap(), "skey-1").unwrap();
        assert_eq!(
            pair.public,
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOTi5N5nS6HJBD6L8q+1rYOLhrwiM1PGs83bRyjKrq4X skey-1"
        );
        let lines: Vec<_> = pair.private.expose().lines().collect();
        let (first, rest) = lines.split_first().unwrap();
        let (last, body) = rest.split_last().unwrap();
        assert_eq!(*first, "-----BEGIN OPENSSH PRIVATE KEY-----");
        assert_eq!(*last, "-----END OPENSSH PRIVATE KEY-----");
        assert_eq!(
            body,
            [
                "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtz",
                "c2gtZWQyNTUxOQAAACDk4uTeZ0uhyQQ+i/Kvta2Di4a8IjNTxrPN20coyq6uFwAA",
                "AJAAAAAAAAAAAAAAAAtzc2gtZWQyNTUxOQAAACDk4uTeZ0uhyQQ+i/Kvta2Di4a8",
                "IjNTxrPN20coyq6uFwAAAEAAAAAAAAAAAQAAAAAAAAACAAAAAAAAAAMAAAAAAAAA",
                "BOTi5N5nS6HJBD6L8q+1rYOLhrwiM1PGs83bRyjKrq4XAAAABnNrZXktMQECAwQF",
                "Bgc="
            ]
        );
    }

    #[test]
    fn rsa_key_is_one_line_of_two_or_three_words() {
        let key = key_of(RSA_KEY).unwrap();
        for text in [RSA_KEY.to_owned(), format!("ssh-rsa {key}"), format!("{RSA_KEY} twice\n")] {
            assert!(is_rsa(&text), "{text}");
        }
        let part = key.get(..key.len() - 4).unwrap();
        let encoded = |blob: Blob| format!("ssh-rsa {}", Base64::encode_string(&blob.0));
        let key_with = |algorithm: &[u8], exponent: &[u8], modulus: &[u8]| {
            encoded(Blob::default().string(algorithm).string(exponent).string(modulus))
        };
        assert!(is_rsa(&key_with(b"ssh-rsa", &[3], &[0, 0xc1])));
        for text in [
            String::new(),
            "ssh-rsa".to_owned(),
            key.to_owned(),
            format!("ssh-ed25519 {key}"),
            format!("ssh-rsa {part}"),
            format!("ssh-rsa {key}="),
            format!("ssh-rsa\n{key}"),
            format!("{RSA_KEY}\n{RSA_KEY}"),
            format!("from=\"*\" {RSA_KEY}"),
            key_with(b"ssh-dss", &[3], &[0, 0xc1]),
            key_with(b"ssh-rsa", &[4], &[0, 0xc1]),
            key_with(b"ssh-rsa", &[], &[0, 0xc1]),
            key_with(b"ssh-rsa", &[3], &[0xc1]),
            key_with(b"ssh-rsa", &[3], &[0, 0x41]),
            encoded(Blob::default().string(b"ssh-rsa").string(&[3])),
            encoded(Blob::default().string(b"ssh-rsa").string(&[3]).string(&[5]).string(&[7])),
        ] {
            assert!(!is_rsa(&text), "{text}");
        }
    }
}
