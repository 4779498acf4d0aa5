//! Endpoints: the published hosts of the service, or an address that the caller names.
//!
//! A host is built from checked parts, put into a URL, and parsed back. If the two differ, nothing is sent: a signed
//! request that reaches the wrong host could be misused there.

mod address;
mod addresses;
mod error;
mod origin;

use cvm_protocol::ServiceInfo;

pub(crate) use self::address::{Address, is_at};
pub(crate) use self::addresses::{Addresses, ServiceEndpoint};
pub use self::error::EndpointError;
pub(crate) use self::origin::Origin;
use crate::Region;
use crate::config::Dialect;

/// The endpoint that a client calls.
///
/// `&str` and `String` convert to [`Endpoint::Custom`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// The nearest access point. Finance regions have their own hosts.
    #[default]
    Default,
    /// The access point of the client's region.
    Regional,
    /// The international site.
    International,
    /// The host in the provider's private network.
    Internal,
    /// This address: `https://host[:port]`, a bare `host[:port]`, or plain `http://` to a literal
    /// loopback address.
    Custom(String),
}

impl From<&str> for Endpoint {
    fn from(url: &str) -> Self {
        Self::Custom(url.to_owned())
    }
}

impl From<String> for Endpoint {
    fn from(url: String) -> Self {
        Self::Custom(url)
    }
}

impl From<&String> for Endpoint {
    fn from(url: &String) -> Self {
        Self::Custom(url.clone())
    }
}

/// An [`Endpoint`] that was validated.
#[derive(Clone, Debug)]
pub(crate) enum CheckedEndpoint {
    Published(Endpoint),
    Custom(Origin),
}

impl CheckedEndpoint {
    pub(crate) fn new(endpoint: Endpoint) -> Result<Self, EndpointError> {
        Ok(match endpoint {
            Endpoint::Custom(url) => Self::Custom(Origin::parse(&url)?),
            published => Self::Published(published),
        })
    }

    /// The endpoint as configuration.
    pub(crate) fn configured(&self) -> Endpoint {
        match self {
            Self::Published(endpoint) => endpoint.clone(),
            Self::Custom(origin) => Endpoint::Custom(origin.url()),
        }
    }

    /// The address of `service` for a request in this region and dialect.
    pub(crate) fn address(
        &self,
        service: &ServiceInfo,
        region: Option<&Region>,
        dialect: Dialect,
    ) -> Result<Address, EndpointError> {
        let gateway = match dialect {
            Dialect::OldGateway => Some(service.old_gateway.ok_or(EndpointError::NoOldGateway)?),
            _ => None,
        };
        let path = gateway.map_or("/", |gateway| gateway.path);
        let origin = match self {
            Self::Custom(origin) => origin.clone(),
            Self::Published(endpoint) => {
                let host = match (gateway, endpoint) {
                    (Some(gateway), _) => gateway.host.to_owned(),
                    (None, endpoint) => published_host(endpoint, service, region)?,
                };
                let origin = Origin::parse(&format!("https://{host}"))?;
                if origin.host != host || !is_published(&host) {
                    return Err(EndpointError::Host);
                }
                origin
            }
        };
        Address::new(origin, path)
    }
}

fn published_host(
    endpoint: &Endpoint,
    service: &ServiceInfo,
    region: Option<&Region>,
) -> Result<String, EndpointError> {
    let regional = || {
        let region = region.ok_or(EndpointError::NeedsRegion)?;
        Ok(service.endpoint_regional.replace("{region}", region.as_str()))
    };
    match endpoint {
        Endpoint::Regional => regional(),
        Endpoint::International => Ok(service.endpoint_intl.to_owned()),
        Endpoint::Internal => Ok(service.endpoint_internal.to_owned()),
        // Finance regions are isolated: the common host does not serve them.
        _ if region.is_some_and(Region::is_finance) => regional(),
        _ => Ok(service.endpoint.to_owned()),
    }
}

/// Whether a host is in one of the domains of the provider's API hosts.
fn is_published(host: &str) -> bool {
    [".tencentcloudapi.com", ".api.qcloud.com"].iter().any(|domain| host.ends_with(domain))
}

#[cfg(test)]
mod tests {
    use cvm_protocol::OldGateway;

    use super::*;

    static SERVICE: ServiceInfo = ServiceInfo {
        name: "cvm",
        version: "2017-03-12",
        endpoint: "cvm.tencentcloudapi.com",
        endpoint_regional: "cvm.{region}.tencentcloudapi.com",
        endpoint_intl: "cvm.intl.tencentcloudapi.com",
        endpoint_internal: "cvm.internal.tencentcloudapi.com",
        old_gateway: Some(OldGateway { host: "cvm.api.qcloud.com", path: "/v2/index.php" }),
        partial_errors: "",
    };

