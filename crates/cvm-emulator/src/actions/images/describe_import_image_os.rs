//! DescribeImportImageOs: the systems that ImportImage takes.

use cvm_models::actions::{DescribeImportImageOs, DescribeImportImageOsResponse};
use cvm_models::types::{ImageOsList, OsVersion};

use crate::api_error::ApiError;
use crate::catalogue::{IMPORT_SYSTEMS, ImportSystem};
use crate::dispatch::{ActionHandler, Outcome};
use crate::state::RequestContext;

impl ActionHandler for DescribeImportImageOs {
    fn handle(self, _: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let names = |of_windows| {
            let systems = IMPORT_SYSTEMS.iter().filter(|it| it.is_windows() == of_windows);
            systems.map(|system| system.name.to_owned()).collect()
        };
        Ok(Outcome::Response(DescribeImportImageOsResponse {
            import_image_os_list_supported: ImageOsList {
                windows: names(true),
                linux: names(false),
            },
            import_image_os_version_set: IMPORT_SYSTEMS.iter().map(versions).collect(),
            ..Self::Response::default()
        }))
    }
}

fn versions(system: &ImportSystem) -> OsVersion {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    OsVersion {
        os_name: system.name.to_owned(),
        os_versions: texts(system.versions),
        architecture: texts(system.architectures),
    }
}
