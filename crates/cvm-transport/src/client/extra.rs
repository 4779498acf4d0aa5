//! Members of a request that its type does not have: the service added them after this crate was generated.

use std::fmt;
use std::sync::Arc;

use cvm_protocol::query_form::{self, COMMON_PARAMETERS};
use cvm_protocol::{Kind, Model, ModelInfo, RetryClass, json};
use serde_json::{Map, Value};

use crate::Error;
use crate::observe::mask::{MAX_NAME, Secrets, cut};

/// The members of a request beside those of its type. Nothing is known about them, so each value may be a secret.
#[derive(Clone)]
pub(crate) struct ExtraMembers {
    members: Arc<Value>,
    /// They are all members of the request, and the caller has stated how safe a retry is.
    is_whole_request: bool,
}

impl fmt::Debug for ExtraMembers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.members.as_object().into_iter().flat_map(Map::keys);
        f.debug_set().entries(names).finish()
    }
}

impl ExtraMembers {
    /// Checks that the type of the request has none of the members. `None` if there are none.
    pub(crate) fn new(members: Value, table: &'static ModelInfo) -> Result<Option<Self>, Error> {
        let Value::Object(map) = &members else {
            return Err(Error::usage("extra members must be a JSON object"));
        };
        if map.is_empty() {
            return Ok(None);
        }
        map.keys().try_for_each(|name| check_name(name))?;
        check(&members, Some(table), "")?;
        Ok(Some(Self { members: Arc::new(members), is_whole_request: false }))
    }

    /// Checks that each object and list item with extra members is in the request. Otherwise it would be added: an index that
    /// is off by one would order another disk.
    pub(crate) fn check_places(&self, request: &dyn Model) -> Result<(), Error> {
        check_place(&self.members, cvm_protocol::Value::Object(request), "")
    }

    /// States that these are all members of the request.
    pub(crate) fn of_whole_request(self) -> Self {
        Self { is_whole_request: true, ..self }
    }

    /// The retry class of a request that has the class `class` without these members. A new member could make a repeated
    /// request change something again, so only reads and requests with a client token stay what they are.
    pub(crate) const fn retry_class(&self, class: RetryClass) -> RetryClass {
        match class {
            RetryClass::Read | RetryClass::Token => class,
            _ if self.is_whole_request => class,
            _ => RetryClass::Hazard,
        }
    }

    /// The JSON body of a request with these members.
    pub(crate) fn add_to_json(&self, body: &[u8]) -> Result<Vec<u8>, Error> {
        let failed = |error| Error::usage("cannot encode the request").with_source(error);
        let mut whole = serde_json::from_slice(body).map_err(failed)?;
        self.add_to_value(&mut whole);
        serde_json::to_vec(&whole).map_err(failed)
    }

    /// Adds these members to a request as a value.
    pub(crate) fn add_to_value(&self, whole: &mut Value) {
        merge(whole, &self.members);
    }

    /// Adds these members to the pairs of a request. The pairs also contain the parameters of every request, so none of
    /// these members can have such a name. In JSON those are headers.
    pub(crate) fn add_to_pairs(
        &self,
        pairs: &mut Vec<query_form::Pair>,
        request: &dyn Model,
    ) -> Result<(), Error> {
        let names = self.members.as_object().into_iter().flat_map(Map::keys);
        if let Some(name) =
            names.into_iter().find(|name| COMMON_PARAMETERS.contains(&name.as_str()))
        {
            return Err(Error::usage(format!(
                "`{name}` is a parameter of every request in this dialect, and the client sets it: use the dialect TC3"
            )));
        }
        let mut whole = json::to_value(request);
        self.add_to_value(&mut whole);
        let extra = query_form::encode_extra(&self.members, &whole)
            .map_err(|error| Error::usage(error.to_string()))?;
        pairs.extend(extra);
        Ok(())
    }

    /// All members, as a JSON object.
    pub(crate) fn members(&self) -> &Value {
        &self.members
    }

    /// The member of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// Sets one member, or removes it. `is_whole_request` is for members that are the first ones.
    pub(crate) fn set(
        extra: &mut Option<Self>,
        name: &str,
        value: Option<Value>,
        is_whole_request: bool,
    ) {
        let empty = || Self { members: Arc::new(Value::Object(Map::new())), is_whole_request };
        let mut members = extra.take().unwrap_or_else(empty);
        let Value::Object(map) = Arc::make_mut(&mut members.members) else { return };
        match value {
            Some(value) => {
                map.insert(name.to_owned(), value);
            }
            None => map.retain(|known, _| known != name),
        }
        if !map.is_empty() {
            *extra = Some(members);
        }
    }

