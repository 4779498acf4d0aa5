//! The journal on the disk: when an entry exists, what it contains, and who can read or write it.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::harness::{
    Answer, Emulator, LAUNCH, Server, cvm, entries, entry_file, finish, lost, only_entry, run,
    run_with_input, signal, start,
};

/// A change without a read before it.
const REBOOT: [&str; 3] = ["RebootInstances", "--InstanceIds", "ins-11112222"];

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn finished_calls_and_reads_leave_no_entry() {
    let emulator = Emulator::start();
    let journal = emulator.journal();
    for arguments in [&["DescribeZones"][..], &[&LAUNCH[..], &["--DryRun"]].concat()] {
        assert_eq!(run(&mut emulator.cvm(arguments)).code, 0);
        assert!(!journal.exists(), "{arguments:?}");
    }
    emulator.launch();
    let refused = run(&mut emulator.cvm(&REBOOT));
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert_eq!(fs::read_dir(&journal).unwrap().count(), 0);
    let listed = run(&mut emulator.cvm(&["resume"]));
    assert_eq!((listed.code, listed.stderr.as_str()), (0, ""));
    assert!(listed.stdout.starts_with("The journal is empty"), "{}", listed.stdout);
}

#[test]
fn entry_exists_while_the_request_is_in_flight() {
    let server = Server::start(Answer::Silence);
    let child = start(&mut server.cvm(&REBOOT));
    server.wait_for_request();
    let ids = entries(&server.journal());
    assert_eq!(ids.len(), 1);
    let listed = run(server.cvm(&["resume"]).env("COLUMNS", "160"));
    for expected in [&ids[0], "RebootInstances", "ap-guangzhou", "running", "not yet"] {
        assert!(listed.stdout.contains(expected), "{expected}: {}", listed.stdout);
    }
    signal(&child, "TERM");
    let ran = finish(child);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("`cvm resume {}`", ids[0])), "{}", ran.stderr);
    let text = run(&mut server.cvm(&["resume", "--output", "text"])).stdout;
    assert_eq!(text.matches('\t').count(), 6, "{text}");
    assert!(text.contains("\tunknown\t"), "{text}");
    let forgotten = run(&mut server.cvm(&["resume", "--forget", &ids[0]]));
    assert_eq!(forgotten.code, 0, "{}", forgotten.stderr);
    assert!(entries(&server.journal()).is_empty());
    assert_eq!(run(&mut server.cvm(&["resume", "--forget", &ids[0]])).code, 2);
    assert_eq!(server.requests.lock().unwrap().len(), 1);
}

#[test]
fn journal_is_owner_only_under_any_umask() {
    for umask in ["000", "022", "077"] {
        let server = Server::start(Answer::Close);
        let home = server.folder.path().join("home");
        fs::create_dir(&home).unwrap();
        let known = server.cvm(&REBOOT);
        let script = format!("umask {umask}; exec \"$0\" \"$@\"");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &script]).arg(known.get_program()).args(known.get_args()).env_clear();
        for (name, value) in known.get_envs() {
            if let (true, Some(value)) = (name != "CVM_JOURNAL", value) {
                command.env(name, value);
            }
        }
        let ran = run(command.env("HOME", &home));
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        let journal = home.join(".local/state/cvm/journal");
        for folder in [".local", ".local/state", ".local/state/cvm", ".local/state/cvm/journal"] {
            assert_eq!(mode(&home.join(folder)), 0o700, "{umask}: {folder}");
        }
        let ids = entries(&journal);
        assert_eq!(ids.len(), 1);
        assert_eq!(mode(&journal.join(format!("{}.json", ids[0]))), 0o600, "{umask}");
        assert_eq!(fs::read_dir(&journal).unwrap().count(), 1, "nothing is left beside it");
    }
}

#[test]
fn unusable_journal_prevents_sending() {
    let server = Server::start(Answer::Close);
    let folder = server.folder.path();
    let file = folder.join("file");
    fs::write(&file, "").unwrap();
    let real = folder.join("real");
    fs::create_dir(&real).unwrap();
    let link = folder.join("link");
    symlink(&real, &link).unwrap();
    let open = folder.join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    let closed = folder.join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o500)).unwrap();
    // Root can write everywhere, so this case is tested only for other users.
    let is_bound = fs::write(closed.join("x"), "").is_err();
    let mut places = vec![
        (Some(file.clone()), "irectory"),
        (Some(file.join("below")), "irectory"),
        (Some(link), "symbolic link"),
        (Some(open), "chmod"),
        (None, "no directory for the journal"),
    ];
    if is_bound {
        places.push((Some(closed.clone()), "ermission"));
    }
    for (place, expected) in places {
        let mut command = server.cvm(&REBOOT);
        match &place {
            Some(place) => command.env("CVM_JOURNAL", place),
            None => command.env_remove("CVM_JOURNAL"),
        };
        let ran = run(&mut command);
        assert_eq!((ran.code, ran.stdout.as_str()), (6, ""), "{place:?}: {}", ran.stderr);
        for expected in [expected, "nothing was sent", "--no-journal", "CVM_JOURNAL"] {
            assert!(ran.stderr.contains(expected), "{place:?}: {expected}: {}", ran.stderr);
        }
        // Nothing was sent.
        let before = server.requests.lock().unwrap().len();
        assert_eq!(before, 0, "{place:?}");
    }
    assert_eq!(fs::read_dir(&real).unwrap().count(), 0);
    let mut command = server.cvm(&REBOOT);
    let ran = run(command.env("CVM_JOURNAL", &file).arg("--no-journal"));
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert_eq!(server.requests.lock().unwrap().len(), 1);
    assert!(!ran.stderr.contains("cvm resume"), "{}", ran.stderr);
}

