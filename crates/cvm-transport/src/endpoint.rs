//! Where requests go: the service's published hosts, or one address that the caller names.
//!
//! A host is built from checked parts, put into a URL, and read back: when the two differ, nothing is
//! sent. A signed request that reaches the wrong host is a stolen one.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use cvm_protocol::ServiceInfo;

use crate::{Dialect, Region};

/// Which of the service's addresses a client calls.
///
/// `&str` and `String` convert to [`Endpoint::Custom`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// The nearest access point. Finance regions are called at their own hosts.
    #[default]
    Default,
    /// The access point of the client's region.
    Regional,
    /// The international site.
    International,
    /// Inside the provider's private network.
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

/// An [`Endpoint`] whose address, if it names one, was checked.
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

    /// The address of `service` for a request of this region and dialect.
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
        Address { origin, path }.checked()
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
        // Finance regions are cut off from the others: the common host does not serve them.
        _ if region.is_some_and(Region::is_finance) => regional(),
        _ => Ok(service.endpoint.to_owned()),
    }
}

/// The domains under which the provider publishes its API hosts.
fn is_published(host: &str) -> bool {
    [".tencentcloudapi.com", ".api.qcloud.com"].iter().any(|domain| host.ends_with(domain))
}

/// Scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    plain: bool,
    host: String,
    /// Host and port as they are sent and signed: without the scheme's own port.
    authority: String,
    loopback: bool,
}

impl Origin {
    pub(crate) fn parse(url: &str) -> Result<Self, EndpointError> {
        let (plain, rest) = match url.split_once("://") {
            None => (false, url),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (false, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (true, rest),
            Some(_) => return Err(EndpointError::Scheme),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains('@') {
            return Err(EndpointError::UserInfo);
        }
        if authority.contains(['/', '?', '#', '\\']) {
            return Err(EndpointError::Path);
        }
        let (host, port) = split_port(authority)?;
        let host = host.to_ascii_lowercase();
        let loopback = check_host(&host)?;
        if plain && loopback != Loopback::Literal {
            return Err(EndpointError::PlainHttp);
        }
        let default_port = if plain { 80 } else { 443 };
        let authority = match port {
            Some(port) if port != default_port => format!("{host}:{port}"),
            _ => host.clone(),
        };
        Ok(Self { plain, host, authority, loopback: loopback != Loopback::No })
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) const fn is_loopback(&self) -> bool {
        self.loopback
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), EndpointError> {
    let (host, port) = match authority.rfind(']') {
        // The colons inside the brackets of an IPv6 address are not port separators.
        Some(end) => {
            let (host, port) = authority.split_at_checked(end + 1).ok_or(EndpointError::Host)?;
            (host, if port.is_empty() { None } else { Some(port) })
        }
        None => match authority.find(':') {
            Some(at) => {
                let (host, port) = authority.split_at_checked(at).ok_or(EndpointError::Host)?;
                (host, Some(port))
            }
            None => (authority, None),
        },
    };
    let Some(port) = port else { return Ok((host, None)) };
    let digits = port.strip_prefix(':').ok_or(EndpointError::Port)?;
    let number = digits.parse::<u16>().ok().filter(|number| *number > 0);
    let canonical = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    match number {
        Some(number) if canonical => Ok((host, Some(number))),
        _ => Err(EndpointError::Port),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Loopback {
    No,
    /// The name `localhost`, which a resolver could send anywhere.
    Name,
    Literal,
}

fn check_host(host: &str) -> Result<Loopback, EndpointError> {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address: Ipv6Addr = inner.parse().map_err(|_| EndpointError::Host)?;
        // One spelling for each address, so that what is signed is what is sent.
        if address.to_string() != inner {
            return Err(EndpointError::Host);
        }
        return Ok(if address.is_loopback() { Loopback::Literal } else { Loopback::No });
    }
    let labels_pass = host.len() <= 253
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| {
                    byte.is_ascii_lowercase()
                        || byte.is_ascii_digit()
                        || matches!(byte, b'-' | b'_')
                })
        });
    if !labels_pass {
        return Err(EndpointError::Host);
    }
    // URL readers take `127.1`, `0x7f.1` and `2130706433` for addresses: only the plain form passes.
    let last = host.rsplit('.').next().unwrap_or_default();
    if last.starts_with(|first: char| first.is_ascii_digit()) {
        let address: Ipv4Addr = host.parse().map_err(|_| EndpointError::Host)?;
        return Ok(if address.is_loopback() { Loopback::Literal } else { Loopback::No });
    }
    Ok(if last == "localhost" { Loopback::Name } else { Loopback::No })
}

/// Where one request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    origin: Origin,
    path: &'static str,
}

