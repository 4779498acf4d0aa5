//! Compares the responses of the emulator with the published samples, member by member: which members there are, and
//! which of them are null, empty or 0.
//!
//! The samples are those of `published`. They contain no text of the vendor: for each sample of the `examples.json`
//! beside the published model, the action, the JSON of the request, and the content of `Response` with at most two
//! items of each list. The responses of the emulator are those to the valid requests of `baseline`. `neighbor_shapes`
//! does the same for the other services.
//!
//! Each difference is one that the model info explains, or has a row in `EXPLAINED`, which names a decision of the
//! emulator.

use std::collections::{BTreeMap, BTreeSet};

use cvm_protocol::{FieldInfo, Kind, ModelInfo};
use serde_json::{Value, json};

use crate::baseline::{Fixture, baselines};
use crate::published::samples;
use crate::raw_requests;

/// The form of a member in one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    Absent,
    Null,
    EmptyText,
    EmptyList,
    EmptyObject,
    Zero,
    Value,
}

use Form::{Absent, EmptyList, EmptyObject, EmptyText, Null, Zero};

impl Form {
    fn of(value: Option<&Value>) -> Self {
        match value {
            None => Absent,
            Some(Value::Null) => Null,
            Some(Value::String(text)) if text.is_empty() => EmptyText,
            Some(Value::Array(items)) if items.is_empty() => EmptyList,
            Some(Value::Object(members)) if members.is_empty() => EmptyObject,
            Some(Value::Number(number)) if number.as_f64() == Some(0.0) => Zero,
            Some(_) => Self::Value,
        }
    }
}

/// A member in all responses of an action.
pub struct Member {
    /// The model that it belongs to.
    model: &'static str,
    field: &'static FieldInfo,
    forms: BTreeSet<Form>,
}

/// The members of all responses of an action, by path.
pub type Shape = BTreeMap<String, Member>;

/// The shapes of the responses of a service, by action.
pub type Shapes = BTreeMap<&'static str, Shape>;

/// Adds the members of a response to a shape.
pub fn add(shape: &mut Shape, table: &'static ModelInfo, path: &str, object: &Value) {
    for field in table.members.iter().filter(|field| field.wire != "RequestId") {
        let path = format!("{path}.{}", field.wire);
        let value = object.get(field.wire);
        let member = shape.entry(path.clone()).or_insert_with(|| Member {
            model: table.name,
            field,
            forms: BTreeSet::new(),
        });
        member.forms.insert(Form::of(value));
        if let (Kind::Object(table), Some(value)) = (field.kind.innermost(), value) {
            for object in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice) {
                // A null has no members.
                if object.is_object() {
                    add(shape, table, &path, object);
                }
            }
        }
    }
}

/// How the forms of a member differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The samples have it; the emulator never does.
    Omitted,
    /// The samples never have it; the emulator does.
    Added,
    /// The samples always have it; the emulator does not.
    SometimesOmitted,
    /// The emulator has null; the samples have a value.
    Null,
    /// The samples have null; the emulator has something empty.
    NotNull,
    /// The emulator never has an item or a member of it.
    Unfilled,
}

fn difference(theirs: &BTreeSet<Form>, ours: &BTreeSet<Form>) -> Option<Difference> {
    let is_only = |forms: &BTreeSet<Form>, form: Form| forms.iter().all(|it| *it == form);
    let is_new = |form: &Form| ours.contains(form) && !theirs.contains(form);
    if is_only(theirs, Absent) {
        return (!is_only(ours, Absent)).then_some(Difference::Added);
    }
    if is_only(ours, Absent) {
        return (!theirs.contains(&Absent)).then_some(Difference::Omitted);
    }
    if is_new(&Absent) {
        return Some(Difference::SometimesOmitted);
    }
    if is_new(&Null) {
        return Some(Difference::Null);
    }
    let is_null_there = theirs.contains(&Null) && !ours.contains(&Null);
    if is_null_there && [EmptyText, EmptyList, EmptyObject, Zero].iter().any(is_new) {
        return Some(Difference::NotNull);
    }
    let is_filled = |forms: &BTreeSet<Form>| forms.contains(&Form::Value);
    let is_empty = ours.contains(&EmptyList) || ours.contains(&EmptyObject);
    (is_filled(theirs) && !is_filled(ours) && is_empty).then_some(Difference::Unfilled)
}

