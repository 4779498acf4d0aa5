//! Names of several instances from one pattern: `web{R:3}` gives `web3`, `web4`, …; `web{R:3,F:4}` gives `web0003`. A
//! name without a number gets one as a suffix. In a host name, `{IP}` is the private address.

/// A pattern for the names of several instances.
#[derive(Debug)]
pub(crate) struct Pattern<'a> {
    parts: Vec<Part<'a>>,
    /// Whether a number is appended, counted from 1.
    suffix: bool,
}

#[derive(Debug, PartialEq)]
enum Part<'a> {
    Text(&'a str),
    Number {
        first: u64,
        digits: usize,
    },
    /// The private address, such as `10.0.0.7`.
    Address,
    /// The private address as part of a single word: `10-0-0-7`.
    AddressWord,
}

/// Maximum number of digits in a pattern.
const MAX_DIGITS: usize = 8;

impl<'a> Pattern<'a> {
    /// Parses a pattern for the display names of this many instances.
    pub(crate) fn of_name(text: &'a str, count: u64) -> Self {
        Self::parse(text, count, number)
    }

    /// Parses a pattern for the host names of this many instances.
    pub(crate) fn of_host_name(text: &'a str, count: u64) -> Self {
        let part = |inside: &str| {
            if inside == "IP" { Some(Part::Address) } else { number(inside) }
        };
        Self::parse(text, count, part)
    }

    /// Invalid patterns are literal text.
    fn parse(text: &'a str, count: u64, part: fn(&str) -> Option<Part<'static>>) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((part, behind)) =
                after.split_once('}').and_then(|(inside, behind)| Some((part(inside)?, behind)))
            else {
                // A brace without a pattern: the text continues after it.
                let length = before.len() + 1;
                let Some((text, behind)) = rest.split_at_checked(length) else { break };
                parts.push(Part::Text(text));
                rest = behind;
                continue;
            };
            parts.push(Part::Text(before));
            parts.push(part);
            rest = behind;
        }
        parts.push(Part::Text(rest));
        let is_numbered = parts.iter().any(|part| matches!(part, Part::Number { .. }));
        Self { parts, suffix: count > 1 && !is_numbered }
    }

    /// The same name for all instances.
    pub(crate) fn fixed(text: &'a str) -> Self {
        Self { parts: vec![Part::Text(text)], suffix: false }
    }

    /// A name with the private address, which is valid for every system.
    pub(crate) fn of_address(prefix: &'a str) -> Self {
        Self { parts: vec![Part::Text(prefix), Part::AddressWord], suffix: false }
    }

    /// The name of the instance at an index, counted from 0.
    pub(crate) fn format(&self, index: u64, address: &str) -> String {
        let mut name = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => name.push_str(text),
                Part::Number { first, digits } => {
                    let number = first.saturating_add(index);
                    name.push_str(&format!("{number:0digits$}"));
                }
                Part::Address => name.push_str(address),
                Part::AddressWord => name.push_str(&address.replace('.', "-")),
            }
        }
        if self.suffix {
            name.push_str(&(index + 1).to_string());
        }
        name
    }
}

/// The pattern for a batch of instances, of which this many come before it. A pattern without a number gets one, unless
/// it is for one instance. Host names can have the private address.
pub(crate) fn batch_pattern(text: &str, is_host_name: bool, count: u64, before: u64) -> String {
    let pattern = if is_host_name {
        Pattern::of_host_name(text, count)
    } else {
        Pattern::of_name(text, count)
    };
    let mut shifted = String::new();
    for part in &pattern.parts {
        match part {
            Part::Text(text) => shifted.push_str(text),
            Part::Number { first, digits } => {
                let first = first.saturating_add(before);
                shifted.push_str(&format!("{{R:{first},F:{digits}}}"));
            }
            Part::Address => shifted.push_str("{IP}"),
            Part::AddressWord => {}
        }
    }
    if pattern.suffix {
        shifted.push_str(&format!("{{R:{}}}", before.saturating_add(1)));
    }
    shifted
}

/// The text between braces: `R:3` or `R:3,F:4`.
fn number(inside: &str) -> Option<Part<'static>> {
    let number = inside.strip_prefix("R:")?;
    let (first, digits) = match number.split_once(',') {
        Some((first, digits)) => (first, digits.strip_prefix("F:")?.parse().ok()?),
        None => (number, 0),
    };
    let first = first.parse().ok()?;
    (digits <= MAX_DIGITS).then_some(Part::Number { first, digits })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pattern: &str, count: u64) -> Vec<String> {
        let pattern = Pattern::of_host_name(pattern, count);
        (0..count).map(|index| pattern.format(index, "10.0.0.7")).collect()
    }

    #[test]
    fn number_pattern_counts_up() {
        assert_eq!(names("web{R:3}", 2), ["web3", "web4"]);
        assert_eq!(names("web{R:3,F:4}-x", 1), ["web0003-x"]);
        assert_eq!(names("{R:1}-{R:9}", 2), ["1-9", "2-10"]);
        assert_eq!(names("vm-{IP}", 1), ["vm-10.0.0.7"]);
        assert_eq!(names("vm-{IP}-{R:1}", 2), ["vm-10.0.0.7-1", "vm-10.0.0.7-2"]);
        assert_eq!(Pattern::of_address("VM-").format(0, "10.0.0.7"), "VM-10-0-0-7");
        assert_eq!(Pattern::of_name("vm-{IP}-{R:1}", 1).format(0, "10.0.0.7"), "vm-{IP}-1");
    }

    #[test]
    fn names_without_a_number_get_a_suffix_for_several_instances() {
        assert_eq!(names("web", 1), ["web"]);
        assert_eq!(names("web", 2), ["web1", "web2"]);
        assert_eq!(names("{IP}-", 2), ["10.0.0.7-1", "10.0.0.7-2"]);
        assert_eq!(Pattern::fixed("未命名").format(7, ""), "未命名");
    }

    #[test]
    fn batches_continue_the_numbers() {
        assert_eq!(batch_pattern("web", false, 1, 0), "web");
        assert_eq!(batch_pattern("web", false, 900, 500), "web{R:501}");
        assert_eq!(batch_pattern("web{R:7,F:4}-x{", false, 900, 500), "web{R:507,F:4}-x{");
        assert_eq!(batch_pattern("vm-{IP}{R:1}", true, 900, 2), "vm-{IP}{R:3,F:0}");
        let pattern = batch_pattern("web{R:7}", false, 3, 1);
        assert_eq!(Pattern::of_name(&pattern, 2).format(1, ""), "web9");
    }

    #[test]
    fn invalid_pattern_is_literal_text() {
        for text in ["{R:}", "{R:x}", "{R:1,F:9}", "{R:1,3}", "a{b", "}{", "{}", "{R:-1}", "{{IP"] {
            assert_eq!(names(text, 1), [text], "{text}");
        }
        assert_eq!(names("{{R:1}", 1), ["{1"]);
    }
}
