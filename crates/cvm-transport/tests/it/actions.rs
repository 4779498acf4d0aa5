//! A small test service: one action of every retry class, and lists of both paging styles.

use cvm_protocol::{
    Condition, FieldInfo, Kind, ModelInfo, NameIndex, OldGateway, PageInfo, PageStyle, RetryClass,
    RetryClassOverride, Sensitive, ServiceInfo, WaiterSpec, model, waiter_info,
};
use cvm_transport::Action;
use cvm_transport::protocol::{ActionInfo, Paginate};
use std::time::Duration;

pub static SERVICE: ServiceInfo = ServiceInfo {
    name: "cvm",
    version: "2017-03-12",
    endpoint: "cvm.tencentcloudapi.com",
    endpoint_regional: "cvm.{region}.tencentcloudapi.com",
    endpoint_intl: "cvm.intl.tencentcloudapi.com",
    endpoint_internal: "cvm.internal.tencentcloudapi.com",
    old_gateway: Some(OldGateway { host: "cvm.api.qcloud.com", path: "/v2/index.php" }),
    partial_errors: "FailedOperation ThingsPartlyDone",
};

const fn action(
    name: &'static str,
    request: &'static ModelInfo,
    response: &'static ModelInfo,
    retry: RetryClass,
) -> ActionInfo {
    ActionInfo::new(name, &SERVICE, request, response).group("thing").retry(retry)
}

pub static LAUNCH: ActionInfo =
    action("Launch", &LAUNCH_TABLE, &LAUNCH_RESPONSE, RetryClass::Token)
        .retry_overrides(&[
            RetryClassOverride {
                when: &[Condition::absent("ClientToken")],
                class: RetryClass::Hazard,
            },
            RetryClassOverride {
                when: &[Condition::one_of("DryRun", &["true"])],
                class: RetryClass::Read,
            },
        ])
        .idempotency_token("ClientToken")
        .dry_run();

pub static LIST_THINGS: ActionInfo =
    action("ListThings", &LIST_TABLE, &LIST_RESPONSE, RetryClass::Read).paginate(PageInfo {
        style: PageStyle::Offset { offset: "Offset", limit: "Limit", total: "TotalCount" },
        items: "ThingSet",
        id: Some("ThingId"),
        is_total_exact: true,
        default_limit: 20,
        min_limit: 1,
        max_limit: 100,
    });

/// The same list with a total that counts all things of the account, whatever the filter.
pub static COUNT_ALL_THINGS: ActionInfo =
    action("CountAllThings", &COUNT_TABLE, &LIST_RESPONSE, RetryClass::Read).paginate(PageInfo {
        style: PageStyle::Offset { offset: "Offset", limit: "Limit", total: "TotalCount" },
        items: "ThingSet",
        id: Some("ThingId"),
        is_total_exact: false,
        default_limit: 20,
        min_limit: 1,
        max_limit: 100,
    });

pub static SCAN_THINGS: ActionInfo =
    action("ScanThings", &SCAN_TABLE, &SCAN_RESPONSE, RetryClass::Read).paginate(PageInfo {
        style: PageStyle::Token {
            token_in: "NextToken",
            token_out: "NextToken",
            limit: "MaxResults",
        },
        items: "ThingSet",
        id: Some("ThingId"),
        is_total_exact: true,
        default_limit: 10,
        min_limit: 10,
        max_limit: 100,
    });

pub static SET_NAME: ActionInfo = action("SetName", &SET_NAME_TABLE, &DONE, RetryClass::Convergent);
pub static START_THINGS: ActionInfo =
    action("StartThings", &START_TABLE, &DONE, RetryClass::Guarded);
pub static KILL_THINGS: ActionInfo = action("KillThings", &KILL_TABLE, &DONE, RetryClass::Hazard);

pub const THINGS_READY_SPEC: WaiterSpec = WaiterSpec::new("ThingsReady", &LIST_THINGS)
    .ids("ThingIds")
    .items("ThingSet")
    .id("ThingId")
    .state("State")
    .success(&["READY"])
    .failure(&["FAILED"])
    .unreachable(&["GONE"])
    .settled(&["IDLE"])
    .absent_codes(&["InvalidThingId.NotFound"])
    .reason("Reason")
    .request_id("LatestRequestId")
    .progress("Percent")
    .interval(Duration::from_millis(20));
waiter_info! {
    pub static THINGS_READY = THINGS_READY_SPEC;
}

