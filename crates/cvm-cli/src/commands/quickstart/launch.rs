//! Steps 1 and 2: choose an instance type, and launch and terminate instance A of the getting-started page.

use cvm_models::actions::{
    DescribeInstanceTypeConfigs, DescribeInstances, ResetInstancesType, RunInstances,
    StopInstances, TerminateInstances,
};
use cvm_models::enums::{DiskType, InstanceChargeType, InternetChargeType};
use cvm_models::types::{
    DataDisk, EnhancedService, Filter, Instance, InternetAccessible, LoginSettings, Placement,
    RunMonitorServiceEnabled, RunSecurityServiceEnabled, SystemDisk,
};
use cvm_models::{error_code, waiters};

use super::printer::Printer;
use crate::error::{CliError, Result};
use crate::exit::ExitStatus;

/// The zone of the getting-started page.
pub const ZONE: &str = "ap-guangzhou-2";

/// Finds the instance type with 2 cores and 4 GiB.
pub async fn choose_instance_type(printer: &mut Printer) -> Result<String> {
    printer.step("Find an instance type of family S2 with 2 cores and 4 GiB in ap-guangzhou-2")?;
    let request = DescribeInstanceTypeConfigs {
        filters: vec![filter("zone", ZONE), filter("instance-family", "S2")],
        ..Default::default()
    };
    let (answer, _) = printer.call(request).await?;
    let configs = answer.instance_type_config_set;
    let rows = configs.iter().map(|config| {
        vec![
            config.instance_type.clone(),
            config.cpu.to_string(),
            config.memory.to_string(),
            config.instance_family.clone(),
            config.zone.clone(),
        ]
    });
    printer.table(
        &["InstanceType", "CPU", "Memory (GiB)", "InstanceFamily", "Zone"],
        rows.collect(),
    )?;
    let found = configs.iter().find(|config| config.cpu == 2 && config.memory == 4);
    let Some(instance_type) = found.map(|config| config.instance_type.clone()) else {
        return Err(CliError::new(
            ExitStatus::Refused,
            "no instance type of family S2 has 2 cores and 4 GiB",
        ));
    };
    printer.say(&format!("Found {instance_type}."))?;
    Ok(instance_type)
}

/// Launches instance A, lists it, shows that its type cannot be changed, and terminates it.
pub async fn launch_with_local_disk(printer: &mut Printer, instance_type: &str) -> Result<()> {
    printer.step("Instance A: the example of the getting-started page")?;
    printer.say(
        "Image img-pmqg1cw7, type S1.SMALL1, a LOCAL_BASIC system disk of 50 GiB and a LOCAL_BASIC data disk \
         of 100 GiB; billed by the hour and by traffic; 10 Mbit/s and a public address; with security and monitoring agents.",
    )?;
    let (answer, _) = printer.call(instance_a()).await?;
    let ids = answer.instance_id_set;
    printer.say(&format!("{} is being created.", ids.join(", ")))?;
    printer.wait(waiters::InstancesRunning::of(&ids)).await?;
    show(printer, &ids).await?;
    printer.say(&format!(
        "Try to change its type to {instance_type}. The service rejects this, because the system disk is local."
    ))?;
    let change = ResetInstancesType {
        instance_ids: ids.clone(),
        instance_type: instance_type.to_owned(),
        ..Default::default()
    };
    printer.refused(change, error_code::UNSUPPORTED_OPERATION_SYSTEM_DISK_TYPE).await?;
    printer.say("The type did not change. Stop the instance and terminate it.")?;
    terminate(printer, ids).await
}

