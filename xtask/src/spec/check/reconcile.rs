//! Checks `retry.reconcile`: the Describe action returns a list whose entries can be compared with the request.

use super::super::model::{Action, Api, Kind, Member};
use super::super::spec_file::{self, RetryClass};
use super::name_resolver::NameResolver;

/// Checks the rule of one action.
pub fn check<'a>(resolver: &mut NameResolver<'a, '_>, action: &'a Action) {
    let Some(facts) = &action.spec.retry.reconcile else { return };
    if action.spec.retry.class == RetryClass::Read && action.retry_overrides.is_empty() {
        resolver
            .report
            .error(resolver.file, at("text"), "an action that only reads needs no `reconcile`")
            .help("remove `reconcile`");
    }
    let Some(name) = &facts.list else {
        if facts.is_prose_and_more() {
            resolver
                .report
                .error(resolver.file, at("text"), "the other keys require `list`")
                .help("name the Describe action, or remove all keys except `text`");
        }
        return;
    };
    let Some(list) = resolver.target(&at("list"), name) else { return };
    let reads = list.spec.retry.class == RetryClass::Read;
    let Some(items) = list.listed().filter(|_| reads) else {
        let message = format!("`{name}` is not a read action that returns a list");
        resolver
            .report
            .error(resolver.file, at("list"), message)
            .help("name an action of class `read` whose response contains a list of objects");
        return;
    };
    let reading = Reading { facts, action, list };
    reading.request(resolver);
    // Another check reports paging without a list.
    if let Some(members) = resolver.api.members_of(&items.kind) {
        reading.entries(resolver, members);
    }
}

fn at(key: &str) -> String {
    format!("/retry/reconcile/{key}")
}

impl spec_file::Reconcile {
    /// Whether it has other keys than its text.
    fn is_prose_and_more(&self) -> bool {
        let prose = Self { text: self.text.clone(), ..Self::default() };
        *self != prose
    }
}

struct Reading<'a> {
    facts: &'a spec_file::Reconcile,
    action: &'a Action,
    list: &'a Action,
}

impl<'a> Reading<'a> {
    /// Checks the parameters of the Describe action.
    fn request(&self, resolver: &mut NameResolver<'a, '_>) {
        let Self { facts, action, .. } = self;
        if let Some(ids) = &facts.ids {
            let given = resolver.path(&at("ids"), &action.request, ids, "the request");
            let asked = self.asked(resolver, "id_param", facts.id_param.as_ref().unwrap_or(ids));
            comparable(resolver, "ids", asked, given);
        }
        for (asked, given) in &facts.filters.0 {
            let asked = self.asked(resolver, "filters", asked);
            let given = resolver.path(&at("filters"), &action.request, given, "the request");
            comparable(resolver, "filters", asked, given);
        }
        if let Some(count) = &facts.count
            && let Some(member) = resolver.path(&at("count"), &action.request, count, "the request")
            && !matches!(member.kind, Kind::I64 | Kind::U64)
        {
            let message =
                format!("`{count}` has the type {}, which cannot be a count", member.spec.type_);
            resolver
                .report
                .error(resolver.file, at("count"), message)
                .help("name an integer member");
        }
        for (key, given) in [("id_param", facts.id_param.is_some()), ("id", facts.id.is_some())] {
            if given && facts.ids.is_none() {
                let message = format!("`{key}` requires `ids`");
                resolver
                    .report
                    .error(resolver.file, at(key), message)
                    .help(format!("add `ids`, or remove `{key}`"));
            }
        }
    }

