//! The values of the metadata of an instance.

use std::net::Ipv4Addr;
use std::time::Duration;

use base64ct::{Base64, Encoding};
use cvm_models::enums::InstanceChargeType;

use super::subject::Subject;
use crate::caller::{Caller, RoleSession};
use crate::chc_host::mac_address;
use crate::cidr::Cidr;
use crate::credential_issuer::{CredentialIssuer, Session};
use crate::ids::mix;
use crate::state::{StoredInstance, role_id};
use crate::timestamp::Timestamp;

/// How often the credentials of a role are replaced, in seconds.
const RENEWAL: u64 = 3_600;
/// How long they are valid: old ones for an hour after they were replaced.
const VALIDITY: Duration = Duration::from_secs(2 * RENEWAL);

/// All values by path, in the order of the lists. What the instance does not have is not there.
pub(super) fn entries(
    subject: &Subject<'_>,
    issuer: &CredentialIssuer,
    now: Timestamp,
) -> Vec<(String, String)> {
    let Subject { account, region, instance, subnet } = *subject;
    let mac = mac(instance);
    let mut entries: Vec<(String, String)> = Vec::new();
    let mut add = |path: &str, value: String| {
        if !value.is_empty() {
            entries.push((path.to_owned(), value));
        }
    };
    let address = |address: Option<Ipv4Addr>| address.map_or_else(String::new, |it| it.to_string());
    add("app-id", account.app_id().to_string());
    if let Some(role) = instance.role.as_deref() {
        let path = format!("cam/security-credentials/{role}");
        add(&path, role_credentials(subject, role, issuer, now));
    }
    add("hostname", instance.host_name.to_string());
    add("instance-id", instance.id.to_string());
    add("instance-name", instance.name.to_string());
    add("instance/image-id", instance.image_id.to_string());
    add("instance/instance-type", instance.instance_type.to_string());
    add("instance/security-group", instance.security_groups.join("\n"));
    add("local-ipv4", address(instance.private_address));
    add("mac", mac.clone());
    let interface = |name: &str| format!("network/interfaces/macs/{mac}/{name}");
    // An instance has an ordinary public address or an elastic IP.
    let public_address = instance.public_addresses().next();
    for local in instance.private_addresses() {
        let of_address = |name: &str| interface(&format!("local-ipv4s/{local}/{name}"));
        let public = public_address.filter(|_| instance.private_address == Some(local));
        if !instance.vpc_id.is_empty() {
            add(&of_address("gateway"), gateway(subnet, local).to_string());
        }
        add(&of_address("local-ipv4"), local.to_string());
        add(&of_address("public-ipv4"), address(public));
        if public.is_some() && !instance.vpc_id.is_empty() {
            add(&of_address("public-ipv4-mode"), "NAT".to_owned());
        }
        add(&of_address("subnet-mask"), mask(subnet).to_string());
    }
    add(&interface("mac"), mac.clone());
    add(&interface("primary-local-ipv4"), address(instance.private_address));
    add(&interface("public-ipv4s"), address(public_address));
    add(&interface("subnet-id"), instance.subnet_id.to_string());
    add(&interface("vpc-id"), instance.vpc_id.to_string());
    add("payment/charge-type", instance.charge_type.as_str().to_owned());
    add("payment/create-time", time(instance.created));
    if instance.charge_type == InstanceChargeType::Prepaid {
        add("payment/termination-time", instance.expires.map(time).unwrap_or_default());
    }
    add("placement/region", region.to_owned());
    add("placement/zone", instance.zone.to_string());
    add("public-ipv4", address(public_address));
    add("uuid", instance.uuid.to_string());
    entries
}

/// The user data as cloud-init reads it: decoded.
pub(super) fn user_data(instance: &StoredInstance) -> Option<Vec<u8>> {
    Base64::decode_vec(instance.user_data.as_ref()?.expose()).ok()
}

/// The credentials of the role, in the form of the sample. They are the same until they are replaced.
fn role_credentials(
    subject: &Subject<'_>,
    role: &str,
    issuer: &CredentialIssuer,
    now: Timestamp,
) -> String {
    let Subject { account, instance, .. } = *subject;
    let issued = now.unix() - now.unix() % RENEWAL;
    let expires = Timestamp::from_unix(issued).after(VALIDITY);
    let caller = Caller::Role(RoleSession {
        role_id: role_id(account, role),
        principal: account.uin(),
        name: instance.id.to_string(),
    });
    let session = Session { account, caller, expires };
    let credential = issuer.issue(&session, &format!("{} {role} {issued}", instance.uuid));
    // No value contains a character that JSON escapes.
    format!(
        "{{\n  \"TmpSecretId\": \"{}\",\n  \"TmpSecretKey\": \"{}\",\n  \"ExpiredTime\": {},\n  \
         \"Expiration\": \"{expires}\",\n  \"Token\": \"{}\",\n  \"Code\": \"Success\"\n}}",
        credential.secret_id,
        credential.secret_key.expose(),
        expires.unix(),
        credential.token.expose(),
    )
}

/// The address of the first interface: it follows from the UUID.
fn mac(instance: &StoredInstance) -> String {
    let fold = |start, byte: u8| mix(start ^ u64::from(byte));
    mac_address(instance.uuid.bytes().fold(0, fold))
}

/// The mask of a subnet. One that was not created is a /20, from which instances get addresses.
fn mask(subnet: Option<Cidr>) -> Ipv4Addr {
    subnet.map_or(Ipv4Addr::new(255, 255, 240, 0), |range| {
        Ipv4Addr::from_bits(!(range.first().to_bits() ^ range.last().to_bits()))
    })
}

/// The first address of the subnet of an address.
fn gateway(subnet: Option<Cidr>, address: Ipv4Addr) -> Ipv4Addr {
    Ipv4Addr::from_bits(address.to_bits() & mask(subnet).to_bits() | 1)
}

/// A time as the samples show it.
fn time(time: Timestamp) -> String {
    time.to_string().replace('T', " ").replace('Z', "")
}
