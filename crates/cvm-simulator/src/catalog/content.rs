//! What the simulated cloud offers, read from the files of the folder `catalog/` and from those of a user.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{LazyLock, Mutex, PoisonError};

use cvm_models::enums::StockCategory;
use cvm_protocol::Json;
use cvm_signer::HexDigest;

use super::disks::DiskType;
use super::host_types::HostType;
use super::images::PublicImage;
use super::import_systems::ImportSystem;
use super::instance_types::{self, Family, InstanceType};
use super::pack_types::PackType;
use super::prices::Tariff;
use super::reader::{CatalogError, Result};
use super::regions::{self, Region, Zone};
use super::rows::{Rows, read};
use super::stock;

/// What a simulated cloud offers: regions, zones, instance types, images, hosts, stock and prices. Copies are cheap.
///
/// A catalog stays in memory until the process ends, because everything in a simulator refers to it. One that is loaded
/// again from the same texts is the same catalog.
///
/// ```
/// use cvm_simulator::Catalog;
///
/// # fn f() -> Result<(), cvm_simulator::CatalogError> {
/// let catalog = Catalog::builtin().with_json(
///     r#"{ "types": [{ "name": "S5.32XLARGE512", "vcpus": 128, "memory_gib": 512 }] }"#,
/// )?;
/// # Ok(())
/// # }
/// # f().unwrap();
/// ```
#[derive(Clone, Copy)]
pub struct Catalog(&'static Content);

struct Content {
    /// The catalog that this one extends, and the hash of the text with which. `None` for the built-in one.
    extends: Option<(Catalog, HexDigest)>,
    rows: Rows,
    regions: Vec<Region>,
    families: &'static [Family],
    types: Vec<InstanceType>,
}

/// The files of the built-in catalog. Each has the format of a user's file.
const FILES: &[&str] = &[
    include_str!("../../catalog/regions.json"),
    include_str!("../../catalog/instance-types.json"),
    include_str!("../../catalog/images.json"),
    include_str!("../../catalog/import-systems.json"),
    include_str!("../../catalog/disks.json"),
    include_str!("../../catalog/hosts.json"),
    include_str!("../../catalog/packs.json"),
    include_str!("../../catalog/stock.json"),
    include_str!("../../catalog/prices.json"),
];

#[expect(
    clippy::expect_used,
    reason = "the files are part of the crate, and every test reads them"
)]
static BUILTIN: LazyLock<&'static Content> = LazyLock::new(|| {
    let mut rows = Rows::default();
    for file in FILES {
        // The members of these files are known to be unique, which the full check costs time for.
        let json = Json::parse_lenient(file.as_bytes()).expect("a built-in file is JSON");
        rows.merge(Box::leak(Box::new(json))).expect("a built-in file has the format");
    }
    Content::assemble(None, rows).expect("the built-in files are complete")
});

/// The catalogs of users, by the catalog that they extend and their text.
static EXTENDED: Mutex<BTreeMap<(usize, String), Catalog>> = Mutex::new(BTreeMap::new());

impl Catalog {
    /// The catalog that a simulator has by default.
    #[must_use]
    pub fn builtin() -> Self {
        Self(*BUILTIN)
    }

    /// This catalog with the content of a file: its rows are added, or take the place of those with the same name.
    /// The folder `catalog` of this crate has the format.
    ///
    /// # Errors
    ///
    /// The text is not JSON, or has not the format, or names something that the catalog does not have.
    pub fn with_json(self, text: &str) -> std::result::Result<Self, CatalogError> {
        let mut known = EXTENDED.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (std::ptr::from_ref(self.0).addr(), text.to_owned());
        if let Some(catalog) = known.get(&key) {
            return Ok(*catalog);
        }
        let mut rows = self.0.rows.clone();
        rows.merge(read(text)?)?;
        let extends = Some((self, HexDigest::sha256(text.as_bytes())));
        let catalog = Self(Content::assemble(extends, rows)?);
        known.insert(key, catalog);
        Ok(catalog)
    }

    /// This catalog with types that are sold out in zones. Names can contain one `*`. Without zones, all are meant.
    ///
    /// # Errors
    ///
    /// A name is unknown, or there is no type.
    pub fn with_sold_out(
        self,
        types: &[String],
        zones: &[String],
    ) -> std::result::Result<Self, CatalogError> {
        self.with_json(&stock::sold_out(types, zones)?)
    }

