//! Behaviours that a client can notice and that no table of the specification settles.

use crate::actions::GROUPS;

/// What a behaviour rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A document of the service says so.
    Documented,
    /// No document does; this is the likeliest reading.
    Assumed,
}

/// A behaviour that a client can notice, and what it rests on.
#[derive(Clone, Copy, Debug)]
pub struct Decision {
    /// What it concerns.
    pub topic: &'static str,
    /// What the emulator does.
    pub behaviour: &'static str,
    /// What that rests on.
    pub basis: Basis,
}

/// The behaviours that the tables of the specification do not settle: those of every request first, then
/// group by group.
pub fn decisions() -> impl Iterator<Item = &'static Decision> {
    COMMON.iter().chain(GROUPS.iter().flat_map(|group| group.decisions))
}

pub(crate) const fn documented(topic: &'static str, behaviour: &'static str) -> Decision {
    Decision { topic, behaviour, basis: Basis::Documented }
}

pub(crate) const fn assumed(topic: &'static str, behaviour: &'static str) -> Decision {
    Decision { topic, behaviour, basis: Basis::Assumed }
}

#[rustfmt::skip]
const COMMON: &[Decision] = &[
    documented("envelope", "HTTP 200 for success and failure, content type `application/json` alone, `RequestId` always"),
    documented("signature", "±300 s around real time; TC3, HmacSHA1 and HmacSHA256 all verified"),
    assumed("signature", "a scope date other than the timestamp's UTC date is AuthFailure.SignatureFailure"),
    assumed("signature", "clock before secret id before signature before token, when several are wrong"),
    assumed("signature", "a POST with a query, a GET with a body, and `Host`, `Content-Type` or an `X-TC-…` header given twice are AuthFailure.SignatureFailure, because no client signs that"),
    assumed("signature", "a timestamp with a sign or leading zeros is AuthFailure.SignatureFailure"),
    assumed("signature", "TC3 covers `X-TC-Action`, `X-TC-Version` and `X-TC-Region` only if `SignedHeaders` names them, because the official SDKs sign `Content-Type` and `Host` alone"),
    assumed("signature", "`X-TC-Content-SHA256: UNSIGNED-PAYLOAD` leaves the body unsigned, because the official SDKs offer it"),
    assumed("signature", "values of signed headers may be signed in lower case or as sent, because documents and SDKs differ"),
    assumed("signature", "the host may be signed without its port, and any service in the scope passes, because the Node SDK takes both from the host name"),
    assumed("signature", "v1 parameters with an empty value that are not signed are left out of the request, because the Go SDK sends them without signing them"),
    assumed("signature", "v1 names may be signed with dots in place of underscores, because the Python SDKs do so"),
    assumed("signature", "v1 signs values without encoding, so `a=1&b=2` and a value `1&b=2` of `a` have one signature, because the documents define it so"),
    assumed("signature", "the same signed request passes again within the five minutes; no nonce is remembered"),
    documented("old gateway", "a signature that does not match is the bare AuthFailure"),
    assumed("old gateway", "an unknown secret id and a wrong token are the bare AuthFailure too; a wrong clock is AuthFailure.SignatureExpire"),
    assumed("old gateway", "without Version, version 2017-03-12 answers; short region names are understood"),
    assumed("account", "all credentials belong to the one with the UIN 100000000001 and the AppId 1250000000"),
    assumed("order of checks", "method, size, dialect, signature, version, action, region, parameters, existence, state"),
    assumed("parameters", "of several faults the error names an unreadable one first, then an unknown one, then a list or text that is too long, then a missing one, then the first in table order"),
    assumed("limits", "a list without a documented limit has at most 100 items, `AccountIds` 1000; a resource has at most 50 tags"),
    assumed("limits", "a text without a documented limit has at most 256 characters; an address of a file has 4096, a public key 16384"),
    assumed("limits", "a message has at most 1024 characters, and each name that it repeats at most 100; what was signed is shown up to 8192"),
    assumed("limits", "a query or form of more than 10000 parameters is RequestSizeLimitExceeded"),
    assumed("limits", "a response of more than 50 MiB is ResponseSizeLimitExceeded"),
    assumed("parameters", "a number written as text passes in JSON too; text written as a number is InvalidParameter"),
    assumed("parameters", "a name given twice in flat form is InvalidParameter; any distinct list indexes pass"),
    documented("identifiers", "`ins-` and any other than eight letters and digits is InvalidInstanceId.Malformed"),
    assumed("identifiers", "of other identifiers only the prefix is checked"),
    assumed("codes", "a broken limit is answered with the most particular code that the action publishes and that names the member or the fault"),
    assumed("codes", "required text that is there and empty is `Invalid…Empty` or NotEmpty where published, and MissingParameter otherwise"),
    assumed("codes", "an id that has no Malformed code of its own is InvalidParameterValue.IncorrectFormat where published"),
    documented("filters", "and between filters, or between values; unknown ones are InvalidFilter"),
    assumed("filters", "instance-name matches anywhere in the name, or as a whole with `*`"),
    assumed("filters", "values of the uuid, address and type filters that cannot be one, and an empty instance-name, get the code that speaks of them, where published"),
    assumed("filters", "times without a zone are UTC, and bounds are inclusive"),
    assumed("listing", "the newest first; ids that do not exist are left out of Describe answers"),
    assumed("listing", "Limit 0 is refused"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decision_is_a_sentence_of_its_own() {
        let all: Vec<_> = decisions().map(|it| (it.topic, it.behaviour)).collect();
        for (place, decision) in all.iter().enumerate() {
            assert_eq!(all.iter().position(|other| other == decision), Some(place), "{decision:?}");
        }
    }
}