#[test]
fn linked_or_writable_entries_are_rejected() {
    let (server, id) = lost(&REBOOT);
    let sent = server.requests.lock().unwrap().len();
    let path = entry_file(&server.journal(), &id);
    let elsewhere = server.folder.path().join("elsewhere");
    fs::rename(&path, &elsewhere).unwrap();
    symlink(&elsewhere, &path).unwrap();
    let ran = run(&mut server.cvm(&["resume", &id]));
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert!(ran.stderr.contains("it is a link"), "{}", ran.stderr);
    assert!(run(&mut server.cvm(&["resume"])).stdout.contains("broken"));
    fs::remove_file(&path).unwrap();
    fs::rename(&elsewhere, &path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let ran = run(&mut server.cvm(&["resume", &id]));
    assert!(ran.code == 6 && ran.stderr.contains("other users can write"), "{}", ran.stderr);
    let renamed = server.folder.path().join("moved");
    fs::rename(server.journal(), &renamed).unwrap();
    symlink(&renamed, server.journal()).unwrap();
    for arguments in [&["resume"][..], &["resume", &id], &["resume", "--forget", &id]] {
        let ran = run(&mut server.cvm(arguments));
        assert!(ran.code == 6 && ran.stderr.contains("symbolic link"), "{}", ran.stderr);
    }
    assert!(renamed.join(format!("{id}.json")).exists());
    assert_eq!(server.requests.lock().unwrap().len(), sent);
}

#[cfg(target_os = "linux")]
#[test]
fn journal_and_command_lines_contain_no_secret() {
    const CANARY: &str = "Canary@Password123++";
    let server = Server::start(Answer::Silence);
    let password = server.folder.path().join("password");
    fs::write(&password, CANARY).unwrap();
    let password = format!("@{}", password.display());
    let launch = ["RunInstances", "--LoginSettings.Password", &password, "--UserData", "@-"];
    let mut command = server.cvm(&launch);
    command
        .env("TENCENTCLOUD_SECRET_KEY", "canary-key")
        .env("TENCENTCLOUD_TOKEN", "canary-token")
        .stdin(Stdio::piped());
    let mut child = start(&mut command);
    use std::io::Write as _;
    child.stdin.take().unwrap().write_all(b"Q2FuYXJ5LWluLXVzZXItZGF0YQ==").unwrap();
    server.wait_for_request();
    let sent = server.requests.lock().unwrap()[0].clone();
    assert!(sent.contains(CANARY) && sent.contains("Q2FuYXJ5"), "{sent}");
    let line = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
    signal(&child, "TERM");
    let ran = finish(child);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let id = only_entry(&server.journal());
    let entry = fs::read(entry_file(&server.journal(), &id)).unwrap();
    let listed = run(&mut server.cvm(&["resume"]));
    let without = run(&mut server.cvm(&["resume", &id]));
    assert_eq!(without.code, 2, "{}", without.stderr);
    for named in ["LoginSettings.Password", "UserData"] {
        assert!(String::from_utf8_lossy(&entry).contains(named));
        assert!(without.stderr.contains(&format!("--{named} @FILE")), "{}", without.stderr);
    }
    let wrong = run_with_input(
        &mut server.cvm(&["resume", &id, "--UserData", "@-", "--HostName", "other"]),
        "Q2FuYXJ5",
    );
    assert!(wrong.code == 2 && wrong.stderr.contains("`--HostName`"), "{}", wrong.stderr);
    let everything = [
        line,
        entry,
        ran.stdout.into_bytes(),
        ran.stderr.into_bytes(),
        listed.stdout.into_bytes(),
        without.stderr.into_bytes(),
        wrong.stderr.into_bytes(),
    ];
    for (place, text) in everything.iter().enumerate() {
        let text = String::from_utf8_lossy(text).to_lowercase();
        assert!(!text.contains("canary") && !text.contains("q2fuyxj5"), "{place}: {text}");
    }
    assert_eq!(server.requests.lock().unwrap().len(), 1);
}

#[test]
fn unprintable_launch_response_keeps_the_entry() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let emulator = Emulator::start();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = emulator.cvm(&LAUNCH);
    let ran = finish(command.stdout(full).stderr(Stdio::piped()).spawn().unwrap());
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    let id = only_entry(&emulator.journal());
    assert!(ran.stderr.contains(&format!("cvm resume {id}")), "{}", ran.stderr);
    let again = run(&mut emulator.cvm(&["resume", &id]));
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(emulator.instance_count(), 1);
}

