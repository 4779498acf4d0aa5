//! Serves the metadata of an instance: what `metadata.tencentyun.com` responds inside of an instance.
//!
//! The service recognizes an instance by its network. Here, all clients are on one machine, so the port describes one
//! instance, and a path that begins with an id describes another one.

use std::net::IpAddr;

use bytes::Bytes;
use cvm_protocol::percent;
use cvm_simulator::MetadataQuery;
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderValue, Method, Response, StatusCode, header};

use crate::Cloud;

/// Responds to reads of metadata.
#[derive(Clone, Debug)]
pub(crate) struct MetadataService {
    /// `None` for the newest instance that runs.
    instance_id: Option<String>,
}

impl MetadataService {
    pub(crate) const fn new(instance_id: Option<String>) -> Self {
        Self { instance_id }
    }

    pub(crate) fn respond(&self, cloud: &Cloud, parts: &Parts) -> Response<Bytes> {
        if !is_host_of_metadata(parts) {
            let why = "The emulator serves metadata only under an address or a local name, because a web page could \
                       give its own name to this address and read secrets.\n";
            return text(StatusCode::FORBIDDEN, why.into());
        }
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "Use GET.\n".into());
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        match self.query(parts.uri.path()).and_then(|query| cloud.read_metadata(query)) {
            Some(content) => text(StatusCode::OK, content.into_bytes().into()),
            None => text(StatusCode::NOT_FOUND, "404 - Not Found\n".into()),
        }
    }

    /// What a path asks for.
    fn query(&self, path: &str) -> Option<MetadataQuery> {
        // In a path, a plus sign is no blank.
        let path = percent::decode(&path.replace('+', "%2B"))?.into_owned();
        let of_instance = path.strip_prefix('/').filter(|rest| rest.starts_with("ins-"));
        let Some(rest) = of_instance else {
            return Some(MetadataQuery { instance_id: self.instance_id.clone(), path });
        };
        let (id, rest) = rest.split_once('/').unwrap_or((rest, ""));
        Some(MetadataQuery { instance_id: Some(id.to_owned()), path: format!("/{rest}") })
    }
}

/// Whether a request names this host as a program on the machine does: by an address, by the name of the service, or by
/// a name that only the local network resolves. A web page can point any other name to this address.
fn is_host_of_metadata(parts: &Parts) -> bool {
    let mut hosts = parts.headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()),
        _ => None,
    };
    let Some(host) = parts.uri.authority().cloned().or(host) else { return false };
    let name = host.host().to_ascii_lowercase();
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&name);
    address.parse::<IpAddr>().is_ok()
        || name == "metadata.tencentyun.com"
        || !name.contains('.')
        || name.ends_with(".localhost")
}

fn text(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn names_that_a_web_page_could_use_are_refused() {
        let is_served = |host: &str| {
            let (parts, ()) =
                Request::get("/latest/").header("host", host).body(()).unwrap().into_parts();
            is_host_of_metadata(&parts)
        };
        for host in [
            "127.0.0.1:80",
            "169.254.0.23",
            "[::1]:8601",
            "localhost",
            "localhost:8601",
            "metadata.tencentyun.com",
            "emulator:8601",
            "a.localhost",
        ] {
            assert!(is_served(host), "{host}");
        }
        for host in
            ["", "evil.example", "127.0.0.1.evil.example", "metadata.tencentyun.com.", "a b"]
        {
            assert!(!is_served(host), "{host}");
        }
        let twice = Request::get("/").header("host", "localhost").header("host", "localhost");
        assert!(!is_host_of_metadata(&twice.body(()).unwrap().into_parts().0));
    }

    #[test]
    fn path_can_name_an_instance() {
        let service = MetadataService::new(Some("ins-default1".into()));
        let query = |path: &str| {
            let query = service.query(path)?;
            Some((query.instance_id?, query.path))
        };
        let expected = |id: &str, path: &str| Some((id.to_owned(), path.to_owned()));
        assert_eq!(query("/latest/"), expected("ins-default1", "/latest/"));
        assert_eq!(query("/ins-12345678/latest/a+b"), expected("ins-12345678", "/latest/a+b"));
        assert_eq!(query("/ins-12345678"), expected("ins-12345678", "/"));
        assert_eq!(query("/latest/52%3A54"), expected("ins-default1", "/latest/52:54"));
        assert_eq!(query("/%ff"), None);
    }
}
