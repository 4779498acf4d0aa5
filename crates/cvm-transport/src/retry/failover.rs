//! The hosts that one call may use: its endpoint, then backups if the request may safely go elsewhere.
//!
//! Without backups and without a circuit breaker, which is the default, there is one host, and every attempt uses it.
//!
//! A call moves on to the next host if no byte of its request was sent to the previous one, or if that host's breaker
//! is open. Each attempt is signed for the name of its host. A request that may have taken effect is retried at the
//! same host, unless its breaker has opened in the meantime.

use cvm_protocol::RetryClass;

use crate::Region;
use crate::config::endpoint::{Address, CheckedEndpoint, Origin};
use crate::config::{Endpoint, EndpointError};
use crate::observe::trace;
use crate::retry::breaker::{Breakers, Permit};

/// The provider's main domain, and the domains that serve the same API hosts.
const ROOT: &str = ".tencentcloudapi.com";
const BACKUP_ROOTS: [&str; 2] = [".tencentcloudapi.cn", ".tencentcloudapi.com.cn"];

/// The backup hosts of a client.
#[derive(Debug, Default)]
pub(crate) struct BackupHosts {
    named: Vec<Origin>,
    root_domains: bool,
}

impl BackupHosts {
    pub(crate) fn new(named: &[String], root_domains: bool) -> Result<Self, EndpointError> {
        let named = named.iter().map(|url| Origin::parse(url)).collect::<Result<_, _>>()?;
        Ok(Self { named, root_domains })
    }

    /// The named hosts, in order.
    pub(crate) fn configured(&self) -> Vec<Endpoint> {
        self.named.iter().map(|origin| Endpoint::Custom(origin.url())).collect()
    }

    /// Whether the provider's backup domains are used.
    pub(crate) const fn uses_root_domains(&self) -> bool {
        self.root_domains
    }

    /// Whether one of the named hosts is not this machine.
    pub(crate) fn has_remote_host(&self) -> bool {
        self.named.iter().any(|origin| !origin.is_loopback())
    }

    /// The backups of an address, in order, for a request of this class.
    pub(crate) fn of(
        &self,
        address: &Address,
        endpoint: &CheckedEndpoint,
        region: Option<&Region>,
        class: RetryClass,
    ) -> Vec<Address> {
        let may_fail_over =
            matches!(class, RetryClass::Read | RetryClass::Token | RetryClass::Convergent);
        if !may_fail_over {
            return Vec::new();
        }
        let is_finance = region.is_some_and(Region::is_finance) || address.host().contains("-fsi.");
        let named = self.named.iter().filter(|origin| {
            // Finance regions are isolated: no common host of the provider serves them.
            !is_finance || !origin.host().ends_with(ROOT) || origin.host().contains("-fsi.")
        });
        // The other published hosts have no twin, and a host that the caller named is used as it is.
        let is_common =
            matches!(endpoint, CheckedEndpoint::Published(Endpoint::Default | Endpoint::Regional));
        let stem = address
            .host()
            .strip_suffix(ROOT)
            .filter(|_| self.root_domains && is_common && !is_finance);
        let twins = stem.into_iter().flat_map(|stem| {
            BACKUP_ROOTS.iter().filter_map(move |root| Origin::parse(&format!("{stem}{root}")).ok())
        });
        let mut backups: Vec<Address> = Vec::new();
        for origin in named.cloned().chain(twins) {
            let Ok(backup) = address.at(origin) else { continue };
            if backup != *address && !backups.contains(&backup) {
                backups.push(backup);
            }
        }
        backups
    }
}

/// The position of a call in its list of hosts.
#[derive(Debug)]
pub(crate) struct Failover<'a> {
    hosts: Vec<&'a Address>,
    at: usize,
    last_host: Option<&'a Address>,
}

impl<'a> Failover<'a> {
    pub(crate) fn new(own: &'a Address, backups: &'a [Address]) -> Self {
        Self { hosts: std::iter::once(own).chain(backups).collect(), at: 0, last_host: None }
    }

    /// The host of the current attempt, if it got that far. Returned once, so that the next attempt is not reported
    /// with it.
    pub(crate) fn last_host(&mut self) -> Option<&'a Address> {
        self.last_host.take()
    }

    /// The host for the next attempt: the current one, or the first one after it whose breaker lets the request
    /// through; `None` if none does.
    pub(crate) fn host(
        &mut self,
        breakers: Option<&'a Breakers>,
        is_read: bool,
    ) -> Option<(&'a Address, Option<Permit<'a>>)> {
        for _ in 0..self.hosts.len() {
            let host = *self.hosts.get(self.at)?;
            let Some(breakers) = breakers else { return Some((self.use_host(host), None)) };
            if let Some(permit) = breakers.admit(host.authority(), is_read) {
                return Some((self.use_host(host), Some(permit)));
            }
            self.advance();
        }
        None
    }

    fn use_host(&mut self, host: &'a Address) -> &'a Address {
        if let Some(own) = self.hosts.first().filter(|_| self.at > 0) {
            trace::backup_used(host.authority(), own.authority());
        }
        self.last_host = Some(host);
        host
    }

    /// Moves on to the next host, because nothing could be sent to the current one.
    pub(crate) fn advance(&mut self) {
        self.at = (self.at + 1) % self.hosts.len().max(1);
    }
}

