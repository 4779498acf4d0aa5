//! Which requests go through a proxy: by whole labels and networks, and never one to this machine.

use std::net::IpAddr;

/// The proxy of a client, and the hosts that are reached without it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proxies {
    proxy: Option<reqwest::Url>,
    exempt: Vec<Exemption>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Exemption {
    All,
    /// The domain and everything below it.
    Domain(String),
    Network(IpAddr, u32),
}

impl Proxies {
    /// `proxy` is a URL; `exempt` a list as in `NO_PROXY`.
    pub(crate) fn new(proxy: &str, exempt: &str) -> Result<Self, ProxyError> {
        let text = if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") };
        let proxy = reqwest::Url::parse(&text).map_err(|_| ProxyError)?;
        if !matches!(proxy.scheme(), "http" | "https") || proxy.host_str().is_none() {
            return Err(ProxyError);
        }
        Ok(Self {
            proxy: Some(proxy),
            exempt: exempt.split(',').filter_map(Exemption::parse).collect(),
        })
    }

    /// Whether no request goes through any proxy.
    pub(crate) const fn are_none(&self) -> bool {
        self.proxy.is_none()
    }

    pub(crate) fn proxy_for(&self, url: &reqwest::Url) -> Option<reqwest::Url> {
        let proxy = self.proxy.as_ref()?;
        let host =
            url.host_str()?.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let is_exempt = is_this_machine(&host) || self.exempt.iter().any(|row| row.covers(&host));
        (!is_exempt).then(|| proxy.clone())
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Exemption {
    fn parse(entry: &str) -> Option<Self> {
        let entry = entry.trim().to_ascii_lowercase();
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
            // The parts of an address are no labels.
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

/// A text that is no proxy address. It is not repeated: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProxyError;

#[cfg(test)]
mod tests {
    use super::*;

    fn proxied(exempt: &str, url: &str) -> bool {
        let proxies = Proxies::new("proxy.example:3128", exempt).unwrap();
        proxies.proxy_for(&reqwest::Url::parse(url).unwrap()).is_some()
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
            ("cvm.tencentcloudapi.com:443", cvm, true),
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
    fn what_is_no_proxy_is_refused() {
        for text in ["", "socks5://a", "file:///x", "http://"] {
            assert!(Proxies::new(text, "").is_err(), "{text}");
        }
    }
}
