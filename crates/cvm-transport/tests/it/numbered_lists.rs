//! Actions that list things by page number, and the pages of a service that has them.

use cvm_protocol::{
    Action, ActionInfo, FieldInfo, Kind, ModelInfo, NameIndex, PageInfo, PageStyle, Paginate,
    RetryClass, model,
};
use cvm_transport::http::PreparedRequest;
use cvm_transport::{Client, Error};

use crate::actions::{LIST_RESPONSE, ListThingsResponse, SERVICE, THING, Thing};
use crate::fake_service::Reply;

const THINGS_BY_NUMBER: ModelInfo = ModelInfo {
    name: "",
    members: &[
        FieldInfo::new("ThingIds", Kind::List(&Kind::Str)),
        FieldInfo::new("PageNumber", Kind::I64),
        FieldInfo::new("PageSize", Kind::I64),
    ],
    index: NameIndex { multiplier: 0x1b39896a51a8749b, shift: 62, slots: &[2, 0, 255, 1] },
};

pub const fn pages(first: u64, id: Option<&'static str>) -> PageInfo {
    PageInfo {
        style: PageStyle::Number {
            number: "PageNumber",
            limit: "PageSize",
            total: "TotalCount",
            first,
        },
        items: "ThingSet",
        id,
        is_total_exact: true,
        default_limit: 20,
        min_limit: 1,
        max_limit: 100,
    }
}

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident $table:ident $info:ident $pages:expr;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Default)]
        pub struct $name {
            pub thing_ids: Vec<String>,
            pub page_number: Option<i64>,
            pub page_size: Option<i64>,
        }

        static $table: ModelInfo = ModelInfo { name: stringify!($name), ..THINGS_BY_NUMBER };
        model!($name $table { 0 thing_ids 1 page_number 2 page_size });

        pub static $info: ActionInfo =
            ActionInfo::new(stringify!($name), &SERVICE, &$table, &LIST_RESPONSE)
                .retry(RetryClass::Read)
                .paginate($pages);

        impl Action for $name {
            type Response = ListThingsResponse;
            const INFO: &'static ActionInfo = &$info;
        }

        impl Paginate for $name {
            type Item = Thing;
            fn items(response: ListThingsResponse) -> Vec<Thing> {
                response.thing_set
            }
        }
    )* };
}
lists! {
    /// Things by page number, from 1.
    FromOne FROM_ONE FROM_ONE_INFO pages(1, Some("ThingId"));
    /// Things by page number, from 0.
    FromZero FROM_ZERO FROM_ZERO_INFO pages(0, Some("ThingId"));
    /// Things that the specification does not identify.
    Nameless NAMELESS NAMELESS_INFO pages(1, None);
    /// A total that counts all things of the account.
    Inexact INEXACT INEXACT_INFO PageInfo { is_total_exact: false, ..pages(1, Some("ThingId")) };
}

/// Things in an object of the response.
#[derive(Clone, Default)]
pub struct Nested {
    pub thing_ids: Vec<String>,
    pub page_number: Option<i64>,
    pub page_size: Option<i64>,
}

static NESTED: ModelInfo = ModelInfo { name: "Nested", ..THINGS_BY_NUMBER };
model!(Nested NESTED { 0 thing_ids 1 page_number 2 page_size });

/// Some things, in an object.
#[derive(Clone, Default)]
pub struct NestedResponse {
    pub data: ThingPage,
    pub request_id: String,
}

static NESTED_RESPONSE: ModelInfo = ModelInfo {
    name: "NestedResponse",
    members: &[
        FieldInfo::new("Data", Kind::Object(&THING_PAGE)).always_present(),
        FieldInfo::new("RequestId", Kind::Str).always_present(),
    ],
    index: NameIndex { multiplier: 0x6c45d188009454f, shift: 63, slots: &[1, 0] },
};
model!(NestedResponse NESTED_RESPONSE { 0 data 1 request_id });

/// Some things and their total.
#[derive(Clone, Default)]
pub struct ThingPage {
    pub thing_set: Vec<Thing>,
    pub total_count: i64,
}

static THING_PAGE: ModelInfo = ModelInfo {
    name: "ThingPage",
    members: &[
        FieldInfo::new("ThingSet", Kind::List(&Kind::Object(&THING))).always_present(),
        FieldInfo::new("TotalCount", Kind::I64).always_present(),
    ],
    index: NameIndex { multiplier: 0xe220a8397b1dcdaf, shift: 63, slots: &[1, 0] },
};
model!(ThingPage THING_PAGE { 0 thing_set 1 total_count });

static NESTED_INFO: ActionInfo = ActionInfo::new("Nested", &SERVICE, &NESTED, &NESTED_RESPONSE)
    .retry(RetryClass::Read)
    .paginate(PageInfo {
        style: PageStyle::Number {
            number: "PageNumber",
            limit: "PageSize",
            total: "Data.TotalCount",
            first: 1,
        },
        items: "Data.ThingSet",
        ..pages(1, Some("ThingId"))
    });

impl Action for Nested {
    type Response = NestedResponse;
    const INFO: &'static ActionInfo = &NESTED_INFO;
}

impl Paginate for Nested {
    type Item = Thing;
    fn items(response: NestedResponse) -> Vec<Thing> {
        response.data.thing_set
    }
}

pub fn things(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("thing-{number}")).collect()
}

/// Page number and page size of a request.
pub fn number_and_size(request: &PreparedRequest) -> (usize, usize) {
    let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
    (body["PageNumber"].as_u64().unwrap() as usize, body["PageSize"].as_u64().unwrap() as usize)
}

/// The rows after this many pages.
pub fn slice(rows: &[String], skipped: usize, size: usize) -> &[String] {
    let begin = (skipped * size).min(rows.len());
    rows.get(begin..(begin + size).min(rows.len())).unwrap()
}

pub fn body(rows: &[String], total: &str) -> Reply {
    let rows: Vec<String> =
        rows.iter().map(|id| format!(r#"{{"ThingId":"{id}","State":"READY"}}"#)).collect();
    Reply::body(format!(
        r#"{{"Response":{{"ThingSet":[{}],{total}"RequestId":"r"}}}}"#,
        rows.join(",")
    ))
}

pub fn total(count: usize) -> String {
    format!(r#""TotalCount":{count},"#)
}

/// Reads a list to its end, or to an error.
pub async fn read<A: Paginate<Item = Thing>>(
    client: &Client,
    request: A,
) -> Result<Vec<String>, Error> {
    let things: Vec<Thing> = client.items(request).try_collect().await?;
    Ok(things.into_iter().map(|thing| thing.thing_id).collect())
}
