//! Who may use the admin API: a program on this machine that has the token, and no web page.

use std::fmt;
use std::net::IpAddr;

use cvm_protocol::Sensitive;
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, header};
use subtle::ConstantTimeEq;

/// The token of the admin API, and whether other machines may use it.
#[derive(Debug)]
pub(crate) struct AdminAccess {
    token: Sensitive,
    allows_remote: bool,
}

/// Why a request to the admin API is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// The client is on another machine.
    Peer,
    /// The request names another host, as a web page does that gave its own name to this address.
    Host,
    /// A web page sent the request.
    Origin,
    /// The token is missing or wrong.
    Token,
}

impl AdminAccess {
    pub(crate) const fn new(token: Sensitive, allows_remote: bool) -> Self {
        Self { token, allows_remote }
    }

    /// The token.
    pub(crate) fn token(&self) -> &str {
        self.token.expose()
    }

    /// Checks a request of this client. `needs_token` is false for what everyone on the machine may know.
    pub(crate) fn check(
        &self,
        peer: Option<IpAddr>,
        parts: &Parts,
        needs_token: bool,
    ) -> Result<(), Denied> {
        let is_local = peer.is_some_and(|peer| peer.to_canonical().is_loopback());
        if !is_local && !self.allows_remote {
            return Err(Denied::Peer);
        }
        if !host_name(parts).is_some_and(|name| self.accepts_host(&name)) {
            return Err(Denied::Host);
        }
        if parts.headers.contains_key(header::ORIGIN) {
            return Err(Denied::Origin);
        }
        if needs_token && !self.has_token(&parts.headers) {
            return Err(Denied::Token);
        }
        Ok(())
    }

    /// A web page can give its own name to any address, but not these names. Names without a dot are names of the local
    /// network.
    fn accepts_host(&self, name: &str) -> bool {
        let bare = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
        match bare.parse::<IpAddr>() {
            Ok(ip) => self.allows_remote || ip.to_canonical().is_loopback(),
            Err(_) => {
                name == "localhost"
                    || name.ends_with(".localhost")
                    || (self.allows_remote && !name.contains('.'))
            }
        }
    }

    fn has_token(&self, headers: &HeaderMap) -> bool {
        let mut given = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(value), None) = (given.next(), given.next()) else { return false };
        let token = value.to_str().ok().and_then(|text| {
            let (scheme, token) = text.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        token.is_some_and(|token| token.as_bytes().ct_eq(self.token.expose().as_bytes()).into())
    }
}

/// The name of the host in the request line, else in the only `Host` header.
fn host_name(parts: &Parts) -> Option<String> {
    let mut hosts = parts.headers.get_all(header::HOST).iter();
    let header = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()),
        _ => None,
    };
    let authority = parts.uri.authority().cloned().or(header)?;
    Some(authority.host().to_ascii_lowercase())
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Peer => {
                "the admin API serves only clients on this machine; start the emulator with \
                 `--allow-remote-admin` to allow others"
            }
            Self::Host => {
                "the admin API serves only requests to a loopback address or to `localhost`, because a web page \
                 could give its own name to this address; use the `url` of the ready file"
            }
            Self::Origin => "the admin API serves no web pages; send the request without `Origin`",
            Self::Token => {
                "the admin token is missing or wrong; send `Authorization: Bearer TOKEN` with the \
                 `admin_token` of the ready file"
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn parts(host: &str, more: &[(&str, &str)]) -> Parts {
        let mut request = Request::get("/_emulator/clock").header("host", host);
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn access(allows_remote: bool) -> AdminAccess {
        AdminAccess::new("secret".to_owned().into(), allows_remote)
    }

    #[test]
    fn only_names_of_this_machine_are_accepted() {
        for (host, local, remote) in [
            ("localhost", true, true),
            ("LOCALHOST:80", true, true),
            ("cvm.localhost:80", true, true),
            ("127.0.0.1:80", true, true),
            ("127.9.9.9", true, true),
            ("[::1]:80", true, true),
            ("[::ffff:127.0.0.1]", true, true),
            ("192.0.2.7:80", false, true),
            ("[2001:db8::7]", false, true),
            ("emulator:8600", false, true),
            ("rebind.example.com", false, false),
            ("localhost.example.com", false, false),
            ("127.0.0.1.example.com", false, false),
            ("notlocalhost.", false, false),
            ("", false, false),
        ] {
            let peer = Some("127.0.0.1".parse().unwrap());
            let accepts =
                |remote| access(remote).check(peer, &parts(host, &[]), false) != Err(Denied::Host);
            assert_eq!((accepts(false), accepts(true)), (local, remote), "{host}");
        }
    }

    #[test]
    fn absolute_request_line_and_repeated_hosts_are_checked() {
        let peer = Some("127.0.0.1".parse().unwrap());
        let check = |parts: &Parts| access(false).check(peer, parts, false);
        let absolute =
            Request::get("http://rebind.example.com/_emulator/health").header("host", "localhost");
        assert_eq!(check(&absolute.body(()).unwrap().into_parts().0), Err(Denied::Host));
        assert_eq!(check(&parts("localhost", &[("host", "localhost")])), Err(Denied::Host));
    }

    #[test]
    fn other_machines_need_permission() {
        for (peer, is_local) in [
            (Some("127.0.0.1"), true),
            (Some("::1"), true),
            (Some("::ffff:127.0.0.1"), true),
            (Some("192.0.2.7"), false),
            (Some("2001:db8::7"), false),
            (None, false),
        ] {
            let peer = peer.map(|peer| peer.parse().unwrap());
            let parts = parts("localhost", &[]);
            let denied = access(false).check(peer, &parts, false);
            assert_eq!(denied, if is_local { Ok(()) } else { Err(Denied::Peer) }, "{peer:?}");
            assert_eq!(access(true).check(peer, &parts, false), Ok(()), "{peer:?}");
        }
    }

    #[test]
    fn token_is_compared_as_a_whole() {
        let peer = Some("::1".parse().unwrap());
        for (values, is_accepted) in [
            (&["Bearer secret"][..], true),
            (&["bearer secret"], true),
            (&["Bearer  secret "], true),
            (&[], false),
            (&["secret"], false),
            (&["Bearer"], false),
            (&["Bearer "], false),
            (&["Bearer secre"], false),
            (&["Bearer secrets"], false),
            (&["Bearer SECRET"], false),
            (&["Basic secret"], false),
            (&["Bearer secret", "Bearer secret"], false),
        ] {
            let headers: Vec<_> = values.iter().map(|value| ("authorization", *value)).collect();
            let checked = access(false).check(peer, &parts("localhost", &headers), true);
            assert_eq!(checked.is_ok(), is_accepted, "{values:?}");
        }
        let page = parts("localhost", &[("authorization", "Bearer secret"), ("origin", "null")]);
        assert_eq!(access(false).check(peer, &page, true), Err(Denied::Origin));
        assert!(!format!("{:?}", access(false)).contains("secret"));
    }
}
