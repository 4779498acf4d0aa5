//! Key pairs, and the instances that they open.

mod bind;
mod create;
mod manage;
mod open_ssh;

use cvm_models::actions::{
    AssociateInstancesKeyPairs, CreateKeyPair, DeleteKeyPairs, DescribeKeyPairs,
    DisassociateInstancesKeyPairs, ImportKeyPair, ModifyKeyPairAttribute,
};

use super::Group;
use crate::decision::{Decision, assumed, documented};
use crate::handler::Handler;

pub(super) const GROUP: Group = Group {
    handlers: &[
        Handler::of::<AssociateInstancesKeyPairs>(),
        Handler::of::<CreateKeyPair>(),
        Handler::of::<DeleteKeyPairs>(),
        Handler::of::<DescribeKeyPairs>(),
        Handler::of::<DisassociateInstancesKeyPairs>(),
        Handler::of::<ImportKeyPair>(),
        Handler::of::<ModifyKeyPairAttribute>(),
    ],
    decisions: DECISIONS,
};

#[rustfmt::skip]
const DECISIONS: &[Decision] = &[
    documented("key pairs", "names are unique in the account, in all its regions"),
    assumed("key pairs", "so are public keys, whatever their comment; each pair is known in its own region only"),
    assumed("key pairs", "an account has at most 100, in all its regions together"),
    assumed("key pairs", "every project number but a negative one exists"),
    assumed("key pairs", "tags are for `keypair` alone; a key given twice is InvalidParameterValue, and keys that begin with `qcs:` are the platform's"),
    assumed("key pairs", "AssociatedInstanceIds has every instance that is listed, also one in the recycle bin, until it is gone"),
    documented("CreateKeyPair", "the private half is in this answer alone and is kept nowhere"),
    assumed("CreateKeyPair", "the pair is Ed25519 where the service makes RSA, as fast as any other action; it follows from the emulator's seed and protects nothing"),
    assumed("CreateKeyPair", "the key id is the comment of both halves"),
    documented("ImportKeyPair", "only `ssh-rsa` keys; all others are InvalidPublicKey.Malformed"),
    assumed("ImportKeyPair", "one line of algorithm, base64 and any comment, shown as it was given; a modulus of any size passes"),
    assumed("DescribeKeyPairs", "key-name is the whole name"),
    assumed("DeleteKeyPairs", "a pair that opens an instance, or is being written into one, is InvalidParameterValue.KeyPairNotSupported, and none of the batch is deleted"),
    assumed("ModifyKeyPairAttribute", "a pair may be given the name that it has; an empty description is none, so that the old one stays"),
    documented("AssociateInstancesKeyPairs", "the pairs replace all that were bound before"),
    documented("AssociateInstancesKeyPairs", "STOPPED stays STOPPED; with ForceStop a running instance passes through STOPPING, STOPPED and STARTING, as for DisassociateInstancesKeyPairs"),
    assumed("AssociateInstancesKeyPairs", "5 s, or 20 s forced; the bindings show when it ends, as for DisassociateInstancesKeyPairs"),
    assumed("DisassociateInstancesKeyPairs", "a pair that is not bound is no reason to refuse"),
];
