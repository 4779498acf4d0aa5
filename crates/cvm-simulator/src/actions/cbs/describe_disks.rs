//! DescribeDisks.

use cbs_models::actions::{DescribeDisks, DescribeDisksResponse};

use crate::actions::cbs::disk_view::{DiskView, SnapshotTally, number};
use crate::api_error::ApiError;
use crate::filter::{self, CheckedFilter, Filters, IdFilter, Test, fits};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::tags;
use crate::page::Page;
use crate::state::RequestContext;

/// Lists the cloud disks of a region: those of its instances, and elastic ones without an instance.
impl ActionHandler for DescribeDisks {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let filters = self.filters.into_iter().map(|filter| (filter.name, filter.values));
        let filters = filter::of_service(filters);
        let filters = Filters::of((codes, now), &filters, &filter_tests())?;
        let ids = IdFilter::new(&self.disk_ids);
        let mut disks: Vec<DiskView<'_>> = DiskView::all(context)
            .filter(|disk| ids.includes(disk.id()))
            .filter(|disk| filters.match_item(disk))
            .collect();
        // Disks of the same age keep their order: those of an instance begin with the system disk.
        disks.sort_by_cached_key(DiskView::age);
        if self.order_field.as_deref() == Some("DEADLINE") {
            disks.sort_by_cached_key(|disk| std::cmp::Reverse(disk.terms().expires));
        }
        if self.order.as_deref() == Some("ASC") {
            disks.reverse();
        }
        let page = Page::of(codes.0, self.offset, self.limit);
        let tally = snapshot_tally(context);
        let (disk_set, total) = page.cut(disks.into_iter(), |disk| disk.api(now, &tally));
        Ok(Outcome::Response(DescribeDisksResponse {
            disk_set,
            total_count: u64::try_from(total).unwrap_or(0),
            ..Self::Response::default()
        }))
    }
}

/// The number and the total size of the snapshots of each disk.
fn snapshot_tally<'c>(context: &'c RequestContext<'_>) -> SnapshotTally<'c> {
    let mut tally = SnapshotTally::new();
    let images = context.regions.get(context.region.name).map(|resources| &*resources.images);
    for snapshot in images.into_iter().flat_map(|images| images.snapshots.newest_first()) {
        let (count, mib) = tally.entry(snapshot.details.disk_id.as_str()).or_default();
        *count += 1;
        *mib += number(snapshot.api.disk_size) * 1024;
    }
    tally
}

/// The filter for groups of dedicated clusters, which are not known here, is not supported.
fn filter_tests<'a>() -> [(&'static str, Test<DiskView<'a>>); 16] {
    [
        ("disk-usage", |filter, disk, _| filter.is(disk.usage().as_str())),
        ("disk-charge-type", |filter, disk, _| filter.is(disk.terms().charge_type.as_str())),
        ("portable", |filter, disk, _| filter.is(if disk.is_elastic() { "TRUE" } else { "FALSE" })),
        ("project-id", |filter, disk, _| filter.is(&disk.terms().project_id.to_string())),
        ("disk-id", |filter, disk, _| filter.is(disk.id())),
        ("disk-name", |filter, disk, _| filter.any(|pattern| fits(disk.name(), pattern))),
        ("disk-type", |filter, disk, _| filter.is(disk.stored.kind.as_str())),
        ("disk-state", |filter, disk, _| filter.is(disk.state().as_str())),
        ("instance-id", |filter, disk, _| filter.is(disk.instance_id())),
        ("zone", |filter, disk, _| filter.is(disk.zone())),
        ("instance-ip-address", |filter, disk, _| {
            let mut addresses = disk.instance().into_iter().flat_map(|instance| {
                instance.private_address.into_iter().chain(instance.public_addresses())
            });
            addresses.any(|address| filter.is(&address.to_string()))
        }),
        ("instance-name", |filter, disk, _| {
            let mut instances = disk.instance().into_iter();
            instances.any(|instance| filter.any(|pattern| fits(&instance.name, pattern)))
        }),
        ("dedicated-cluster-id", |filter, disk, _| {
            disk.terms().dedicated_cluster_id.is_some_and(|id| filter.is(&id))
        }),
        ("tag-key", |filter, disk, _| has_tag(filter, disk)),
        ("tag-value", |filter, disk, _| has_tag(filter, disk)),
        ("tag:tag-key", |filter, disk, _| has_tag(filter, disk)),
    ]
}

fn has_tag(filter: &CheckedFilter<'_>, disk: &DiskView<'_>) -> bool {
    tags::matches(filter, disk.stored.tags.iter().map(|(key, value)| (&**key, &**value)))
}