/// Whether the published model itself explains a difference: a member that can be null is null without a value, and
/// one that is always present is there.
fn is_modeled(difference: Difference, member: &Member) -> bool {
    match difference {
        Difference::Null => member.field.nullable,
        Difference::Added => {
            let is_null = member.field.nullable && !member.forms.contains(&Form::Value);
            member.field.always_present || is_null
        }
        _ => false,
    }
}

/// A difference of a member in the responses of one action, or of all actions (`*`), with the decision that explains
/// it. A member is named with its model.
pub type Explained = (&'static str, &'static str, Difference, Decision);

/// The topic of a decision, and how its text begins.
pub type Decision = (&'static str, &'static str);

const NEWER: Decision = ("responses", "members that are newer");
const APPLICABLE: Decision = ("prices", "so it is for the other actions");
const SOME: Decision = ("DescribeInstances", "members that only some instances have");
const TEMPLATE: Decision = ("DescribeLaunchTemplateVersions", "every member that the template has");

#[rustfmt::skip]
const EXPLAINED: &[Explained] = &[
    ("*", "InstanceTypeConfig.GpuMemory", Difference::Added, NEWER),
    ("*", "InstanceTypeConfig.GpuType", Difference::Added, NEWER),
    ("ConvertOperatingSystems", "ConvertOperatingSystemsResponse.SupportTargetOSList", Difference::Omitted, ("ConvertOperatingSystems", "SupportTargetOSList is only in the response to a dry run")),
    ("CreateDisasterRecoverGroup", "CreateDisasterRecoverGroupResponse.PartitionCount", Difference::SometimesOmitted, ("placement groups", "PartitionCount is only shown")),
    ("CreateHpcCluster", "HpcClusterInfo.HpcClusterBusinessId", Difference::SometimesOmitted, ("HPC clusters", "HpcClusterBusinessId is only shown")),
    ("DescribeChcHosts", "ChcHost.LatestOperation", Difference::Added, NEWER),
    ("DescribeChcHosts", "ChcHost.LatestOperationState", Difference::Added, NEWER),
    ("DescribeChcHosts", "ChcHost.NetworkMode", Difference::Added, NEWER),
    ("DescribeChcHosts", "ChcHost.Tags", Difference::Unfilled, ("CHC hosts", "no host has tags")),
    ("DescribeChcHosts", "VirtualPrivateCloud.PrivateIpAddresses", Difference::SometimesOmitted, ("CHC hosts", "a network that is not set up has no PrivateIpAddresses")),
    ("DescribeDisasterRecoverGroupQuota", "DescribeDisasterRecoverGroupQuotaResponse.CvmInSwGroupQuota", Difference::Added, ("DescribeDisasterRecoverGroupQuota", "CvmInSwGroupQuota, an older name")),
    ("DescribeDisasterRecoverGroups", "DisasterRecoverGroup.PartitionCount", Difference::Added, NEWER),
    ("DescribeDisasterRecoverGroups", "DisasterRecoverGroup.Strategy", Difference::Added, NEWER),
    ("DescribeImages", "Image.ImageDeprecated", Difference::Added, NEWER),
    ("DescribeImages", "Image.ImageFamily", Difference::Added, NEWER),
    ("DescribeInstances", "Instance.DisasterRecoverGroupIds", Difference::Added, NEWER),
    ("DescribeInstances", "Instance.HostName", Difference::Added, NEWER),
    ("DescribeInstances", "DataDisk.BurstPerformance", Difference::Added, SOME),
    ("DescribeInstances", "DataDisk.DiskName", Difference::Added, SOME),
    ("DescribeInstances", "DataDisk.SnapshotId", Difference::Added, SOME),
    ("DescribeInstances", "Instance.CpuTopology", Difference::Added, SOME),
    ("DescribeInstances", "Instance.EnableJumboFrame", Difference::Added, SOME),
    ("DescribeInstances", "Instance.Metadata", Difference::Added, SOME),
    ("DescribeInstances", "Instance.PartitionNumber", Difference::Added, SOME),
    ("DescribeInstances", "Instance.PublicIPv6Addresses", Difference::Added, SOME),
    ("DescribeInstances", "Placement.DedicatedResourcePackIds", Difference::Added, SOME),
    ("DescribeInstances", "Placement.DedicatedResourcePackTenancy", Difference::Added, SOME),
    ("DescribeInstances", "Placement.RackId", Difference::Added, SOME),
    ("DescribeInstances", "SystemDisk.DiskName", Difference::Added, SOME),
    ("DescribeInstances", "SystemDisk.Encrypt", Difference::Added, NEWER),
    ("DescribeInstances", "SystemDisk.KmsKeyId", Difference::Added, NEWER),
    ("DescribeLaunchTemplateVersions", "*", Difference::Added, TEMPLATE),
    ("DescribeLaunchTemplateVersions", "*", Difference::SometimesOmitted, TEMPLATE),
    ("DescribeResourcePoolPacks", "DescribeResourcePoolPacksResponse.NextToken", Difference::Added, ("DescribeResourcePoolPacks", "NextToken is empty on the last page")),
    ("ImportImage", "ImportImageResponse.ImageId", Difference::Added, NEWER),
    ("InquirePricePurchaseResourcePoolPacks", "ItemPrice.*", Difference::Added, APPLICABLE),
    ("InquiryPriceModifyInstancesChargeType", "ItemPrice.*", Difference::Added, APPLICABLE),
    ("InquiryPriceModifyInstancesChargeType", "Price.BandwidthPrice", Difference::Added, APPLICABLE),
    ("InquiryPriceRenewHosts", "ItemPrice.*", Difference::Added, APPLICABLE),
    ("InquiryPriceRenewInstances", "ItemPrice.*", Difference::Added, APPLICABLE),
    ("InquiryPriceRenewInstances", "Price.BandwidthPrice", Difference::Added, APPLICABLE),
    ("InquiryPriceResetInstance", "ItemPrice.*", Difference::Added, APPLICABLE),
    ("InquiryPriceResetInstancesInternetMaxBandwidth", "ItemPrice.*", Difference::Added, APPLICABLE),
    ("InquiryPriceResetInstancesType", "ItemPrice.*", Difference::Added, APPLICABLE),
];

