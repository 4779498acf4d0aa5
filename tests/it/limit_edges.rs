//! Each limit of each member of each request of each service: the values inside pass, and the first value outside returns
//! the code for it with a message that names the member.
//!
//! The requests follow from the model info. The codes follow from the rules of `wrong_parameters`.

use base64ct::{Base64, Encoding};
use cvm_protocol::{
    ActionInfo, FieldInfo, Kind, ModelInfo, PageStyle, Record, ViolationKind, json, validate,
};
use serde_json::{Value, json};

use crate::cloud::{ApiResponse, Cloud};
use crate::mutate::Fault;
use crate::neighbor_services::services;
use crate::raw_requests;
use crate::sample;
use crate::wrong_parameters::expected;

/// Limits of the emulator where no document states one.
const ASSUMED_ITEMS: u32 = 100;
const ASSUMED_ACCOUNTS: u32 = 1000;
const ASSUMED_CHARACTERS: u32 = 256;
const ASSUMED_URL: u32 = 4096;
const ASSUMED_POLICY: u32 = 4096;
const ASSUMED_WEB_IDENTITY_TOKEN: u32 = 16_384;

/// A member of a request, with its path from the root.
struct Member {
    action: &'static ActionInfo,
    path: Vec<&'static FieldInfo>,
}

/// A value beside a limit.
struct Edge {
    value: Value,
    /// The error, if the value is outside.
    fault: Option<Fault>,
}

impl Edge {
    fn inside(value: impl Into<Value>) -> Self {
        Self { value: value.into(), fault: None }
    }

    fn outside(value: impl Into<Value>, fault: Fault) -> Self {
        Self { value: value.into(), fault: Some(fault) }
    }
}

/// All members of all requests.
fn members() -> Vec<Member> {
    let mut members = Vec::new();
    for action in services().into_iter().flat_map(|(_, actions)| actions) {
        collect(action, action.request, &[], &mut members);
    }
    members
}

