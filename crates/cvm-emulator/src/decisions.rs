//! Behavior of the server that the specification does not define.

use cvm_simulator::{Decision, assumed, documented};

/// Behavior that the tables of the specification do not define: that of the server, then that of the simulated
/// account, group by group.
pub fn decisions() -> impl Iterator<Item = &'static Decision> {
    SERVER.iter().chain(cvm_simulator::decisions())
}

#[rustfmt::skip]
const SERVER: &[Decision] = &[
    documented("envelope", "HTTP 200 for success and failure, content type exactly `application/json`, `RequestId` always"),
    documented("signature", "±300 s around real time; TC3, HmacSHA1 and HmacSHA256 all verified"),
    assumed("signature", "a scope date other than the timestamp's UTC date is AuthFailure.SignatureFailure"),
    assumed("signature", "clock before secret id before signature before token, when several are wrong"),
    assumed("signature", "a POST with a query, a GET with a body, and `Host`, `Content-Type` or an `X-TC-…` header given twice are AuthFailure.SignatureFailure, because no client signs that"),
    assumed("signature", "a timestamp with a sign or leading zeros is AuthFailure.SignatureFailure"),
    assumed("signature", "TC3 covers `X-TC-Action`, `X-TC-Version` and `X-TC-Region` only if `SignedHeaders` names them, because the official SDKs sign only `Content-Type` and `Host`"),
    assumed("signature", "`X-TC-Content-SHA256: UNSIGNED-PAYLOAD` leaves the body unsigned, because the official SDKs offer it"),
    assumed("signature", "values of signed headers may be signed in lower case or as sent, because documents and SDKs differ"),
    assumed("signature", "the host may be signed without its port, or with port 80 or 443 if it has none, and any service in the scope is accepted, because the Node SDK takes both from the host name"),
    assumed("signature", "unsigned v1 parameters with an empty value are removed from the request, because the Go SDK sends them without signing them"),
    assumed("signature", "v1 names may be signed with dots in place of underscores, because the Python SDKs do so"),
    assumed("signature", "v1 signs values without encoding, so `a=1&b=2` and a value `1&b=2` of `a` have one signature, because the documents define it so"),
    assumed("signature", "a token beside a permanent key is AuthFailure.TokenFailure, like a wrong one"),
    assumed("signature", "a repeated signed request is accepted within the five minutes; nonces are not remembered"),
    documented("old gateway", "a wrong signature is AuthFailure without a suffix"),
    assumed("old gateway", "an unknown secret id and a wrong token are AuthFailure without a suffix too; a wrong clock is AuthFailure.SignatureExpire"),
    assumed("old gateway", "without Version, version 2017-03-12 is used; short region names are accepted"),
    documented("signature", "AssumeRoleWithWebIdentity has the word `SKIP` in the `Authorization` header in place of a signature; no other action may have it"),
    documented("metadata", "paths, directories and values are those of the documentation and its samples; what does not exist is 404"),
    assumed("metadata", "the port describes the newest running instance of any account and region, or the one that `--metadata-instance` or the beginning of the path names, such as `/ins-1a2b3c4d/latest/meta-data/`"),
    assumed("metadata", "all versions have the same content; `hostname` is there, because tools read it; `owner-id`, `as-group-id`, `spot/termination-time` and the bandwidth limits are not"),
    assumed("metadata", "an instance has one interface, whose MAC address follows from its UUID; a subnet that was not created is a /20, and the gateway is the first address of a subnet"),
    assumed("metadata", "credentials of a role are there if the instance has a CamRoleName; they are replaced every hour and valid for two; the name of their session is the id of the instance"),
    assumed("metadata", "a host name with a dot other than `metadata.tencentyun.com` is 403: it may be that of a web page which reads from this machine"),
    assumed("order of checks", "method, size, dialect, signature, service, version, action, region, parameters, existence, state"),
    assumed("services", "the service is the one that the credential scope names, otherwise the host, otherwise the one with this version and action, otherwise CVM"),
    assumed("services", "another service, and an action that the specs of a service other than CVM lack, is UnsupportedOperation: only the emulator certainly lacks it"),
    assumed("messages", "instances of a list parameter are shown as `['ins-1a2b3c4d']`, as in messages of the service; all other texts are the emulator's"),
    documented("lists", "regions come sorted by name, as in the sample"),
    documented("lists", "placement groups and HPC clusters come with the newest first, as in the samples"),
    assumed("lists", "instances and their states, images of the account, key pairs, hosts, CHC hosts, packs, launch templates and their versions come with the newest first, too; disks come in the order of the launch"),
    documented("filters", "an unknown filter is InvalidFilter"),
    assumed("filters", "a filter of the documentation that the emulator cannot apply is UnsupportedOperation: `dedicated-cluster-id` and `cdc-cache-status` of DescribeImages"),
    documented("rules between parameters", "a parameter with its documented default, and a switch that is off, excludes no other parameter"),
    assumed("rules between parameters", "a condition on a parameter that is not given is evaluated with its default"),
    assumed("empty texts", "an empty text of an optional parameter counts as absent, in every object of a request, unless the specification lists it as a value: no role, family, description or domain name"),
    assumed("empty texts", "a 0 counts as absent where the specification says that it stands for the default: InstanceCount of CreateLaunchTemplate and SystemDisk.DiskSize, which older tools send as 0"),
    assumed("limits", "a message has at most 1024 characters, and each name that it repeats at most 100; the signed text is shown up to 8192 characters; the usual mistakes of clients are searched in up to 64 KiB"),
    assumed("limits", "a query or form of more than 10000 parameters is RequestSizeLimitExceeded"),
    assumed("limits", "a response of more than 50 MiB is ResponseSizeLimitExceeded"),
    documented("responses", "a member that can be null is null without a value, and members that the published model calls always present are always there"),
    documented("responses", "a list that a sample shows empty is a list, and a number that a sample shows as 0 is 0: the Tags, AssociatedInstanceIds, HostIds and RdmaIpAddresses of lists, ThroughputPerformance, Ipv6AddressCount and SyncPercent"),
    assumed("responses", "other empty lists that can be absent are absent"),
    assumed("responses", "members that are newer than the sample of their action are shown"),
    assumed("parameters", "a repeated name in query encoding is InvalidParameter; list indexes may have gaps"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_unique() {
        let all: Vec<_> = decisions().map(|it| (it.topic, it.behavior)).collect();
        for (index, decision) in all.iter().enumerate() {
            assert_eq!(all.iter().position(|other| other == decision), Some(index), "{decision:?}");
        }
    }
}
