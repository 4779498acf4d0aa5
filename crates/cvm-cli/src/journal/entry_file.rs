//! The file of an entry: its JSON text with a checksum, which rejects any change made by another program.

use cvm_models::protocol::{ActionInfo, Json};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::entry::Entry;
use crate::request::record;

/// The version of the file format that this program writes and reads.
const FORMAT: u64 = 2;

/// The member with the hash of all others.
const CHECKSUM: &str = "checksum";

impl Entry {
    /// The text of its file.
    pub fn to_text(&self) -> String {
        #[expect(clippy::expect_used, reason = "it has only texts, numbers and JSON values")]
        let entry = serde_json::to_value(self).expect("an entry is valid JSON");
        let mut members = Map::new();
        members.insert("format".to_owned(), FORMAT.into());
        if let Value::Object(entry) = entry {
            members.extend(entry);
        }
        let checksum = checksum(&members);
        members.insert(CHECKSUM.to_owned(), checksum.into());
        format!("{:#}\n", Value::Object(members))
    }

    /// Parses the text of a file.
    ///
    /// # Errors
    ///
    /// The text is not exactly as this program wrote it. The error says why.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let parsed = Json::parse(text).map_err(|error| format!("it is not JSON: {error}"))?;
        let mut value = parsed.to_value();
        match value.get("format").and_then(Value::as_u64) {
            Some(FORMAT) => {}
            Some(_) => return Err("it was written by another version of cvm".to_owned()),
            None => return Err("it is not a journal entry".to_owned()),
        }
        let members = value.as_object_mut().ok_or("it is not a journal entry")?;
        let recorded = members.shift_remove(CHECKSUM);
        if recorded.as_ref().and_then(Value::as_str) != Some(checksum(members).as_str()) {
            return Err(
                "its checksum does not match its content: it was changed or damaged, so check \
                 yourself whether its request took effect"
                    .to_owned(),
            );
        }
        let entry: Self = serde_json::from_value(value)
            .map_err(|error| format!("a member is missing or invalid: {error}"))?;
        entry.check()?;
        Ok(entry)
    }

    /// The action.
    ///
    /// # Errors
    ///
    /// This program does not know the action, in this version of the API.
    pub fn info(&self) -> Result<&'static ActionInfo, String> {
        let version = cvm_models::SERVICE.version;
        if self.version != version {
            return Err(format!(
                "it uses version {} of the API; this program supports {version}",
                self.version
            ));
        }
        cvm_models::action(&self.action).ok_or_else(|| format!("unknown action `{}`", self.action))
    }

    /// Whether the members are consistent.
    fn check(&self) -> Result<(), String> {
        let info = self.info()?;
        if !self.is_intact(info) {
            return Err(
                "its fingerprint does not match its parameters: it was changed, so check yourself \
                 whether its request took effect"
                    .to_owned(),
            );
        }
        let class = info.retry_class(&record(info, &self.parameters));
        if self.class != class {
            return Err(format!(
                "its `class` is `{}`, but its request has class `{class}`",
                self.class
            ));
        }
        let token = info.idempotency_token.and_then(|name| self.parameters.get(name)?.as_str());
        if self.client_token.as_deref() != token {
            return Err("its `client_token` differs from the one in its parameters".to_owned());
        }
        if info.regional && self.region.is_none() {
            return Err(format!("it has no region, but {} requires one", info.name));
        }
        Ok(())
    }
}

