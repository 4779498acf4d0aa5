//! The services of this workspace: the folder of their specs, and the crate of each.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, at};

/// A service with specs in this workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name, such as `cvm`.
    pub name: String,
    /// Its version date.
    pub version: String,
}

impl Service {
    /// The path of its specs below the root of the workspace, which is also their name in messages.
    pub fn specs(&self) -> String {
        format!("specs/{}/{}", self.name, self.version)
    }

    /// The path of its crate below the root of the workspace.
    pub fn package(&self) -> String {
        format!("crates/{}", package_name(&self.name))
    }
}

/// The name of the crate of a service of this workspace.
pub fn package_name(service: &str) -> String {
    format!("{service}-models")
}

/// All services of the workspace, sorted by name.
pub fn all(root: &Path) -> Result<Vec<Service>, Error> {
    let mut services: Vec<Service> = Vec::new();
    for name in folders(&root.join("specs"))? {
        for version in folders(&root.join("specs").join(&name))? {
            let service = Service { name: name.clone(), version };
            if root.join(service.specs()).join("service.json").is_file() {
                if let Some(other) = services.iter().find(|other| other.name == name) {
                    let (one, other) = (other.specs(), service.specs());
                    let crate_ = service.package();
                    return Err(format!("{one} and {other} would both be {crate_}").into());
                }
                services.push(service);
            }
        }
    }
    if services.is_empty() {
        return Err(format!("{}: no service.json below it", root.join("specs").display()).into());
    }
    Ok(services)
}

/// The names of the folders in a folder, sorted.
fn folders(folder: &Path) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| at(folder, &error))? {
        let path: PathBuf = entry.map_err(|error| at(folder, &error))?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str())
            && path.is_dir()
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_found_by_their_specs() {
        let root = tempfile::tempdir().unwrap();
        let add = |path: &str| {
            let folder = root.path().join("specs").join(path);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("service.json"), "{}").unwrap();
        };
        fs::create_dir_all(root.path().join("specs/schema")).unwrap();
        assert!(all(root.path()).unwrap_err().to_string().contains("no service.json"));
        add("vpc/2017-03-12");
        add("tag/2018-08-13");
        let services = all(root.path()).unwrap();
        let shown: Vec<_> =
            services.iter().map(|service| (service.specs(), service.package())).collect();
        let pair = |specs: &str, package: &str| (specs.to_owned(), package.to_owned());
        assert_eq!(
            shown,
            [
                pair("specs/tag/2018-08-13", "crates/tag-models"),
                pair("specs/vpc/2017-03-12", "crates/vpc-models"),
            ]
        );
        add("vpc/2026-01-01");
        let error = all(root.path()).unwrap_err().to_string();
        assert!(error.ends_with("would both be crates/vpc-models"), "{error}");
    }
}
