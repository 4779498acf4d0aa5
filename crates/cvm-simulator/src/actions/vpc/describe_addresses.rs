//! DescribeAddresses: elastic IPs, and the ordinary public addresses of instances if a request asks for them.

use cvm_models::enums::InternetChargeType as InstanceChargeType;
use vpc_models::actions::{DescribeAddresses, DescribeAddressesResponse};
use vpc_models::enums::{
    AddressStatus, AddressTargetType, AddressType, InternetChargeType, InternetServiceProvider,
};
use vpc_models::types::{Address, AlgType};

use super::addresses::DEFAULT_EGRESS;
use crate::api_error::ApiError;
use crate::filter::{self, CheckedFilter, Filters, IdFilter, Tests};
use crate::handler::{ActionHandler, Outcome};
use crate::launch::tags;
use crate::page::Page;
use crate::state::{ElasticIp, RequestContext, StoredInstance, TagList};
use crate::timestamp::Timestamp;

/// The type of the ordinary addresses of instances.
const ORDINARY: &str = "WanIP";

/// Lists public addresses, the newest first.
impl ActionHandler for DescribeAddresses {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        let filters = self.filters.into_iter().map(|filter| (filter.name, filter.values));
        let filters = filter::of_service(filters);
        let filters = Filters::of((codes, now), &filters, FILTERS)?;
        let has_id_filter = filters.iter().any(|filter| filter.name == "address-id");
        if has_id_filter && !self.address_ids.is_empty() {
            let message = "The filter `address-id` cannot be combined with `AddressIds`.";
            return Err(codes.error(["InvalidParameter"], message));
        }
        let ids = IdFilter::new(&self.address_ids);
        let mut types = filters.iter().filter(|filter| filter.name == "address-type");
        let wants_ordinary = types.any(|filter| filter.is(ORDINARY));
        let resources = context.regions.get(context.region.name);
        let elastic = resources
            .into_iter()
            .flat_map(|resources| resources.elastic_ips.newest_first())
            .map(|address| elastic_address(context, address));
        let ordinary = context
            .instances
            .newest_first()
            .filter(|_| wants_ordinary)
            .filter_map(ordinary_address);
        let listed = elastic
            .chain(ordinary)
            .filter(|address| ids.includes(&address.address_id))
            .filter(|address| filters.match_item(address));
        let page = Page::of(codes.0, self.offset, self.limit);
        let (address_set, total_count) = page.cut(listed, |address| address);
        Ok(Outcome::Response(DescribeAddressesResponse {
            total_count,
            address_set,
            ..Self::Response::default()
        }))
    }
}

const FILTERS: &Tests<Address> = &[
    ("address-id", |filter, address, _| filter.is(&address.address_id)),
    ("address-name", |filter, address, _| first_is(filter, &address.address_name)),
    ("address-ip", |filter, address, _| filter.is(&address.address_ip)),
    ("address-status", |filter, address, _| filter.is(address.address_status.as_str())),
    ("instance-id", |filter, address, _| filter.is(&address.instance_id)),
    ("private-ip-address", |filter, address, _| {
        address.private_address_ip.as_deref().is_some_and(|private| first_is(filter, private))
    }),
    ("network-interface-id", |filter, address, _| {
        address.network_interface_id.as_deref().is_some_and(|id| filter.is(id))
    }),
    ("is-arrears", |filter, address, _| {
        filter.is(if address.is_arrears { "TRUE" } else { "FALSE" })
    }),
    ("instance-type", |filter, address, _| {
        address.instance_type.as_ref().is_some_and(|kind| filter.is(kind.as_str()))
    }),
    ("address-type", |filter, address, _| filter.is(address.address_type.as_str())),
    ("address-isp", |filter, address, _| filter.is(address.internet_service_provider.as_str())),
    ("business-type", |_, address, _| address.dedicated_cluster_id.is_some()),
    ("dedicated-cluster-id", |filter, address, _| {
        address.dedicated_cluster_id.as_deref().is_some_and(|id| filter.is(id))
    }),
    ("tag-key", tags_match),
    ("tag-value", tags_match),
    ("tag:tag-key", tags_match),
];