#[test]
fn closed_pipe_keeps_the_launch_entry_and_ends_reads_silently() {
    let emulator = Emulator::start();
    let unread = |arguments: &[&str]| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = emulator.cvm(arguments);
        finish(command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap())
    };
    let read = unread(&["DescribeZones"]);
    assert_eq!((read.code, read.stderr.as_str()), (0, ""));
    let ran = unread(&LAUNCH);
    assert_eq!(ran.code, 7, "{}", ran.stderr);
    let id = only_entry(&emulator.journal());
    let ready = emulator.ready_file.to_str().unwrap();
    for expected in ["request id ", &format!("`cvm resume {id} --emulator {ready}` retries")] {
        assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
    }
    let again = run(&mut emulator.cvm(&["resume", &id]));
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(again.stdout.contains("\"ins-"), "{}", again.stdout);
    let terminated = unread(&[&LAUNCH[..], &["--no-journal"]].concat());
    assert_eq!(terminated.code, 7, "{}", terminated.stderr);
    assert!(!terminated.stderr.contains("cvm resume"), "{}", terminated.stderr);
}

#[test]
fn unremovable_entry_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let go = folder.path().join("go");
    let body = r#"{"Response":{"RequestId":"r-1"}}"#;
    let server = Server::start(Answer::Once(go.clone(), body.to_owned()));
    let child = start(&mut server.cvm(&REBOOT));
    server.wait_for_request();
    // Not even root can remove a directory as a file.
    let path = entry_file(&server.journal(), &only_entry(&server.journal()));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    fs::write(&go, "").unwrap();
    let ran = finish(child);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.starts_with("note: the outcome is known"), "{}", ran.stderr);
    assert!(ran.stderr.contains(path.to_str().unwrap()), "{}", ran.stderr);
}

#[test]
fn convergent_requests_are_journaled_too() {
    let server = Server::start(Answer::Close);
    let rename = ["ModifyImageAttribute", "--ImageId", "img-11112222", "--ImageName", "x"];
    let ran = run(&mut server.cvm(&rename));
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let id = only_entry(&server.journal());
    let expected = format!("`cvm resume {id}` only reads to find the outcome, and retries nothing");
    assert!(ran.stderr.contains(&expected), "{}", ran.stderr);
    let sent = server.count("ModifyImageAttribute");
    assert!(run(&mut server.bare(&["resume"])).stdout.contains("only reads"));
    assert_eq!(run(&mut server.bare(&["resume", &id, "--timeout", "1"])).code, 3);
    assert_eq!(server.count("ModifyImageAttribute"), sent);
    assert_eq!(entries(&server.journal()), [id]);
}

#[test]
fn quickstart_writes_no_journal() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = cvm(&["quickstart", "--time-scale", "300"]);
    assert_eq!(run(command.env("CVM_JOURNAL", folder.path().join("journal"))).code, 0);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn relative_journal_directory_is_rejected() {
    let server = Server::start(Answer::Json(r#"{"Response":{"RequestId":"r"}}"#.to_owned()));
    for (variable, value) in [("CVM_JOURNAL", "relative"), ("HOME", "relative"), ("HOME", ".")] {
        for arguments in [&["resume"][..], &["StopInstances", "--InstanceIds", "ins-1"]] {
            let mut command = server.cvm(arguments);
            command.env_remove("CVM_JOURNAL").env(variable, value);
            let ran = run(command.current_dir(server.folder.path()));
            assert_eq!(ran.code, 6, "{variable}: {}", ran.stderr);
            assert!(ran.stderr.contains("depends on the current directory"), "{}", ran.stderr);
            assert!(ran.stderr.contains(&format!("set {variable} to")), "{}", ran.stderr);
        }
    }
    assert!(server.requests.lock().unwrap().is_empty());
    assert_eq!(fs::read_dir(server.folder.path()).unwrap().count(), 0);
}

#[test]
fn journal_of_another_user_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let theirs = folder.path().join("theirs");
    fs::create_dir(&theirs).unwrap();
    fs::set_permissions(&theirs, fs::Permissions::from_mode(0o755)).unwrap();
    // Only root can change the owner of a directory; other users test with the root directory.
    let theirs = match std::os::unix::fs::chown(&theirs, Some(12_345), None) {
        Ok(()) => theirs,
        Err(_) => Path::new("/").to_owned(),
    };
    for format in ["table", "json"] {
        let ran = run(cvm(&["resume", "--output", format]).env("CVM_JOURNAL", &theirs));
        assert_eq!((ran.code, ran.stdout.as_str()), (6, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains("belongs to another user"), "{}", ran.stderr);
    }
}
