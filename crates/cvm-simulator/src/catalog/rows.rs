//! All rows of a catalog, and how a file changes them.

use cvm_protocol::{Json, cut};

use super::disks::DiskType;
use super::host_types::HostType;
use super::images::{self, PublicImage};
use super::import_systems::ImportSystem;
use super::instance_types::{Family, Size};
use super::pack_types::PackType;
use super::prices::Prices;
use super::reader::{CatalogError, Reader, Result, suggestion};
use super::regions::{RegionRow, ZoneRow};
use super::row::{Row, merge};
use super::stock::{self, StockRow};

/// The rows of each section.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub(super) regions: Vec<RegionRow>,
    pub(super) zones: Vec<ZoneRow>,
    pub(super) families: Vec<Family>,
    pub(super) types: Vec<Size>,
    pub(super) images: Vec<PublicImage>,
    pub(super) import_systems: Vec<ImportSystem>,
    pub(super) disks: Vec<DiskType>,
    pub(super) hosts: Vec<HostType>,
    pub(super) packs: Vec<PackType>,
    pub(super) stock: Vec<StockRow>,
    pub(super) prices: Prices,
}

impl Rows {
    /// Adds what a file has. Its rows take the place of known ones with the same name.
    pub(super) fn merge(&mut self, json: &'static Json) -> Result<()> {
        let mut file = Reader::of_file(json)?;
        file.comment("$comment")?;
        self.clear_replaced(&mut file)?;
        merge(&mut self.regions, &mut file, &[])?;
        merge(&mut self.zones, &mut file, &[])?;
        let zones: Vec<&str> = self.zones.iter().map(|zone| zone.name).collect();
        merge(&mut self.families, &mut file, &zones)?;
        merge(&mut self.types, &mut file, &zones)?;
        merge(&mut self.images, &mut file, &zones)?;
        images::sort(&mut self.images);
        merge(&mut self.import_systems, &mut file, &zones)?;
        merge(&mut self.disks, &mut file, &zones)?;
        merge(&mut self.hosts, &mut file, &zones)?;
        merge(&mut self.packs, &mut file, &zones)?;
        stock::merge(&mut self.stock, &mut file, &self.types, &zones)?;
        self.prices.merge(&mut file, &self.families, &self.regions)?;
        file.finish()
    }

    /// Removes all rows of the sections that the file lists in `replace`.
    fn clear_replaced(&mut self, file: &mut Reader) -> Result<()> {
        for name in file.texts("replace")? {
            let mut sections: [(&str, &mut dyn Clear); 10] = [
                (RegionRow::SECTION, &mut self.regions),
                (ZoneRow::SECTION, &mut self.zones),
                (Family::SECTION, &mut self.families),
                (Size::SECTION, &mut self.types),
                (PublicImage::SECTION, &mut self.images),
                (ImportSystem::SECTION, &mut self.import_systems),
                (DiskType::SECTION, &mut self.disks),
                (HostType::SECTION, &mut self.hosts),
                (PackType::SECTION, &mut self.packs),
                (stock::SECTION, &mut self.stock),
            ];
            let known = sections.each_ref().map(|(section, _)| *section);
            match sections.iter_mut().find(|(section, _)| section == name) {
                Some((_, rows)) => rows.clear_rows(),
                None => {
                    let fix = suggestion(name, &known);
                    let problem = format!("has \"{name}\", which is no list of a catalog: {fix}");
                    return Err(file.error("replace", problem));
                }
            }
        }
        Ok(())
    }

    /// Checks what no row can check alone.
    pub(super) fn check(&self) -> Result<()> {
        self.check_not_empty()?;
        self.hosts.iter().try_for_each(|host| host.check(&self.zones))?;
        self.packs.iter().try_for_each(|pack| pack.check(&self.zones))?;
        self.prices.check(&self.families, &self.disks)
    }

    /// Checks that the lists that every launch needs have a row.
    fn check_not_empty(&self) -> Result<()> {
        for (section, is_empty, noun) in [
            (RegionRow::SECTION, self.regions.is_empty(), "region"),
            (ZoneRow::SECTION, self.zones.is_empty(), "zone"),
            (Size::SECTION, self.types.is_empty(), "instance type"),
            (PublicImage::SECTION, self.images.is_empty(), "image"),
            (DiskType::SECTION, self.disks.is_empty(), "disk type"),
        ] {
            if is_empty {
                let fix = format!("give at least one {noun}, which every launch needs");
                return Err(CatalogError::new(format!("`{section}` is empty: {fix}")));
            }
        }
        Ok(())
    }
}

/// A list of rows of any kind.
trait Clear {
    fn clear_rows(&mut self);
}

impl<T> Clear for Vec<T> {
    fn clear_rows(&mut self) {
        self.clear();
    }
}

/// Maximum length in bytes of the reason why a text is not JSON. It can repeat a name of the file.
const MAX_REASON: usize = 300;

/// Reads the text of a file. The result lives as long as the process, because the rows refer to its texts.
pub(super) fn read(text: &str) -> Result<&'static Json> {
    let json = Json::parse(text.as_bytes());
    let json = json.map_err(|error| {
        let reason = error.to_string();
        CatalogError::new(format!("the file cannot be read: {}", cut(&reason, MAX_REASON)))
    })?;
    Ok(Box::leak(Box::new(json)))
}
