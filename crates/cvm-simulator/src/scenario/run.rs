//! Applies a scenario: what belongs to no region, then the networks and images of all accounts, then what uses them.

use std::collections::HashMap;
use std::time::Duration;

use cvm_models::actions::ImportKeyPair;
use cvm_protocol::{Action, did_you_mean, similar_names};
use serde::Serialize;
use serde_json::{Value, json};

use super::cloud::{RequestTime, ScenarioCloud, ScenarioRequest};
use super::content::{Scenario, ScenarioAccount, ScenarioKeyPair, ScenarioRegion};
use super::error::ScenarioError;
use super::instance_content::MAX_COUNT;
use super::names::{Names, is_id};
use crate::account::AccountId;
use crate::catalog::Region;
use crate::cloud_fault::CloudFault;
use crate::role::Role;
use crate::timestamp::Timestamp;

pub(super) type Result<T> = std::result::Result<T, ScenarioError>;

/// A resource that a scenario created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CreatedResource {
    /// The account number (UIN).
    pub account: u64,
    /// The region; `None` for what belongs to none.
    pub region: Option<&'static str>,
    /// The list of the scenario that it comes from, such as `instances`.
    pub kind: &'static str,
    /// Its name in the scenario. A CHC host has its serial number, and maintenance the name of the instance.
    pub name: String,
    /// Its id, or the first id of several instances.
    pub id: String,
    /// The number of instances.
    pub count: u64,
}

/// A scenario that is being applied.
pub(super) struct Run<'a> {
    pub(super) cloud: &'a mut dyn ScenarioCloud,
    /// The account number of each name.
    pub(super) account_numbers: HashMap<&'a str, u64>,
    created: Vec<CreatedResource>,
}

/// A region of an account that a scenario is being applied to.
pub(super) struct Scope<'a> {
    pub(super) account: AccountId,
    pub(super) region: &'static Region,
    pub(super) content: &'a ScenarioRegion,
    /// Its place in the scenario.
    place: String,
    /// When its networks and images were created: before the first instance.
    pub(super) begins: Timestamp,
    pub(super) vpcs: Names,
    pub(super) subnets: Names,
    /// The VPC and the zone of each subnet, by its id.
    pub(super) locations: HashMap<String, (String, &'a str)>,
    pub(super) security_groups: Names,
    pub(super) images: Names,
    /// The ids of the images that other accounts of the scenario share with this one, by name.
    pub(super) shared_images: HashMap<&'a str, String>,
    pub(super) instances: Names,
}

/// Applies a scenario. An error leaves a part of it, which the caller removes.
pub(crate) fn apply(
    scenario: &Scenario,
    cloud: &mut dyn ScenarioCloud,
) -> Result<Vec<CreatedResource>> {
    let mut run = Run { cloud, account_numbers: HashMap::new(), created: Vec::new() };
    let accounts = (0..).map(AccountId::nth).zip(&scenario.accounts);
    for (index, (id, account)) in accounts.clone().enumerate() {
        let Some(name) = &account.name else { continue };
        if run.account_numbers.insert(name, id.uin()).is_some() {
            let message = format!("another account has the name `{name}`; give each its own");
            return Err(ScenarioError::new(message).at("name").at(&format!("accounts[{index}]")));
        }
    }
    check_total(scenario)?;
    let mut scopes = Vec::new();
    let mut key_pairs = Vec::new();
    for (index, (id, account)) in accounts.enumerate() {
        let place = format!("accounts[{index}]");
        let own = run.regions(&place, id, account)?;
        let begins = own.iter().map(|scope| scope.begins).min().unwrap_or(run.cloud.now());
        key_pairs.push(run.open(id, account, begins).map_err(|error| error.at(&place))?);
        scopes.push(own);
    }
    for scope in scopes.iter_mut().flatten() {
        run.create_networks(scope).map_err(|error| scope.error(error))?;
    }
    let shared = run.create_images(&mut scopes)?;
    for (own, key_pairs) in scopes.iter_mut().zip(&key_pairs) {
        for scope in own {
            let is_here = |(account, region, ..): &(u64, &str, &str, String)| {
                *account == scope.account.uin() && *region == scope.region.name
            };
            let images = shared.iter().filter(|image| is_here(image));
            scope.shared_images =
                images.map(|(_, _, name, image_id)| (*name, image_id.clone())).collect();
            run.create_instances(scope, key_pairs).map_err(|error| scope.error(error))?;
            run.create_others(scope).map_err(|error| scope.error(error))?;
        }
    }
    Ok(run.created)
}

/// Checks that there are not too many instances in total.
fn check_total(scenario: &Scenario) -> Result<()> {
    let regions = scenario.accounts.iter().flat_map(|account| account.regions.values());
    let groups = regions.flat_map(|region| &region.instances);
    let total = groups.fold(0u64, |total, group| total.saturating_add(group.count));
    if total <= MAX_COUNT {
        return Ok(());
    }
    let message = format!("there are {total} instances in total; the maximum is {MAX_COUNT}");
    Err(ScenarioError::new(message).at("accounts"))
}

impl Scope<'_> {
    /// An error of this region.
    pub(super) fn error(&self, error: ScenarioError) -> ScenarioError {
        error.at(&self.place)
    }
}