#[cfg(test)]
mod tests {
    use cvm_protocol::ServiceInfo;

    use super::*;
    use crate::config::Dialect;

    static SERVICE: ServiceInfo = ServiceInfo {
        name: "cvm",
        version: "2017-03-12",
        endpoint: "cvm.tencentcloudapi.com",
        endpoint_regional: "cvm.{region}.tencentcloudapi.com",
        endpoint_intl: "cvm.intl.tencentcloudapi.com",
        endpoint_internal: "cvm.internal.tencentcloudapi.com",
        old_gateway: Some(cvm_protocol::OldGateway {
            host: "cvm.api.qcloud.com",
            path: "/v2/index.php",
        }),
        partial_errors: "",
    };

    struct Case {
        endpoint: Endpoint,
        region: &'static str,
        dialect: Dialect,
        class: RetryClass,
    }

    const fn case(endpoint: Endpoint, region: &'static str) -> Case {
        Case { endpoint, region, dialect: Dialect::Tc3, class: RetryClass::Read }
    }

    fn backups(named: &[&str], root_domains: bool, case: Case) -> Vec<String> {
        let named: Vec<String> = named.iter().map(|url| (*url).to_owned()).collect();
        let backups = BackupHosts::new(&named, root_domains).unwrap();
        let region = Region::new(case.region).ok();
        let endpoint = CheckedEndpoint::new(case.endpoint).unwrap();
        let address = endpoint.address(&SERVICE, region.as_ref(), case.dialect).unwrap();
        let list = backups.of(&address, &endpoint, region.as_ref(), case.class);
        list.iter().map(|backup| backup.url().to_string()).collect()
    }

    #[test]
    fn backup_domains_keep_the_region_and_exclude_special_hosts() {
        let roots = |case| backups(&[], true, case);
        assert_eq!(
            roots(case(Endpoint::Default, "ap-tokyo")),
            ["https://cvm.tencentcloudapi.cn/", "https://cvm.tencentcloudapi.com.cn/"]
        );
        assert_eq!(
            roots(case(Endpoint::Regional, "ap-tokyo")),
            [
                "https://cvm.ap-tokyo.tencentcloudapi.cn/",
                "https://cvm.ap-tokyo.tencentcloudapi.com.cn/"
            ]
        );
        let none: [&str; 0] = [];
        assert_eq!(roots(case(Endpoint::Default, "ap-shanghai-fsi")), none);
        assert_eq!(roots(case(Endpoint::Regional, "ap-shanghai-fsi")), none);
        for endpoint in [
            Endpoint::International,
            Endpoint::Internal,
            "http://127.0.0.1:1".into(),
            "https://cvm.tencentcloudapi.com".into(),
        ] {
            assert_eq!(roots(case(endpoint, "ap-tokyo")), none);
        }
        let gateway = Case { dialect: Dialect::OldGateway, ..case(Endpoint::Default, "ap-tokyo") };
        assert_eq!(roots(gateway), none);
        assert_eq!(backups(&[], false, case(Endpoint::Default, "ap-tokyo")), none, "off");
    }

    #[test]
    fn named_hosts_come_first_without_duplicates() {
        let own = "cvm.tencentcloudapi.com";
        let named = ["cvm.ap-guangzhou.tencentcloudapi.com", own, "cvm.tencentcloudapi.cn"];
        assert_eq!(
            backups(&named, true, case(Endpoint::Default, "ap-tokyo")),
            [
                "https://cvm.ap-guangzhou.tencentcloudapi.com/",
                "https://cvm.tencentcloudapi.cn/",
                "https://cvm.tencentcloudapi.com.cn/",
            ]
        );
        let finance =
            ["cvm.ap-guangzhou.tencentcloudapi.com", "cvm.ap-shenzhen-fsi.tencentcloudapi.com"];
        assert_eq!(
            backups(&finance, false, case(Endpoint::Default, "ap-shanghai-fsi")),
            ["https://cvm.ap-shenzhen-fsi.tencentcloudapi.com/"]
        );
        assert!(BackupHosts::new(&["http://cvm.tencentcloudapi.cn".to_owned()], false).is_err());
        assert!(BackupHosts::new(&["https://a@b".to_owned()], false).is_err());
    }

    #[test]
    fn unsafe_requests_never_fail_over() {
        for class in [RetryClass::Guarded, RetryClass::Hazard] {
            let case = Case { class, ..case(Endpoint::Default, "ap-tokyo") };
            assert!(backups(&["other.example"], true, case).is_empty());
        }
        for class in [RetryClass::Read, RetryClass::Token, RetryClass::Convergent] {
            let case = Case { class, ..case(Endpoint::Default, "ap-tokyo") };
            assert_eq!(backups(&["other.example"], true, case).len(), 3);
        }
    }
}