    fn url(endpoint: Endpoint, region: &str, dialect: Dialect) -> Result<String, EndpointError> {
        let region = Region::new(region).ok();
        let checked = CheckedEndpoint::new(endpoint)?;
        Ok(checked.address(&SERVICE, region.as_ref(), dialect)?.url().to_string())
    }

    #[test]
    fn published_hosts_follow_the_region() {
        let tc3 = |endpoint, region| url(endpoint, region, Dialect::Tc3).unwrap();
        assert_eq!(tc3(Endpoint::Default, "ap-guangzhou"), "https://cvm.tencentcloudapi.com/");
        assert_eq!(
            tc3(Endpoint::Default, "ap-shanghai-fsi"),
            "https://cvm.ap-shanghai-fsi.tencentcloudapi.com/"
        );
        assert_eq!(
            tc3(Endpoint::Regional, "ap-tokyo"),
            "https://cvm.ap-tokyo.tencentcloudapi.com/"
        );
        assert_eq!(tc3(Endpoint::International, ""), "https://cvm.intl.tencentcloudapi.com/");
        assert_eq!(tc3(Endpoint::Internal, ""), "https://cvm.internal.tencentcloudapi.com/");
        assert_eq!(
            url(Endpoint::Default, "ap-tokyo", Dialect::OldGateway).unwrap(),
            "https://cvm.api.qcloud.com/v2/index.php"
        );
        assert_eq!(url(Endpoint::Regional, "", Dialect::Tc3), Err(EndpointError::NeedsRegion));
    }

    #[test]
    fn custom_addresses_keep_all_but_the_default_port() {
        for (given, sent) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
            ("http://127.0.0.1:80/", "http://127.0.0.1/"),
            ("http://127.9.9.9", "http://127.9.9.9/"),
            ("http://[::1]:9", "http://[::1]:9/"),
            ("https://localhost:8443", "https://localhost:8443/"),
            ("HTTPS://Proxy.Example:443", "https://proxy.example/"),
            ("cvm.example.com", "https://cvm.example.com/"),
            ("cvm.example.com:444", "https://cvm.example.com:444/"),
            ("https://192.0.2.7", "https://192.0.2.7/"),
        ] {
            assert_eq!(url(given.into(), "", Dialect::Tc3).as_deref(), Ok(sent), "{given}");
        }
        assert_eq!(
            url("http://127.0.0.1:1".into(), "", Dialect::OldGateway).as_deref(),
            Ok("http://127.0.0.1:1/v2/index.php")
        );
    }

    #[test]
    fn unsafe_addresses_are_rejected() {
        use EndpointError::{Host, LoopbackWithoutScheme, Path, PlainHttp, Port, Scheme, UserInfo};
        let message = LoopbackWithoutScheme.to_string();
        assert!(message.contains("http://"), "{message}");
        for (given, why) in [
            ("http://localhost:8080", PlainHttp),
            ("http://cvm.tencentcloudapi.com", PlainHttp),
            ("http://192.0.2.1", PlainHttp),
            ("http://[::2]", PlainHttp),
            ("http://0.0.0.0", PlainHttp),
            ("127.0.0.1:8080", LoopbackWithoutScheme),
            ("127.9.9.9", LoopbackWithoutScheme),
            ("[::1]:8080", LoopbackWithoutScheme),
            ("ftp://a", Scheme),
            ("file:///etc", Scheme),
            ("https://user:pw@host", UserInfo),
            ("https://127.0.0.1@evil.example", UserInfo),
            ("https://host/path", Path),
            ("https://host//", Path),
            ("https://host?x", Path),
            ("https://host#x", Path),
            ("https://host\\evil", Path),
            ("https://host:0", Port),
            ("https://host:65536", Port),
            ("https://host:+1", Port),
            ("https://host:08", Port),
            ("https://host:", Port),
            ("https://[::1]x", Port),
            ("https://", Host),
            ("", Host),
            ("https://127.1", Host),
            ("http://2130706433", Host),
            ("http://0x7f.0.0.1", Host),
            ("http://127.0.0.0x1", Host),
            ("https://[::0001]", Host),
            ("https://a..b", Host),
            ("https://host.", Host),
            ("https://-a", Host),
            ("https://a b", Host),
            ("https://ho\nst", Host),
            ("https://höst", Host),
            ("https://１27.0.0.1", Host),
            ("https://a%2eb", Host),
        ] {
            assert_eq!(url(given.into(), "", Dialect::Tc3), Err(why), "{given:?}");
        }
    }
}
