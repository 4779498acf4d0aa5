//! DescribeBandwidthPackages: the packages that elastic IPs are in.

use std::collections::BTreeMap;

use vpc_models::actions::{DescribeBandwidthPackages, DescribeBandwidthPackagesResponse};
use vpc_models::enums::{AddressType, InternetServiceProvider};
use vpc_models::types::{BandwidthPackage, Resource};

use crate::api_error::ApiError;
use crate::filter::{self, Filters, IdFilter, Tests};
use crate::handler::{ActionHandler, Outcome};
use crate::page::Page;
use crate::state::{ElasticIp, RequestContext};

/// Lists packages by their ids. No action creates one: it exists as long as an elastic IP is in it.
impl ActionHandler for DescribeBandwidthPackages {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let filters = self.filters.into_iter().map(|filter| (filter.name, filter.values));
        let filters = filter::of_service(filters);
        let filters = Filters::of((codes, now), &filters, FILTERS)?;
        let ids = IdFilter::new(&self.bandwidth_package_ids);
        let resources = context.regions.get(context.region.name);
        let addresses = resources.into_iter().flat_map(|it| it.elastic_ips.newest_first());
        let mut packages: BTreeMap<&str, BandwidthPackage> = BTreeMap::new();
        for address in addresses {
            if let Some(id) = address.bandwidth_package_id.as_deref() {
                let package = packages.entry(id).or_insert_with(|| empty_package(id, address));
                package.created_time = address.created.to_string();
                package.resource_set.push(Resource {
                    resource_type: "Address".to_owned(),
                    resource_id: address.id.to_string(),
                    address_ip: address.address.to_string(),
                    ..Resource::default()
                });
            }
        }
        let listed = packages
            .into_values()
            .filter(|package| ids.includes(&package.bandwidth_package_id))
            .filter(|package| filters.match_item(package));
        let page = Page::of(codes.0, self.offset, self.limit);
        let (bandwidth_package_set, total) = page.cut(listed, |package| package);
        Ok(Outcome::Response(DescribeBandwidthPackagesResponse {
            bandwidth_package_set,
            total_count: u64::try_from(total).unwrap_or(0),
            ..Self::Response::default()
        }))
    }
}

const FILTERS: &Tests<BandwidthPackage> = &[
    ("bandwidth-package-id", |filter, package, _| filter.is(&package.bandwidth_package_id)),
    ("bandwidth-package-name", |filter, package, _| filter.is(&package.bandwidth_package_name)),
    ("network-type", |filter, package, _| filter.is(&package.network_type)),
    ("charge-type", |filter, package, _| filter.is(&package.charge_type)),
    ("resource.resource-type", |filter, package, _| {
        package.resource_set.iter().any(|resource| filter.is(&resource.resource_type))
    }),
    ("resource.resource-id", |filter, package, _| {
        package.resource_set.iter().any(|resource| filter.is(&resource.resource_id))
    }),
    ("resource.address-ip", |filter, package, _| {
        package.resource_set.iter().any(|resource| filter.is(&resource.address_ip))
    }),
];

/// A package for addresses such as this one.
fn empty_package(id: &str, address: &ElasticIp) -> BandwidthPackage {
    let network_type = match (&address.address_type, &address.provider) {
        (AddressType::HighQualityEip, _) => "HIGH_QUALITY_BGP".to_owned(),
        (_, InternetServiceProvider::Bgp) => "BGP".to_owned(),
        (_, provider) => format!("SINGLEISP_{provider}"),
    };
    BandwidthPackage {
        bandwidth_package_id: id.to_owned(),
        bandwidth_package_name: id.to_owned(),
        network_type,
        charge_type: "TOP5_POSTPAID_BY_MONTH".to_owned(),
        status: "CREATED".to_owned(),
        bandwidth: -1,
        egress: address.egress.clone(),
        ..BandwidthPackage::default()
    }
}
