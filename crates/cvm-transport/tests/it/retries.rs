//! Which requests are retried: effects, client tokens and unknown outcomes.

use std::collections::HashSet;
use std::time::Duration;

use cvm_transport::config::Timeouts;
use cvm_transport::retry::Outcome;

use crate::actions::{KillThings, Launch, ListThings, SetName, StartThings};
use crate::server::{Server, Step, unused_endpoint};
use crate::virtual_time::pass;
use crate::{ATTEMPT, builder, client};

fn ids() -> Vec<String> {
    vec!["thing-1".into()]
}

#[tokio::test]
async fn launch_with_lost_response_is_retried_with_one_token() {
    let server = Server::start([Step::reset(), Step::close()]).await;
    let (response, report) = client(&server.url).send_with_report(Launch::default()).await.unwrap();
    assert_eq!(response.thing_id_set, ["thing-1"]);
    let received = server.received();
    let tokens: HashSet<_> = received.iter().map(|request| request.client_token()).collect();
    assert_eq!((received.len(), tokens.len()), (3, 1), "one token for all attempts");
    assert_eq!(tokens.into_iter().next().unwrap(), report.client_token);
    let outcomes: Vec<_> = report.attempts.iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [Outcome::Ambiguous, Outcome::Ambiguous, Outcome::Success]);
}

