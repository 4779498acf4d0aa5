//! Decides which requests go through a proxy. Exemptions match whole labels and networks; requests to this machine
//! are always exempt.

use std::fmt;
use std::net::IpAddr;

use crate::config::environment::Environment;

/// The proxy of a client, and the hosts that are exempt from it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proxies {
    proxy: Option<Result<Proxy, ProxyError>>,
    exempt: Vec<Exemption>,
}

/// A proxy.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    pub(crate) url: reqwest::Url,
    source: &'static str,
}

/// Formats host, port and source, never the user or password.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, source } = self;
        let port = url.port_or_known_default().unwrap_or(SOCKS_PORT);
        write!(f, "{}:{port} ({source})", url.host_str().unwrap_or_default())
    }
}

/// The default port of SOCKS proxies (RFC 1928).
const SOCKS_PORT: u16 = 1080;
/// The schemes that reqwest supports. With `socks5h` and `socks4a` the proxy resolves the host name.
const SCHEMES: [&str; 6] = ["http", "https", "socks5", "socks5h", "socks4", "socks4a"];

#[derive(Clone, Debug, PartialEq, Eq)]
struct Exemption {
    host: ExemptHost,
    /// The exempt port; `None` for all.
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum ExemptHost {
    All,
    /// The domain and everything below it.
    Domain(String),
    Network(IpAddr, u32),
}

impl Proxies {
    /// `proxy` is a URL, `source` is the setting that contains it, and `exempt` is a list as in `NO_PROXY`.
    pub(crate) fn new(proxy: &str, source: &'static str, exempt: &str) -> Result<Self, ProxyError> {
        let text = if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") };
        let url = reqwest::Url::parse(&text).map_err(|_| ProxyError::address(source))?;
        if !SCHEMES.contains(&url.scheme()) || url.host_str().is_none_or(str::is_empty) {
            return Err(ProxyError::address(source));
        }
        let proxy = Some(Ok(Proxy { url, source }));
        Ok(Self { proxy, exempt: exemptions(exempt) })
    }

    /// Reads the environment. An invalid variable fails only the requests that would use it.
    pub(crate) fn of_environment(environment: &Environment, no_proxy: Option<String>) -> Self {
        let variables =
            ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].into_iter().map(|name| {
                let text = environment.text(name).map_err(|_| ProxyError::not_text(name));
                text.transpose().map(|text| (name, text))
            });
        let Some((name, text)) = variables.flatten().next() else { return Self::default() };
        let exempt = no_proxy.map_or_else(|| no_proxy_of(environment), Ok);
        let found = exempt.map(|exempt| {
            let proxies = text.and_then(|text| Self::new(&text, name, &exempt));
            proxies.unwrap_or_else(|error| Self {
                proxy: Some(Err(error)),
                exempt: exemptions(&exempt),
            })
        });
        found.unwrap_or_else(|error| Self { proxy: Some(Err(error)), exempt: Vec::new() })
    }

    /// Whether no proxy is set.
    pub(crate) const fn are_none(&self) -> bool {
        self.proxy.is_none()
    }

    /// The proxy as a text without user and password; `None` if no proxy is set.
    pub(crate) fn description(&self) -> Option<String> {
        self.proxy.as_ref().map(|proxy| match proxy {
            Ok(proxy) => proxy.to_string(),
            Err(error) => error.to_string(),
        })
    }

    /// The proxy for this URL.
    ///
    /// # Errors
    ///
    /// If this URL needs a proxy and the proxy setting is invalid.
    pub(crate) fn proxy_for(&self, url: &reqwest::Url) -> Result<Option<&Proxy>, ProxyError> {
        let (Some(proxy), Some(host)) = (&self.proxy, url.host_str()) else { return Ok(None) };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let port = url.port_or_known_default();
        if is_this_machine(&host) || self.exempt.iter().any(|row| row.covers(&host, port)) {
            return Ok(None);
        }
        proxy.as_ref().map(Some).map_err(|error| *error)
    }
}

fn no_proxy_of(environment: &Environment) -> Result<String, ProxyError> {
    for name in ["NO_PROXY", "no_proxy"] {
        if let Some(text) = environment.text(name).map_err(|_| ProxyError::not_text(name))? {
            return Ok(text);
        }
    }
    Ok(String::new())
}