/// Hash of all members except itself.
fn checksum(members: &Map<String, Value>) -> String {
    let hash = Sha256::digest(Value::Object(members.clone()).to_string());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use cvm_models::protocol::RetryClass;
    use serde_json::json;

    use super::super::entry::tests::entry;
    use super::super::prior_item::PriorItem;
    use super::*;

    /// The text of an entry with these members, and the checksum of then or of now.
    fn text(value: &Value, is_sealed: bool) -> String {
        let mut value = value.clone();
        if is_sealed {
            value.as_object_mut().unwrap().shift_remove(CHECKSUM);
            value[CHECKSUM] = checksum(value.as_object().unwrap()).into();
        }
        value.to_string()
    }

    fn launch() -> Value {
        let request = json!({ "ClientToken": "t", "LoginSettings": { "Password": "canary" } });
        serde_json::from_str(&entry("RunInstances", &request).to_text()).unwrap()
    }

    /// Entries that earlier versions wrote, before the member `ended` existed.
    #[test]
    fn stored_entries_of_earlier_versions_are_read() {
        let with_ended = |text: &str| {
            let mut value: Value = serde_json::from_str(text).unwrap();
            let mut members = Map::new();
            for (name, member) in std::mem::take(value.as_object_mut().unwrap()) {
                if name == "skew" {
                    members.insert("ended".to_owned(), Value::Null);
                }
                members.insert(name, member);
            }
            members.shift_remove(CHECKSUM);
            members
        };
        let members = |entry: &Entry| {
            let mut value: Value = serde_json::from_str(&entry.to_text()).unwrap();
            value.as_object_mut().unwrap().shift_remove(CHECKSUM);
            value.to_string()
        };
        let launch = include_str!("../../tests/fixtures/journal-entry-run-instances.json");
        let entry = Entry::parse(launch.as_bytes()).unwrap();
        assert_eq!((entry.action.as_str(), entry.class), ("RunInstances", RetryClass::Token));
        assert_eq!(entry.secrets, ["LoginSettings.Password"]);
        assert_eq!((entry.before.as_ref(), entry.dialect.as_str()), (None, "tc3"));
        assert_eq!(members(&entry), Value::from(with_ended(launch)).to_string());
        let terminate = include_str!("../../tests/fixtures/journal-entry-terminate-instances.json");
        let entry = Entry::parse(terminate.as_bytes()).unwrap();
        assert_eq!((entry.class, entry.client_token.as_ref()), (RetryClass::Hazard, None));
        let id = "ins-11112222".to_owned();
        let item = PriorItem { id: id.clone(), own_id: id, from: Some(true), expires: None };
        assert_eq!(entry.before, Some(vec![item]));
        assert_eq!(members(&entry), Value::from(with_ended(terminate)).to_string());
    }

    #[test]
    fn any_changed_added_or_missing_member_is_rejected() {
        let whole = launch();
        Entry::parse(text(&whole, false).as_bytes()).unwrap();
        for (name, member) in whole.as_object().unwrap() {
            let mut changed = whole.clone();
            changed[name] = match member {
                Value::String(text) => format!("{text}x").into(),
                Value::Number(number) => (number.as_i64().unwrap() + 1).into(),
                Value::Null => json!("x"),
                _ => Value::Null,
            };
            assert!(Entry::parse(text(&changed, false).as_bytes()).is_err(), "{name}");
            let mut lacking = whole.clone();
            lacking.as_object_mut().unwrap().shift_remove(name);
            assert!(Entry::parse(text(&lacking, false).as_bytes()).is_err(), "{name}");
        }
        let mut more = whole.clone();
        more["more"] = json!(1);
        assert!(Entry::parse(text(&more, false).as_bytes()).is_err());
    }

    #[test]
    fn duplicate_member_is_rejected() {
        let whole = text(&launch(), false);
        for twice in [r#""endpoint":"http://127.0.0.1:1""#, r#""skew":0"#] {
            let text = whole.replacen('{', &format!("{{{twice},"), 1);
            assert!(Entry::parse(text.as_bytes()).unwrap_err().contains("twice"), "{text}");
        }
    }

    #[test]
    fn inconsistent_members_are_rejected() {
        let whole = launch();
        type Change = fn(&mut Value);
        let changes: [(Change, &str); 9] = [
            (|entry| entry["action"] = json!("Foo"), "unknown action `Foo`"),
            (|entry| entry["action"] = json!("DescribeInstances"), "fingerprint"),
            (|entry| entry["version"] = json!("2020-01-01"), "version 2020-01-01"),
            (|entry| entry["class"] = json!("hazard"), "`class`"),
            (|entry| entry["client_token"] = json!("other"), "`client_token`"),
            (|entry| entry["client_token"] = Value::Null, "`client_token`"),
            (|entry| entry["secrets"] = json!(["A.999.B"]), "fingerprint"),
            (|entry| entry["region"] = Value::Null, "has no region"),
            (|entry| entry["boot"] = json!(7), "invalid type"),
        ];
        for (change, why) in changes {
            let mut changed = whole.clone();
            change(&mut changed);
            let message = Entry::parse(text(&changed, true).as_bytes()).unwrap_err();
            assert!(message.contains(why), "{why}: {message}");
        }
    }

    #[test]
    fn invalid_region_is_rejected() {
        let mut value = launch();
        for region in
            [json!(7), json!(""), json!("ap guangzhou"), json!({}), json!("ap-x.evil.com/")]
        {
            value["region"] = region;
            let why = Entry::parse(text(&value, true).as_bytes()).unwrap_err();
            assert!(why.contains("region"), "{value}: {why}");
        }
    }

    #[test]
    fn rejection_names_its_reason() {
        for (text, why) in [
            ("", "not JSON"),
            ("[]", "not a journal entry"),
            ("{}", "not a journal entry"),
            (r#"{"format":1}"#, "another version"),
            (r#"{"format":2,"id":"1"}"#, "checksum"),
        ] {
            assert!(Entry::parse(text.as_bytes()).unwrap_err().contains(why), "{text}");
        }
        let bare = text(&json!({ "format": 2, "id": "1" }), true);
        assert!(Entry::parse(bare.as_bytes()).unwrap_err().contains("missing"));
    }
}