#[tokio::test]
async fn rejected_response_leaves_no_members_in_the_result() {
    let server = Server::start([
        Step::json(r#"{"Response":{"ThingIdSet":["stale"],"PrivateKey":"stale"}}"#),
        Step::json(r#"{"Response":{"ThingIdSet":["thing-2"],"RequestId":"r-2"}}"#),
    ])
    .await;
    let response = client(&server.url).send(Launch::default()).await.unwrap();
    assert_eq!(response.thing_id_set, ["thing-2"]);
    assert!(response.private_key.is_none());
}

#[tokio::test]
async fn undecodable_response_is_retried_only_with_a_client_token() {
    let odd = Step::json(r#"{"Response":{"Error":["canary"],"RequestId":"r-1"}}"#);
    let server = || Server::start([odd.clone()]);
    let assert_decode_error = |error: &cvm_transport::Error| {
        let decode = std::error::Error::source(error).unwrap();
        let decode = decode.downcast_ref::<cvm_protocol::DecodeError>().unwrap();
        assert_eq!(decode.path, "Error", "{error}");
        assert_eq!((decode.expected, decode.found), (Some("an object"), Some("a list")));
        assert!(error.is_undecodable_response(), "{error}");
        let text = error.to_string();
        assert!(text.contains("at `Error`: expected an object, found a list"), "{text}");
        assert!(text.contains("request id r-1") && !text.contains("canary"), "{text}");
    };

    let read = server().await;
    let error = client(&read.url).send(ListThings::default()).await.unwrap_err();
    assert_decode_error(&error);
    assert!(error.outcome_unknown().is_none(), "{error}");
    assert_eq!(read.received().len(), 1);

    for error in [
        client(&server().await.url).send(KillThings { thing_ids: ids() }).await.unwrap_err(),
        client(&server().await.url).send(StartThings { thing_ids: ids() }).await.unwrap_err(),
        client(&server().await.url)
            .send(SetName { thing_id: "thing-1".into(), name: "n".into() })
            .await
            .unwrap_err(),
    ] {
        assert_decode_error(&error);
        assert!(error.outcome_unknown().is_some(), "{error}");
        assert_eq!(error.attempts().len(), 1, "{error}");
    }

    let launch = server().await;
    let response = client(&launch.url).send(Launch::default()).await.unwrap();
    assert_eq!(response.thing_id_set, ["thing-1"]);
    assert_eq!(launch.received().len(), 2);
}

#[tokio::test]
async fn truncated_or_foreign_response_to_a_read_is_retried() {
    for response in [
        Step::json(r#"{"Response":{"Error":["a"],"RequestId":"r-1"}"#),
        Step::json(r#"{"Response":{"Error":["a"]}}"#),
        Step::json(r#"{"message":["busy"]}"#),
    ] {
        let server = Server::start([response]).await;
        client(&server.url).send(ListThings::default()).await.unwrap();
        assert_eq!(server.received().len(), 2);
    }
}

#[tokio::test]
async fn each_attempt_has_its_own_signature() {
    let server = Server::start([Step::error("RequestLimitExceeded")]).await;
    client(&server.url).send(Launch::default()).await.unwrap();
    let received = server.received();
    let traces: HashSet<_> =
        received.iter().map(|request| request.header("x-tc-traceid")).collect();
    assert_eq!(traces.len(), 2);
}

#[tokio::test]
async fn hazard_is_not_retried_after_sending() {
    for fault in [
        Step::reset(),
        Step::close(),
        Step::stall(),
        Step::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"Response\":".to_vec()),
        Step::json("<html>hello</html>"),
        Step::json("{}"),
        Step::json(r#"{"Response":{}}"#),
        Step::error("InternalError"),
        Step::status(500, vec![]),
        Step::status(429, vec![]),
        Step::status(302, vec![("location", "http://127.0.0.1:9/".into())]),
        Step::status(403, vec![]),
    ] {
        let server = Server::start([fault.clone()]).await;
        let error = client(&server.url).send(KillThings { thing_ids: ids() }).await.unwrap_err();
        assert!(error.outcome_unknown().is_some(), "{fault:?}: {error}");
        assert!(!error.is_not_sent(), "{fault:?}");
        assert!(server.received().len() <= 1, "{fault:?}");
        assert_eq!(server.connections(), 1, "{fault:?}");
        assert!(error.to_string().contains("may or may not"), "{error}");
    }
}

#[tokio::test]
async fn unusable_response_is_kept_and_not_shown() {
    let body = r#"{"Response":{"Kept":"canary"}}"#;
    let server = Server::start([Step::json(body), Step::close()]).await;
    let client = client(&server.url);
    let error = client.send(KillThings { thing_ids: ids() }).await.unwrap_err();
    assert_eq!(error.unread_response(), Some(body.as_bytes()));
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    let error = client.send(KillThings { thing_ids: ids() }).await.unwrap_err();
    assert!(error.outcome_unknown().is_some() && error.unread_response().is_none(), "{error}");
}

#[tokio::test]
async fn connection_reset_on_accept_sends_at_most_once() {
    for _ in 0..50 {
        let server = Server::start([Step::ResetOnAccept]).await;
        let kill = KillThings { thing_ids: ids() };
        match client(&server.url).send_with_report(kill).await {
            Ok((_, report)) => assert_eq!(report.attempts[0].outcome, Outcome::NotSent),
            Err(error) => assert!(error.outcome_unknown().is_some(), "{error}"),
        }
        assert!(server.received().len() <= 1);
    }
}

#[tokio::test]
async fn unsafe_action_is_retried_only_when_throttled() {
    let server = Server::start([Step::reset()]).await;
    let error = client(&server.url).send(StartThings { thing_ids: ids() }).await.unwrap_err();
    assert!(error.outcome_unknown().is_some());
    assert_eq!(server.received().len(), 1);

    let server = Server::start([Step::error("RequestLimitExceeded.UinLimitExceeded")]).await;
    client(&server.url).send(KillThings { thing_ids: ids() }).await.unwrap();
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn unknown_outcome_survives_a_later_error() {
    let server = Server::start([Step::reset(), Step::error("LimitExceeded")]).await;
    let error = client(&server.url).send(Launch::default()).await.unwrap_err();
    let unknown = error.outcome_unknown().expect("the first attempt may have launched");
    assert_eq!(unknown.client_token(), server.received()[0].client_token().as_deref());
    assert_eq!(unknown.attempts().len(), 2);
    assert_eq!(unknown.fingerprint().len(), 64);
    assert!(error.is_quota(), "the code is kept: {error}");

    let server = Server::start([Step::error("LimitExceeded")]).await;
    let error = client(&server.url).send(Launch::default()).await.unwrap_err();
    assert!(error.outcome_unknown().is_none(), "an error of the only attempt is a plain error");
}

#[tokio::test]
async fn dry_run_is_a_read_without_client_token() {
    let server = Server::start([Step::reset(), Step::error("DryRunOperation")]).await;
    let dry = Launch { dry_run: Some(true), ..Launch::default() };
    let response = client(&server.url).send(dry).await.unwrap();
    assert_eq!(response.request_id, "r-error");
    assert!(response.thing_id_set.is_empty());
    assert!(server.received().iter().all(|request| request.client_token().is_none()));
}

#[tokio::test]
async fn missing_required_member_is_no_success_of_a_change() {
    let incomplete = || Step::json(r#"{"Response":{"RequestId":"r-1"}}"#);
    let server = Server::start([incomplete(), incomplete(), incomplete(), incomplete()]).await;
    let error = client(&server.url).send(Launch::default()).await.unwrap_err();
    assert!(error.outcome_unknown().is_some());
    assert!(error.to_string().contains("ThingIdSet"), "{error}");
    assert_eq!(server.received().len(), 4);

    let server = Server::start([incomplete()]).await;
    let response = client(&server.url).send(ListThings::default()).await.unwrap();
    assert!(response.thing_set.is_empty(), "a read is lenient");
}

#[tokio::test]
async fn partial_launch_response_is_unknown_and_names_known_ids() {
    for (list, known) in [
        (r#"["thing-1",null]"#, true),
        (r#"["thing-1",""]"#, true),
        ("[null]", false),
        (r#"[""]"#, false),
        ("[]", false),
        ("null", false),
    ] {
        let body = format!(r#"{{"Response":{{"ThingIdSet":{list},"RequestId":"r-1"}}}}"#);
        let server = Server::responding([], move |_| body.clone()).await;
        let error = client(&server.url).send(Launch::default()).await.unwrap_err();
        assert!(error.outcome_unknown().is_some(), "{list}: {error}");
        let text = error.to_string();
        assert_eq!(text.matches("`ThingIdSet`").count(), 1, "{list}: {text}");
        assert_eq!(text.contains("`thing-1`"), known, "{list}: {text}");
    }
}

#[tokio::test]
async fn null_list_item_in_request_is_refused() {
    let server = Server::start([]).await;
    let members = serde_json::json!({ "ThingIds": ["thing-1", null] });
    let error = client(&server.url).call(&crate::actions::KILL_THINGS, members).await.unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("`ThingIds.1`"), "{error}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn refused_connection_was_not_sent() {
    let error = client(&unused_endpoint()).send(KillThings { thing_ids: ids() }).await.unwrap_err();
    assert!(error.is_not_sent() && error.outcome_unknown().is_none(), "{error:?}");
    assert_eq!(error.attempts().len(), 4, "unsent requests are retried");
    assert!(error.attempts().iter().all(|attempt| attempt.outcome == Outcome::NotSent));

    let server = Server::start([]).await;
    let client = client(&server.url);
    let bad = Launch { client_token: Some("\n".into()), ..Launch::default() };
    let error = client.send(bad).await.unwrap_err();
    assert!(error.is_not_sent() && error.attempts().is_empty(), "no attempt was made");
    let token = client.new_client_token().unwrap();
    let launch = Launch { client_token: Some(token.clone()), ..Launch::default() };
    let (_, report) = client.send_with_report(launch).await.unwrap();
    assert_eq!(report.client_token, Some(token));
}

#[tokio::test]
async fn timeout_while_connecting_was_not_sent() {
    // A listener whose queue is full neither accepts nor refuses.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut fillers = Vec::new();
    for _ in 0..8 {
        let filler = tokio::net::TcpStream::connect(address);
        fillers.push(tokio::time::timeout(Duration::from_millis(50), filler).await);
    }
    let client = builder(&format!("http://{address}")).max_attempts(1).build().unwrap();
    let client = client.with_operation_timeout(ATTEMPT / 4);
    let call = client.send(KillThings { thing_ids: ids() });
    let (ended, ()) = tokio::join!(call, pass(ATTEMPT / 4));
    let error = ended.unwrap_err();
    assert!(error.is_timeout() && error.is_not_sent(), "{error:?}");
    assert!(error.outcome_unknown().is_none());
}

#[tokio::test]
async fn clock_skew_is_corrected_once() {
    // Tue, 01 Jan 2030 is far from any clock that runs this test.
    let expired = || {
        Step::Response {
        status: 200,
        headers: vec![("date", "Tue, 01 Jan 2030 00:00:00 GMT".into())],
        body: r#"{"Response":{"Error":{"Code":"AuthFailure.SignatureExpire","Message":"late"},"RequestId":"r"}}"#.into(),
    }
    };
    let server = Server::start([expired()]).await;
    let client = client(&server.url);
    client.send(KillThings { thing_ids: ids() }).await.unwrap();
    client.send(ListThings::default()).await.unwrap();
    let times: Vec<u64> = server
        .received()
        .iter()
        .map(|request| request.header("x-tc-timestamp").unwrap().parse().unwrap())
        .collect();
    assert!(times[0] < 1_893_000_000, "{times:?}");
    assert!((1_893_455_990..1_893_456_030).contains(&times[1]), "{times:?}");
    assert!((1_893_455_990..1_893_456_030).contains(&times[2]), "and remembered: {times:?}");

    let server = Server::start([expired(), expired()]).await;
    let error = crate::client(&server.url).send(ListThings::default()).await.unwrap_err();
    assert_eq!(server.received().len(), 2);
    assert!(error.is_auth() && error.to_string().contains("clock"), "{error}");
}

#[tokio::test]
async fn old_gateway_errors_are_understood() {
    let unknown_id = r#"{"code":4104,"message":"SecretId unknown","codeDesc":"InvalidSecretId"}"#;
    let server =
        Server::start([Step::json(unknown_id), Step::json(r#"{"code":"4400","message":"slow"}"#)])
            .await;
    let client =
        builder(&server.url).dialect(cvm_transport::config::Dialect::OldGateway).build().unwrap();
    let error = client.send(KillThings { thing_ids: ids() }).await.unwrap_err();
    assert!(error.is_service() && error.outcome_unknown().is_none(), "{error}");
    client.send(KillThings { thing_ids: ids() }).await.unwrap();
    assert_eq!(server.received().len(), 3, "4400 is throttling");

    let server = Server::start([Step::json(unknown_id)]).await;
    let error = crate::client(&server.url).send(KillThings { thing_ids: ids() }).await.unwrap_err();
    assert!(
        error.outcome_unknown().is_some(),
        "in other dialects it is not a response of the service: {error}"
    );
}

/// Polls a future this often, then drops it.
async fn poll_and_drop(future: impl Future, polls: u32) {
    let mut future = Box::pin(future);
    for _ in 0..polls {
        let poll = std::future::poll_fn(|context| {
            std::task::Poll::Ready(future.as_mut().poll(context).is_ready())
        });
        if poll.await {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn dropped_call_leaves_client_usable() {
    // The first attempt of every call fails, so that some drops hit the pause between two attempts.
    for class in 0..5 {
        for polls in 0..40 {
            let server = Server::start([Step::error("InternalError")]).await;
            let client = client(&server.url);
            match class {
                0 => poll_and_drop(client.send(ListThings::default()), polls).await,
                1 => poll_and_drop(client.send(Launch::default()), polls).await,
                2 => {
                    let name = SetName { thing_id: "thing-1".into(), name: "a".into() };
                    poll_and_drop(client.send(name), polls).await;
                }
                3 => poll_and_drop(client.send(StartThings { thing_ids: ids() }), polls).await,
                _ => poll_and_drop(client.send(KillThings { thing_ids: ids() }), polls).await,
            }
            let left_behind = server.received().len();
            assert!(left_behind <= 2, "{left_behind}");
            client.send(ListThings::default()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn every_change_opens_its_own_connection() {
    let server = Server::start([]).await;
    let client = client(&server.url);
    client.send(ListThings::default()).await.unwrap();
    client.send(ListThings::default()).await.unwrap();
    client.send(KillThings { thing_ids: ids() }).await.unwrap();
    client.send(ListThings::default()).await.unwrap();
    let connections: Vec<usize> =
        server.received().iter().map(|request| request.connection).collect();
    assert_eq!(connections, [1, 1, 2, 1]);

    // Each change has its own connection, so a late response on it belongs to no other request.
    client.send(KillThings { thing_ids: ids() }).await.unwrap();
    client.send(StartThings { thing_ids: ids() }).await.unwrap();
    client.send(Launch::default()).await.unwrap();
    client.send(SetName::default()).await.unwrap();
    client.send(ListThings::default()).await.unwrap();
    let connections: Vec<usize> =
        server.received().iter().skip(4).map(|request| request.connection).collect();
    assert_eq!(connections, [3, 4, 5, 6, 1]);
}

#[tokio::test]
async fn attempt_timeout_ends_a_slow_body() {
    let body = r#"{"Response":{"ThingSet":[],"TotalCount":0,"RequestId":"r"}}"#;
    let drip = Step::Drip {
        bytes: crate::server::response_bytes(200, &[], body),
        every: Duration::from_millis(20),
    };
    let server = Server::start([drip]).await;
    let client = builder(&server.url)
        .timeouts(
            Timeouts::default()
                .with_first_byte(Duration::from_secs(5))
                .with_body_idle(Duration::from_secs(5))
                .with_attempt(Duration::from_millis(400)),
        )
        .max_attempts(1)
        .build()
        .unwrap();
    let error = client.send(ListThings::default()).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
}