    /// Adds each text in these members to the secrets of a request.
    pub(crate) fn add_to_secrets(&self, secrets: &mut Secrets) {
        secrets.add_texts_of(&self.members);
    }
}

/// Rejects a name that a query encoding takes for a path.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::usage("a member of the request has an empty name"));
    }
    if name.contains('.') {
        let name = cut(name, MAX_NAME);
        let text =
            format!("`{name}` is a path, not a member: give an object that contains the rest");
        return Err(Error::usage(text));
    }
    Ok(())
}

/// Rejects a member that the type has. Objects and lists of the type may contain other new members.
fn check(value: &Value, table: Option<&'static ModelInfo>, path: &str) -> Result<(), Error> {
    let step = |name: &str| below(path, name);
    match (value, table) {
        (Value::Object(members), Some(table)) => members.iter().try_for_each(|(name, member)| {
            let path = step(name);
            match table.field(name).map(|field| field.kind) {
                None => Ok(()),
                Some(Kind::Object(inner)) if member.is_object() => {
                    check(member, Some(inner), &path)
                }
                Some(Kind::List(Kind::Object(inner))) if member.is_array() => {
                    check(member, Some(inner), &path)
                }
                Some(_) => Err(Error::usage(format!(
                    "`{path}` is a member of {}: set it there, not as an extra member",
                    table.name
                ))),
            }
        }),
        (Value::Array(items), Some(_)) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| check(item, table, &step(&index.to_string()))),
        (_, Some(_)) => Err(Error::usage(format!("`{path}` must be an object with new members"))),
        (_, None) => Ok(()),
    }
}

fn below(path: &str, step: &str) -> String {
    if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") }
}

/// Rejects an object or a list item that is not in the request. `known` is the value of the request at this path.
fn check_place(extra: &Value, known: cvm_protocol::Value<'_>, path: &str) -> Result<(), Error> {
    use cvm_protocol::Value as Known;
    match (extra, known) {
        (Value::Object(members), Known::Object(model)) => {
            members.iter().try_for_each(|(name, member)| {
                match model.table().find(name.as_bytes()) {
                    Some(index) => check_place(member, model.member(index), &below(path, name)),
                    // A new member, which may contain anything.
                    None => Ok(()),
                }
            })
        }
        (Value::Array(items), Known::List(list)) if !list.is_empty() => {
            items.iter().enumerate().try_for_each(|(index, item)| {
                check_place(item, list.at(index), &below(path, &index.to_string()))
            })
        }
        // `check` lets no other pair through.
        _ => Err(Error::usage(format!(
            "the request has no `{path}` that the extra members could be added to: set it in the request, or remove it \
             from the extra members"
        ))),
    }
}

