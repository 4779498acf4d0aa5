//! Parses conditions: `M`, `no M`, `M=v1|v2`, `M!=v1|v2`. Any other text is prose.

use cvm_protocol::all_conditions;

/// The test of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// It is given.
    Present,
    /// It is not given.
    Absent,
    /// It has one of these values.
    OneOf(Vec<String>),
    /// It has none of these values.
    NoneOf(Vec<String>),
}

/// A test of another member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Name of the member on the wire.
    pub member: String,
    /// The test.
    pub test: Test,
}

impl Condition {
    /// Parses a condition; `None` if the text is prose.
    pub fn parse(text: &str) -> Option<Self> {
        let values = |text: &str| -> Option<Vec<String>> {
            let values: Vec<String> = text.split('|').map(str::to_owned).collect();
            let plain = |value: &String| !value.is_empty() && !value.contains(char::is_whitespace);
            values.iter().all(plain).then_some(values)
        };
        let (member, test) = if let Some((member, list)) = text.split_once("!=") {
            (member, Test::NoneOf(values(list)?))
        } else if let Some((member, list)) = text.split_once('=') {
            (member, Test::OneOf(values(list)?))
        } else if let Some(member) = text.strip_prefix("no ") {
            (member, Test::Absent)
        } else {
            (text, Test::Present)
        };
        let named = member.starts_with(|first: char| first.is_ascii_uppercase())
            && member.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        named.then(|| Self { member: member.to_owned(), test })
    }

    /// The condition as part of a sentence.
    pub fn clause(&self) -> String {
        self.in_protocol(&self.values()).to_string()
    }

    /// The end of a sentence: "if `Mode` is `A`", "unless `Mode` is given".
    pub fn if_clause(&self) -> String {
        self.in_protocol(&self.values()).if_clause()
    }

    fn values(&self) -> Vec<&str> {
        match &self.test {
            Test::Present | Test::Absent => Vec::new(),
            Test::OneOf(values) | Test::NoneOf(values) => {
                values.iter().map(String::as_str).collect()
            }
        }
    }

    /// The condition as the protocol crate has it, which also has its words.
    fn in_protocol<'a>(&'a self, values: &'a [&'a str]) -> cvm_protocol::Condition<'a> {
        let member = &self.member;
        match self.test {
            Test::Present => cvm_protocol::Condition::present(member),
            Test::Absent => cvm_protocol::Condition::absent(member),
            Test::OneOf(_) => cvm_protocol::Condition::one_of(member, values),
            Test::NoneOf(_) => cvm_protocol::Condition::none_of(member, values),
        }
    }
}

/// Conditions that must all hold, as part of a sentence.
pub fn all(conditions: &[Condition]) -> String {
    let values: Vec<Vec<&str>> = conditions.iter().map(Condition::values).collect();
    let conditions: Vec<cvm_protocol::Condition<'_>> =
        conditions.iter().zip(&values).map(|(one, values)| one.in_protocol(values)).collect();
    all_conditions(&conditions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_parsed_and_prose_is_not() {
        let read =
            |text| Condition::parse(text).map(|condition| (condition.member, condition.test));
        assert_eq!(read("DryRun"), Some(("DryRun".into(), Test::Present)));
        assert_eq!(read("no ClientToken"), Some(("ClientToken".into(), Test::Absent)));
        let values = vec!["A".to_owned(), "B".to_owned()];
        assert_eq!(read("Mode=A|B"), Some(("Mode".into(), Test::OneOf(values.clone()))));
        assert_eq!(read("Mode!=A|B"), Some(("Mode".into(), Test::NoneOf(values))));
        for prose in ["the instance is PREPAID", "HostName is set", "postpaid", "Mode=", "Mode=a b"]
        {
            assert_eq!(read(prose), None, "{prose}");
        }
    }
}