    /// The names of the regions.
    pub fn region_names(self) -> impl Iterator<Item = &'static str> {
        self.regions().iter().map(|region| region.name)
    }

    /// Whether this is the catalog that a simulator has by default.
    #[must_use]
    pub const fn is_builtin(self) -> bool {
        self.0.extends.is_none()
    }

    /// A hash of the texts that this catalog was read from. Catalogs with the same one are the same.
    #[must_use]
    pub fn fingerprint(self) -> HexDigest {
        match &self.0.extends {
            None => HexDigest::sha256(FILES.concat().as_bytes()),
            Some((base, text)) => {
                HexDigest::sha256(format!("{}\n{text}", base.fingerprint()).as_bytes())
            }
        }
    }

    pub(crate) fn regions(self) -> &'static [Region] {
        &self.0.regions
    }

    /// The region with this name. The old gateway also accepts old names.
    pub(crate) fn region(self, name: &str, old_names: bool) -> Option<&'static Region> {
        let is_old = |region: &&Region| old_names && region.old_name == Some(name);
        self.regions().iter().find(|region| region.name == name || is_old(region))
    }

    /// All families.
    pub(crate) const fn families(self) -> &'static [Family] {
        self.0.families
    }

    /// All instance types, by family.
    pub(crate) fn instance_types(self) -> impl Iterator<Item = InstanceType> {
        self.0.types.iter().copied()
    }

    /// The instance type with this name.
    pub(crate) fn instance_type(self, name: &str) -> Option<InstanceType> {
        self.instance_types().find(|one| one.size.name == name)
    }

    /// The stock of a type in a zone that offers it.
    pub(crate) fn stock(self, zone: Zone, one: InstanceType) -> StockCategory {
        stock::status(&self.0.rows.stock, zone, one)
    }

    /// Whether a zone has an instance of this type.
    pub(crate) fn sells(self, zone: Zone, one: InstanceType) -> bool {
        one.is_offered_in(zone) && self.stock(zone, one) != StockCategory::WithoutStock
    }

    /// The public images, the newest first.
    pub(crate) fn images(self) -> &'static [PublicImage] {
        &self.0.rows.images
    }

    /// The public image with this id.
    pub(crate) fn image(self, id: &str) -> Option<&'static PublicImage> {
        self.images().iter().find(|image| image.id == id)
    }

    pub(crate) fn import_systems(self) -> &'static [ImportSystem] {
        &self.0.rows.import_systems
    }

    /// The disk types that a request can choose.
    pub(crate) fn disk_types(self) -> &'static [DiskType] {
        &self.0.rows.disks
    }

    /// The disk type with this name.
    pub(crate) fn disk_type(self, name: &str) -> Option<&'static DiskType> {
        self.disk_types().iter().find(|one| one.name == name)
    }

    /// The local disk types that a request can choose.
    pub(crate) fn local_disk_types(self) -> impl Iterator<Item = &'static DiskType> {
        self.disk_types().iter().filter(|one| one.is_local())
    }

    pub(crate) fn host_types(self) -> &'static [HostType] {
        &self.0.rows.hosts
    }

    /// The model of dedicated hosts with this name.
    pub(crate) fn host_type(self, name: &str) -> Option<&'static HostType> {
        self.host_types().iter().find(|one| one.name == name)
    }

    /// Whether a zone offers any dedicated hosts.
    pub(crate) fn has_hosts(self, zone: Zone) -> bool {
        self.host_types().iter().any(|one| one.is_offered_in(zone))
    }

    pub(crate) fn pack_types(self) -> &'static [PackType] {
        &self.0.rows.packs
    }

    /// The pack type with this name.
    pub(crate) fn pack_type(self, name: &str) -> Option<&'static PackType> {
        self.pack_types().iter().find(|one| one.name == name)
    }

    /// The prices of a region.
    pub(crate) fn tariff(self, region: &Region) -> Tariff {
        Tariff::new(&self.0.rows.prices, region)
    }
}

impl Content {
    /// Checks the rows, and connects those that belong together.
    fn assemble(extends: Option<(Catalog, HexDigest)>, rows: Rows) -> Result<&'static Self> {
        rows.check()?;
        let regions = regions::assemble(&rows.regions, &rows.zones)?;
        let families: &'static [Family] = rows.families.clone().leak();
        let types = instance_types::assemble(families, rows.types.clone().leak(), &rows.zones)?;
        rows.stock.iter().try_for_each(|row| row.check(&types, &rows.zones))?;
        Ok(Box::leak(Box::new(Self { extends, rows, regions, families, types })))
    }
}

impl Default for Catalog {
    fn default() -> Self {
        Self::builtin()
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog")
            .field("regions", &self.0.regions.len())
            .field("types", &self.0.types.len())
            .field("images", &self.0.rows.images.len())
            .finish_non_exhaustive()
    }
}
