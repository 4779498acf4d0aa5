//! Tests of retry classes, dry runs and the time budget of one call.

use super::*;
use serde_json::json;

#[test]
fn a_dry_run_counts_as_a_read() {
    let info = cvm_models::action("RunInstances").unwrap();
    assert_eq!(class(info, &json!({ "DryRun": true })), RetryClass::Read);
    assert_eq!(class(info, &json!({ "DryRun": false })), RetryClass::Hazard);
    assert_eq!(class(info, &json!({ "ClientToken": "t" })), RetryClass::Token);
    let zones = cvm_models::action("DescribeZones").unwrap();
    assert_eq!(class(zones, &json!({})), RetryClass::Read);
}

#[tokio::test(start_paused = true)]
async fn the_timeout_counts_what_comes_before_the_call() {
    let budget = Budget::begin(Some(Duration::from_secs(4)));
    assert_eq!(budget.half(std::future::pending::<Option<()>>()).await, None);
    assert_eq!(budget.left(), Some(Duration::from_secs(2)));
    assert_eq!(budget.half(std::future::ready(Some(1))).await, Some(1));
    tokio::time::sleep(Duration::from_secs(9)).await;
    assert_eq!(budget.left(), Some(Duration::ZERO));
    assert_eq!(Budget::begin(None).left(), None);
}

#[test]
fn an_origin_is_scheme_and_host() {
    for (url, told) in [
        ("https://cvm.tencentcloudapi.com/", "https://cvm.tencentcloudapi.com"),
        ("http://127.0.0.1:8600/?Action=X", "http://127.0.0.1:8600"),
        ("http://[::1]:8600/v2/index.php", "http://[::1]:8600"),
        ("https://host", "https://host"),
    ] {
        assert_eq!(origin(url), told);
    }
}
