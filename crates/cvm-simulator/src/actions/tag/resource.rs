//! The resource that a request to the tag service names.

use crate::account::AccountId;
use crate::api_error::ApiError;
use crate::state::Tagged;
use crate::unsupported::TAGGED_PREFIX;

/// The parts of a six-part name, such as `qcs::cvm:ap-beijing:uin/100000000001:instance/ins-12345678`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ResourceName<'a> {
    pub(super) service: &'a str,
    pub(super) region: &'a str,
    account: &'a str,
    pub(super) prefix: &'a str,
    pub(super) id: &'a str,
}

impl<'a> ResourceName<'a> {
    /// Splits a name; `None` if it has another form.
    pub(super) fn parse(name: &'a str) -> Option<Self> {
        let mut parts = name.split(':');
        let mut next = || parts.next();
        let (Some("qcs"), Some(""), Some(service)) = (next(), next(), next()) else { return None };
        let (region, account, resource) = (next()?, next()?, next()?);
        let (prefix, id) = resource.split_once('/')?;
        let is_whole = next().is_none() && !service.is_empty() && !id.is_empty();
        is_whole.then_some(Self { service, region, account, prefix, id })
    }

    /// Whether the resource belongs to this account. A name without an account means that of the caller.
    pub(super) fn is_of(&self, account: AccountId) -> bool {
        self.account.is_empty() || self.account == format!("uin/{}", account.uin())
    }
}

/// The kind of resource with this service and prefix.
pub(super) fn kind(service: &str, prefix: &str) -> Result<Tagged, ApiError> {
    let kind = Tagged::of_prefix(prefix).filter(|_| service == "cvm");
    kind.ok_or_else(|| TAGGED_PREFIX.error())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_part_name_is_split() {
        let name = "qcs::cvm:ap-beijing:uin/100000000001:instance/ins-12345678";
        let parsed = ResourceName::parse(name).unwrap();
        assert_eq!((parsed.service, parsed.region), ("cvm", "ap-beijing"));
        assert_eq!((parsed.prefix, parsed.id), ("instance", "ins-12345678"));
        assert!(parsed.is_of(AccountId::FIRST) && !parsed.is_of(AccountId::nth(1)));
        assert!(
            ResourceName::parse("qcs::cvm:ap-beijing::instance/a")
                .unwrap()
                .is_of(AccountId::nth(1))
        );
        for name in [
            "",
            "qcs",
            "qcs::cvm:ap-beijing:uin/1:instance",
            "qcs::cvm:ap-beijing:uin/1:instance/",
            "qcs:x:cvm:ap-beijing:uin/1:instance/a",
            "arn::cvm:ap-beijing:uin/1:instance/a",
            "qcs::cvm:ap-beijing:uin/1:instance/a:b",
            "qcs:::ap-beijing:uin/1:instance/a",
        ] {
            assert_eq!(ResourceName::parse(name), None, "{name}");
        }
    }
}
