//! The tour: a small service whose specs use every key, what is generated from it, and that this
//! compiles and does what it says. Specs and expected files are neighbours under `golden/tour`.
//!
//! After a meant change of an emitter:
//! `cargo xtask codegen --specs xtask/tests/golden/tour/specs --out xtask/tests/golden/tour/expected`

// The expected files are those of a crate, so they find here what a crate of models has.
#[rustfmt::skip]
#[path = "golden/tour/expected/generated/mod.rs"]
#[expect(unexpected_cfgs, reason = "only a crate of models has the feature `docs`")]
mod generated;
#[rustfmt::skip]
#[path = "golden/tour/expected/generated/docs.rs"]
#[expect(dead_code, reason = "the tests look at some fields only")]
mod docs;
#[path = "../../crates/cvm-models/src/prelude.rs"]
mod prelude;

use std::path::Path;
use std::process::Command;

use cvm_protocol::{Action, Model, Paginate, RetryClass, Sensitive, flat, json};
use generated::{actions::*, enums::*, error_code, index, types::*, waiters};

#[expect(clippy::unwrap_used, reason = "a test may")]
fn xtask(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[expect(clippy::unwrap_used, reason = "a test may")]
fn tour(part: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tour").join(part);
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_is_generated_is_what_is_expected() {
    let (specs, expected) = (tour("specs"), tour("expected"));
    let (passed, text) = xtask(&["codegen", "--check", "--specs", &specs, "--out", &expected]);
    assert!(passed, "{text}");
    let (passed, text) = xtask(&["fmt-specs", "--check", "--specs", &specs]);
    assert!(passed, "{text}");
}

#[test]
fn stale_and_orphaned_files_are_named_and_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let (specs, out) = (tour("specs"), folder.path().to_str().unwrap());
    let run =
        |check: &[&str]| xtask(&[&["codegen", "--specs", &specs, "--out", out], check].concat());
    assert!(run(&[]).0);
    assert!(run(&["--check"]).0);
    std::fs::write(folder.path().join("generated/types/berth.rs"), "// edited\n").unwrap();
    std::fs::write(folder.path().join("generated/types/gone.rs"), "// its spec is gone\n").unwrap();
    let (passed, text) = run(&["--check"]);
    assert!(!passed);
    let told: Vec<&str> =
        text.lines().map(|line| line.rsplit("/generated/").next().unwrap()).collect();
    assert_eq!(
        told,
        [
            "types/berth.rs is stale",
            "types/gone.rs is left over: its spec is gone",
            "run `cargo xtask codegen`"
        ]
    );
    assert!(run(&[]).0 && run(&["--check"]).0);
    assert!(!folder.path().join("generated/types/gone.rs").exists());
}

#[test]
fn a_request_goes_out_and_an_answer_comes_in() {
    let request = RentBoats {
        berth: Berth { harbour: "Kiel".into(), guests: vec!["Ann".into()], ..Default::default() },
        mode: Some(SailMode::Fast),
        months: Some(3),
        password: Sensitive::from("Secret123"),
        keys: vec![Sensitive::from("Secret456")],
        r#type: Some("old".into()),
        ..Default::default()
    };
    let text = String::from_utf8(json::to_vec(&request).unwrap()).unwrap();
    assert_eq!(
        text,
        r#"{"Berth":{"Harbour":"Kiel","Guests":["Ann"]},"Mode":"FAST","Months":3,"Password":"Secret123","Keys":["Secret456"],"Type":"old"}"#
    );
    assert!(!format!("{request:?}").contains("Secret"), "{request:?}");
    let mut back = RentBoats::default();
    flat::decode(
        &mut back,
        flat::encode(&request).unwrap().iter().map(|(name, value)| (&**name, &**value)),
    )
    .unwrap();
    assert!(back == request);

    let mut answer = DescribeBoatsResponse::default();
    let text = br#"{"TotalCount": 1, "RequestId": "r", "BoatSet": [{"BoatId": "boat-1", "BoatState": "ADRIFT",
        "Berth": {"Harbour": "Kiel", "Pier": 2}, "Locked": false,
        "Dinghies": [{"BoatId": "boat-2", "BoatState": "AFLOAT", "Locked": true, "Berth": {"Harbour": "Kiel", "Pier": 2}}]}]}"#;
    let report = json::from_slice(&mut answer, text).unwrap();
    assert!(report.is_clean(), "{report:?}");
    let boats = DescribeBoats::items(answer);
    let boat: &Boat = boats.first().unwrap();
    assert_eq!(boat.boat_state.as_str(), "ADRIFT");
    assert_eq!(boat.dinghies.first().map(|dinghy| &dinghy.boat_state), Some(&BoatState::Afloat));
}

#[test]
fn every_member_is_found_by_its_name() {
    for info in index::ACTIONS {
        for table in [info.request, info.response] {
            for (place, field) in table.members.iter().enumerate() {
                assert_eq!(table.find(field.wire.as_bytes()), Some(place), "{}", field.wire);
            }
            assert_eq!(table.find(b"Nothing"), None);
        }
    }
    assert_eq!(Boat::default().table().members.len(), 9);
}

#[test]
fn facts_of_an_action_reach_the_tables() {
    let info = index::action("RentBoats").unwrap();
    assert_eq!(info.retry_class(&RentBoats::default()), RetryClass::Hazard, "no token");
    let token = Some("t".to_owned());
    let request = RentBoats { client_token: token.clone(), ..Default::default() };
    assert_eq!(info.retry_class(&request), RetryClass::Token);
    let request = RentBoats { client_token: token, dry_run: Some(true), ..Default::default() };
    assert_eq!(info.retry_class(&request), RetryClass::Read);
    let facts = info.reconcile.unwrap();
    assert_eq!((facts.list, facts.by, facts.id), ("DescribeBoats", "Filters.boat-id", "BoatId"));
    assert_eq!((facts.count, facts.missing), (Some("Count"), cvm_protocol::Missing::Failure));
    assert!(index::action("DescribeBoats").unwrap().reconcile.is_none());
    assert!(index::action("ReadLog").unwrap().deprecated && !ReadLog::INFO.regional);
    assert!(index::action("SinkBoats").is_none());
    assert_eq!(info.service.name, "tour");
}

#[test]
fn waiters_errors_and_docs_are_found() {
    let waiter = waiters::BoatsAfloat::of(["boat-1"]);
    assert_eq!(waiter.ids, ["boat-1"]);
    assert_eq!(waiters::BoatsGone::of(["boat-1"]).ids, ["boat-1"]);
    assert_eq!(waiters::BoatsGone::INFO.with, [("Since", "2000-01-01")]);
    let code = "InvalidBoatId.NotFound";
    assert_eq!(error_code::INVALID_BOAT_ID_NOT_FOUND, code);
    assert_eq!(error_code::describe(code).map(|error| error.code), Some(code));
    assert!(error_code::describe("Nothing").is_none());
    assert_eq!(error_code::ERRORS.len(), 6);
    assert_eq!(docs::action("RentBoats").unwrap().reconcile, "List vessels by your own tag.");
    assert!(docs::action("Nothing").is_none());
    let names: Vec<&str> = docs::members("Berth").iter().map(|member| member.name).collect();
    assert_eq!(names, ["Harbour", "Pier", "Guests", "Depth"]);
    assert_eq!(docs::type_("Boat").map(|doc| doc.members.len()), Some(9));
    assert_eq!(docs::enum_("SailMode").and_then(|doc| doc.values.last()).unwrap().0, "x86_64");
}
