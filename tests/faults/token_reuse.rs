//! A launch with other parameters after an unknown outcome never uses the token of the first.

use cvm_models::Action;
use cvm_models::actions::RunInstances;
use cvm_models::config::Dialect;
use cvm_models::protocol::{ModelInfo, Record, json};
use serde_json::{Value, json};

use crate::fault;
use crate::fault_server::FaultServer;
use crate::test_client;
use crate::third_party::ThirdParty;

/// A launch with every parameter.
fn launch() -> Value {
    json!({
        "InstanceChargeType": "PREPAID",
        "InstanceChargePrepaid": { "Period": 1 },
        "Placement": { "Zone": "ap-guangzhou-3" },
        "InstanceType": "S5.SMALL1",
        "ImageId": "img-487zeit5",
        "SystemDisk": { "DiskSize": 50 },
        "DataDisks": [{ "DiskSize": 100 }],
        "VirtualPrivateCloud": { "VpcId": "vpc-1", "SubnetId": "subnet-1" },
        "InternetAccessible": { "InternetMaxBandwidthOut": 1 },
        "InstanceCount": 1,
        "MinCount": 1,
        "InstanceName": "web",
        "LoginSettings": { "Password": "Secret1234!" },
        "SecurityGroupIds": ["sg-1"],
        "HostName": "web",
        "UserData": "ZWNobyBoZWxsbw==",
        "TagSpecification": [{ "ResourceType": "instance", "Tags": [{ "Key": "a", "Value": "b" }] }],
        "DisableApiTermination": false,
    })
}

/// The launch with one change each, also in nested members: each text, number and list changed, and each member
/// removed.
fn changes(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(members) => {
            let mut all = Vec::new();
            for (name, member) in members {
                for changed in changes(member) {
                    let mut members = members.clone();
                    members[name] = changed;
                    all.push(Value::Object(members));
                }
                let mut without = members.clone();
                without.remove(name);
                all.push(Value::Object(without));
            }
            all
        }
        Value::Array(items) => {
            let mut all: Vec<Value> =
                changes(&items[0]).into_iter().map(|item| json!([item])).collect();
            all.push(json!([items[0], items[0]]));
            all
        }
        Value::String(text) => vec![json!(format!("{text}x"))],
        Value::Number(number) => vec![json!(number.as_i64().unwrap() + 1)],
        Value::Bool(flag) => vec![json!(!flag)],
        Value::Null => Vec::new(),
    }
}

/// How many members a request of this model may have.
fn count(table: &ModelInfo) -> usize {
    table.members.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sent_token_is_refused_with_any_changed_parameter() {
    let third_party = ThirdParty::open().await;
    let server = FaultServer::start(third_party.address).await;
    let client =
        test_client::client(&server.endpoint(), Dialect::Tc3, test_client::long_timeouts())
            .with_max_attempts(1);
    server.plan([fault::named("commits and resets")]);
    let error = client.call(RunInstances::INFO, launch()).await.unwrap_err();
    let token = error.outcome_unknown().unwrap().client_token().unwrap().to_owned();

    let changes = changes(&launch());
    assert!(changes.len() >= 40, "{}", changes.len());
    assert!(count(RunInstances::INFO.request) > launch().as_object().unwrap().len());
    for mut changed in changes {
        changed["ClientToken"] = json!(token);
        let shown = changed.to_string();
        // Without the token, the client would send each as a launch of its own.
        json::from_value(&mut Record::new(RunInstances::INFO.request), &changed).unwrap();
        let error = client.call(RunInstances::INFO, changed).await.expect_err(&shown);
        assert!(error.is_usage() && error.is_not_sent(), "{shown}: {error:?}");
        assert!(error.to_string().contains("other parameters"), "{shown}: {error}");
    }
    assert_eq!(server.ledger().lock().requests.len(), 1, "nothing was sent");

    let mut same = launch();
    same["ClientToken"] = json!(token);
    let response = client.call(RunInstances::INFO, same).await.unwrap().to_value();
    let mut other = launch();
    other["InstanceType"] = json!("S5.MEDIUM4");
    let fallback = client.call(RunInstances::INFO, other).await.unwrap().to_value();
    let ledger = server.ledger().lock();
    assert_eq!(
        ledger.instances.len(),
        2,
        "the first, and the other launch with its own token\n{ledger}"
    );
    assert_eq!(response["InstanceIdSet"][0], json!(ledger.instances[0].id));
    assert_eq!(fallback["InstanceIdSet"][0], json!(ledger.instances[1].id));
}
