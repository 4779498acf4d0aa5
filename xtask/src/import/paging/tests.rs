//! Tests of the recognition of paging.

use super::super::{model, upstream};
use super::*;

/// The paging of the action `name` with these members, where a list has entries of the type `Boat`.
fn of(name: &str, request: &[(&str, &str, &str)], response: &[(&str, &str)]) -> Paging {
    let request: Vec<String> = request
        .iter()
        .map(|(name, type_, text)| {
            let kind = if *type_ == "string" { "string" } else { "int" };
            format!(r#"{{"name":"{name}","type":"{kind}","member":"{type_}","document":"{text}"}}"#)
        })
        .collect();
    let response: Vec<String> = response
        .iter()
        .map(|(name, type_)| {
            let kind = match *type_ {
                "Boat" => "list",
                "string" | "bool" => type_,
                _ => "int",
            };
            format!(r#"{{"name":"{name}","type":"{kind}","member":"{type_}"}}"#)
        })
        .collect();
    let text = format!(
        r#"{{"metadata":{{"apiVersion":"1"}},"actions":{{"{name}":{{"input":"I","output":"O"}}}},"objects":{{
            "I":{{"members":[{}]}},"O":{{"members":[{}]}},
            "Boat":{{"members":[{{"name":"BoatId","type":"string","member":"string","output_required":true}}]}}}}}}"#,
        request.join(","),
        response.join(",")
    );
    let model = model::convert(&upstream::parse(&text).unwrap()).unwrap();
    paging(name, &model.actions[name], &model.types)
}

fn known(paging: Paging) -> Value {
    match paging {
        Paging::Known(value) => value,
        other => panic!("{other:?}"),
    }
}

fn why(paging: Paging) -> &'static str {
    match paging {
        Paging::Unclear(why) => why,
        other => panic!("{other:?}"),
    }
}

const OFFSET: [(&str, &str, &str); 2] = [("Offset", "int64", ""), ("Limit", "int64", "")];
const RESPONSE: [(&str, &str); 2] = [("TotalCount", "int64"), ("Boats", "Boat")];

#[test]
fn numbers_may_be_strings_and_totals_have_several_names() {
    let text = [("Offset", "string", ""), ("Limit", "string", "")];
    let paging = known(of("DescribeBoats", &text, &RESPONSE));
    assert_eq!((&paging["style"], &paging["total"]), (&json!("offset"), &json!("TotalCount")));
    for total in TOTALS {
        let response = [(total, "string"), ("Boats", "Boat")];
        assert_eq!(known(of("DescribeBoats", &OFFSET, &response))["total"], total);
    }
}

#[test]
fn entries_have_an_id_only_if_three_names_agree() {
    assert_eq!(known(of("DescribeBoats", &OFFSET, &RESPONSE))["id"], "BoatId");
    assert_eq!(known(of("ListBoats", &OFFSET, &RESPONSE))["id"], "BoatId");
    assert_eq!(known(of("DescribeBoatCrews", &OFFSET, &RESPONSE))["id"], Value::Null);
    // Pages that overlap would begin at other offsets.
    let multiple = [("Offset", "int64", "A multiple of Limit."), ("Limit", "int64", "")];
    assert_eq!(known(of("DescribeBoats", &multiple, &RESPONSE))["id"], Value::Null);
}

#[test]
fn stated_maximum_limits_the_page_size() {
    for (text, maximum) in
        [("Maximum 50.", json!(50)), ("Maximum 100000.", Value::Null), ("Maximum 2.", Value::Null)]
    {
        let request = [("Offset", "int64", ""), ("Limit", "int64", text)];
        assert_eq!(known(of("DescribeBoats", &request, &RESPONSE))["max_limit"], maximum, "{text}");
    }
}

#[test]
fn tokens_are_recognized_in_pairs() {
    for (token_in, token_out) in TOKENS {
        let request = [(token_in, "string", ""), ("MaxResults", "int64", "")];
        let response = [(token_out, "string"), ("Boats", "Boat")];
        let paging = known(of("ListBoats", &request, &response));
        assert_eq!((&paging["style"], &paging["limit"]), (&json!("token"), &json!("MaxResults")));
        let paging = known(of("ListBoats", &request[..1], &response));
        assert_eq!((&paging["token_out"], &paging["limit"]), (&json!(token_out), &Value::Null));
    }
}