fn exemptions(list: &str) -> Vec<Exemption> {
    list.split(',').filter_map(Exemption::parse).collect()
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Exemption {
    fn parse(entry: &str) -> Option<Self> {
        let entry = entry.trim().to_ascii_lowercase();
        let (host, port) = match entry.rsplit_once(':') {
            // The colons of a bare IPv6 address are not port separators.
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, Some(port.parse().ok()?))
            }
            _ => (entry.as_str(), None),
        };
        Some(Self { host: ExemptHost::parse(host)?, port })
    }

    fn covers(&self, host: &str, port: Option<u16>) -> bool {
        (self.port.is_none() || self.port == port) && self.host.covers(host)
    }
}

impl ExemptHost {
    fn parse(entry: &str) -> Option<Self> {
        if entry == "*" {
            return Some(Self::All);
        }
        if let Some((address, length)) = entry.split_once('/') {
            let address: IpAddr = address.parse().ok()?;
            let length = length.parse().ok().filter(|length| *length <= bits(address))?;
            return Some(Self::Network(address, length));
        }
        let bare = entry.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Some(Self::Network(address, bits(address)));
        }
        let domain = entry.trim_start_matches("*.").trim_matches('.');
        (!domain.is_empty()).then(|| Self::Domain(domain.to_owned()))
    }

    fn covers(&self, host: &str) -> bool {
        match self {
            Self::All => true,
            // The parts of an IP address are no labels.
            Self::Domain(domain) => {
                let rest = host.strip_suffix(domain.as_str());
                host.parse::<IpAddr>().is_err()
                    && rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            Self::Network(network, length) => host
                .parse::<IpAddr>()
                .is_ok_and(|address| shares_prefix(address, *network, *length)),
        }
    }
}

const fn bits(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn shares_prefix(address: IpAddr, network: IpAddr, length: u32) -> bool {
    let (difference, width) = match (address, network) {
        (IpAddr::V4(one), IpAddr::V4(other)) => (u128::from(one.to_bits() ^ other.to_bits()), 32),
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits() ^ other.to_bits(), 128),
        _ => return false,
    };
    difference.checked_shr(width - length).unwrap_or(0) == 0
}

/// An invalid proxy setting. The message does not contain its value, which may include a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProxyError {
    source: &'static str,
    reason: &'static str,
}

impl ProxyError {
    const fn address(source: &'static str) -> Self {
        let reason = "is not a proxy URL; write SCHEME://[USER:PASSWORD@]HOST[:PORT] with the scheme http, https, \
                      socks5, socks5h, socks4 or socks4a";
        Self { source, reason }
    }

    const fn not_text(source: &'static str) -> Self {
        Self { source, reason: "is not UTF-8 text" }
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.source, self.reason)
    }
}

