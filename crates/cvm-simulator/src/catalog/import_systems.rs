//! Operating systems that can be imported. The names are the service's; the versions are typical and assumed.

/// A system that can be imported.
#[derive(Debug)]
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

const X86: &[&str] = &["x86_64", "i386"];
const X86_64: &[&str] = &["x86_64"];
const X86_AND_ARM: &[&str] = &["x86_64", "i386", "arm_64"];
const EDITIONS: &[&str] = &["Standard", "Datacenter"];

const fn row(
    name: &'static str,
    platform: &'static str,
    versions: &'static [&'static str],
    architectures: &'static [&'static str],
) -> ImportSystem {
    ImportSystem { name, platform, versions, architectures }
}

#[rustfmt::skip]
pub(crate) const IMPORT_SYSTEMS: &[ImportSystem] = &[
    row("CentOS", "CentOS", &["5", "6", "7", "8"], X86_AND_ARM),
    row("Ubuntu", "Ubuntu", &["12", "14", "16", "18", "20", "22", "24"], X86_AND_ARM),
    row("Debian", "Debian", &["7", "8", "9", "10", "11", "12"], X86_AND_ARM),
    row("Fedora", "Fedora", &["36", "37", "38"], X86_64),
    row("OpenSUSE", "OpenSUSE", &["12", "13", "15"], X86),
    row("SUSE", "SUSE", &["10", "11", "12", "15"], X86),
    row("Red Hat Enterprise Linux", "Red Hat", &["6", "7", "8", "9"], X86_64),
    row("FreeBSD", "FreeBSD", &["11", "12", "13"], X86),
    row("CoreOS", "CoreOS", &["7"], X86_64),
    row("TencentOS", "TencentOS", &["2", "3"], X86_AND_ARM),
    row("Other Linux", "Other Linux", &["-"], X86_AND_ARM),
    row("Windows Server 2008", "Windows", EDITIONS, X86),
    row("Windows Server 2012", "Windows", EDITIONS, X86_64),
    row("Windows Server 2016", "Windows", EDITIONS, X86_64),
    row("Windows Server 2019", "Windows", EDITIONS, X86_64),
    row("Windows Server 2022", "Windows", EDITIONS, X86_64),
];

#[cfg(test)]
mod tests {
    use cvm_models::enums::Architecture;

    use super::*;

    #[test]
    fn import_systems_have_releases_and_known_architectures() {
        for (index, system) in IMPORT_SYSTEMS.iter().enumerate() {
            assert!(!system.versions.is_empty(), "{}", system.name);
            for architecture in system.architectures {
                assert!(Architecture::VALUES.contains(architecture), "{}", system.name);
            }
            let same = |other: &ImportSystem| other.name == system.name;
            assert_eq!(IMPORT_SYSTEMS.iter().position(same), Some(index));
            assert_eq!(system.is_windows(), system.name.starts_with("Windows"));
        }
    }

    #[test]
    fn system_names_contain_release_and_width() {
        let [centos, ..] = IMPORT_SYSTEMS else { panic!("there is one") };
        assert_eq!(centos.os_name("7", "x86_64"), "CentOS 7 64bit");
        assert_eq!(centos.os_name("6", "i386"), "CentOS 6 32bit");
        assert_eq!(centos.os_name("-", "arm_64"), "CentOS 64bit");
    }
}