/// Whether the first value of a filter equals a text. The others do not count, as documented.
fn first_is(filter: &CheckedFilter<'_>, text: &str) -> bool {
    filter.values().next() == Some(text)
}

fn tags_match(filter: &CheckedFilter<'_>, address: &Address, _: Timestamp) -> bool {
    let tags: &dyn TagList = &address.tag_set;
    tags::matches(filter, tags.iter())
}

/// An elastic IP in the form of the API.
fn elastic_address(context: &RequestContext<'_>, address: &ElasticIp) -> Address {
    let now = context.now;
    let target = address.target.as_ref();
    let instance = target
        .and_then(|target| context.instances.serial(&target.instance_id))
        .and_then(|serial| context.instances.get(serial));
    let private_address = target
        .and_then(|target| target.private_address)
        .or_else(|| instance.and_then(|instance| instance.private_address));
    let term = address.term.as_ref();
    let end = term.map(|term| term.end(now).to_string());
    Address {
        address_id: address.id.to_string(),
        address_name: address.name.clone(),
        address_status: address.status(),
        address_ip: address.address.to_string(),
        created_time: address.created.to_string(),
        private_address_ip: private_address.map(|it| it.to_string()),
        is_arrears: address.is_isolated(now),
        address_type: address.address_type.clone(),
        internet_service_provider: address.provider.clone(),
        bandwidth: Some(address.bandwidth_mbps),
        internet_charge_type: Some(address.charge_type.clone()),
        tag_set: address.tags.clone(),
        deadline_date: end.and_then(|end| end.get(..10).map(str::to_owned)),
        renew_flag: term.map(|term| term.renew_flag.clone()),
        egress: Some(address.egress.clone()),
        bandwidth_package_id: address.bandwidth_package_id.clone(),
        dedicated_cluster_id: address.dedicated_cluster_id.clone(),
        ..of_instance(instance)
    }
}

/// The ordinary public address of an instance in the form of the API.
fn ordinary_address(instance: &StoredInstance) -> Option<Address> {
    let address = instance.public_address?;
    Some(Address {
        address_id: instance.id.replacen("ins-", "eip-", 1),
        address_name: instance.name.to_string(),
        address_status: AddressStatus::Bind,
        address_ip: address.to_string(),
        created_time: instance.created.to_string(),
        private_address_ip: instance.private_address.map(|it| it.to_string()),
        address_type: AddressType::WanIp,
        internet_service_provider: InternetServiceProvider::Bgp,
        bandwidth: u64::try_from(instance.bandwidth_mbps).ok(),
        internet_charge_type: Some(charge_type(&instance.internet_charge_type)),
        egress: Some(DEFAULT_EGRESS.to_owned()),
        ..of_instance(Some(instance))
    })
}

/// The members about the instance that has an address. Samples have both gateways on.
fn of_instance(instance: Option<&StoredInstance>) -> Address {
    Address {
        instance_id: instance.map(|instance| instance.id.to_string()).unwrap_or_default(),
        network_interface_id: instance.map(|instance| instance.id.replacen("ins-", "eni-", 1)),
        instance_type: instance.map(|_| AddressTargetType::Cvm),
        eip_alg_type: AlgType { ftp: true, sip: true, ..AlgType::default() },
        ..Address::default()
    }
}

/// The charge type of an instance in the words of this service.
fn charge_type(of_instance: &InstanceChargeType) -> InternetChargeType {
    match of_instance {
        InstanceChargeType::BandwidthPrepaid => InternetChargeType::BandwidthPrepaidByMonth,
        other => InternetChargeType::from(other.as_str()),
    }
}
