//! Compares the members of a request, a response or a shared type.

use super::change::{Changes, Kind, Level, differences};
use super::limit;
use crate::codegen::emit::fields::rust_type;
use crate::codegen::layout::compact;
use crate::spec::model::{Api, Member, Side, member_named};

/// One version of a set of members.
#[derive(Clone, Copy, Debug)]
pub struct Set<'a> {
    /// The service.
    pub api: &'a Api,
    /// Its members.
    pub members: &'a [Member],
    /// Its side, which determines the types of the fields.
    pub side: Side,
}

impl Set<'_> {
    /// The type of a field in the generated code.
    fn field(&self, member: &Member) -> String {
        compact(rust_type(self.api, member, self.side))
    }
}

/// Compares two versions; `place` is the name of the struct.
pub fn compare(place: &str, old: Set<'_>, new: Set<'_>, changes: &mut Changes) {
    for member in old.members {
        match member_named(new.members, &member.spec.name) {
            Some(other) => self::member(place, (old, member), (new, other), changes),
            None => {
                let place = format!("{place}.{}", member.spec.name);
                changes.note(Kind::Removed, Level::Major, &place, "member");
            }
        }
    }
    for member in new.members {
        if member_named(old.members, &member.spec.name).is_some() {
            continue;
        }
        let place = format!("{place}.{}", member.spec.name);
        let what = format!("member, `{}`", new.field(member));
        changes.note(Kind::Added, Level::Minor, &place, what);
        if member.spec.required && new.side == Side::Request {
            changes.note(Kind::Tightened, Level::Patch, &place, "`required`, and new");
        }
    }
    if new.api.has_float(new.members) && !old.api.has_float(old.members) {
        let what = "no longer has `Eq` and `Hash`, because it contains a fraction";
        changes.note(Kind::Changed, Level::Major, place, what);
    }
    order(place, old, new, changes);
}

fn member(
    owner: &str,
    (old_set, old): (Set<'_>, &Member),
    (new_set, new): (Set<'_>, &Member),
    changes: &mut Changes,
) {
    let place = &format!("{owner}.{}", new.spec.name);
    changes.renamed(place, &old.rust, &new.rust);
    let (was, is) = (old_set.field(old), new_set.field(new));
    if was != is {
        let what = format!("the field is `{is}`, was `{was}`");
        changes.note(Kind::Changed, Level::Major, place, what);
    }
    for difference in differences(&old.spec, &new.spec) {
        match difference.key.as_str() {
            // Reported above.
            "rust" => {}
            "type" if was != is => {}
            "replaced_by" if new.spec.deprecated && !old.spec.deprecated => {}
            "doc" | "quirk" => changes.docs(owner),
            "deprecated" if new.spec.deprecated => {
                let instead = new.spec.replaced_by.as_ref();
                let what = instead.map_or_else(
                    || "deprecated".to_owned(),
                    |other| format!("deprecated, use `{other}`"),
                );
                changes.note(Kind::Deprecated, Level::Minor, place, what);
            }
            // Limits in responses reject no request.
            _ => match limit::effect(&difference).filter(|_| new_set.side == Side::Request) {
                Some(kind) => changes.note(kind, Level::Patch, place, difference.describe()),
                None => changes.fact(place, &difference),
            },
        }
    }
}

/// Compares the order of the members that both versions have.
fn order(place: &str, old: Set<'_>, new: Set<'_>, changes: &mut Changes) {
    let common = |members: &[Member], others: &[Member]| -> Vec<String> {
        let names = members.iter().map(|member| &member.spec.name);
        names.filter(|name| member_named(others, name).is_some()).cloned().collect()
    };
    let (was, is) = (common(old.members, new.members), common(new.members, old.members));
    if was != is {
        let what = format!("the order of the members changed: {}", is.join(", "));
        changes.note(Kind::Changed, Level::Patch, place, what);
    }
}
