//! The resource that a request to the tag service names.

use crate::account::AccountId;
use crate::api_error::ApiError;
use crate::state::{RequestContext, TagList, TaggedKind};
use crate::unsupported::TAGGED_PREFIX;

/// The parts of a six-part name, such as `qcs::cvm:ap-beijing:uin/100000000001:instance/ins-12345678`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ResourceName<'a> {
    service: &'a str,
    region: &'a str,
    account: &'a str,
    prefix: &'a str,
    id: &'a str,
}

impl<'a> ResourceName<'a> {
    /// Splits a name; `None` if it has another form.
    fn parse(name: &'a str) -> Option<Self> {
        let mut parts = name.split(':');
        let mut next = || parts.next();
        let (Some("qcs"), Some(""), Some(service)) = (next(), next(), next()) else { return None };
        let (region, account, resource) = (next()?, next()?, next()?);
        let (prefix, id) = resource.split_once('/')?;
        let is_whole = next().is_none() && !service.is_empty() && !id.is_empty();
        is_whole.then_some(Self { service, region, account, prefix, id })
    }

    /// Whether the resource belongs to this account. A name without an account, or without its number, means that of the
    /// caller: the Terraform provider writes `uin/`.
    fn is_of(&self, account: AccountId) -> bool {
        matches!(self.account, "" | "uin/" | "uid/" | "account/")
            || self.account == format!("uin/{}", account.uin())
    }
}

/// A resource that a request names. It need not exist.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    pub(super) kind: &'static TaggedKind,
    /// The region that the request names. Empty if it names none.
    pub(super) region: &'static str,
    pub(super) id: &'a str,
}

impl<'a> Target<'a> {
    /// The resource with a six-part name.
    pub(super) fn named(context: &RequestContext<'_>, name: &'a str) -> Result<Self, ApiError> {
        let parsed = parse(context, name)?;
        if !parsed.is_of(context.account) {
            let message = format!("The resource `{name}` does not belong to the account.");
            return Err(context.codes.error([DESCRIPTION], message));
        }
        let kind = kind(parsed.service, parsed.prefix)?;
        let region = region_of(context, kind, parsed.region)?;
        Ok(Self { kind, region, id: parsed.id })
    }

    /// Its tags. It must exist.
    pub(super) fn tags<'c>(
        &self,
        context: &'c RequestContext<'_>,
    ) -> Result<&'c dyn TagList, ApiError> {
        context.tags_of(self.kind, self.region, self.id).ok_or_else(|| {
            let place = match self.region {
                "" => "in the account",
                region => &format!("in {region}"),
            };
            let message = format!("The resource `{}` does not exist {place}.", self.id);
            context.codes.error(["InvalidParameterValue.ResourceIdInvalid", DESCRIPTION], message)
        })
    }
}

const DESCRIPTION: &str = "InvalidParameterValue.ResourceDescriptionError";

fn parse<'a>(context: &RequestContext<'_>, name: &'a str) -> Result<ResourceName<'a>, ApiError> {
    ResourceName::parse(name).ok_or_else(|| {
        let message = format!(
            "The name of a resource is `{name}`, but must have the form \
             `qcs::SERVICE:REGION:uin/ACCOUNT:PREFIX/ID`."
        );
        context.codes.error([DESCRIPTION], message)
    })
}

/// Checks the form of a six-part name.
pub(super) fn check_name(context: &RequestContext<'_>, name: &str) -> Result<(), ApiError> {
    parse(context, name).map(|_| ())
}

/// The kind of resource with this service and prefix.
pub(super) fn kind(service: &str, prefix: &str) -> Result<&'static TaggedKind, ApiError> {
    TaggedKind::find(service, prefix).ok_or_else(|| TAGGED_PREFIX.error())
}

/// The region of resources of a kind. Resources without a region can be named with any region.
pub(super) fn region_of(
    context: &RequestContext<'_>,
    kind: &TaggedKind,
    name: &str,
) -> Result<&'static str, ApiError> {
    if name.is_empty() && !kind.is_regional() {
        return Ok("");
    }
    let region = context.catalog.region(name, false);
    region.map(|region| region.name).ok_or_else(|| {
        let message = if name.is_empty() {
            format!("Resources of the kind `{}` need a region.", kind.prefix)
        } else {
            format!("The region `{name}` does not exist.")
        };
        context.codes.error(["InvalidParameterValue.RegionInvalid", DESCRIPTION], message)
    })
}

/// The six-part name of a resource.
pub(super) fn name_of(account: AccountId, kind: &TaggedKind, region: &str, id: &str) -> String {
    let TaggedKind { service, prefix, .. } = kind;
    format!("qcs::{service}:{region}:uin/{}:{prefix}/{id}", account.uin())
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
        let kind = TaggedKind::find(parsed.service, parsed.prefix).unwrap();
        assert_eq!(name_of(AccountId::FIRST, kind, parsed.region, parsed.id), name);
        for (account, is_own) in [
            ("", true),
            ("uin/", true),
            ("uid/", true),
            ("account/", true),
            ("uin/1", false),
            ("uin", false),
            ("other/", false),
        ] {
            let name = format!("qcs::cvm:ap-beijing:{account}:instance/a");
            let parsed = ResourceName::parse(&name).unwrap();
            assert_eq!(parsed.is_of(AccountId::nth(1)), is_own, "{name}");
        }
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
