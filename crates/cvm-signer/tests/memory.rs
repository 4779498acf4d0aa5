//! After the last drop, the memory of the process contains neither a secret nor a key derived from it.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(target_os = "linux")]

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
};

use cvm_signer::{Credential, KeyCache, Method, tc3, v1, verify};
use sha2::block_api::compress256;
use zeroize::Zeroizing;

/// A secret that is not in the binary: derived from the process id, in one allocation.
///
/// Its length is not a power of two, so that the buffers of the search, which grow by doubling, do not
/// overwrite its freed memory by chance.
fn secret() -> String {
    let mut state = u64::from(std::process::id()) << 20 | 0x9e37;
    let mut text = String::with_capacity(52);
    for _ in 0..52 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push(char::from(b'a' + (state % 26) as u8));
    }
    text
}

/// The bytes to search for, stored inverted so that the search does not find itself.
struct Needle(Vec<u8>);

impl Needle {
    fn of(bytes: &[u8]) -> Self {
        Self(bytes.iter().map(|byte| !byte).collect())
    }

    fn count(&self) -> usize {
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let memory = File::open("/proc/self/mem").unwrap();
        let mut window = vec![0u8; 1 << 16];
        let own = window.as_ptr() as u64..window.as_ptr() as u64 + window.len() as u64;
        let mut found = 0;
        for line in maps.lines().filter(|line| line.contains(" rw")) {
            let (start, rest) = line.split_once('-').unwrap();
            let (end, _) = rest.split_once(' ').unwrap();
            let mut at = u64::from_str_radix(start, 16).unwrap();
            let end = u64::from_str_radix(end, 16).unwrap();
            while at < end {
                let len = window.len().min((end - at) as usize);
                let Ok(len) = memory.read_at(&mut window[..len], at) else { break };
                let matches = window[..len]
                    .windows(self.0.len())
                    .enumerate()
                    .filter(|(_, bytes)| bytes.iter().zip(&self.0).all(|(a, b)| *a == !b));
                // The window itself contains copies of what was read.
                let outside = |offset: usize| !own.contains(&(at + offset as u64));
                found += matches.filter(|(offset, _)| outside(*offset)).count();
                window.fill(0);
                let next = at + len as u64;
                // A match may straddle two windows.
                at = if next < end { next - self.0.len() as u64 + 1 } else { next };
            }
        }
        found
    }
}

#[inline(never)]
fn use_every_dialect(credential: &Credential, cache: &mut KeyCache) {
    let headers = [("content-type", "application/json"), ("host", "cvm.example")];
    let request = tc3::Request::post(b"{}", &headers);
    let scope = tc3::CredentialScope::at(0, "cvm").unwrap();
    let value = tc3::sign(credential, "cvm", 0, &request).unwrap();
    let cached = tc3::sign_with_key(cache.key(credential, &scope), credential, 0, &request);
    assert_eq!(cached.unwrap(), value);
    let authorization = tc3::Authorization::parse(&value).unwrap();
    let key = verify::VerifyingKey::cached(cache, Some(credential), &scope);
    verify::tc3(&key, &authorization, 0, &request).unwrap();

    for method in ["HmacSHA1", "HmacSHA256"] {
        let params = [("SecretId", "AKIDEXAMPLE"), ("SignatureMethod", method)];
        let request =
            v1::Request { method: Method::Get, host: "cvm.example", path: "/", params: &params };
        let signature = v1::sign(credential, &request).unwrap();
        let params = [params[0], params[1], ("Signature", signature.as_str())];
        let request = v1::Request { params: &params, ..request };
        verify::v1(Some(credential), &request).unwrap();
    }
}

/// The state of a cached key: the inner hash state that `hmac` computes from the derived key.
#[inline(never)]
fn key_state(credential: &Credential) -> Needle {
    let scope = tc3::CredentialScope::at(0, "cvm").unwrap();
    let key = tc3::derive_key(credential, &scope);
    let mut block = Zeroizing::new([0x36; 64]);
    block.iter_mut().zip(key.iter()).for_each(|(pad, byte)| *pad ^= byte);
    let mut state = Zeroizing::new([
        0x6a09e667u32,
        0xbb67ae85,
        0x3c6ef372,
        0xa54ff53a,
        0x510e527f,
        0x9b05688c,
        0x1f83d9ab,
        0x5be0cd19,
    ]);
    compress256(&mut state, std::slice::from_ref(&*block));
    Needle(state.iter().flat_map(|word| (!word).to_ne_bytes()).collect())
}

#[inline(never)]
fn derived_key(credential: &Credential) -> Needle {
    let scope = tc3::CredentialScope::at(0, "cvm").unwrap();
    Needle::of(&*tc3::derive_key(credential, &scope))
}

#[test]
fn secrets_are_zeroized_on_drop() {
    let secret = secret();
    // Its second half: the allocator writes links over the first bytes of what it is given back.
    let needle = Needle::of(&secret.as_bytes()[26..]);
    let credential = Credential::new("AKIDEXAMPLE", secret).unwrap();
    let derived = derived_key(&credential);
    let state = key_state(&credential);
    {
        let mut cache = KeyCache::new();
        let clone = credential.clone();
        // Searched before another call can overwrite what this one leaves on the stack.
        cache.key(&clone, &tc3::CredentialScope::at(0, "cvm").unwrap());
        assert_eq!(state.count(), 1, "the cached key, and no copy from its insertion");
        use_every_dialect(&clone, &mut cache);
        assert_eq!(needle.count(), 2, "the credential and its clone, and nothing else");
        assert_eq!(derived.count(), 0, "the cache holds a hash state and not the key");
        assert_eq!(state.count(), 1, "the cached key, and nothing else");
    }
    assert_eq!(needle.count(), 1, "the credential");
    assert_eq!(state.count(), 0);
    drop(credential);
    assert_eq!(needle.count(), 0);
    assert_eq!(derived.count(), 0);
}
