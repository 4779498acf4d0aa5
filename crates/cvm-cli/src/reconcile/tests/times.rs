//! Compares the times of a request with those of the list.

use super::*;

#[test]
fn older_items_differ_from_items_created_since() {
    let entry = journaled("RunInstances", &json!({ "ImageId": "img-1" }), None);
    with(&entry, Some(SINCE), |query| {
        let is_new_and_older = |created: &str| {
            let entry = json!({ "InstanceId": "ins-1", "CreatedTime": created });
            (query.created_after_request(&entry), query.is_older(&entry))
        };
        assert_eq!(is_new_and_older("2026-11-21T07:45:53Z"), (true, false));
        assert_eq!(is_new_and_older("2026-11-21T07:45:52Z"), (true, true), "the clocks may differ");
        assert_eq!(is_new_and_older("2026-11-21T07:40:53Z"), (true, true));
        assert_eq!(is_new_and_older("2026-11-21T07:40:52Z"), (false, true));
        assert_eq!(
            is_new_and_older("2026-11-21T07:45:52+08:00"),
            (true, false),
            "a time of another zone is not compared"
        );
        assert_eq!(is_new_and_older("soon"), (true, false));
    });
}

/// This holds for every action.
#[test]
fn past_request_time_needs_review() {
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
            let path_of =
                |request: &Value| past_time::find(case.info.request, request, Some(READ_AT));
            if path_of(&ahead).is_none()
                && let Some(path) = path_of(&past)
            {
                assert_eq!(path_of(&timed("tomorrow")), Some(path.clone()), "an unknown form");
                assert_eq!(case.verdict(&past, &[]), "needs review", "{past}");
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
    let verdict = |time: &str| verdicts("ImportInstancesActionTimer", &timer(time), None, &[])[0];
    assert_eq!(verdict("2026-11-21T08:10:01Z"), "no effect yet");
    assert_eq!(verdict("2026-11-21T08:10:00Z"), "needs review");
}
