//! ModifyChcAttribute: another name, kind, login or guard of hosts.

use cvm_models::actions::{ModifyChcAttribute, ModifyChcAttributeResponse};

use super::admission::{admit, named};
use crate::dispatch::{Behaviour, Outcome};
use crate::refusal::{Codes, Refusal};
use crate::world::Scene;

impl Behaviour for ModifyChcAttribute {
    fn apply(self, scene: &mut Scene<'_>) -> Result<Outcome<Self::Response>, Refusal> {
        let (codes, now) = (scene.codes, scene.now);
        let texts = [("InstanceName", &self.instance_name), ("DeviceType", &self.device_type)];
        if let Some((name, _)) = texts.iter().find(|(_, text)| text.as_deref() == Some("")) {
            let message = format!("The parameter `{name}` is empty.");
            return Err(codes.refuse(["InvalidParameterValue.NotEmpty"], message));
        }
        if let Some(password) = &self.password {
            check_password(codes, password.expose())?;
        }
        let hosts = named(codes, scene.here().chc_hosts.at(now), &self.chc_ids)?;
        let mut shown = hosts.iter().map(|host| &host.shown);
        let groups = &self.bmc_security_group_ids;
        let lacks_network = shown.find(|host| host.bmc_virtual_private_cloud.subnet_id.is_empty());
        if let Some(host) = lacks_network.filter(|_| !groups.is_empty()) {
            let message = format!("The CHC host `{}` has no management network.", host.chc_id);
            return Err(codes.refuse(["InvalidParameterValue.ChcNetworkEmpty"], message));
        }
        admit(codes, &hosts)?;
        for host in hosts {
            host.change(|look| {
                if let Some(name) = &self.instance_name {
                    look.instance_name.clone_from(name);
                }
                if let Some(kind) = &self.device_type {
                    look.device_type.clone_from(kind);
                }
                if !groups.is_empty() {
                    look.bmc_security_group_ids.clone_from(groups);
                }
            });
        }
        Ok(Outcome::Done(ModifyChcAttributeResponse::default()))
    }
}

/// The login is checked and not kept: nothing shows it, and no controller asks for it.
fn check_password(codes: Codes, password: &str) -> Result<(), Refusal> {
    if password.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let message = "The parameter `Password` has only letters, digits and ASCII punctuation.";
    Err(codes.refuse(["InvalidPassword"], message))
}
