//! Region names as parts of a host name: arbitrary text, and almost valid names.

use cvm_transport::Region;
use cvm_transport::config::Endpoint;
use proptest::prelude::*;

use crate::actions::ListThings;
use crate::builder;

/// The rule, implemented a second time: two letters, then one to four parts of one to twenty letters and
/// digits, each after a hyphen, and at most the length of a host name label.
fn is_valid(text: &str) -> bool {
    let (mut parts, mut length) = (0, 0);
    for byte in text.bytes() {
        match byte {
            b'-' if parts == 0 && length == 2 || parts > 0 && (1..=20).contains(&length) => {
                parts += 1;
                length = 0;
            }
            byte if byte.is_ascii_lowercase() || (parts > 0 && byte.is_ascii_digit()) => {
                length += 1
            }
            _ => return false,
        }
    }
    text.len() <= 63 && (1..=4).contains(&parts) && (1..=20).contains(&length) && !is_zone(text)
}

/// A city, perhaps its kind, and a short number.
fn is_zone(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let (city, number) = match parts[..] {
        [_, city, number] | [_, city, "fsi" | "ec" | "open", number] => (city, number),
        _ => return false,
    };
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    number.len() <= 3 && are_digits(number) && !city.bytes().any(|byte| byte.is_ascii_digit())
}

/// Compares the validation of a text with the rule, and the resulting host with the text.
fn check(text: &str) {
    assert_eq!(Region::new(text).is_ok(), is_valid(text), "{text:?}");
    let client =
        builder("https://cvm.example.com").endpoint(Endpoint::Regional).region(text).build();
    let Ok(client) = client else {
        assert!(!is_valid(text), "{text:?}");
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let prepared = runtime.block_on(client.prepare(ListThings::default())).unwrap();
    let host = format!("cvm.{text}.tencentcloudapi.com");
    let url = reqwest::Url::parse(prepared.url()).unwrap();
    assert_eq!(url.host_str(), Some(host.as_str()), "{text:?}");
    assert_eq!((url.port(), url.path(), url.query()), (None, "/", None), "{text:?}");
    assert_eq!((url.username(), url.password(), url.fragment()), ("", None, None), "{text:?}");
    assert_eq!(prepared.authority(), host, "{text:?}");
    assert_eq!(prepared.headers()["x-tc-region"], text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn arbitrary_text_never_becomes_another_host(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn almost_valid_region_never_becomes_another_host(text in "[a-z]{1,3}(-[a-z0-9]{0,22}){0,5}[-.@/#?:%A-Z_\u{e9}\n]?") {
        check(&text);
    }

    #[test]
    fn valid_region_becomes_its_own_host(text in "[a-z]{2}(-[a-z0-9]{1,20}|(-[a-z0-9]{1,14}){1,4})") {
        prop_assume!(!is_zone(&text));
        prop_assert!(is_valid(&text));
        check(&text);
    }
}
