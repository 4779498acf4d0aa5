//! Chooses `rust` keys where the derived name does not work: split words, keywords without a raw form, names in use.
//!
//! The name on the wire stays the same.

use std::collections::HashSet;

use crate::spec::check::type_names::{RESERVED, is_reserved_module};
use crate::spec::names::{Words, cannot_be_raw, is_keyword, is_pascal, lone_letter};

/// Longer names are cut, which leaves room for a number at the end.
const MAX_LENGTH: usize = 112;

/// Assigns unique names in one scope.
#[derive(Debug)]
pub struct Renamer {
    words: Words,
    used: HashSet<String>,
}

impl Renamer {
    /// A scope in which these names are in use.
    pub fn new<const N: usize>(used: [&str; N]) -> Self {
        Self { words: Words::new(&[]), used: used.map(str::to_owned).into() }
    }

    /// The `rust` key of a member, if it needs one.
    pub fn field(&mut self, wire: &str) -> Option<String> {
        let usual = self.words.snake(wire);
        let mut name = join_letters(&self.words, wire);
        if cannot_be_raw(&name) {
            name.push('_');
        }
        name.truncate(MAX_LENGTH);
        let name = self.reserve(name, |base, number| format!("{base}_{number}"));
        (name != usual || lone_letter(&usual).is_some()).then_some(name)
    }

    /// The `rust` key of an action or a type, if it needs one. `suffix` distinguishes it from another item of the same name. With
    /// `response`, the name of the response is reserved too.
    pub fn type_name(&mut self, wire: &str, suffix: &str, response: bool) -> Option<String> {
        let usual = self.words.type_name(wire);
        let split = lone_letter(&self.words.snake(&usual)).is_some();
        let mut base = usual.clone();
        if split {
            let joined = self.words.camel(&join_letters(&self.words, wire));
            // A letter that still stands alone is meant to, as in `PlanB`.
            if lone_letter(&self.words.snake(&joined)).is_none() {
                base = joined;
            }
        }
        base.truncate(MAX_LENGTH);
        let mut name = base.clone();
        let mut number = 1;
        while !self.reserve_type(&name, response) {
            name = match number {
                1 => format!("{base}{suffix}"),
                _ => format!("{base}{suffix}{number}"),
            };
            number += 1;
        }
        (name != usual || split || !is_pascal(wire)).then_some(name)
    }

    /// Reserves the name of a type, its static and those of its response, if all of them are free.
    fn reserve_type(&mut self, name: &str, response: bool) -> bool {
        let module = self.words.snake(name);
        if RESERVED.contains(&name) || is_keyword(name) || is_reserved_module(&module) {
            return false;
        }
        // Files are named after types, and some file systems ignore case.
        let file = name.to_ascii_lowercase();
        let doc = format!("{}_DOC", self.words.shouty(name));
        let mut names = vec![name.to_owned(), self.words.shouty(name), doc, file];
        if response {
            let response = format!("{name}Response");
            let info = format!("{}_INFO", self.words.shouty(name));
            names.extend([self.words.shouty(&response), response, info]);
        }
        // A name without a lower-case letter equals its constant.
        names.sort_unstable();
        names.dedup();
        if names.iter().any(|name| self.used.contains(name)) {
            return false;
        }
        self.used.extend(names);
        true
    }

    fn reserve(&mut self, base: String, numbered: impl Fn(&str, usize) -> String) -> String {
        let mut name = base.clone();
        let mut number = 2;
        while !self.used.insert(name.clone()) {
            name = numbered(&base, number);
            number += 1;
        }
        name
    }
}

/// A name in snake case, with single letters joined to their words again.
fn join_letters(words: &Words, wire: &str) -> String {
    let snake = words.snake(&plural(wire));
    // If the wire name itself separates a letter, the letter is meant to stand alone.
    if lone_letter(&snake).is_none() || wire.contains('_') {
        return snake;
    }
    let mut joined = String::with_capacity(snake.len());
    let mut split = false;
    for part in snake.split('_') {
        if !joined.is_empty() && !split {
            joined.push('_');
        }
        joined.push_str(part);
        // `e_ipv6` is one word, but the last letter of `point_x` stands alone.
        split = part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_alphabetic());
    }
    joined
}

