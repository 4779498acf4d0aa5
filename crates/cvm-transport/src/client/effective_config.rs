//! The configuration that a client uses, for logs and health pages. It contains no secret.

use std::any::type_name_of_val;
use std::path::PathBuf;
use std::time::Duration;

use crate::config::{Dialect, Endpoint, Timeouts};

/// The configuration that a client uses, after defaults, environment variables and profile files were applied.
///
/// It contains no secret: of credentials and of all other parts that a program can replace, only the type is named, and
/// of a proxy only host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientConfig {
    /// The region, if the client has one.
    pub region: Option<String>,
    /// The endpoint of all services without one in [`service_endpoints`](Self::service_endpoints).
    pub endpoint: Endpoint,
    /// The services for which the tccli profile names an endpoint, and these endpoints.
    pub service_endpoints: Vec<(String, Endpoint)>,
    /// The named backup endpoints, in order.
    pub backup_endpoints: Vec<Endpoint>,
    /// Whether the provider's backup domains are used.
    pub backup_root_domains: bool,
    /// Whether each host has a circuit breaker.
    pub breaker: bool,
    /// How requests are encoded and signed.
    pub dialect: Dialect,
    /// Whether the v1 and old-gateway dialects send all parameters in the URL.
    pub parameters_in_url: bool,
    /// Whether secrets may be in the URL of a loopback endpoint.
    pub allow_secrets_in_url: bool,
    /// The timeouts.
    pub timeouts: Timeouts,
    /// The timeout of whole calls that [`Client::with_operation_timeout`](crate::Client::with_operation_timeout) set; it replaces both operation timeouts.
    pub operation_timeout: Option<Duration>,
    /// The maximum number of attempts. `None`: 3 or 4, depending on the action's retry class.
    pub max_attempts: Option<u32>,
    /// The maximum size of a response, in bytes.
    pub max_response_bytes: usize,
    /// Whether reads use a new connection for each attempt, as writes always do.
    pub fresh_connections: bool,
    /// The language of the service's messages. `None`: the service's own choice.
    pub language: Option<String>,
    /// The name and label that identify this client in the service's logs.
    pub request_client: String,
    /// Whether requests are signed with the endpoint's time after this machine's clock proved wrong.
    pub correct_clock: bool,
    /// The proxy as `host:port (setting)`, if the client made its HTTP client itself and that uses one. Loopback endpoints and hosts in
    /// `NO_PROXY` are called directly.
    pub proxy: Option<String>,
    /// The files of additional certificate authorities.
    pub ca_files: Vec<PathBuf>,
    /// The types of the replaceable parts.
    pub parts: ConfiguredParts,
}

/// The types of the parts of a client that a program can replace, such as `CachedCredentials<CredentialChain>`. `None`
/// means that there is no such part.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfiguredParts {
    /// The credential provider.
    pub credentials: Option<String>,
    /// The HTTP client.
    pub http: String,
    /// The rate limiter.
    pub rate_limiter: String,
    /// The interceptors, in the order in which they see a request.
    pub interceptors: Vec<String>,
    /// The wire observer.
    pub wire_observer: Option<String>,
    /// The metrics sink.
    pub metrics: Option<String>,
}

impl Default for ConfiguredParts {
    fn default() -> Self {
        Self {
            credentials: Some("CachedCredentials<CredentialChain>".to_owned()),
            http: "DefaultHttpClient".to_owned(),
            rate_limiter: "DocumentedRateLimiter".to_owned(),
            interceptors: Vec::new(),
            wire_observer: None,
            metrics: None,
        }
    }
}

/// The settings of a client that its other parts do not keep.
#[derive(Debug)]
pub(crate) struct KeptSettings {
    pub(crate) proxy: Option<String>,
    pub(crate) ca_files: Vec<PathBuf>,
    pub(crate) parts: ConfiguredParts,
}

/// The name of the type of a part, without the paths of its modules.
pub(crate) fn part_name<T: ?Sized>(part: &T) -> String {
    without_paths(type_name_of_val(part))
}

fn without_paths(name: &str) -> String {
    let mut short = String::new();
    // Where the path begins that is being read, and where those begin whose arguments are being read.
    let mut begin = 0;
    let mut outer = Vec::new();
    let mut rest = name.chars();
    while let Some(character) = rest.next() {
        if character == ':' && rest.as_str().starts_with(':') {
            rest.next();
            short.truncate(begin);
            continue;
        }
        short.push(character);
        match character {
            '<' | '(' | '[' => {
                outer.push(begin);
                begin = short.len();
            }
            '>' | ')' | ']' => begin = outer.pop().unwrap_or(short.len()),
            // A function has the name `{{closure}}` in the path of a type that is declared in a closure or an async block.
            '_' | '{' | '}' | '#' => {}
            character if character.is_alphanumeric() => {}
            _ => begin = short.len(),
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_names_have_no_module_paths() {
        for (name, short) in [
            ("a::b::Static", "Static"),
            ("a::Cached<b::Chain, c::d::E>", "Cached<Chain, E>"),
            ("alloc::sync::Arc<dyn x::y::Provider>", "Arc<dyn Provider>"),
            ("a::main::{{closure}}::Policy", "Policy"),
            ("a::Both<a::f::{{closure}}::B, &[a::{impl#1}::f::C]>", "Both<B, &[C]>"),
            ("<a::B as a::C>::f::Policy", "Policy"),
            ("(a::B, fn(a::C) -> a::D)", "(B, fn(C) -> D)"),
            ("a::f::{{closure}}", "{{closure}}"),
            ("plain", "plain"),
        ] {
            assert_eq!(without_paths(name), short);
        }
    }
}
