//! What a list in a response proves, for each paged list.

use cvm_models::protocol::{
    ActionInfo, Gaps, Kind, ListDefect, ModelInfo, PageInfo, PageStyle, Record, envelope,
};
use serde_json::{Value, json};

/// Every action with a paged list.
fn lists() -> impl Iterator<Item = (&'static ActionInfo, PageInfo, &'static str)> {
    cvm_models::ACTIONS.iter().filter_map(|info| {
        let pages = info.paginate?;
        Some((*info, pages, pages.id.unwrap()))
    })
}

/// The same pages by number, as other services have them.
fn by_number(pages: PageInfo) -> Option<PageInfo> {
    let PageStyle::Offset { offset, limit, total } = pages.style else { return None };
    let style = PageStyle::Number { number: offset, limit, total, first: 1 };
    Some(PageInfo { style, ..pages })
}

/// Two rows with requested ids.
fn rows(info: &ActionInfo, pages: &PageInfo, id: &str) -> [Value; 2] {
    let items = info.response.field(pages.items).unwrap();
    let Kind::Object(table) = items.kind.innermost() else { panic!("{}", info.name) };
    // Versions of a launch template have numbers.
    ["1", "2"].map(|name| match table.field(id).unwrap().kind {
        Kind::Str => json!({ id: name }),
        _ => json!({ id: name.parse::<u64>().unwrap() }),
    })
}

fn check_absence(
    info: &ActionInfo,
    pages: &PageInfo,
    id: &str,
    body: &Value,
) -> Result<(), ListDefect> {
    let mut response = Record::new(info.response);
    let body = json!({ "Response": body }).to_string();
    let report = envelope::decode(&mut response, body.as_bytes()).unwrap().report;
    let asked = ["1", "2", "3"].map(str::to_owned);
    let gaps = Gaps::of(&report);
    ListDefect::check_absence(&response, &gaps, Some(pages), pages.items, id, &asked).map(drop)
}

#[test]
fn only_a_complete_list_proves_absence() {
    let every_style = lists().flat_map(|(info, pages, id)| {
        std::iter::once(pages).chain(by_number(pages)).map(move |pages| (info, pages, id))
    });
    for (info, pages, id) in every_style {
        let [one, two] = rows(info, &pages, id);
        let body = |list: Value, count: u64| match pages.style {
            PageStyle::Offset { total, .. } | PageStyle::Number { total, .. } => {
                json!({ pages.items: list, total: count })
            }
            PageStyle::Token { .. } => json!({ pages.items: list }),
        };
        for list in [json!([]), json!([one]), json!([two, one])] {
            let count = list.as_array().unwrap().len() as u64;
            check_absence(info, &pages, id, &body(list.clone(), count)).unwrap();
            let mut cut = body(list, count + 1);
            let (text, rest) = match pages.style {
                PageStyle::Offset { total, .. } | PageStyle::Number { total, .. } => {
                    (total, body(json!([]), 0))
                }
                PageStyle::Token { token_out, .. } => {
                    cut[token_out] = json!("more");
                    (token_out, json!({}))
                }
            };
            let result = check_absence(info, &pages, id, &cut);
            if pages.is_total_exact {
                let defect = result.unwrap_err();
                assert!(defect.to_string().contains(pages.items), "{}: {defect}", info.name);
            } else {
                // The total may count other items too, and all ids fit on the page.
                result.unwrap();
            }
            if let Some(mut rest) = rest.get(text).is_some().then_some(rest) {
                rest.as_object_mut().unwrap().remove(text);
                assert!(check_absence(info, &pages, id, &rest).is_err(), "{}: no total", info.name);
            }
        }
        let unrelated = match one[id] {
            Value::String(_) => json!({ id: "9" }),
            _ => json!({ id: 9 }),
        };
        for (list, count) in [
            (Value::Null, 0),
            (json!([null]), 0),
            (json!([null]), 1),
            (json!([one, null]), 1),
            (json!([one, null]), 2),
            (json!([{}]), 1),
            (json!([{ id: null }]), 1),
            (json!([one, one]), 2),
            (json!([unrelated]), 1),
        ] {
            let defect = check_absence(info, &pages, id, &body(list.clone(), count)).unwrap_err();
            assert!(defect.to_string().contains(pages.items), "{} {list}: {defect}", info.name);
        }
        let mut none = body(json!([]), 0);
        none.as_object_mut().unwrap().remove(pages.items);
        assert!(check_absence(info, &pages, id, &none).is_err(), "{}", info.name);
    }
    assert!(lists().count() >= 10);
}

