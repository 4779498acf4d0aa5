//! Key pairs, and the instances that they are bound to.

use serde_json::json;

use super::{Baseline, accepted, filter, tags};

pub const BASELINES: &[Baseline] = &[
    accepted(
        "CreateKeyPair",
        |_| json!({ "KeyName": "laptop", "ProjectId": 0, "TagSpecification": tags("keypair") }),
    ),
    accepted("ImportKeyPair", |_| {
        json!({
            "KeyName": "laptop",
            "ProjectId": 0,
            "PublicKey": PUBLIC_KEY,
            "TagSpecification": tags("keypair"),
        })
    }),
    accepted(
        "DescribeKeyPairs",
        |fixture| json!({ "KeyIds": [fixture.key_pair], "Offset": 0, "Limit": 10 }),
    ),
    accepted("DescribeKeyPairs", |_| {
        let filters = [
            filter("project-id", &["0"]),
            filter("key-name", &["spare"]),
            filter("tag-key", &["team"]),
            filter("tag-value", &["blue"]),
            filter("tag:team", &["blue"]),
        ];
        json!({ "Filters": filters })
    }),
    accepted(
        "ModifyKeyPairAttribute",
        |fixture| json!({ "KeyId": fixture.key_pair, "KeyName": "renamed", "Description": "of the old laptop" }),
    ),
    accepted(
        "ModifyKeyPairAttribute",
        |fixture| json!({ "KeyId": fixture.bound_key_pair, "Description": "in use" }),
    ),
    accepted(
        "AssociateInstancesKeyPairs",
        |fixture| json!({ "InstanceIds": [fixture.stopped], "KeyIds": [fixture.key_pair, fixture.bound_key_pair] }),
    ),
    accepted("AssociateInstancesKeyPairs", |fixture| {
        let ids = [&fixture.running, &fixture.prepaid];
        json!({ "InstanceIds": ids, "KeyIds": [fixture.key_pair], "ForceStop": true })
    }),
    accepted("DisassociateInstancesKeyPairs", |fixture| {
        let ids = [&fixture.keyed];
        json!({ "InstanceIds": ids, "KeyIds": [fixture.bound_key_pair], "ForceStop": true })
    }),
    accepted("DeleteKeyPairs", |fixture| json!({ "KeyIds": [fixture.key_pair] })),
];

/// The private half no longer exists.
const PUBLIC_KEY: &str = concat!(
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCq6wJ2iUZ49PIiN8FdJOodU3/MSLF7f61T5kpJLZFXnOtqKv2vIs",
    "jlq/FPWld30xOhv3TYECrgXvJjdH2Lf+n1Kpbl9pcc/g5A/ghlqIkI1y7vME5umckzvAtTGr/STTNs/X2+M+ULUZA6",
    "aJEFVbWUWZtzjO5nrTlpf/P5T/s4IBzv+TuZtZ5oKvWszMfNYJp2tjVvkG/9f3JtTWDYwT0kZFH1gqMgggZsQ8ZjIq",
    "/NZwbDifc6dIG/B3ppLcebRZpM10hcPtPJBhBidTEP8UIKftEN5W6du07/Vzzxi+rQtBbAq72evkVqfQzu5wKa3Ogk",
    "r9yGZ5+KxvnANLGwMeFf someone@example",
);
