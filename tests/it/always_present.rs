//! Every response without one of its always present members: a read accepts it, and for a change it is no
//! success.

use cvm_models::actions::SyncImages;
use cvm_models::protocol::{ActionInfo, FieldInfo, Kind, ModelInfo, RetryClass};
use cvm_models::{Client, Error};
use serde_json::{Map, Value, json};

use crate::cloud::client_for;
use crate::predicates::predicates;
use crate::sample;
use crate::scripted_server::{ScriptedServer, json};

/// A response with every member of the model.
fn complete(table: &'static ModelInfo) -> Map<String, Value> {
    let value = |field: &'static FieldInfo| match field.wire {
        "RequestId" => json!("r-1"),
        _ => full(field, &field.kind),
    };
    table.members.iter().map(|field| (field.wire.to_owned(), value(field))).collect()
}

/// A value whose objects have their scalar members.
fn full(field: &'static FieldInfo, kind: &'static Kind) -> Value {
    match kind {
        Kind::List(kind) => json!([full(field, kind)]),
        Kind::Object(table) => {
            let is_plain =
                |field: &&FieldInfo| !matches!(field.kind, Kind::Object(_) | Kind::List(_));
            let members = table.members.iter().filter(is_plain);
            members.map(|field| (field.wire.to_owned(), sample::value(field))).collect()
        }
        kind => sample::of_kind(field, kind),
    }
}

/// Calls the action once, with a server that responds with these members.
async fn call(info: &'static ActionInfo, members: &Map<String, Value>) -> Result<(), Error> {
    let body = json!({ "Response": members }).to_string();
    let server = ScriptedServer::responding(json(body)).await;
    let client: Client = client_for(&server.url()).max_attempts(1).build().unwrap();
    client.call(info, sample::request(info.request, 0)).await.map(drop)
}

/// The ways in which a member can be incomplete.
#[derive(Clone, Copy, Debug)]
enum Incomplete {
    Absent,
    Null,
    Empty,
    NullItem,
    ItemWithoutId,
    PartlyNull,
}

impl Incomplete {
    const ALL: [Self; 6] = [
        Self::Absent,
        Self::Null,
        Self::Empty,
        Self::NullItem,
        Self::ItemWithoutId,
        Self::PartlyNull,
    ];

    /// The member in this state; `None` if its type does not have it.
    fn of(self, field: &FieldInfo, complete: &Value) -> Option<Value> {
        let is_id = field.wire.ends_with("Id");
        match (self, &field.kind) {
            (Self::Null, _) => Some(Value::Null),
            (Self::Empty, Kind::List(_)) => Some(json!([])),
            (Self::Empty, Kind::Object(table)) if has_id(table) => Some(json!({})),
            (Self::Empty, Kind::Str) if is_id => Some(json!("")),
            (Self::NullItem, Kind::List(_)) => Some(json!([null])),
            (Self::ItemWithoutId, Kind::List(Kind::Str)) => Some(json!([""])),
            (Self::ItemWithoutId, Kind::List(Kind::Object(table))) if has_id(table) => {
                Some(json!([{}]))
            }
            (Self::PartlyNull, Kind::List(_)) => Some(json!([complete[0], null])),
            _ => None,
        }
    }
}

/// Whether objects of this model have an id of their own.
fn has_id(table: &ModelInfo) -> bool {
    table.members.iter().any(|field| field.wire.ends_with("Id") && matches!(field.kind, Kind::Str))
}

