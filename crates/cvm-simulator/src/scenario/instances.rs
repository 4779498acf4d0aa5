//! The instances of a scenario: launches in batches, and then the requests that lead to their state.

use cvm_models::actions::{
    EnterRescueMode, RebootInstances, RunInstances, StartInstances, StopInstances,
    TerminateInstances,
};
use cvm_protocol::Action;
use serde_json::{Map, Value, json};

use super::cloud::RequestTime;
use super::error::ScenarioError;
use super::instance_content::{MAX_COUNT, ScenarioInstances, ScenarioState};
use super::names::Names;
use super::run::{Result, Run, Scope, item, tags};
use crate::cloud_fault::CloudFault;
use crate::launch::names::batch_pattern;
use crate::timestamp::Timestamp;

/// Maximum number of instances that one request launches.
const MAX_LAUNCHED: u64 = 500;

/// Maximum number of instances that one request changes.
const MAX_CHANGED: usize = 100;

/// The error code for a subnet without enough free addresses.
const SUBNET_IS_FULL: &str = "NoAvailableIpAddressCountInSubnet";

impl<'a> Run<'a> {
    /// Creates the instances of a region, the oldest ones first.
    pub(super) fn create_instances(
        &mut self,
        scope: &mut Scope<'a>,
        key_pairs: &Names,
    ) -> Result<()> {
        let mut groups: Vec<_> = scope.content.instances.iter().enumerate().collect();
        groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.age));
        for (index, group) in groups {
            let created = self.create_group(scope, group, key_pairs);
            created.map_err(|error| error.at(&item("instances", index)))?;
        }
        Ok(())
    }

    fn create_group(
        &mut self,
        scope: &mut Scope<'a>,
        group: &'a ScenarioInstances,
        key_pairs: &Names,
    ) -> Result<()> {
        check(group)?;
        let launched = self.before(group.age.0)?;
        let template = self.template(scope, group, key_pairs)?;
        let networks = networks(scope, group)?;
        self.choose_id(scope.account, "ins-", group.id.as_deref())?;
        let ids = self.launch(scope, group, &template, &networks, launched)?;
        let only = ids.first().filter(|_| group.count == 1);
        scope.instances.add(&group.name, only.map(String::as_str))?;
        self.lead_to_state(scope, group.state, &ids, launched)
            .map_err(|error| error.at("state"))?;
        let first = ids.into_iter().next().unwrap_or_default();
        let who = (scope.account, scope.region);
        self.record(who, "instances", &group.name, first, group.count);
        Ok(())
    }

    /// What the launches of a group have in common.
    fn template(
        &self,
        scope: &Scope<'a>,
        group: &ScenarioInstances,
        key_pairs: &Names,
    ) -> Result<Map<String, Value>> {
        let image = match &group.image {
            Some(name) => match scope.shared_images.get(name.as_str()) {
                Some(shared) if scope.images.get(name).is_none() => shared.clone(),
                _ => scope.images.find_or_id(name).map_err(|error| error.at("image"))?.to_owned(),
            },
            None => {
                let images = self.cloud.catalog().images();
                images.first().map(|image| image.id.to_owned()).unwrap_or_default()
            }
        };
        let groups = find_all(&scope.security_groups, "security_groups", &group.security_groups)?;
        let keys = find_all(key_pairs, "key_pairs", &group.key_pairs)?;
        let mut members = Map::new();
        let mut set = |member: &str, value: Value| drop(members.insert(member.to_owned(), value));
        set("ImageId", json!(image));
        let kinds = [
            ("InstanceType", &group.instance_type),
            ("InstanceChargeType", &group.charge_type),
            ("CamRoleName", &group.role),
        ];
        for (member, value) in kinds {
            if let Some(value) = value {
                set(member, json!(value));
            }
        }
        if group.charge_type.as_deref() == Some("PREPAID") {
            let mut term = json!({"Period": group.months.unwrap_or(1)});
            if let (Some(flag), Some(term)) = (&group.renew_flag, term.as_object_mut()) {
                term.insert("RenewFlag".to_owned(), json!(flag));
            }
            set("InstanceChargePrepaid", term);
        }
        if !groups.is_empty() {
            set("SecurityGroupIds", json!(groups));
        }
        if !keys.is_empty() {
            set("LoginSettings", json!({"KeyIds": keys}));
        }
        if let Some(disk) = &group.system_disk {
            set("SystemDisk", disk_members(disk.disk_type.as_deref(), disk.size_gib));
        }
        if !group.data_disks.is_empty() {
            let disks = group.data_disks.iter();
            let disks = disks.map(|it| disk_members(Some(&it.disk_type), Some(it.size_gib)));
            set("DataDisks", disks.collect());
        }
        if group.bandwidth_mbps > 0 {
            set("InternetAccessible", json!({"InternetMaxBandwidthOut": group.bandwidth_mbps}));
        }
        if group.protected {
            set("DisableApiTermination", json!(true));
        }
        if !group.tags.is_empty() {
            let tags = json!([{"ResourceType": "instance", "Tags": tags(&group.tags)}]);
            set("TagSpecification", tags);
        }
        Ok(members)
    }

    /// Launches the instances of a group in batches: as many as a request and the subnet allow.
    fn launch(
        &mut self,
        scope: &Scope<'a>,
        group: &ScenarioInstances,
        template: &Map<String, Value>,
        networks: &[Network<'_>],
        launched: Timestamp,
    ) -> Result<Vec<String>> {
        let (time, fault) = match group.state {
            ScenarioState::Pending => (RequestTime::Begun, None),
            ScenarioState::LaunchFailed => {
                (RequestTime::Done(launched), Some(CloudFault::LaunchFailed))
            }
            _ => (RequestTime::Done(launched), None),
        };
        let mut networks = networks.iter().peekable();
        let (mut ids, mut size) = (Vec::new(), MAX_LAUNCHED);
        while let Some(network) = networks.peek() {
            let done = u64::try_from(ids.len()).unwrap_or(u64::MAX);
            let rest = group.count.saturating_sub(done);
            if rest == 0 {
                break;
            }
            let batch = rest.min(size);
            let mut members = template.clone();
            let pattern = |text: &str, is_host| batch_pattern(text, is_host, group.count, done);
            members.insert("InstanceName".to_owned(), json!(pattern(&group.name, false)));
            if let Some(name) = &group.host_name {
                members.insert("HostName".to_owned(), json!(pattern(name, true)));
            }
            members.insert("InstanceCount".to_owned(), json!(batch));
            members.insert("Placement".to_owned(), json!({"Zone": network.zone}));
            if let Some((vpc, subnet)) = &network.ids {
                let network = json!({"VpcId": vpc, "SubnetId": subnet});
                members.insert("VirtualPrivateCloud".to_owned(), network);
            }
            let who = (scope.account, scope.region);
            match self.request_with::<RunInstances>(who, members.into(), time, fault.clone()) {
                Ok(response) => {
                    let made = response.get("InstanceIdSet").and_then(Value::as_array);
                    let made = made.into_iter().flatten().filter_map(Value::as_str);
                    ids.extend(made.map(str::to_owned));
                }
                Err(error) if error.to_string().contains(SUBNET_IS_FULL) => {
                    if batch > 1 {
                        size = batch.div_ceil(2);
                        continue;
                    }
                    networks.next();
                    size = MAX_LAUNCHED;
                    if networks.peek().is_none() {
                        let message = format!(
                            "{done} of {} instances fill the subnets; add more or larger subnets \
                             ({error})",
                            group.count
                        );
                        return Err(ScenarioError::new(message).at("subnets"));
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(ids)
    }

    /// Sends the requests that lead from the end of a launch to a state.
    fn lead_to_state(
        &mut self,
        scope: &Scope<'a>,
        state: ScenarioState,
        ids: &[String],
        launched: Timestamp,
    ) -> Result<()> {
        let then = RequestTime::Done(launched);
        let now = RequestTime::Done(self.cloud.now());
        let begun = RequestTime::Begun;
        match state {
            ScenarioState::Pending | ScenarioState::LaunchFailed | ScenarioState::Running => Ok(()),
            ScenarioState::Stopped => self.change::<StopInstances>(scope, ids, then),
            ScenarioState::Starting => {
                self.change::<StopInstances>(scope, ids, then)?;
                self.change::<StartInstances>(scope, ids, begun)
            }
            ScenarioState::Stopping => self.change::<StopInstances>(scope, ids, begun),
            ScenarioState::Rebooting => self.change::<RebootInstances>(scope, ids, begun),
            ScenarioState::Shutdown => self.change::<TerminateInstances>(scope, ids, now),
            ScenarioState::Terminating => self.change::<TerminateInstances>(scope, ids, begun),
            ScenarioState::RescueMode => {
                for id in ids {
                    // The rescue system has a password, which nothing stores.
                    let parameters = json!({"InstanceId": id, "Password": "Scenario-Rescue-1"});
                    let who = (scope.account, scope.region);
                    self.request::<EnterRescueMode>(who, parameters, now)?;
                }
                Ok(())
            }
        }
    }

    /// Sends an action for instances, in batches.
    fn change<A: Action>(
        &mut self,
        scope: &Scope<'a>,
        ids: &[String],
        time: RequestTime,
    ) -> Result<()> {
        for batch in ids.chunks(MAX_CHANGED) {
            let parameters = json!({"InstanceIds": batch});
            self.request::<A>((scope.account, scope.region), parameters, time)?;
        }
        Ok(())
    }
}

/// Checks what no request would refuse.
fn check(group: &ScenarioInstances) -> Result<()> {
    if group.count == 0 || group.count > MAX_COUNT {
        let count = group.count;
        let message = format!("is {count}; give a number from 1 to {MAX_COUNT}");
        return Err(ScenarioError::new(message).at("count"));
    }
    if group.id.is_some() && group.count > 1 {
        let message = "only one instance can have a given id; leave it out, or set `count: 1`";
        return Err(ScenarioError::new(message).at("id"));
    }
    let is_prepaid = group.charge_type.as_deref() == Some("PREPAID");
    if group.state == ScenarioState::Shutdown && !is_prepaid {
        let message = "only instances with `charge_type: PREPAID` can be in the recycle bin";
        return Err(ScenarioError::new(message).at("state"));
    }
    if group.state == ScenarioState::Terminating && is_prepaid {
        let message = "a prepaid instance goes to the recycle bin first; give SHUTDOWN, or another \
                       `charge_type`";
        return Err(ScenarioError::new(message).at("state"));
    }
    if group.state == ScenarioState::Pending && !group.age.0.is_zero() {
        let message = "instances that are PENDING are launched now; leave out the age";
        return Err(ScenarioError::new(message).at("age"));
    }
    for (member, is_given) in
        [("months", group.months.is_some()), ("renew_flag", group.renew_flag.is_some())]
    {
        if is_given && !is_prepaid {
            let message = "only instances with `charge_type: PREPAID` have a term; leave it out";
            return Err(ScenarioError::new(message).at(member));
        }
    }
    Ok(())
}

/// Where instances are launched.
struct Network<'a> {
    zone: &'a str,
    /// The VPC and the subnet; `None` for the default ones of the zone.
    ids: Option<(String, String)>,
}

/// The networks of a group, in the order in which they are filled.
fn networks<'s>(scope: &'s Scope<'_>, group: &'s ScenarioInstances) -> Result<Vec<Network<'s>>> {
    let first_zone = || scope.region.zones().next().map(|zone| zone.as_str()).unwrap_or_default();
    if group.subnets.is_empty() {
        if group.vpc.is_some() {
            let message = "needs `subnets`, which name the subnets in it";
            return Err(ScenarioError::new(message).at("vpc"));
        }
        let zone = group.zone.as_deref().unwrap_or_else(first_zone);
        return Ok(vec![Network { zone, ids: None }]);
    }
    let network = |(index, name): (usize, &'s String)| {
        let fail = |error: ScenarioError| error.at(&item("subnets", index));
        let subnet = scope.subnets.find_or_id(name).map_err(fail)?;
        let (vpc, zone) = match (scope.locations.get(subnet), &group.vpc) {
            (Some((vpc, zone)), _) => (vpc.clone(), *zone),
            (None, Some(vpc)) => {
                let vpc = scope.vpcs.find_or_id(vpc).map_err(|error| error.at("vpc"))?;
                (vpc.to_owned(), group.zone.as_deref().unwrap_or_else(first_zone))
            }
            (None, None) => {
                let message =
                    format!("`{name}` is not in the scenario, so `vpc` must name its VPC");
                return Err(fail(ScenarioError::new(message)));
            }
        };
        Ok(Network { zone, ids: Some((vpc, subnet.to_owned())) })
    };
    group.subnets.iter().enumerate().map(network).collect()
}

/// The ids of several resources.
fn find_all(names: &Names, list: &str, given: &[String]) -> Result<Vec<String>> {
    let find = |(index, name): (usize, &String)| {
        let found = names.find_or_id(name).map(str::to_owned);
        found.map_err(|error| error.at(&item(list, index)))
    };
    given.iter().enumerate().map(find).collect()
}

fn disk_members(disk_type: Option<&str>, size_gib: Option<u64>) -> Value {
    let mut members = Map::new();
    if let Some(disk_type) = disk_type {
        members.insert("DiskType".to_owned(), json!(disk_type));
    }
    if let Some(size) = size_gib {
        members.insert("DiskSize".to_owned(), json!(size));
    }
    members.into()
}
