//! What the tests of the conclusions share: requests, items, and a case for each action.

mod candidates;
mod conditions;
mod every_action;
mod evidence;
mod hidden;
mod single_actions;
mod times;

use cvm_models::ACTIONS;
use cvm_models::config::Dialect;
use cvm_models::protocol::{
    ActionInfo, FieldInfo, Kind, Missing, ModelInfo, Predicate, ReconcileInfo, RetryClass,
};
use serde_json::{Value, json};

use super::compare::uncompared;
use super::conditions::all;
use super::past_time;
use super::query::{Query, Times};
use super::verdict::Verdict;
use crate::journal::clocks::Clocks;
use crate::journal::entry::{Destination, Entry};
use crate::journal::prior_item::PriorItem;
use crate::json_path::{at, text, texts};
use crate::output::columns::{self, member_cell as cell};
use crate::request::Request;

const SINCE: &str = "2026-11-21T07:40:53";
const SENT_AT: &str = "2026-11-21T07:45:53";
const READ_AT: &str = "2026-11-21T08:10:00";

fn journaled(action: &str, request: &Value, before: Option<&[PriorItem]>) -> Entry {
    let destination = Destination {
        region: Some("ap-guangzhou".into()),
        endpoint: "https://h".into(),
        dialect: Dialect::Tc3,
        secret_id: "AKIDx".into(),
    };
    let info = cvm_models::action(action).unwrap();
    let mut entry =
        Entry::new("1".into(), Clocks::now(), &Request::new(info, request.clone()), destination);
    entry.before = before.map(<[PriorItem]>::to_vec);
    entry
}

fn with<T>(entry: &Entry, since: Option<&str>, ask: impl FnOnce(&Query<'_>) -> T) -> T {
    let info = cvm_models::action(&entry.action).unwrap();
    let facts = info.reconcile.as_ref().unwrap();
    let list = cvm_models::action(facts.list).unwrap();
    let (_, table) = columns::main_list(list).unwrap();
    let times = Times { since, sent_at: since.map(|_| SENT_AT), read_at: since.map(|_| READ_AT) };
    ask(&Query::new(info, facts, list, table, entry, times))
}

fn verdicts(
    action: &str,
    request: &Value,
    before: Option<&[PriorItem]>,
    entries: &[Value],
) -> Vec<&'static str> {
    let entry = journaled(action, request, before);
    with(&entry, Some(SINCE), |query| {
        let ids = texts(request, query.facts.ids.unwrap());
        ids.iter().map(|id| query.check_id(id, entries).0.as_str()).collect()
    })
}

fn seen(id: &str, from: bool) -> PriorItem {
    let expires = Some("2026-11-21T09:00:00Z".into());
    PriorItem { id: id.into(), own_id: id.into(), from: Some(from), expires }
}

/// Puts a value at `A.B`.
fn set(value: &mut Value, path: &str, new: Value) {
    match path.split_once('.') {
        None => value[path] = new,
        Some((step, rest)) => set(&mut value[step], rest, new),
    }
}

/// Every leaf of a table, with a request that gives it and nothing else.
fn leaves(table: &'static ModelInfo, depth: usize) -> Vec<Value> {
    fn of_kind(kind: &'static Kind, depth: usize) -> Vec<Value> {
        match kind {
            Kind::Object(_) if depth > 5 => Vec::new(),
            Kind::Object(table) => leaves(table, depth + 1),
            Kind::List(item) => {
                of_kind(item, depth).into_iter().map(|item| json!([item])).collect()
            }
            Kind::Str => vec![json!("text")],
            Kind::I64 | Kind::U64 | Kind::F64 => vec![json!(7)],
            Kind::Bool => vec![json!(true)],
        }
    }
    let members = table.members.iter();
    let given = |field: &'static FieldInfo| {
        of_kind(&field.kind, depth).into_iter().map(|value| json!({ field.wire: value }))
    };
    members.flat_map(given).collect()
}

/// Lays one request over another.
fn merged(mut one: Value, other: &Value) -> Value {
    for (name, value) in other.as_object().unwrap() {
        if one[name].is_object() && value.is_object() {
            one[name] = merged(one[name].take(), value);
        } else {
            one[name] = value.clone();
        }
    }
    one
}

