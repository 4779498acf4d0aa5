//! Writes and parses the `Authorization` header.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use super::{
    ALGORITHM, CredentialScope, MAX_SIGNED_HEADERS, Signature, SignedHeaders,
    signed_headers::REQUIRED_HEADERS, signed_headers::is_token,
};

/// The complete header value of a call without a credential, such as `AssumeRoleWithWebIdentity`.
pub const SKIP: &str = "SKIP";

/// Builds the header value from its parts.
pub fn authorization(
    secret_id: &str,
    scope: &CredentialScope,
    signed_headers: &SignedHeaders<'_>,
    signature: &Signature,
) -> String {
    write(secret_id, scope, signed_headers.to_string().as_bytes(), signature)
}

/// Copies piece by piece, because pieces of known length are copied without a call. Writes bytes, because
/// one UTF-8 check of the whole is faster than a check of each piece.
pub(super) fn write(
    secret_id: &str,
    scope: &CredentialScope,
    names: &[u8],
    signature: &Signature,
) -> String {
    const CREDENTIAL: &str = " Credential=";
    const SIGNED_HEADERS: &str = ", SignedHeaders=";
    const SIGNATURE: &str = ", Signature=";
    let fixed_len =
        ALGORITHM.len() + CREDENTIAL.len() + SIGNED_HEADERS.len() + SIGNATURE.len() + 1 + 64;
    let scope = scope.as_bytes();
    let mut value = Vec::with_capacity(fixed_len + secret_id.len() + scope.len() + names.len());
    value.extend_from_slice(ALGORITHM.as_bytes());
    value.extend_from_slice(CREDENTIAL.as_bytes());
    value.extend_from_slice(secret_id.as_bytes());
    value.push(b'/');
    value.extend_from_slice(scope);
    value.extend_from_slice(SIGNED_HEADERS.as_bytes());
    value.extend_from_slice(names);
    value.extend_from_slice(SIGNATURE.as_bytes());
    value.extend_from_slice(signature.to_hex().as_bytes());
    // Every piece was valid UTF-8.
    String::from_utf8(value).unwrap_or_default()
}

/// A parsed `Authorization` header value. Every part is well formed; nothing is verified yet.
#[derive(Clone, Copy, Debug)]
pub struct Authorization<'a> {
    secret_id: &'a str,
    scope: CredentialScope,
    signed_headers: &'a str,
    signature: Signature,
}

impl<'a> Authorization<'a> {
    /// Parses a header value.
    ///
    /// The parts are separated by commas, with or without spaces around them, and can have any order.
    ///
    /// # Errors
    ///
    /// Names the first part that is missing or malformed. [`SKIP`] is an error too: compare with it first.
    pub fn parse(value: &'a str) -> Result<Self, AuthorizationError> {
        let rest = value
            .trim_ascii()
            .strip_prefix(ALGORITHM)
            .and_then(|rest| rest.strip_prefix(' '))
            .ok_or(AuthorizationError::Algorithm)?;
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in rest.split(',') {
            let (name, text) = part.trim_ascii().split_once('=').ok_or(AuthorizationError::Part)?;
            let slot = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => return Err(AuthorizationError::Part),
            };
            if slot.replace(text).is_some() {
                return Err(AuthorizationError::Part);
            }
        }
        let (secret_id, scope) =
            credential.and_then(parse_credential).ok_or(AuthorizationError::Credential)?;
        let signed_headers = signed_headers
            .filter(|names| are_signed_headers(names))
            .ok_or(AuthorizationError::SignedHeaders)?;
        let signature =
            signature.and_then(Signature::parse).ok_or(AuthorizationError::Signature)?;
        Ok(Self { secret_id, scope, signed_headers, signature })
    }

    /// The secret id that the header claims.
    pub const fn secret_id(&self) -> &'a str {
        self.secret_id
    }

    /// The scope of the key that signed.
    pub const fn scope(&self) -> &CredentialScope {
        &self.scope
    }

    /// The names of the signed headers: lower-case, sorted, joined by `;`.
    pub const fn signed_headers(&self) -> &'a str {
        self.signed_headers
    }

    /// The signature.
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }
}

fn parse_credential(text: &str) -> Option<(&str, CredentialScope)> {
    let mut parts = text.split('/');
    let (secret_id, date, service, termination) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let printable = !secret_id.is_empty() && secret_id.bytes().all(|byte| byte.is_ascii_graphic());
    if !printable || parts.next().is_some() {
        return None;
    }
    Some((secret_id, CredentialScope::parse(date, service, termination)?))
}

/// Clients have to sort the names in lower case, because another order produces another canonical request.
fn are_signed_headers(names: &str) -> bool {
    let valid = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| is_token(byte) && !byte.is_ascii_uppercase())
    };
    let split = || names.split(';');
    split().all(valid)
        && split().zip(split().skip(1)).all(|(a, b)| a < b)
        && REQUIRED_HEADERS.iter().all(|name| split().any(|given| given == *name))
        && split().nth(MAX_SIGNED_HEADERS).is_none()
}

