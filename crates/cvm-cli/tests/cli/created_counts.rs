//! Responses to launches with an unexpected number of ids, or with invalid ids.

use serde_json::{Value, json};

use crate::harness::{Answer, Server, entries, run};

const LAUNCH: [&str; 5] = ["RunInstances", "--ImageId", "img-1", "--timeout", "30"];

fn launch(response: &Value, more: &[&str]) -> (crate::harness::Ran, Vec<String>) {
    let server = Server::start(Answer::Json(json!({ "Response": response }).to_string()));
    let ran = run(server.cvm(&LAUNCH).args(more));
    (ran, entries(&server.journal()))
}

fn ids(count: usize) -> Value {
    let ids: Vec<String> = (1..=count).map(|number| format!("ins-{number}")).collect();
    json!({ "InstanceIdSet": ids, "RequestId": "r-1" })
}

#[test]
fn count_mismatch_is_noted_with_both_numbers() {
    for (count, more, expected) in [
        (1, &[][..], ""),
        (2, &["--InstanceCount", "2"], ""),
        (3, &["--InstanceCount", "2"], "names 3 resources, but `InstanceCount` requests 2: check"),
        (3, &[], "names 3 resources, but the request has no `InstanceCount`, which is 1"),
        (1, &["--InstanceCount", "2"], "names 1 of the 2 resources that `InstanceCount` requests"),
        (1, &["--InstanceCount", "2", "--MinCount", "1"], "names 1 of the 2"),
    ] {
        let (ran, left) = launch(&ids(count), more);
        assert_eq!(ran.code, 0, "{more:?}: {}", ran.stderr);
        assert_eq!(ran.stdout.matches("ins-").count(), count);
        assert!(ran.stderr.contains(expected), "{more:?}: {}", ran.stderr);
        assert_eq!(ran.stderr.is_empty(), expected.is_empty(), "{more:?}: {}", ran.stderr);
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn blank_ids_do_not_count() {
    for response in [
        json!({ "InstanceIdSet": [" "], "RequestId": "r-1" }),
        json!({ "InstanceIdSet": ["\t\n"], "RequestId": "r-1" }),
        json!({ "InstanceIdSet": ["ins-1", "  "], "RequestId": "r-1" }),
        json!({ "InstanceIdSet": ["ins-1"], "RequestId": " " }),
    ] {
        let (ran, left) = launch(&response, &["--InstanceCount", "2"]);
        assert_eq!(ran.code, 3, "{response}: {}", ran.stderr);
        assert_eq!(
            ran.stderr.contains("`ins-1`"),
            response.to_string().contains("ins-1"),
            "{}",
            ran.stderr
        );
        assert_eq!(left.len(), 1, "{response}");
    }
}

/// The ids may be the only trace of the resources.
#[test]
fn ids_of_an_inconclusive_response_are_shown() {
    for response in [
        json!({ "InstanceIdSet": ["ins-1", "ins-2"] }),
        json!({ "InstanceIdSet": ["ins-1", "ins-2"], "RequestId": null }),
        json!({ "InstanceIdSet": ["ins-1", "ins-2"], "RequestId": "" }),
        json!({ "InstanceIdSet": ["ins-1", "ins-2", null], "RequestId": "r-1" }),
    ] {
        let (ran, left) = launch(&response, &["--InstanceCount", "2"]);
        assert_eq!(ran.code, 3, "{response}: {}", ran.stderr);
        for id in ["`ins-1`", "`ins-2`"] {
            assert!(
                ran.stderr.contains(id) || ran.stderr.contains("`ins-1`, `ins-2`"),
                "{response}: {}",
                ran.stderr
            );
        }
        assert_eq!(left.len(), 1, "{response}");
    }
    let body = json!({ "Response": ids(2) }).to_string();
    let head = format!("HTTP/1.1 503 Unavailable\r\ncontent-length: {}\r\n\r\n", body.len());
    let server =
        Server::start(Answer::Script(std::sync::Arc::new(move |_| Some(format!("{head}{body}")))));
    let ran = run(&mut server.cvm(&LAUNCH));
    assert!(ran.code == 3 && ran.stderr.contains("`ins-1`, `ins-2`"), "{}", ran.stderr);
}
