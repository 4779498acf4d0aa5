//! Instances go through their operations, terms and the recycle bin in virtual time.

use super::*;
use crate::clock::TimeMode;
use crate::state::operation::{ISOLATE, RESET_TYPE_FORCED, STOP};
use crate::visits;

fn instance(id: &str) -> StoredInstance {
    StoredInstance { id: id.into(), state: InstanceState::Running, ..StoredInstance::default() }
}

fn state(instances: &Instances, serial: u64) -> Option<&str> {
    instances.get(serial).map(|instance| instance.state.as_str())
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

fn manual() -> VirtualClock {
    VirtualClock::new(TimeMode::Manual, at(0))
}

#[test]
fn operation_goes_through_its_states() {
    let (mut instances, clock) = (Instances::default(), manual());
    let serial = instances.insert(instance("ins-00000001"));
    let note = Some(("ResetInstancesType", "r-1"));
    instances.begin(serial, &RESET_TYPE_FORCED, Effect::None, note, (&clock, at(100)));
    for (seconds, expected) in [
        (100, "STOPPING"),
        (114, "STOPPING"),
        (115, "STOPPED"),
        (125, "STARTING"),
        (135, "RUNNING"),
    ] {
        instances.apply_due(&clock, at(seconds));
        assert_eq!(state(&instances, serial), Some(expected), "at {seconds}");
    }
    let api = instances.get(serial).unwrap().api();
    assert_eq!(api.latest_operation_state.as_ref().map(|it| it.as_str()), Some("SUCCESS"));
    assert_eq!(api.latest_operation_request_id.as_deref(), Some("r-1"));
}

#[test]
fn state_does_not_depend_on_polling() {
    let clock = manual();
    let run = |looks: &[u64]| {
        let mut instances = Instances::default();
        let serial = instances.insert(instance("ins-00000001"));
        instances.begin(serial, &RESET_TYPE_FORCED, Effect::None, None, (&clock, at(0)));
        looks.iter().for_each(|seconds| instances.apply_due(&clock, at(*seconds)));
        state(&instances, serial).map(str::to_owned)
    };
    assert_eq!(run(&[26]), run(&(0..=26).collect::<Vec<_>>()));
    assert_eq!(run(&[26]).as_deref(), Some("STARTING"));
}

#[test]
fn operations_take_no_time_in_instant_mode() {
    let (mut instances, clock) =
        (Instances::default(), VirtualClock::new(TimeMode::Instant, at(0)));
    let serial = instances.insert(instance("ins-00000001"));
    instances.begin(serial, &RESET_TYPE_FORCED, Effect::None, None, (&clock, at(5)));
    assert_eq!(state(&instances, serial), Some("STOPPING"), "the answer shows the passing state");
    instances.apply_due(&clock, at(5));
    assert_eq!(state(&instances, serial), Some("RUNNING"));
}

#[test]
fn terminated_instance_is_removed() {
    let (mut instances, clock) = (Instances::default(), manual());
    let serial = instances.insert(instance("ins-00000001"));
    instances.begin(serial, &TERMINATE, Effect::None, None, (&clock, at(0)));
    assert_eq!(state(&instances, serial), Some("TERMINATING"));
    instances.apply_due(&clock, at(10));
    assert_eq!(instances.serial("ins-00000001"), None);
    assert_eq!(instances.newest_first().count(), 0);
}

#[test]
fn recycle_bin_releases_instances_after_seven_days() {
    let (mut instances, clock) = (Instances::default(), manual());
    let serial = instances.insert(instance("ins-00000001"));
    instances.begin(serial, &ISOLATE, Effect::None, None, (&clock, at(0)));
    instances.apply_due(&clock, at(10));
    assert_eq!(state(&instances, serial), Some("SHUTDOWN"));
    let week = 7 * 86_400;
    instances.apply_due(&clock, at(week + 9));
    assert_eq!(state(&instances, serial), Some("SHUTDOWN"));
    instances.apply_due(&clock, at(week + 10));
    assert_eq!(state(&instances, serial), Some("TERMINATING"));
}

#[test]
fn recycle_bin_keeps_instances_in_instant_mode() {
    let (mut instances, clock) =
        (Instances::default(), VirtualClock::new(TimeMode::Instant, at(0)));
    let serial = instances.insert(instance("ins-00000001"));
    instances.begin(serial, &ISOLATE, Effect::None, None, (&clock, at(0)));
    instances.apply_due(&clock, at(60));
    assert_eq!(state(&instances, serial), Some("SHUTDOWN"));
}

#[test]
fn prepaid_instance_expires_into_the_recycle_bin_or_is_renewed() {
    let clock = manual();
    let run = |flag: RenewFlag| {
        let mut instances = Instances::default();
        let mut instance = instance("ins-00000001");
        instance.renew_flag = Some(flag);
        instance.expires = Some(at(1000));
        let serial = instances.insert(instance);
        // An operation is running when the term ends.
        instances.begin(serial, &STOP, Effect::None, None, (&clock, at(990)));
        instances.apply_due(&clock, at(1010));
        let api = instances.get(serial).unwrap().api();
        (api.instance_state.as_str().to_owned(), api.isolated_source, api.expired_time)
    };
    let (state, source, _) = run(RenewFlag::NotifyAndManualRenew);
    assert_eq!((state.as_str(), source), ("SHUTDOWN", IsolatedSource::Expire));
    let (state, _, expires) = run(RenewFlag::NotifyAndAutoRenew);
    assert_eq!((state.as_str(), expires.as_deref()), ("STOPPED", Some("1970-02-01T00:16:40Z")));
}

#[test]
fn term_is_not_renewed_beyond_the_calendar() {
    let mut instances = Instances::default();
    let last = Timestamp::parse("9999-12-14T22:13:20Z").unwrap();
    let mut instance = instance("ins-00000001");
    instance.renew_flag = Some(RenewFlag::NotifyAndAutoRenew);
    instance.expires = Some(last);
    let serial = instances.insert(instance);
    // A single event, because an endless term would keep `apply_due` busy forever.
    instances.expire(serial, last);
    assert_eq!(state(&instances, serial), Some("SHUTDOWN"));
    instances.apply_due(&manual(), last.after(RETENTION));
    assert_eq!(state(&instances, serial), Some("TERMINATING"));
}

#[test]
fn removed_or_renewed_instances_have_no_due_events() {
    let (mut instances, clock) = (Instances::default(), manual());
    for number in 0..50 {
        let mut instance = instance(&format!("ins-{number:08}"));
        instance.expires = Some(at(1_000_000));
        let serial = instances.insert(instance);
        instances.renew(serial, at(2_000_000), &RenewFlag::NotifyAndManualRenew);
        let period = Period { begins: at(500_000), ends: Some(at(600_000)), mbps: 1 };
        instances.add_bandwidth(serial, period, at(0));
        assert_eq!(instances.due.len(), 3, "the new end of the term, and bandwidth twice");
        instances.begin(serial, &ISOLATE, Effect::None, None, (&clock, at(0)));
        instances.apply_due(&clock, at(10));
        instances.begin(serial, &TERMINATE, Effect::None, None, (&clock, at(10)));
        instances.apply_due(&clock, at(20));
        assert!(instances.due.is_empty(), "{:?}", instances.due);
    }
}

#[test]
fn page_of_tagged_instances_visits_no_other_instances() {
    let mut instances = Instances::default();
    for number in 0..1_000 {
        let id = format!("ins-{number:08}").into();
        instances.insert(StoredInstance { id, ..StoredInstance::default() });
    }
    let position = instances.position("ins-00000499");
    let mut found = Vec::new();
    let cost = visits::of(|| {
        let page = instances.after(&position).unwrap().take(10);
        found = page.map(|(id, _)| id.to_owned()).collect();
    });
    assert_eq!((cost, found.len(), found[0].as_str()), (10, 10, "ins-00000500"));
    assert_eq!(instances.after("").unwrap().count(), 1_000);
    assert!(instances.after("ins-00000499").is_none());
}