fn explains(
    (action, member, kind, _): &Explained,
    of: &str,
    at: &Member,
    found: Difference,
) -> bool {
    let is_member = match member.strip_suffix('*') {
        Some(prefix) => format!("{}.", at.model).starts_with(prefix),
        None => *member == format!("{}.{}", at.model, at.field.wire),
    };
    (*action == "*" || *action == of) && *kind == found && is_member
}

/// The responses of the emulator, by action.
#[derive(Default)]
struct Responses(Shapes);

impl Responses {
    fn add(&mut self, action: &str, response: &Value) {
        let info = cvm_models::action(action).unwrap();
        add(self.0.entry(info.name).or_default(), info.response, "", response);
    }

    /// Sends a request, which must succeed.
    async fn send(&mut self, fixture: &Fixture, action: &str, request: &Value) {
        let response = fixture.cloud.send(raw_requests::json(action, request)).await;
        assert_eq!(response.code(), None, "{action}: {}", response.message());
        self.add(action, response.members());
    }

    /// Adds what the Describe actions show of a fixture.
    async fn add_resources(&mut self, fixture: &Fixture) {
        for (query, response) in fixture.all_resources().await {
            // What a request has deleted is an error.
            if response["Error"].is_null() {
                self.add(query.split(' ').next().unwrap(), &response);
            }
        }
    }
}

async fn responses() -> Responses {
    let mut responses = Responses::default();
    let unchanged = Fixture::new().await;
    responses.add_resources(&unchanged).await;
    for baseline in baselines().filter(|baseline| baseline.rejected().is_none()) {
        if baseline.changes() {
            let own = Fixture::new().await;
            responses.send(&own, baseline.action, &(baseline.request)(&own)).await;
            own.cloud.wait_a_minute();
            responses.add_resources(&own).await;
        } else {
            let request = (baseline.request)(&unchanged);
            responses.send(&unchanged, baseline.action, &request).await;
        }
    }
    // Instances on a host and in a pack.
    for (charge_type, kind, placement) in [
        ("CDHPAID", "CDH_1C1G", json!({ "HostIds": [unchanged.host] })),
        (
            "POSTPAID_BY_HOUR",
            "S5.MEDIUM4",
            json!({
                "DedicatedResourcePackTenancy": "ResourcePool",
                "DedicatedResourcePackIds": [unchanged.resource_pack],
            }),
        ),
    ] {
        let mut request = json!({
            "Placement": placement, "ImageId": "img-pmqg1cw7", "InstanceChargeType": charge_type,
            "InstanceType": kind,
        });
        request["Placement"]["Zone"] = json!("ap-guangzhou-3");
        responses.send(&unchanged, "RunInstances", &request).await;
    }
    responses.add_resources(&unchanged).await;
    responses
}

