//! Several faults in a row: an unknown outcome stays unknown, and a lost private key is reported.

use std::sync::Arc;

use cvm_models::actions::{CreateKeyPair, RunInstances};
use cvm_models::config::{Dialect, Timeouts};
use cvm_models::{Client, Error};

use crate::call::Call;
use crate::fault::{self, Conclusion, Fault};
use crate::fault_server::FaultServer;
use crate::rerun::{BrokenRules, Failure, TimeScale, run_all};
use crate::test_client;
use crate::third_party::ThirdParty;

struct Setup {
    _stranger: ThirdParty,
    server: FaultServer,
    client: Client,
}

async fn set_up(dialect: Dialect, timeouts: Timeouts) -> Setup {
    let third_party = ThirdParty::open().await;
    let server = FaultServer::start(third_party.address).await;
    let client = test_client::client(&server.endpoint(), dialect, timeouts);
    Setup { _stranger: third_party, server, client }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn service_error_after_ambiguous_attempt_stays_unknown() {
    let ambiguous_faults = [
        "commits and resets",
        "commits and closes",
        "commits, half a body, closes",
        "500 page after it was carried out",
        "InternalError, carried out",
        "no request id",
    ];
    let later_errors = [
        "LimitExceeded",
        "SignatureFailure",
        "UnauthorizedOperation",
        "a task is running",
        "an error with an unlisted code",
        "an error under a 400",
        "SignatureExpire without the time",
        "403 page",
        "307 to another port",
    ];
    for dialect in Dialect::ALL {
        for first in ambiguous_faults {
            for later in later_errors {
                for call in [Call::Describe, Call::Run, Call::Rename] {
                    let Setup { server, client, _stranger } =
                        set_up(dialect, test_client::long_timeouts()).await;
                    let later = fault::named(later);
                    server.plan([fault::named(first), Arc::clone(&later)]);
                    let error = call.make(&client).await.result.expect_err("an error");
                    let case = format!("{first}, then {}: {call} in {dialect}", later.name);
                    let unknown = error.outcome_unknown();
                    assert_eq!(unknown.is_some(), call != Call::Describe, "{case}: {error:?}");
                    if let Conclusion::ServiceError(code) = later.conclusion {
                        assert!(error.code().is_some_and(|given| *given == code), "{case}");
                    }
                    let ledger = server.ledger().lock();
                    assert_eq!(ledger.requests.len(), 2, "{case}\n{ledger}");
                    if call == Call::Run {
                        let sent = ledger.requests[0].client_token.as_deref();
                        assert_eq!(unknown.unwrap().client_token(), sent, "{case}");
                        assert_eq!(error.client_token(), sent, "{case}");
                        assert_eq!(ledger.instances.len(), 1, "{case}\n{ledger}");
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
    let Setup { server, client, _stranger } =
        set_up(Dialect::Tc3, test_client::long_timeouts()).await;
    let client = client.with_max_attempts(1);
    server.plan([fault::named("commits and resets")]);
    let launch = RunInstances { image_id: Some("img-1".into()), ..Default::default() };
    let error = client.send(launch.clone()).await.unwrap_err();
    let token = error.outcome_unknown().unwrap().client_token().unwrap().to_owned();

    let mut other = launch.clone();
    other.client_token = Some(token.clone());
    other.image_id = Some("img-2".into());
    let error = client.send(other).await.unwrap_err();
    assert!(error.is_usage(), "{error:?}");
    assert_eq!(server.ledger().lock().requests.len(), 1, "nothing was sent");

    let again = RunInstances { client_token: Some(token), ..launch };
    let launched = client.send(again).await.unwrap();
    let ledger = server.ledger().lock();
    assert_eq!(ledger.instances.len(), 1, "{ledger}");
    assert_eq!(launched.instance_id_set, [ledger.instances[0].id.clone()]);
}

#[tokio::test]
async fn refused_connection_is_never_ambiguous() {
    // Bound but not listening, so that no other test gets the port meanwhile.
    let reserved = tokio::net::TcpSocket::new_v4().unwrap();
    reserved.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let endpoint = format!("http://{}", reserved.local_addr().unwrap());
    for dialect in Dialect::ALL {
        for call in Call::ALL {
            let client = test_client::client(&endpoint, dialect, test_client::long_timeouts());
            let error = call.make(&client).await.result.unwrap_err();
            assert!(error.is_not_sent() && error.outcome_unknown().is_none(), "{error:?}");
            assert_eq!(error.attempts().len(), call.max_attempts(), "{call}: {error:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_private_key_is_reported_as_lost() {
    let loses_response =
        |fault: &Arc<Fault>| fault.commits() && fault.conclusion == Conclusion::Ambiguous;
    let faults: Vec<_> = fault::all().into_iter().filter(loses_response).collect();
    let failures = run_all(faults, |fault| fault.can_fail_by_timing(), lose_a_private_key).await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

async fn lose_a_private_key(fault: Arc<Fault>, scale: TimeScale) -> Option<Failure> {
    let Setup { server, client, _stranger } =
        set_up(Dialect::Tc3, test_client::timeouts(&fault, scale)).await;
    server.set_time_scale(scale);
    server.plan([Arc::clone(&fault)]);
    let create = CreateKeyPair { key_name: "k".into(), project_id: Some(0), ..Default::default() };
    let result = client.send(create).await;
    let ledger = server.ledger().lock();
    let mut broken = BrokenRules::default();
    broken.require(result.is_err(), "no success without the key");
    broken.require(ledger.key_pairs <= 1, "one key pair at most");
    broken.require_in_time(
        (ledger.key_pairs, ledger.requests.len()) == (1, 1),
        "created and sent once",
    );
    let unknown = result.as_ref().err().and_then(Error::outcome_unknown);
    broken.require_in_time(unknown.is_some(), "the outcome is unknown");
    if let Some(unknown) = unknown {
        broken.require(unknown.client_token().is_none(), "there is no token");
        let advice = unknown.recovery();
        for words in ["`k`", "`PrivateKey`", "delete the resource and create it again"] {
            broken.require(advice.contains(words), words);
        }
    }
    let name = fault.name;
    broken.failure(fault.needs_timeout, |rules| format!("{name}: {rules}: {result:?}\n{ledger}"))
}
