//! Contradictory responses to a change: an error with a result, a truncated body, a missing secret.

use std::thread;

use crate::harness::{
    Answer, KEY, Ran, Server, entries, http_response, json_response, keeps_key, run, run_with_input,
};

const CREATE: [&str; 5] = ["CreateKeyPair", "--KeyName", "n", "--ProjectId", "0"];

/// Runs `CreateKeyPair` in the server's folder.
fn create(server: &Server) -> Ran {
    let folder = server.folder.path();
    run(server.cvm(&CREATE).current_dir(folder).env("TMPDIR", folder))
}

fn key_pair(members: &str) -> String {
    format!(r#"{{"Response":{{"KeyPair":{{"KeyId":"skey-7",{members}}},"RequestId":"r-1"}}}}"#)
}

#[test]
fn error_with_a_key_pair_exits_3_and_saves_the_key() {
    for code in ["InternalError", "InvalidParameter", "RequestLimitExceeded"] {
        for member in ["KeyPair", "keyPair"] {
            let server = Server::start(Answer::Json(format!(
                r#"{{"Response":{{"{member}":{{"KeyId":"skey-7","PrivateKey":"{KEY}"}},"Error":{{"Code":"{code}","Message":"m"}},"RequestId":"r-1"}}}}"#
            )));
            let ran = create(&server);
            assert_eq!(ran.code, 3, "{code}: {}", ran.stderr);
            assert!(ran.stderr.contains(code), "{code}: {}", ran.stderr);
            assert!(keeps_key(server.folder.path()), "{code}: {}", ran.stderr);
            assert!(!ran.stderr.contains(KEY) && !ran.stdout.contains(KEY), "{}", ran.stderr);
            assert_eq!(entries(&server.journal()).len(), 1, "{code}");
            assert_eq!(server.count("CreateKeyPair"), 1, "{code}");
        }
    }
}

#[test]
fn error_with_instance_ids_exits_3_and_names_them() {
    let server = Server::start(Answer::Json(
        r#"{"Response":{"InstanceIdSet":["ins-1","ins-2"],"Error":{"Code":"InvalidParameter","Message":"m"},"RequestId":"r-1"}}"#
            .to_owned(),
    ));
    let ran = run(&mut server.cvm(&["RunInstances", "--ImageId", "i", "--timeout", "60"]));
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("it contains the ids `ins-1`, `ins-2`"), "{}", ran.stderr);
    assert_eq!(entries(&server.journal()).len(), 1);
}

