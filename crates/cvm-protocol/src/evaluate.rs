//! Evaluates the conditions of a specification on a request.

use crate::{Condition, FieldInfo, Model, Predicate, member_named};

impl Condition<'_> {
    /// Whether it holds for this request. An empty list is not sent, so it is not given. An empty text is sent and may
    /// clear something, so it counts as given. It names nothing, so it counts as absent too: neither a role that is
    /// unbound nor an empty client token makes a retry safer.
    #[must_use]
    pub fn holds(&self, request: &dyn Model) -> bool {
        let value = member_named(request, self.member);
        let among = |values: &[&str]| {
            value.text().is_some_and(|text| values.iter().any(|known| *known == text))
        };
        match self.test {
            Predicate::Present => value.is_given(),
            Predicate::Absent => value.is_blank(),
            Predicate::OneOf(values) => value.is_given() && among(values),
            Predicate::NoneOf(values) => !value.is_given() || !among(values),
        }
    }

    /// Whether it holds for this request as the service reads it: a member that is not given has its default value.
    #[must_use]
    pub fn holds_with_defaults(&self, request: &dyn Model) -> bool {
        let is_default = |values: &[&str]| {
            let field = request.table().field(self.member);
            field.and_then(|field| field.default).is_some_and(|default| values.contains(&default))
        };
        match self.test {
            Predicate::OneOf(values) | Predicate::NoneOf(values)
                if member_named(request, self.member).is_blank() =>
            {
                is_default(values) == matches!(self.test, Predicate::OneOf(_))
            }
            _ => self.holds(request),
        }
    }
}

impl FieldInfo {
    /// Whether the response to this request may lack the items of this list: [`Self::empty_if`].
    #[must_use]
    pub fn may_be_empty(&self, request: &dyn Model) -> bool {
        self.empty_if.iter().any(|condition| condition.holds(request))
    }
}
