//! What `cvm resume` may conclude: nothing is carried out until it is proved, and an entry has one owner.

use std::fs;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use cvm_emulator::Moment;
use serde_json::{Value, json};

use crate::harness::{Answer, Emulator, Ran, Server, entries, finish, run, signal, until};
use crate::resume::{edit, instances, lose, losing, make_old, resume};

const PREPAID: [&str; 11] = [
    "RunInstances",
    "--Placement.Zone",
    "ap-guangzhou-3",
    "--ImageId",
    "img-pmqg1cw7",
    "--InstanceChargeType",
    "PREPAID",
    "--InstanceChargePrepaid.Period",
    "1",
    "--InstanceChargePrepaid.RenewFlag",
    "NOTIFY_AND_MANUAL_RENEW",
];

fn told(emulator: &Emulator, arguments: &[&str]) -> Value {
    let ran = run(&mut emulator.cvm(arguments));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

fn stays(ran: &Ran, server: &Server, id: &str, hints: &[&str]) {
    assert_eq!(ran.code, 3, "{}{}", ran.stdout, ran.stderr);
    for hint in hints {
        assert!(ran.stderr.contains(hint), "{hint}: {}", ran.stderr);
    }
    assert_eq!(entries(&server.journal()), [id]);
}

#[test]
fn an_id_that_never_existed_is_not_taken_for_destroyed() {
    let (emulator, server) = losing("TerminateInstances", false);
    let id = lose(&emulator, &server, &["TerminateInstances", "--InstanceIds", "ins-00000000"]);
    let ran = resume(&emulator, &server, &[&id]);
    stays(&ran, &server, &id, &["1 for you to judge", "was not listed before the call either"]);
    edit(&server.journal(), &id, |entry| entry["before"] = Value::Null);
    let ran = resume(&emulator, &server, &[&id]);
    stays(&ran, &server, &id, &["was not looked for before the call"]);
    assert_eq!(server.count("TerminateInstances"), 1);
}

#[test]
fn the_second_termination_is_told_from_the_first() {
    let (emulator, server) = losing("TerminateInstances", false);
    let launched = told(&emulator, &PREPAID);
    let instance = launched["InstanceIdSet"][0].as_str().unwrap();
    told(&emulator, &["TerminateInstances", "--InstanceIds", instance]);
    // In the recycle bin now; the call that would destroy it does not arrive.
    let id = lose(&emulator, &server, &["TerminateInstances", "--InstanceIds", instance]);
    let ran = resume(&emulator, &server, &[&id]);
    stays(&ran, &server, &id, &["1 for you to judge"]);
    assert!(ran.stdout.contains("SHUTDOWN"), "{}", ran.stdout);
    told(&emulator, &["TerminateInstances", "--InstanceIds", instance]);
    let ran = resume(&emulator, &server, &[&id]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(entries(&server.journal()).is_empty());
    assert_eq!(instances(&emulator), 0);
}

#[test]
fn a_change_of_two_members_is_not_done_when_one_is_there() {
    let (emulator, server) = losing("ModifyInstancesAttribute", false);
    let instance = emulator.launch();
    let change = ["ModifyInstancesAttribute", "--InstanceIds", &instance, "--InstanceName"];
    told(&emulator, &[&change[..], &["web"]].concat());
    let groups = ["web", "--SecurityGroups", "sg-11112222"];
    let id = lose(&emulator, &server, &[&change[..], &groups].concat());
    // The latest operation is of the kind that was asked for, and may be this one.
    let ran = resume(&emulator, &server, &[&id]);
    stays(&ran, &server, &id, &["1 for you to judge", "may be under way or just over"]);
    assert_eq!(run(&mut server.bare(&["resume", "--forget", &id])).code, 0);
    // What no list shows is named.
    let id = lose(&emulator, &server, &[&change[..], &["web", "--AutoReboot", "true"]].concat());
    let ran = resume(&emulator, &server, &[&id]);
    stays(&ran, &server, &id, &["1 for you to judge", "`AutoReboot`"]);
}

#[test]
fn a_namesake_made_a_moment_before_is_not_taken_for_ours() {
    let (emulator, server) = losing("CreateHpcCluster", false);
    let create = ["CreateHpcCluster", "--Zone", "ap-guangzhou-3", "--Name", "twin"];
    told(&emulator, &create);
    let id = lose(&emulator, &server, &create);
    stays(&resume(&emulator, &server, &[&id]), &server, &id, &["1 not seen"]);
    told(&emulator, &create);
    let ran = resume(&emulator, &server, &[&id]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn versions_of_a_template_are_read_without_paging() {
    let (emulator, server) = losing("DeleteLaunchTemplateVersions", true);
    let data = ["--Placement.Zone", "ap-guangzhou-3", "--ImageId", "img-pmqg1cw7"];
    let create = ["CreateLaunchTemplate", "--LaunchTemplateName", "versions"];
    let made = told(&emulator, &[&create[..], &data].concat());
    let template = made["LaunchTemplateId"].as_str().unwrap();
    let more = ["CreateLaunchTemplateVersion", "--LaunchTemplateId", template];
    told(&emulator, &[&more[..], &data].concat());
    let delete = ["DeleteLaunchTemplateVersions", "--LaunchTemplateId", template];
    let id = lose(&emulator, &server, &[&delete[..], &["--LaunchTemplateVersions", "2"]].concat());
    let ran = resume(&emulator, &server, &[&id]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(entries(&server.journal()).is_empty());
    assert_eq!(server.count("DeleteLaunchTemplateVersions"), 1);
}

/// A journal with one termination whose id was listed before it.
fn terminated() -> (Server, String) {
    let server = Server::start(Answer::Close);
    let terminate = ["TerminateInstances", "--InstanceIds", "ins-11112222", "ins-33334444"];
    assert_eq!(run(&mut server.cvm(&terminate)).code, 3);
    let id = entries(&server.journal()).remove(0);
    edit(&server.journal(), &id, |entry| {
        let seen = |id: &str| json!({ "id": id, "own": id, "from": true });
        entry["before"] = json!([seen("ins-11112222"), seen("ins-33334444")]);
    });
    (server, id)
}

#[test]
fn only_a_whole_list_proves_that_an_id_is_gone() {
    let (server, id) = terminated();
    for members in [
        r#""TotalCount":0"#,
        r#""TotalCount":0,"InstanceSet":null"#,
        r#""TotalCount":2,"InstanceSet":[]"#,
        r#""TotalCount":1,"InstanceSet":[null]"#,
        r#""TotalCount":0,"InstanceSet":[null]"#,
        r#""TotalCount":1,"InstanceSet":[{}]"#,
        r#""TotalCount":0,"InstanceSet":[{"InstanceState":"RUNNING"}]"#,
        r#""TotalCount":1,"InstanceSet":[{"InstanceId":null,"InstanceState":"RUNNING"}]"#,
        r#""TotalCount":1,"InstanceSet":[{"InstanceId":"","InstanceState":"RUNNING"}]"#,
        r#""InstanceSet":[]"#,
        r#""TotalCount":null,"InstanceSet":[]"#,
        r#""Error":{"Code":"UnauthorizedOperation.MFANotFound","Message":"no"}"#,
        r#""Error":{"Code":"InvalidRegion.NotFound","Message":"no"}"#,
        r#""Error":{"Code":"ResourceNotFound","Message":"no"}"#,
    ] {
        let body = format!(r#"{{"Response":{{"RequestId":"r",{members}}}}}"#);
        let reader = Server::start(Answer::Json(body));
        edit(&server.journal(), &id, |entry| entry["endpoint"] = json!(reader.url));
        let ran = run(&mut server.bare(&["resume", &id]));
        stays(&ran, &server, &id, &[]);
    }
}

#[test]
fn a_list_that_says_not_found_is_an_answer() {
    let (server, id) = terminated();
    let body = r#"{"Response":{"RequestId":"r","Error":{"Code":"InvalidInstanceId.NotFound","Message":"no"}}}"#;
    let reader = Server::start(Answer::Json(body.to_owned()));
    edit(&server.journal(), &id, |entry| entry["endpoint"] = json!(reader.url));
    let ran = run(&mut server.bare(&["resume", &id]));
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout.matches("done: gone").count(), 2, "{}", ran.stdout);
    assert_eq!(reader.count("DescribeInstances"), 3, "both, and then each alone");
    assert!(entries(&server.journal()).is_empty());
}

#[test]
fn a_command_that_still_runs_is_listed_so_and_keeps_its_entry() {
    let folder = tempfile::tempdir().unwrap();
    let go = folder.path().join("go");
    let body = r#"{"Response":{"RequestId":"r-1"}}"#;
    let server = Server::start(Answer::Once(go.clone(), body.to_owned()));
    let mut command = server.cvm(&["RebootInstances", "--InstanceIds", "ins-11112222"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the request is out", || !server.requests.lock().unwrap().is_empty());
    let id = entries(&server.journal()).remove(0);
    let listed = run(&mut server.bare(&["resume", "--output", "json"]));
    let rows: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!((&rows[0]["State"], &rows[0]["Resume"]), (&json!("running"), &json!("not yet")));
    for arguments in [&["resume", &id][..], &["resume", "--forget", &id]] {
        let ran = run(&mut server.bare(arguments));
        stays(&ran, &server, &id, &["still runs"]);
        assert_eq!(ran.stdout, "");
    }
    fs::write(&go, "").unwrap();
    let ran = finish(child);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(fs::read_dir(server.journal()).unwrap().count(), 0, "no entry and no lock");
    assert_eq!(server.count("RebootInstances"), 1);
}

#[test]
fn an_entry_that_was_settled_does_not_come_back() {
    let server = Server::start(Answer::Silence);
    let mut command = server.cvm(&["RebootInstances", "--InstanceIds", "ins-11112222"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the request is out", || !server.requests.lock().unwrap().is_empty());
    let id = entries(&server.journal()).remove(0);
    // Somebody removes the file by hand; the command that ends later writes no new one.
    fs::remove_file(server.journal().join(format!("{id}.json"))).unwrap();
    signal(&child, "TERM");
    assert_eq!(finish(child).code, 3);
    assert!(entries(&server.journal()).is_empty());
}

#[test]
fn one_resume_works_on_an_entry_at_a_time() {
    let (server, id) = terminated();
    let silent = Server::start(Answer::Silence);
    edit(&server.journal(), &id, |entry| entry["endpoint"] = json!(silent.url));
    let mut command = server.bare(&["resume", &id]);
    let mut first = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the first reads", || !silent.requests.lock().unwrap().is_empty());
    let second = run(&mut server.bare(&["resume", &id]));
    stays(&second, &server, &id, &["still runs"]);
    // A lock does not outlive its process, whatever ends it.
    first.kill().unwrap();
    first.wait().unwrap();
    let listed = run(&mut server.bare(&["resume"]));
    assert!(listed.stdout.contains("unknown"), "{}", listed.stdout);
    assert_eq!(run(&mut server.bare(&["resume", "--forget", &id])).code, 0);
    assert_eq!(fs::read_dir(server.journal()).unwrap().count(), 0);
}

#[test]
fn an_entry_that_was_changed_is_not_read_for() {
    let (server, id) = terminated();
    let sent = server.requests.lock().unwrap().len();
    let path = server.journal().join(format!("{id}.json"));
    let kept = fs::read(&path).unwrap();
    type Change = fn(&mut Value);
    let changes: [(Change, &str); 4] = [
        (|entry| entry["parameters"]["InstanceIds"] = json!(["ins-00000000"]), "fingerprint"),
        (|entry| entry["action"] = json!("StopInstances"), "fingerprint"),
        (|entry| entry["region"] = json!(7), "`region` is not the name of a region"),
        (|entry| entry["region"] = Value::Null, "names no region"),
    ];
    for (change, told) in changes {
        edit(&server.journal(), &id, change);
        let mut command = server.bare(&["resume", &id]);
        let ran = run(command.env("TENCENTCLOUD_REGION", "ap-tokyo"));
        assert_eq!((ran.code, ran.stdout.as_str()), (6, ""), "{told}: {}", ran.stderr);
        assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
        fs::write(&path, &kept).unwrap();
    }
    assert_eq!(server.requests.lock().unwrap().len(), sent);
}

#[test]
fn with_output_json_nothing_else_is_on_standard_output() {
    let server = Server::start(Answer::Close);
    let empty = run(&mut server.bare(&["resume", "--output", "json"]));
    assert_eq!((empty.code, empty.stdout.trim()), (0, "[]"));
    let export = ["ExportImages", "--BucketName", "b", "--ImageIds", "img-11112222"];
    assert_eq!(run(&mut server.cvm(&export)).code, 3);
    let id = entries(&server.journal()).remove(0);
    let look = run(&mut server.bare(&["resume", &id, "--output", "json"]));
    stays(&look, &server, &id, &["no list of this service tells", "look into the bucket"]);
    let forgotten = run(&mut server.bare(&["resume", "--forget", &id, "--output", "json"]));
    let list = run(&mut server.bare(&["resume", "--output", "json"]));
    for ran in [look, forgotten, list] {
        let rows: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
        assert!(rows.is_array(), "{rows}");
    }
}

#[test]
fn a_signed_url_is_not_in_the_journal_and_the_entry_can_be_read_for() {
    let server = Server::start(Answer::Close);
    let import = [
        "ImportImage",
        "--Architecture",
        "x86_64",
        "--OsType",
        "CentOS",
        "--OsVersion",
        "7",
        "--ImageName",
        "mine",
        "--ImageUrl",
        "https://b.cos.ap-guangzhou.myqcloud.com/i.qcow2?q-signature=canary",
    ];
    let ran = run(&mut server.cvm(&import));
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let id = entries(&server.journal()).remove(0);
    let text = fs::read_to_string(server.journal().join(format!("{id}.json"))).unwrap();
    assert!(!text.contains("canary") && text.contains("ImageUrl"), "{text}");
    let reader = Server::start(Answer::Json(
        r#"{"Response":{"RequestId":"r","TotalCount":0,"ImageSet":[]}}"#.to_owned(),
    ));
    edit(&server.journal(), &id, |entry| entry["endpoint"] = json!(reader.url));
    stays(&run(&mut server.bare(&["resume", &id])), &server, &id, &["1 not seen"]);
}

/// A service whose clock is behind this machine's by this many seconds: it refuses what is signed with
/// another time, loses launches, and lists one that was made by its own clock.
fn behind(seconds: u64) -> Server {
    Server::start(Answer::Script(Arc::new(move |request| {
        let local = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let now = local - seconds;
        let head = |name: &str| {
            request.lines().find_map(|line| {
                let (key, value) = line.split_once(": ")?;
                key.eq_ignore_ascii_case(name).then(|| value.to_owned())
            })
        };
        let signed: u64 = head("X-TC-Timestamp").unwrap().parse().unwrap();
        let body = if signed.abs_diff(now) > 300 {
            r#"{"Response":{"RequestId":"r","Error":{"Code":"AuthFailure.SignatureExpire","Message":"late"}}}"#.to_owned()
        } else if head("X-TC-Action").unwrap() == "RunInstances" {
            return None;
        } else {
            let tags = json!([{ "Key": "run", "Value": "7" }]);
            let made = Moment::from_unix(now).to_string();
            let set = json!([{ "InstanceId": "ins-11112222", "ImageId": "img-pmqg1cw7", "Tags": tags, "CreatedTime": made }]);
            json!({ "Response": { "RequestId": "r", "TotalCount": 1, "InstanceSet": set } })
                .to_string()
        };
        let (date, length) = (http_date(now), body.len());
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json";
        Some(format!("{head}\r\ndate: {date}\r\ncontent-length: {length}\r\n\r\n{body}"))
    })))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn http_date(unix: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = Moment::from_unix(unix).to_string();
    let parts: Vec<&str> = text.split(['-', 'T', 'Z']).collect();
    let day = DAYS[usize::try_from(unix / 86_400 % 7).unwrap()];
    let month = MONTHS[parts[1].parse::<usize>().unwrap() - 1];
    format!("{day}, {} {month} {} {} GMT", parts[2], parts[0], parts[3])
}

#[test]
fn a_clock_that_is_ten_minutes_wrong_hides_no_launch() {
    let server = behind(600);
    let launch = [
        "RunInstances",
        "--ImageId",
        "img-pmqg1cw7",
        "--TagSpecification.0.ResourceType",
        "instance",
        "--TagSpecification.0.Tags.0.Key",
        "run",
        "--TagSpecification.0.Tags.0.Value",
        "7",
        "--timeout",
        "30",
    ];
    let ran = run(&mut server.cvm(&launch));
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let id = entries(&server.journal()).remove(0);
    let path = server.journal().join(format!("{id}.json"));
    let entry: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let skew = entry["skew"].as_i64().unwrap();
    assert!((-660..=-540).contains(&skew), "{skew}");
    // With the difference in the entry, and as a killed process would have left it.
    for skew in [json!(skew), Value::Null] {
        edit(&server.journal(), &id, |entry| entry["skew"] = skew.clone());
        if skew.is_null() {
            make_old(&server.journal(), &id, 181);
        }
        let ran = run(&mut server.bare(&["resume", &id]));
        stays(&ran, &server, &id, &["1 entry made since bears its tags; it asked for 1"]);
    }
}

#[test]
fn a_wrong_date_of_one_response_hides_no_launch() {
    let server = Server::start(Answer::Close);
    let launch = ["RunInstances", "--ImageId", "img-1", "--timeout", "30"];
    assert_eq!(run(&mut server.cvm(&launch)).code, 3);
    let id = entries(&server.journal()).remove(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let made = Moment::from_unix(now).to_string();
    let set = json!([{ "InstanceId": "ins-1", "ImageId": "img-1", "CreatedTime": made }]);
    let list = json!({ "RequestId": "r", "TotalCount": 1, "InstanceSet": set });
    let reader = Server::start(Answer::Json(json!({ "Response": list }).to_string()));
    for skew in [700, 3_600, 250_000_000_000_i64] {
        edit(&server.journal(), &id, |entry| {
            entry["endpoint"] = json!(reader.url);
            entry["skew"] = json!(skew);
        });
        let ran = run(&mut server.bare(&["resume", &id]));
        stays(&ran, &server, &id, &["1 entry made since looks like it"]);
    }
}

/// Loses a launch with these parameters, and lists one instance afterwards; gives what `cvm resume` says.
fn resumed(parameters: &[&str], instance: Value) -> Ran {
    let server = Server::start(Answer::Script(Arc::new(move |request| {
        if request.contains("RunInstances") {
            return None;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let mut instance = instance.clone();
        instance["CreatedTime"] = json!(Moment::from_unix(now).to_string());
        let response = json!({ "RequestId": "r", "TotalCount": 1, "InstanceSet": [instance] });
        let body = json!({ "Response": response }).to_string();
        let (date, length) = (http_date(now), body.len());
        Some(format!("HTTP/1.1 200 OK\r\ndate: {date}\r\ncontent-length: {length}\r\n\r\n{body}"))
    })));
    let launch = ["RunInstances", "--ImageId", "img-1", "--InstanceName", "web", "--timeout", "2"];
    let ran = run(&mut server.cvm(&[&launch[..], parameters].concat()));
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let id = entries(&server.journal()).remove(0);
    make_old(&server.journal(), &id, 240);
    let ran = run(&mut server.bare(&["resume", &id]));
    stays(&ran, &server, &id, &[]);
    ran
}

const TAG: [&str; 6] = [
    "--TagSpecification.0.ResourceType",
    "instance",
    "--TagSpecification.0.Tags.0.Key",
    "run",
    "--TagSpecification.0.Tags.0.Value",
    "7",
];

#[test]
fn resume_does_not_say_that_nothing_was_made_when_rows_hide_what_is_compared() {
    let row = |name: Value, tags: Value| json!({ "InstanceId": "ins-1", "ImageId": "img-1", "InstanceName": name, "Tags": tags });
    let ran = resumed(&[], row(Value::Null, json!([])));
    assert!(ran.stdout.contains("ins-1"), "{}", ran.stdout);
    for told in
        ["1 entry made since may be it; it asked for 1", "does not show `InstanceName` of 1"]
    {
        assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
    }
    let tags = json!([{ "Key": "run", "Value": "7" }]);
    let ran = resumed(&TAG, row(Value::Null, tags));
    assert!(ran.stdout.contains("ins-1"), "{}", ran.stdout);
    assert!(ran.stderr.contains("1 entry made since bears its tags"), "{}", ran.stderr);
    for hidden in [Value::Null, json!([null]), json!([{ "Key": "run" }])] {
        let ran = resumed(&TAG, row(Value::Null, hidden));
        assert!(!ran.stderr.contains("nothing made since bears"), "{}", ran.stderr);
        for told in
            ["is shown to bear its tags", "does not show the tags of 1 made since (`ins-1`)"]
        {
            assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
        }
    }
}

#[test]
fn resume_looks_only_for_the_tags_of_the_instances() {
    let disk = [
        "--TagSpecification.1.ResourceType",
        "volume",
        "--TagSpecification.1.Tags.0.Key",
        "disk",
        "--TagSpecification.1.Tags.0.Value",
        "d",
    ];
    let tags = json!([{ "Key": "run", "Value": "7" }]);
    let row =
        json!({ "InstanceId": "ins-1", "ImageId": "img-1", "InstanceName": "web", "Tags": tags });
    let ran = resumed(&[TAG, disk].concat(), row);
    assert!(ran.stderr.contains("1 entry made since bears its tags"), "{}", ran.stderr);
}