macro_rules! actions {
    ($($request:ident $response:ident $info:ident),*) => { $(
        impl Action for $request {
            type Response = $response;
            const INFO: &'static ActionInfo = &$info;
        }
    )* };
}
actions!(
    Launch LaunchResponse LAUNCH,
    ListThings ListThingsResponse LIST_THINGS,
    CountAllThings ListThingsResponse COUNT_ALL_THINGS,
    ScanThings ScanThingsResponse SCAN_THINGS,
    SetName Done SET_NAME,
    StartThings Done START_THINGS,
    KillThings Done KILL_THINGS
);

impl Paginate for ListThings {
    type Item = Thing;
    fn items(response: ListThingsResponse) -> Vec<Thing> {
        response.thing_set
    }
}

impl Paginate for CountAllThings {
    type Item = Thing;
    fn items(response: ListThingsResponse) -> Vec<Thing> {
        response.thing_set
    }
}

impl Paginate for ScanThings {
    type Item = Thing;
    fn items(response: ScanThingsResponse) -> Vec<Thing> {
        response.thing_set
    }
}

/// Creates things. Recognizes a repeated token.
#[derive(Clone, Default)]
pub struct Launch {
    pub name: Option<String>,
    pub password: Option<Sensitive>,
    pub count: Option<i64>,
    pub client_token: Option<String>,
    pub dry_run: Option<bool>,
}

pub static LAUNCH_TABLE: ModelInfo = ModelInfo {
    name: "Launch",
    members: &[
        FieldInfo::new("Name", Kind::Str),
        FieldInfo::new("Password", Kind::Str).secret(),
        FieldInfo::new("Count", Kind::I64),
        FieldInfo::new("ClientToken", Kind::Str),
        FieldInfo::new("DryRun", Kind::Bool),
    ],
    index: NameIndex {
        multiplier: 0x91b7584a2265b1f5,
        shift: 61,
        slots: &[4, 2, 1, 0, 3, 255, 255, 255],
    },
};

model!(request Launch LAUNCH_TABLE { 0 name 1 password 2 count 3 client_token 4 dry_run });

/// Their ids.
#[derive(Clone, Default)]
pub struct LaunchResponse {
    pub thing_id_set: Vec<String>,
    pub private_key: Option<Sensitive>,
    pub request_id: String,
}

pub static LAUNCH_RESPONSE: ModelInfo = ModelInfo {
    name: "LaunchResponse",
    members: &[
        FieldInfo::new("ThingIdSet", Kind::List(&Kind::Str)).always_present(),
        FieldInfo::new("PrivateKey", Kind::Str).secret(),
        FieldInfo::new("RequestId", Kind::Str).always_present(),
    ],
    index: NameIndex { multiplier: 0x1027c4d1c386bbc5, shift: 62, slots: &[2, 1, 0, 255] },
};

model!(LaunchResponse LAUNCH_RESPONSE { 0 thing_id_set 1 private_key 2 request_id });

/// Lists things by offset.
#[derive(Clone, Default)]
pub struct ListThings {
    pub thing_ids: Vec<String>,
    pub offset: Option<i64>,
    pub limit: Option<i64>,
}

pub static LIST_TABLE: ModelInfo = ModelInfo { name: "ListThings", ..THINGS_BY_PAGE };

model!(request ListThings LIST_TABLE { 0 thing_ids 1 offset 2 limit });

/// Lists things by offset, with an inexact total.
#[derive(Clone, Default)]
pub struct CountAllThings {
    pub thing_ids: Vec<String>,
    pub offset: Option<i64>,
    pub limit: Option<i64>,
}

pub static COUNT_TABLE: ModelInfo = ModelInfo { name: "CountAllThings", ..THINGS_BY_PAGE };
const THINGS_BY_PAGE: ModelInfo = ModelInfo {
    name: "",
    members: &[
        FieldInfo::new("ThingIds", Kind::List(&Kind::Str)),
        FieldInfo::new("Offset", Kind::I64),
        FieldInfo::new("Limit", Kind::I64),
    ],
    index: NameIndex { multiplier: 0xc2ce6f447ed4d57b, shift: 62, slots: &[2, 1, 255, 0] },
};

model!(request CountAllThings COUNT_TABLE { 0 thing_ids 1 offset 2 limit });

/// One thing.
#[derive(Clone, Default)]
pub struct Thing {
    pub thing_id: String,
    pub state: Option<String>,
    pub reason: Option<String>,
    pub latest_request_id: Option<String>,
    pub percent: Option<i64>,
}

pub static THING: ModelInfo = ModelInfo {
    name: "Thing",
    members: &[
        FieldInfo::new("ThingId", Kind::Str).always_present(),
        FieldInfo::new("State", Kind::Str).always_present(),
        FieldInfo::new("Reason", Kind::Str),
        FieldInfo::new("LatestRequestId", Kind::Str),
        FieldInfo::new("Percent", Kind::I64),
    ],
    index: NameIndex {
        multiplier: 0x78e510617311d8a3,
        shift: 61,
        slots: &[3, 1, 255, 255, 2, 4, 0, 255],
    },
};