#[test]
fn page_numbers_begin_at_one_unless_the_model_says_zero() {
    for name in NUMBERS {
        for (size, text, first) in [
            ("PageSize", "", json!(null)),
            ("Limit", "从0开始", json!(0)),
            ("PerPage", "从1开始", json!(null)),
        ] {
            let request = [(name, "int64", text), (size, "string", "Maximum 50.")];
            let paging = known(of("DescribeBoats", &request, &RESPONSE));
            let expected = json!({
                "style": "number", "number": name, "first": first, "limit": size, "total": "TotalCount",
                "items": "Boats", "id": "BoatId", "max_limit": 50,
            });
            assert_eq!(paging, expected);
        }
    }
}

#[test]
fn list_may_be_in_the_only_object_of_the_response() {
    let text = |output: &str| {
        format!(
            r#"{{"metadata":{{"apiVersion":"1"}},"actions":{{"DescribeBoats":{{"input":"I","output":"O"}}}},"objects":{{
                "I":{{"members":[
                    {{"name":"Page","type":"int","member":"int64"}},{{"name":"PageSize","type":"int","member":"int64"}}]}},
                "O":{{"members":[{output}]}},
                "Fleet":{{"members":[
                    {{"name":"Total","type":"int","member":"int64"}},{{"name":"Boats","type":"list","member":"Boat"}}]}},
                "Boat":{{"members":[{{"name":"BoatId","type":"string","member":"string","output_required":true}}]}}}}}}"#
        )
    };
    let paging_of = |output: &str| {
        let model = model::convert(&upstream::parse(&text(output)).unwrap()).unwrap();
        paging("DescribeBoats", &model.actions["DescribeBoats"], &model.types)
    };
    let data = r#"{"name":"Data","type":"object","member":"Fleet"}"#;
    let paging = known(paging_of(data));
    assert_eq!((&paging["items"], &paging["total"]), (&json!("Data.Boats"), &json!("Data.Total")));
    assert_eq!(paging["id"], "BoatId");
    let two = format!(r#"{data},{{"name":"More","type":"object","member":"Fleet"}}"#);
    assert_eq!(why(paging_of(&two)), "its response has no list of its own");
    let beside = format!(r#"{data},{{"name":"Names","type":"list","member":"string"}}"#);
    assert_eq!(why(paging_of(&beside)), "its response has no total");
}

#[test]
fn unclear_lists_are_not_paged() {
    let pages = [("Offset", "int64", "The page number."), ("Limit", "int64", "")];
    let token = [("NextToken", "string", "")];
    let number = [("PageNumber", "int64", ""), ("PageSize", "int64", "")];
    let sizes = [("Page", "int64", ""), ("PageSize", "int64", ""), ("Limit", "int64", "")];
    let numbers = [("Page", "int64", ""), ("PageNo", "int64", ""), ("PageSize", "int64", "")];
    let scroll = [("Context", "string", "")];
    let two = [("TotalCount", "int64"), ("Boats", "Boat"), ("Crews", "Boat")];
    let totals = [("TotalCount", "int64"), ("Total", "int64"), ("Boats", "Boat")];
    let more = [("NextToken", "string"), ("HasMore", "bool"), ("Boats", "Boat")];
    for (request, response, expected) in [
        (&pages[..], &RESPONSE[..], "its offset counts pages, as its description says"),
        (&number, &RESPONSE[1..], "its response has no total"),
        (&number, &two, "its response has several lists"),
        (&number[..1], &RESPONSE, "it has a page number, but not one page size"),
        (&sizes, &RESPONSE, "it has a page number, but not one page size"),
        (&numbers, &RESPONSE, "its page number is not a number, or there are several"),
        (&scroll, &RESPONSE, "its position may stay the same until another member tells the end"),
        (&OFFSET, &RESPONSE[1..], "its response has no total"),
        (&OFFSET, &RESPONSE[..1], "its response has no list of its own"),
        (&OFFSET, &two, "its response has several lists"),
        (&OFFSET, &totals, "its response has several totals"),
        (&token, &more, "another member than its page token tells the end"),
    ] {
        assert_eq!(why(of("DescribeBoats", request, response)), expected);
    }
    assert!(matches!(of("DescribeBoats", &[], &RESPONSE), Paging::None));
}
