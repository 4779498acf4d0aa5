//! What to do about a request that may have been carried out, in words, from the tables of its action.

use cvm_protocol::{ActionInfo, Kind, Model, ModelInfo, Value, member_named};

/// Most names that are told; more help nobody.
const MAX_NAMED: usize = 3;

/// Where to look for what the request may have done, by which names, and what is lost with its answer.
pub(crate) fn advice(info: &ActionInfo, request: &dyn Model) -> String {
    let mut advice = match &info.reconcile {
        Some(facts) => {
            let ids = facts.ids.map(|member| (member, names(request, member)));
            match ids.filter(|(_, names)| !names.is_empty()) {
                Some((member, names)) => {
                    format!("look for {member} {} with {}", names.join(", "), facts.list)
                }
                None => format!("look for what it would have done with {}", facts.list),
            }
        }
        None => "no list of the service tells whether it was done".to_owned(),
    };
    if let Some(member) = secret_member(info.response) {
        advice.push_str(&format!(
            "; `{member}` came with the answer alone and is lost: if the request was carried out, delete what \
             it made and make another"
        ));
    }
    advice
}

/// What a member of the request names, quoted; never what is secret.
fn names(request: &dyn Model, member: &str) -> Vec<String> {
    if request.table().field(member).is_none_or(|field| field.secret) {
        return Vec::new();
    }
    let quote = |value: Value<'_>| Some(format!("`{}`", value.as_str().filter(|t| !t.is_empty())?));
    match member_named(request, member) {
        Value::List(list) => {
            let mut names: Vec<String> =
                (0..list.len().min(MAX_NAMED)).filter_map(|index| quote(list.at(index))).collect();
            if list.len() > MAX_NAMED {
                names.push("…".to_owned());
            }
            names
        }
        value => quote(value).into_iter().collect(),
    }
}

/// The first secret member of an answer.
fn secret_member(table: &ModelInfo) -> Option<&'static str> {
    table.members.iter().find_map(|field| match field.kind.innermost() {
        _ if field.secret => Some(field.wire),
        Kind::Object(inner) => secret_member(inner),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use cvm_protocol::{
        FieldInfo, NameIndex, ReconcileInfo, Record, RetryClass, ServiceInfo, json,
    };

    use super::*;

    static SERVICE: ServiceInfo = ServiceInfo {
        name: "s",
        version: "v",
        endpoint: "s.example",
        endpoint_regional: "s.{region}.example",
        endpoint_intl: "s.intl.example",
        endpoint_internal: "s.internal.example",
        old_gateway: None,
        partial_errors: "",
    };

    static REQUEST: ModelInfo = ModelInfo {
        name: "Make",
        members: &[FieldInfo::new("Ids", Kind::List(&Kind::Str))],
        index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
    };

    static PAIR: ModelInfo = ModelInfo {
        name: "Pair",
        members: &[FieldInfo::new("PrivateKey", Kind::Str).secret()],
        index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
    };

    static RESPONSE: ModelInfo = ModelInfo {
        name: "MakeResponse",
        members: &[FieldInfo::new("Pair", Kind::Object(&PAIR))],
        index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
    };

    fn advice_for(
        ids: &[&str],
        reconcile: Option<ReconcileInfo>,
        response: &'static ModelInfo,
    ) -> String {
        let info = ActionInfo {
            name: "Make",
            service: &SERVICE,
            group: "g",
            request: &REQUEST,
            response,
            retry: RetryClass::Hazard,
            retry_overrides: &[],
            reconcile,
            idempotency_token: None,
            rate_limit_per_second: None,
            regional: true,
            dry_run: false,
            asynchronous: false,
            deprecated: false,
            paginate: None,
            filters: &[],
            filters_max: None,
            filter_values_max: None,
            errors: "",
        };
        let mut request = Record::new(&REQUEST);
        json::from_value(&mut request, &serde_json::json!({ "Ids": ids })).unwrap();
        advice(&info, &request)
    }

    #[test]
    fn it_names_what_to_look_for_and_where() {
        let facts = ReconcileInfo::new("List").ids("Ids", "Ids", "Id");
        assert_eq!(
            advice_for(&["a", "b"], Some(facts), &REQUEST),
            "look for Ids `a`, `b` with List"
        );
        let many = advice_for(&["a", "b", "c", "d"], Some(facts), &REQUEST);
        assert_eq!(many, "look for Ids `a`, `b`, `c`, … with List");
        let none = advice_for(&[], Some(facts), &REQUEST);
        assert_eq!(none, "look for what it would have done with List");
        assert!(advice_for(&["a"], None, &REQUEST).starts_with("no list"));
    }

    #[test]
    fn it_says_what_is_lost_with_the_answer() {
        let advice = advice_for(&["a"], None, &RESPONSE);
        assert!(advice.contains("`PrivateKey`") && advice.contains("make another"), "{advice}");
    }
}
