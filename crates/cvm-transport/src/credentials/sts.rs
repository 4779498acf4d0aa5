//! Temporary credentials from the Security Token Service, fetched with ordinary calls.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use cvm_protocol::{
    ActionInfo, FieldInfo, Kind, Model, ModelInfo, NameIndex, Record, RetryClass, ServiceInfo,
    Value, json, member_named, set_text, utf8_text,
};
use zeroize::Zeroizing;

use super::provider::{
    CredentialProvider, CredentialProviderError, CredentialSnapshot, provider_by_read,
};
use super::{document, files};
use crate::client::Client;
use crate::config::ClientBuilder;
use crate::config::environment::Environment;
use crate::{Endpoint, Error};

static STS: ServiceInfo = ServiceInfo {
    name: "sts",
    version: "2018-08-13",
    endpoint: "sts.tencentcloudapi.com",
    endpoint_regional: "sts.{region}.tencentcloudapi.com",
    endpoint_intl: "sts.intl.tencentcloudapi.com",
    endpoint_internal: "sts.internal.tencentcloudapi.com",
    old_gateway: None,
    partial_errors: "",
};

static ASSUME_ROLE_REQUEST: ModelInfo = ModelInfo {
    name: "AssumeRole",
    members: &[
        FieldInfo::new("RoleArn", Kind::Str),
        FieldInfo::new("RoleSessionName", Kind::Str),
        FieldInfo::new("DurationSeconds", Kind::U64),
        FieldInfo::new("ExternalId", Kind::Str),
        FieldInfo::new("Policy", Kind::Str),
    ],
    index: NameIndex {
        multiplier: 0x94b2_b8fd_a02f_34a7,
        shift: 61,
        slots: &[2, 1, 0, 255, 3, 255, 4, 255],
    },
};

static WEB_IDENTITY_REQUEST: ModelInfo = ModelInfo {
    name: "AssumeRoleWithWebIdentity",
    members: &[
        FieldInfo::new("ProviderId", Kind::Str),
        FieldInfo::new("WebIdentityToken", Kind::Str).secret(),
        FieldInfo::new("RoleArn", Kind::Str),
        FieldInfo::new("RoleSessionName", Kind::Str),
        FieldInfo::new("DurationSeconds", Kind::U64),
    ],
    index: NameIndex {
        multiplier: 0xdc6b_f1e1_a399_f82b,
        shift: 61,
        slots: &[255, 3, 0, 255, 4, 1, 2, 255],
    },
};

static CREDENTIALS: ModelInfo = ModelInfo {
    name: "Credentials",
    members: &[
        FieldInfo::new("Token", Kind::Str).secret().always_present(),
        FieldInfo::new("TmpSecretId", Kind::Str).always_present(),
        FieldInfo::new("TmpSecretKey", Kind::Str).secret().always_present(),
    ],
    index: NameIndex { multiplier: 0x26d0_b944_a286_3a7f, shift: 62, slots: &[0, 2, 255, 1] },
};

pub(super) static RESPONSE: ModelInfo = ModelInfo {
    name: "AssumeRoleResponse",
    members: &[
        FieldInfo::new("Credentials", Kind::Object(&CREDENTIALS)).always_present(),
        FieldInfo::new("ExpiredTime", Kind::I64).always_present(),
        FieldInfo::new("RequestId", Kind::Str).always_present(),
    ],
    index: NameIndex { multiplier: 0xed03_8db4_de38_3785, shift: 62, slots: &[2, 1, 0, 255] },
};

const fn action(name: &'static str, request: &'static ModelInfo) -> ActionInfo {
    // A new credential changes nothing: a retry is safe.
    ActionInfo::new(name, &STS, request, &RESPONSE).group("token").retry(RetryClass::Read)
}

static ASSUME_ROLE: ActionInfo = action("AssumeRole", &ASSUME_ROLE_REQUEST);
static ASSUME_ROLE_WITH_WEB_IDENTITY: ActionInfo =
    action("AssumeRoleWithWebIdentity", &WEB_IDENTITY_REQUEST);

/// The default region of STS calls; the service returns the same credentials everywhere.
const REGION: &str = "ap-guangzhou";

/// Larger files are no tokens.
const MAX_TOKEN: u64 = 64 * 1024;

/// Assumes a role with the credential of another provider.
#[derive(Clone, Debug)]
pub struct AssumeRoleCredentials {
    source: Arc<dyn CredentialProvider>,
    environment: Environment,
    endpoint: Option<Endpoint>,
    region: String,
    members: serde_json::Map<String, serde_json::Value>,
}

impl AssumeRoleCredentials {
    /// Assumes this role (`qcs::cam::uin/…:roleName/…`) with this session name.
    pub fn new(
        source: impl CredentialProvider,
        role_arn: impl Into<String>,
        session_name: impl Into<String>,
    ) -> Self {
        let mut members = serde_json::Map::new();
        members.insert("RoleArn".into(), role_arn.into().into());
        members.insert("RoleSessionName".into(), session_name.into().into());
        Self {
            source: Arc::new(source),
            environment: Environment::default(),
            endpoint: None,
            region: REGION.to_owned(),
            members,
        }
    }

