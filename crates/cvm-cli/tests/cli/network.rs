//! Proxies, certificates and addresses, as the environment names them.

use crate::harness::{Emulator, cvm, run};

const CALL: [&str; 3] = ["DescribeZones", "--region", "ap-guangzhou"];

fn call(endpoint: &str, variables: &[(&str, &str)]) -> crate::harness::Ran {
    let mut command = cvm(&CALL);
    command.args(["--endpoint", endpoint, "--timeout", "20"]);
    command.env("TENCENTCLOUD_SECRET_ID", "AKIDtest").env("TENCENTCLOUD_SECRET_KEY", "canary-key");
    run(command.envs(variables.iter().copied()))
}

#[test]
fn settings_for_other_hosts_do_not_matter_to_the_emulator() {
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
fn broken_settings_are_named_before_anything_is_sent() {
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
            "SSL_CERT_FILE names \"/nowhere/ca.pem\"",
        ),
        ("https://127.0.0.1:1", ("SSL_CERT_DIR", "/nowhere"), "SSL_CERT_DIR names \"/nowhere\""),
        ("127.0.0.1:8080", ("LANG", "C"), "write http:// in front of it"),
    ] {
        let ran = call(endpoint, &[variable]);
        assert_eq!(ran.code, 4, "{variable:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
        assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    }
}

#[test]
fn wrong_region_is_shown_with_its_source() {
    let call = |variable: &str, options: &[&str]| {
        let mut command = cvm(&["DescribeZones", "--endpoint", "http://127.0.0.1:1"]);
        command.env("TENCENTCLOUD_SECRET_ID", "AKIDtest");
        command.env("TENCENTCLOUD_SECRET_KEY", "canary-key");
        run(command.env("TENCENTCLOUD_REGION", variable).args(options))
    };
    let zone = "region \"ap-guangzhou-3\" is a zone; give its region, `ap-guangzhou`";
    let by_variable = call("ap-guangzhou-3", &[]);
    let by_option = call("ap-tokyo", &["--region", "ap-guangzhou-3"]);
    for (source, ran) in [("TENCENTCLOUD_REGION", by_variable), ("--region", by_option)] {
        assert_eq!(ran.code, 4, "{}", ran.stderr);
        assert!(ran.stderr.contains(&format!("{source}: {zone}")), "{}", ran.stderr);
    }
}
