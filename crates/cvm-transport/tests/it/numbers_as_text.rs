//! Lists of services that declare offsets, limits and totals as strings, or that decide the page size themselves.

use cvm_protocol::{
    Action, ActionInfo, FieldInfo, Kind, ModelInfo, NameIndex, PageInfo, PageStyle, Paginate,
    RetryClass, model,
};

use crate::actions::{SCAN_RESPONSE, SERVICE, ScanThingsResponse, THING, Thing};
use crate::client;
use crate::server::{ReceivedRequest, Server};

/// Lists things by offset; all its numbers are strings.
#[derive(Clone, Default)]
struct ListText {
    thing_ids: Vec<String>,
    offset: Option<String>,
    limit: Option<String>,
}

static LIST_TEXT: ModelInfo = ModelInfo {
    name: "ListText",
    members: &[
        FieldInfo::new("ThingIds", Kind::List(&Kind::Str)),
        FieldInfo::new("Offset", Kind::Str),
        FieldInfo::new("Limit", Kind::Str),
    ],
    // The names are those of `ListThings`.
    index: NameIndex { multiplier: 0xc2ce6f447ed4d57b, shift: 62, slots: &[2, 1, 255, 0] },
};

model!(ListText LIST_TEXT { 0 thing_ids 1 offset 2 limit });

/// A page of things.
#[derive(Clone, Default)]
struct ListTextResponse {
    thing_set: Vec<Thing>,
    total_count: String,
    request_id: String,
}

static LIST_TEXT_RESPONSE: ModelInfo = ModelInfo {
    name: "ListTextResponse",
    members: &[
        FieldInfo::new("ThingSet", Kind::List(&Kind::Object(&THING))).always_present(),
        FieldInfo::new("TotalCount", Kind::Str).always_present(),
        FieldInfo::new("RequestId", Kind::Str).always_present(),
    ],
    index: NameIndex { multiplier: 0x35bf992dc9e9c617, shift: 62, slots: &[0, 2, 255, 1] },
};

model!(ListTextResponse LIST_TEXT_RESPONSE { 0 thing_set 1 total_count 2 request_id });

static LIST_TEXT_INFO: ActionInfo =
    ActionInfo::new("ListText", &SERVICE, &LIST_TEXT, &LIST_TEXT_RESPONSE)
        .retry(RetryClass::Read)
        .paginate(PageInfo {
            style: PageStyle::Offset { offset: "Offset", limit: "Limit", total: "TotalCount" },
            ..PAGES
        });

const PAGES: PageInfo = PageInfo {
    style: PageStyle::Token { token_in: "NextToken", token_out: "NextToken", limit: "" },
    items: "ThingSet",
    id: Some("ThingId"),
    is_total_exact: true,
    default_limit: 20,
    min_limit: 1,
    max_limit: 100,
};

impl Action for ListText {
    type Response = ListTextResponse;
    const INFO: &'static ActionInfo = &LIST_TEXT_INFO;
}

impl Paginate for ListText {
    type Item = Thing;
    fn items(response: ListTextResponse) -> Vec<Thing> {
        response.thing_set
    }
}

/// Lists things by token. The service decides how many are on a page.
#[derive(Clone, Default)]
struct ScanFreely {
    next_token: Option<String>,
    max_results: Option<i64>,
}

static SCAN_FREELY: ModelInfo = ModelInfo {
    name: "ScanFreely",
    members: &[FieldInfo::new("NextToken", Kind::Str), FieldInfo::new("MaxResults", Kind::I64)],
    index: NameIndex { multiplier: 0x63ca828dd5f4b3b3, shift: 63, slots: &[0, 1] },
};

model!(ScanFreely SCAN_FREELY { 0 next_token 1 max_results });

static SCAN_FREELY_INFO: ActionInfo =
    ActionInfo::new("ScanFreely", &SERVICE, &SCAN_FREELY, &SCAN_RESPONSE)
        .retry(RetryClass::Read)
        .paginate(PAGES);

impl Action for ScanFreely {
    type Response = ScanThingsResponse;
    const INFO: &'static ActionInfo = &SCAN_FREELY_INFO;
}

impl Paginate for ScanFreely {
    type Item = Thing;
    fn items(response: ScanThingsResponse) -> Vec<Thing> {
        response.thing_set
    }
}

fn things(range: std::ops::Range<usize>) -> String {
    range.map(|number| format!(r#"{{"ThingId":"thing-{number}"}}"#)).collect::<Vec<_>>().join(",")
}

#[tokio::test]
async fn numbers_as_strings_are_read_and_sent() {
    let serve = |received: &ReceivedRequest| {
        let body = received.json();
        let number = |name: &str| body[name].as_str().unwrap().parse::<usize>().unwrap();
        let (offset, limit) = (number("Offset"), number("Limit"));
        let items = things(offset..(offset + limit).min(250));
        format!(r#"{{"Response":{{"ThingSet":[{items}],"TotalCount":"250","RequestId":"r"}}}}"#)
    };
    let server = Server::responding([], serve).await;
    let mut items = client(&server.url).items(ListText::default());
    let mut count = 0;
    while let Some(thing) = items.try_next().await.unwrap() {
        assert_eq!(thing.thing_id, format!("thing-{count}"));
        count += 1;
    }
    assert_eq!((count, items.total()), (250, Some(250)));
    assert_eq!(server.received().len(), 3);

    // The caller's own numbers are kept.
    let request = ListText {
        offset: Some("240".to_owned()),
        limit: Some("20".to_owned()),
        ..ListText::default()
    };
    let mut items = client(&server.url).items(request);
    assert_eq!(items.try_next().await.unwrap().unwrap().thing_id, "thing-240");
}

#[tokio::test]
async fn list_without_page_size_is_read_by_token() {
    let serve = |received: &ReceivedRequest| {
        let body = received.json();
        assert!(body.get("MaxResults").is_none() && body.get("").is_none(), "{body}");
        let (range, next) = match body.get("NextToken").and_then(|token| token.as_str()) {
            None => (0..7, "more"),
            Some(token) => {
                assert_eq!(token, "more");
                (7..9, "")
            }
        };
        let items = things(range);
        format!(r#"{{"Response":{{"ThingSet":[{items}],"NextToken":"{next}","RequestId":"r"}}}}"#)
    };
    let server = Server::responding([], serve).await;
    let mut items = client(&server.url).items(ScanFreely::default());
    let mut count = 0;
    while items.try_next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!((count, server.received().len()), (9, 2));
}
