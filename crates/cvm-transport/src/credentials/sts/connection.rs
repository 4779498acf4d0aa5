//! Calls the Security Token Service with ordinary calls.

use std::sync::Arc;

use cvm_protocol::{ActionInfo, Model, Record, Value, member_named};

use super::actions;
use crate::Error;
use crate::client::Client;
use crate::config::environment::Environment;
use crate::config::{ClientBuilder, Endpoint, Timeouts};
use crate::credentials::client_transport::{ClientTransport, LentTransport};
use crate::credentials::document;
use crate::credentials::provider::{CredentialProviderError, CredentialSnapshot};
use crate::http::HttpClient;

/// The default region of STS calls; the service returns the same credentials everywhere.
const REGION: &str = "ap-guangzhou";

/// The session name of a caller that has not set one.
pub(in crate::credentials) const SESSION_NAME: &str = "cvm-sdk-rust";

/// Where and how the Security Token Service is called.
#[derive(Clone, Debug)]
pub(super) struct StsConnection {
    pub(super) environment: Environment,
    pub(super) transport: LentTransport,
    pub(super) endpoint: Option<Endpoint>,
    pub(super) region: String,
}

impl Default for StsConnection {
    fn default() -> Self {
        Self {
            environment: Environment::default(),
            transport: LentTransport::default(),
            endpoint: None,
            region: REGION.to_owned(),
        }
    }
}

impl StsConnection {
    /// Uses this HTTP client, whatever a client lends later.
    pub(super) fn set_http(&mut self, http: impl HttpClient) {
        self.transport = LentTransport::default();
        let environment = self.environment.clone();
        self.transport.set(&ClientTransport::new(Arc::new(http), Timeouts::default(), environment));
    }

    /// A client of the service. Without a lent transport, it takes the proxy from the environment.
    pub(super) fn client_builder(&self) -> ClientBuilder {
        // A provider follows `without_environment()` of the client that it serves.
        let ignores_environment =
            self.transport.get().is_some_and(ClientTransport::ignores_environment);
        let environment =
            if ignores_environment { Environment::none() } else { self.environment.clone() };
        let mut builder =
            ClientBuilder::default().in_environment(environment).region(self.region.as_str());
        if let Some(endpoint) = &self.endpoint {
            builder = builder.endpoint(endpoint.clone());
        }
        match self.transport.get() {
            Some(transport) => {
                builder.http(transport.http()).timeouts(transport.timeouts().clone())
            }
            None => builder,
        }
    }
}

pub(super) async fn request_credential(
    client: &Client,
    info: &'static ActionInfo,
    request: &mut Record,
) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
    let mut response = Record::new(&actions::RESPONSE);
    // Boxed: a call inside a call would be a future that contains itself.
    Box::pin(client.run(info, request, &mut response)).await.map_err(failed)?;
    let expires_at = document::expiry(&response, "ExpiredTime")
        .map_err(|why| CredentialProviderError::broken(format!("response of STS {why}")))?;
    let Value::Object(credentials) = member_named(&response, "Credentials") else {
        return Err(CredentialProviderError::broken("response of STS contains no credential"));
    };
    let member = |name| document::text(credentials as &dyn Model, name);
    let (id, key, token) = (member("TmpSecretId"), member("TmpSecretKey"), member("Token"));
    if token.is_none() || expires_at.is_none() {
        return Err(CredentialProviderError::broken(
            "response of STS lacks the token or the expiry",
        ));
    }
    document::snapshot(id, key, token, expires_at, "response of STS").map(Arc::new)
}