model!(Thing THING { 0 thing_id 1 state 2 reason 3 latest_request_id 4 percent });

/// A page of things.
#[derive(Clone, Default)]
pub struct ListThingsResponse {
    pub thing_set: Vec<Thing>,
    pub total_count: i64,
    pub request_id: String,
}

pub static LIST_RESPONSE: ModelInfo = ModelInfo {
    name: "ListThingsResponse",
    members: &[
        FieldInfo::new("ThingSet", Kind::List(&Kind::Object(&THING))).always_present(),
        FieldInfo::new("TotalCount", Kind::I64).always_present(),
        FieldInfo::new("RequestId", Kind::Str).always_present(),
    ],
    index: NameIndex { multiplier: 0x35bf992dc9e9c617, shift: 62, slots: &[0, 2, 255, 1] },
};

model!(ListThingsResponse LIST_RESPONSE { 0 thing_set 1 total_count 2 request_id });

/// Lists things by token.
#[derive(Clone, Default)]
pub struct ScanThings {
    pub next_token: Option<String>,
    pub max_results: Option<i64>,
}

pub static SCAN_TABLE: ModelInfo = ModelInfo {
    name: "ScanThings",
    members: &[FieldInfo::new("NextToken", Kind::Str), FieldInfo::new("MaxResults", Kind::I64)],
    index: NameIndex { multiplier: 0x63ca828dd5f4b3b3, shift: 63, slots: &[0, 1] },
};

model!(request ScanThings SCAN_TABLE { 0 next_token 1 max_results });

/// A page of things.
#[derive(Clone, Default)]
pub struct ScanThingsResponse {
    pub thing_set: Vec<Thing>,
    pub next_token: Option<String>,
    pub request_id: String,
}

pub static SCAN_RESPONSE: ModelInfo = ModelInfo {
    name: "ScanThingsResponse",
    members: &[
        FieldInfo::new("ThingSet", Kind::List(&Kind::Object(&THING))).always_present(),
        FieldInfo::new("NextToken", Kind::Str),
        FieldInfo::new("RequestId", Kind::Str).always_present(),
    ],
    index: NameIndex { multiplier: 0x9b810e766ec9d287, shift: 62, slots: &[2, 1, 255, 0] },
};

model!(ScanThingsResponse SCAN_RESPONSE { 0 thing_set 1 next_token 2 request_id });

/// Convergent.
#[derive(Clone, Default)]
pub struct SetName {
    pub thing_id: String,
    pub name: String,
}

pub static SET_NAME_TABLE: ModelInfo = ModelInfo {
    name: "SetName",
    members: &[
        FieldInfo::new("ThingId", Kind::Str).required(),
        FieldInfo::new("Name", Kind::Str).required(),
    ],
    index: NameIndex { multiplier: 0xc4647159c324c985, shift: 63, slots: &[0, 1] },
};

model!(request SetName SET_NAME_TABLE { 0 thing_id 1 name });

/// Guarded.
#[derive(Clone, Default)]
pub struct StartThings {
    pub thing_ids: Vec<String>,
}

pub static START_TABLE: ModelInfo = ModelInfo {
    name: "StartThings",
    members: &[FieldInfo::new("ThingIds", Kind::List(&Kind::Str)).required()],
    index: NameIndex { multiplier: 0xb2221a58008a05a7, shift: 64, slots: &[0] },
};

model!(request StartThings START_TABLE { 0 thing_ids });

/// Hazard.
#[derive(Clone, Default)]
pub struct KillThings {
    pub thing_ids: Vec<String>,
}

pub static KILL_TABLE: ModelInfo = ModelInfo {
    name: "KillThings",
    members: &[FieldInfo::new("ThingIds", Kind::List(&Kind::Str)).required()],
    index: NameIndex { multiplier: 0x442e3d437204e52d, shift: 64, slots: &[0] },
};

model!(request KillThings KILL_TABLE { 0 thing_ids });

/// Only a request id.
#[derive(Clone, Default)]
pub struct Done {
    pub request_id: String,
}

pub static DONE: ModelInfo = ModelInfo {
    name: "Done",
    members: &[FieldInfo::new("RequestId", Kind::Str).always_present()],
    index: NameIndex { multiplier: 0xcd447e35b8b6d8ff, shift: 64, slots: &[0] },
};

model!(Done DONE { 0 request_id });
