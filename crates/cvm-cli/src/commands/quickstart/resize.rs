//! Step 3: launch instance B, change its type, which its cloud disk allows, and terminate it.

use cvm_models::actions::{ResetInstancesType, RunInstances};
use cvm_models::enums::{DiskType, InstanceChargeType};
use cvm_models::types::{Placement, SystemDisk};
use cvm_models::waiters;

use super::launch::{ZONE, show, terminate};
use super::printer::Printer;
use crate::error::Result;

/// Launches instance B, changes its type while it runs, and terminates it.
pub async fn launch_with_cloud_disk(printer: &mut Printer, instance_type: &str) -> Result<()> {
    printer.step("Instance B, with a cloud disk: its type can be changed")?;
    let (answer, _) = printer.call(instance_b()).await?;
    let ids = answer.instance_id_set;
    printer.wait(waiters::InstancesRunning::of(&ids)).await?;
    let change = ResetInstancesType {
        instance_ids: ids.clone(),
        instance_type: instance_type.to_owned(),
        force_stop: Some(true),
        ..Default::default()
    };
    let (_, request_id) = printer.call(change).await?;
    // The success of the launch must not be mistaken for that of the change.
    printer.wait(waiters::InstanceOperationsDone::of(&ids).of_request(request_id)).await?;
    show(printer, &ids).await?;
    terminate(printer, ids).await
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