    /// Sets the lifetime of the credential, in seconds. Default: the service's, two hours.
    #[must_use]
    pub fn duration_seconds(mut self, seconds: u64) -> Self {
        self.members.insert("DurationSeconds".into(), seconds.into());
        self
    }

    /// Sets the external id that the role requires.
    #[must_use]
    pub fn external_id(mut self, id: impl Into<String>) -> Self {
        self.members.insert("ExternalId".into(), id.into().into());
        self
    }

    /// Sets the endpoint of the Security Token Service. Default: that of the tccli profile, otherwise the nearest one.
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<Endpoint>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    pub(super) fn environment(mut self, environment: &Environment) -> Self {
        self.environment = environment.clone();
        self
    }
}

impl AssumeRoleCredentials {
    async fn read(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let client = builder(&self.environment, self.endpoint.as_ref(), &self.region)
            .shared_credentials(Arc::clone(&self.source))
            .build()
            .map_err(failed)?;
        let mut request = Record::new(&ASSUME_ROLE_REQUEST);
        let members = serde_json::Value::Object(self.members.clone());
        json::from_value(&mut request, &members).map_err(|error| {
            CredentialProviderError::broken("cannot request the role").with_source(error)
        })?;
        assume(&client, &ASSUME_ROLE, &mut request).await
    }
}

/// Assumes a role with a token that the platform signed: the workload identity of a cluster. The call has no signature;
/// the token file is read each time.
#[derive(Clone, Debug)]
pub struct WebIdentityCredentials {
    token_file: PathBuf,
    environment: Environment,
    endpoint: Option<Endpoint>,
    region: String,
    provider_id: String,
    role_arn: String,
}

impl WebIdentityCredentials {
    /// Assumes this role with the token in this file, which this provider signed.
    pub fn new(
        provider_id: impl Into<String>,
        role_arn: impl Into<String>,
        token_file: impl Into<PathBuf>,
    ) -> Self {
        Self {
            token_file: token_file.into(),
            environment: Environment::default(),
            endpoint: None,
            region: REGION.to_owned(),
            provider_id: provider_id.into(),
            role_arn: role_arn.into(),
        }
    }

    /// Sets the region of the call.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = region.into();
        self
    }

    /// Sets the endpoint of the Security Token Service. Default: that of the tccli profile, otherwise the nearest one.
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<Endpoint>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    pub(super) fn environment(mut self, environment: &Environment) -> Self {
        self.environment = environment.clone();
        self
    }
}

impl WebIdentityCredentials {
    fn token(&self) -> Result<Zeroizing<Vec<u8>>, CredentialProviderError> {
        match files::read_plain(&self.token_file, MAX_TOKEN) {
            Ok(Some((token, _))) => Ok(token),
            Ok(None) => Err(self.broken_token("does not exist")),
            Err(why) => Err(self.broken_token(why)),
        }
    }

    fn broken_token(&self, why: impl fmt::Display) -> CredentialProviderError {
        let path = self.token_file.display();
        CredentialProviderError::broken(format!("web identity token file `{path}` {why}"))
    }
}

impl WebIdentityCredentials {
    async fn read(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let token = self.token()?;
        let token = utf8_text(&token).map_err(|why| self.broken_token(why))?.trim();
        if token.is_empty() {
            return Err(self.broken_token("is empty"));
        }
        let client = builder(&self.environment, self.endpoint.as_ref(), &self.region)
            .unsigned()
            .build()
            .map_err(failed)?;
        let mut request = Record::new(&WEB_IDENTITY_REQUEST);
        for (name, value) in [
            ("ProviderId", self.provider_id.as_str()),
            ("WebIdentityToken", token),
            ("RoleArn", &self.role_arn),
            ("RoleSessionName", "cvm-sdk-rust"),
        ] {
            set_text(&mut request, name, value);
        }
        assume(&client, &ASSUME_ROLE_WITH_WEB_IDENTITY, &mut request).await
    }
}

provider_by_read!(AssumeRoleCredentials, WebIdentityCredentials);

/// A client of the Security Token Service.
fn builder(environment: &Environment, endpoint: Option<&Endpoint>, region: &str) -> ClientBuilder {
    let builder = ClientBuilder::default().in_environment(environment.clone()).region(region);
    match endpoint {
        Some(endpoint) => builder.endpoint(endpoint.clone()),
        None => builder,
    }
}

async fn assume(
    client: &Client,
    info: &'static ActionInfo,
    request: &mut Record,
) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
    let mut response = Record::new(&RESPONSE);
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

fn failed(error: Error) -> CredentialProviderError {
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
    use super::*;

    #[test]
    fn every_member_is_found_by_its_name() {
        for table in [&ASSUME_ROLE_REQUEST, &WEB_IDENTITY_REQUEST, &CREDENTIALS, &RESPONSE] {
            for (index, field) in table.members.iter().enumerate() {
                assert_eq!(table.find(field.wire.as_bytes()), Some(index), "{}", field.wire);
            }
        }
    }
}
