//! Signed requests for the unit tests of this crate.

use cvm_signer::{Credential, tc3};
use http::Request;

use crate::{Cloud, Emulator, Timestamp};

/// The real time of these tests.
pub(crate) const NOW: u64 = 1_700_000_000;

const HOST: &str = "cvm.tencentcloudapi.com";

pub(crate) fn credential(id: &str) -> Credential {
    Credential::new(id, "a-secret-key").unwrap()
}

/// Creates a cloud that accepts the credential `AKIDEXAMPLE`.
pub(crate) fn cloud() -> Cloud {
    let builder = Emulator::builder().seed(1).manual().start_time(Timestamp::from_unix(NOW));
    builder.wall_clock(|| NOW).credential(credential("AKIDEXAMPLE")).build().unwrap()
}

/// A signed API 3.0 POST, without a header for its length.
pub(crate) fn tc3_post<B>(
    id: &str,
    timestamp: u64,
    action: &str,
    text: &str,
    body: B,
) -> Request<B> {
    let headers = [("content-type", "application/json"), ("host", HOST)];
    let signed = tc3::Request::post(text.as_bytes(), &headers);
    let authorization = tc3::sign(&credential(id), "cvm", timestamp, &signed).unwrap();
    Request::post("/")
        .header("host", HOST)
        .header("content-type", "application/json")
        .header("authorization", authorization)
        .header("x-tc-timestamp", timestamp.to_string())
        .header("x-tc-action", action)
        .header("x-tc-version", "2017-03-12")
        .header("x-tc-region", "ap-guangzhou")
        .body(body)
        .unwrap()
}

/// The head of such a request as text, with additional header lines.
pub(crate) fn tc3_head(id: &str, action: &str, text: &str, more: &str) -> String {
    let request = tc3_post(id, NOW, action, text, ());
    let mut head = "POST / HTTP/1.1\r\n".to_owned();
    for (name, value) in request.headers() {
        head += &format!("{name}: {}\r\n", value.to_str().unwrap());
    }
    head + more + "\r\n"
}

/// A whole `DescribeZones` request as text.
pub(crate) fn zones() -> String {
    let body = "{}";
    tc3_head("AKIDEXAMPLE", "DescribeZones", body, "content-length: 2\r\n") + body
}
