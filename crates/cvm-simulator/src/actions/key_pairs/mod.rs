//! Key pairs, and the instances that they open.

mod bind;
mod create;
mod manage;

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
    documented("key pairs", "names are unique"),
    assumed("key pairs", "names are unique in the account, in all regions"),
    assumed("key pairs", "so a key pair belongs to the account: every region lists it and can use it, and an account has at most 100"),
    assumed("key pairs", "public keys are unique in the account as well, without their comments"),
    assumed("key pairs", "every project number except negative ones exists"),
    assumed("key pairs", "tags are only for `keypair`"),
    assumed("key pairs", "AssociatedInstanceIds contains every listed instance, also in the recycle bin, until it is removed"),
    documented("CreateKeyPair", "the private key is only in this response and is not stored"),
    documented("CreateKeyPair", "RSA; the private key is PEM with the layout of PKCS#1, and the public key is a line of OpenSSH"),
    assumed("CreateKeyPair", "2048 bits and the key id as comment, as in the sample of DescribeKeyPairs, where that of CreateKeyPair has 1024 bits and a number; the key follows from the emulator's seed and protects nothing"),
    documented("CreateKeyPair", "the response has the id, name, project and keys; DescribeKeyPairs shows the other members"),
    assumed("ImportKeyPair", "the key is shown in one line with the id of the key pair as its comment, as that of a created key pair"),
    documented("ImportKeyPair", "only `ssh-rsa` keys; all others are InvalidPublicKey.Malformed"),
    assumed("ImportKeyPair", "one line of algorithm, base64 and an optional comment; every modulus size is valid"),
    assumed("DescribeKeyPairs", "key-name matches the whole name"),
    assumed("DeleteKeyPairs", "a key pair that opens an instance, or is being bound to one, is InvalidParameterValue.KeyPairNotSupported; all are deleted or none"),
    assumed("ModifyKeyPairAttribute", "a key pair can get the name that it already has; an empty description counts as absent, so the old one stays"),
    documented("AssociateInstancesKeyPairs", "the key pairs replace all that were bound before"),
    documented("AssociateInstancesKeyPairs", "STOPPED stays STOPPED; with ForceStop, a running instance goes through STOPPING, STOPPED and STARTING, as in DisassociateInstancesKeyPairs"),
    assumed("AssociateInstancesKeyPairs", "5 s, or 20 s forced; the bindings show when the operation ends, as in DisassociateInstancesKeyPairs"),
    assumed("DisassociateInstancesKeyPairs", "a key pair that is not bound is not an error"),
];
