//! Proxies, certificates and addresses from the environment.

use crate::harness::{Emulator, cvm, run};

const CALL: [&str; 3] = ["DescribeZones", "--region", "ap-guangzhou"];

fn call(endpoint: &str, variables: &[(&str, &str)]) -> crate::harness::Ran {
    let mut command = cvm(&CALL);
    command.args(["--endpoint", endpoint, "--timeout", "20"]);
    command.env("TENCENTCLOUD_SECRET_ID", "AKIDtest").env("TENCENTCLOUD_SECRET_KEY", "canary-key");
    run(command.envs(variables.iter().copied()))
}

#[test]
fn proxy_and_tls_settings_do_not_affect_the_emulator() {
    let emulator = Emulator::start();
    for (name, value) in [
        ("ALL_PROXY", "socks5://127.0.0.1:1"),
        ("all_proxy", "socks5h://127.0.0.1:1"),
        ("HTTPS_PROXY", "nonsense://user:canary@host"),
        ("SSL_CERT_FILE", "/nowhere/ca.pem"),
    ] {
        let ran = run(emulator.cvm(&CALL).env(name, value));
        assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
    }
}

#[test]
fn invalid_settings_are_named_before_sending() {
    for (endpoint, variable, words) in [
        (
            "https://cvm.example.com",
            ("HTTPS_PROXY", "nonsense://user:canary@host"),
            "HTTPS_PROXY is not",
        ),
        ("https://cvm.example.com", ("all_proxy", "socks://user:canary@host"), "all_proxy is not"),
        (
            "https://127.0.0.1:1",
            ("SSL_CERT_FILE", "/nowhere/ca.pem"),
            "SSL_CERT_FILE is \"/nowhere/ca.pem\"",
        ),
        ("https://127.0.0.1:1", ("SSL_CERT_DIR", "/nowhere"), "SSL_CERT_DIR is \"/nowhere\""),
        ("127.0.0.1:8080", ("LANG", "C"), "write http:// before it"),
    ] {
        let ran = call(endpoint, &[variable]);
        assert_eq!(ran.code, 4, "{variable:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
        assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    }
}

/// Counts connections, and sends these bytes to each after the first read.
fn answering(bytes: &'static [u8]) -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let count = std::sync::Arc::default();
    let counted: std::sync::Arc<std::sync::atomic::AtomicUsize> = std::sync::Arc::clone(&count);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(bytes);
        }
    });
    (address, count)
}

#[test]
fn plain_http_server_is_a_final_error_that_suggests_http() {
    for bytes in [&b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n"[..], b"SSH-2.0-x\r\n"] {
        let (address, count) = answering(bytes);
        let port = address.rsplit(':').next().unwrap();
        for endpoint in [format!("https://{address}"), format!("localhost:{port}")] {
            count.store(0, std::sync::atomic::Ordering::SeqCst);
            let ran = call(&endpoint, &[]);
            assert_eq!(ran.code, 5, "{}", ran.stderr);
            assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 1, "{}", ran.stderr);
            for expected in ["does not speak TLS", "write http://"] {
                assert!(ran.stderr.contains(expected), "{}", ran.stderr);
            }
            assert!(
                !ran.stderr.contains("corrupt") && !ran.stderr.contains("attempts"),
                "{}",
                ran.stderr
            );
        }
    }
}

#[test]
fn tls_server_error_suggests_https() {
    // The alert of a TLS server.
    let (address, _) = answering(b"\x15\x03\x01\x00\x02\x02\x32");
    let ran = call(&format!("http://{address}"), &[]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(ran.stderr.contains("write https://"), "{}", ran.stderr);
}

/// Every variable: an empty value is the same as none.
#[test]
fn empty_variables_count_as_not_set() {
    let ran = |endpoint: &str, variable: Option<&str>| {
        let mut command = cvm(&["DescribeZones", "--endpoint", endpoint, "--timeout", "60"]);
        command.args(["--region", "ap-guangzhou"]);
        command.env("TENCENTCLOUD_SECRET_ID", "AKIDtest").env("TENCENTCLOUD_SECRET_KEY", "key");
        if let Some(name) = variable {
            command.env(name, "");
        }
        let ran = run(&mut command);
        (ran.code, ran.stdout, ran.stderr)
    };
    // TLS is set up only for an endpoint that needs it, and this error is final.
    let (address, _) = answering(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let endpoint = format!("https://{address}");
    let expected = ran(&endpoint, None);
    assert_eq!(expected.0, 5, "{expected:?}");
    for variable in [
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
        "NO_PROXY",
        "no_proxy",
        "TENCENTCLOUD_TOKEN",
        "TENCENTCLOUD_SESSION_TOKEN",
        "TENCENTCLOUD_ROLE_ARN",
        "TENCENTCLOUD_ROLE_SESSION_NAME",
        "TENCENTCLOUD_REGION",
        "TENCENTCLOUD_CREDENTIALS_FILE",
        "TENCENTCLOUD_PROFILE",
        "TCCLI_PROFILE",
        "TKE_REGION",
        "TKE_PROVIDER_ID",
        "TKE_WEB_IDENTITY_TOKEN_FILE",
        "TKE_ROLE_ARN",
        "HOME",
        "USERPROFILE",
        "CVM_JOURNAL",
        "CVM_METADATA_ENDPOINT",
        "XDG_STATE_HOME",
        "XDG_RUNTIME_DIR",
        "COLUMNS",
    ] {
        assert_eq!(ran(&endpoint, Some(variable)), expected, "{variable}");
    }
}

#[test]
fn invalid_region_is_shown_with_its_source() {
    let call = |variable: &str, options: &[&str]| {
        let mut command = cvm(&["DescribeZones", "--endpoint", "http://127.0.0.1:1"]);
        command.env("TENCENTCLOUD_SECRET_ID", "AKIDtest");
        command.env("TENCENTCLOUD_SECRET_KEY", "canary-key");
        run(command.env("TENCENTCLOUD_REGION", variable).args(options))
    };
    let zone = "region \"ap-guangzhou-3\" is a zone; use its region, `ap-guangzhou`";
    let by_variable = call("ap-guangzhou-3", &[]);
    let by_option = call("ap-tokyo", &["--region", "ap-guangzhou-3"]);
    for (source, ran) in [("TENCENTCLOUD_REGION", by_variable), ("--region", by_option)] {
        assert_eq!(ran.code, 4, "{}", ran.stderr);
        assert!(ran.stderr.contains(&format!("{source}: {zone}")), "{}", ran.stderr);
    }
}