#[test]
fn inconclusive_error_exits_3_and_keeps_the_entry() {
    let code = |code: &str| format!(r#""Error":{{"Code":"{code}","Message":"m"}}"#);
    let whole = |error: &str| format!(r#"{{"Response":{{{error},"RequestId":"r-1"}}}}"#);
    let mut cases = vec![
        (504, whole(&code("GatewayTimeout"))),
        (500, whole(&code("FailedOperation"))),
        (503, whole(&code("InvalidParameter"))),
        (200, whole(&code("FailedOperation")).replace("Error", "error")),
        (
            200,
            format!(
                r#"{{{},"Response":{{"InstanceIdSet":["ins-1"],"RequestId":"r-1"}}}}"#,
                code("A")
            ),
        ),
    ];
    for name in ["ServerTimeout", "UnknownError", "InternalFailure", "FailedOperation.Timeout"] {
        cases.push((200, whole(&code(name))));
    }
    thread::scope(|scope| {
        for (status, body) in cases {
            scope.spawn(move || {
                let sent = body.clone();
                let server = Server::scripted(move |_| Some(json_response(status, &sent)));
                for change in [
                    &["RunInstances", "--ImageId", "i", "--timeout", "2"][..],
                    &["TerminateInstances", "--InstanceIds", "ins-1", "--timeout", "60"],
                ] {
                    let ran = run(&mut server.cvm(change));
                    assert_eq!(ran.code, 3, "{status} {body} {change:?}: {}", ran.stderr);
                    assert_eq!(ran.stdout, "", "{status} {body} {change:?}");
                }
                assert_eq!(server.count("TerminateInstances"), 1, "{status} {body}");
                assert_eq!(entries(&server.journal()).len(), 2, "{status} {body}");
            });
        }
    });
}

#[test]
fn truncated_key_pair_response_is_saved() {
    let body = key_pair(&format!(r#""PrivateKey":"{KEY}""#));
    for (head, rest) in [
        (format!("content-length: {}", body.len() + 50), body.clone()),
        ("transfer-encoding: chunked".to_owned(), format!("{:x}\r\n{body}\r\n", body.len())),
        (format!("content-length: {}", body.len()), body[..body.len() - 20].to_owned()),
    ] {
        let response = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{head}\r\n\r\n{rest}");
        let server = Server::scripted(move |request| {
            request.contains("CreateKeyPair").then(|| response.clone())
        });
        let folder = server.folder.path();
        let ran = run(server
            .cvm(&[&CREATE[..], &["--timeout", "60"]].concat())
            .current_dir(folder)
            .env("TMPDIR", folder));
        assert_eq!(ran.code, 3, "{head}: {}", ran.stderr);
        assert!(ran.stderr.contains("the invalid response is saved in "), "{head}: {}", ran.stderr);
        assert!(keeps_key(folder) && !ran.stderr.contains(KEY), "{head}: {}", ran.stderr);
    }
}

#[test]
fn key_pair_without_private_key_exits_3() {
    for members in [r#""PrivateKey":"""#, r#""PrivateKey":null"#, r#""KeyName":"n""#] {
        let server = Server::start(Answer::Json(key_pair(members)));
        let ran = create(&server);
        assert_eq!(ran.code, 3, "{members}: {}", ran.stderr);
        let expected = "lacks `KeyPair.PrivateKey` (it names `skey-7`)";
        assert!(ran.stderr.contains(expected), "{members}: {}", ran.stderr);
        assert_eq!(entries(&server.journal()).len(), 1, "{members}");
    }
    let odd = format!(r#""privateKey":"{KEY}""#);
    let server = Server::start(Answer::Json(key_pair(&odd)));
    let ran = create(&server);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(keeps_key(server.folder.path()) && !ran.stdout.contains(KEY), "{}", ran.stderr);
}

#[test]
fn throttling_exits_1_in_every_form() {
    let throttle =
        r#"{"Response":{"Error":{"Code":"RequestLimitExceeded","Message":"m"},"RequestId":"r-1"}}"#;
    let bodies = [(200, throttle), (429, throttle), (429, "<html>slow down</html>"), (429, "{}")];
    let cases = bodies.map(|case| ["", "retry-after: 60\r\n"].map(|wish| (case, wish)));
    thread::scope(|scope| {
        for ((status, body), wish) in cases.into_iter().flatten() {
            scope.spawn(move || {
                let server = Server::scripted(move |_| Some(http_response(status, wish, body)));
                let stop = ["StopInstances", "--InstanceIds", "ins-1", "--timeout", "30"];
                let ran = run(&mut server.cvm(&stop));
                let expected = if body == throttle { "RequestLimitExceeded" } else { "HTTP 429" };
                let what = format!("{status} {body} {wish}: {}", ran.stderr);
                assert!(ran.code == 1 && ran.stderr.contains(expected), "{} {what}", ran.code);
                let attempts = server.count("StopInstances");
                let is_mentioned = ran.stderr.contains(&format!("after {attempts} attempts"));
                assert_eq!(is_mentioned, attempts > 1, "{what}");
                assert!(entries(&server.journal()).is_empty(), "{what}");
            });
        }
    });
}

#[test]
fn secret_is_hidden_everywhere_in_output() {
    let copies = format!(r#""Copy":{{"PrivateKey":"{KEY}"}},"Text":"it is {KEY}.","#);
    let server = Server::start(Answer::Json(format!(
        r#"{{"Response":{{{copies}"KeyPair":{{"KeyId":"skey-7","PrivateKey":"{KEY}"}},"RequestId":"r-1"}}}}"#
    )));
    for format in ["json", "table", "text"] {
        let folder = server.folder.path();
        let options = ["--output", format, "--show-wire"];
        let ran = run(server
            .cvm(&[&CREATE[..], &options].concat())
            .current_dir(folder)
            .env("TMPDIR", folder));
        assert_eq!(ran.code, 0, "{format}: {}", ran.stderr);
        assert!(ran.stdout.contains("skey-7"), "{format}: {}", ran.stdout);
        assert!(!ran.stdout.contains(KEY), "{format}: {}", ran.stdout);
        assert!(!ran.stderr.contains(KEY), "{format}: {}", ran.stderr);
    }
}

#[test]
fn echoed_request_secret_is_not_shown() {
    const PASSWORD: &str = "S3cretPW12345";
    let echo = format!(
        r#"{{"Response":{{"Echo":{{"Password":"{PASSWORD}","Text":"a {PASSWORD}"}},"RequestId":"{PASSWORD}"}}}}"#
    );
    let server = Server::start(Answer::Json(echo));
    let reset = ["ResetInstancesPassword", "--InstanceIds", "ins-1", "--Password", "@-"];
    for format in ["json", "table", "text"] {
        let mut command = server.cvm(&[&reset[..], &["--output", format]].concat());
        let ran = run_with_input(&mut command, PASSWORD);
        assert_eq!(ran.code, 0, "{format}: {}", ran.stderr);
        assert!(!ran.stdout.contains(PASSWORD), "{format}: {}", ran.stdout);
        assert!(!ran.stderr.contains(PASSWORD), "{format}: {}", ran.stderr);
    }
}
