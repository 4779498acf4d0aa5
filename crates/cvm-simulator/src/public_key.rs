//! The public keys of RSA keys in the format of OpenSSH: one line with the algorithm, the key in base64 and an optional
//! comment.

use base64ct::{Base64, Encoding};
use ssh_encoding::{Decode, Encode, Error, Mpint};

const RSA: &str = "ssh-rsa";

/// The public key with this exponent and modulus, without a comment.
pub(crate) fn write(exponent: &[u8], modulus: &[u8]) -> Result<String, Error> {
    let mut key = Vec::new();
    RSA.encode(&mut key)?;
    for number in [exponent, modulus] {
        Mpint::from_positive_bytes(number).encode(&mut key)?;
    }
    Ok(format!("{RSA} {}", Base64::encode_string(&key)))
}

/// Whether a text is such a public key.
pub(crate) fn is_rsa(text: &str) -> bool {
    let line = text.trim_end();
    let is_rsa = line.split_ascii_whitespace().next() == Some(RSA);
    let key = without_comment(line).and_then(|key| Base64::decode_vec(key).ok());
    is_rsa && !line.contains(['\n', '\r']) && key.is_some_and(|key| is_rsa_key(&key).is_ok())
}

/// Checks that a key is the algorithm and two positive odd numbers, and nothing else.
fn is_rsa_key(mut key: &[u8]) -> Result<(), Error> {
    let algorithm = String::decode(&mut key)?;
    let numbers = [Mpint::decode(&mut key)?, Mpint::decode(&mut key)?];
    let is_odd = |number: &Mpint| {
        let bytes = number.as_positive_bytes();
        bytes.and_then(<[u8]>::last).is_some_and(|last| last % 2 == 1)
    };
    let is_whole = algorithm == RSA && key.is_empty() && numbers.iter().all(is_odd);
    is_whole.then_some(()).ok_or(Error::MpintEncoding)
}

/// The public key with this comment in place of its own, in one line. `None` if it has no key.
pub(crate) fn with_comment(public_key: &str, comment: &str) -> Option<String> {
    without_comment(public_key).map(|key| format!("{RSA} {key} {comment}"))
}

/// The key in base64 in a public key, without algorithm and comment.
pub(crate) fn without_comment(public_key: &str) -> Option<&str> {
    public_key.split_ascii_whitespace().nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The public key of an RSA key of 1024 bits.
    const RSA_KEY: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDY38LAJJXqVxKIyLP51HVrIjumS2/JE4jBkrPwYZY2x8Rlh/XM\
        jhe/NijGkMgDPwIpByfgAB7XYveAb5V7Ye8M9Axln95VAzG4Zn05Qey8aYF5ARH0KjA7WAHWRqkRy0MF\
        /6aQCq+wyGoEZOK+0xNd+UEv8glE+psrRzlMUpQ25Q== me@example";

    #[test]
    fn rsa_key_is_one_line_of_two_or_three_words() {
        let key = RSA_KEY.split(' ').nth(1).unwrap();
        for text in [
            format!("ssh-rsa {key}"),
            format!("ssh-rsa  {key}  of two words, ä"),
            format!("{RSA_KEY} twice\n"),
        ] {
            assert!(is_rsa(&text), "{text}");
        }
        for text in [format!("ssh-rsa\t{key}  me@example you\n"), format!("ssh-rsa {key}")] {
            let expected = format!("ssh-rsa {key} skey-1");
            assert_eq!(with_comment(&text, "skey-1"), Some(expected), "{text}");
        }
        let part = key.get(..key.len() - 4).unwrap();
        // Each part of a key has its length in front.
        let encoded = |parts: &[&[u8]]| {
            let parts = parts
                .iter()
                .map(|part| [&u32::try_from(part.len()).unwrap().to_be_bytes()[..], part].concat());
            format!("ssh-rsa {}", Base64::encode_string(&parts.collect::<Vec<_>>().concat()))
        };
        assert!(is_rsa(&encoded(&[b"ssh-rsa", &[3], &[0, 0xc1]])));
        assert_eq!(write(&[0, 3], &[0xc1]).unwrap(), encoded(&[b"ssh-rsa", &[3], &[0, 0xc1]]));
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
            encoded(&[b"ssh-dss", &[3], &[0, 0xc1]]),
            encoded(&[b"ssh-rsa", &[4], &[0, 0xc1]]),
            encoded(&[b"ssh-rsa", &[], &[0, 0xc1]]),
            encoded(&[b"ssh-rsa", &[3], &[0xc1]]),
            encoded(&[b"ssh-rsa", &[3], &[0, 0x41]]),
            encoded(&[b"ssh-rsa", &[3]]),
            encoded(&[b"ssh-rsa", &[3], &[5], &[7]]),
        ] {
            assert!(!is_rsa(&text), "{text}");
        }
    }
}