    /// Checks a parameter and returns its member. A filter has none; it takes any scalar as a string.
    fn asked(
        &self,
        resolver: &mut NameResolver<'a, '_>,
        key: &str,
        name: &str,
    ) -> Option<&'a Member> {
        let list = self.list;
        let Some(filter) = name.strip_prefix("Filters.") else {
            let of = format!("the request of {}", list.spec.action);
            return resolver.path(&at(key), &list.request, name, &of);
        };
        resolver.filter(&at(key), list, filter);
        None
    }

    /// Checks the members of an entry.
    fn entries(&self, resolver: &mut NameResolver<'a, '_>, members: &'a [Member]) {
        let Self { facts, action, list } = self;
        if facts.ids.is_some() {
            match list.id_of(facts) {
                Some(id) => {
                    let ids = facts.ids.as_deref().unwrap_or_default();
                    let given = resolver.api.follow(&action.request, ids);
                    let listed = resolver.path(&at("id"), members, id, "an entry");
                    comparable(resolver, "ids", listed, given);
                }
                None => {
                    let message = format!("`paginate` of {} has no `id`", list.spec.action);
                    resolver
                        .report
                        .error(resolver.file, at("ids"), message)
                        .help("name the member of an entry with the id in `id`");
                }
            }
        }
        if let Some(created) = &facts.created
            && let Some(member) = resolver.path(&at("created"), members, created, "an entry")
            && member.kind != Kind::Str
        {
            let message = format!("`{created}` is not a string, so it cannot be a time");
            resolver
                .report
                .error(resolver.file, at("created"), message)
                .help("name a string member");
        }
        let pairs = [
            ("matching", &facts.matching),
            ("includes", &facts.includes),
            ("same_key", &facts.same_key),
        ];
        for (key, pairs) in pairs {
            for (here, given) in &pairs.0 {
                let entry = resolver.path(&at(key), members, here, "an entry");
                let request = resolver.path(&at(key), &action.request, given, "the request");
                if let (Some(entry), Some(request)) = (entry, request)
                    && !(is_scalar(resolver.api, entry) && is_scalar(resolver.api, request))
                {
                    let message =
                        format!("`{here}` and `{given}` are objects, which cannot be compared");
                    resolver
                        .report
                        .error(resolver.file, at(key), message)
                        .help("name members of them, such as `Placement.Zone`");
                } else {
                    comparable(resolver, key, entry, request);
                }
            }
        }
        for (key, conditions) in [
            ("done", &action.done),
            ("became", &action.became),
            ("from", &action.from),
            ("failed", &action.failed),
            ("undone_by", &action.undone_by),
        ] {
            for (index, condition) in conditions.iter().enumerate() {
                resolver.condition(&at(&format!("{key}/{index}")), condition, members);
            }
        }
        if facts.ids.is_none() && !action.became.is_empty() {
            let message = "`became` requires `ids`";
            resolver
                .report
                .error(resolver.file, at("became"), message)
                .help("add `ids`, or use `done`");
        }
        self.before(resolver, members);
        for (asked, shown) in &action.done_when {
            resolver.condition(&at("done_when"), asked, &action.request);
            resolver.condition(&at("done_when"), shown, members);
        }
        let given = [
            ("done_when", !action.done_when.is_empty()),
            ("undone_by", !action.undone_by.is_empty()),
        ];
        for (key, _) in given.iter().filter(|(_, given)| *given && action.done.is_empty()) {
            let message = format!("`{key}` requires `done`");
            resolver
                .report
                .error(resolver.file, at(key), message)
                .help(format!("add `done`, or remove `{key}`"));
        }
        for (index, path) in facts.display.iter().enumerate() {
            resolver.path(&at(&format!("display/{index}")), members, path, "an entry");
        }
    }

    /// Checks the keys about the state before the call.
    fn before(&self, resolver: &mut NameResolver<'a, '_>, members: &'a [Member]) {
        let Self { facts, action, .. } = self;
        let mut error = |key: &str, message: String, help: String| {
            resolver.report.error(resolver.file, at(key), message).help(help);
        };
        let proves = [("became", !action.became.is_empty()), ("expires", facts.expires.is_some())];
        let given = proves.iter().filter(|(_, given)| *given);
        if action.from.is_empty() {
            for (key, _) in given {
                let message = format!("`{key}` requires `from`");
                error(key, message, format!("add `from`, or remove `{key}`"));
            }
        } else if given.count() == 0 {
            let message = "`from` requires `became`".to_owned();
            error("from", message, "add `became`, or remove `from`".to_owned());
        }
        let Some(expires) = &facts.expires else { return };
        if facts.if_absent != Some(spec_file::Missing::Success) || !action.became.is_empty() {
            let message = "`expires` applies only if absence proves success".to_owned();
            let help = "use it with `if_absent: success` and without `became`".to_owned();
            error("expires", message, help);
        }
        if let Some(member) = resolver.path(&at("expires"), members, expires, "an entry")
            && member.kind != Kind::Str
        {
            let message = format!("`{expires}` is not a string, so it cannot be a time");
            resolver
                .report
                .error(resolver.file, at("expires"), message)
                .help("name a member with a time");
        }
    }
}

/// Checks that two members can have the same value. Otherwise a request that took effect would seem not to.
fn comparable(
    resolver: &mut NameResolver<'_, '_>,
    key: &str,
    here: Option<&Member>,
    there: Option<&Member>,
) {
    let (Some(here), Some(there)) = (here, there) else { return };
    let kind = |member: &Member| match member.kind.innermost() {
        Kind::Str | Kind::Enum(_) => "string",
        Kind::I64 | Kind::U64 | Kind::F64 => "number",
        Kind::Bool => "bool",
        Kind::Type(_) | Kind::List(_) => "object",
    };
    let (values, others) =
        (resolver.api.known_values_of(here), resolver.api.known_values_of(there));
    let may_be_equal =
        values.is_empty() || others.is_empty() || values.iter().any(|value| others.contains(value));
    if kind(here) != kind(there) || !may_be_equal {
        let message = format!(
            "`{}` is {} and `{}` is {}, which can never be equal",
            here.spec.name, here.spec.type_, there.spec.name, there.spec.type_
        );
        resolver
            .report
            .error(resolver.file, at(key), message)
            .help("name two members of the same type");
    }
}

fn is_scalar(api: &Api, member: &Member) -> bool {
    !matches!(member.kind.innermost(), Kind::Type(_)) && api.members_of(&member.kind).is_none()
}
