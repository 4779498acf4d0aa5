//! What a reinstallation leaves of an instance.

use cvm_models::types::LoginSettings;
use cvm_protocol::Sensitive;

use crate::state::{LaunchImage, StoredInstance};

/// A system that is to be installed.
#[derive(Clone, Debug)]
pub(crate) struct Reinstallation {
    pub(crate) image: LaunchImage,
    /// How large its disk will be.
    pub(crate) gib: i64,
    /// Its name for itself, if another than that of the system before.
    pub(crate) host_name: Option<String>,
    pub(crate) has_agent: bool,
    /// The key pairs that open it.
    pub(crate) key_ids: Vec<String>,
    /// What the guest gets when it first starts.
    pub(crate) user_data: Option<Sensitive>,
}

impl Reinstallation {
    /// Takes the place of the system before. Nothing is left of the login of that one.
    pub(crate) fn install(&self, machine: &mut StoredInstance) {
        let (user, port) = self.image.system.login();
        let shown = &mut machine.api;
        shown.image_id = self.image.id.clone();
        shown.os_name = self.image.system.os_name.clone();
        shown.license_type = self.image.system.license_type.clone();
        shown.system_disk.disk_size = Some(self.gib);
        shown.login_settings =
            LoginSettings { key_ids: self.key_ids.clone(), ..LoginSettings::default() };
        shown.default_login_user = user.to_owned();
        shown.default_login_port = port;
        if let Some(name) = &self.host_name {
            shown.host_name = Some(name.clone());
        }
        machine.has_agent = self.has_agent;
        machine.user_data.clone_from(&self.user_data);
    }
}