#[tokio::test]
async fn missing_always_present_member_is_no_success_of_a_change() {
    let mut tasks = tokio::task::JoinSet::new();
    for info in cvm_models::ACTIONS {
        tasks.spawn(async move {
            let complete = complete(info.response);
            call(info, &complete).await.unwrap_or_else(|error| panic!("{}: {error}", info.name));
            let mut cases = 0;
            let always_present = info.response.members.iter().filter(|field| field.always_present);
            for field in always_present.filter(|field| field.wire != "RequestId") {
                for kind in Incomplete::ALL {
                    let mut incomplete = complete.clone();
                    match (kind, kind.of(field, &complete[field.wire])) {
                        (Incomplete::Absent, _) => drop(incomplete.remove(field.wire)),
                        (_, Some(value)) => incomplete[field.wire] = value,
                        (_, None) => continue,
                    }
                    let shown = format!("{} without {} ({kind:?})", info.name, field.wire);
                    let is_read = info.retry_class(&request_of(info)) == RetryClass::Read;
                    match call(info, &incomplete).await {
                        Ok(()) => {
                            let is_empty = matches!(
                                kind,
                                Incomplete::Absent | Incomplete::Null | Incomplete::Empty
                            );
                            let may_be_empty = is_empty && field.may_be_empty(&request_of(info));
                            assert!(is_read || may_be_empty, "{shown}");
                        }
                        Err(error) => {
                            assert!(!is_read, "{shown}: {error}");
                            assert_eq!(
                                predicates(&error),
                                ["outcome unknown", "unreadable"],
                                "{shown}"
                            );
                            let text = error.to_string();
                            let mut named: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
                            named.retain(|name| name.starts_with(field.wire));
                            let count = named.len();
                            named.sort_unstable();
                            named.dedup();
                            assert!(count > 0 && count == named.len(), "{shown}: {error}");
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
    assert!(reads >= 100 && changes >= 50, "{reads} of reads, {changes} of changes");
}

/// The request as the client sends it: a launch has its token by then.
fn request_of(info: &'static ActionInfo) -> cvm_models::protocol::Record {
    let mut members = sample::request(info.request, 0);
    if let Some(token) = info.generated_token() {
        members[token] = json!("a-token-of-my-own");
    }
    let mut request = cvm_models::protocol::Record::new(info.request);
    cvm_models::protocol::json::from_value(&mut request, &members).unwrap();
    request
}

#[tokio::test]
async fn dry_run_succeeds_with_only_a_request_id() {
    let bare = json!({ "Response": { "RequestId": "r-1" } }).to_string();
    let mut changes = 0;
    for info in cvm_models::ACTIONS.iter().filter(|info| info.dry_run) {
        let server = ScriptedServer::responding(json(bare.clone())).await;
        let client: Client = client_for(&server.url()).max_attempts(1).build().unwrap();
        let mut real = sample::request(info.request, 0);
        if info.name == "SyncImages" {
            // Without it, the response may lack the list.
            real["ImageSetRequired"] = true.into();
        }
        let mut dry = real.clone();
        dry["DryRun"] = true.into();
        let response = client.call(info, dry).await;
        assert!(response.is_ok(), "{}: {}", info.name, response.unwrap_err());
        let has_more =
            info.response.members.iter().filter(|field| field.always_present).count() > 1;
        if has_more && info.retry != RetryClass::Read {
            changes += 1;
            let error = client.call(info, real).await.unwrap_err();
            assert_eq!(
                predicates(&error),
                ["outcome unknown", "unreadable"],
                "{}: {error}",
                info.name
            );
        }
    }
    assert!(changes >= 7, "{changes}");
}

#[tokio::test]
async fn list_without_names_is_a_success_only_if_the_request_allows_it() {
    let bodies = [
        json!({ "ImageSet": [], "RequestId": "r-1" }),
        json!({ "ImageSet": null, "RequestId": "r-1" }),
        json!({ "RequestId": "r-1" }),
    ];
    let cases = [(None, true), (Some(false), true), (Some(true), false)];
    for (body, (image_set_required, is_success)) in
        bodies.iter().flat_map(|body| cases.map(|case| (body, case)))
    {
        let body = json!({ "Response": body }).to_string();
        let server = ScriptedServer::responding(json(body)).await;
        let client: Client = client_for(&server.url()).build().unwrap();
        let result = client
            .send(SyncImages {
                image_ids: vec!["img-1a2b3c4d".to_owned()],
                destination_regions: vec!["ap-shanghai".to_owned()],
                image_set_required,
                ..Default::default()
            })
            .await;
        let Err(error) = result else {
            assert!(is_success, "{image_set_required:?}");
            continue;
        };
        assert!(!is_success, "{image_set_required:?}: {error}");
        assert_eq!(predicates(&error), ["outcome unknown", "unreadable"], "{error}");
        assert!(error.to_string().contains("response lacks `ImageSet`"), "{error}");
    }
}
