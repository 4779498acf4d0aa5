//! Scenario files, and clouds that start with them.

use cvm_signer::Credential;
use serde_json::{Value, json};

use super::Scenario;
use crate::test_requests::NOW;
use crate::{Builder, Cloud, Emulator, FaultRule, StartError, Timestamp};

fn parse(text: &str) -> Result<Scenario, String> {
    Scenario::parse(text).map_err(|error| error.to_string())
}

fn builder() -> Builder {
    Emulator::builder().seed(1).manual().start_time(Timestamp::from_unix(NOW)).wall_clock(|| NOW)
}

fn states(cloud: &Cloud) -> Vec<(u64, u64)> {
    let used = cloud.simulation().used_regions().into_iter();
    let counts = used.map(|(account, regions)| (account.uin(), regions.len() as u64));
    counts.collect()
}

const YAML: &str = "
catalog:
  stock:
    - { types: [S5.MEDIUM4], zones: [ap-guangzhou-3], status: WithoutStock }
accounts:
  - name: main
    credentials: [{ secret_id: AKIDMAIN, secret_key: key-of-main }]
    regions:
      ap-guangzhou:
        instances:
          - { name: web, count: 2, zone: ap-guangzhou-4, type: S5.MEDIUM4, state: STOPPED, age: 2h }
  - name: partner
    credentials: [{ secret_id: AKIDPARTNER, secret_key: key-of-partner }]
faults:
  - { action: RunInstances, nth: 1, effect: lose_response }
  - { effect: { delay: { ms: 5 } } }
fault_presets: [slow]
";

#[test]
fn yaml_and_json_are_the_same_scenario() {
    let scenario = parse(YAML).unwrap();
    let json = serde_json::to_string_pretty(&*scenario.0).unwrap();
    assert_eq!(parse(&json).unwrap(), scenario);
    assert!(!format!("{scenario:?}").contains("key-of-main"), "{scenario:?}");
    assert_eq!(scenario.0.faults.len(), 2);
}

#[test]
fn file_error_names_the_place_and_the_value() {
    for (text, expected) in [
        ("", "the file is empty"),
        ("accounts: [", "the file is not valid YAML"),
        ("{\"accounts\": [}", "the file is not valid JSON"),
        ("{\"accounts\": [], \"accounts\": []}", "twice"),
        ("accounts: []\naccounts: []", "accounts"),
        ("acounts: []", "unknown field `acounts`"),
        ("accounts:", "accounts: invalid type: null"),
        ("accounts: [{ nam: x }]", "accounts[0].nam: unknown field `nam`"),
        (
            "accounts: [{ regions: { ap-guangzhou: { instances: [{ name: a }, { name: b, count: x }] } } }]",
            "accounts[0].regions.ap-guangzhou.instances[1].count: invalid type: string \"x\"",
        ),
        (
            "accounts: [{ regions: { ap-guangzhou: { instances: [{ name: a, state: OFF }] } } }]",
            "instances[0].state: unknown variant `OFF`",
        ),
        (
            "accounts: [{ regions: { ap-guangzhou: { instances: [{ name: a, age: 3w }] } } }]",
            "instances[0].age: invalid value: string \"3w\", expected a number with s, m, h or d",
        ),
        (
            "accounts: [{ regions: { ap-guangzhou: { instances: [{ count: 1 }] } } }]",
            "instances[0]: missing field `name`",
        ),
        ("accounts: [{ regions: { ap-guangzhou: {}, ap-guangzhou: {} } }]", "ap-guangzhou"),
        ("faults: [{ effect: lose }]", "faults[0].effect: unknown variant `lose`"),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.contains(expected), "{text:?}: {error}");
    }
}

#[test]
fn yaml_aliases_cannot_expand_without_limit() {
    let mut text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, of) in ["b", "c", "d", "e", "f", "g", "h", "i"]
        .iter()
        .zip(["a", "b", "c", "d", "e", "f", "g", "h"])
    {
        let list = vec![format!("*{of}"); 10].join(", ");
        text.push_str(&format!("{name}: &{name} [{list}]\n"));
    }
    let error = parse(&text).unwrap_err();
    assert!(error.contains("the file is not valid YAML"), "{error}");
}

#[test]
fn cloud_starts_with_catalog_accounts_and_faults() {
    let cloud = builder().scenario(parse(YAML).unwrap()).build().unwrap();
    assert_eq!(cloud.credential().secret_id(), "AKIDMAIN");
    assert_eq!(
        states(&cloud).iter().map(|(uin, _)| *uin).collect::<Vec<_>>(),
        [100_000_000_001, 100_000_000_002]
    );
    let counts = cloud.simulation().instance_counts();
    assert_eq!(counts.get(&("ap-guangzhou", "STOPPED".to_owned())), Some(&2));
    let rules = cloud.faults().list();
    assert_eq!(rules.len(), 3);
    assert!(!cloud.catalog().is_builtin());
    // The accounts of the scenario are counted.
    let next = cloud.add_account(Credential::new("AKIDTHIRD", "key").unwrap()).unwrap();
    assert_eq!(next.uin(), 100_000_000_003);
}

