//! The rows of a catalog: each section of a file is a list of them.

use std::collections::HashMap;

use super::patterns::{self, Patterns};
use super::reader::{CatalogError, Reader, Result};

/// A row of a section.
pub(super) trait Row: Sized {
    /// The name of the section in a file.
    const SECTION: &'static str;

    /// What identifies the row in its section: its name or id.
    fn key(&self) -> &'static str;

    /// Reads its members.
    fn read(item: &mut Reader) -> Result<Self>;

    /// The patterns of the zones that offer it, as the file has them.
    fn zone_patterns(&self) -> Patterns {
        &[]
    }
}

/// Adds the rows of a file. A row with a known key takes the place of the known one. `zones` are the names of all
/// zones, with those of this file.
pub(super) fn merge<T: Row>(rows: &mut Vec<T>, file: &mut Reader, zones: &[&str]) -> Result<()> {
    let Some(items) = file.list(T::SECTION)? else { return Ok(()) };
    let present = rows.len();
    let mut places: HashMap<&str, usize> =
        rows.iter().enumerate().map(|(place, row)| (row.key(), place)).collect();
    for mut item in items {
        let row = T::read(&mut item)?;
        // Only rows of this file: one of an earlier file can be for zones that this file replaces.
        patterns::check_matches(&item, "zones", row.zone_patterns(), "zone", zones)?;
        item.finish()?;
        let key = row.key();
        match places.get(key) {
            None => {
                places.insert(key, rows.len());
                rows.push(row);
            }
            Some(place) if *place < present => {
                rows.splice(*place..=*place, [row]);
            }
            Some(_) => {
                let section = T::SECTION;
                let message = format!("`{section}` has \"{key}\" twice: give it once");
                return Err(CatalogError::new(message));
            }
        }
    }
    Ok(())
}
