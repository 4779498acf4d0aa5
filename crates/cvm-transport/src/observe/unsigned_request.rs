//! The request of a call as an interceptor sees it: not yet encoded, and without a signature.

use std::fmt;

use cvm_protocol::{ActionInfo, Model, Record, json, reset, reset_member};

use crate::{Action, Region};

/// The request of a call, before it is encoded and signed.
///
/// Members may be secret. `Debug` masks those that are.
pub struct UnsignedRequest<'a> {
    info: &'static ActionInfo,
    region: Option<&'a Region>,
    model: &'a mut dyn Model,
}

impl<'a> UnsignedRequest<'a> {
    pub(crate) fn new(
        info: &'static ActionInfo,
        region: Option<&'a Region>,
        model: &'a mut dyn Model,
    ) -> Self {
        Self { info, region, model }
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
    #[must_use]
    pub fn members(&self) -> serde_json::Value {
        json::to_value(&*self.model)
    }

    /// Sets one member by its name in the API. `null` removes it.
    ///
    /// # Errors
    ///
    /// If the action has no such member, or the value is of the wrong type. Nothing is changed then.
    pub fn set(&mut self, name: &str, value: serde_json::Value) -> Result<(), String> {
        let action = self.info.name;
        let has_member = self.model.table().find(name.as_bytes()).is_some();
        if !has_member {
            return Err(format!("{action} has no parameter `{name}`"));
        }
        let is_removed = value.is_null();
        let members = serde_json::Value::Object([(name.to_owned(), value)].into_iter().collect());
        let report = json::from_value(&mut Record::new(self.model.table()), &members)
            .map_err(|error| format!("{action} {error}"))?;
        if let Some(unknown) = report.unknown_members().next() {
            return Err(format!("{action} has no parameter `{unknown}`"));
        }
        reset_member(self.model, name);
        if !is_removed {
            json::from_value(self.model, &members).map_err(|error| format!("{action} {error}"))?;
        }
        Ok(())
    }

    /// Changes a request of the action `A` as the struct that it is, as in
    /// `request.edit(|launch: &mut RunInstances| launch.instance_count = Some(1))?`. Returns `false`, and changes nothing,
    /// if the call is of another action.
    ///
    /// # Errors
    ///
    /// If the changed request cannot be encoded, because a number is not finite. Nothing is changed then.
    pub fn edit<A: Action>(&mut self, edit: impl FnOnce(&mut A)) -> Result<bool, String> {
        if !std::ptr::eq(A::INFO.request, self.model.table()) {
            return Ok(false);
        }
        let failed = |error| format!("{}: {error}", self.info.name);
        let mut typed = A::default();
        json::from_slice(&mut typed, &json::to_vec(&*self.model).map_err(failed)?)
            .map_err(failed)?;
        edit(&mut typed);
        let changed = json::to_vec(&typed).map_err(failed)?;
        reset(self.model);
        json::from_slice(self.model, &changed).map_err(failed)?;
        Ok(true)
    }
}

impl fmt::Debug for UnsignedRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Masked<'m>(&'m dyn Model);
        impl fmt::Debug for Masked<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                cvm_protocol::debug(self.0, f)
            }
        }
        f.debug_struct("UnsignedRequest")
            .field("action", &self.info.name)
            .field("region", &self.region())
            .field("members", &Masked(&*self.model))
            .finish()
    }
}
