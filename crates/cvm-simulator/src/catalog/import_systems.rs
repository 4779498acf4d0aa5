//! Operating systems that can be imported.

use cvm_models::enums::Architecture;

use super::reader::{Reader, Result, suggestion};
use super::row::Row;

/// A system that can be imported.
#[derive(Clone, Debug)]
pub(crate) struct ImportSystem {
    pub(crate) name: &'static str,
    /// The platform of images with this system.
    pub(crate) platform: &'static str,
    pub(crate) versions: &'static [&'static str],
    /// In the spelling of requests.
    pub(crate) architectures: &'static [&'static str],
}

impl ImportSystem {
    pub(crate) fn is_windows(&self) -> bool {
        self.platform == "Windows"
    }

    /// The full name of a release, such as `CentOS 7 64bit`. A system without releases has the version `-`.
    pub(crate) fn os_name(&self, version: &str, architecture: &str) -> String {
        let version = if version == "-" { String::new() } else { format!(" {version}") };
        let bits = if architecture == "i386" { 32 } else { 64 };
        format!("{}{version} {bits}bit", self.name)
    }
}

impl Row for ImportSystem {
    const SECTION: &'static str = "import_systems";

    fn key(&self) -> &'static str {
        self.name
    }

    fn read(item: &mut Reader) -> Result<Self> {
        let system = Self {
            name: item.text("name")?,
            platform: item.text("platform")?,
            versions: item.texts("versions")?,
            architectures: item.texts("architectures")?,
        };
        for (member, list) in
            [("versions", system.versions), ("architectures", system.architectures)]
        {
            if list.is_empty() {
                return Err(item.error(member, "is missing or empty: give at least one text"));
            }
        }
        let is_unknown = |name: &&&str| !Architecture::VALUES.contains(*name);
        if let Some(name) = system.architectures.iter().find(is_unknown) {
            let fix = suggestion(name, Architecture::VALUES);
            let problem = format!("has \"{name}\", no architecture: {fix}");
            return Err(item.error("architectures", problem));
        }
        Ok(system)
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::Catalog;

    #[test]
    fn windows_systems_have_the_platform_windows() {
        for system in Catalog::builtin().import_systems() {
            assert_eq!(system.is_windows(), system.name.starts_with("Windows"));
        }
    }

    #[test]
    fn system_names_contain_release_and_width() {
        let [centos, ..] = Catalog::builtin().import_systems() else { panic!("there is one") };
        assert_eq!(centos.os_name("7", "x86_64"), "CentOS 7 64bit");
        assert_eq!(centos.os_name("6", "i386"), "CentOS 6 32bit");
        assert_eq!(centos.os_name("-", "arm_64"), "CentOS 64bit");
    }
}
