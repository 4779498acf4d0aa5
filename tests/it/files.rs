//! Requests and models that a program reads from its files, and writes into them, with serde.

use std::collections::{BTreeSet, HashSet};

use cvm_models::actions::{DescribeInstancesResponse, RunInstances, TerminateInstances};
use cvm_models::enums::InstanceChargeType;
use cvm_models::error_code;
use cvm_models::types::{DataDisk, LoginSettings, Placement};
use cvm_protocol::{ErrorCode, Kind, ModelInfo, Record, Revealed, json};
use serde_json::Value;

const JSON: &str = r#"{
  "InstanceChargeType": "POSTPAID_BY_HOUR",
  "Placement": { "Zone": "ap-guangzhou-3" },
  "DataDisks": [ { "DiskSize": 50 }, { "DiskSize": 100 } ]
}"#;

const TOML: &str = r#"
InstanceChargeType = "POSTPAID_BY_HOUR"
Placement = { Zone = "ap-guangzhou-3" }

[[DataDisks]]
DiskSize = 50

[[DataDisks]]
DiskSize = 100
"#;

const YAML: &str = r#"
InstanceChargeType: POSTPAID_BY_HOUR
Placement:
  Zone: ap-guangzhou-3
DataDisks:
- DiskSize: 50
- DiskSize: 100
"#;

/// Reads a request in each format. Each text is changed with `edit` before.
fn read(edit: impl Fn(&str) -> String) -> [Result<RunInstances, String>; 3] {
    [
        serde_json::from_str(&edit(JSON)).map_err(|error| error.to_string()),
        toml::from_str(&edit(TOML)).map_err(|error| error.to_string()),
        serde_yaml_ng::from_str(&edit(YAML)).map_err(|error| error.to_string()),
    ]
}

#[test]
fn request_is_the_same_in_every_format() {
    let disk = |size| DataDisk { disk_size: Some(size), ..Default::default() };
    let expected = RunInstances {
        instance_charge_type: Some(InstanceChargeType::PostpaidByHour),
        placement: Some(Placement { zone: "ap-guangzhou-3".into(), ..Default::default() }),
        data_disks: vec![disk(50), disk(100)],
        ..Default::default()
    };
    for request in read(str::to_owned) {
        assert_eq!(request.unwrap(), expected);
    }
    assert_eq!(
        serde_json::from_str(&serde_json::to_string(&expected).unwrap()).ok(),
        Some(expected)
    );
}

