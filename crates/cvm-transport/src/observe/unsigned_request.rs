//! The request of a call as an interceptor sees it: not yet encoded, and without a signature.

use std::fmt;

use cvm_protocol::{
    ActionInfo, DecodeError, Model, ModelInfo, Record, describe_unknown, json, reset, reset_member,
};
use serde_json::Value;

use crate::client::extra::{ExtraMembers, check_name};
use crate::client::known_members::{apply_change, first_new, put_back, take_unknown};
use crate::client::untyped_tables::response_table;
use crate::observe::mask;
use crate::{Action, Region};

/// The request of a call, before it is encoded and signed.
///
/// Members may be secret. `Debug` masks those that are, and the values of members that the type of the request does not
/// have.
pub struct UnsignedRequest<'a> {
    info: &'static ActionInfo,
    region: Option<&'a Region>,
    model: &'a mut dyn Model,
    /// The members that the model does not have.
    extra: &'a mut Option<ExtraMembers>,
}

impl<'a> UnsignedRequest<'a> {
    pub(crate) fn new(
        info: &'static ActionInfo,
        region: Option<&'a Region>,
        model: &'a mut dyn Model,
        extra: &'a mut Option<ExtraMembers>,
    ) -> Self {
        Self { info, region, model, extra }
    }

    /// The action.
    #[must_use]
    pub const fn action(&self) -> &'static str {
        self.info.name
    }

    /// The facts of the action, such as its service and whether it only reads.
    #[must_use]
    pub const fn info(&self) -> &'static ActionInfo {
        self.info
    }

    /// The region, if the client has one.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.region.map(Region::as_str)
    }

    /// The members that are set, as a JSON object with the names of the API, **including secrets**.
    ///
    /// It has everything that is sent: also the members of [`Client::send_with`](crate::Client::send_with) and
    /// [`Client::call_action`](crate::Client::call_action), as the caller wrote them. Nothing is known about the kinds of these,
    /// so a policy should refuse a value that it does not understand:
    ///
    /// ```
    /// # use cvm_transport::observe::UnsignedRequest;
    /// fn limit_launches(request: &UnsignedRequest<'_>) -> Result<(), String> {
    ///     let members = request.members();
    ///     match members.get("InstanceCount") {
    ///         None => Ok(()),
    ///         Some(count) if count.as_u64().is_some_and(|count| count <= 5) => Ok(()),
    ///         Some(_) => Err("at most 5 instances at once".into()),
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn members(&self) -> Value {
        let mut members = json::to_value(&*self.model);
        if let Some(extra) = &*self.extra {
            extra.add_to_value(&mut members);
        }
        members
    }

    /// Sets one member by its name in the API, as a whole. `null` removes it.
    ///
    /// It can be a member of the request's type, one that the caller gave with
    /// [`Client::send_with`](crate::Client::send_with), and any member of
    /// [`Client::call_action`](crate::Client::call_action).
    ///
    /// # Errors
    ///
    /// If the action has no such member, or the value is of the wrong type or has a null item in a list. Nothing is changed
    /// then.
    pub fn set(&mut self, name: &str, value: Value) -> Result<(), String> {
        let (action, table) = (self.info.name, self.model.table());
        let failed = |error: &dyn fmt::Display| format!("{action}: {error}");
        let is_untyped = self.is_untyped();
        if table.field(name).is_none() {
            if !is_untyped && self.extra(name).is_none() {
                return Err(failed(&describe_unknown(table, name)));
            }
            check_name(name).map_err(|error| failed(&error))?;
            let value = Some(value).filter(|value| !value.is_null());
            ExtraMembers::set(self.extra, name, value, is_untyped);
            return Ok(());
        }
        let is_removed = value.is_null();
        let mut members = Value::Object([(name.to_owned(), value)].into_iter().collect());
        let mut unknown = take_unknown(&mut members, table).unwrap_or_default();
        let extra = self.extra.as_ref().map(ExtraMembers::members);
        if let Some(path) = first_new(&unknown, extra, table) {
            return Err(failed(&describe_unknown(table, &path)));
        }
        json::request_from_value(&mut Record::new(table), &members)
            .map_err(|error| failed(&error))?;
        reset_member(self.model, name);
        if !is_removed {
            json::from_value(self.model, &members).map_err(|error| failed(&error))?;
        }
        let unknown = unknown.as_object_mut().and_then(|unknown| unknown.remove(name));
        ExtraMembers::set(self.extra, name, unknown, is_untyped);
        Ok(())
    }

    /// Changes a request of the action `A` as the struct that it is, as in
    /// `request.edit(|launch: &mut RunInstances| launch.instance_count = Some(1))?`. Returns `false`, and changes nothing,
    /// if the call is of another action.
    ///
    /// A [`Client::call_action`](crate::Client::call_action) of the same action is changed too. Only the members that the closure
    /// changed are written; the others are sent as the caller wrote them. Members that the struct does not have stay at their
    /// places; those of a list item belong to its position.
    ///
    /// # Errors
    ///
    /// If the changed request cannot be encoded, because a number is not finite; or if the struct cannot hold the members of
    /// `call_action`, or a list item was removed that has other members. Nothing is changed then.
    pub fn edit<A: Action>(&mut self, edit: impl FnOnce(&mut A)) -> Result<bool, String> {
        let mut typed = A::default();
        if std::ptr::eq(A::INFO.request, self.model.table()) {
            let failed = |error| format!("{}: {error}", self.info.name);
            json::from_slice(&mut typed, &json::to_vec(&*self.model).map_err(failed)?)
                .map_err(failed)?;
            edit(&mut typed);
            let changed = json::to_vec(&typed).map_err(failed)?;
            reset(self.model);
            json::from_slice(self.model, &changed).map_err(failed)?;
            return Ok(true);
        }
        if !self.is_untyped() || !is_same_action(self.info, A::INFO) {
            return Ok(false);
        }
        let unknown = self.read_untyped(&mut typed)?;
        let before = self.value_of(&typed)?;
        edit(&mut typed);
        let after = self.value_of(&typed)?;
        if after != before {
            self.write_untyped(&before, &after, unknown, typed.table())?;
        }
        Ok(true)
    }

    /// Whether nothing is known about the action but its names.
    fn is_untyped(&self) -> bool {
        response_table(self.info).is_none()
    }

    /// A member that the model does not have.
    fn extra(&self, name: &str) -> Option<&Value> {
        self.extra.as_ref().and_then(|extra| extra.get(name))
    }

    fn failed(&self, error: &DecodeError) -> String {
        format!("{}: {error}", self.info.name)
    }

    /// The members of a struct, if it can be encoded.
    fn value_of(&self, typed: &dyn Model) -> Result<Value, String> {
        json::to_vec(typed).map_err(|error| self.failed(&error))?;
        Ok(json::to_value(typed))
    }

    /// Reads the request of an untyped call into the struct of its action. Returns the members that the struct does not have.
    fn read_untyped(&self, typed: &mut dyn Model) -> Result<Option<Value>, String> {
        let mut members = self.members();
        let unknown = take_unknown(&mut members, typed.table());
        json::request_from_value(typed, &members).map_err(|error| self.failed(&error))?;
        Ok(unknown)
    }

    /// Makes the change from `before` to `after` in the request of an untyped call. `table` describes both.
    fn write_untyped(
        &mut self,
        before: &Value,
        after: &Value,
        unknown: Option<Value>,
        table: &'static ModelInfo,
    ) -> Result<(), String> {
        if let Some(unknown) = unknown {
            put_back(&mut after.clone(), unknown, table).map_err(|path| {
                let action = self.info.name;
                format!(
                    "{action}: `{path}` was removed, but it has members that its type does not have"
                )
            })?;
        }
        let mut members = self.members();
        apply_change(&mut members, before, after);
        let extra = take_unknown(&mut members, self.model.table());
        reset(self.model);
        json::from_value(self.model, &members).map_err(|error| self.failed(&error))?;
        *self.extra = None;
        for (name, value) in extra.as_ref().and_then(Value::as_object).into_iter().flatten() {
            ExtraMembers::set(self.extra, name, Some(value.clone()), true);
        }
        Ok(())
    }
}

fn is_same_action(one: &ActionInfo, other: &ActionInfo) -> bool {
    let names = |info: &ActionInfo| (info.service.name, info.service.version, info.name);
    names(one) == names(other)
}

impl fmt::Debug for UnsignedRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut members = self.members();
        mask::mask_json(&mut members, self.model.table());
        f.debug_struct("UnsignedRequest")
            .field("action", &self.info.name)
            .field("region", &self.region())
            .field("members", &format_args!("{members}"))
            .finish()
    }
}
