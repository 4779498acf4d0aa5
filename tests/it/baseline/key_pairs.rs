//! Key pairs, and the instances that they are bound to.

use serde_json::json;

use super::{Baseline, done, filter, tags};

pub const BASELINES: &[Baseline] = &[
    done(
        "CreateKeyPair",
        |_| json!({ "KeyName": "laptop", "ProjectId": 0, "TagSpecification": tags("keypair") }),
    ),
    done("ImportKeyPair", |_| {
        json!({
            "KeyName": "laptop",
            "ProjectId": 0,
            "PublicKey": PUBLIC_KEY,
            "TagSpecification": tags("keypair"),
        })
    }),
    done(
        "DescribeKeyPairs",
        |scene| json!({ "KeyIds": [scene.key_pair], "Offset": 0, "Limit": 10 }),
    ),
    done("DescribeKeyPairs", |_| {
        let filters = [
            filter("project-id", &["0"]),
            filter("key-name", &["spare"]),
            filter("tag-key", &["team"]),
            filter("tag-value", &["blue"]),
            filter("tag:team", &["blue"]),
        ];
        json!({ "Filters": filters })
    }),
    done(
        "ModifyKeyPairAttribute",
        |scene| json!({ "KeyId": scene.key_pair, "KeyName": "renamed", "Description": "of the old laptop" }),
    ),
    done(
        "ModifyKeyPairAttribute",
        |scene| json!({ "KeyId": scene.bound_key_pair, "Description": "in use" }),
    ),
    done(
        "AssociateInstancesKeyPairs",
        |scene| json!({ "InstanceIds": [scene.stopped], "KeyIds": [scene.key_pair, scene.bound_key_pair] }),
    ),
    done("AssociateInstancesKeyPairs", |scene| {
        let ids = [&scene.running, &scene.prepaid];
        json!({ "InstanceIds": ids, "KeyIds": [scene.key_pair], "ForceStop": true })
    }),
    done("DisassociateInstancesKeyPairs", |scene| {
        let ids = [&scene.keyed];
        json!({ "InstanceIds": ids, "KeyIds": [scene.bound_key_pair], "ForceStop": true })
    }),
    done("DeleteKeyPairs", |scene| json!({ "KeyIds": [scene.key_pair] })),
];

/// The private half no longer exists.
const PUBLIC_KEY: &str = concat!(
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCq6wJ2iUZ49PIiN8FdJOodU3/MSLF7f61T5kpJLZFXnOtqKv2vIs",
    "jlq/FPWld30xOhv3TYECrgXvJjdH2Lf+n1Kpbl9pcc/g5A/ghlqIkI1y7vME5umckzvAtTGr/STTNs/X2+M+ULUZA6",
    "aJEFVbWUWZtzjO5nrTlpf/P5T/s4IBzv+TuZtZ5oKvWszMfNYJp2tjVvkG/9f3JtTWDYwT0kZFH1gqMgggZsQ8ZjIq",
    "/NZwbDifc6dIG/B3ppLcebRZpM10hcPtPJBhBidTEP8UIKftEN5W6du07/Vzzxi+rQtBbAq72evkVqfQzu5wKa3Ogk",
    "r9yGZ5+KxvnANLGwMeFf someone@example",
);
