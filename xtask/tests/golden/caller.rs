//! A program that was written for the specs of `tour`. It must also compile with those of `grown`, because `xtask diff`
//! calls the difference a minor release. Each literal sets every member of `tour`, so that Clippy would call
//! `..Default::default()` needless if it were.

use std::collections::HashSet;

use cvm_protocol::{Action, json};

use crate::generated::actions::{
    DescribeBoats, DescribeBoatsResponse, ReadLog, ReadLogResponse, RentBoats, RentBoatsResponse,
};
use crate::generated::enums::{BoatState, SailMode};
use crate::generated::types::{Berth, Boat, Filter};
use crate::generated::{error_code, index, waiters};

fn berth() -> Berth {
    Berth {
        harbour: "Kiel".into(),
        pier: Some(3),
        guests: vec!["Ann".into()],
        r#yield: None,
        r#gen: None,
        crate_: None,
        depth: Some(2.5),
        ..Default::default()
    }
}

fn rent() -> RentBoats {
    RentBoats {
        berth: berth(),
        mode: Some(SailMode::Fast),
        size: Some(4),
        weight: Some(1.5),
        months: Some(12),
        insure: Some("true".into()),
        password: "Secret123".into(),
        user_data: None,
        keys: vec![],
        r#type: None,
        min_count: Some(1),
        count: Some(2),
        ipv6_count: None,
        bus_slots: vec![],
        client_token: Some("token".into()),
        dry_run: Some(false),
        tiller: None,
        ..Default::default()
    }
}

fn responses() -> (RentBoatsResponse, DescribeBoatsResponse, ReadLogResponse) {
    let boat = Boat {
        boat_id: "boat-1".into(),
        boat_state: BoatState::Afloat,
        next_state: None,
        berth: berth(),
        dinghies: vec![],
        trouble: None,
        last_request_id: None,
        progress: Some(100),
        locked: false,
        ..Default::default()
    };
    (
        RentBoatsResponse {
            boat_id_set: vec!["boat-1".into()],
            price: Some(9.5),
            receipt: None,
            request_id: "r".into(),
            ..Default::default()
        },
        DescribeBoatsResponse {
            total_count: 1,
            boat_set: vec![boat],
            request_id: "r".into(),
            ..Default::default()
        },
        ReadLogResponse {
            next_token: None,
            lines: vec!["left".into()],
            request_id: "r".into(),
            ..Default::default()
        },
    )
}

/// A program may take a struct apart.
fn describe(boat: Boat) -> String {
    let Boat { boat_id, boat_state, berth: Berth { harbour, pier, .. }, locked, .. } = boat;
    let state = match boat_state {
        BoatState::Afloat => "afloat",
        BoatState::Sunk => "sunk",
        _ => "elsewhere",
    };
    format!("{boat_id} {state} {harbour} {pier:?} {locked}")
}

/// A program may rely on the traits of a struct.
fn unique(filters: [Filter; 2]) -> usize {
    HashSet::<Filter>::from(filters).len()
}

#[test]
fn old_caller_works() {
    let text = json::to_vec(&rent()).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.ends_with(r#""Count":2,"ClientToken":"token","DryRun":false}"#), "{text}");
    let (rented, list, log) = responses();
    assert_eq!((rented.boat_id_set, log.lines), (vec!["boat-1".into()], vec!["left".into()]));
    let boats: Vec<String> = list.boat_set.into_iter().map(describe).collect();
    assert_eq!(boats, ["boat-1 afloat Kiel Some(3) false"]);
    let filter = Filter { name: "color".into(), values: vec!["red".into()], ..Default::default() };
    assert_eq!(unique([filter.clone(), filter]), 1);

    let request = DescribeBoats {
        boat_ids: vec![],
        filters: vec![],
        since: None,
        offset: Some(0),
        limit: Some(10),
        ..Default::default()
    };
    assert_eq!(json::to_vec(&request).unwrap(), br#"{"Offset":0,"Limit":10}"#);
    let request = ReadLog { next_token: None, max_results: Some(10), ..Default::default() };
    assert_eq!(json::to_vec(&request).unwrap(), br#"{"MaxResults":10}"#);
    assert_eq!(ReadLog::INFO.name, "ReadLog");
    assert!(index::action("RentBoats").is_some() && error_code::describe("BoatSunk").is_some());
    assert_eq!(waiters::BoatsAfloat::of(["boat-1"]).ids, ["boat-1"]);
}
