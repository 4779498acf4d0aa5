//! InquiryPriceRunInstances: checks a launch as RunInstances does, and returns its price.

use cvm_models::actions::{
    InquiryPriceRunInstances, InquiryPriceRunInstancesResponse, RunInstances,
};
use cvm_models::enums::InstanceChargeType;
use cvm_models::types::Price;

use crate::actions::prices::hourly_rate::{Lines, Rates};
use crate::actions::prices::quote;
use crate::api_error::ApiError;
use crate::handler::{ActionHandler, Outcome};
use crate::launch::plan::Plan;
use crate::launch::template;
use crate::state::RequestContext;

impl ActionHandler for InquiryPriceRunInstances {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let network = self.virtual_private_cloud.as_ref();
        let has_address = network.is_some_and(|network| !network.private_ip_addresses.is_empty());
        if has_address && self.instance_count.unwrap_or(1) != 1 {
            let message =
                "With `PrivateIpAddresses`, a request can ask for the price of only one instance.";
            return Err(context.codes.error(["InvalidParameterCombination"], message));
        }
        let period = self.instance_charge_prepaid.as_ref().and_then(|prepaid| prepaid.period);
        let months =
            period.filter(|_| self.instance_charge_type == Some(InstanceChargeType::Prepaid));
        let request = launch(self);
        let request = template::apply_template(&request, context)?;
        let plan = Plan::of(&request, context)?;
        let tariff = context.catalog.tariff(context.region);
        let mut lines = Lines::default();
        let template = &plan.template;
        for _ in 0..plan.count {
            lines.add(tariff, template.bandwidth_mbps, &template.internet_charge_type);
        }
        let instance_price = Rates::of(tariff, template).quote(plan.count, months);
        let bandwidth_price = lines.quote(tariff, months).or_else(|| Some(quote::nothing()));
        Ok(Outcome::Response(InquiryPriceRunInstancesResponse {
            price: Price {
                instance_price: Some(instance_price),
                bandwidth_price,
                ..Default::default()
            },
            ..Self::Response::default()
        }))
    }
}

/// The launch to price. Its client token is dropped, because nothing is launched.
fn launch(asked: InquiryPriceRunInstances) -> RunInstances {
    RunInstances {
        placement: asked.placement,
        image_id: asked.image_id,
        instance_charge_type: asked.instance_charge_type,
        instance_charge_prepaid: asked.instance_charge_prepaid,
        instance_type: asked.instance_type,
        system_disk: asked.system_disk,
        data_disks: asked.data_disks,
        virtual_private_cloud: asked.virtual_private_cloud,
        internet_accessible: asked.internet_accessible,
        instance_count: asked.instance_count,
        instance_name: asked.instance_name,
        login_settings: asked.login_settings,
        security_group_ids: asked.security_group_ids,
        enhanced_service: asked.enhanced_service,
        host_name: asked.host_name,
        tag_specification: asked.tag_specification,
        instance_market_options: asked.instance_market_options,
        metadata: asked.metadata,
        hpc_cluster_id: asked.hpc_cluster_id,
        cpu_topology: asked.cpu_topology,
        launch_template: asked.launch_template,
        network_interfaces: asked.network_interfaces,
        ..RunInstances::default()
    }
}
