//! Fault rules over the admin API.

use serde_json::{Value, json};

use super::{admin, call, emulator};

const RULE: &str =
    r#"{"action":"DescribeZones","nth":1,"effect":{"error":{"code":"InternalError"}}}"#;

fn number_of(listed: &Value, member: &str) -> usize {
    listed[member].as_array().unwrap().len()
}

#[tokio::test]
async fn rules_are_added_listed_and_removed() {
    let emulator = emulator().await;
    let (status, added) = admin(&emulator, "POST /_emulator/faults", RULE).await;
    assert_eq!((status, added), (201, json!({"ids": [1]})));
    let more = format!("[{RULE},{RULE}]");
    let (_, added) = admin(&emulator, "POST /_emulator/faults", &more).await;
    assert_eq!(added, json!({"ids": [2, 3]}));
    let (_, preset) = admin(&emulator, "POST /_emulator/faults/presets/slow", "").await;
    assert_eq!(preset, json!({"ids": [4]}));
    let (_, listed) = admin(&emulator, "GET /_emulator/faults", "").await;
    assert_eq!(number_of(&listed, "rules"), 4);
    let rule = json!({
        "action": "DescribeZones", "nth": 1, "effect": {"error": {"code": "InternalError", "applied": false}},
    });
    let first = json!({"id": 1, "matched": 0, "fired": 0, "rule": rule});
    assert_eq!(listed["rules"][0], first);
    assert_eq!(admin(&emulator, "DELETE /_emulator/faults/2", "").await.0, 204);
    assert_eq!(admin(&emulator, "DELETE /_emulator/faults/2", "").await.0, 404);
    assert_eq!(admin(&emulator, "DELETE /_emulator/faults/x", "").await.0, 400);
    assert_eq!(emulator.cloud().faults().list().len(), 3);
    assert_eq!(admin(&emulator, "DELETE /_emulator/faults", "").await.0, 204);
    assert!(emulator.cloud().faults().list().is_empty());
    let (_, presets) = admin(&emulator, "GET /_emulator/faults/presets", "").await;
    assert_eq!(number_of(&presets, "presets"), 5);
}

#[tokio::test]
async fn firings_are_filtered() {
    let emulator = emulator().await;
    admin(&emulator, "POST /_emulator/faults", RULE).await;
    let delay = r#"{"effect":{"delay":{"ms":0}}}"#;
    admin(&emulator, "POST /_emulator/faults", delay).await;
    let response = call(&emulator, "AKIDEXAMPLE", "DescribeZones", "{}", "{}").await;
    assert_eq!(response["Error"]["Code"], "InternalError");
    call(&emulator, "AKIDEXAMPLE", "DescribeRegions", "{}", "{}").await;
    for (query, expected) in [
        ("", vec!["error", "delay"]),
        ("?rule=1", vec!["error"]),
        ("?effect=delay", vec!["delay"]),
        ("?action=DescribeRegions", vec!["delay"]),
        ("?after=1", vec!["delay"]),
        ("?limit=1", vec!["delay"]),
        ("?service=cbs", vec![]),
        ("?account=1", vec![]),
        ("?region=ap-tokyo", vec![]),
    ] {
        let line = format!("GET /_emulator/faults/firings{query}");
        let (_, listed) = admin(&emulator, &line, "").await;
        let firings = listed["firings"].as_array().unwrap().iter();
        let effects: Vec<_> = firings.map(|firing| firing["effect"].as_str().unwrap()).collect();
        assert_eq!((effects, &listed["total"]), (expected, &json!(2)), "{query}");
    }
    let (_, listed) = admin(&emulator, "GET /_emulator/faults", "").await;
    assert_eq!(
        (&listed["rules"][0]["fired"], &listed["rules"][1]["matched"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn invalid_rules_add_nothing_and_name_field_value_and_fix() {
    let emulator = emulator().await;
    for (body, expected) in [
        ("", "missing field `effect`"),
        ("[]", "give at least one"),
        (r#"{"effect":"lose"}"#, "unknown variant `lose`"),
        (
            r#"[{"effect":"lose_response"},{"effect":"lose_response","nth":0}]"#,
            "fault 2: `nth` is 0",
        ),
        (r#"[{"effect":"lose_response"},{"nht":1}]"#, "fault 2: unknown field `nht`"),
        (r#"{"effect":"lose_response","action":"RunInstance"}"#, "did you mean `RunInstances`"),
        ("not JSON", "invalid JSON body"),
    ] {
        let (status, response) = admin(&emulator, "POST /_emulator/faults", body).await;
        let message = response["error"]["message"].as_str().unwrap();
        assert!(status == 400 && message.contains(expected), "{body}: {status} {message}");
    }
    let (status, response) = admin(&emulator, "POST /_emulator/faults/presets/flakey", "").await;
    let message = response["error"]["message"].as_str().unwrap();
    assert!(status == 404 && message.contains("did you mean `flaky`?"), "{status} {message}");
    assert!(emulator.cloud().faults().list().is_empty());
}