impl<'a> Run<'a> {
    /// The regions of an account.
    fn regions(
        &self,
        place: &str,
        id: AccountId,
        account: &'a ScenarioAccount,
    ) -> Result<Vec<Scope<'a>>> {
        let catalog = self.cloud.catalog();
        let scope = |(name, content): (&String, &'a ScenarioRegion)| {
            let region = catalog.region(name, false).ok_or_else(|| {
                let hint = did_you_mean(&similar_names(name, catalog.region_names()));
                let hint = hint.unwrap_or_else(|| "name a region of the catalog".to_owned());
                ScenarioError::new(format!("there is no region `{name}`; {hint}"))
                    .at("regions")
                    .at(place)
            })?;
            let place = format!("{place}.regions.{name}");
            let oldest = content.instances.iter().map(|it| it.age.0).max().unwrap_or_default();
            let begins = self.before(oldest).map_err(|error| error.at(&place))?;
            Ok(Scope {
                account: id,
                region,
                content,
                place,
                begins,
                vpcs: Names::new("VPC", "vpc-"),
                subnets: Names::new("subnet", "subnet-"),
                locations: HashMap::new(),
                security_groups: Names::new("security group", "sg-"),
                images: Names::new("image", "img-"),
                shared_images: HashMap::new(),
                instances: Names::new("instance", "ins-"),
            })
        };
        account.regions.iter().map(scope).collect()
    }

    /// The time this long ago.
    pub(super) fn before(&self, age: Duration) -> Result<Timestamp> {
        let now = self.cloud.now();
        now.before(age).ok_or_else(|| {
            let days = age.as_secs() / 86_400;
            let message = format!(
                "the age of {days} days begins before 1970, because it is {now} in the emulator; \
                 give a smaller age, or start it with a later time"
            );
            ScenarioError::new(message).at("instances")
        })
    }

    /// Opens an account, with what belongs to no region. Returns the names of its key pairs.
    fn open(
        &mut self,
        id: AccountId,
        account: &'a ScenarioAccount,
        begins: Timestamp,
    ) -> Result<Names> {
        self.cloud.open_account(id, &account.quotas);
        let mut names = Names::new("role", "");
        for (index, role) in account.roles.iter().enumerate() {
            let place = format!("roles[{index}]");
            names.add(&role.name, Some("")).map_err(|error| error.at(&place))?;
            let mut added = Role::new(id, role.name.as_str());
            if let Some(external_id) = &role.external_id {
                added = added.external_id(external_id);
            }
            self.cloud.add_role(added);
        }
        let mut key_pairs = Names::new("key pair", "skey-");
        // Key pairs belong to no region, so any one will do.
        let Some(region) = self.cloud.catalog().regions().first() else { return Ok(key_pairs) };
        for (index, key_pair) in account.key_pairs.iter().enumerate() {
            let name = &key_pair.name;
            let fail = |error: ScenarioError| error.at(&item("key_pairs", index));
            let created = self.create_key_pair((id, region), key_pair, begins);
            key_pairs.add(name, Some(&created.map_err(fail)?)).map_err(fail)?;
        }
        Ok(key_pairs)
    }

    fn create_key_pair(
        &mut self,
        who: (AccountId, &'static Region),
        key_pair: &ScenarioKeyPair,
        begins: Timestamp,
    ) -> Result<String> {
        self.choose_id(who.0, "skey-", key_pair.id.as_deref())?;
        let ScenarioKeyPair { name, public_key, .. } = key_pair;
        let parameters = json!({"KeyName": name, "ProjectId": 0, "PublicKey": public_key});
        let made = self.request::<ImportKeyPair>(who, parameters, RequestTime::Done(begins))?;
        let key_id = text(&made, "/KeyId");
        self.record(who, "key_pairs", name, key_id.clone(), 1);
        Ok(key_id)
    }

    /// Lets the next resource with this prefix have an id, if one is given.
    pub(super) fn choose_id(
        &mut self,
        account: AccountId,
        prefix: &str,
        id: Option<&str>,
    ) -> Result<()> {
        let Some(id) = id else { return Ok(()) };
        if !is_id(prefix, id) {
            let message = format!(
                "`{id}` is not an id; give `{prefix}` and eight lower case letters and digits"
            );
            return Err(ScenarioError::new(message).at("id"));
        }
        if self.cloud.choose_id(account, id) {
            return Ok(());
        }
        let message = format!("`{id}` is the id of another resource; give each its own");
        Err(ScenarioError::new(message).at("id"))
    }

    /// Sends a request of an account; returns the response.
    pub(super) fn request<A: Action>(
        &mut self,
        who: (AccountId, &'static Region),
        parameters: Value,
        time: RequestTime,
    ) -> Result<Value> {
        self.request_with::<A>(who, parameters, time, None)
    }

    /// Like [`Self::request`], with a fault of the cloud.
    pub(super) fn request_with<A: Action>(
        &mut self,
        (account, region): (AccountId, &'static Region),
        parameters: Value,
        time: RequestTime,
        fault: Option<CloudFault>,
    ) -> Result<Value> {
        let action = A::INFO;
        let request = ScenarioRequest { account, region, action, parameters, time, fault };
        self.cloud.request(request).map_err(|error| {
            let (code, message) = (error.code, error.message);
            ScenarioError::new(format!("{} ends with {code}: {message}", A::INFO.name))
        })
    }

    /// Adds a resource to the result.
    pub(super) fn record(
        &mut self,
        (account, region): (AccountId, &'static Region),
        kind: &'static str,
        name: &str,
        id: String,
        count: u64,
    ) {
        let region = Some(region.name).filter(|_| kind != "key_pairs");
        let (account, name) = (account.uin(), name.to_owned());
        self.created.push(CreatedResource { account, region, kind, name, id, count });
    }
}

/// A text of a response.
pub(super) fn text(response: &Value, pointer: &str) -> String {
    response.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Tags as requests have them.
pub(super) fn tags<'t>(tags: impl IntoIterator<Item = (&'t String, &'t String)>) -> Value {
    tags.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// A place in a list.
pub(super) fn item(list: &str, index: usize) -> String {
    format!("{list}[{index}]")
}
