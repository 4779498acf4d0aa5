//! HTTP texts: responses of a scripted server, request headers, dates.

use std::time::{SystemTime, UNIX_EPOCH};

use cvm_models::time::Date;

const JSON: &str = "content-type: application/json\r\n";

/// A complete response. Each header ends with a line break.
pub fn http_response(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status} S\r\n{headers}content-length: {length}\r\n\r\n{body}")
}

/// A complete response with a JSON body.
pub fn json_response(status: u16, body: &str) -> String {
    http_response(status, JSON, body)
}

/// As [`json_response`], from a service whose clock shows this time.
pub fn dated_response(status: u16, unix: u64, body: &str) -> String {
    http_response(status, &format!("{JSON}date: {}\r\n", http_date(unix)), body)
}

/// The value of a header of a request.
pub fn request_header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    request.lines().find_map(|line| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// The current Unix time.
pub fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A time as the service writes it: `YYYY-MM-DDThh:mm:ssZ`.
pub fn service_time(unix: u64) -> String {
    let date = Date::from_timestamp(unix).unwrap();
    let (hour, minute, second) = (unix / 3_600 % 24, unix / 60 % 60, unix % 60);
    format!("{date}T{hour:02}:{minute:02}:{second:02}Z")
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(unix: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = service_time(unix);
    let parts: Vec<&str> = text.split(['-', 'T', 'Z']).collect();
    let day = DAYS[usize::try_from(unix / 86_400 % 7).unwrap()];
    let month = MONTHS[parts[1].parse::<usize>().unwrap() - 1];
    format!("{day}, {} {month} {} {} GMT", parts[2], parts[0], parts[3])
}
