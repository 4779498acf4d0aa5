//! The zones that offer something, as patterns of their names.

use super::patterns::{self, Patterns, matches};
use super::reader::{CatalogError, Reader, Result, suggestion};
use super::regions::{Zone, ZoneRow};

/// Patterns of zone names: a name, or a name with one `*` for any text. Without a pattern, all zones are meant.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ZonePatterns(Patterns);

impl ZonePatterns {
    /// Reads the member `zones`.
    pub(super) fn read(item: &mut Reader) -> Result<Self> {
        patterns::read(item, "zones").map(Self)
    }

    pub(super) const fn patterns(self) -> Patterns {
        self.0
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
