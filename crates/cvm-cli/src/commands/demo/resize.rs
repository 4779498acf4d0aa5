//! Chapter 3: the life of instance B, whose cloud disk lets it become another model.

use cvm_models::actions::{ResetInstancesType, RunInstances};
use cvm_models::enums::{DiskType, InstanceChargeType};
use cvm_models::types::{Placement, SystemDisk};
use cvm_models::waiters;

use super::Printer;
use super::launch::{ZONE, give_back, show};
use crate::exit::Result;

/// Creates instance B, gives it another model while it runs, and returns it.
pub async fn life_of_b(teller: &mut Printer, model: &str) -> Result<()> {
    teller.chapter("Instance B, with a cloud disk: it can become another model")?;
    let (answer, _) = teller.call(instance_b()).await?;
    let ids = answer.instance_id_set;
    teller.wait(waiters::InstancesRunning::of(&ids)).await?;
    let change = ResetInstancesType {
        instance_ids: ids.clone(),
        instance_type: model.to_owned(),
        force_stop: Some(true),
    };
    let (_, request_id) = teller.call(change).await?;
    // The success of the launch must not be taken for that of the change.
    teller.wait(waiters::InstanceOperationsDone::of(&ids).of_request(request_id)).await?;
    show(teller, &ids).await?;
    give_back(teller, ids).await
}

fn instance_b() -> RunInstances {
    RunInstances {
        placement: Some(Placement { zone: ZONE.into(), ..Default::default() }),
        instance_charge_type: Some(InstanceChargeType::PostpaidByHour),
        image_id: Some("img-pmqg1cw7".into()),
        instance_type: Some("S2.SMALL1".into()),
        system_disk: Some(SystemDisk {
            disk_type: Some(DiskType::CloudPremium),
            disk_size: Some(50),
            ..Default::default()
        }),
        instance_name: Some("QCLOUD-TEST-B".into()),
        ..Default::default()
    }
}