/// An entry of the list that is all that the request asks for.
fn perfect(facts: &ReconcileInfo, own_id: Option<&str>, request: &Value, id: &Value) -> Value {
    let mut entry = json!({});
    if let Some(own_id) = own_id {
        set(&mut entry, own_id, json!("own"));
    }
    set(&mut entry, facts.id, id.clone());
    for (here, there) in facts.matching.iter().chain(facts.includes).chain(facts.same_key) {
        if let Some(given) = at(request, there) {
            set(&mut entry, here, given.clone());
        }
    }
    if let Some(created) = facts.created {
        set(&mut entry, created, json!("2026-11-21T08:00:00Z"));
    }
    let conditions = if facts.done.is_empty() { facts.became } else { facts.done };
    let asked = facts.done_when.iter().filter(|(asked, _)| match asked.test {
        Predicate::OneOf(values) => request[asked.member] == values[0],
        _ => false,
    });
    for condition in conditions.iter().chain(asked.map(|(_, shown)| shown)) {
        let value = match condition.test {
            Predicate::OneOf(values) => values[0],
            _ => "SUCCESS",
        };
        set(&mut entry, condition.member, json!(value));
    }
    entry
}

/// All actions that tell of ids, with a request that gives the ids and every member that is compared.
struct Case {
    info: &'static ActionInfo,
    facts: &'static ReconcileInfo,
    own_id: Option<&'static str>,
    ids: Value,
    id: Value,
    request: Value,
    others: Vec<Value>,
}

impl Case {
    fn all() -> impl Iterator<Item = Self> {
        let changes = ACTIONS.iter().filter(|info| info.retry != RetryClass::Read);
        changes.filter_map(|info| {
            let facts = info.reconcile.as_ref()?;
            let ids = facts.ids?;
            let list = cvm_models::action(facts.list).unwrap();
            let own_id = list.paginate.and_then(|pages| pages.id);
            let field = info.request.field(ids).unwrap();
            let (ids, id) = match field.kind {
                Kind::List(Kind::Str) => (json!({ ids: ["id"] }), json!("id")),
                Kind::List(_) => (json!({ ids: [7] }), json!(7)),
                _ => (json!({ ids: "id" }), json!("id")),
            };
            let (mut compared, mut others) = (Vec::new(), Vec::new());
            for leaf in leaves(info.request, 0) {
                let journaled = journaled(info.name, &leaf, None);
                let open = uncompared(info, facts, &journaled.parameters, &journaled.secrets);
                if open.is_empty() { &mut compared } else { &mut others }.push(leaf);
            }
            let request = compared.iter().fold(json!({}), merged);
            let mut request = merged(request, &ids);
            for (_, key) in facts.same_key {
                set(&mut request, key, json!("ssh-rsa text me@home"));
            }
            if let Some((asked, _)) = facts.done_when.first()
                && let Predicate::OneOf(values) = asked.test
            {
                set(&mut request, asked.member, json!(values[0]));
            }
            Some(Self { info, facts, own_id, ids, id, request, others })
        })
    }

    fn perfect(&self, request: &Value) -> Value {
        perfect(self.facts, self.own_id, request, &self.id)
    }

    /// The verdict when the ids were listed before, or namesakes of what is made.
    fn verdict(&self, request: &Value, entries: &[Value]) -> &'static str {
        let id = text(&self.id).unwrap();
        let own_id = if self.facts.created.is_some() { "older".to_owned() } else { id.clone() };
        let before = [PriorItem { own_id, ..seen(&id, true) }];
        verdicts(self.info.name, request, Some(&before), entries)[0]
    }
}

/// The items that a launch may have created, and whether it set tags.
fn fitting(request: &Value, since: Option<&str>, entries: &[Value]) -> (Vec<String>, bool) {
    let entry = journaled("RunInstances", request, None);
    with(&entry, since, |query| {
        let ids = query.candidates(entries).into_iter().map(|entry| cell(entry, "InstanceId"));
        (ids.collect(), query.has_tags())
    })
}
