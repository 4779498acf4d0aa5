//! Scenarios that are applied to a running emulator.

use serde_json::json;

use super::{admin, emulator};

#[tokio::test]
async fn scenario_is_applied_or_refused_with_its_place() {
    let emulator = emulator().await;
    let text = "accounts: [{ regions: { ap-guangzhou: { instances: [{ name: web, id: ins-1a2b3c4d }] } } }]";
    let (status, body) = admin(&emulator, "POST /_emulator/scenario", text).await;
    assert_eq!(status, 201, "{body}");
    let expected = json!({ "account": 100_000_000_001_u64, "region": "ap-guangzhou", "kind": "instances",
        "name": "web", "id": "ins-1a2b3c4d", "count": 1 });
    assert_eq!(body["created"], json!([expected]));
    let (_, state) = admin(&emulator, "GET /_emulator/state/instances", "").await;
    assert!(state.to_string().contains("ins-1a2b3c4d"), "{state}");
    for (text, expected) in [
        ("", "the file is empty"),
        ("accounts: [{ nam: x }]", "accounts[0].nam: unknown field"),
        (text, "instances[0].id: `ins-1a2b3c4d` is the id of another resource"),
        ("catalog: { stock: [] }", "catalog: the catalog of a running emulator cannot change"),
    ] {
        let (status, body) = admin(&emulator, "POST /_emulator/scenario", text).await;
        let message = body["error"]["message"].as_str().unwrap_or_default();
        assert!(status == 400 && message.contains(expected), "{status} {body}");
    }
}
