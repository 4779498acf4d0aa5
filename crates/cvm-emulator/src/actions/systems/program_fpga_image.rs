//! ProgramFpgaImage: no instance type of the catalogue has FPGA cards, so no instance can be written.

use cvm_models::actions::ProgramFpgaImage;

use super::one_instance;
use crate::api_error::ApiError;
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for ProgramFpgaImage {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        if let Some(address) = self.dbdfs.iter().find(|address| !is_pci_address(address)) {
            let message = format!("`{address}` is no PCI address like `0000:00:08.0`.");
            return Err(scene.codes.error(["InvalidParameterValue.IncorrectFormat"], message));
        }
        let (_, machine) = one_instance::find(scene, &self.instance_id)?;
        let (id, kind) = (&machine.api.instance_id, &machine.api.instance_type);
        let message = format!("The instance `{id}` is of the type {kind}, which has no FPGA card.");
        Err(scene.codes.error(["UnsupportedOperation.NotFpgaInstance"], message))
    }
}

/// Domain, bus, device and function.
fn is_pci_address(text: &str) -> bool {
    let is_hex = |part: Option<&str>, digits: usize| {
        part.is_some_and(|part| {
            part.len() == digits && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    };
    let mut parts = text.split([':', '.']);
    is_hex(parts.next(), 4)
        && is_hex(parts.next(), 2)
        && is_hex(parts.next(), 2)
        && is_hex(parts.next(), 1)
        && parts.next().is_none()
}
