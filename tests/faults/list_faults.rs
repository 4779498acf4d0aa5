//! Faults of lists: complete responses that do not say which instances exist.

use serde_json::{Map, Value, json};

use crate::fault::{Conclusion, Fault};
use crate::response::{ExchangeContext, json as whole};

/// Each is an ordinary success for an action that lists nothing.
pub fn all() -> Vec<Fault> {
    let list = |name, list: fn() -> Value| {
        changed(name, move |members| drop(members.insert("InstanceSet".into(), list())))
    };
    let short = |name, list: fn() -> Value, total: fn() -> Value| {
        changed(name, move |members| {
            members.insert("InstanceSet".into(), list());
            members.insert("TotalCount".into(), total());
        })
    };
    vec![
        list("a list that is null", || Value::Null),
        short("a null list and a total of 0", || Value::Null, || json!(0)),
        changed("a list that is missing", |members| drop(members.remove("InstanceSet"))),
        changed("list and total missing", |members| {
            members.remove("InstanceSet");
            members.remove("TotalCount");
        }),
        short("an empty list and a total above 0", || json!([]), || json!(9)),
        short("an empty list and a null total", || json!([]), || Value::Null),
        changed("an empty list without a total", |members| {
            members.insert("InstanceSet".into(), json!([]));
            members.remove("TotalCount");
        }),
        short("a list of null", || json!([null]), || json!(1)),
        short("a list of null and a total of 0", || json!([null]), || json!(0)),
        short("a record without an id", || json!([{ "InstanceState": "RUNNING" }]), || json!(1)),
        short("a record with a null id", || json!([{ "InstanceId": null }]), || json!(1)),
        short("a record with an empty id", || json!([{ "InstanceId": "" }]), || json!(1)),
        short("a record without members and a total of 0", || json!([{}]), || json!(0)),
    ]
}

/// A success whose list is changed, if it has one.
fn changed(
    name: &'static str,
    change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static,
) -> Fault {
    Fault::carried_out(name, Conclusion::Done, move |context: &ExchangeContext| {
        whole(&context.with_members(|members| {
            if members.contains_key("InstanceSet") {
                change(members);
            }
        }))
    })
}