#[test]
fn running_cloud_gets_all_of_a_scenario_or_nothing() {
    let cloud = builder().build().unwrap();
    let error = cloud.apply_scenario(&parse(YAML).unwrap()).unwrap_err().to_string();
    assert!(
        error.starts_with("catalog: the catalog of a running emulator cannot change"),
        "{error}"
    );
    let without_catalog = YAML.replace(
        "  stock:\n    - { types: [S5.MEDIUM4], zones: [ap-guangzhou-3], status: WithoutStock }\n",
        "  {}\n",
    );
    let sold_out = without_catalog.replace("S5.MEDIUM4", "S5.MEDIUM5");
    let error = cloud.apply_scenario(&parse(&sold_out).unwrap()).unwrap_err().to_string();
    assert!(
        error.starts_with("accounts[0].regions.ap-guangzhou.instances[0]: RunInstances ends with"),
        "{error}"
    );
    assert_eq!((cloud.faults().list().len(), states(&cloud).len()), (0, 0));
    let bad_fault = without_catalog.replace("nth: 1", "nth: 0");
    let error = cloud.apply_scenario(&parse(&bad_fault).unwrap()).unwrap_err().to_string();
    assert!(error.starts_with("faults[0]: fault: `nth` is 0"), "{error}");
    let created = cloud.apply_scenario(&parse(&without_catalog).unwrap()).unwrap();
    assert_eq!((created.len(), created[0].count), (1, 2));
    assert_eq!(cloud.faults().list().len(), 3);
    // The same scenario after a reset.
    cloud.reset();
    cloud.faults().clear();
    let again = cloud.apply_scenario(&parse(&without_catalog).unwrap()).unwrap();
    assert_eq!(again, created);
    let other_key = without_catalog.replace("key-of-partner", "another-key");
    let error = cloud.apply_scenario(&parse(&other_key).unwrap()).unwrap_err().to_string();
    assert!(error.contains("the secret id `AKIDPARTNER` is in use"), "{error}");
}

#[test]
fn data_directory_applies_its_scenario_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("data");
    let start = |text: Option<&str>| {
        let builder = builder().data_dir(&path);
        let builder = match text {
            Some(text) => builder.scenario(parse(text).unwrap()),
            None => builder,
        };
        builder.build()
    };
    let first = start(Some(YAML)).unwrap();
    let counts = first.simulation().instance_counts();
    drop(first);
    let again = start(Some(YAML)).unwrap();
    assert_eq!(again.simulation().instance_counts(), counts);
    assert_eq!(again.faults().list().len(), 3);
    let next = again.add_account(Credential::new("AKIDTHIRD", "key").unwrap()).unwrap();
    assert_eq!(next.uin(), 100_000_000_003);
    drop(again);
    let other = YAML.replace("count: 2", "count: 3");
    let error = start(Some(&other)).unwrap_err();
    assert!(matches!(error, StartError::DataDirectory(..)), "{error}");
    assert!(error.to_string().contains("another scenario"), "{error}");
    let error = start(None).unwrap_err().to_string();
    assert!(error.contains("unchanged catalog file or scenario"), "{error}");
}

#[test]
fn start_error_names_the_place() {
    let text = "accounts: [{ credentials: [{ secret_id: a, secret_key: b }, { secret_id: a, secret_key: c }] }]";
    let error = builder().scenario(parse(text).unwrap()).build().unwrap_err().to_string();
    let expected = "cannot apply the scenario: accounts[0].credentials[1].secret_id: another credential has the id `a`; give each its own";
    assert_eq!(error, expected);
    let text = "catalog: { stock: [{ types: [S5.MEDUM4], status: WithoutStock }] }";
    let error = builder().scenario(parse(text).unwrap()).build().unwrap_err().to_string();
    assert!(
        error.starts_with("cannot apply the scenario: catalog") && error.contains("S5.MEDUM4"),
        "{error}"
    );
    let text = "fault_presets: [flakey]";
    let error = builder().scenario(parse(text).unwrap()).build().unwrap_err().to_string();
    assert!(
        error.contains("fault_presets[0]: ") && error.contains("did you mean `flaky`?"),
        "{error}"
    );
}

#[test]
fn rules_of_faults_are_those_of_fault_files() {
    let scenario = parse(YAML).unwrap();
    let rules = serde_json::to_string(&scenario.0.faults).unwrap();
    assert_eq!(FaultRule::list_from_json(&rules).unwrap(), scenario.0.faults);
}

/// The committed schema. To write it again: `UPDATE_SCHEMA=1 cargo test -p cvm-emulator committed_schema`.
#[test]
fn committed_schema_is_that_of_the_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/scenario.schema.json");
    let schema = Scenario::schema();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        std::fs::write(path, text).unwrap();
    }
    let committed: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(
        committed, schema,
        "run `UPDATE_SCHEMA=1 cargo test -p cvm-emulator committed_schema`"
    );
    assert_eq!(schema["additionalProperties"], json!(false));
}
