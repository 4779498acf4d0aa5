//! The file of an entry: writes its text, and refuses a text that is not exactly as it was written.

use cvm_models::Region;
use cvm_models::protocol::{ActionInfo, Json};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Ended, Entry, State, given};
use crate::call::record;
use crate::clocks::BootTime;
use crate::commands::resume::Seen;

/// The layout of entries that this program writes and reads.
const FORMAT: u64 = 2;

/// The member that holds the hash of all others.
const CHECKSUM: &str = "checksum";

impl Entry {
    /// The text of its file.
    pub fn to_text(&self) -> String {
        let mut value = json!({
            "format": FORMAT,
            "id": self.id,
            "state": self.state.as_str(),
            "started": self.started,
            "boot": self.boot.as_ref().map(BootTime::to_value),
            "ended": self.ended.as_ref().map(|ended| json!({
                "wall": ended.wall,
                "boot": ended.boot.as_ref().map(BootTime::to_value),
            })),
            "skew": self.skew,
            "action": self.action,
            "version": self.version,
            "class": self.class,
            "region": self.region,
            "endpoint": self.endpoint,
            "dialect": self.dialect,
            "secret_id": self.secret_id,
            "client_token": self.client_token,
            "fingerprint": self.fingerprint,
            "parameters": self.parameters,
            "secrets": self.secrets,
            "before": self.before.as_ref().map(|seen| seen.iter().map(Seen::to_value).collect::<Vec<_>>()),
        });
        let checksum = checksum(&value);
        if let Value::Object(members) = &mut value {
            members.insert(CHECKSUM.to_owned(), checksum.into());
        }
        format!("{value:#}\n")
    }

    /// Reads the text of a file; the reason if it is not as this program wrote it.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let parsed = Json::parse(text).map_err(|error| format!("it is not JSON: {error}"))?;
        let mut value = parsed.to_value();
        match value.get("format").and_then(Value::as_u64) {
            Some(FORMAT) => {}
            Some(_) => return Err("another version of this program wrote it".to_owned()),
            None => return Err("it is no entry of the journal".to_owned()),
        }
        let noted = value.as_object_mut().and_then(|members| members.shift_remove(CHECKSUM));
        if noted.as_ref().and_then(Value::as_str) != Some(checksum(&value).as_str()) {
            return Err(
                "its checksum is not that of its members: somebody has changed it, look what \
                        became of the request yourself"
                    .to_owned(),
            );
        }
        // Another region than the request's would show other machines, or none.
        if given(&value, "region")
            .is_some_and(|region| region.as_str().is_none_or(|region| Region::new(region).is_err()))
        {
            return Err("its `region` is not the name of a region".to_owned());
        }
        let entry = Self::of(&value).ok_or("a member is missing or of the wrong kind")?;
        entry.check()?;
        Ok(entry)
    }

    /// The action.
    ///
    /// # Errors
    ///
    /// This program does not know it, in this version of the API.
    pub fn info(&self) -> Result<&'static ActionInfo, String> {
        let version = cvm_models::SERVICE.version;
        if self.version != version {
            return Err(format!("it is of version {} of the API; this is {version}", self.version));
        }
        cvm_models::action(&self.action)
            .ok_or_else(|| format!("there is no action `{}`", self.action))
    }

    /// Whether the members fit each other.
    fn check(&self) -> Result<(), String> {
        let info = self.info()?;
        if !self.is_intact(info) {
            return Err(
                "the fingerprint of the entry is not that of its parameters: somebody has \
                        changed it, look what became of the request yourself"
                    .to_owned(),
            );
        }
        let class = info.retry_class(&record(info, &self.parameters)).to_string();
        if self.class != class {
            return Err(format!("its `class` is `{}`, and the request's is `{class}`", self.class));
        }
        let token = info.idempotency_token.and_then(|name| self.parameters.get(name)?.as_str());
        if self.client_token.as_deref() != token {
            return Err("its `client_token` is not that of its parameters".to_owned());
        }
        if info.regional && self.region.is_none() {
            return Err(format!("it names no region, and {} needs one", info.name));
        }
        Ok(())
    }

    fn of(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        // What may be absent, but not of another kind.
        let optional = |name: &str| match given(value, name) {
            None => Some(None),
            Some(member) => member.as_str().map(|text| Some(text.to_owned())),
        };
        let state = text("state")?;
        let secrets = value.get("secrets")?.as_array()?.iter();
        Some(Self {
            id: text("id")?,
            state: [State::Started, State::Unknown, State::NoRetry]
                .into_iter()
                .find(|known| known.as_str() == state)?,
            started: value.get("started")?.as_u64()?,
            boot: match given(value, "boot") {
                None => None,
                Some(boot) => Some(BootTime::of(boot)?),
            },
            ended: match given(value, "ended") {
                None => None,
                Some(ended) => Some(Ended {
                    wall: ended.get("wall")?.as_u64()?,
                    boot: match given(ended, "boot") {
                        None => None,
                        Some(boot) => Some(BootTime::of(boot)?),
                    },
                }),
            },
            skew: given(value, "skew").map_or(Some(0), Value::as_i64)?,
            action: text("action")?,
            version: text("version")?,
            class: text("class")?,
            region: optional("region")?,
            endpoint: text("endpoint")?,
            dialect: text("dialect")?,
            secret_id: text("secret_id")?,
            client_token: optional("client_token")?,
            fingerprint: text("fingerprint")?,
            parameters: value.get("parameters").filter(|value| value.is_object())?.clone(),
            secrets: secrets.map(|name| name.as_str().map(str::to_owned)).collect::<Option<_>>()?,
            before: match given(value, "before") {
                None => None,
                Some(seen) => Some(seen.as_array()?.iter().map(Seen::of).collect::<Option<_>>()?),
            },
        })
    }
}

