//! Temporary credentials of the emulator, used by the credential providers of the client: they are fetched, expire on the
//! moved virtual clock, and are renewed.

use std::time::Duration;

use cvm_emulator::{Builder, Emulator};
use cvm_models::actions::{DescribeInstances, RunInstances};
use cvm_models::config::Dialect;
use cvm_models::credentials::{
    AssumeRoleCredentials, CredentialProvider, RoleCredentials, StaticCredentials,
    WebIdentityCredentials,
};
use cvm_models::rate_limit::NoRateLimit;
use cvm_models::types::Placement;
use cvm_models::{Client, Credential};
use sts_models::actions::{GetCallerIdentity, GetCallerIdentityResponse};

use crate::cloud::{REGION, client, credential};

const ROLE: &str = "qcs::cam::uin/100000000001:roleName/deployer";

/// Longer than any of these credentials is valid.
const LONG: Duration = Duration::from_secs(3 * 3_600);

/// An emulator whose clock starts now, because the client compares the end of a credential with the real time.
async fn start(configure: impl FnOnce(Builder) -> Builder) -> Emulator {
    let builder = Emulator::builder().seed(7).manual().credential(credential());
    configure(builder).start().await.unwrap()
}

fn client_with(emulator: &Emulator, dialect: Dialect, provider: impl CredentialProvider) -> Client {
    Client::builder()
        .without_environment()
        .region(REGION)
        .endpoint(emulator.url())
        .allow_secrets_in_url(true)
        .dialect(dialect)
        .rate_limiter(NoRateLimit)
        .credential_provider(provider)
        .build()
        .unwrap()
}

fn role_of(
    emulator: &Emulator,
    source: impl CredentialProvider,
    arn: &str,
) -> AssumeRoleCredentials {
    AssumeRoleCredentials::new(source, arn, "nightly").endpoint(emulator.url())
}

async fn secret_id(provider: &impl CredentialProvider) -> String {
    provider.credential().await.unwrap().credential().secret_id().to_owned()
}

async fn instance_count(client: &Client) -> i64 {
    client.send(DescribeInstances::default()).await.unwrap().total_count
}

async fn identity(client: &Client) -> GetCallerIdentityResponse {
    client.send(GetCallerIdentity::default()).await.unwrap()
}

/// Launches an instance with the permanent key.
async fn launch(emulator: &Emulator, role: Option<&str>) {
    let client = client(emulator, Dialect::default());
    let launched = client.send(RunInstances {
        placement: Some(Placement { zone: "ap-guangzhou-3".into(), ..Default::default() }),
        image_id: Some("img-pmqg1cw7".into()),
        cam_role_name: role.map(str::to_owned),
        ..Default::default()
    });
    launched.await.unwrap();
    emulator.clock().advance(Duration::from_secs(60));
}

#[tokio::test]
async fn assumed_role_signs_in_every_dialect() {
    let emulator = start(|it| it).await;
    launch(&emulator, None).await;
    for dialect in Dialect::ALL {
        let role = role_of(&emulator, StaticCredentials::new(credential()), ROLE);
        let client = client_with(&emulator, dialect, role);
        assert_eq!(instance_count(&client).await, 1, "{dialect:?}");
    }
}

#[tokio::test]
async fn assumed_role_is_renewed_when_it_expires() {
    for dialect in [Dialect::Tc3, Dialect::Tc3Get, Dialect::V1Sha1, Dialect::V1Sha256] {
        let emulator = start(|it| it).await;
        let role = role_of(&emulator, StaticCredentials::new(credential()), ROLE);
        let client = client_with(&emulator, dialect, role.clone());
        assert_eq!(instance_count(&client).await, 0, "{dialect:?}");
        let first = secret_id(&role).await;
        assert_eq!(instance_count(&client).await, 0);
        assert_eq!(secret_id(&role).await, first, "it is cached");
        emulator.clock().advance(LONG);
        assert_eq!(instance_count(&client).await, 0, "{dialect:?}");
        assert_ne!(secret_id(&role).await, first, "{dialect:?}");
    }
}

#[tokio::test]
async fn role_assumes_a_role_of_another_account() {
    let other = Credential::new("AKIDOTHER", "another-key").unwrap();
    let emulator = start(|builder| builder.account(other.clone())).await;
    launch(&emulator, None).await;
    let theirs = ROLE.replace("100000000001", "100000000002");
    let first = role_of(&emulator, StaticCredentials::new(credential()), &theirs);
    let client = client_with(&emulator, Dialect::default(), first.clone());
    assert_eq!(instance_count(&client).await, 0);
    let back = client_with(&emulator, Dialect::default(), role_of(&emulator, first, ROLE));
    assert_eq!(instance_count(&back).await, 1);
    let caller = identity(&back).await;
    assert_eq!(caller.account_id.as_deref(), Some("100000000001"));
    assert_eq!(caller.principal_id.as_deref(), Some("100000000002"));
    emulator.clock().advance(LONG);
    assert_eq!(instance_count(&back).await, 1, "both roles are renewed");
}

#[tokio::test]
async fn refused_role_ends_the_call_with_the_error_of_the_service() {
    let emulator = start(|it| it).await;
    let arn = "qcs::cam::uin/999:roleName/deployer";
    let role = role_of(&emulator, StaticCredentials::new(credential()), arn);
    let client = client_with(&emulator, Dialect::default(), role);
    let error = client.send(DescribeInstances::default()).await.unwrap_err().to_string();
    assert!(error.contains("InvalidParameter.AccountNotAvaliable"), "{error}");
}

#[tokio::test]
async fn web_identity_signs_with_the_role_and_is_renewed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "canary-token\n").unwrap();
    let emulator = start(|builder| builder.web_identity_token("canary-token")).await;
    let role = WebIdentityCredentials::new("OIDC", ROLE, &file).endpoint(emulator.url());
    let client = client_with(&emulator, Dialect::default(), role.clone());
    assert_eq!(identity(&client).await.r#type.as_deref(), Some("CAMRole"));
    let first = secret_id(&role).await;
    emulator.clock().advance(LONG);
    assert_eq!(instance_count(&client).await, 0);
    assert_ne!(secret_id(&role).await, first);
    std::fs::write(&file, "another-token").unwrap();
    let role = WebIdentityCredentials::new("OIDC", ROLE, &file).endpoint(emulator.url());
    let error = role.credential().await.unwrap_err().to_string();
    assert!(error.contains("InvalidParameter.WebIdentityTokenError"), "{error}");
    assert!(!error.contains("another-token"), "{error}");
}

#[tokio::test]
async fn role_of_the_instance_is_read_and_renewed() {
    let emulator = start(|builder| builder.metadata("127.0.0.1:0".parse().unwrap())).await;
    let role = || RoleCredentials::new().endpoint(emulator.metadata_url().unwrap());
    assert!(role().credential().await.unwrap_err().is_missing(), "no instance runs");
    launch(&emulator, None).await;
    assert!(role().credential().await.unwrap_err().is_missing(), "the instance has no role");
    launch(&emulator, Some("deployer")).await;
    let role = role();
    let client = client_with(&emulator, Dialect::default(), role.clone());
    assert_eq!(instance_count(&client).await, 2);
    let caller = identity(&client).await;
    assert_eq!(caller.r#type.as_deref(), Some("CAMRole"));
    assert!(caller.user_id.unwrap_or_default().contains(":ins-"));
    let first = secret_id(&role).await;
    emulator.clock().advance(LONG);
    assert_eq!(instance_count(&client).await, 2);
    assert_ne!(secret_id(&role).await, first);
}
