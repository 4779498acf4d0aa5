//! Tests of stored parameters, fingerprints, times and the token window.

use serde_json::json;

use super::*;

const NOW: Duration = Duration::from_millis(1_795_247_313_123);
const BOOT: Duration = Duration::from_secs(5_000);

pub(crate) fn entry(action: &str, request: &Value) -> Entry {
    let destination = Destination {
        region: Some("ap-guangzhou".into()),
        endpoint: "https://cvm.tencentcloudapi.com".into(),
        dialect: Dialect::Tc3,
        secret_id: "AKIDtest".into(),
    };
    let info = cvm_models::action(action).unwrap();
    let request = Request::new(info, request.clone());
    Entry::new("1".into(), Clocks::at(NOW, BOOT), &request, destination)
}

#[test]
fn entry_round_trips_without_secrets() {
    let entry = entry(
        "RunInstances",
        &json!({
            "Placement": { "Zone": "ap-guangzhou-3" },
            "ClientToken": "t-1",
            "LoginSettings": { "Password": "canary", "KeyIds": ["skey-1"] },
            "UserData": "canary",
            "InstanceCount": 2,
        }),
    );
    let text = entry.to_text();
    assert!(!text.contains("canary"), "{text}");
    assert_eq!(Entry::parse(text.as_bytes()).as_ref(), Ok(&entry));
    assert_eq!(entry.secrets, ["LoginSettings.Password", "UserData"]);
    assert_eq!(entry.parameters["LoginSettings"], json!({ "KeyIds": ["skey-1"] }));
    assert_eq!((entry.class, entry.client_token.as_deref()), (RetryClass::Token, Some("t-1")));
}

#[test]
fn fingerprint_covers_presence_but_not_value_of_secrets() {
    let with = |password: Value| {
        let login = json!({ "LoginSettings": { "Password": password } });
        entry("RunInstances", &login).fingerprint
    };
    assert_eq!(with("one".into()), with("other".into()));
    assert_ne!(with("one".into()), with(Value::Null));
}

#[test]
fn order_of_parameters_changes_no_fingerprint() {
    let one = json!({
        "ImageId": "img-1",
        "Placement": { "Zone": "z", "ProjectId": 1 },
        "DataDisks": [{ "DiskSize": 10, "DiskType": "CLOUD_SSD" }],
    });
    let other = json!({
        "DataDisks": [{ "DiskType": "CLOUD_SSD", "DiskSize": 10 }],
        "Placement": { "ProjectId": 1, "Zone": "z" },
        "ImageId": "img-1",
    });
    assert_ne!(one.to_string(), other.to_string());
    let fingerprint = |request| entry("RunInstances", &request).fingerprint;
    assert_eq!(fingerprint(one), fingerprint(other));
}

#[test]
fn changed_parameters_break_the_fingerprint() {
    let info = cvm_models::action("RunInstances").unwrap();
    let request = json!({
        "ClientToken": "t",
        "InstanceCount": 2,
        "UserData": "eA==",
        "DataDisks": [{ "DiskSize": 10 }],
        "LoginSettings": { "Password": "canary" },
    });
    let entry = entry("RunInstances", &request);
    assert!(entry.is_intact(info));
    for change in [
        |entry: &mut Entry| entry.parameters["InstanceCount"] = 3.into(),
        |entry: &mut Entry| entry.parameters["DataDisks"][0]["DiskSize"] = 11.into(),
        |entry: &mut Entry| entry.secrets.truncate(1),
        |entry: &mut Entry| entry.secrets.push("HostName".into()),
    ] {
        let mut changed = entry.clone();
        change(&mut changed);
        assert!(!changed.is_intact(info), "{changed:?}");
    }
}

#[test]
fn signed_urls_are_not_stored_in_the_journal() {
    let import = |url: &str| {
        let disks = json!([{ "DiskSize": 20, "ImageUrl": url }]);
        json!({ "ImageName": "a", "ImageUrl": url, "ImportImageDataDiskList": disks })
    };
    let info = cvm_models::action("ImportImage").unwrap();
    for url in [
        "https://b.cos.ap-guangzhou.myqcloud.com/i.qcow2?q-signature=canary",
        "http://user:canary@host/i.qcow2",
    ] {
        let entry = entry("ImportImage", &import(url));
        assert!(!entry.to_text().contains("canary"), "{}", entry.to_text());
        assert_eq!(entry.secrets, ["ImageUrl", "ImportImageDataDiskList.0.ImageUrl"]);
        assert!(entry.is_intact(info));
    }
    let open = entry("ImportImage", &import("https://host/i.qcow2"));
    assert_eq!(open.secrets, [""; 0]);
    let fpga = json!({ "InstanceId": "ins-1", "FPGAUrl": "https://host/x?sign=canary" });
    assert_eq!(entry("ProgramFpgaImage", &fpga).secrets, ["FPGAUrl"]);
}

#[test]
fn start_time_uses_the_earlier_clock() {
    let mut entry = entry("RunInstances", &json!({ "ClientToken": "t" }));
    let local = entry.started / 1000;
    assert_eq!(entry.started_for_service(0), local);
    assert_eq!(entry.started_for_service(-600), local - 600);
    assert_eq!(entry.started_for_service(600), local);
    entry.skew = -600;
    assert_eq!(entry.started_for_service(0), local - 600);
    entry.skew = 600;
    // A difference that one wrong date made hides nothing.
    assert_eq!(entry.started_for_service(0), local);
    assert_eq!(entry.started_for_service(-7), local - 7);
    // The clock can have been corrected since, so nothing is sent again.
    assert_eq!(entry.window(&Clocks::at(NOW, BOOT)), None);
}

