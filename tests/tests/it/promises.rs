//! Every answer with every promised member taken away: what only reads is lenient, what changes something
//! does not call it success.

use cvm_models::protocol::{ActionInfo, FieldInfo, RetryClass, Table};
use cvm_models::{Client, Error};
use serde_json::{Map, Value, json};

use crate::cloud::client_of;
use crate::peer::{Peer, json};
use crate::predicates::told;
use crate::sample;

/// An answer that holds every member of the table.
fn whole(table: &'static Table) -> Map<String, Value> {
    let value = |field: &'static FieldInfo| match field.wire {
        "RequestId" => json!("r-1"),
        _ => sample::value(field),
    };
    table.members.iter().map(|field| (field.wire.to_owned(), value(field))).collect()
}

/// Calls the action once at a peer that answers with these members.
async fn call(info: &'static ActionInfo, members: &Map<String, Value>) -> Result<(), Error> {
    let body = json!({ "Response": members }).to_string();
    let peer = Peer::saying(json(body)).await;
    let client: Client = client_of(&peer.url()).max_attempts(1).build().unwrap();
    client.call(info, sample::request(info.request, 0)).await.map(drop)
}

/// The ways in which a member can be there and not be there.
#[derive(Clone, Copy, Debug)]
enum Lack {
    Absent,
    Null,
    Empty,
}

#[tokio::test]
async fn an_answer_without_a_promised_member_is_no_success_of_a_change() {
    let mut tasks = tokio::task::JoinSet::new();
    for info in cvm_models::ACTIONS {
        tasks.spawn(async move {
            let whole = whole(info.response);
            call(info, &whole).await.unwrap_or_else(|error| panic!("{}: {error}", info.name));
            let mut cases = 0;
            let promised = info.response.members.iter().filter(|field| field.promised);
            for field in promised.filter(|field| field.wire != "RequestId") {
                for lack in [Lack::Absent, Lack::Null, Lack::Empty] {
                    let mut lacking = whole.clone();
                    match lack {
                        Lack::Absent => drop(lacking.remove(field.wire)),
                        Lack::Null => lacking[field.wire] = Value::Null,
                        Lack::Empty if lacking[field.wire].is_array() => {
                            lacking[field.wire] = json!([]);
                        }
                        Lack::Empty => continue,
                    }
                    let shown = format!("{} without {} ({lack:?})", info.name, field.wire);
                    let ended = call(info, &lacking).await;
                    // An empty list is an answer, but not of a launch: that names what it made.
                    let class = info.retry_class(&request_of(info));
                    let is_success = match (class, lack) {
                        (RetryClass::Read, _) => true,
                        (RetryClass::Token, _) => false,
                        (_, Lack::Empty) => true,
                        _ => false,
                    };
                    match ended {
                        Ok(()) => assert!(is_success, "{shown}"),
                        Err(error) => {
                            assert!(!is_success, "{shown}: {error}");
                            assert_eq!(told(&error), ["outcome unknown", "unreadable"], "{shown}");
                            assert!(error.to_string().contains(field.wire), "{shown}: {error}");
                            assert_eq!(error.request_id(), Some("r-1"), "{shown}");
                        }
                    }
                    cases += 1;
                }
            }
            (info.retry == RetryClass::Read, cases)
        });
    }
    let (mut reads, mut changes) = (0, 0);
    while let Some(ended) = tasks.join_next().await {
        match ended.unwrap() {
            (true, cases) => reads += cases,
            (false, cases) => changes += cases,
        }
    }
    assert!(reads >= 50 && changes >= 20, "{reads} of reads, {changes} of changes");
}

/// The request as the client sends it: a launch has its token by then.
fn request_of(info: &'static ActionInfo) -> cvm_models::protocol::Record {
    let mut members = sample::request(info.request, 0);
    if let Some(token) = info.minted_token() {
        members[token] = json!("a-token-of-my-own");
    }
    let mut request = cvm_models::protocol::Record::new(info.request);
    cvm_models::protocol::json::from_value(&mut request, &members).unwrap();
    request
}
