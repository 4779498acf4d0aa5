//! `quickstart --cloud` can create nothing: a proxy records every request.

use crate::harness::{Answer, Emulator, Server, cvm, run};

#[test]
fn cloud_quickstart_reads_and_sends_one_dry_run() {
    let emulator = Emulator::start();
    let address = emulator.ready("url").replace("http://", "");
    let witness = Server::start(Answer::From(address));
    let mut command = cvm(&["quickstart", "--cloud", "--endpoint", &witness.url]);
    let ran = run(command
        .env("TENCENTCLOUD_SECRET_ID", emulator.ready("secret_id"))
        .env("TENCENTCLOUD_SECRET_KEY", emulator.ready("secret_key")));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.contains("The launch would succeed. Nothing was created."),
        "{}",
        ran.stdout
    );

    let requests = witness.requests.lock().unwrap().clone();
    let actions: Vec<&str> = requests
        .iter()
        .map(|request| {
            let action = request.lines().find_map(|line| line.strip_prefix("x-tc-action: "));
            action.unwrap_or_else(|| panic!("a request without an action: {request}"))
        })
        .collect();
    let (launches, reads): (Vec<&str>, Vec<&str>) =
        actions.iter().copied().partition(|action| *action == "RunInstances");
    assert_eq!(launches.len(), 1, "{actions:?}");
    assert!(
        reads.len() >= 4 && reads.iter().all(|action| action.starts_with("Describe")),
        "{actions:?}"
    );

    let launch =
        requests.iter().find(|request| request.contains("x-tc-action: RunInstances")).unwrap();
    let body: serde_json::Value =
        serde_json::from_str(launch.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(body["DryRun"], true);
    let password = body["LoginSettings"]["Password"].as_str().unwrap();
    assert!(!ran.stdout.contains(password) && !ran.stderr.contains(password));

    let listed = run(&mut emulator.cvm(&["DescribeInstances"]));
    assert!(listed.stdout.contains("\"TotalCount\": 0"), "{}", listed.stdout);
}

#[test]
fn missing_credentials_name_the_variables() {
    let ran = run(&mut cvm(&["quickstart", "--cloud", "--endpoint", "http://127.0.0.1:1"]));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("TENCENTCLOUD_SECRET_ID"), "{}", ran.stderr);
}
