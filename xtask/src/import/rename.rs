//! Names in Rust where the rule fails: torn words, keywords without a raw form, names already taken.
//!
//! A person who writes a spec finds a good name; an import takes a predictable one. Either way the
//! name on the wire stays, so these only decide how the generated code reads.

use std::collections::HashSet;

use crate::spec::check::type_names::{RESERVED, is_no_module};
use crate::spec::names::{Words, is_keyword, is_pascal, lone_letter, never_raw};

/// Longer names than this are cut, which leaves room for a number behind them.
const MAX_LENGTH: usize = 112;

/// Gives names in one scope, each of them once.
#[derive(Debug)]
pub struct Renamer {
    words: Words,
    taken: HashSet<String>,
}

impl Renamer {
    /// A scope in which these are taken already.
    pub fn new<const N: usize>(taken: [&str; N]) -> Self {
        Self { words: Words::new(&[]), taken: taken.map(str::to_owned).into() }
    }

    /// The `rust` key of a member, if it needs one.
    pub fn field(&mut self, wire: &str) -> Option<String> {
        let usual = self.words.snake(wire);
        let mut name = mend(&self.words, wire);
        if never_raw(&name) {
            name.push('_');
        }
        name.truncate(MAX_LENGTH);
        let name = self.take(name, |base, number| format!("{base}_{number}"));
        (name != usual || lone_letter(&usual).is_some()).then_some(name)
    }

    /// The `rust` key of an action or a type, if it needs one. `suffix` sets it apart from another
    /// thing of its name; `response` also takes the name of the response that goes with it.
    pub fn type_name(&mut self, wire: &str, suffix: &str, response: bool) -> Option<String> {
        let usual = self.words.type_name(wire);
        let torn = lone_letter(&self.words.snake(&usual)).is_some();
        let mut base = usual.clone();
        if torn {
            let mended = self.words.camel(&mend(&self.words, wire));
            // What is still torn is one letter on purpose, as in `PlanB`.
            if lone_letter(&self.words.snake(&mended)).is_none() {
                base = mended;
            }
        }
        base.truncate(MAX_LENGTH);
        let mut name = base.clone();
        let mut number = 1;
        while !self.take_type(&name, response) {
            name = match number {
                1 => format!("{base}{suffix}"),
                _ => format!("{base}{suffix}{number}"),
            };
            number += 1;
        }
        (name != usual || torn || !is_pascal(wire)).then_some(name)
    }

    /// Takes a type's name and the constant of its table, and those of its response; or none.
    fn take_type(&mut self, name: &str, response: bool) -> bool {
        let module = self.words.snake(name);
        if RESERVED.contains(&name) || is_keyword(name) || is_no_module(&module) {
            return false;
        }
        // Files are called after types, and some disks ignore case.
        let file = name.to_ascii_lowercase();
        let mut names = vec![name.to_owned(), self.words.shouty(name), file];
        if response {
            let response = format!("{name}Response");
            let info = format!("{}_INFO", self.words.shouty(name));
            names.extend([self.words.shouty(&response), response, info]);
        }
        // A name without a small letter is its own constant.
        names.sort_unstable();
        names.dedup();
        if names.iter().any(|name| self.taken.contains(name)) {
            return false;
        }
        self.taken.extend(names);
        true
    }

    fn take(&mut self, base: String, numbered: impl Fn(&str, usize) -> String) -> String {
        let mut name = base.clone();
        let mut number = 2;
        while !self.taken.insert(name.clone()) {
            name = numbered(&base, number);
            number += 1;
        }
        name
    }
}

/// A name in snake case in which letters that the rule tore off are back at their words.
fn mend(words: &Words, wire: &str) -> String {
    let snake = words.snake(&plural(wire));
    // Where the wire itself sets letters apart, they are meant to stand alone.
    if lone_letter(&snake).is_none() || wire.contains('_') {
        return snake;
    }
    let mut mended = String::with_capacity(snake.len());
    let mut torn = false;
    for part in snake.split('_') {
        if !mended.is_empty() && !torn {
            mended.push('_');
        }
        mended.push_str(part);
        // `e_ipv6` is one word; the last letter of `point_x` is one of its own.
        torn = part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_alphabetic());
    }
    mended
}

/// Writes the plural of an acronym as a word: the rule would split `IDs` into `I` and `Ds`.
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
    fn torn_words_are_mended() {
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
    fn a_name_is_given_once() {
        let mut names = Renamer::new(["request_id"]);
        assert_eq!(names.field("RequestID").as_deref(), Some("request_id_2"));
        assert_eq!(names.field("TagName"), None);
        assert_eq!(names.field("tagName").as_deref(), Some("tag_name_2"));
        assert_eq!(names.field("Tag_Name").as_deref(), Some("tag_name_3"));
    }

    #[test]
    fn types_keep_clear_of_actions_and_of_each_other() {
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
        assert_eq!(names.type_name(&"A".repeat(128), "Type", false).unwrap().len(), MAX_LENGTH);
    }
}