/// Hash of all members but itself.
fn checksum(members: &Value) -> String {
    let hash = Sha256::digest(members.to_string());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::entry;
    use super::*;

    /// The text of an entry with these members, and the checksum of then or of now.
    fn text(value: &Value, is_sealed: bool) -> String {
        let mut value = value.clone();
        if is_sealed {
            value.as_object_mut().unwrap().shift_remove(CHECKSUM);
            value[CHECKSUM] = checksum(&value).into();
        }
        value.to_string()
    }

    fn launch() -> Value {
        let request = json!({ "ClientToken": "t", "LoginSettings": { "Password": "canary" } });
        serde_json::from_str(&entry("RunInstances", &request).to_text()).unwrap()
    }

    #[test]
    fn no_member_can_be_changed_added_or_left_out() {
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
    fn a_member_given_twice_is_refused() {
        let whole = text(&launch(), false);
        for twice in [r#""endpoint":"http://127.0.0.1:1""#, r#""skew":0"#] {
            let text = whole.replacen('{', &format!("{{{twice},"), 1);
            assert!(Entry::parse(text.as_bytes()).unwrap_err().contains("twice"), "{text}");
        }
    }

    #[test]
    fn members_that_do_not_fit_each_other_are_refused() {
        let whole = launch();
        type Change = fn(&mut Value);
        let changes: [(Change, &str); 9] = [
            (|entry| entry["action"] = json!("Foo"), "no action `Foo`"),
            (|entry| entry["action"] = json!("DescribeInstances"), "fingerprint"),
            (|entry| entry["version"] = json!("2020-01-01"), "version 2020-01-01"),
            (|entry| entry["class"] = json!("hazard"), "`class`"),
            (|entry| entry["client_token"] = json!("other"), "`client_token`"),
            (|entry| entry["client_token"] = Value::Null, "`client_token`"),
            (|entry| entry["secrets"] = json!(["A.999.B"]), "fingerprint"),
            (|entry| entry["region"] = Value::Null, "names no region"),
            (|entry| entry["boot"] = json!(7), "wrong kind"),
        ];
        for (change, why) in changes {
            let mut changed = whole.clone();
            change(&mut changed);
            let told = Entry::parse(text(&changed, true).as_bytes()).unwrap_err();
            assert!(told.contains(why), "{why}: {told}");
        }
    }

    #[test]
    fn an_entry_whose_region_is_none_is_refused() {
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
    fn what_is_no_entry_says_why() {
        for (text, why) in [
            ("", "not JSON"),
            ("[]", "no entry"),
            ("{}", "no entry"),
            (r#"{"format":1}"#, "another version"),
            (r#"{"format":2,"id":"1"}"#, "checksum"),
        ] {
            assert!(Entry::parse(text.as_bytes()).unwrap_err().contains(why), "{text}");
        }
        let bare = text(&json!({ "format": 2, "id": "1" }), true);
        assert!(Entry::parse(bare.as_bytes()).unwrap_err().contains("missing"));
    }
}
