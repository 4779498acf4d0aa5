//! Finds a page of the instances that match filters: through the index, as far as it has the filters.

use std::sync::Arc;

use crate::filter::{CheckedFilter, Filters, IdFilter};
use crate::page::Page;
use crate::state::{IndexKey, Instances, Name, StoredInstance};
use crate::visits::count_one;

/// The page, the newest instance first, and the number of all instances that match. Without ids, all instances are meant.
pub(super) fn find_page<R>(
    instances: &Instances,
    ids: &[String],
    filters: &Filters<'_, StoredInstance>,
    page: Page,
    make: impl Fn(&StoredInstance) -> R,
) -> (Vec<R>, i64) {
    let requested = IdFilter::new(ids);
    let of_request = (!ids.is_empty()).then(|| ids.iter().map(|id| Name::Id(id)).collect());
    if let Some(named) = of_request.or_else(|| filters.iter().find_map(names)) {
        // Few instances have these names, and each is tested.
        let found = instances.named(named).into_iter().filter_map(|serial| instances.get(serial));
        let found = found.inspect(|_| count_one());
        let matches = |it: &&StoredInstance| requested.includes(&it.id) && filters.match_item(it);
        return page.cut(found.filter(matches), make);
    }
    let mut all_of: Vec<Vec<IndexKey>> = filters.iter().filter_map(keys).collect();
    if all_of.is_empty() {
        all_of.push(vec![IndexKey::Any]);
    }
    if filters.iter().all(|filter| keys(filter).is_some()) {
        return instances.page(&all_of, page, make);
    }
    page.cut(instances.with_keys(&all_of).filter(|it| filters.match_item(it)), make)
}

/// The names that a filter asks for, if it asks for names.
fn names<'f>(filter: &'f CheckedFilter<'_>) -> Option<Vec<Name<'f>>> {
    let values = filter.values();
    // An address that is not in the usual form is that of no instance.
    Some(match filter.name {
        "instance-id" => values.map(Name::Id).collect(),
        "uuid" => values.map(Name::Uuid).collect(),
        "private-ip-address" => addresses(values, Name::PrivateAddress),
        "public-ip-address" => addresses(values, Name::PublicAddress),
        "ipv6-address" => addresses(values, Name::Ipv6Address),
        _ => return None,
    })
}

fn addresses<'f, A: std::str::FromStr>(
    values: impl Iterator<Item = &'f str>,
    name: fn(A) -> Name<'f>,
) -> Vec<Name<'f>> {
    values.filter_map(|value| value.parse().ok()).map(name).collect()
}

/// The keys that a filter asks for, if the index has such keys. Then it needs no test.
fn keys(filter: &CheckedFilter<'_>) -> Option<Vec<IndexKey>> {
    let texts =
        |key: fn(Arc<str>) -> IndexKey| filter.values().map(|value| key(value.into())).collect();
    Some(match filter.name {
        "zone" => texts(IndexKey::Zone),
        "project-id" => {
            // Another spelling of a number is not that of a project.
            let number = |text: &str| text.parse::<i64>().ok().filter(|it| it.to_string() == text);
            filter.values().filter_map(number).map(IndexKey::Project).collect()
        }
        "host-id" => texts(IndexKey::Host),
        "dedicated-cluster-id" => texts(IndexKey::DedicatedCluster),
        "vpc-id" => texts(IndexKey::Vpc),
        "subnet-id" => texts(IndexKey::Subnet),
        "security-group-id" => texts(IndexKey::SecurityGroup),
        "instance-charge-type" => {
            filter.values().map(|value| IndexKey::ChargeType(value.into())).collect()
        }
        "instance-state" => filter.values().map(|value| IndexKey::State(value.into())).collect(),
        "tag-key" => texts(IndexKey::TagKey),
        "tag-value" => texts(IndexKey::TagValue),
        name => {
            let key: Arc<str> = name.strip_prefix("tag:")?.into();
            let tag = |value: &str| IndexKey::Tag(Arc::clone(&key), value.into());
            filter.values().map(tag).collect()
        }
    })
}

#[cfg(test)]
mod tests;
