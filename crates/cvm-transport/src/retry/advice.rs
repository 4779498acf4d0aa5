//! Advice for a request that may have taken effect, from the action's reconcile information.

use cvm_protocol::{ActionInfo, Kind, Model, ModelInfo, Value, cut, member_named};

use crate::observe::mask::MAX_NAME;

/// The maximum number of listed names.
const MAX_NAMED: usize = 3;

/// Where to look for the effect of the request, by which names, and what is lost with the response.
pub(crate) fn advice(info: &ActionInfo, request: &dyn Model) -> String {
    let mut advice = match &info.reconcile {
        Some(facts) => {
            let ids = facts.ids.map(|member| (member, names(request, member)));
            match ids.filter(|(_, names)| !names.is_empty()) {
                Some((member, names)) => {
                    format!("look for {member} {} with {}", names.join(", "), facts.list)
                }
                None => format!("check with {} whether it took effect", facts.list),
            }
        }
        // Most of these actions have such a list, but it is in no description: those of imported and untyped ones.
        None => "this client does not know which Describe action shows whether it took effect; check with the service's \
                 own tools"
            .to_owned(),
    };
    if let Some(member) = secret_member(info.response) {
        advice.push_str(&format!(
            "; `{member}` is only returned in this response and is lost; if the request took effect, delete the \
             resource and create it again"
        ));
    }
    advice
}

/// The values of a request member, quoted; nothing if it is secret.
fn names(request: &dyn Model, member: &str) -> Vec<String> {
    if request.table().field(member).is_none_or(|field| field.secret) {
        return Vec::new();
    }
    let quote = |value: Value<'_>| {
        let name = value.as_str().filter(|name| !name.is_empty())?;
        Some(format!("`{}`", cut(name, MAX_NAME)))
    };
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

/// The first secret member of a response.
fn secret_member(table: &ModelInfo) -> Option<&'static str> {
    table.members.iter().find_map(|field| match field.kind.innermost() {
        _ if field.secret => Some(field.wire),
        Kind::Object(inner) => secret_member(inner),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use cvm_protocol::{FieldInfo, NameIndex, ReconcileInfo, Record, ServiceInfo, json};

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
        let mut info = ActionInfo::new("Make", &SERVICE, &REQUEST, response);
        info.reconcile = reconcile;
        let mut request = Record::new(&REQUEST);
        json::from_value(&mut request, &serde_json::json!({ "Ids": ids })).unwrap();
        advice(&info, &request)
    }

    #[test]
    fn advice_names_ids_and_action() {
        let facts = ReconcileInfo::new("List").ids("Ids", "Ids", "Id");
        assert_eq!(
            advice_for(&["a", "b"], Some(facts), &REQUEST),
            "look for Ids `a`, `b` with List"
        );
        let many = advice_for(&["a", "b", "c", "d"], Some(facts), &REQUEST);
        assert_eq!(many, "look for Ids `a`, `b`, `c`, … with List");
        let long = advice_for(&[&"x".repeat(100_000)], Some(facts), &REQUEST);
        assert!(long.len() < 1_000 && long.ends_with("bytes in all)` with List"), "{long}");
        let none = advice_for(&[], Some(facts), &REQUEST);
        assert_eq!(none, "check with List whether it took effect");
        let unknown = advice_for(&["a"], None, &REQUEST);
        assert!(
            unknown.starts_with("this client does not know which Describe action"),
            "{unknown}"
        );
    }

    #[test]
    fn advice_names_the_lost_secret() {
        let advice = advice_for(&["a"], None, &RESPONSE);
        assert!(advice.contains("`PrivateKey`") && advice.contains("create it again"), "{advice}");
    }
}