/// The invalid part of an `Authorization` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthorizationError {
    /// The value does not begin with `TC3-HMAC-SHA256` and a space.
    Algorithm,
    /// A part is unknown, has no `=`, or is given twice.
    Part,
    /// `Credential` is missing or not of the form `id/YYYY-MM-DD/service/tc3_request`.
    Credential,
    /// `SignedHeaders` is missing, unsorted, not in lower case, or without `content-type` or `host`.
    SignedHeaders,
    /// `Signature` is missing or does not consist of 64 lower-case hexadecimal digits.
    Signature,
}

impl fmt::Display for AuthorizationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Algorithm => "authorization does not begin with TC3-HMAC-SHA256 and a space",
            Self::Part => {
                "authorization contains something other than one Credential, SignedHeaders and Signature"
            }
            Self::Credential => {
                "credential in authorization is not of the form id/YYYY-MM-DD/service/tc3_request"
            }
            Self::SignedHeaders => {
                "signed headers in authorization are not sorted lower-case names \
                 that include content-type and host"
            }
            Self::Signature => {
                "signature in authorization does not consist of 64 lower-case hexadecimal digits"
            }
        })
    }
}

impl core::error::Error for AuthorizationError {}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str = "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168";

    #[test]
    fn authorization_header_round_trips() {
        let read = Authorization::parse(VALUE).unwrap();
        assert_eq!(read.secret_id(), "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE");
        assert_eq!(read.scope().to_string(), "2019-02-25/cvm/tc3_request");
        let headers = [("content-type", ""), ("host", "")];
        let signed_headers = SignedHeaders::named(read.signed_headers(), &headers).unwrap();
        let written =
            authorization(read.secret_id(), read.scope(), &signed_headers, read.signature());
        assert_eq!(written, VALUE);
        assert_eq!(written.capacity(), written.len());
    }

    #[test]
    fn spaces_and_order_of_parts_do_not_matter() {
        for value in
            [VALUE.replace(", ", ","), VALUE.replace(", ", " ,  "), alloc::format!(" {VALUE} "), {
                let (head, signature) = VALUE.rsplit_once(", ").unwrap();
                head.replace("SHA256 ", &alloc::format!("SHA256 {signature}, "))
            }]
        {
            let read = Authorization::parse(&value).unwrap();
            assert_eq!(read.signed_headers(), "content-type;host", "{value}");
        }
    }

    #[test]
    fn first_invalid_part_is_named() {
        use AuthorizationError::{Algorithm, Credential, Part, Signature, SignedHeaders};
        for (from, to, expected) in [
            (VALUE, "", Algorithm),
            (VALUE, SKIP, Algorithm),
            (VALUE, ALGORITHM, Algorithm),
            ("TC3-HMAC-SHA256", "tc3-hmac-sha256", Algorithm),
            ("SHA256 ", "SHA256", Algorithm),
            ("SHA256 ", "SHA256 ,", Part),
            ("Credential=", "Credential", Part),
            ("Credential", "credential", Part),
            ("Signature=", "Signature=0, Signature=", Part),
            (
                "Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, ",
                "",
                Credential,
            ),
            ("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "", Credential),
            ("AKID", "AK ID", Credential),
            ("2019-02-25", "2019-02-30", Credential),
            ("2019-02-25", "20190225", Credential),
            ("/cvm/", "//", Credential),
            ("/cvm/", "/", Credential),
            ("/cvm/", "/cvm/x/", Credential),
            ("tc3_request", "aws4_request", Credential),
            ("SignedHeaders=content-type;host, ", "", SignedHeaders),
            ("content-type;host", "", SignedHeaders),
            ("content-type;host", "host;content-type", SignedHeaders),
            ("content-type;host", "content-type", SignedHeaders),
            ("content-type;host", "host", SignedHeaders),
            ("content-type;host", "Content-Type;host", SignedHeaders),
            ("content-type;host", "content-type;;host", SignedHeaders),
            ("content-type;host", "content-type;host;host", SignedHeaders),
            ("content-type;host", "content-type;host;x y", SignedHeaders),
            ("Signature=72", "Signature=7", Signature),
            ("Signature=72", "Signature=7G", Signature),
            ("Signature=72e4", "Signature=72E4", Signature),
        ] {
            let value = VALUE.replace(from, to);
            assert_eq!(Authorization::parse(&value).unwrap_err(), expected, "{value}");
        }
    }

    #[test]
    fn too_many_signed_headers_are_rejected() {
        let many: String = (0..MAX_SIGNED_HEADERS).map(|n| alloc::format!(";x-{n:03}")).collect();
        let value = VALUE.replace(";host", &(String::from(";host") + &many));
        assert_eq!(Authorization::parse(&value).unwrap_err(), AuthorizationError::SignedHeaders);
    }
}
