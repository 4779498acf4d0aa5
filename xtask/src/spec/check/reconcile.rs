//! `retry.reconcile`: what it reads exists, gives a list, and holds what the request is compared with.

use super::super::model::{Action, Api, Kind, Member};
use super::super::spec_file::{self, RetryClass};
use super::links::Linker;

/// Checks the facts of one action.
pub fn check<'a>(linker: &mut Linker<'a, '_>, action: &'a Action) {
    let Some(facts) = &action.spec.retry.reconcile else { return };
    if action.spec.retry.class == RetryClass::Read && action.reclass.is_empty() {
        linker
            .report
            .error(linker.file, at("text"), "an action that only reads leaves nothing to find out")
            .help("leave `reconcile` out");
    }
    let Some(name) = &facts.list else {
        if facts.is_prose_and_more() {
            linker
                .report
                .error(linker.file, at("text"), "facts of a list without `list`")
                .help("name the action that lists, or leave all but `text` out");
        }
        return;
    };
    let Some(list) = linker.target(&at("list"), name) else { return };
    let reads = list.spec.retry.class == RetryClass::Read;
    let Some(items) = list.listed().filter(|_| reads) else {
        let message = format!("`{name}` is no action that only reads and answers with a list");
        linker
            .report
            .error(linker.file, at("list"), message)
            .help("name an action of class `read` whose response holds a list of objects");
        return;
    };
    let reading = Reading { facts, action, list };
    reading.request(linker);
    // What is paged and no list is told where it is paged.
    if let Some(members) = linker.api.members_of(&items.kind) {
        reading.entries(linker, members);
    }
}

fn at(key: &str) -> String {
    format!("/retry/reconcile/{key}")
}

impl spec_file::Reconcile {
    /// Whether it states more than its text, `list` aside.
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
    /// What the list is asked for.
    fn request(&self, linker: &mut Linker<'a, '_>) {
        let Self { facts, action, .. } = self;
        if let Some(ids) = &facts.ids {
            let given = linker.path(&at("ids"), &action.request, ids, "the request");
            let asked = self.asked(linker, "by", facts.by.as_ref().unwrap_or(ids));
            comparable(linker, "ids", asked, given);
        }
        for (asked, given) in &facts.narrow.0 {
            let asked = self.asked(linker, "narrow", asked);
            let given = linker.path(&at("narrow"), &action.request, given, "the request");
            comparable(linker, "narrow", asked, given);
        }
        if let Some(count) = &facts.count
            && let Some(member) = linker.path(&at("count"), &action.request, count, "the request")
            && !matches!(member.kind, Kind::I64 | Kind::U64)
        {
            let message =
                format!("`{count}` has the type {}, which counts nothing", member.spec.type_);
            linker.report.error(linker.file, at("count"), message).help("name a whole number");
        }
        for (key, given) in [("by", facts.by.is_some()), ("id", facts.id.is_some())] {
            if given && facts.ids.is_none() {
                let message = format!("`{key}` has no use without `ids`");
                linker
                    .report
                    .error(linker.file, at(key), message)
                    .help(format!("add `ids`, or leave `{key}` out"));
            }
        }
    }

