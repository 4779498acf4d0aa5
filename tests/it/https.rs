//! The client of this workspace calls the emulator over HTTPS.

use cvm_emulator::Tls;
use cvm_models::config::Dialect;
use cvm_models::{Client, Error, actions};

use crate::cloud::{builder, client_for};

async fn list(client: &Client) -> Result<u64, Error> {
    let zones = client.send(actions::DescribeZones::default()).await?;
    Ok(zones.total_count)
}

#[tokio::test]
async fn client_that_trusts_the_authority_is_served_in_every_dialect() {
    let emulator = builder().tls(Tls::new()).start().await.unwrap();
    for dialect in Dialect::ALL {
        for url in [emulator.url().to_owned(), emulator.url().replace("127.0.0.1", "localhost")] {
            let client = client_for(&url).ca_pem(emulator.ca_pem().unwrap()).dialect(dialect);
            assert_eq!(list(&client.build().unwrap()).await.unwrap(), 7, "{dialect:?} {url}");
        }
    }
}

#[tokio::test]
async fn ca_file_and_ca_pem_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let free = "127.0.0.1:0".parse().unwrap();
    let tls = Tls::new().directory(folder.path()).beside_http(free);
    let emulator = builder().tls(tls).start().await.unwrap();
    let url = emulator.https_url().unwrap();
    let client = client_for(url).ca_file(folder.path().join("ca.pem")).build().unwrap();
    assert_eq!(list(&client).await.unwrap(), 7);
    let plain = client_for(emulator.url()).build().unwrap();
    assert_eq!(list(&plain).await.unwrap(), 7);
}

#[tokio::test]
async fn client_that_does_not_trust_the_authority_sends_nothing() {
    let emulator = builder().tls(Tls::new()).start().await.unwrap();
    let other = builder().tls(Tls::new()).start().await.unwrap();
    let client = || client_for(emulator.url());
    for client in [client(), client().ca_pem(other.ca_pem().unwrap())] {
        let error = list(&client.build().unwrap()).await.unwrap_err();
        assert!(error.is_untrusted() && error.is_not_sent(), "{error:?}");
    }
}

#[tokio::test]
async fn http_on_the_port_for_https_is_refused_by_an_error_of_the_service() {
    let emulator = builder().tls(Tls::new()).start().await.unwrap();
    let url = emulator.url().replace("https://", "http://");
    let error = list(&client_for(&url).build().unwrap()).await.unwrap_err();
    let returned = error.service().unwrap();
    assert_eq!(returned.code.as_str(), "InvalidRequest");
    assert!(returned.message.contains("https://"), "{}", returned.message);
}
