//! How to settle an unknown outcome by reading, as data: which list tells, and what in it means done.

use crate::{Condition, Missing};

/// What to read after a request whose outcome is unknown.
///
/// With [`Self::ids`] each id gets a verdict of its own. Without it every entry of the list that fits is
/// a candidate, and their number stands beside the one that was asked for: no list of such a service
/// tells whose request made an entry.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ReconcileInfo {
    /// The action that lists.
    pub list: &'static str,
    /// Member of the request that names what it acts on or makes.
    pub ids: Option<&'static str>,
    /// Where those go in the request of the list: a member, or `Filters.host-id`. Empty without ids.
    pub id_param: &'static str,
    /// Member of an entry that holds such an id. Empty without ids.
    pub id: &'static str,
    /// What else the list is asked for: where it goes, and the member of the request that gives it.
    pub filters: &'static [(&'static str, &'static str)],
    /// Members of an entry that then equal the request's, each with the member of the request: a list
    /// has the same items in the same order, and what the request clears is empty. Where [`Self::count`]
    /// is given, a text may be the request's up to a `{`, or the request's followed by digits when more
    /// than one is made.
    pub matching: &'static [(&'static str, &'static str)],
    /// Lists of an entry that then contain what the request has, each with the member of the request.
    /// Pairs that lead into one list of objects are compared object by object.
    pub includes: &'static [(&'static str, &'static str)],
    /// Member of an entry that tells when it was made: older ones than the request do not count.
    pub created: Option<&'static str>,
    /// Member of the request that says how many are made; one without it.
    pub count: Option<&'static str>,
    /// Public keys of an entry that are then the request's, each with the member of the request. Type and key
    /// are compared, not the comment, which the service replaces.
    pub same_key: &'static [(&'static str, &'static str)],
    /// If all of these hold for an entry, beside all of [`Self::matching`] and [`Self::includes`], it is done.
    pub done: &'static [Condition<'static>],
    /// As [`Self::done`], for conditions that an earlier call of the same action may have fulfilled: they
    /// count only if all of [`Self::from`] held before the call.
    pub became: &'static [Condition<'static>],
    /// What held before the call, so that [`Self::became`], or the absence of what [`Self::expires`], proves
    /// something.
    pub from: &'static [Condition<'static>],
    /// Conditions on the request, each with one on an entry: where the first holds, the second stands beside
    /// [`Self::done`].
    pub done_when: &'static [(Condition<'static>, Condition<'static>)],
    /// If one of these holds, another operation has undone it since, or the entry contradicts itself, and a person
    /// decides, whatever [`Self::done`] says.
    pub undone_by: &'static [Condition<'static>],
    /// Member of an entry with the time, in UTC, at which it ends by itself. From then on it may be absent
    /// whatever became of the request.
    pub expires: Option<&'static str>,
    /// If one of these holds, it may have run and failed, and a person decides.
    pub failed: &'static [Condition<'static>],
    /// What it means that an id is not listed.
    pub if_absent: Missing,
    /// Members of an entry that a person needs to see.
    pub display: &'static [&'static str],
}

impl ReconcileInfo {
    /// A look at the list of this action.
    #[must_use]
    pub const fn new(list: &'static str) -> Self {
        Self {
            list,
            ids: None,
            id_param: "",
            id: "",
            filters: &[],
            matching: &[],
            includes: &[],
            created: None,
            count: None,
            same_key: &[],
            done: &[],
            became: &[],
            from: &[],
            done_when: &[],
            undone_by: &[],
            expires: None,
            failed: &[],
            if_absent: Missing::Pending,
            display: &[],
        }
    }

    /// Member of the request with the ids, where they go, and where an entry has them.
    #[must_use]
    pub const fn ids(mut self, ids: &'static str, by: &'static str, id: &'static str) -> Self {
        self.ids = Some(ids);
        self.id_param = by;
        self.id = id;
        self
    }

    /// What else the list is asked for.
    #[must_use]
    pub const fn filters(mut self, pairs: &'static [(&'static str, &'static str)]) -> Self {
        self.filters = pairs;
        self
    }

    /// What is then as the request has it.
    #[must_use]
    pub const fn matching(mut self, pairs: &'static [(&'static str, &'static str)]) -> Self {
        self.matching = pairs;
        self
    }

    /// Which lists then contain what the request has.
    #[must_use]
    pub const fn includes(mut self, pairs: &'static [(&'static str, &'static str)]) -> Self {
        self.includes = pairs;
        self
    }

    /// When an entry was made.
    #[must_use]
    pub const fn created(mut self, member: &'static str) -> Self {
        self.created = Some(member);
        self
    }

    /// How many are made.
    #[must_use]
    pub const fn count(mut self, member: &'static str) -> Self {
        self.count = Some(member);
        self
    }

    /// Which public keys are then those of the request.
    #[must_use]
    pub const fn same_key(mut self, pairs: &'static [(&'static str, &'static str)]) -> Self {
        self.same_key = pairs;
        self
    }

    /// What means done, if all of it holds.
    #[must_use]
    pub const fn done(mut self, conditions: &'static [Condition<'static>]) -> Self {
        self.done = conditions;
        self
    }

    /// What means done, if all of it holds and all of `from` held before the call.
    #[must_use]
    pub const fn became(
        mut self,
        conditions: &'static [Condition<'static>],
        from: &'static [Condition<'static>],
    ) -> Self {
        self.became = conditions;
        self.from = from;
        self
    }

    /// What also means done, by what the request asks for.
    #[must_use]
    pub const fn done_when(
        mut self,
        pairs: &'static [(Condition<'static>, Condition<'static>)],
    ) -> Self {
        self.done_when = pairs;
        self
    }

    /// What means that another operation has undone it since.
    #[must_use]
    pub const fn undone_by(mut self, conditions: &'static [Condition<'static>]) -> Self {
        self.undone_by = conditions;
        self
    }

    /// When an entry ends by itself, and what held before the call of one that has not ended.
    #[must_use]
    pub const fn expires(
        mut self,
        member: &'static str,
        from: &'static [Condition<'static>],
    ) -> Self {
        self.expires = Some(member);
        self.from = from;
        self
    }

    /// What means that it may have run and failed.
    #[must_use]
    pub const fn failed(mut self, conditions: &'static [Condition<'static>]) -> Self {
        self.failed = conditions;
        self
    }

    /// What it means that an id is not listed.
    #[must_use]
    pub const fn if_absent(mut self, missing: Missing) -> Self {
        self.if_absent = missing;
        self
    }

    /// What a person needs to see.
    #[must_use]
    pub const fn display(mut self, members: &'static [&'static str]) -> Self {
        self.display = members;
        self
    }
}
