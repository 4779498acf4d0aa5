//! `cvm quickstart --cloud`: reads from a real account, and one dry run of a launch.
//!
//! Nothing here can create or change anything: requests are sent by [`read`], which does not compile for an action
//! that changes something, or by [`dry_run`], which always sets `DryRun`.

use cvm_models::Action;
use cvm_models::actions::{
    DescribeImages, DescribeInstanceTypeConfigs, DescribeInstances, DescribeRegions, DescribeZones,
    RunInstances, RunInstancesResponse,
};
use cvm_models::enums::{ImageState, ZoneState};
use cvm_models::protocol::{RetryClass, Sensitive};
use cvm_models::types::{Filter, InstanceTypeConfig, LoginSettings, Placement};

use super::printer::Printer;
use crate::call::finish;
use crate::error::{CliError, Result};
use crate::exit::ExitStatus;

/// Reads the region, and checks with a dry run whether a small launch would succeed.
pub async fn run_read_only(printer: &mut Printer) -> Result<()> {
    printer.step("Regions and zones")?;
    let regions = read(printer, DescribeRegions { ..Default::default() }).await?.region_set;
    let zones = read(printer, DescribeZones { ..Default::default() }).await?.zone_set;
    printer.say(&format!("{} regions; this one has {} zones:", regions.len(), zones.len()))?;
    let rows = zones.iter().map(|zone| {
        vec![zone.zone.clone(), zone.zone_name.clone(), zone.zone_state.as_str().to_owned()]
    });
    printer.table(&["Zone", "ZoneName", "ZoneState"], rows.collect())?;
    let mine = read(printer, DescribeInstances { limit: Some(1), ..Default::default() }).await?;
    printer.say(&format!("You have {} instances here.", mine.total_count))?;

    printer.step("A small instance type")?;
    let configs =
        read(printer, DescribeInstanceTypeConfigs::default()).await?.instance_type_config_set;
    let open = |zone: &str| {
        zones.iter().any(|one| one.zone == zone && one.zone_state == ZoneState::Available)
    };
    let Some(config) = small(&configs, open) else {
        return Err(CliError::new(
            ExitStatus::Refused,
            "no zone in this region offers an instance type without a GPU",
        ));
    };
    printer.say(&format!(
        "Selected one of {} instance types: {} in {}, {} cores and {} GiB.",
        configs.len(),
        config.instance_type,
        config.zone,
        config.cpu,
        config.memory
    ))?;
    let images = DescribeImages {
        filters: vec![Filter {
            name: "image-type".into(),
            values: vec!["PUBLIC_IMAGE".into()],
            ..Default::default()
        }],
        instance_type: Some(config.instance_type.clone()),
        limit: Some(100),
        ..Default::default()
    };
    let images = read(printer, images).await?.image_set;
    let usable = images
        .iter()
        .find(|image| image.image_state == ImageState::Normal && image.platform != "Windows");
    let Some(image) = usable else {
        return Err(CliError::new(
            ExitStatus::Refused,
            format!("no public image supports {}", config.instance_type),
        ));
    };
    printer.say(&format!("Image {}: {}.", image.image_id, image.os_name))?;

    printer.step("Dry run of a launch")?;
    let launch = RunInstances {
        placement: Some(Placement { zone: config.zone.clone(), ..Default::default() }),
        image_id: Some(image.image_id.clone()),
        instance_type: Some(config.instance_type.clone()),
        instance_name: Some("cvm-quickstart".into()),
        login_settings: Some(LoginSettings { password: Some(password()?), ..Default::default() }),
        instance_count: Some(1),
        ..Default::default()
    };
    dry_run(printer, launch).await?;
    printer.say("The launch would succeed. Nothing was created.")
}

/// Sends a read. For any other action, this does not compile.
async fn read<A: Action>(printer: &mut Printer, request: A) -> Result<A::Response> {
    const {
        assert!(
            matches!(A::INFO.retry, RetryClass::Read),
            "only actions that read may be sent here"
        );
    }
    Ok(printer.call(request).await?.0)
}

/// Sends one dry run of a launch, without retries.
async fn dry_run(printer: &mut Printer, launch: RunInstances) -> Result<RunInstancesResponse> {
    let launch = RunInstances { dry_run: Some(true), ..launch };
    let response = printer.once(launch).await?.0;
    if response.instance_id_set.is_empty() {
        return Ok(response);
    }
    Err(finish::dry_run_took_effect(
        RunInstances::INFO,
        &response.instance_id_set,
        &response.request_id,
    ))
}

/// The instance type with 2 cores and 4 GiB, else the smallest, in the newest available zone.
fn small(
    configs: &[InstanceTypeConfig],
    open: impl Fn(&str) -> bool,
) -> Option<&InstanceTypeConfig> {
    configs
        .iter()
        .rev()
        .filter(|config| config.gpu == 0 && config.gpu_count == 0.0 && open(&config.zone))
        .min_by_key(|config| ((config.cpu, config.memory) != (2, 4), config.cpu, config.memory))
}

/// A random password, which is discarded: the launch is only a dry run.
fn password() -> Result<Sensitive> {
    // Of the special characters, the service documents neither `_` nor `"`.
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes).map_err(|_| {
        CliError::local("the operating system returned no random bytes for a password")
    })?;
    // One character of each kind, so that it meets the rules of every operating system.
    let mut password = String::from("Aa1-");
    password.extend(
        bytes
            .iter()
            .filter_map(|byte| LETTERS.get(usize::from(byte % 64)))
            .map(|letter| char::from(*letter)),
    );
    Ok(Sensitive::from(password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_meet_the_rules_and_are_random() {
        let (one, other) = (password().unwrap(), password().unwrap());
        assert_ne!(one, other);
        assert!((12..=30).contains(&one.expose().len()));
        let is_documented = |letter: char| letter.is_ascii_alphanumeric() || "+-".contains(letter);
        assert!(one.expose().chars().all(is_documented));
    }

    #[test]
    fn smallest_instance_type_is_in_an_available_zone() {
        let config = |zone: &str, cpu, memory| InstanceTypeConfig {
            zone: zone.into(),
            cpu,
            memory,
            instance_type: format!("{zone}-{cpu}"),
            ..Default::default()
        };
        let configs = [config("a", 2, 4), config("b", 8, 16), config("b", 1, 1), config("c", 2, 4)];
        assert_eq!(small(&configs, |_| true).unwrap().zone, "c");
        assert_eq!(small(&configs, |zone| zone != "c").unwrap().zone, "a");
        assert_eq!(small(&configs, |zone| zone == "b").unwrap().cpu, 1);
        assert!(small(&configs, |_| false).is_none());
    }
}