pub(super) fn failed(error: Error) -> CredentialProviderError {
    let text = format!("no credential from STS ({error})");
    let is_transient =
        !(error.is_service() || error.is_usage() || error.is_credentials()) || error.is_throttled();
    let failure = if is_transient {
        CredentialProviderError::exhausted(text)
    } else {
        CredentialProviderError::broken(text)
    };
    failure.with_source(error)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::http::{
        BoxFuture, HttpError, HttpErrorKind, HttpResponse, PreparedRequest, SendProgress,
    };

    /// Refuses every request, and records its URL.
    #[derive(Clone, Debug, Default)]
    struct Recorder(Arc<Mutex<Vec<String>>>);

    impl HttpClient for Recorder {
        fn send<'a>(
            &'a self,
            request: PreparedRequest,
            _: &'a SendProgress,
        ) -> BoxFuture<'a, Result<HttpResponse, HttpError>> {
            self.0.lock().unwrap().push(request.url().to_owned());
            Box::pin(async { Err(HttpError::new(HttpErrorKind::Untrusted, "refused")) })
        }
    }

    #[tokio::test]
    async fn role_is_assumed_without_the_environment_that_its_client_ignores() {
        let directory = crate::credentials::TestDirectory::new();
        let profile = r#"{"sts":{"endpoint":"sts.other.tencentcloudapi.com"}}"#;
        directory.write(".tccli/prod.configure", profile, 0o600);
        let environment = directory.home(&[("TCCLI_PROFILE", "prod")]);
        for (ignores, host) in [(false, "sts.other"), (true, "sts")] {
            let http = Recorder::default();
            let lent = if ignores { Environment::none() } else { environment.clone() };
            let connection =
                StsConnection { environment: environment.clone(), ..StsConnection::default() };
            let transport = Arc::new(http.clone());
            connection.transport.set(&ClientTransport::new(transport, Timeouts::default(), lent));
            let client = connection.client_builder().unsigned().build().unwrap();
            let mut request = Record::new(actions::ASSUME_ROLE.request);
            request_credential(&client, &actions::ASSUME_ROLE, &mut request).await.unwrap_err();
            let urls = http.0.lock().unwrap();
            assert_eq!(*urls, [format!("https://{host}.tencentcloudapi.com/")]);
        }
    }

    /// Each source of the chain that assumes a role.
    #[tokio::test]
    async fn roles_of_the_default_chain_are_assumed_with_the_http_client_of_the_client() {
        let directory = crate::credentials::TestDirectory::new();
        let token = directory.write("token", "signed", 0o600);
        let keys = "secret_id=AKIDx\nsecret_key=k\nrole_arn=r\nrole_session_name=s\n";
        let ini = directory.write("ini", &format!("[default]\n{keys}"), 0o600);
        let json = r#"{"secretId":"AKIDx","secretKey":"k","role-arn":"r","role-session-name":"s"}"#;
        directory.write(".tccli/prod.credential", json, 0o600);
        let (token, ini) = (token.to_str().unwrap(), ini.to_str().unwrap());
        for variables in [
            &[
                ("TENCENTCLOUD_SECRET_ID", "AKIDx"),
                ("TENCENTCLOUD_SECRET_KEY", "k"),
                ("TENCENTCLOUD_ROLE_ARN", "r"),
            ][..],
            &[
                ("TKE_REGION", "ap-tokyo"),
                ("TKE_PROVIDER_ID", "p"),
                ("TKE_WEB_IDENTITY_TOKEN_FILE", token),
                ("TKE_ROLE_ARN", "r"),
            ],
            &[("TENCENTCLOUD_CREDENTIALS_FILE", ini)],
            &[("TCCLI_PROFILE", "prod")],
        ] {
            let http = Recorder::default();
            let client = Client::builder()
                .in_environment(directory.home(variables))
                .region("ap-guangzhou")
                .http(http.clone())
                .build()
                .unwrap();
            let provider = client.shared().credentials.as_ref().unwrap();
            let error = provider.credential().await.unwrap_err();
            assert!(error.to_string().contains("refused"), "{variables:?}: {error}");
            let urls = http.0.lock().unwrap();
            assert_eq!(*urls, ["https://sts.tencentcloudapi.com/"], "{variables:?}");
        }
    }
}