fn collect(
    action: &'static ActionInfo,
    table: &'static ModelInfo,
    path: &[&'static FieldInfo],
    members: &mut Vec<Member>,
) {
    for field in table.members {
        let path = [path, &[field]].concat();
        if let (Kind::Object(table), 1..=5) = (field.kind.innermost(), path.len()) {
            collect(action, table, &path, members);
        }
        members.push(Member { action, path });
    }
}

impl Member {
    fn field(&self) -> &'static FieldInfo {
        self.path[self.path.len() - 1]
    }

    /// The path in the notation of the API, with the first item of each list on the way.
    fn name(&self) -> String {
        let (last, outer) = self.path.split_last().unwrap();
        let outer = outer.iter().map(|field| match field.kind {
            Kind::List(_) => format!("{}.0.", field.wire),
            _ => format!("{}.", field.wire),
        });
        outer.collect::<String>() + last.wire
    }

    /// A request in which the member has this value, and which breaks no other rule.
    fn request(&self, value: &Value) -> Value {
        let mut request = sample::request(self.action.request, 0);
        let (mut table, mut object) = (self.action.request, &mut request);
        for (depth, field) in self.path.iter().enumerate() {
            let members = object.as_object_mut().unwrap();
            members.retain(|name, _| {
                name == field.wire
                    || !excludes(field, name) && !excludes(table.field(name).unwrap(), field.wire)
            });
            if depth + 1 == self.path.len() {
                members.insert(field.wire.to_owned(), value.clone());
                break;
            }
            let inner = members.entry(field.wire).or_insert_with(|| sample::value(field));
            object = if inner.is_array() { &mut inner[0] } else { inner };
            let Kind::Object(inner) = field.kind.innermost() else { unreachable!() };
            table = inner;
        }
        complete(self.action.request, &mut request);
        request
    }

    /// The values beside each limit. A member with a set of values has no other limits.
    fn edges(&self) -> Vec<Edge> {
        let field = self.field();
        let mut edges = Vec::new();
        let is_list = matches!(field.kind, Kind::List(_));
        if is_list {
            items(field, &mut edges);
        }
        if field.values.is_empty() {
            let mut scalars = match field.kind.innermost() {
                Kind::Str if self.is_page() => self.numbers_as_texts(),
                Kind::Str => texts(field),
                Kind::I64 | Kind::U64 | Kind::F64 => self.numbers(),
                _ => Vec::new(),
            };
            if is_list {
                scalars.iter_mut().for_each(|edge| edge.value = json!([edge.value.take()]));
            }
            edges.extend(scalars);
        }
        edges
    }

    fn numbers(&self) -> Vec<Edge> {
        let field = self.field();
        let is_unsigned = matches!(field.kind.innermost(), Kind::U64);
        let mut edges = Vec::new();
        let mut inside = Vec::new();
        if let Some(min) = self.min() {
            inside.extend([min, min + 1]);
            // A negative number has the wrong type where there are only positive ones.
            if !(is_unsigned && min <= 0) {
                edges.push(Edge::outside(min - 1, Fault::OutOfRange(field)));
            }
        }
        if let Some(max) = field.max {
            inside.extend([max - 1, max]);
            edges.push(Edge::outside(max + 1, Fault::OutOfRange(field)));
        }
        let is_inside = |number: &i64| {
            self.min().is_none_or(|min| *number >= min)
                && field.max.is_none_or(|max| *number <= max)
        };
        edges.extend(inside.into_iter().filter(is_inside).map(Edge::inside));
        edges.retain(|edge| {
            edge.fault.is_none() || !field.special.contains(&edge.value.to_string().as_str())
        });
        edges
    }

    /// Numbers that the API has as texts: the offset or the limit of a page.
    fn numbers_as_texts(&self) -> Vec<Edge> {
        let field = self.field();
        let text = |number: i64| json!(number.to_string());
        let min = self.min().unwrap();
        let mut edges = vec![
            Edge::inside(text(min)),
            Edge::outside(text(min - 1), Fault::OutOfRange(field)),
            Edge::outside("x", Fault::PatternMismatch(field)),
        ];
        let page = self.action.paginate.unwrap();
        if page.style.limit() == field.wire {
            let max = i64::try_from(page.max_limit).unwrap();
            edges.push(Edge::inside(text(max)));
            edges.push(Edge::outside(text(max + 1), Fault::OutOfRange(field)));
        }
        edges
    }

    /// Whether the member is the offset or the limit of a page.
    fn is_page(&self) -> bool {
        self.page_min().is_some()
    }

    /// The smallest number. That of a page is stated outside its member.
    fn min(&self) -> Option<i64> {
        self.page_min().or(self.field().min)
    }

    fn page_min(&self) -> Option<i64> {
        let page = self.action.paginate.filter(|_| self.path.len() == 1)?;
        match page.style {
            PageStyle::Offset { limit, .. } if limit == self.field().wire => {
                i64::try_from(page.min_limit).ok()
            }
            PageStyle::Offset { offset, .. } if offset == self.field().wire => Some(0),
            _ => None,
        }
    }
}

fn excludes(field: &FieldInfo, other: &str) -> bool {
    field.exclusive_with.contains(&other) || field.exactly_one_of.contains(&other)
}

fn items(field: &'static FieldInfo, edges: &mut Vec<Edge>) {
    let Kind::List(kind) = field.kind else { return };
    let assumed = if field.wire == "AccountIds" { ASSUMED_ACCOUNTS } else { ASSUMED_ITEMS };
    let max = field.max_items.unwrap_or(assumed) as usize;
    let of = |count: usize| Value::from(vec![sample::of_kind(field, kind); count]);
    edges.push(Edge::outside(of(max + 1), Fault::TooManyItems(field)));
    edges.push(Edge::inside(of(max)));
    if max > 1 {
        edges.push(Edge::inside(of(max - 1)));
    }
}

