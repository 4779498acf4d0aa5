//! The string to sign of v1: method, host, path and the sorted parameters, in one line.

use alloc::{string::String, vec::Vec};
use core::{cmp::Ordering, fmt, iter};

use super::{Request, SIGNATURE};
use crate::SignError;

/// How a client writes parameters into the signed text. The official SDKs differ.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct ParamForm {
    /// Underscores in names become dots.
    pub(crate) dots: bool,
    /// Parameters with an empty value are left out.
    pub(crate) drop_empty: bool,
}

impl ParamForm {
    /// The form of the documentation, the Python SDKs, the SDKs for the old gateway, and this crate.
    pub(crate) const DOTS: Self = Self { dots: true, drop_empty: false };
    /// The form of the Node SDK and others.
    pub(crate) const AS_SENT: Self = Self { dots: false, drop_empty: false };
    /// The form of the Go SDK.
    pub(crate) const WITHOUT_EMPTY: Self = Self { dots: false, drop_empty: true };

    fn bytes<'a>(self, name: &'a str) -> impl Iterator<Item = u8> + 'a {
        name.bytes().map(move |byte| if self.dots && byte == b'_' { b'.' } else { byte })
    }

    fn compare(self, a: &str, b: &str) -> Ordering {
        self.bytes(a).cmp(self.bytes(b))
    }
}

/// Builds the string to sign of a request: `GETcvm.tencentcloudapi.com/?Action=...`.
///
/// It contains all parameter values in clear text, including passwords: do not log it.
///
/// # Errors
///
/// If the parameters contain `Signature`, or a name twice.
pub fn string_to_sign<N: AsRef<str>, V: AsRef<str>>(
    request: &Request<'_, N, V>,
) -> Result<String, SignError> {
    let params = checked(request.params)?;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_string_to_sign(&mut text, request, request.host, &params, ParamForm::DOTS);
    Ok(text)
}

/// Sorts the parameters that a client signs, and rejects reserved and repeated names.
pub(super) fn checked<N: AsRef<str>, V: AsRef<str>>(
    params: &[(N, V)],
) -> Result<Vec<(&str, &str)>, SignError> {
    if params.iter().any(|(name, _)| name.as_ref() == SIGNATURE) {
        return Err(SignError::ReservedParameter);
    }
    let pairs = sorted(params, ParamForm::DOTS);
    match repeated(&pairs) {
        Some(name) => Err(SignError::RepeatedParameter(name.into())),
        None => Ok(pairs),
    }
}

/// The first name that occurs twice in parameters that are [`sorted`] with dots.
pub(crate) fn repeated<'a>(sorted: &[(&'a str, &str)]) -> Option<&'a str> {
    let mut adjacent = sorted.iter().zip(sorted.iter().skip(1));
    let same = |((a, _), (b, _)): &(&(&str, _), &(&str, _))| {
        ParamForm::DOTS.compare(a, b) == Ordering::Equal
    };
    adjacent.find(same).map(|((name, _), _)| *name)
}

/// All parameters except the signature, sorted by the bytes of their names in this form.
pub(crate) fn sorted<N: AsRef<str>, V: AsRef<str>>(
    params: &[(N, V)],
    form: ParamForm,
) -> Vec<(&str, &str)> {
    let pairs = params.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
    let mut pairs: Vec<_> = pairs.filter(|(name, _)| *name != SIGNATURE).collect();
    pairs.sort_by(|(a, _), (b, _)| form.compare(a, b));
    pairs
}

/// Writes the text from parameters that are [`sorted`] in the same form.
pub(crate) fn write_string_to_sign<N, V>(
    out: &mut dyn fmt::Write,
    request: &Request<'_, N, V>,
    host: &str,
    sorted: &[(&str, &str)],
    form: ParamForm,
) -> fmt::Result {
    for part in [request.method.as_str(), host, request.path, "?"] {
        out.write_str(part)?;
    }
    let kept = sorted.iter().filter(|(_, value)| !(form.drop_empty && value.is_empty()));
    for ((name, value), separator) in kept.zip(iter::once("").chain(iter::repeat("&"))) {
        out.write_str(separator)?;
        if form.dots {
            for (piece, dot) in name.split('_').zip(iter::once("").chain(iter::repeat("."))) {
                out.write_str(dot)?;
                out.write_str(piece)?;
            }
        } else {
            out.write_str(name)?;
        }
        out.write_str("=")?;
        out.write_str(value)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Method;

    fn text(params: &[(&str, &str)]) -> Result<String, SignError> {
        string_to_sign(&Request { method: Method::Post, host: "h:1", path: "/", params })
    }

    #[test]
    fn pairs_sort_by_bytes_after_underscores_become_dots() {
        // `A_b` sorts after `AZ`, but `A.b` sorts before it.
        let params =
            [("z", "1"), ("AZ", "2"), ("A_b", "a_b"), ("I.2", "3"), ("I.10", "4"), ("E", "")];
        assert_eq!(text(&params).unwrap(), "POSTh:1/?A.b=a_b&AZ=2&E=&I.10=4&I.2=3&z=1");
        assert_eq!(text(&[]).unwrap(), "POSTh:1/?");
    }

    #[test]
    fn values_are_signed_raw() {
        assert_eq!(text(&[("a", "b c&d=e%2F+未")]).unwrap(), "POSTh:1/?a=b c&d=e%2F+未");
    }

    #[test]
    fn reserved_and_repeated_names_are_rejected() {
        assert_eq!(text(&[("Signature", "")]), Err(SignError::ReservedParameter));
        assert_eq!(text(&[("SignatureMethod", "")]), Ok("POSTh:1/?SignatureMethod=".into()));
        let repeated = Err(SignError::RepeatedParameter("a".into()));
        assert_eq!(text(&[("a", "1"), ("b", "2"), ("a", "1")]), repeated);
        assert!(matches!(
            text(&[("a_b", "1"), ("a.b", "2")]),
            Err(SignError::RepeatedParameter(_))
        ));
    }
}
