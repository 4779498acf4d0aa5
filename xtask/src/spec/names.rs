//! Derives Rust names from names on the wire with `heck`. A `rust` key overrides the result.

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

/// Splits names into words. Some words, such as `IPv6`, are never split.
#[derive(Debug)]
pub struct Words {
    whole: Vec<String>,
}

/// Words that are never split; `words` in `service.json` adds more.
const WHOLE: [&str; 2] = ["IPv4", "IPv6"];

impl Words {
    /// Uses the `words` of `service.json`.
    pub fn new(words: &[String]) -> Self {
        let mut whole: Vec<String> = WHOLE.iter().map(|word| (*word).to_owned()).collect();
        whole.extend(words.iter().cloned());
        whole.sort_by_key(|word| std::cmp::Reverse(word.len()));
        Self { whole }
    }

    /// `InstanceId` becomes `instance_id`.
    pub fn snake(&self, wire: &str) -> String {
        self.soften(wire).to_snake_case()
    }

    /// `InvalidInstanceId.NotFound` becomes `INVALID_INSTANCE_ID_NOT_FOUND`.
    pub fn shouty(&self, wire: &str) -> String {
        self.soften(wire).to_shouty_snake_case()
    }

    /// `POSTPAID_BY_HOUR` becomes `PostpaidByHour`.
    pub fn camel(&self, wire: &str) -> String {
        self.soften(wire).to_upper_camel_case()
    }

    /// The Rust name of a type: the name on the wire, if it is a valid type name.
    pub fn type_name(&self, wire: &str) -> String {
        let fits = wire.starts_with(|first: char| first.is_ascii_uppercase())
            && wire.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if fits { wire.to_owned() } else { self.camel(wire) }
    }

    /// Writes each unsplittable word with one capital letter, so that `heck` does not split it.
    fn soften(&self, wire: &str) -> String {
        let mut soft = String::with_capacity(wire.len());
        let mut rest = wire;
        'outer: while let Some(first) = rest.chars().next() {
            for word in &self.whole {
                if let Some(after) = rest.strip_prefix(word.as_str()) {
                    let mut letters = word.chars();
                    soft.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
                    soft.extend(letters.map(|letter| letter.to_ascii_lowercase()));
                    rest = after;
                    continue 'outer;
                }
            }
            soft.push(first);
            rest = rest.strip_prefix(first).unwrap_or("");
        }
        soft
    }
}

/// Whether a wire name may become part of code and of a file name.
pub fn is_wire_name(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether this is a Rust identifier in snake case.
pub fn is_snake(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

/// Whether this is a Rust identifier that starts with a capital letter.
pub fn is_camel(name: &str) -> bool {
    is_wire_name(name) && name.starts_with(|first: char| first.is_ascii_uppercase())
}

/// Whether this is PascalCase, without underscores.
pub fn is_pascal(name: &str) -> bool {
    is_camel(name) && !name.contains('_')
}

/// Whether this is a Rust identifier for a constant.
pub fn is_shouty(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'))
}

/// A single letter between underscores, such as `i` in `i_pv6`, which is a sign of a wrongly split word.
pub fn lone_letter(snake: &str) -> Option<&str> {
    snake.split('_').find(|part| part.len() == 1 && part.bytes().all(|b| b.is_ascii_alphabetic()))
}

/// Whether the name is a keyword. Most keywords can be raw identifiers, such as `r#type`.
pub fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name) || cannot_be_raw(name)
}

/// Whether the name is a keyword that cannot be a raw identifier.
pub fn cannot_be_raw(name: &str) -> bool {
    matches!(name, "self" | "Self" | "super" | "crate" | "_")
}

/// Keywords and reserved words of all editions up to 2024 that can be raw identifiers.
const KEYWORDS: [&str; 48] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_stay_whole() {
        let words = Words::new(&["EIPv6".into()]);
        assert_eq!(words.snake("IPv6AddressCount"), "ipv6_address_count");
        assert_eq!(words.snake("PublicIPv6Addresses"), "public_ipv6_addresses");
        assert_eq!(words.camel("HighQualityEIPv6"), "HighQualityEipv6");
        assert_eq!(Words::new(&[]).snake("HighQualityEIPv6"), "high_quality_e_ipv6");
        assert_eq!(lone_letter("high_quality_e_ipv6"), Some("e"));
        assert_eq!(lone_letter("s3_key"), None);
    }

    #[test]
    fn type_names_stay_as_on_the_wire() {
        let words = Words::new(&[]);
        assert_eq!(words.type_name("GPUInfo"), "GPUInfo");
        assert_eq!(words.type_name("instance_v2"), "InstanceV2");
    }

    #[test]
    fn all_keywords_are_known() {
        // Strict, reserved and weak keywords: <https://doc.rust-lang.org/reference/keywords.html>.
        let reference = "as async await break const continue crate dyn else enum extern false fn for if impl \
            in let loop match mod move mut pub ref return self Self static struct super trait true type \
            unsafe use where while abstract become box do final gen macro override priv try typeof unsized \
            virtual yield macro_rules raw safe union _";
        for word in reference.split_whitespace() {
            let is_ident = syn::parse_str::<proc_macro2::Ident>(word).is_ok();
            // syn accepts `gen`, as in older editions.
            assert_eq!(is_keyword(word), !is_ident || word == "gen", "{word}");
            let raw = syn::parse_str::<proc_macro2::Ident>(&format!("r#{word}")).is_ok();
            assert_eq!(cannot_be_raw(word), !raw, "{word}");
        }
    }

    #[test]
    fn only_identifiers_are_wire_names() {
        for name in ["", "a b", "a-b", "1a", "a;", "\u{e9}", "a\"", "../a", "a.b", "_a"] {
            assert!(!is_wire_name(name), "{name:?}");
        }
        assert!(is_wire_name("DescribeInstances") && is_wire_name("v2_x"));
        assert!(!is_wire_name(&"a".repeat(129)));
    }
}
