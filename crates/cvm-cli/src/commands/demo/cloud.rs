//! `cvm quickstart --cloud`: reads from a real account, and one launch that is only asked about.
//!
//! Nothing here can create or change anything: what is sent goes through [`read`], which does not
//! compile for an action that changes something, or through [`would_pass`], which always sets `DryRun`.

use cvm_models::Action;
use cvm_models::actions::{
    DescribeImages, DescribeInstanceTypeConfigs, DescribeInstances, DescribeRegions, DescribeZones,
    RunInstances, RunInstancesResponse,
};
use cvm_models::enums::{ImageState, ZoneState};
use cvm_models::protocol::{RetryClass, Sensitive};
use cvm_models::types::{Filter, InstanceTypeConfig, LoginSettings, Placement};

use super::Printer;
use crate::call;
use crate::exit::{CliError, ExitStatus, Result};

/// Looks at the region and asks whether a small launch would pass.
pub async fn look_around(teller: &mut Printer) -> Result<()> {
    teller.chapter("What is there")?;
    let regions = read(teller, DescribeRegions {}).await?.region_set;
    let zones = read(teller, DescribeZones {}).await?.zone_set;
    teller.say(&format!("{} regions; this one has {} zones:", regions.len(), zones.len()))?;
    let rows = zones.iter().map(|zone| {
        vec![zone.zone.clone(), zone.zone_name.clone(), zone.zone_state.as_str().to_owned()]
    });
    teller.table(&["Zone", "ZoneName", "ZoneState"], rows.collect())?;
    let mine = read(teller, DescribeInstances { limit: Some(1), ..Default::default() }).await?;
    teller.say(&format!("You have {} instances here.", mine.total_count))?;

    teller.chapter("A small machine")?;
    let models =
        read(teller, DescribeInstanceTypeConfigs::default()).await?.instance_type_config_set;
    let open = |zone: &str| {
        zones.iter().any(|one| one.zone == zone && one.zone_state == ZoneState::Available)
    };
    let Some(model) = small(&models, open) else {
        return Err(CliError::new(
            ExitStatus::Refused,
            "no zone here offers a model without a GPU",
        ));
    };
    teller.say(&format!(
        "{} of {} models: {} in {}, {} cores and {} GiB.",
        1,
        models.len(),
        model.instance_type,
        model.zone,
        model.cpu,
        model.memory
    ))?;
    let images = DescribeImages {
        filters: vec![Filter { name: "image-type".into(), values: vec!["PUBLIC_IMAGE".into()] }],
        instance_type: Some(model.instance_type.clone()),
        limit: Some(100),
        ..Default::default()
    };
    let images = read(teller, images).await?.image_set;
    let usable = images
        .iter()
        .find(|image| image.image_state == ImageState::Normal && image.platform != "Windows");
    let Some(image) = usable else {
        return Err(CliError::new(
            ExitStatus::Refused,
            format!("no public image runs on {}", model.instance_type),
        ));
    };
    teller.say(&format!("Image {}: {}.", image.image_id, image.os_name))?;

    teller.chapter("Would a launch pass?")?;
    let launch = RunInstances {
        placement: Some(Placement { zone: model.zone.clone(), ..Default::default() }),
        image_id: Some(image.image_id.clone()),
        instance_type: Some(model.instance_type.clone()),
        instance_name: Some("cvm-quickstart".into()),
        login_settings: Some(LoginSettings { password: Some(password()?), ..Default::default() }),
        instance_count: Some(1),
        ..Default::default()
    };
    would_pass(teller, launch).await?;
    teller.say("It would. Nothing was created.")
}

/// Sends an action that only reads. For any other this does not compile.
async fn read<A: Action>(teller: &mut Printer, request: A) -> Result<A::Response> {
    const {
        assert!(
            matches!(A::INFO.retry, RetryClass::Read),
            "only actions that read may be sent here"
        );
    }
    Ok(teller.call(request).await?.0)
}

/// Asks whether a launch would pass, once.
async fn would_pass(teller: &mut Printer, launch: RunInstances) -> Result<RunInstancesResponse> {
    let launch = RunInstances { dry_run: Some(true), ..launch };
    let response = teller.once(launch).await?.0;
    if response.instance_id_set.is_empty() {
        return Ok(response);
    }
    Err(call::was_not_dry(RunInstances::INFO, &response.instance_id_set, &response.request_id))
}

/// Two cores and 4 GiB if there are such, else the smallest; the newest zone that is open.
fn small(
    models: &[InstanceTypeConfig],
    open: impl Fn(&str) -> bool,
) -> Option<&InstanceTypeConfig> {
    models
        .iter()
        .rev()
        .filter(|model| model.gpu == 0 && model.gpu_count == 0.0 && open(&model.zone))
        .min_by_key(|model| ((model.cpu, model.memory) != (2, 4), model.cpu, model.memory))
}

/// A random password that is thrown away: the launch is only a dry run.
fn password() -> Result<Sensitive> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    let mut bytes = [0; 20];
    getrandom::fill(&mut bytes)
        .map_err(|_| CliError::local("the system gives no randomness for a password"))?;
    // One of each kind, so that every system's rule is met.
    let mut password = String::from("Aa1_");
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
    fn passwords_meet_the_rules_and_differ() {
        let (one, other) = (password().unwrap(), password().unwrap());
        assert_ne!(one, other);
        assert!((12..=30).contains(&one.expose().len()));
    }

    #[test]
    fn the_small_model_is_in_a_zone_that_is_open() {
        let model = |zone: &str, cpu, memory| InstanceTypeConfig {
            zone: zone.into(),
            cpu,
            memory,
            instance_type: format!("{zone}-{cpu}"),
            ..Default::default()
        };
        let models = [model("a", 2, 4), model("b", 8, 16), model("b", 1, 1), model("c", 2, 4)];
        assert_eq!(small(&models, |_| true).unwrap().zone, "c");
        assert_eq!(small(&models, |zone| zone != "c").unwrap().zone, "a");
        assert_eq!(small(&models, |zone| zone == "b").unwrap().cpu, 1);
        assert!(small(&models, |_| false).is_none());
    }
}
