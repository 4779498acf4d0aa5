//! Signals end a run whose standard output blocks while it writes the response to a change.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use serde_json::json;

use crate::harness::{
    Answer, Server, dated_response, entries, finish, signal, start, stopping, unix_now, until,
};

const LAUNCH: [&str; 3] = ["RunInstances", "--ImageId", "img-1"];

/// More ids than fit into a pipe.
fn many_ids() -> String {
    let ids: Vec<String> = (0..20_000).map(|number| format!("ins-{number:08}")).collect();
    json!({ "Response": { "InstanceIdSet": ids, "RequestId": "r-1" } }).to_string()
}

/// A server that closes connections until the flag is set, and then returns this response.
fn late(status: u16, body: String) -> (Server, Arc<AtomicBool>) {
    let is_up = Arc::new(AtomicBool::new(false));
    let answers = Arc::clone(&is_up);
    let server = Server::scripted(move |_| {
        answers.load(SeqCst).then(|| dated_response(status, unix_now(), &body))
    });
    (server, is_up)
}

/// Starts a command and reads only the first byte of its output.
fn blocked(command: &mut Command) -> Child {
    let mut child = start(command);
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0]).unwrap();
    child.stdout = Some(stdout);
    child
}

/// Waits for the end, and returns the exit code and standard error.
fn ended(mut child: Child) -> (Option<i32>, String) {
    // Nothing is read from standard output before the end.
    let code = child.wait().unwrap().code();
    (code, finish(child).stderr)
}

#[test]
fn signal_during_blocked_output_exits_7_and_keeps_the_entry() {
    let server = Server::start(Answer::Json(many_ids()));
    for name in stopping() {
        let child = blocked(&mut server.cvm(&LAUNCH));
        signal(&child, name);
        let (code, stderr) = ended(child);
        assert_eq!(code, Some(7), "{name}: {stderr}");
        for expected in ["was carried out", "r-1", "ins-00000000", "cvm resume "] {
            assert!(stderr.contains(expected), "{name}: {expected}: {stderr}");
        }
    }
    assert_eq!(entries(&server.journal()).len(), stopping().len());
}

#[test]
fn signal_during_blocked_resume_output_exits_7() {
    let (server, is_up) = late(200, many_ids());
    let id = server.lose(&[&LAUNCH[..], &["--timeout", "60"]].concat());
    is_up.store(true, SeqCst);
    let child = blocked(&mut server.bare(&["resume", &id]));
    signal(&child, stopping()[0]);
    let (code, stderr) = ended(child);
    assert_eq!(code, Some(7), "{stderr}");
    assert!(stderr.contains("ins-00000000"), "{stderr}");
    assert_eq!(entries(&server.journal()), [id]);
}

/// The error of a retry says nothing about the first request, also while it is being written. Only Linux reports the
/// size of a pipe.
#[cfg(target_os = "linux")]
#[test]
fn signal_during_the_error_of_a_retry_leaves_the_outcome_unknown() {
    let error = json!({ "Code": "InvalidParameterValue", "Message": "no ".repeat(2_000) });
    let body = json!({ "Response": { "Error": error, "RequestId": "r-1" } }).to_string();
    let (server, is_up) = late(400, body);
    let id = server.lose(&[&LAUNCH[..], &["--timeout", "2"]].concat());
    is_up.store(true, SeqCst);
    // Only the beginning of the message fits.
    let (reader, mut writer) = std::io::pipe().unwrap();
    let filled = rustix::pipe::fcntl_getpipe_size(&writer).unwrap() - 800;
    writer.write_all(&vec![b'z'; filled]).unwrap();
    let mut resume = server.bare(&["resume", &id]);
    let mut child = resume.stdout(Stdio::null()).stderr(writer).spawn().unwrap();
    until("the refusal is being written", || {
        usize::try_from(rustix::io::ioctl_fionread(&reader).unwrap()).unwrap() > filled + 400
    });
    signal(&child, stopping()[0]);
    let code = child.wait().unwrap().code();
    assert_eq!(code, Some(3));
    drop(reader);
    assert_eq!(entries(&server.journal()), [id]);
}

#[test]
fn signal_during_blocked_standard_error_exits_7() {
    let server = Server::start(Answer::Json(many_ids()));
    let command = server.cvm(&LAUNCH);
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "exec \"$0\" \"$@\" 2>&1"]).arg(command.get_program()).env_clear();
    shell.args(command.get_args());
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let child = blocked(&mut shell);
    signal(&child, stopping()[0]);
    assert_eq!(ended(child).0, Some(7));
    assert_eq!(entries(&server.journal()).len(), 1);
}
