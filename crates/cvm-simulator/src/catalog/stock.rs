//! The stock of instance types in zones.

use cvm_models::enums::StockCategory;

use super::instance_types::{InstanceType, Size};
use super::patterns::{self, Patterns, matches};
use super::reader::{CatalogError, Reader, Result, suggestion};
use super::regions::{Zone, ZoneRow};
use super::zones::ZonePatterns;

/// A row of the section `stock`: how much of some types some zones have. The last row of a type and a zone counts.
#[derive(Clone, Debug)]
pub(super) struct StockRow {
    zones: ZonePatterns,
    types: Patterns,
    status: StockCategory,
}

impl StockRow {
    fn read(mut item: Reader, known_types: &[&str], known_zones: &[&str]) -> Result<Self> {
        let types = patterns::read(&mut item, "types")?;
        if types.is_empty() {
            let problem = "is missing or empty: give names of types, such as [\"S5.*\"]";
            return Err(item.error("types", problem));
        }
        patterns::check_matches(&item, "types", types, "type", known_types)?;
        let zones = ZonePatterns::read(&mut item)?;
        patterns::check_matches(&item, "zones", zones.patterns(), "zone", known_zones)?;
        let status = item.text("status")?;
        if !StockCategory::VALUES.contains(&status) {
            let fix = suggestion(status, StockCategory::VALUES);
            return Err(item.error("status", format_args!("is \"{status}\", no status: {fix}")));
        }
        item.finish()?;
        Ok(Self { zones, types, status: status.into() })
    }

    /// Checks that what it names without `*` exists.
    pub(super) fn check(&self, types: &[InstanceType], zones: &[ZoneRow]) -> Result<()> {
        let is_unknown =
            |name: &&&str| !name.contains('*') && types.iter().all(|one| one.size.name != **name);
        if let Some(name) = self.types.iter().find(is_unknown) {
            let known: Vec<&str> = types.iter().map(|one| one.size.name).collect();
            let fix = suggestion(name, &known);
            let message = format!("`stock` has the type \"{name}\", which is unknown: {fix}");
            return Err(CatalogError::new(message));
        }
        self.zones.check("`stock`", zones)
    }
}

/// The name of the section in a file.
pub(super) const SECTION: &str = "stock";

/// A file that makes types sold out in zones.
pub(super) fn sold_out(types: &[String], zones: &[String]) -> Result<String> {
    let list = |names: &[String]| -> Result<String> {
        let is_special = |text: char| text.is_control() || matches!(text, '"' | '\\');
        if names.iter().any(|name| name.contains(is_special)) {
            let message =
                "`stock` has a name with a quotation mark, a backslash or a control character";
            return Err(CatalogError::new(message));
        }
        Ok(names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(","))
    };
    let (types, zones) = (list(types)?, list(zones)?);
    let status = StockCategory::WithoutStock;
    Ok(format!(r#"{{"{SECTION}":[{{"types":[{types}],"zones":[{zones}],"status":"{status}"}}]}}"#))
}

/// Adds the rows of a file behind the known ones. The types and zones are those of the catalog with this file.
pub(super) fn merge(
    rows: &mut Vec<StockRow>,
    file: &mut Reader,
    sizes: &[Size],
    zones: &[&str],
) -> Result<()> {
    let Some(items) = file.list(SECTION)? else { return Ok(()) };
    let types: Vec<&str> = sizes.iter().map(|size| size.name).collect();
    for item in items {
        rows.push(StockRow::read(item, &types, zones)?);
    }
    Ok(())
}

/// The stock of a type in a zone that offers it. Without a row, it is ample.
pub(super) fn status(rows: &[StockRow], zone: Zone, one: InstanceType) -> StockCategory {
    let is_meant = |row: &&StockRow| {
        row.types.iter().any(|pattern| matches(pattern, one.size.name)) && row.zones.contains(zone)
    };
    rows.iter().rfind(is_meant).map_or(StockCategory::EnoughStock, |row| row.status.clone())
}
