//! The metadata of an instance, over real HTTP.

use std::net::SocketAddr;

use cvm_emulator::{Builder, Emulator, StartError, Timestamp};
use cvm_signer::Credential;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::*;

/// An emulator with a port for metadata, whose clock stands still.
async fn start(configure: impl FnOnce(Builder) -> Builder) -> Emulator {
    let builder = Emulator::builder().seed(1).manual().start_time(Timestamp::from_unix(NOW));
    let builder = builder.wall_clock(|| NOW).credential(credential());
    let builder = builder.metadata("127.0.0.1:0".parse().unwrap());
    configure(builder).start().await.unwrap()
}

fn address(emulator: &Emulator) -> SocketAddr {
    emulator.metadata_url().unwrap().strip_prefix("http://").unwrap().parse().unwrap()
}

/// Sends a head, and returns the status and the whole response.
async fn exchange(emulator: &Emulator, head: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address(emulator)).await.unwrap();
    stream.write_all(format!("{head}\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await.unwrap();
    let text = String::from_utf8(response).unwrap();
    (text.split(' ').nth(1).unwrap().parse().unwrap(), text)
}

/// Reads a path; returns the status and the body.
async fn get(emulator: &Emulator, path: &str) -> (u16, String) {
    let host = "metadata.tencentyun.com";
    let (status, text) = exchange(emulator, &format!("GET {path} HTTP/1.1\r\nhost: {host}")).await;
    (status, text.split_once("\r\n\r\n").unwrap().1.to_owned())
}

async fn value(emulator: &Emulator, path: &str) -> String {
    let path = format!("/latest/meta-data/{path}");
    let (status, body) = get(emulator, &path).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

async fn status(emulator: &Emulator, path: &str) -> u16 {
    get(emulator, &format!("/latest/meta-data/{path}")).await.0
}

#[tokio::test]
async fn instance_reads_its_elastic_ip() {
    let emulator = start(|it| it).await;
    let cloud = emulator.cloud();
    let id = launch_running(cloud, json!({}));
    assert_eq!(status(&emulator, "public-ipv4").await, 404);
    let vpc = |action: &str, body: Value| {
        read(&cloud.handle(&Call::of("vpc", VERSION, action).json(body.to_string())))
    };
    let address = string(&vpc("AllocateAddresses", json!({}))["AddressSet"][0]);
    advance(cloud, 2);
    vpc("AssociateAddress", json!({ "AddressId": address, "InstanceId": id }));
    advance(cloud, 2);
    let shown = string(&describe(cloud, &id)["PublicIpAddresses"][0]);
    assert_eq!(value(&emulator, "public-ipv4").await, shown);
}

#[tokio::test]
async fn only_a_running_instance_reads_metadata() {
    let emulator = start(|it| it).await;
    let cloud = emulator.cloud();
    let id = launch_running(cloud, json!({ "CamRoleName": "reader" }));
    let path = format!("/{id}/latest/meta-data/cam/security-credentials/reader");
    assert_eq!(get(&emulator, &path).await.0, 200);
    send_ok(cloud, "StopInstances", json!({ "InstanceIds": [id] }));
    for _ in 0..2 {
        assert_eq!(get(&emulator, &path).await.0, 404, "{}", state(cloud, &id));
        advance(cloud, 60);
    }
    assert_eq!(state(cloud, &id), "STOPPED");
    send_ok(cloud, "StartInstances", json!({ "InstanceIds": [id] }));
    advance(cloud, 60);
    assert_eq!(get(&emulator, &path).await.0, 200);
}

#[tokio::test]
async fn instance_reads_what_the_api_shows() {
    let emulator = start(|it| it).await;
    let id = launch_running(
        emulator.cloud(),
        json!({
            "InstanceName": "web",
            "HostName": "web-1",
            "SecurityGroupIds": ["sg-00000001", "sg-00000002"],
            "VirtualPrivateCloud": { "VpcId": "vpc-00000001", "SubnetId": "subnet-00000001" },
            "InternetAccessible": { "InternetMaxBandwidthOut": 1, "PublicIpAssigned": true },
            "UserData": "IyEvYmluL3NoCmVjaG8gMQo=",
        }),
    );
    let instance = describe(emulator.cloud(), &id);
    let text = |pointer: &str| string(instance.pointer(pointer).unwrap());
    let (local, public) = (text("/PrivateIpAddresses/0"), text("/PublicIpAddresses/0"));
    let mac = value(&emulator, "mac").await;
    assert!(mac.starts_with("52:54:00:") && mac.len() == 17, "{mac}");
    let interface = format!("network/interfaces/macs/{mac}");
    let of_address = format!("{interface}/local-ipv4s/{local}");
    let gateway = local.rsplit_once('.').unwrap().0.rsplit_once('.').unwrap().0.to_owned();
    for (path, expected) in [
        ("instance-id".to_owned(), id.clone()),
        ("instance-name".to_owned(), "web".into()),
        ("hostname".to_owned(), "web-1".into()),
        ("uuid".to_owned(), text("/Uuid")),
        ("app-id".to_owned(), "1250000000".into()),
        ("instance/image-id".to_owned(), IMAGE.into()),
        ("instance/instance-type".to_owned(), "S5.MEDIUM4".into()),
        ("instance/security-group".to_owned(), "sg-00000001\nsg-00000002".into()),
        ("local-ipv4".to_owned(), local.clone()),
        ("public-ipv4".to_owned(), public.clone()),
        ("placement/region".to_owned(), "ap-guangzhou".into()),
        ("placement/zone".to_owned(), "ap-guangzhou-3".into()),
        ("payment/charge-type".to_owned(), "POSTPAID_BY_HOUR".into()),
        ("payment/create-time".to_owned(), "2023-11-14 22:13:20".into()),
        (format!("{interface}/mac"), mac.clone()),
        (format!("{interface}/vpc-id"), "vpc-00000001".into()),
        (format!("{interface}/subnet-id"), "subnet-00000001".into()),
        (format!("{interface}/primary-local-ipv4"), local.clone()),
        (format!("{interface}/public-ipv4s"), public.clone()),
        (format!("{of_address}/local-ipv4"), local.clone()),
        (format!("{of_address}/public-ipv4"), public),
        (format!("{of_address}/public-ipv4-mode"), "NAT".into()),
    ] {
        assert_eq!(value(&emulator, &path).await, expected, "{path}");
    }
    assert!(value(&emulator, &format!("{of_address}/gateway")).await.starts_with(&gateway));
    assert!(value(&emulator, &format!("{of_address}/subnet-mask")).await.starts_with("255."));
    let (status, user_data) = get(&emulator, "/latest/user-data").await;
    assert_eq!((status, user_data.as_str()), (200, "#!/bin/sh\necho 1\n"));
}

#[tokio::test]
async fn gateway_and_mask_are_those_of_a_created_subnet() {
    let emulator = start(|it| it).await;
    let create = |action: &str, body: Value| {
        let call = Call::of("vpc", VERSION, action);
        read(&emulator.cloud().handle(&call.json(body.to_string())))
    };
    let vpc = create("CreateVpc", json!({ "VpcName": "a", "CidrBlock": "10.1.0.0/16" }));
    let vpc = string(&vpc["Vpc"]["VpcId"]);
    let subnet = create(
        "CreateSubnet",
        json!({
            "VpcId": vpc,
            "SubnetName": "a",
            "CidrBlock": "10.1.3.0/25",
            "Zone": "ap-guangzhou-3",
        }),
    );
    let network = json!({ "VpcId": vpc, "SubnetId": string(&subnet["Subnet"]["SubnetId"]) });
    launch_running(emulator.cloud(), json!({ "VirtualPrivateCloud": network }));
    let (mac, local) = (value(&emulator, "mac").await, value(&emulator, "local-ipv4").await);
    let path = format!("network/interfaces/macs/{mac}/local-ipv4s/{local}");
    assert_eq!(value(&emulator, &format!("{path}/gateway")).await, "10.1.3.1");
    assert_eq!(value(&emulator, &format!("{path}/subnet-mask")).await, "255.255.255.128");
}

#[tokio::test]
async fn directories_are_listed_as_in_the_samples() {
    let emulator = start(|it| it).await;
    launch_running(emulator.cloud(), json!({}));
    let mac = value(&emulator, "mac").await;
    assert_eq!(get(&emulator, "/").await.1, "1.0\n2017-09-19\nlatest\nmeta-data");
    let root = value(&emulator, "").await;
    for name in ["instance-id", "local-ipv4", "network/", "placement/", "uuid"] {
        assert!(root.lines().any(|line| line == name), "{name} in {root}");
    }
    assert_eq!(value(&emulator, "network/interfaces/macs/").await, format!("{mac}/"));
    assert_eq!(value(&emulator, "placement").await, "region\nzone");
    // Colons may be escaped, and every version has the same content.
    let escaped = mac.replace(':', "%3A");
    assert_eq!(value(&emulator, &format!("network/interfaces/macs/{escaped}/mac")).await, mac);
    for version in ["/1.0", "/2017-09-19", ""] {
        assert_eq!(get(&emulator, &format!("{version}/meta-data/mac")).await, (200, mac.clone()));
    }
}

#[tokio::test]
async fn absent_values_are_404() {
    let emulator = start(|it| it).await;
    assert_eq!(status(&emulator, "instance-id").await, 404, "no instance runs");
    launch_running(emulator.cloud(), json!({}));
    for path in [
        "cam/security-credentials/",
        "cam",
        "instance-ID",
        "public-ipv4",
        "spot/termination-time",
        "payment/termination-time",
        "x",
    ] {
        assert_eq!(status(&emulator, path).await, 404, "{path}");
    }
    assert_eq!(get(&emulator, "/latest/user-data").await.0, 404);
    assert_eq!(get(&emulator, "/2020-01-01/meta-data/").await.0, 404);
}

#[tokio::test]
async fn newest_running_instance_is_described_unless_a_path_or_option_names_another() {
    let emulator = start(|it| it).await;
    let first = launch_running(emulator.cloud(), json!({}));
    let second = launch_running(emulator.cloud(), json!({}));
    assert_eq!(value(&emulator, "instance-id").await, second);
    let by_path = get(&emulator, &format!("/{first}/latest/meta-data/instance-id")).await;
    assert_eq!(by_path, (200, first.clone()));
    assert_eq!(get(&emulator, "/ins-zzzzzzzz/latest/meta-data/instance-id").await.0, 404);
    send_ok(emulator.cloud(), "StopInstances", json!({ "InstanceIds": [second] }));
    advance(emulator.cloud(), 60);
    assert_eq!(value(&emulator, "instance-id").await, first);
    // The seed makes the ids the same.
    let fixed = start(|builder| builder.metadata_instance(&first)).await;
    for _ in 0..2 {
        launch_running(fixed.cloud(), json!({}));
    }
    assert_eq!(value(&fixed, "instance-id").await, first);
}

#[tokio::test]
async fn role_credentials_are_renewed_before_they_expire() {
    let emulator = start(|it| it).await;
    let cloud = emulator.cloud();
    launch_running(cloud, json!({ "CamRoleName": "deployer" }));
    let path = "cam/security-credentials/";
    assert_eq!(value(&emulator, path).await, "deployer");
    assert_eq!(status(&emulator, "cam/security-credentials/other").await, 404);
    let path = format!("{path}deployer");
    let read_role =
        async || -> Value { serde_json::from_str(&value(&emulator, &path).await).unwrap() };
    let first = read_role().await;
    let names: Vec<&String> = first.as_object().unwrap().keys().collect();
    let expected = ["TmpSecretId", "TmpSecretKey", "ExpiredTime", "Expiration", "Token", "Code"];
    assert_eq!(names, expected);
    assert_eq!(first["Code"], "Success");
    let now = || cloud.clock().now().unix();
    let left = first["ExpiredTime"].as_u64().unwrap() - now();
    assert!((3_600..=7_200).contains(&left), "{left}");
    assert_eq!(read_role().await, first, "the same until they are replaced");
    let call = |role: &Value, call: Call| {
        let part = |name: &str| string(&role[name]);
        let credential = Credential::new(part("TmpSecretId"), part("TmpSecretKey")).unwrap();
        Call { credential, token: Some(part("Token")), ..call }
    };
    let zones =
        |role: &Value| read(&cloud.handle(&call(role, Call::new("DescribeZones")).json("{}")));
    assert_eq!(zones(&first)["TotalCount"], 7);
    let identity = Call::of("sts", "2018-08-13", "GetCallerIdentity");
    let identity = read(&cloud.handle(&call(&first, identity).json("{}")));
    assert_eq!(
        (&identity["Type"], &identity["AccountId"]),
        (&json!("CAMRole"), &json!("100000000001"))
    );
    advance(cloud, 3_600);
    let second = read_role().await;
    assert_ne!(second, first);
    assert_eq!(
        (&zones(&first)["TotalCount"], &zones(&second)["TotalCount"]),
        (&json!(7), &json!(7))
    );
    advance(cloud, 3_600);
    assert_eq!(error_code(&zones(&first)), "AuthFailure.TokenFailure");
}

/// A web page that points its own name to the address of the emulator must not read a secret.
#[tokio::test]
async fn only_local_names_are_served() {
    let emulator = start(|it| it).await;
    launch_running(emulator.cloud(), json!({ "CamRoleName": "deployer" }));
    let path = "/latest/meta-data/cam/security-credentials/deployer";
    for (host, expected) in [("127.0.0.1", 200), ("localhost", 200), ("evil.example", 403)] {
        let head = format!("GET {path} HTTP/1.1\r\nhost: {host}");
        let (status, text) = exchange(&emulator, &head).await;
        assert_eq!(status, expected, "{host}");
        assert_eq!(text.contains("TmpSecretKey"), expected == 200, "{host}");
    }
    let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0");
    let (status, text) = exchange(&emulator, &head).await;
    assert_eq!(status, 405);
    assert!(text.contains("allow: GET, HEAD"), "{text}");
    let head = format!("HEAD {path} HTTP/1.1\r\nhost: localhost");
    let (status, text) = exchange(&emulator, &head).await;
    assert!(status == 200 && text.ends_with("\r\n\r\n"), "{text}");
}

#[tokio::test]
async fn metadata_have_a_port_of_their_own_that_stops_with_the_emulator() {
    let emulator = start(|it| it).await;
    let target = address(&emulator);
    assert_ne!(target, emulator.address());
    let (status, text) = exchange(&emulator, "GET / HTTP/1.1\r\nhost: h").await;
    assert_eq!(status, 404, "no instance runs");
    assert!(text.contains("content-type: text/plain") && !text.contains("Response"), "{text}");
    emulator.stop().await;
    assert!(TcpStream::connect(target).await.is_err());
    let plain = Emulator::start().await.unwrap();
    assert_eq!(plain.metadata_url(), None);
    let remote = Emulator::builder().metadata("0.0.0.0:0".parse().unwrap()).start().await;
    assert!(matches!(remote.unwrap_err(), StartError::RemoteNotAllowed(_)));
}
