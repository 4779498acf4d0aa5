//! Who may use each route.

use std::net::IpAddr;

use axum::body::Body;
use http::{Request, StatusCode};

use crate::admin::{Admin, ROUTES, WITHOUT_TOKEN};
use crate::limits::Limits;
use crate::test_requests::cloud;

const LOCAL: &str = "127.0.0.1";

/// The status of a request to a route, and whether its response has a header of CORS.
async fn status(
    admin: &Admin,
    (method, path): (&str, &str),
    peer: &str,
    headers: &[(&str, &str)],
) -> StatusCode {
    // The values of placeholders do not matter: access is checked first.
    let path = path.replace("{kind}", "vpcs").replace("{name}", "slow").replace("{id}", "1");
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let peer: IpAddr = peer.parse().unwrap();
    let request = request.body(Body::empty()).unwrap();
    let (response, _) = admin.handle(request, Some(peer)).await;
    let mut names = response.headers().keys().map(|name| name.as_str());
    assert!(!names.any(|name| name.starts_with("access-control-")), "{:?}", response.headers());
    response.status()
}

#[tokio::test]
async fn every_route_checks_peer_host_origin_and_token() {
    let cloud = cloud();
    let admin = Admin::new(&cloud, &Limits::DEFAULT);
    let bearer = format!("Bearer {}", cloud.admin_token());
    let (host, token) = (("host", "localhost"), ("authorization", bearer.as_str()));
    for (method, path, _) in ROUTES {
        let route = (*method, *path);
        let is_open = WITHOUT_TOKEN.contains(path);
        let unauthorized = if is_open { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
        let wrong = ("authorization", "Bearer x");
        let rebound = ("host", "rebind.example.com");
        for (peer, headers, expected) in [
            (LOCAL, &[host][..], unauthorized),
            (LOCAL, &[host, wrong], unauthorized),
            (LOCAL, &[host, token, ("origin", "http://localhost")], StatusCode::FORBIDDEN),
            (LOCAL, &[rebound, token], StatusCode::FORBIDDEN),
            (LOCAL, &[token], StatusCode::FORBIDDEN),
            ("192.0.2.7", &[host, token], StatusCode::FORBIDDEN),
        ] {
            let actual = status(&admin, route, peer, headers).await;
            assert_eq!(actual, expected, "{method} {path} from {peer} with {headers:?}");
        }
        let allowed = status(&admin, route, LOCAL, &[host, token]).await;
        assert_ne!(allowed, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        assert!(!allowed.is_server_error(), "{method} {path}: {allowed}");
        let preflight = [host, ("access-control-request-method", *method)];
        let preflight = status(&admin, ("OPTIONS", path), LOCAL, &preflight).await;
        assert!(preflight.is_client_error(), "{path}: {preflight}");
    }
}
