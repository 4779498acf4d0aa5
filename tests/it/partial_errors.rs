//! Error codes after which a change may have taken effect in part, for every action that documents them.

use cvm_models::protocol::{ActionInfo, ErrorCode, ErrorInfo, ErrorKind, RetryClass};
use cvm_models::{ACTIONS, SERVICE, error_code};
use serde_json::json;

use crate::cloud::client_for;
use crate::scripted_server::ScriptedServer;

/// Sends a change to a server that responds with this code. Returns whether the outcome is unknown.
async fn is_unknown(action: &'static ActionInfo, code: &'static str) -> bool {
    let server = ScriptedServer::responding(crate::scripted_server::json(format!(
        r#"{{"Response":{{"Error":{{"Code":"{code}","Message":"no"}},"RequestId":"r"}}}}"#
    )))
    .await;
    let client = client_for(&server.url()).max_attempts(1).build().unwrap();
    let error = client.call(action, json!({})).await.unwrap_err();
    assert_eq!(error.code().map(ErrorCode::as_str), Some(code), "{}: {error}", action.name);
    assert_eq!(server.requests().len(), 1, "{}: {code}", action.name);
    error.outcome_unknown().is_some()
}

fn documented(action: &'static ActionInfo) -> impl Iterator<Item = &'static ErrorInfo> {
    action.errors().filter_map(error_code::describe)
}

#[tokio::test]
async fn partial_error_leaves_every_change_that_documents_it_unknown() {
    let changes = ACTIONS.iter().filter(|action| action.retry != RetryClass::Read);
    let mut tasks = tokio::task::JoinSet::new();
    for action in changes {
        let common = error_code::describe("FailedOperation").into_iter();
        for info in documented(action).chain(common) {
            // Every code of a failing service, and for each action one of the others.
            let is_first = documented(action).next().is_some_and(|first| first.code == info.code);
            if info.partial || info.kind == ErrorKind::Server || is_first {
                tasks.spawn(async move {
                    assert_eq!(
                        is_unknown(action, info.code).await,
                        info.partial,
                        "{}: {}",
                        action.name,
                        info.code
                    );
                });
            }
        }
    }
    let count = tasks.len();
    tasks.join_all().await;
    assert!(count > 100, "{count}");
}

#[test]
fn error_table_and_client_agree_on_partial_errors() {
    for info in error_code::ERRORS {
        assert_eq!(SERVICE.is_partial(info.code), info.partial, "{}", info.code);
        // Only a partial code may have a text that asks the reader to check for effects.
        let effect_phrases =
            ["took effect", "were added", "still have", "part of it ran", "missing accounts"];
        let mentions_effects = effect_phrases
            .iter()
            .any(|phrase| info.fix.contains(phrase) || info.doc.contains(phrase));
        assert!(info.partial || !mentions_effects, "{}", info.code);
    }
    for code in SERVICE.partial_errors.split(' ') {
        assert!(error_code::describe(code).is_some_and(|info| info.partial), "{code}");
    }
}
