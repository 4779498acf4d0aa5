//! How systems are installed on a host.

use cvm_models::types::ChcDeployExtraConfig;

use crate::chc_host::{BOOT_FILE, PROVIDED, provided_installer};

/// What is shown of the settings in a request.
pub(super) fn shown(wanted: Option<ChcDeployExtraConfig>) -> ChcDeployExtraConfig {
    wanted.map_or_else(provided_installer, |wanted| ChcDeployExtraConfig {
        boot_file: wanted.boot_file.or_else(|| Some(BOOT_FILE.to_owned())),
        next_server_address: wanted.next_server_address.or_else(|| Some(String::new())),
        ..wanted
    })
}

/// Whether an installer can be found with these settings.
pub(super) fn is_usable(config: &ChcDeployExtraConfig) -> bool {
    let has_server = config.next_server_address.as_ref().is_some_and(|text| !text.is_empty());
    config.mini_os_type == PROVIDED || has_server
}
