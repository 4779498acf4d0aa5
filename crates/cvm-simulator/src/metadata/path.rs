//! Paths of the metadata service: its versions, and a tree of directories with values.

/// The versions, and version 1.0 without a name.
pub(super) const VERSIONS: &str = "1.0\n2017-09-19\nlatest\nmeta-data";

/// What a version has.
pub(super) const DATA: &str = "meta-data/\nuser-data";

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// The list of versions.
    Versions,
    /// The content of a version.
    Data,
    UserData,
    /// A path below `meta-data`, without a slash at its ends.
    MetaData(&'a str),
}

/// Reads a path. All versions have the same content.
pub(super) fn parse(path: &str) -> Option<Place<'_>> {
    let path = path.strip_prefix('/')?;
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Some(Place::Versions);
    }
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let is_version = ["1.0", "2017-09-19", "latest"].contains(&first);
    let within = if is_version { rest } else { path };
    let (first, rest) = within.split_once('/').unwrap_or((within, ""));
    match (first, rest) {
        ("", "") => Some(Place::Data),
        ("user-data", "") => Some(Place::UserData),
        ("meta-data", rest) => Some(Place::MetaData(rest)),
        _ => None,
    }
}

/// The value at a path, or the names in a directory, one a line. The name of a directory ends with a slash.
pub(super) fn lookup(entries: &[(String, String)], path: &str) -> Option<String> {
    if let Some((_, value)) = entries.iter().find(|(name, _)| name == path) {
        return Some(value.clone());
    }
    let directory = if path.is_empty() { String::new() } else { format!("{path}/") };
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in entries {
        let Some(rest) = name.strip_prefix(&directory) else { continue };
        let name = rest.split_inclusive('/').next().unwrap_or_default();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    (!names.is_empty()).then(|| names.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_meta_data_are_parsed() {
        for (path, place) in [
            ("/", Some(Place::Versions)),
            ("/latest", Some(Place::Data)),
            ("/latest/", Some(Place::Data)),
            ("/latest/user-data", Some(Place::UserData)),
            ("/latest/meta-data/", Some(Place::MetaData(""))),
            ("/latest/meta-data/a/b", Some(Place::MetaData("a/b"))),
            ("/1.0/meta-data/a/", Some(Place::MetaData("a"))),
            ("/2017-09-19/meta-data", Some(Place::MetaData(""))),
            ("/meta-data/a", Some(Place::MetaData("a"))),
            ("", None),
            ("latest", None),
            ("/2020-01-01/meta-data/a", None),
            ("/latest/other", None),
            ("/latest/user-data/x", None),
            ("//latest/meta-data/a", None),
        ] {
            assert_eq!(parse(path), place, "{path}");
        }
    }

    #[test]
    fn directories_list_each_name_once_in_order() {
        let entry = |name: &str| (name.to_owned(), format!("value of {name}"));
        let entries = ["id", "net/a/one", "net/a/two", "net/b/one", "zone"].map(entry);
        let at = |path| lookup(&entries, path);
        assert_eq!(at("").as_deref(), Some("id\nnet/\nzone"));
        assert_eq!(at("net").as_deref(), Some("a/\nb/"));
        assert_eq!(at("net/a").as_deref(), Some("one\ntwo"));
        assert_eq!(at("net/a/two").as_deref(), Some("value of net/a/two"));
        for path in ["ne", "net/c", "id/x", "ID", "net//a"] {
            assert_eq!(at(path), None, "{path}");
        }
    }
}