#[test]
fn request_refuses_misspelled_members_at_any_depth() {
    for (old, new, message) in [
        (
            "InstanceChargeType",
            "InstanceChargeTyp",
            "`InstanceChargeTyp` is not a member of RunInstances; did you mean `InstanceChargeType`",
        ),
        ("Zone", "zone", "`Placement.zone` is not a member of Placement; did you mean `Zone`?"),
        (
            "DiskSize",
            "DiskSise",
            "`DataDisks.0.DiskSise` is not a member of DataDisk; did you mean `DiskSize`",
        ),
        ("Placement", "Whatever", "`Whatever` is not a member of RunInstances"),
    ] {
        for request in read(|text| text.replace(old, new)) {
            let error = request.unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }
}

#[test]
fn request_refuses_null_items_which_would_become_empty_ones() {
    for text in [r#"{ "InstanceIds": [null] }"#, r#"{ "InstanceIds": ["ins-1", null] }"#] {
        let error = serde_json::from_str::<TerminateInstances>(text).unwrap_err().to_string();
        assert!(error.contains("is null: remove the item, or set a value"), "{error}");
    }
    let error =
        serde_yaml_ng::from_str::<TerminateInstances>("InstanceIds:\n-\n- ins-1").unwrap_err();
    assert!(error.to_string().contains("`InstanceIds.0` is null"), "{error}");
    let text = r#"{ "DataDisks": [null, { "DiskSize": 10 }] }"#;
    let error = serde_json::from_str::<RunInstances>(text).unwrap_err().to_string();
    assert!(error.contains("`DataDisks.0` is null"), "{error}");
    // Null in place of a member means that it is not given.
    let text = r#"{ "DataDisks": null, "InstanceName": null }"#;
    assert_eq!(serde_json::from_str::<RunInstances>(text).unwrap(), RunInstances::default());
}

#[test]
fn wrong_kind_names_its_member_in_every_format() {
    for (text, path) in [
        (r#"{"DataDisks":[{"DiskSize":true}]}"#, "DataDisks.0.DiskSize"),
        (r#"{"DataDisks":[{"DiskSize":20},{"DiskSize":1.5}]}"#, "DataDisks.1.DiskSize"),
        (r#"{"DataDisks":[{"DiskSize":"many"}]}"#, "DataDisks.0.DiskSize"),
        (r#"{"DataDisks":[{"DiskSize":18446744073709551615}]}"#, "DataDisks.0.DiskSize"),
        (r#"{"DataDisks":[[]]}"#, "DataDisks.0"),
        (r#"{"DataDisks":["disk"]}"#, "DataDisks.0"),
        (r#"{"DataDisks":{}}"#, "DataDisks"),
        (r#"{"DataDisks":7}"#, "DataDisks"),
        (r#"{"Placement":"zone"}"#, "Placement"),
        (r#"{"Placement":{"Zone":["zone"]}}"#, "Placement.Zone"),
        (r#"{"DryRun":1}"#, "DryRun"),
        (r#"{"InstanceName":{}}"#, "InstanceName"),
        (r#"{"InstanceName":110}"#, "InstanceName"),
        (r#"{"InstanceName":1.10}"#, "InstanceName"),
    ] {
        let value: Value = serde_json::from_str(text).unwrap();
        // JSON is YAML, too.
        let yaml: serde_yaml_ng::Value = serde_yaml_ng::from_str(text).unwrap();
        for error in [
            serde_json::from_str::<RunInstances>(text).unwrap_err().to_string(),
            serde_json::from_value::<RunInstances>(value).unwrap_err().to_string(),
            serde_yaml_ng::from_str::<RunInstances>(text).unwrap_err().to_string(),
            serde_yaml_ng::from_value::<RunInstances>(yaml).unwrap_err().to_string(),
        ] {
            assert!(error.contains(&format!("`{path}`")), "{text}: {error}");
        }
    }
    let toml = "DataDisks = [{ DiskSize = true }]";
    let error = toml::from_str::<RunInstances>(toml).unwrap_err().to_string();
    assert!(error.contains("`DataDisks.0.DiskSize`: expected an integer"), "{error}");
    let text = r#"{"DryRun":true,"Placement":{"Zone":"a","Zone":"b"}}"#;
    let error = serde_json::from_str::<RunInstances>(text).unwrap_err().to_string();
    assert!(error.contains("`Placement.Zone` is given twice"), "{error}");
}

/// A request with every member of every object.
fn complete(table: &'static ModelInfo) -> Value {
    table.members.iter().map(|field| (field.wire.to_owned(), of_kind(&field.kind))).collect()
}

fn of_kind(kind: &'static Kind) -> Value {
    match kind {
        Kind::Str => "text".into(),
        Kind::I64 | Kind::U64 => 1.into(),
        Kind::F64 => 0.5.into(),
        Kind::Bool => true.into(),
        Kind::Object(table) => complete(table),
        Kind::List(item) => vec![of_kind(item)].into(),
    }
}

/// The paths of all values in a value.
fn paths(value: &Value, path: &str, found: &mut Vec<String>) {
    let step = |step: &str| if path.is_empty() { step.into() } else { format!("{path}.{step}") };
    if !path.is_empty() {
        found.push(path.to_owned());
    }
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| paths(member, &step(name), found));
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(index, item)| paths(item, &step(&index.to_string()), found));
        }
        _ => {}
    }
}

#[test]
fn wrong_kinds_and_null_items_are_refused_at_every_place_of_every_request() {
    for info in cvm_models::ACTIONS {
        let whole = complete(info.request);
        let read =
            |request: &Value| json::request_from_value(&mut Record::new(info.request), request);
        read(&whole).unwrap_or_else(|error| panic!("{}: {error}", info.name));
        let mut places = Vec::new();
        paths(&whole, "", &mut places);
        for path in places {
            let changed = |value: Value| {
                let mut changed = whole.clone();
                *changed.pointer_mut(&format!("/{}", path.replace('.', "/"))).unwrap() = value;
                changed
            };
            // No member is a list of lists.
            let error = read(&changed(serde_json::json!([[]]))).unwrap_err().to_string();
            assert!(error.contains(&format!("`{path}")), "{}: {error}", info.name);
            let result = read(&changed(Value::Null));
            let is_item = path.rsplit('.').next().unwrap().bytes().all(|b| b.is_ascii_digit());
            match result {
                Ok(()) => assert!(!is_item, "{}: null is accepted at `{path}`", info.name),
                Err(error) => {
                    let text = format!("`{path}` is null: remove the item, or set a value");
                    assert_eq!(error.to_string(), text, "{}", info.name);
                }
            }
        }
    }
}

#[test]
fn request_refuses_numbers_and_booleans_for_texts() {
    for (member, value) in [
        ("InstanceName", "0x10"),
        ("HostName", "True"),
        ("InstanceName", "1.10"),
        ("ClientToken", "12345678901234567890123"),
        ("InstanceChargeType", "1"),
        ("LoginSettings", "{Password: 0x1F2E3D4C}"),
    ] {
        let text = format!("{member}: {value}");
        let error = serde_yaml_ng::from_str::<RunInstances>(&text).unwrap_err().to_string();
        // Of a fraction, or a number of more than 64 bits, not even the digits are known.
        assert!(error.contains("in quotes") || error.contains("give it as text"), "{error}");
        assert!(!error.contains("1F2E3D4C") && !error.contains("523124044"), "{error}");
    }
    let quoted = serde_yaml_ng::from_str::<RunInstances>("InstanceName: '0x10'").unwrap();
    assert_eq!(quoted.instance_name.as_deref(), Some("0x10"));
    assert!(serde_json::from_str::<RunInstances>(r#"{ "InstanceName": 110 }"#).is_err());
    // Numbers as texts lose nothing.
    let count = serde_json::from_str::<RunInstances>(r#"{ "InstanceCount": "2" }"#).unwrap();
    assert_eq!(count.instance_count, Some(2));
}

#[test]
fn request_accepts_values_newer_than_this_crate() {
    for request in read(|text| text.replace("POSTPAID_BY_HOUR", "PAID_BY_SECOND")) {
        let charged = request.unwrap().instance_charge_type.unwrap();
        assert_eq!(charged, "PAID_BY_SECOND");
        assert!(matches!(charged, InstanceChargeType::Unknown(_)));
    }
}

#[test]
fn responses_shared_types_and_the_engine_accept_unknown_members() {
    let text = r#"{ "Zone": "ap-guangzhou-3", "Rack": 7 }"#;
    assert_eq!(serde_json::from_str::<Placement>(text).unwrap().zone, "ap-guangzhou-3");
    let text = r#"{ "TotalCount": 1, "InstanceSet": [{ "Placement": { "Rack": 7 } }], "New": 1 }"#;
    let response: DescribeInstancesResponse = serde_json::from_str(text).unwrap();
    assert_eq!(response.total_count, 1);
    let mut request = RunInstances::default();
    let report = json::from_slice(&mut request, br#"{ "Placement": { "Rack": 7 } }"#).unwrap();
    assert_eq!(report.unknown_members().collect::<Vec<_>>(), ["Placement.Rack"]);
}

#[test]
fn a_secret_that_is_set_is_not_serialized_by_accident() {
    let login = LoginSettings { password: Some("Secret123".into()), ..Default::default() };
    let mut request = RunInstances { login_settings: Some(login), ..Default::default() };
    let results = [
        serde_json::to_string(&request).map_err(|error| error.to_string()),
        toml::to_string(&request).map_err(|error| error.to_string()),
        serde_yaml_ng::to_string(&request).map_err(|error| error.to_string()),
    ];
    for result in results {
        let error = result.unwrap_err();
        assert!(error.contains("`LoginSettings.Password` is a secret"), "{error}");
        assert!(error.contains("Revealed(&value)") && !error.contains("Secret123"), "{error}");
    }
    let revealed = serde_json::to_string(&Revealed(&request)).unwrap();
    assert_eq!(revealed, r#"{"LoginSettings":{"Password":"Secret123"}}"#);
    assert!(!format!("{:?}", Revealed(&request)).contains("Secret123"));
    assert_eq!(serde_json::from_str::<RunInstances>(&revealed).unwrap(), request);
    assert_eq!(json::to_vec(&request).unwrap(), revealed.as_bytes(), "requests have their secrets");

    request.login_settings =
        Some(LoginSettings { password: Some("".into()), ..Default::default() });
    assert_eq!(serde_json::to_string(&request).unwrap(), r#"{"LoginSettings":{"Password":""}}"#);
}

#[test]
fn error_about_a_secret_does_not_contain_it() {
    let text = r#"{ "LoginSettings": { "Password": { "value": "Secret123" } } }"#;
    let error = serde_json::from_str::<RunInstances>(text).unwrap_err().to_string();
    assert!(!error.contains("Secret123"), "{error}");
    let error = serde_json::from_str::<cvm_protocol::Sensitive>("123456").unwrap_err().to_string();
    assert!(!error.contains("123456"), "{error}");
}

#[test]
fn enums_and_error_codes_are_texts_with_an_order() {
    let hourly: InstanceChargeType = "POSTPAID_BY_HOUR".parse().unwrap();
    assert_eq!(hourly, "POSTPAID_BY_HOUR");
    assert_eq!(InstanceChargeType::from("POSTPAID_BY_HOUR".to_owned()), hourly);
    assert_eq!(InstanceChargeType::Unknown("POSTPAID_BY_HOUR".into()), hourly, "by its text");
    let values: BTreeSet<_> =
        InstanceChargeType::VALUES.iter().map(|value| InstanceChargeType::from(*value)).collect();
    let texts: Vec<&str> = values.iter().map(InstanceChargeType::as_str).collect();
    assert!(texts.is_sorted() && texts.len() == InstanceChargeType::VALUES.len(), "{texts:?}");
    let text = serde_json::to_string(&values).unwrap();
    assert_eq!(serde_json::from_str::<BTreeSet<InstanceChargeType>>(&text).unwrap(), values);

    let code: ErrorCode = serde_json::from_str(r#""InvalidZone.MismatchRegion""#).unwrap();
    assert_eq!(code, error_code::INVALID_ZONE_MISMATCH_REGION);
    assert_eq!(serde_json::to_string(&code).unwrap(), r#""InvalidZone.MismatchRegion""#);
    assert!("A.B".parse::<ErrorCode>().unwrap() < code);
}

#[test]
fn equal_models_have_equal_hashes() {
    let placement = |zone: &str| Placement { zone: zone.into(), ..Default::default() };
    let request = |zone| RunInstances {
        placement: Some(placement(zone)),
        data_disks: vec![DataDisk::default()],
        ..Default::default()
    };
    let set: HashSet<RunInstances> = [request("a"), request("b"), request("a")].into();
    assert_eq!(set.len(), 2);
    assert!(set.contains(&request("b")) && !set.contains(&request("c")));
    // Text moves from one member to the next.
    let host = Placement { zone: "a".into(), host_id: Some("b".into()), ..Default::default() };
    assert_eq!(HashSet::from([placement("ab"), placement("a"), host]).len(), 3);
}
