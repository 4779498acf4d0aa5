//! Standard streams that another program has set to non-blocking.

use std::io::{PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::AsFd;
use std::process::{Child, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use serde_json::{Value, json};

use crate::harness::{Answer, Server, entries, finish, until};

const NO_TIME: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

fn set_nonblocking(file: &impl AsFd) {
    fcntl_setfl(file, fcntl_getfl(file).unwrap() | OFlags::NONBLOCK).unwrap();
}

/// A pipe with a non-blocking end for the child.
fn pipe() -> (PipeReader, PipeWriter) {
    let (reader, writer) = std::io::pipe().unwrap();
    set_nonblocking(&writer);
    (reader, writer)
}

fn held(reader: &PipeReader) -> usize {
    usize::try_from(rustix::io::ioctl_fionread(reader).unwrap()).unwrap()
}

/// Reads only after the pipe is full or the child has ended.
fn read_late(mut reader: PipeReader, writer: PipeWriter, child: &mut Child) -> String {
    let has_room =
        || poll(&mut [PollFd::new(&writer, PollFlags::OUT)], Some(&NO_TIME)).unwrap() > 0;
    until("the pipe is full", || !has_room() || child.try_wait().unwrap().is_some());
    drop(writer);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn complete_response_reaches_a_slow_reader() {
    let ids: Vec<String> = (0..20_000).map(|number| format!("ins-{number:08}")).collect();
    let launched = json!({ "Response": { "InstanceIdSet": ids, "RequestId": "r-1" } });
    let rows: Vec<Value> = ids.iter().map(|id| json!({ "InstanceId": id })).collect();
    let listed = json!({ "TotalCount": rows.len(), "InstanceSet": rows, "RequestId": "r-1" });
    for (arguments, body) in [
        (&["RunInstances", "--ImageId", "i", "--InstanceCount", "20000"][..], launched),
        (&["DescribeInstances", "--output", "text"], json!({ "Response": listed })),
    ] {
        let server = Server::start(Answer::Json(body.to_string()));
        let (reader, writer) = pipe();
        let watch = writer.try_clone().unwrap();
        let mut child =
            server.cvm(arguments).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let text = read_late(reader, watch, &mut child);
        let ran = finish(child);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{arguments:?}");
        assert_eq!(text.matches("ins-").count(), 20_000, "{arguments:?}");
        assert!(entries(&server.journal()).is_empty());
    }
}

#[test]
fn complete_message_reaches_a_slow_reader_of_standard_error() {
    let rows: Vec<Value> =
        (0..3_000).map(|row| json!({ "Zone": format!("zone-{row}-") })).collect();
    let body = json!({ "TotalCount": 3_000, "ZoneSet": rows, "RequestId": "r-1" });
    let server = Server::start(Answer::Json(json!({ "Response": body }).to_string()));
    let (reader, writer) = pipe();
    let watch = writer.try_clone().unwrap();
    let mut command = server.cvm(&["DescribeZones", "--show-wire", "--output", "text"]);
    let mut child = command.stdout(Stdio::null()).stderr(writer).spawn().unwrap();
    drop(command);
    let text = read_late(reader, watch, &mut child);
    assert!(child.wait().unwrap().success());
    assert!(text.contains("zone-0-") && text.contains("zone-2999-"), "{} bytes", text.len());
}

#[test]
fn slow_standard_input_is_awaited() {
    let server = Server::start(Answer::Json(r#"{"Response":{"RequestId":"r-1"}}"#.to_owned()));
    let (reader, mut writer) = std::io::pipe().unwrap();
    set_nonblocking(&reader);
    let watch = reader.try_clone().unwrap();
    let mut command = server.cvm(&["StopInstances", "--cli-input-json", "-"]);
    command.stdin(reader).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    writer.write_all(b"{\"InstanceIds\":").unwrap();
    until("the first part is read", || held(&watch) == 0);
    writer.write_all(b"[\"ins-1\"]}").unwrap();
    drop(writer);
    let ran = finish(child);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(server.requests.lock().unwrap()[0].contains("ins-1"));
}
