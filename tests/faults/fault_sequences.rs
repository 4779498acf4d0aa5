//! Several faults in a row: an unknown outcome stays unknown, and a lost private key is reported.

use std::sync::Arc;

use cvm_models::actions::{CreateKeyPair, RunInstances};
use cvm_models::{Client, Dialect, Error, Timeouts};

use crate::call::Call;
use crate::fault::{self, Claim, Fault};
use crate::fault_server::Faultd;
use crate::rerun::{Broken, Failure, TimeScale, run_all};
use crate::test_client;
use crate::third_party::ThirdParty;

struct Scene {
    _stranger: ThirdParty,
    server: Faultd,
    client: Client,
}

async fn scene(dialect: Dialect, timeouts: Timeouts) -> Scene {
    let stranger = ThirdParty::open().await;
    let server = Faultd::open(stranger.address).await;
    let client = test_client::client(&server.endpoint(), dialect, timeouts);
    Scene { _stranger: stranger, server, client }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn service_error_after_ambiguous_attempt_stays_unknown() {
    let doubts = [
        "commits and resets",
        "commits and closes",
        "commits, half a body, closes",
        "500 page after it was done",
        "InternalError, done",
        "no request id",
    ];
    let ends = [
        "LimitExceeded",
        "SignatureFailure",
        "UnauthorizedOperation",
        "a task is running",
        "a refusal with an unlisted code",
        "a refusal under a 400",
        "SignatureExpire without the time",
        "403 page",
        "307 to another port",
    ];
    for dialect in Dialect::ALL {
        for doubt in doubts {
            for end in ends {
                for call in [Call::Describe, Call::Run, Call::Rename] {
                    let Scene { server, client, _stranger } =
                        scene(dialect, test_client::patient()).await;
                    let end = fault::named(end);
                    server.plan([fault::named(doubt), Arc::clone(&end)]);
                    let error = call.make(&client).await.result.expect_err("an end");
                    let case = format!("{doubt}, then {}: {call} in {dialect}", end.name);
                    let unknown = error.outcome_unknown();
                    assert_eq!(unknown.is_some(), call != Call::Describe, "{case}: {error:?}");
                    if let Claim::Refused(code) = end.claim {
                        assert!(error.code().is_some_and(|given| *given == code), "{case}");
                    }
                    let book = server.ledger().open();
                    assert_eq!(book.arrivals.len(), 2, "{case}\n{book}");
                    if call == Call::Run {
                        let sent = book.arrivals[0].client_token.as_deref();
                        assert_eq!(unknown.unwrap().client_token(), sent, "{case}");
                        assert_eq!(error.client_token(), sent, "{case}");
                        assert_eq!(book.instances.len(), 1, "{case}\n{book}");
                    }
                    if let Some(unknown) = unknown {
                        assert_eq!(unknown.attempts().len(), 2, "{case}");
                        assert_eq!(unknown.fingerprint().len(), 64, "{case}");
                        assert!(error.to_string().contains("may or may not"), "{error}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn sent_token_returns_its_launch_and_no_other() {
    let Scene { server, client, _stranger } = scene(Dialect::Tc3, test_client::patient()).await;
    let client = client.with_max_attempts(1);
    server.plan([fault::named("commits and resets")]);
    let launch = RunInstances { image_id: Some("img-1".into()), ..Default::default() };
    let error = client.send(launch.clone()).await.unwrap_err();
    let token = error.outcome_unknown().unwrap().client_token().unwrap().to_owned();

    let mut other = launch.clone();
    other.client_token = Some(token.clone());
    other.image_id = Some("img-2".into());
    let refused = client.send(other).await.unwrap_err();
    assert!(refused.is_usage(), "{refused:?}");
    assert_eq!(server.ledger().open().arrivals.len(), 1, "nothing was sent");

    let again = RunInstances { client_token: Some(token), ..launch };
    let launched = client.send(again).await.unwrap();
    let book = server.ledger().open();
    assert_eq!(book.instances.len(), 1, "{book}");
    assert_eq!(launched.instance_id_set, [book.instances[0].id.clone()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_sees_as_many_attempts_as_the_policy_says() {
    // Attempts against a server that fails with 503, and one that throttles every request.
    let policy = |call| match call {
        Call::Describe | Call::Run => (4, 4),
        Call::Rename => (2, 3),
        Call::Stop | Call::Terminate => (1, 4),
    };
    for call in Call::ALL {
        let (failing, throttling) = policy(call);
        for (fault, attempts) in [("503 page", failing), ("RequestLimitExceeded", throttling)] {
            for limit in [None, Some(1), Some(2)] {
                let Scene { server, client, _stranger } =
                    scene(Dialect::Tc3, test_client::patient()).await;
                server.plan(std::iter::repeat_n(fault::named(fault), 20));
                let client = limit.map_or(client.clone(), |limit| client.with_max_attempts(limit));
                let error = call.make(&client).await.result.unwrap_err();
                let expected = limit.map_or(attempts, |limit| attempts.min(limit as usize));
                let case = format!("{call}, {fault}, {limit:?}: {error:?}");
                assert_eq!(error.attempts().len(), expected, "{case}");
                assert_eq!(server.ledger().open().arrivals.len(), expected, "{case}");
                let in_doubt = fault == "503 page" && call != Call::Describe;
                assert_eq!(error.outcome_unknown().is_some(), in_doubt, "{case}");
                assert_eq!(error.is_throttled(), fault != "503 page", "{case}");
            }
        }
    }
}

#[tokio::test]
async fn refused_connection_is_never_ambiguous() {
    // Bound but not listening, so that no other test gets the port meanwhile.
    let vacant = tokio::net::TcpSocket::new_v4().unwrap();
    vacant.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let endpoint = format!("http://{}", vacant.local_addr().unwrap());
    for dialect in Dialect::ALL {
        for call in Call::ALL {
            let client = test_client::client(&endpoint, dialect, test_client::patient());
            let error = call.make(&client).await.result.unwrap_err();
            assert!(error.is_not_sent() && error.outcome_unknown().is_none(), "{error:?}");
            assert_eq!(error.attempts().len(), call.most_attempts(), "{call}: {error:?}");
        }
    }
}

#[tokio::test]
async fn a_long_outage_is_not_answered_with_a_storm() {
    let Scene { server, client, _stranger } = scene(Dialect::Tc3, test_client::patient()).await;
    let call_once = async || Call::Describe.make(&client).await.result;
    let calls = 300;
    server.plan(std::iter::repeat_n(fault::named("503 page"), calls * 4));
    for _ in 0..calls {
        let error: Error = call_once().await.unwrap_err();
        assert!(!error.attempts().is_empty());
    }
    // 500 tokens at 14 per retry.
    let sent = server.ledger().open().arrivals.len();
    assert!((calls + 30..=calls + 500 / 14).contains(&sent), "{sent} for {calls} calls");
    drop(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn success_after_an_outage_restores_the_right_to_resend() {
    let Scene { server, client, _stranger } = scene(Dialect::Tc3, test_client::patient()).await;
    let call = async || Call::Describe.make(&client).await.result;
    // 35 retries at 14 of 500 leave 10.
    server.plan(std::iter::repeat_n(fault::named("503 page"), 12 + 35 + 1));
    for _ in 0..12 {
        call().await.unwrap_err();
    }
    let dry = call().await.unwrap_err();
    assert_eq!(dry.attempts().len(), 1, "{dry:?}");
    assert_eq!(server.planned(), 0);
    // Each success without a retry returns one.
    for _ in 0..4 {
        call().await.expect("the server is whole again");
    }
    server.plan([fault::named("503 page")]);
    let done = call().await.expect("there is quota for a resend");
    assert_eq!(done.report.attempts.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_private_key_is_reported_as_lost() {
    let lossy = |fault: &Arc<Fault>| fault.commits() && fault.claim == Claim::Nothing;
    let faults: Vec<_> = fault::all().into_iter().filter(lossy).collect();
    let failures = run_all(faults, |fault| fault.can_fail_by_time(), lose_a_private_key).await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

async fn lose_a_private_key(fault: Arc<Fault>, scale: TimeScale) -> Option<Failure> {
    let Scene { server, client, _stranger } =
        scene(Dialect::Tc3, test_client::timeouts(&fault, scale)).await;
    server.set_time_scale(scale);
    server.plan([Arc::clone(&fault)]);
    let create = CreateKeyPair { key_name: "k".into(), project_id: Some(0), ..Default::default() };
    let result = client.send(create).await;
    let book = server.ledger().open();
    let mut broken = Broken::default();
    broken.at_any_speed(result.is_err(), "no success without the key");
    broken.at_any_speed(book.key_pairs <= 1, "one key pair at most");
    broken.by_time((book.key_pairs, book.arrivals.len()) == (1, 1), "made and sent once");
    let unknown = result.as_ref().err().and_then(Error::outcome_unknown);
    broken.by_time(unknown.is_some(), "the outcome is unknown");
    if let Some(unknown) = unknown {
        broken.at_any_speed(unknown.client_token().is_none(), "there is no token");
        let advice = unknown.recovery();
        for words in ["`k`", "`PrivateKey`", "delete what it made and make another"] {
            broken.at_any_speed(advice.contains(words), words);
        }
    }
    let name = fault.name;
    broken.failure(fault.waits, |rules| format!("{name}: {rules}: {result:?}\n{book}"))
}