impl std::error::Error for ProxyError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxied(exempt: &str, url: &str) -> bool {
        let proxies = Proxies::new("proxy.example:3128", "a test", exempt).unwrap();
        proxies.proxy_for(&reqwest::Url::parse(url).unwrap()).unwrap().is_some()
    }

    #[test]
    fn exemptions_match_whole_labels_and_networks() {
        let cvm = "https://cvm.tencentcloudapi.com/";
        let rows = [
            ("", cvm, true),
            ("*", cvm, false),
            ("tencentcloudapi.com", cvm, false),
            (".tencentcloudapi.com", cvm, false),
            ("*.tencentcloudapi.com", cvm, false),
            ("TencentCloudAPI.com", cvm, false),
            ("cvm.tencentcloudapi.com", cvm, false),
            ("a, tencentcloudapi.com ,b", cvm, false),
            ("cloudapi.com", cvm, true),
            ("com", cvm, false),
            ("om", cvm, true),
            ("cvm", cvm, true),
            ("vm.tencentcloudapi.com", cvm, true),
            ("192.0.2.0/24", "https://192.0.2.77/", false),
            ("192.0.2.0/24", "https://192.0.3.77/", true),
            ("192.0.2.7", "https://192.0.2.7/", false),
            ("192.0.2.7", "https://192.0.2.70/", true),
            ("0.0.0.0/0", "https://192.0.2.70/", false),
            ("2001:db8::/32", "https://[2001:db8:1::1]/", false),
            ("2001:db8::/32", "https://[2001:db9::1]/", true),
            ("::/0", "https://192.0.2.1/", true),
            ("192.0.2.0/33", "https://192.0.2.1/", true),
            (",,,", cvm, true),
            (" , cvm.tencentcloudapi.com. , ", cvm, false),
            ("cvm.tencentcloudapi.com:443", cvm, false),
            ("cvm.tencentcloudapi.com:444", cvm, true),
            ("tencentcloudapi.com:8443", "https://cvm.tencentcloudapi.com:8443/", false),
            (".tencentcloudapi.com:443", "https://cvm.tencentcloudapi.com:8443/", true),
            ("*:443", cvm, false),
            ("*:80", cvm, true),
            ("192.0.2.7:443", "https://192.0.2.7/", false),
            ("192.0.2.7:444", "https://192.0.2.7/", true),
            ("[2001:db8::1]:443", "https://[2001:db8::1]/", false),
            ("[2001:db8::1]:444", "https://[2001:db8::1]/", true),
            ("cvm.tencentcloudapi.com:", cvm, true),
            ("cvm.tencentcloudapi.com:https", cvm, true),
            (":443", cvm, true),
            ("https://cvm.tencentcloudapi.com", cvm, true),
            ("*tencentcloudapi.com", cvm, true),
            ("tencentcloudapi.com.evil.example", cvm, true),
            ("evil.example", "https://evil.example.tencentcloudapi.com/", true),
            ("[2001:db8::1]", "https://[2001:db8::1]/", false),
            ("2001:DB8:0:0::1", "https://[2001:db8::1]/", false),
            ("192.0.2.0/25", "https://192.0.2.128/", true),
            ("10.0.0.0/8", "https://cvm.tencentcloudapi.com/", true),
            ("192.0.2", "https://192.0.2.7/", true),
            ("2", "https://192.0.2.2/", true),
            ("0.2.7", "https://192.0.2.7/", true),
            ("192.0.2.0/", "https://192.0.2.0/", true),
            ("192.0.2.0/-1", "https://192.0.2.0/", true),
        ];
        assert!(rows.len() >= 30, "{}", rows.len());
        for (exempt, url, expected) in rows {
            assert_eq!(proxied(exempt, url), expected, "{exempt} {url}");
        }
    }

    #[test]
    fn this_machine_is_never_reached_through_a_proxy() {
        for url in [
            "http://127.0.0.1:80/",
            "http://127.8.8.8/",
            "http://[::1]/",
            "https://localhost/",
            "https://a.localhost/",
        ] {
            assert!(!proxied("", url), "{url}");
        }
    }

    #[test]
    fn invalid_proxy_url_is_rejected() {
        for text in ["", "ftp://a", "file:///x", "http://", "socks5://", "socks://a", "sock5://a"] {
            let error = Proxies::new(text, "ALL_PROXY", "").unwrap_err().to_string();
            assert!(error.starts_with("ALL_PROXY is not a proxy URL"), "{text}: {error}");
        }
        for scheme in SCHEMES {
            assert!(Proxies::new(&format!("{scheme}://a"), "a test", "").is_ok(), "{scheme}");
        }
    }

    #[test]
    fn invalid_variable_fails_only_requests_that_use_it() {
        let not_text = || {
            #[cfg(unix)]
            let value: std::ffi::OsString =
                std::os::unix::ffi::OsStringExt::from_vec(b"http://\xff".to_vec());
            #[cfg(not(unix))]
            let value = "http://".to_owned();
            value
        };
        let of = |environment: &Environment, url: &str| {
            let proxies = Proxies::of_environment(environment, None);
            let url = reqwest::Url::parse(url).unwrap();
            proxies.proxy_for(&url).map(|proxy| proxy.map(ToString::to_string))
        };
        let cvm = "https://cvm.tencentcloudapi.com/";
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            let canary = Environment::none().with(name, "nonsense://user:canary@host");
            for environment in [Environment::none().with(name, not_text()), canary] {
                let error = of(&environment, cvm).unwrap_err().to_string();
                assert!(error.starts_with(name) && !error.contains("canary"), "{error}");
                assert_eq!(of(&environment, "http://127.0.0.1:8080/"), Ok(None));
                assert_eq!(of(&environment.with("NO_PROXY", "tencentcloudapi.com"), cvm), Ok(None));
            }
        }
        // The first variable that is set decides, even if it is invalid.
        let good = Environment::of(&[("ALL_PROXY", "socks5h://user:canary@proxy.example")]);
        let proxy = "proxy.example:1080 (ALL_PROXY)".to_owned();
        assert_eq!(of(&good, cvm), Ok(Some(proxy)));
        assert!(of(&good.with("HTTPS_PROXY", "nonsense://host"), cvm).is_err());
        #[cfg(unix)]
        {
            let error = of(&good.with("NO_PROXY", not_text()), cvm).unwrap_err().to_string();
            assert!(error.starts_with("NO_PROXY"), "{error}");
            assert_eq!(of(&good.with("NO_PROXY", not_text()), "http://[::1]:80/"), Ok(None));
        }
    }
}
