//! Chapters 1 and 2: choose a model, and the life of instance A, the getting-started page verbatim.

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

use super::Printer;
use crate::exit::{CliError, ExitStatus, Result};

/// The zone of the getting-started page.
pub const ZONE: &str = "ap-guangzhou-2";

/// Asks which model has 2 cores and 4 GB.
pub async fn choose_model(teller: &mut Printer) -> Result<String> {
    teller.chapter("Which model of family S2 has 2 cores and 4 GB in ap-guangzhou-2?")?;
    let request = DescribeInstanceTypeConfigs {
        filters: vec![filter("zone", ZONE), filter("instance-family", "S2")],
    };
    let (answer, _) = teller.call(request).await?;
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
    teller.table(
        &["InstanceType", "CPU", "Memory (GiB)", "InstanceFamily", "Zone"],
        rows.collect(),
    )?;
    let model = configs.iter().find(|config| config.cpu == 2 && config.memory == 4);
    let Some(model) = model.map(|config| config.instance_type.clone()) else {
        return Err(CliError::new(
            ExitStatus::Refused,
            "no model of family S2 has 2 cores and 4 GB",
        ));
    };
    teller.say(&format!("It is {model}."))?;
    Ok(model)
}

/// Creates instance A, looks at it, is refused another model for it, and returns it.
pub async fn launch_with_local_disk(teller: &mut Printer, model: &str) -> Result<()> {
    teller.chapter("Instance A, as the getting-started page has it")?;
    teller.say(
        "Image img-pmqg1cw7, S1.SMALL1, 50 GiB LOCAL_BASIC system disk and 100 GiB LOCAL_BASIC data \
         disk; paid by the hour, traffic too; 10 Mbps and a public address; both enhanced services.",
    )?;
    let (answer, _) = teller.call(instance_a()).await?;
    let ids = answer.instance_id_set;
    teller.say(&format!("{} is being created.", ids.join(", ")))?;
    teller.wait(waiters::InstancesRunning::of(&ids)).await?;
    show(teller, &ids).await?;
    teller.say(&format!("Can it become {model}? Its system disk is local."))?;
    let change = ResetInstancesType {
        instance_ids: ids.clone(),
        instance_type: model.to_owned(),
        ..Default::default()
    };
    teller.refused(change, error_code::UNSUPPORTED_OPERATION_SYSTEM_DISK_TYPE).await?;
    teller.say("So it stays what it is, and goes back.")?;
    give_back(teller, ids).await
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
            security_service: Some(RunSecurityServiceEnabled { enabled: Some(true) }),
            monitor_service: Some(RunMonitorServiceEnabled { enabled: Some(true) }),
            ..Default::default()
        }),
        instance_count: Some(1),
        ..Default::default()
    }
}

/// Lists instances in a table.
pub async fn show(teller: &mut Printer, ids: &[String]) -> Result<()> {
    let request = DescribeInstances { instance_ids: ids.to_vec(), ..Default::default() };
    let (answer, _) = teller.call(request).await?;
    let rows = answer.instance_set.iter().map(row).collect();
    teller.table(
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

/// Stops instances, returns them, and looks for them.
pub async fn give_back(teller: &mut Printer, ids: Vec<String>) -> Result<()> {
    teller.call(StopInstances { instance_ids: ids.clone(), ..Default::default() }).await?;
    teller.wait(waiters::InstancesStopped::of(&ids)).await?;
    teller.call(TerminateInstances { instance_ids: ids.clone(), ..Default::default() }).await?;
    teller.wait(waiters::InstancesTerminated::of(&ids).seen_before()).await?;
    // Not by id: an id that is gone is no error in a filter, it just finds nothing.
    let request = DescribeInstances {
        filters: vec![Filter { name: "instance-id".into(), values: ids.clone() }],
        ..Default::default()
    };
    let (answer, _) = teller.call(request).await?;
    if answer.total_count != 0 {
        return Err(CliError::new(
            ExitStatus::Refused,
            format!("{} is still there", ids.join(", ")),
        ));
    }
    teller.say(&format!("{} is gone: TotalCount is 0.", ids.join(", ")))
}

fn filter(name: &str, value: &str) -> Filter {
    Filter { name: name.into(), values: vec![value.into()] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cvm_models::protocol::query_form;

    /// The sample request of the getting-started page, in its own order.
    const SAMPLE: [(&str, &str); 17] = [
        ("Placement.Zone", "ap-guangzhou-2"),
        ("InstanceChargeType", "POSTPAID_BY_HOUR"),
        ("ImageId", "img-pmqg1cw7"),
        ("InstanceType", "S1.SMALL1"),
        ("SystemDisk.DiskType", "LOCAL_BASIC"),
        ("SystemDisk.DiskSize", "50"),
        ("DataDisks.0.DiskType", "LOCAL_BASIC"),
        ("DataDisks.0.DiskSize", "100"),
        ("InternetAccessible.InternetChargeType", "TRAFFIC_POSTPAID_BY_HOUR"),
        ("InternetAccessible.InternetMaxBandwidthOut", "10"),
        ("InternetAccessible.PublicIpAssigned", "TRUE"),
        ("InstanceName", "QCLOUD-TEST"),
        ("LoginSettings.Password", "Qcloud@TestApi123++"),
        ("EnhancedService.SecurityService.Enabled", "TRUE"),
        ("EnhancedService.MonitorService.Enabled", "TRUE"),
        ("InstanceCount", "1"),
        ("Version", "2017-03-12"),
    ];

    #[test]
    fn instance_a_is_the_sample_verbatim() {
        let mut sent = query_form::encode(&instance_a()).unwrap();
        let mut sample: Vec<(String, String)> = SAMPLE
            .iter()
            .filter(|(name, _)| *name != "Version")
            .map(|(name, value)| ((*name).into(), value.replace("TRUE", "true")))
            .collect();
        sent.sort();
        sample.sort();
        assert_eq!(sent, sample);
    }
}