/// Texts of letters, or base64 of bytes. A text with a format has a length of its own.
fn texts(field: &'static FieldInfo) -> Vec<Edge> {
    let mut edges = Vec::new();
    if field.format.is_some() {
        return edges;
    }
    if field.wire == "ClientToken" {
        edges.push(Edge::outside("\u{e9}", Fault::PatternMismatch(field)));
        edges.push(Edge::inside("a ~!token"));
    }
    if let Some(max) = field.max_bytes.map(|max| max as usize) {
        let of = |bytes: usize| match field.base64 {
            true => Base64::encode_string(&vec![0; bytes]),
            false => "x".repeat(bytes),
        };
        edges.push(Edge::outside(of(max + 1), Fault::TooManyBytes(field)));
        edges.extend([max - 1, max].map(|bytes| Edge::inside(of(bytes))));
        return edges;
    }
    let letters = |count: u32| "x".repeat(count as usize);
    let assumed = match field.wire {
        // They must be a key and a token, so no text of letters is inside.
        "NextToken" | "PublicKey" => return edges,
        "Policy" => ASSUMED_POLICY,
        "WebIdentityToken" => ASSUMED_WEB_IDENTITY_TOKEN,
        name if name.ends_with("Url") => ASSUMED_URL,
        _ => ASSUMED_CHARACTERS,
    };
    let max = field.max_length.unwrap_or(assumed);
    edges.push(Edge::outside(letters(max + 1), Fault::TooLong(field)));
    edges.extend([max - 1, max].map(|count| Edge::inside(letters(count))));
    if let Some(min) = field.min_length.filter(|min| *min > 1) {
        edges.push(Edge::outside(letters(min - 1), Fault::TooShort(field)));
        edges.extend([min, min + 1].map(|count| Edge::inside(letters(count))));
    }
    edges
}

/// Adds members that the rules require, at any depth.
fn complete(table: &'static ModelInfo, request: &mut Value) {
    for _ in 0..20 {
        let mut record = Record::new(table);
        json::from_value(&mut record, request).unwrap();
        let is_missing = |fault: &ViolationKind| {
            use ViolationKind::{AtLeastOneOf, Missing, MissingIf, NoneOf};
            matches!(fault, Missing | MissingIf(_) | AtLeastOneOf(_) | NoneOf(_))
        };
        let missing = validate(&record).into_iter().find(|violation| is_missing(&violation.fault));
        let Some(violation) = missing else { return };
        let pointer = format!("/{}", violation.path.replace('.', "/"));
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        request.pointer_mut(parent).unwrap()[name] = sample::value(violation.field);
    }
    panic!("{}: {request}", table.name);
}

/// Whether a message is about this member or its first item.
fn names(response: &ApiResponse, member: &str) -> bool {
    [format!("`{member}`"), format!("`{member}.0`")]
        .iter()
        .any(|name| response.message().starts_with(&format!("The parameter {name}")))
}

#[tokio::test]
async fn first_value_outside_each_limit_is_rejected_and_no_value_inside() {
    let cloud = Cloud::new();
    let (mut inside, mut outside) = (0, 0);
    let mut problems = Vec::new();
    for member in members() {
        let (info, name) = (member.action, member.name());
        for Edge { value, fault } in member.edges() {
            let request = member.request(&value);
            let response = cloud.send(raw_requests::json_of(info, &request)).await;
            let (code, message) = (response.code().unwrap_or("none"), response.message());
            let mut shown = value.to_string();
            shown.truncate(60);
            let service = info.service.name;
            let shown = format!("{service}:{} {name}={shown}: {code}: {message}", info.name);
            match fault {
                Some(fault) => {
                    outside += 1;
                    let expected = expected(info, fault);
                    if code != expected {
                        problems.push(format!("{shown}, not {expected}"));
                    } else if !names(&response, &name) {
                        problems.push(format!("{shown}, without the member"));
                    }
                }
                None => {
                    inside += 1;
                    if names(&response, &name) {
                        problems.push(shown);
                    }
                }
            }
        }
    }
    assert_eq!(problems, [""; 0]);
    assert!(inside > 1_000 && outside > 500, "{inside} values inside, {outside} outside");
}