/// Lower-cases the plural of an acronym, because the rule would split `IDs` into `I` and `Ds`.
fn plural(wire: &str) -> String {
    let bytes = wire.as_bytes();
    let mut word = String::with_capacity(wire.len());
    let mut run = 0;
    for (at, letter) in wire.char_indices() {
        let before_word = bytes.get(at + 1).is_none_or(|next| !next.is_ascii_lowercase());
        if letter == 's' && run >= 2 && before_word {
            let tail = word.split_off(word.len().saturating_sub(run - 1));
            word.push_str(&tail.to_ascii_lowercase());
        }
        run = if letter.is_ascii_uppercase() { run + 1 } else { 0 };
        word.push(letter);
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(wire: &str) -> Option<String> {
        Renamer::new([]).field(wire)
    }

    #[test]
    fn split_letters_are_joined() {
        for (wire, rust) in [
            ("InstanceIDs", "instance_ids"),
            ("VPCIDs", "vpcids"),
            ("URLs", "urls"),
            ("HighQualityEIPv6", "high_quality_eipv6"),
            ("VCpu", "vcpu"),
            ("IOps", "iops"),
            ("PointX", "point_x"),
            ("A_B", "a_b"),
            ("X", "x"),
            ("Self", "self_"),
            ("GPUs2", "gpus2"),
        ] {
            assert_eq!(field(wire).as_deref(), Some(rust), "{wire}");
        }
        for wire in ["InstanceId", "Type", "HTTPStatus", "IPv6Address", "Ss"] {
            assert_eq!(field(wire), None, "{wire}");
        }
    }

    #[test]
    fn names_are_unique() {
        let mut names = Renamer::new(["request_id"]);
        assert_eq!(names.field("RequestID").as_deref(), Some("request_id_2"));
        assert_eq!(names.field("TagName"), None);
        assert_eq!(names.field("tagName").as_deref(), Some("tag_name_2"));
        assert_eq!(names.field("Tag_Name").as_deref(), Some("tag_name_3"));
    }

    #[test]
    fn types_do_not_collide_with_actions_or_each_other() {
        let mut names = Renamer::new([]);
        assert_eq!(names.type_name("PullStatus", "Action", true), None);
        let clash = names.type_name("PullStatusInfo", "Action", true);
        assert_eq!(clash.as_deref(), Some("PullStatusInfoAction"), "PULL_STATUS_INFO");
        for (wire, rust) in [
            ("PullStatus", Some("PullStatusType")),
            ("PullStatusResponse", Some("PullStatusResponseType")),
            ("pullStatus", Some("PullStatusType2")),
            ("Condition", Some("ConditionType")),
            ("Result", Some("ResultType")),
            ("VCluster", Some("Vcluster")),
            ("PlanB", Some("PlanB")),
            ("GPUInfo", None),
            ("gpuInfo", Some("GpuInfoType")),
            ("Zone", None),
            ("ZONE", Some("ZONEType")),
            ("Crate", Some("CrateType")),
            ("Self", Some("SelfType")),
            ("Super", Some("SuperType")),
            ("Aux", Some("AuxType")),
        ] {
            assert_eq!(names.type_name(wire, "Type", false).as_deref(), rust, "{wire}");
        }
        assert_eq!(names.type_name("CreateAPIDoc", "Action", true), None);
        let clash = names.type_name("CreateApi", "Action", true);
        assert_eq!(clash.as_deref(), Some("CreateApiAction"), "CREATE_API_DOC");
        assert_eq!(names.type_name(&"A".repeat(128), "Type", false).unwrap().len(), MAX_LENGTH);
    }
}
