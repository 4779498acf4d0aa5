//! The zones that offer something, as patterns of their names.

use super::reader::{CatalogError, Reader, Result, suggestion};
use super::regions::{Zone, ZoneRow};

/// Patterns of zone names: a name, or a name with one `*` for any text. Without a pattern, all zones are meant.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ZonePatterns(&'static [&'static str]);

impl ZonePatterns {
    /// Reads the member `zones`.
    pub(super) fn read(item: &mut Reader) -> Result<Self> {
        item.texts("zones").map(Self)
    }

    pub(super) fn contains(self, zone: Zone) -> bool {
        self.0.is_empty() || self.0.iter().any(|pattern| matches(pattern, zone.as_str()))
    }

    /// Checks that the zones without `*` exist. `owner` is what they offer.
    pub(super) fn check(self, owner: &str, zones: &[ZoneRow]) -> Result<()> {
        let is_unknown =
            |name: &&&str| !name.contains('*') && zones.iter().all(|zone| zone.name != **name);
        let Some(name) = self.0.iter().find(is_unknown) else { return Ok(()) };
        let known: Vec<&str> = zones.iter().map(|zone| zone.name).collect();
        let fix = suggestion(name, &known);
        Err(CatalogError::new(format!("{owner} has the zone \"{name}\", which is unknown: {fix}")))
    }
}

/// Whether a name matches a pattern.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_matches_any_text() {
        for (pattern, name, is_match) in [
            ("ap-guangzhou-3", "ap-guangzhou-3", true),
            ("ap-guangzhou-3", "ap-guangzhou-31", false),
            ("*-3", "ap-guangzhou-3", true),
            ("*-3", "ap-guangzhou-13", false),
            ("ap-guangzhou-*", "ap-guangzhou-3", true),
            ("ap-guangzhou-*", "ap-shanghai-3", false),
            ("*", "ap-guangzhou-3", true),
            ("aba*aba", "aba", false),
        ] {
            assert_eq!(matches(pattern, name), is_match, "{pattern} {name}");
        }
    }
}
