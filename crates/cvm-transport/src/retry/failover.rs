//! The hosts that one call may go to: its own, then backups for a request that may safely go elsewhere.
//!
//! Without backups and without a breaker, which is how every client begins, a route has one host and
//! every attempt goes there.
//!
//! A call moves on to the next host when nothing of its request left for the one before, or when that
//! host's breaker is open. Each host is signed for by its own name. What may have been carried out is
//! sent to the same host again, unless its breaker opened in between.

use cvm_protocol::RetryClass;

use crate::config::endpoint::{Address, CheckedEndpoint, Origin};
use crate::observe::trace;
use crate::retry::breaker::{Breakers, Permit};
use crate::{Endpoint, EndpointError, Region};

/// The provider's own domain, and those where it repeats its API hosts.
const ROOT: &str = ".tencentcloudapi.com";
const BACKUP_ROOTS: [&str; 2] = [".tencentcloudapi.cn", ".tencentcloudapi.com.cn"];

/// Where else a client's requests may go.
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

    /// Whether one of the named hosts is another machine.
    pub(crate) fn leave_the_machine(&self) -> bool {
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
        let may_leave =
            matches!(class, RetryClass::Read | RetryClass::Token | RetryClass::Convergent);
        if !may_leave {
            return Vec::new();
        }
        let is_finance = region.is_some_and(Region::is_finance) || address.host().contains("-fsi.");
        let named = self.named.iter().filter(|origin| {
            // Finance regions are cut off from the others: no common host of the provider serves them.
            !is_finance || !origin.host().ends_with(ROOT) || origin.host().contains("-fsi.")
        });
        // The other published hosts have no twin, and a host that the caller named is the caller's.
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

/// Where a call stands on its way through the hosts.
#[derive(Debug)]
pub(crate) struct Failover<'a> {
    hosts: Vec<&'a Address>,
    at: usize,
    taken: Option<&'a Address>,
}

impl<'a> Failover<'a> {
    pub(crate) fn new(own: &'a Address, backups: &'a [Address]) -> Self {
        Self { hosts: std::iter::once(own).chain(backups).collect(), at: 0, taken: None }
    }

    /// The host that the present attempt went to, if it got so far. Told once, so that the next attempt
    /// does not pass it for its own.
    pub(crate) fn last_host(&mut self) -> Option<&'a Address> {
        self.taken.take()
    }

    /// The host for the next attempt: the present one, or the first after it whose breaker lets the
    /// request through; `None` when none does.
    pub(crate) fn host(
        &mut self,
        breakers: Option<&'a Breakers>,
        is_reading: bool,
    ) -> Option<(&'a Address, Option<Permit<'a>>)> {
        for _ in 0..self.hosts.len() {
            let host = *self.hosts.get(self.at)?;
            let Some(breakers) = breakers else { return Some((self.take(host), None)) };
            if let Some(permit) = breakers.admit(host.authority(), is_reading) {
                return Some((self.take(host), Some(permit)));
            }
            self.advance();
        }
        None
    }

    fn take(&mut self, host: &'a Address) -> &'a Address {
        if let Some(own) = self.hosts.first().filter(|_| self.at > 0) {
            trace::backup_taken(host.authority(), own.authority());
        }
        self.taken = Some(host);
        host
    }

    /// Nothing could be sent to the present host: the next attempt tries the one after it.
    pub(crate) fn advance(&mut self) {
        self.at = (self.at + 1) % self.hosts.len().max(1);
    }
}

#[cfg(test)]
mod tests {
    use cvm_protocol::ServiceInfo;

    use super::*;
    use crate::Dialect;

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
    fn root_domains_keep_the_region_and_leave_special_hosts_alone() {
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
    fn named_hosts_come_first_and_no_host_twice() {
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
    fn what_must_not_be_repeated_stays_at_home() {
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
