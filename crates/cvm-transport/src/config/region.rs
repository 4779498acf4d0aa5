//! A validated region name. Validation ensures that no input can change the host of a signed request.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

/// A region, such as `ap-guangzhou`.
///
/// Regions newer than this crate are accepted: only the form is checked, because the name becomes part of a host name.
/// It has two letters, then one to four parts of lower-case letters and digits, and at most 63 characters. With serde it is a
/// text, and an invalid one is an error.
///
/// ```
/// use cvm_transport::Region;
///
/// assert_eq!(Region::new("ap-guangzhou")?, "ap-guangzhou");
/// assert!(Region::new("x@evil.example/#").is_err());
/// assert!("ap-guangzhou".parse::<Region>()? < Region::new("ap-tokyo")?);
/// # Ok::<(), cvm_transport::config::RegionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(Arc<str>);

impl Region {
    /// Validates a region name.
    ///
    /// # Errors
    ///
    /// If the text is not a valid region name, or is the name of a zone.
    pub fn new(name: &str) -> Result<Self, RegionError> {
        let zone_of = region_of_zone(name);
        if is_region(name) && zone_of.is_none() {
            return Ok(Self(name.into()));
        }
        Err(RegionError { name: name.into(), zone_of: zone_of.map(Into::into) })
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is a finance region, which is served only by its own hosts.
    #[must_use]
    pub fn is_finance(&self) -> bool {
        self.0.ends_with("-fsi")
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Region {
    type Err = RegionError;

    fn from_str(name: &str) -> Result<Self, RegionError> {
        Self::new(name)
    }
}

impl PartialEq<str> for Region {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Region {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::new(&name).map_err(D::Error::custom)
    }
}

/// The maximum length of a label in a host name.
const MAX_LENGTH: usize = 63;

/// `[a-z]{2}(-[a-z0-9]{1,20}){1,4}`, compared as bytes, so that letters of other scripts do not match.
fn is_region(name: &str) -> bool {
    let mut parts = name.split('-');
    let area = parts.next().unwrap_or_default();
    let mut count = 0;
    let rest = parts.all(|part| {
        count += 1;
        (1..=20).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    });
    name.len() <= MAX_LENGTH
        && area.len() == 2
        && area.bytes().all(|byte| byte.is_ascii_lowercase())
        && rest
        && (1..=4).contains(&count)
}

/// The region of a zone such as `ap-guangzhou-3` or `ap-shanghai-fsi-1`. Other names that end in a number, such as
/// `ap-beijing-tez-changchun-1`, are regions.
fn region_of_zone(name: &str) -> Option<&str> {
    let (region, number) = name.rsplit_once('-')?;
    let is_number = (1..=3).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    let mut parts = region.split('-').skip(1);
    let is_city = parts.next().is_some_and(|city| city.bytes().all(|b| b.is_ascii_lowercase()));
    let kind = parts.next();
    let is_kind = matches!(kind, None | Some("fsi" | "ec" | "open")) && parts.next().is_none();
    (is_number && is_city && is_kind && is_region(region)).then_some(region)
}

/// A text that is not a valid region name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionError {
    name: Box<str>,
    zone_of: Option<Box<str>>,
}

/// The maximum number of characters of the name in the message.
const MAX_SHOWN: usize = 80;

impl fmt::Display for RegionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(region) = &self.zone_of {
            return write!(f, "region {:?} is a zone; use its region, `{region}`", self.name);
        }
        let shown: String = self.name.chars().take(MAX_SHOWN).collect();
        let cut = if shown.len() < self.name.len() { " (cut)" } else { "" };
        write!(f, "region {shown:?}{cut} is not valid; use a name like `ap-guangzhou`")
    }
}

impl std::error::Error for RegionError {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn published_regions_are_valid() {
        for name in [
            "ap-guangzhou",
            "na-siliconvalley",
            "sa-saopaulo",
            "ap-shanghai-fsi",
            "ap-xian-ec",
            "ap-guangzhou-open",
            "ap-beijing-tez-changchun-1",
            "eu-frankfurt",
        ] {
            assert_eq!(Region::new(name).unwrap().to_string(), name);
        }
        assert!(Region::new("ap-shenzhen-fsi").unwrap().is_finance());
        assert!(!Region::new("ap-shenzhen").unwrap().is_finance());
    }

    #[test]
    fn names_that_could_change_the_host_are_rejected() {
        let long = format!("ap-{}", "a".repeat(5_000));
        let spoilers = [
            "@", "/", "#", "?", "\\", ":", "%", ".", " ", "\n", "\r", "\0", "\t", "_", "A", "é",
            "１", "а", "\u{200b}", "\u{202e}", "[", "]", ";", "&", "=", "+", "*", "{", "}", "$",
            "^", "`",
        ];
        let mut payloads = vec![
            String::new(),
            "ap".into(),
            "ap-".into(),
            "-ap".into(),
            "a-guangzhou".into(),
            "apx-a".into(),
            "ap--guangzhou".into(),
            "ap-a-b-c-d-e".into(),
            "x@evil:443/#".into(),
            long,
            "ap-guangzhou.evil.example".into(),
            "ap-guangzhou\n".into(),
            " ap-guangzhou".into(),
        ];
        for spoiler in spoilers {
            for at in 0..="ap-guangzhou".len() {
                let mut name = "ap-guangzhou".to_owned();
                name.insert_str(at, spoiler);
                payloads.push(name);
            }
        }
        assert!(payloads.len() > 300, "{}", payloads.len());
        for payload in payloads {
            let error = Region::new(&payload).unwrap_err().to_string();
            assert!(error.len() < 1_000 && !error.contains(char::is_control), "{payload:?}");
        }
    }

    #[test]
    fn region_is_a_validated_text_in_files() {
        let region: Region = serde_json::from_str("\"ap-guangzhou\"").unwrap();
        assert_eq!(region, "ap-guangzhou");
        assert_eq!(serde_json::to_string(&region).unwrap(), "\"ap-guangzhou\"");
        let by_region = BTreeMap::from([("ap-tokyo".parse::<Region>().unwrap(), 2), (region, 1)]);
        let text = serde_json::to_string(&by_region).unwrap();
        assert_eq!(text, r#"{"ap-guangzhou":1,"ap-tokyo":2}"#);
        assert_eq!(serde_json::from_str::<BTreeMap<Region, i32>>(&text).unwrap(), by_region);
        for (text, message) in [
            ("\"ap-guangzhou-3\"", "is a zone; use its region, `ap-guangzhou`"),
            ("\"Guangzhou\"", "is not valid; use a name like"),
            ("3", "expected a string"),
            ("null", "expected a string"),
        ] {
            let error = serde_json::from_str::<Region>(text).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn zone_is_rejected_with_its_region() {
        for (zone, region) in [
            ("ap-guangzhou-3", "ap-guangzhou"),
            ("na-siliconvalley-12", "na-siliconvalley"),
            ("ap-shanghai-fsi-1", "ap-shanghai-fsi"),
            ("ap-xian-ec-1", "ap-xian-ec"),
        ] {
            let error = Region::new(zone).unwrap_err().to_string();
            let expected = format!("region \"{zone}\" is a zone; use its region, `{region}`");
            assert_eq!(error, expected);
        }
    }
}
