//! Parses and checks scheme, host and port of a custom endpoint.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::EndpointError;

/// Scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(super) plain: bool,
    pub(super) host: String,
    /// Host and port as they are sent and signed: without the default port of the scheme.
    pub(super) authority: String,
    pub(super) loopback: bool,
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
        if loopback == Loopback::Literal && !url.contains("://") {
            return Err(EndpointError::LoopbackWithoutScheme);
        }
        let default_port = if plain { 80 } else { 443 };
        let authority = match port {
            Some(port) if port != default_port => format!("{host}:{port}"),
            _ => host.clone(),
        };
        Ok(Self { plain, host, authority, loopback: loopback != Loopback::No })
    }

    /// The origin as a URL.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.plain { "http" } else { "https" };
        format!("{scheme}://{}", self.authority)
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
        // Only one spelling of each address is accepted, so that what is signed is what is sent.
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
    // URL parsers read `127.1`, `0x7f.1` and `2130706433` as addresses: only the usual form is accepted.
    let last = host.rsplit('.').next().unwrap_or_default();
    if last.starts_with(|first: char| first.is_ascii_digit()) {
        let address: Ipv4Addr = host.parse().map_err(|_| EndpointError::Host)?;
        return Ok(if address.is_loopback() { Loopback::Literal } else { Loopback::No });
    }
    Ok(if last == "localhost" { Loopback::Name } else { Loopback::No })
}