/// The differences between the samples and the responses that neither the model info nor a row explains, the rows that
/// explain none, and the number of compared members.
pub fn compare(theirs: &Shapes, ours: &Shapes, rows: &[Explained]) -> (Vec<String>, usize) {
    let (mut unexplained, mut used, mut compared) = (Vec::new(), BTreeSet::new(), 0);
    for (action, shape) in theirs {
        let Some(ours) = ours.get(action) else { continue };
        for (path, member) in shape {
            // A member of something that the emulator never has: the difference is that.
            let Some(own) = ours.get(path) else { continue };
            compared += 1;
            let Some(found) = difference(&member.forms, &own.forms) else { continue };
            let rows = rows.iter().enumerate();
            let explaining: Vec<_> =
                rows.filter(|(_, row)| explains(row, action, own, found)).map(|it| it.0).collect();
            if explaining.is_empty() && !is_modeled(found, own) {
                let (samples, emulator) = (&member.forms, &own.forms);
                unexplained.push(format!(
                    "{action}{path} ({}.{}): {found:?}: samples {samples:?}, emulator {emulator:?}",
                    own.model, own.field.wire
                ));
            }
            used.extend(explaining);
        }
    }
    let unused = rows.iter().enumerate().filter(|(index, _)| !used.contains(index));
    unexplained.extend(unused.map(|(_, row)| format!("no such difference: {row:?}")));
    (unexplained, compared)
}

/// Asserts that each row names a decision of the emulator.
pub fn assert_decisions(rows: &[Explained]) {
    for (.., (topic, text)) in rows {
        let is_there = cvm_emulator::decisions()
            .any(|decision| decision.topic == *topic && decision.behavior.starts_with(text));
        assert!(is_there, "{topic}: {text}");
    }
}

#[tokio::test]
async fn responses_have_the_members_of_the_samples_in_the_same_form() {
    let Responses(ours) = responses().await;
    let mut theirs = Shapes::new();
    for sample in samples() {
        let info = sample.info();
        add(theirs.entry(info.name).or_default(), info.response, "", &sample.response);
    }
    let (mut problems, compared) = compare(&theirs, &ours, EXPLAINED);
    // A response without members has only the id of its request.
    let with_members = theirs.iter().filter(|(_, shape)| !shape.is_empty());
    let absent = with_members.filter(|(action, _)| !ours.contains_key(*action));
    problems.extend(absent.map(|(action, _)| format!("{action}: no response")));
    assert!(problems.is_empty(), "{}\n{}", problems.len(), problems.join("\n"));
    assert!(compared > 600, "{compared}");
}

#[test]
fn explanations_are_decisions_of_the_emulator() {
    assert_decisions(EXPLAINED);
}

#[test]
fn each_kind_of_difference_is_found() {
    let forms = |forms: &[Form]| forms.iter().copied().collect::<BTreeSet<_>>();
    let found = |theirs: &[Form], ours: &[Form]| difference(&forms(theirs), &forms(ours));
    let value = Form::Value;
    for (theirs, ours, expected) in [
        (&[value][..], &[Absent][..], Some(Difference::Omitted)),
        (&[value, Absent], &[Absent], None),
        (&[Absent], &[value, Absent], Some(Difference::Added)),
        (&[value], &[value, Absent], Some(Difference::SometimesOmitted)),
        (&[Zero], &[Null], Some(Difference::Null)),
        (&[EmptyText], &[Null, value], Some(Difference::Null)),
        (&[Null], &[EmptyText], Some(Difference::NotNull)),
        (&[Null], &[value], None),
        (&[value], &[EmptyList], Some(Difference::Unfilled)),
        (&[value, EmptyList], &[value], None),
        (&[value], &[Zero], None),
    ] {
        assert_eq!(found(theirs, ours), expected, "{theirs:?} {ours:?}");
    }
}