impl Address {
    /// Host and port as they are sent and signed.
    pub(crate) fn authority(&self) -> &str {
        &self.origin.authority
    }

    pub(crate) fn host(&self) -> &str {
        &self.origin.host
    }

    /// The same path at another host.
    pub(crate) fn at(&self, origin: Origin) -> Result<Self, EndpointError> {
        Self { origin, path: self.path }.checked()
    }

    pub(crate) const fn path(&self) -> &'static str {
        self.path
    }

    /// Whether the request goes unencrypted; only to a literal loopback address.
    pub(crate) const fn is_plain(&self) -> bool {
        self.origin.plain
    }

    pub(crate) const fn is_loopback(&self) -> bool {
        self.origin.loopback
    }

    /// The URL, with a query if there is one.
    pub(crate) fn url(&self, query: &str) -> String {
        let scheme = if self.origin.plain { "http" } else { "https" };
        let Self { origin: Origin { authority, .. }, path } = self;
        if query.is_empty() {
            format!("{scheme}://{authority}{path}")
        } else {
            format!("{scheme}://{authority}{path}?{query}")
        }
    }

    /// Reads the URL back and compares.
    fn checked(self) -> Result<Self, EndpointError> {
        let url: http::Uri = self.url("").parse().map_err(|_| EndpointError::Host)?;
        let authority = url.authority().map(http::uri::Authority::as_str);
        let same = url.host() == Some(&self.origin.host)
            && authority == Some(self.authority())
            && url.path() == self.path
            && url.query().is_none();
        if same { Ok(self) } else { Err(EndpointError::Host) }
    }
}

/// An address that no request may go to, or that is not known.
///
/// The address itself is not repeated: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndpointError {
    /// The scheme is neither `https` nor `http`.
    Scheme,
    /// Plain `http` to anything but a literal loopback address.
    PlainHttp,
    /// A user name or password in the address.
    UserInfo,
    /// A path, query or fragment in the address.
    Path,
    /// The port is not a number from 1 to 65535.
    Port,
    /// The host is not a plain host name or address.
    Host,
    /// The service has no older gateway.
    NoOldGateway,
    /// The endpoint depends on a region, and the client has none.
    NeedsRegion,
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "endpoint must begin with https://",
            Self::PlainHttp => {
                "endpoint must use https; plain http is for the literal addresses 127.0.0.1 and [::1] only"
            }
            Self::UserInfo => "endpoint must not hold a user name or password",
            Self::Path => "endpoint must be scheme, host and port alone, without path or query",
            Self::Port => "endpoint has a port that is not a number from 1 to 65535",
            Self::Host => "endpoint has a host that is neither a plain host name nor an address",
            Self::NoOldGateway => "service has no older gateway; choose another dialect",
            Self::NeedsRegion => {
                "endpoint depends on a region; give the client one with `region(…)` or TENCENTCLOUD_REGION"
            }
        })
    }
}

impl std::error::Error for EndpointError {}

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
    };

    fn url(endpoint: Endpoint, region: &str, dialect: Dialect) -> Result<String, EndpointError> {
        let region = Region::new(region).ok();
        let checked = CheckedEndpoint::new(endpoint)?;
        Ok(checked.address(&SERVICE, region.as_ref(), dialect)?.url(""))
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
    fn custom_addresses_lose_nothing_but_the_default_port() {
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
    fn unsafe_addresses_are_refused() {
        use EndpointError::{Host, Path, PlainHttp, Port, Scheme, UserInfo};
        for (given, why) in [
            ("http://localhost:8080", PlainHttp),
            ("http://cvm.tencentcloudapi.com", PlainHttp),
            ("http://192.0.2.1", PlainHttp),
            ("http://[::2]", PlainHttp),
            ("http://0.0.0.0", PlainHttp),
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