#[test]
fn every_paged_list_is_always_present() {
    for (info, pages, _) in lists() {
        let always_present = |name: &str| info.response.field(name).unwrap().always_present;
        assert!(always_present(pages.items), "{}", info.name);
        if let PageStyle::Offset { total, .. } = pages.style {
            assert!(always_present(total), "{}", info.name);
        }
    }
}

#[test]
fn null_items_are_dropped_and_reported() {
    let (_, pages, _) = lists().find(|(info, ..)| info.name == "DescribeInstances").unwrap();
    let body = json!({ "Response": {
        "InstanceSet": [null, { "InstanceId": "ins-1", "PrivateIpAddresses": [null, "10.0.0.1"] }],
        "TotalCount": 2, "RequestId": "r",
    }});
    let mut response = cvm_models::actions::DescribeInstancesResponse::default();
    let read = envelope::decode(&mut response, body.to_string().as_bytes()).unwrap();
    let ids: Vec<&str> = response.instance_set.iter().map(|one| one.instance_id.as_str()).collect();
    assert_eq!(ids, ["ins-1"]);
    assert_eq!(response.instance_set[0].private_ip_addresses, ["10.0.0.1"]);
    assert_eq!(read.report.null_items, [pages.items, "InstanceSet.1.PrivateIpAddresses"]);
    let drifts: Vec<String> = read.report.drifts.iter().map(ToString::to_string).collect();
    assert!(drifts[0].starts_with("`InstanceSet.0` is null"), "{drifts:?}");
    assert!(drifts[1].starts_with("`InstanceSet.1.PrivateIpAddresses.0` is null"), "{drifts:?}");
}

/// A row with every always present member, at any depth.
fn complete(table: &'static ModelInfo) -> Value {
    let always_present = table.members.iter().filter(|field| field.always_present);
    always_present
        .map(|field| (field.wire.to_owned(), full(&field.kind)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn full(kind: &Kind) -> Value {
    match kind {
        Kind::Str => json!("text"),
        Kind::I64 | Kind::U64 => json!(1),
        Kind::F64 => json!(0.5),
        Kind::Bool => json!(true),
        Kind::Object(table) => complete(table),
        Kind::List(kind) => json!([full(kind)]),
    }
}

/// The JSON pointers of everything within a value.
fn pointers(value: &Value, at: &str, pointers: &mut Vec<String>) {
    let members: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect()
        }
        _ => return,
    };
    for (key, member) in members {
        let pointer = format!("{at}/{key}");
        self::pointers(member, &pointer, pointers);
        pointers.push(pointer);
    }
}

#[test]
fn row_without_an_always_present_member_is_partial() {
    let mut count = 0;
    for (info, pages, _) in lists() {
        let items = info.response.field(pages.items).unwrap();
        let Kind::Object(table) = items.kind.innermost() else { panic!("{}", info.name) };
        let is_partial = |rows: Value| {
            let mut response = Record::new(info.response);
            let body = json!({ "Response": { pages.items: rows, "RequestId": "r" } }).to_string();
            let read = envelope::decode(&mut response, body.as_bytes()).unwrap();
            Gaps::of(&read.report).has_partial_items(pages.items)
        };
        let row = complete(table);
        assert!(!is_partial(json!([row, row])), "{}", info.name);
        let mut all = Vec::new();
        pointers(&row, "", &mut all);
        for pointer in all {
            let mut null = row.clone();
            *null.pointer_mut(&pointer).unwrap() = Value::Null;
            assert!(is_partial(json!([row, null])), "{}: {pointer} is null", info.name);
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            let mut row_without = row.clone();
            if let Some(Value::Object(members)) = row_without.pointer_mut(parent) {
                members.remove(key);
                assert!(is_partial(json!([row, row_without])), "{}: no {pointer}", info.name);
                assert!(is_partial(vec![row_without; 100].into()), "{}: no {pointer}", info.name);
                count += 1;
            }
        }
    }
    assert!(count > 100, "{count}");
}
