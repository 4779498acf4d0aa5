//! Compares the times of a request with those of the list.

use super::*;

#[test]
fn items_that_are_older_than_the_request_are_told_apart() {
    let entry = journaled("RunInstances", &json!({ "ImageId": "img-1" }), None);
    with(&entry, Some(SINCE), |sought| {
        let told = |created: &str| {
            let entry = json!({ "InstanceId": "ins-1", "CreatedTime": created });
            (sought.created_after_request(&entry), sought.is_older(&entry))
        };
        assert_eq!(told("2026-11-21T07:45:53Z"), (true, false));
        assert_eq!(told("2026-11-21T07:45:52Z"), (true, true), "the clocks may differ");
        assert_eq!(told("2026-11-21T07:40:53Z"), (true, true));
        assert_eq!(told("2026-11-21T07:40:52Z"), (false, true));
        assert_eq!(told("2026-11-21T07:45:52+08:00"), (true, false), "another zone tells nothing");
        assert_eq!(told("soon"), (true, false));
    });
}

/// Whatever its action is, a request with a time that may have come never counts as not carried out.
#[test]
fn nothing_is_not_seen_once_the_time_of_the_request_may_have_come() {
    let mut cases = Vec::new();
    for case in Case::all() {
        for leaf in leaves(case.info.request, 0) {
            let text = leaf.to_string();
            let timed = |time: &str| {
                let request: Value =
                    serde_json::from_str(&text.replace("\"text\"", &format!("\"{time}\"")))
                        .unwrap();
                merged(case.ids.clone(), &request)
            };
            let (past, ahead) = (timed("2026-11-21T08:10:00Z"), timed("2026-11-21T08:10:01Z"));
            let of = |request: &Value| past_time(case.info.request, request, Some(READ_AT));
            if of(&ahead).is_none()
                && let Some(path) = of(&past)
            {
                assert_eq!(of(&timed("tomorrow")), Some(path.clone()), "an unknown form");
                assert_eq!(case.verdict(&past, &[]), "you decide", "{past}");
                cases.push(format!("{} {path}", case.info.name));
            }
        }
    }
    cases.dedup();
    assert!(
        cases.contains(&"ImportInstancesActionTimer ActionTimer.ActionTime".to_owned()),
        "{cases:?}"
    );
    let timer = |time: &str| {
        let timer = json!({ "TimerAction": "TerminateInstances", "ActionTime": time });
        json!({ "InstanceIds": ["ins-1"], "ActionTimer": timer })
    };
    let told = |time: &str| verdicts("ImportInstancesActionTimer", &timer(time), None, &[])[0];
    assert_eq!(told("2026-11-21T08:10:01Z"), "not seen");
    assert_eq!(told("2026-11-21T08:10:00Z"), "you decide");
}