/// Every parameter of the sample request, verbatim.
fn instance_a() -> RunInstances {
    RunInstances {
        placement: Some(Placement { zone: ZONE.into(), ..Default::default() }),
        instance_charge_type: Some(InstanceChargeType::PostpaidByHour),
        image_id: Some("img-pmqg1cw7".into()),
        instance_type: Some("S1.SMALL1".into()),
        system_disk: Some(SystemDisk {
            disk_type: Some(DiskType::LocalBasic),
            disk_size: Some(50),
            ..Default::default()
        }),
        data_disks: vec![DataDisk {
            disk_type: Some(DiskType::LocalBasic),
            disk_size: Some(100),
            ..Default::default()
        }],
        internet_accessible: Some(InternetAccessible {
            internet_charge_type: Some(InternetChargeType::TrafficPostpaidByHour),
            internet_max_bandwidth_out: Some(10),
            public_ip_assigned: Some(true),
            ..Default::default()
        }),
        instance_name: Some("QCLOUD-TEST".into()),
        login_settings: Some(LoginSettings {
            password: Some("Qcloud@TestApi123++".into()),
            ..Default::default()
        }),
        enhanced_service: Some(EnhancedService {
            security_service: Some(RunSecurityServiceEnabled {
                enabled: Some(true),
                ..Default::default()
            }),
            monitor_service: Some(RunMonitorServiceEnabled {
                enabled: Some(true),
                ..Default::default()
            }),
            ..Default::default()
        }),
        instance_count: Some(1),
        ..Default::default()
    }
}

/// Lists instances in a table.
pub async fn show(printer: &mut Printer, ids: &[String]) -> Result<()> {
    let request = DescribeInstances { instance_ids: ids.to_vec(), ..Default::default() };
    let (answer, _) = printer.call(request).await?;
    let rows = answer.instance_set.iter().map(row).collect();
    printer.table(
        &[
            "InstanceId",
            "InstanceName",
            "State",
            "InstanceType",
            "System disk",
            "Data disks",
            "Public IP",
        ],
        rows,
    )
}

fn row(instance: &Instance) -> Vec<String> {
    let disk = |kind: &Option<DiskType>, size: Option<i64>| {
        let kind = kind.as_ref().map_or("?", DiskType::as_str);
        size.map_or_else(|| kind.to_owned(), |size| format!("{size} GiB {kind}"))
    };
    let system = &instance.system_disk;
    let data = instance.data_disks.iter().map(|data| disk(&data.disk_type, data.disk_size));
    vec![
        instance.instance_id.clone(),
        instance.instance_name.clone(),
        instance.instance_state.as_str().to_owned(),
        instance.instance_type.clone(),
        disk(&system.disk_type, system.disk_size),
        data.collect::<Vec<_>>().join(", "),
        instance.public_ip_addresses.join(", "),
    ]
}

/// Stops and terminates instances, and checks that they are gone.
pub async fn terminate(printer: &mut Printer, ids: Vec<String>) -> Result<()> {
    printer.call(StopInstances { instance_ids: ids.clone(), ..Default::default() }).await?;
    printer.wait(waiters::InstancesStopped::of(&ids)).await?;
    printer.call(TerminateInstances { instance_ids: ids.clone(), ..Default::default() }).await?;
    printer.wait(waiters::InstancesTerminated::of(&ids).seen_before()).await?;
    // By filter and not by id: an unknown id is an error, but a filter for it matches nothing.
    let request = DescribeInstances {
        filters: vec![Filter {
            name: "instance-id".into(),
            values: ids.clone(),
            ..Default::default()
        }],
        ..Default::default()
    };
    let (answer, _) = printer.call(request).await?;
    if answer.total_count != 0 {
        return Err(CliError::new(
            ExitStatus::Refused,
            format!("{} is still listed", ids.join(", ")),
        ));
    }
    printer.say(&format!("{} is gone: TotalCount is 0.", ids.join(", ")))
}

fn filter(name: &str, value: &str) -> Filter {
    Filter { name: name.into(), values: vec![value.into()], ..Default::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cvm_models::protocol::{percent, query_form};

    /// The sample request of the getting-started page.
    const SAMPLE: &str =
        include_str!("../../../../../tests/fixtures/documented-samples/launch-postpaid.json");

    #[test]
    fn instance_a_matches_the_published_sample() {
        let mut sent = query_form::encode(&instance_a()).unwrap();
        let sample: serde_json::Value = serde_json::from_str(SAMPLE).unwrap();
        let mut sample = percent::decode_pairs(sample["query"].as_str().unwrap()).unwrap();
        sample.retain(|(name, _)| name != "Action" && name != "Version");
        for (_, value) in &mut sample {
            *value = value.replace("TRUE", "true");
        }
        sent.sort();
        sample.sort();
        assert_eq!(sent, sample);
    }
}
