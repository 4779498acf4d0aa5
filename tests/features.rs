//! Builds the engine with features of serde_json that another dependency of the user may enable.
//!
//! Cargo builds a shared dependency once, with all requested features. `arbitrary_precision` changes how
//! numbers reach a visitor, so this test builds a program with it, which must read the same values. The program
//! is a package of its own below `target/tmp/features`: with these features in the workspace, the other tests
//! would no longer cover the build without them. It needs no network beyond what the workspace needed.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

/// Features of serde_json that our own crates do not request.
const FEATURES: &str = r#"["arbitrary_precision", "raw_value", "unbounded_depth"]"#;

const MANIFEST: &str = r#"[package]
name = "other-features"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
cvm-models = { path = "{root}/crates/cvm-models", default-features = false }
cvm-protocol = { path = "{root}/crates/cvm-protocol" }
serde_json = { version = "1", default-features = false, features = {features} }

[dev-dependencies]
proptest = { version = "1", default-features = false, features = ["std"] }

[[test]]
name = "numbers"
path = "{root}/crates/cvm-protocol/tests/numbers.rs"

[[test]]
name = "twice"
path = "{root}/crates/cvm-protocol/tests/repeated_members.rs"
"#;

/// What a user's program does with a response, and with JSON of its own.
const PROGRAM: &str = r##"
use cvm_models::actions::{InquiryPriceRunInstancesResponse, RunInstances};
use cvm_protocol::{Json, Model, Record, envelope, json};
use serde_json::Value;

const BODY: &[u8] = br#"{"Response":{"Price":{
    "InstancePrice":{"UnitPrice":0.10,"OriginalPrice":"1.5","Discount":80.0,"ChargeUnit":1.10},
    "BandwidthPrice":{"UnitPrice":1e2,"ChargeUnit":12345678901234567890123,"New":{"Deep":[1.50]}}
},"RequestId":"r-1"}}"#;

fn check(response: &dyn Model) {
    let value = json::to_value(response);
    let price = &value["Price"]["InstancePrice"];
    assert_eq!(price["UnitPrice"].as_f64(), Some(0.1), "{value}");
    assert_eq!(price["OriginalPrice"].as_f64(), Some(1.5), "{value}");
    assert_eq!(price["Discount"].as_f64(), Some(80.0), "{value}");
    assert_eq!(price["ChargeUnit"], "1.10", "{value}");
    let bandwidth = &value["Price"]["BandwidthPrice"];
    assert_eq!(bandwidth["UnitPrice"].as_f64(), Some(100.0), "{value}");
    assert_eq!(bandwidth["ChargeUnit"], "12345678901234567890123", "{value}");
}

fn main() {
    // The feature is enabled: a value keeps its digits.
    let value: Value = serde_json::from_str("1.10").unwrap();
    assert_eq!(value.to_string(), "1.10");

    let mut typed = InquiryPriceRunInstancesResponse::default();
    let envelope = envelope::decode(&mut typed, BODY).unwrap();
    assert_eq!(envelope.report.unknown_members().count(), 1, "{:?}", envelope.report);
    check(&typed);
    let mut record = Record::new(typed.table());
    envelope::decode(&mut record, BODY).unwrap();
    check(&record);

    // A whole `Value` from serde, as `call` and derived structs use it.
    let whole: Value = serde_json::from_slice(BODY).unwrap();
    let mut record = Record::new(typed.table());
    json::from_value(&mut record, &whole["Response"]).unwrap();
    check(&record);
    let derived: InquiryPriceRunInstancesResponse =
        serde_json::from_value(whole["Response"].clone()).unwrap();
    check(&derived);

    // And back: requests serialize to the same text.
    let request = RunInstances { instance_count: Some(2), ..Default::default() };
    let text = json::to_vec(&request).unwrap();
    assert!(String::from_utf8(text.clone()).unwrap().contains("\"InstanceCount\":2"));
    let mut again = RunInstances::default();
    json::from_slice(&mut again, &text).unwrap();
    assert_eq!(again.instance_count, Some(2));

    let shown = envelope::response(BODY);
    assert!(shown.pretty().contains("0.10") && shown.pretty().contains("1e2"), "{}", shown.pretty());
    assert_eq!(shown.to_value()["Price"]["InstancePrice"]["UnitPrice"].as_f64(), Some(0.1));
    assert_eq!(Json::from(value).pretty(), "1.10");
    println!("the same");
}
"##;

#[test]
fn serde_json_features_do_not_change_decoded_numbers() {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("features");
    fs::create_dir_all(home.join("src")).unwrap();
    // Allows one run at a time. Dropping it releases the lock.
    let lock = File::create(home.join("lock")).unwrap();
    lock.lock().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let shown_root = root.to_str().unwrap().replace('\\', "/");
    let manifest = MANIFEST.replace("{root}", &shown_root).replace("{features}", FEATURES);
    fs::write(home.join("Cargo.toml"), manifest).unwrap();
    fs::write(home.join("src/main.rs"), PROGRAM).unwrap();
    // The versions of the workspace, which are already downloaded.
    fs::copy(root.join("Cargo.lock"), home.join("Cargo.lock")).unwrap();

    let cargo = |arguments: &[&str]| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(arguments).arg("--offline").current_dir(&home);
        cargo.env("CARGO_TARGET_DIR", home.join("target"));
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0");
        let output = cargo.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "cargo {}:\n{out}{err}", arguments.join(" "));
        out
    };
    assert_eq!(cargo(&["run", "--quiet"]), "the same\n");
    let tested = cargo(&["test", "--quiet", "--tests"]);
    assert!(tested.contains("test result: ok"), "{tested}");
}