/// Adds new members: into objects that exist, and item by item into lists that exist.
fn merge(whole: &mut Value, extra: &Value) {
    match (whole, extra) {
        (Value::Object(whole), Value::Object(extra)) => {
            for (name, value) in extra {
                match whole.get_mut(name) {
                    Some(known) => merge(known, value),
                    None => {
                        whole.insert(name.clone(), value.clone());
                    }
                }
            }
        }
        (Value::Array(whole), Value::Array(extra)) => {
            for (index, value) in extra.iter().enumerate() {
                // `check_places` lets no item through that the list does not have.
                if let Some(known) = whole.get_mut(index) {
                    merge(known, value);
                }
            }
        }
        // `check` lets no other pair through.
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use cvm_protocol::{FieldInfo, NameIndex, Record, json};
    use serde_json::json;

    use super::*;

    static DISK: ModelInfo = ModelInfo {
        name: "Disk",
        members: &[FieldInfo::new("Size", Kind::I64)],
        index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
    };
    static PLACE: ModelInfo = ModelInfo {
        name: "Place",
        members: &[FieldInfo::new("Zone", Kind::Str)],
        index: NameIndex { multiplier: 1, shift: 64, slots: &[0] },
    };
    static RUN: ModelInfo = ModelInfo {
        name: "Run",
        members: &[
            FieldInfo::new("Disks", Kind::List(&Kind::Object(&DISK))),
            FieldInfo::new("Place", Kind::Object(&PLACE)),
        ],
        index: NameIndex { multiplier: 0xb222_1a58_008a_05a7, shift: 63, slots: &[0, 1] },
    };

    fn merged(body: &str, extra: Value) -> Result<String, String> {
        let extra = ExtraMembers::new(extra, &RUN).map_err(|error| error.to_string())?;
        let body = extra.unwrap().add_to_json(body.as_bytes()).unwrap();
        Ok(String::from_utf8(body).unwrap())
    }

    #[test]
    fn new_members_go_beside_known_ones_at_any_depth() {
        let body = r#"{"Disks":[{"Size":1},{"Size":2}]}"#;
        assert_eq!(
            merged(body, json!({ "New": [1], "Disks": [{}, { "Kind": "fast" }] })).unwrap(),
            r#"{"Disks":[{"Size":1},{"Size":2,"Kind":"fast"}],"New":[1]}"#
        );
    }

    #[test]
    fn objects_and_items_that_the_request_lacks_are_rejected() {
        let check = |request: Value, extra: Value| {
            let mut record = Record::new(&RUN);
            json::from_value(&mut record, &request).unwrap();
            let extra = ExtraMembers::new(extra, &RUN).unwrap().unwrap();
            extra.check_places(&record).map_err(|error| error.to_string())
        };
        let two = || json!({ "Disks": [{ "Size": 1 }, {}], "Place": {} });
        for extra in [
            json!({ "Disks": [{}, { "Kind": "fast" }] }),
            json!({ "Disks": [{ "Kind": "fast" }] }),
            json!({ "Disks": [] }),
            json!({ "Place": { "Rack": 7 } }),
            json!({ "NewDisks": [{}, {}, {}], "NewPlace": {} }),
        ] {
            assert_eq!(check(two(), extra.clone()), Ok(()), "{extra}");
        }
        for (request, extra, path) in [
            (two(), json!({ "Disks": [{}, {}, { "Kind": "fast" }] }), "Disks.2"),
            (two(), json!({ "Disks": [{}, {}, {}] }), "Disks.2"),
            (json!({}), json!({ "Disks": [{ "Kind": "fast" }] }), "Disks"),
            (json!({}), json!({ "Disks": [] }), "Disks"),
            (json!({ "Disks": [] }), json!({ "Disks": [{}] }), "Disks"),
            (json!({}), json!({ "Place": { "Rack": 7 } }), "Place"),
            (json!({}), json!({ "Place": {} }), "Place"),
        ] {
            let error = check(request, extra).unwrap_err();
            assert!(error.starts_with(&format!("the request has no `{path}`")), "{error}");
        }
    }

    #[test]
    fn known_members_and_other_values_are_rejected() {
        for (extra, message) in [
            (json!({ "Disks": [{ "Size": 3 }] }), "`Disks.0.Size` is a member of Disk"),
            (json!({ "Disks": 1 }), "`Disks` is a member of Run"),
            (json!({ "Disks": [1] }), "`Disks.0` must be an object"),
            (json!([]), "must be a JSON object"),
        ] {
            let error = merged("{}", extra).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
        assert!(ExtraMembers::new(json!({}), &RUN).unwrap().is_none());
    }

    #[test]
    fn paths_and_empty_names_are_rejected() {
        let error = merged("{}", json!({ "Placement.Zone": "x" })).unwrap_err();
        assert!(error.contains("`Placement.Zone` is a path"), "{error}");
        assert!(merged("{}", json!({ "": 1 })).unwrap_err().contains("an empty name"));
    }

    #[test]
    fn members_are_set_and_removed() {
        let mut extra = None;
        ExtraMembers::set(&mut extra, "A", None, true);
        assert!(extra.is_none());
        ExtraMembers::set(&mut extra, "A", Some(json!(1)), true);
        ExtraMembers::set(&mut extra, "B", Some(json!(2)), true);
        ExtraMembers::set(&mut extra, "A", Some(json!(3)), true);
        assert_eq!(extra.as_ref().unwrap().get("A"), Some(&json!(3)));
        assert_eq!(extra.as_ref().unwrap().retry_class(RetryClass::Guarded), RetryClass::Guarded);
        ExtraMembers::set(&mut extra, "A", None, true);
        ExtraMembers::set(&mut extra, "B", None, true);
        assert!(extra.is_none());
    }

    #[test]
    fn debug_shows_names_only() {
        let extra = ExtraMembers::new(json!({ "Key": "Secret123" }), &RUN).unwrap().unwrap();
        assert_eq!(format!("{extra:?}"), r#"{"Key"}"#);
    }
}
