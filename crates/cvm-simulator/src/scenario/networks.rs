//! The VPCs, subnets, security groups and images of a scenario.

use cvm_models::actions::{ImportImage, ModifyImageSharePermission};
use serde_json::{Value, json};
use vpc_models::actions::{
    CreateSecurityGroup, CreateSecurityGroupPolicies, CreateSubnet, CreateVpc,
};

use super::cloud::RequestTime;
use super::content::{
    ScenarioImage, ScenarioRule, ScenarioSecurityGroup, ScenarioSubnet, ScenarioVpc,
};
use super::error::ScenarioError;
use super::run::{Result, Run, Scope, item, tags, text};

/// An image that is shared: the number of the account that sees it, the region, the name and the id.
pub(super) type SharedImage<'a> = (u64, &'static str, &'a str, String);

impl<'a> Run<'a> {
    pub(super) fn create_networks(&mut self, scope: &mut Scope<'a>) -> Result<()> {
        let content = scope.content;
        for (index, vpc) in content.vpcs.iter().enumerate() {
            self.create_vpc(scope, vpc).map_err(|error| error.at(&item("vpcs", index)))?;
        }
        for (index, group) in content.security_groups.iter().enumerate() {
            let created = self.create_security_group(scope, group);
            created.map_err(|error| error.at(&item("security_groups", index)))?;
        }
        Ok(())
    }

    fn create_vpc(&mut self, scope: &mut Scope<'a>, vpc: &'a ScenarioVpc) -> Result<()> {
        let who = (scope.account, scope.region);
        self.choose_id(scope.account, "vpc-", vpc.id.as_deref())?;
        let parameters =
            json!({"VpcName": vpc.name, "CidrBlock": vpc.cidr, "Tags": tags(&vpc.tags)});
        let time = RequestTime::Done(scope.begins);
        let vpc_id = text(&self.request::<CreateVpc>(who, parameters, time)?, "/Vpc/VpcId");
        scope.vpcs.add(&vpc.name, Some(&vpc_id))?;
        self.record(who, "vpcs", &vpc.name, vpc_id.clone(), 1);
        for (index, subnet) in vpc.subnets.iter().enumerate() {
            let created = self.create_subnet(scope, &vpc_id, subnet);
            created.map_err(|error| error.at(&item("subnets", index)))?;
        }
        Ok(())
    }

    fn create_subnet(
        &mut self,
        scope: &mut Scope<'a>,
        vpc_id: &str,
        subnet: &'a ScenarioSubnet,
    ) -> Result<()> {
        let who = (scope.account, scope.region);
        self.choose_id(scope.account, "subnet-", subnet.id.as_deref())?;
        let ScenarioSubnet { name, zone, cidr, .. } = subnet;
        let parameters = json!({"VpcId": vpc_id, "SubnetName": name, "Zone": zone,
            "CidrBlock": cidr, "Tags": tags(&subnet.tags)});
        let time = RequestTime::Done(scope.begins);
        let made = self.request::<CreateSubnet>(who, parameters, time)?;
        let subnet_id = text(&made, "/Subnet/SubnetId");
        scope.subnets.add(name, Some(&subnet_id))?;
        scope.locations.insert(subnet_id.clone(), (vpc_id.to_owned(), zone));
        self.record(who, "subnets", name, subnet_id, 1);
        Ok(())
    }

    fn create_security_group(
        &mut self,
        scope: &mut Scope<'a>,
        group: &'a ScenarioSecurityGroup,
    ) -> Result<()> {
        let who = (scope.account, scope.region);
        let time = RequestTime::Done(scope.begins);
        self.choose_id(scope.account, "sg-", group.id.as_deref())?;
        let description = Some(group.description.as_str()).filter(|text| !text.is_empty());
        let parameters = json!({"GroupName": group.name,
            "GroupDescription": description.unwrap_or(&group.name), "Tags": tags(&group.tags)});
        let made = self.request::<CreateSecurityGroup>(who, parameters, time)?;
        let group_id = text(&made, "/SecurityGroup/SecurityGroupId");
        scope.security_groups.add(&group.name, Some(&group_id))?;
        self.record(who, "security_groups", &group.name, group_id.clone(), 1);
        for (direction, list, rules) in
            [("Ingress", "ingress", &group.ingress), ("Egress", "egress", &group.egress)]
        {
            if rules.is_empty() {
                continue;
            }
            // A request adds rules in front of the others, in their order.
            let policies: Vec<Value> = rules.iter().map(policy).collect();
            let parameters = json!({"SecurityGroupId": group_id,
                "SecurityGroupPolicySet": {direction: policies}});
            let added = self.request::<CreateSecurityGroupPolicies>(who, parameters, time);
            added.map_err(|error| error.at(list))?;
        }
        Ok(())
    }