#[test]
fn start_is_unknown_after_the_clock_was_set_back() {
    let mut entry = entry("RunInstances", &json!({ "ClientToken": "t" }));
    let hours = |hours: u64| Duration::from_secs(3600 * hours);
    let later = UNIX_EPOCH + NOW + hours(1);
    // This machine's clock was two hours ahead, and was set right since.
    let set_right = UNIX_EPOCH + NOW - hours(2);
    for (skew, is_known) in
        [(0, false), (700, false), (250_000_000_000, false), (-700, false), (-7_200, true)]
    {
        entry.skew = skew;
        assert!(entry.is_start_known(later, 0), "{skew}");
        assert_eq!(entry.is_start_known(set_right, 0), is_known, "{skew}");
    }
}

#[test]
fn safer_skew_gives_the_earlier_start() {
    for (one, other, kept) in [
        (0, 0, 0),
        (0, 700, 700),
        (700, 0, 700),
        (700, 3_600, 3_600),
        (-3_600, 700, -3_600),
        (700, -3_600, -3_600),
        (-3_600, 0, -3_600),
        (-3_600, -700, -3_600),
    ] {
        assert_eq!(safer_skew(one, other), kept, "{one} {other}");
    }
}

#[test]
fn prior_items_round_trip() {
    let mut entry = entry("TerminateInstances", &json!({ "InstanceIds": ["ins-1"] }));
    for before in [
        None,
        Some(Vec::new()),
        Some(vec![PriorItem {
            id: "ins-1".into(),
            own_id: "ins-1".into(),
            from: Some(true),
            expires: None,
        }]),
    ] {
        entry.before = before;
        assert_eq!(Entry::parse(entry.to_text().as_bytes()).as_ref(), Ok(&entry));
    }
}

#[test]
fn time_since_last_attempt_uses_the_boot_clock_and_the_end_of_the_call() {
    let seconds = Duration::from_secs;
    let at = |wall: u64, boot: u64| Clocks::at(NOW + seconds(wall), BOOT + seconds(boot));
    let mut entry = entry("StartInstances", &json!({ "InstanceIds": ["ins-1"] }));
    // The time of day was set forward, or back.
    assert_eq!(entry.time_since_last_attempt(&at(61, 0)), Some(Duration::ZERO));
    assert_eq!(
        entry.time_since_last_attempt(&Clocks::at(NOW - seconds(9), BOOT + seconds(70))),
        Some(seconds(70))
    );
    // The call ended with its last attempt.
    entry.end(&at(56, 56));
    assert_eq!(entry.time_since_last_attempt(&at(63, 63)), Some(seconds(7)));
    assert_eq!(Entry::parse(entry.to_text().as_bytes()).as_ref(), Ok(&entry));
    entry.state = State::NoRetry;
    assert_eq!(Entry::parse(entry.to_text().as_bytes()).as_ref(), Ok(&entry));
    // Without the time since boot, the time of day is used, unless it was set back.
    let by_day = |wall: Duration| Clocks { boot: None, ..Clocks::at(wall, BOOT) };
    assert_eq!(entry.time_since_last_attempt(&by_day(NOW + seconds(80))), Some(seconds(24)));
    assert_eq!(entry.time_since_last_attempt(&by_day(NOW)), None);
}

#[test]
fn token_window_is_three_minutes_on_every_clock() {
    let launch = entry("RunInstances", &json!({ "ClientToken": "t" }));
    let seconds = Duration::from_secs;
    let left = |wall: u64, boot: u64, ahead| {
        launch.window_by_service(&Clocks::at(NOW + seconds(wall), BOOT + seconds(boot)), ahead)
    };
    assert_eq!(left(0, 0, 0), Some(TOKEN_WINDOW));
    assert_eq!(left(179, 179, 0), Some(seconds(1)));
    assert_eq!(left(180, 180, 0), None);
    // The time of day was set back or forward since: the clock that says more counts.
    assert_eq!(left(30, 300, 0), None);
    assert_eq!(left(30, 100, 0), Some(seconds(80)));
    assert_eq!(left(200, 20, 0), None);
    // The machine was set back, and the service tells it; a clock a bit ahead changes nothing.
    assert_eq!(left(120, 20, 600), None);
    assert_eq!(left(120, 20, 61), None);
    assert_eq!(left(120, 20, 20), Some(seconds(40)));
    assert_eq!(left(120, 20, -20), Some(seconds(60)));
    assert_eq!(left(0, 0, -600), None);
    assert_eq!(left(0, 0, i64::MIN), None);
}

#[test]
fn unknown_token_age_forbids_a_retry() {
    let request = json!({ "ClientToken": "t" });
    let launch = entry("RunInstances", &request);
    let now = Clocks::at(NOW, BOOT);
    let went_back = Clocks::at(NOW - Duration::from_millis(1), BOOT);
    let after_boot = Clocks::at(NOW, BOOT - Duration::from_millis(1));
    let of_another_boot = Clocks { boot: Clocks::now().boot, ..now.clone() };
    let no_boot = Clocks { boot: None, ..now.clone() };
    for clocks in [went_back, after_boot, of_another_boot, no_boot] {
        assert_eq!(launch.window(&clocks), None, "{clocks:?}");
    }
    assert_eq!(Entry { boot: None, ..launch }.window(&now), None);
    let without = entry("RunInstances", &json!({}));
    assert_eq!((without.class, without.window(&now)), (RetryClass::Hazard, None));
    let other = entry("TerminateInstances", &json!({ "InstanceIds": ["ins-1"] }));
    assert_eq!(other.window(&now), None);
}