    /// A member of the list's request; `None` if it is one of its filters, which takes any scalar as text.
    fn asked(&self, linker: &mut Linker<'a, '_>, key: &str, name: &str) -> Option<&'a Member> {
        let list = self.list;
        let Some(filter) = name.strip_prefix("Filters.") else {
            let of = format!("the request of {}", list.spec.action);
            return linker.path(&at(key), &list.request, name, &of);
        };
        linker.filter(&at(key), list, filter);
        None
    }

    /// What is looked at in each entry.
    fn entries(&self, linker: &mut Linker<'a, '_>, members: &'a [Member]) {
        let Self { facts, action, list } = self;
        if facts.ids.is_some() {
            match list.id_of(facts) {
                Some(id) => {
                    let ids = facts.ids.as_deref().unwrap_or_default();
                    let given = linker.api.follow(&action.request, ids);
                    let listed = linker.path(&at("id"), members, id, "an entry");
                    comparable(linker, "ids", listed, given);
                }
                None => {
                    let message = format!("paging of {} names no `id`", list.spec.action);
                    linker
                        .report
                        .error(linker.file, at("ids"), message)
                        .help("name the member of an entry that holds it with `id`");
                }
            }
        }
        if let Some(created) = &facts.created
            && let Some(member) = linker.path(&at("created"), members, created, "an entry")
            && member.kind != Kind::Str
        {
            let message = format!("`{created}` is no text, so it is no time");
            linker.report.error(linker.file, at("created"), message).help("name a string member");
        }
        let pairs =
            [("same", &facts.same), ("includes", &facts.includes), ("same_key", &facts.same_key)];
        for (key, pairs) in pairs {
            for (here, given) in &pairs.0 {
                let entry = linker.path(&at(key), members, here, "an entry");
                let request = linker.path(&at(key), &action.request, given, "the request");
                if let (Some(entry), Some(request)) = (entry, request)
                    && !(is_scalar(linker.api, entry) && is_scalar(linker.api, request))
                {
                    let message =
                        format!("`{here}` and `{given}` hold objects, which are not compared");
                    linker
                        .report
                        .error(linker.file, at(key), message)
                        .help("name members inside of them, as in `Placement.Zone`");
                } else {
                    comparable(linker, key, entry, request);
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
                linker.condition(&at(&format!("{key}/{index}")), condition, members);
            }
        }
        if facts.ids.is_none() && !action.became.is_empty() {
            let message = "`became` has no use without `ids`";
            linker
                .report
                .error(linker.file, at("became"), message)
                .help("add `ids`, or use `done`");
        }
        self.before(linker, members);
        for (asked, shown) in &action.done_when {
            linker.condition(&at("done_when"), asked, &action.request);
            linker.condition(&at("done_when"), shown, members);
        }
        let given = [
            ("done_when", !action.done_when.is_empty()),
            ("undone_by", !action.undone_by.is_empty()),
        ];
        for (key, _) in given.iter().filter(|(_, given)| *given && action.done.is_empty()) {
            let message = format!("`{key}` has no use without `done`");
            linker
                .report
                .error(linker.file, at(key), message)
                .help(format!("add `done`, or leave `{key}` out"));
        }
        for (index, path) in facts.show.iter().enumerate() {
            linker.path(&at(&format!("show/{index}")), members, path, "an entry");
        }
    }

    /// What was listed before the call, and what it proves.
    fn before(&self, linker: &mut Linker<'a, '_>, members: &'a [Member]) {
        let Self { facts, action, .. } = self;
        let mut error = |key: &str, message: String, help: String| {
            linker.report.error(linker.file, at(key), message).help(help);
        };
        let proves = [("became", !action.became.is_empty()), ("expires", facts.expires.is_some())];
        let given = proves.iter().filter(|(_, given)| *given);
        if action.from.is_empty() {
            for (key, _) in given {
                let message = format!("`{key}` has no use without `from`");
                error(key, message, format!("add `from`, or leave `{key}` out"));
            }
        } else if given.count() == 0 {
            let message = "`from` has no use without `became`".to_owned();
            error("from", message, "add `became`, or leave `from` out".to_owned());
        }
        let Some(expires) = &facts.expires else { return };
        if facts.missing != Some(spec_file::Missing::Success) || !action.became.is_empty() {
            let message = "`expires` says what absence proves".to_owned();
            let help = "it goes with `missing: success`, and not with `became`".to_owned();
            error("expires", message, help);
        }
        if let Some(member) = linker.path(&at("expires"), members, expires, "an entry")
            && member.kind != Kind::Str
        {
            let message = format!("`{expires}` is no text, so it is no time");
            linker
                .report
                .error(linker.file, at("expires"), message)
                .help("name a member that holds a time");
        }
    }
}

/// Reports two members that never have the same value, so that what was carried out would look as if it was not.
fn comparable(
    linker: &mut Linker<'_, '_>,
    key: &str,
    here: Option<&Member>,
    there: Option<&Member>,
) {
    let (Some(here), Some(there)) = (here, there) else { return };
    let sort = |member: &Member| match member.kind.innermost() {
        Kind::Str | Kind::Enum(_) => "text",
        Kind::I64 | Kind::U64 | Kind::F64 => "number",
        Kind::Bool => "bool",
        Kind::Type(_) | Kind::List(_) => "object",
    };
    let (values, others) = (linker.api.known_values_of(here), linker.api.known_values_of(there));
    let may_be_equal =
        values.is_empty() || others.is_empty() || values.iter().any(|value| others.contains(value));
    if sort(here) != sort(there) || !may_be_equal {
        let message = format!(
            "`{}` is {} and `{}` is {}, which never have the same value",
            here.spec.name, here.spec.type_, there.spec.name, there.spec.type_
        );
        linker
            .report
            .error(linker.file, at(key), message)
            .help("name two members with values of the same type");
    }
}

fn is_scalar(api: &Api, member: &Member) -> bool {
    !matches!(member.kind.innermost(), Kind::Type(_)) && api.members_of(&member.kind).is_none()
}