    /// Creates the images of all accounts. Returns those that accounts of the scenario see.
    pub(super) fn create_images(
        &mut self,
        accounts: &mut [Vec<Scope<'a>>],
    ) -> Result<Vec<SharedImage<'a>>> {
        let mut shared = Vec::new();
        for scope in accounts.iter_mut().flatten() {
            for (index, image) in scope.content.images.iter().enumerate() {
                let created = self.create_image(scope, image);
                let created = created.map_err(|error| error.at(&item("images", index)));
                shared.extend(created.map_err(|error| scope.error(error))?);
            }
        }
        Ok(shared)
    }

    fn create_image(
        &mut self,
        scope: &mut Scope<'a>,
        image: &'a ScenarioImage,
    ) -> Result<Vec<SharedImage<'a>>> {
        let who = (scope.account, scope.region);
        let time = RequestTime::Done(scope.begins);
        self.choose_id(scope.account, "img-", image.id.as_deref())?;
        let mut parameters = json!({"ImageName": image.name, "OsType": image.os,
            "OsVersion": image.version, "Architecture": image.architecture,
            "ImageUrl": "https://scenario-1250000000.cos.ap-guangzhou.myqcloud.com/image.qcow2"});
        for (member, value) in
            [("ImageDescription", &image.description), ("ImageFamily", &image.family)]
        {
            if let (Some(value), Some(members)) = (value, parameters.as_object_mut()) {
                members.insert(member.to_owned(), json!(value));
            }
        }
        if let (false, Some(members)) = (image.tags.is_empty(), parameters.as_object_mut()) {
            let tags = json!([{"ResourceType": "image", "Tags": tags(&image.tags)}]);
            members.insert("TagSpecification".to_owned(), tags);
        }
        let image_id = text(&self.request::<ImportImage>(who, parameters, time)?, "/ImageId");
        scope.images.add(&image.name, Some(&image_id))?;
        self.record(who, "images", &image.name, image_id.clone(), 1);
        let mut numbers = Vec::new();
        for (index, account) in image.share_with.iter().enumerate() {
            let number = self.account_number(account);
            numbers.push(number.map_err(|error| error.at(&item("share_with", index)))?);
        }
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let accounts: Vec<String> = numbers.iter().map(u64::to_string).collect();
        let parameters =
            json!({"ImageId": image_id, "AccountIds": accounts, "Permission": "SHARE"});
        let done = self.request::<ModifyImageSharePermission>(who, parameters, time);
        done.map_err(|error| error.at("share_with"))?;
        let region = scope.region.name;
        let seen =
            numbers.into_iter().map(|it| (it, region, image.name.as_str(), image_id.clone()));
        Ok(seen.collect())
    }

    /// The number of an account that is given by its name or number.
    fn account_number(&self, account: &str) -> Result<u64> {
        let named = self.account_numbers.get(account).copied();
        named.or_else(|| account.parse().ok()).ok_or_else(|| {
            let message = format!(
                "no account of the scenario has the name `{account}`; give the `name` of an account, \
                 or an account number (UIN)"
            );
            ScenarioError::new(message)
        })
    }
}

fn policy(rule: &ScenarioRule) -> Value {
    let ScenarioRule { protocol, port, cidr, action, description } = rule;
    json!({"Protocol": protocol, "Port": port, "CidrBlock": cidr, "Action": action,
        "PolicyDescription": description.as_deref().unwrap_or_default()})
}
