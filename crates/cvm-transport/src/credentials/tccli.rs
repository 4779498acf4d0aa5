//! Reads the files of the official command line: `~/.tccli/<profile>.credential` and `.configure`.

use std::path::PathBuf;
use std::sync::Arc;

use cvm_protocol::Json;
use cvm_signer::Credential;

use super::cached_provider::cached_provider;
use super::client_transport::{ClientTransport, LentTransport};
use super::provider::{CredentialProvider, CredentialProviderError, CredentialSnapshot};
use super::role::InstanceRole;
use super::static_credentials::StaticCredentials;
use super::sts::AssumeRole;
use super::{document, files, identity};
use crate::config::environment::Environment;
use crate::http::client::BoxFuture;

const WHAT: &str = "tccli credential file";
const SETTINGS: &str = "tccli configuration file";
/// The file lists every service: 24 KiB today.
const MAX_SETTINGS: u64 = 1024 * 1024;
/// The variable with the name of the profile.
const PROFILE: &str = "TCCLI_PROFILE";

cached_provider! {
    /// Reads the profile in `TCCLI_PROFILE`, or `default`: keys, a role to assume, the instance's role, or a login that
    /// is still valid. The profile that `TCCLI_PROFILE` names must exist. Keys of other ways to log in are errors.
    ///
    /// The credential is cached as by [`CachedCredentials`](crate::credentials::CachedCredentials); clones share the cache. The file
    /// is read again after five minutes, before the credential expires, and after the service has rejected it.
    TccliCredentials(TccliProfile)
}

impl TccliCredentials {
    /// Uses the environment of this process.
    #[must_use]
    pub fn new() -> Self {
        Self::of(TccliProfile::default())
    }
}

impl Default for TccliCredentials {
    fn default() -> Self {
        Self::new()
    }
}

/// Reads the profile at each read.
#[derive(Clone, Debug, Default)]
pub(super) struct TccliProfile {
    environment: Environment,
    transport: LentTransport,
}

impl TccliProfile {
    pub(super) fn of(environment: &Environment) -> Self {
        Self { environment: environment.clone(), transport: LentTransport::default() }
    }

    async fn read(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let profile = Profile::of(&self.environment)?;
        let path = profile.path("credential");
        let file = path.as_ref().map(|path| files::read_secret(path, WHAT)).transpose();
        let Some(file) = file.map_err(|error| profile.with_variable(error))?.flatten() else {
            return Err(profile.missing());
        };
        let snapshot = self.read_file(&file).await.map_err(|error| profile.with_variable(error))?;
        Ok(Arc::new((*snapshot).clone().with_warning(file.warning.clone())))
    }

    async fn read_file(
        &self,
        file: &files::SecretFile,
    ) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let name = &file.name;
        let broken = |why: &str| CredentialProviderError::broken(format!("{name} {why}"));
        let text = file.text()?;
        let record = document::read(&document::TCCLI_FILE, text.as_bytes(), name)?;
        if let Some(ignored) = identity::TCCLI.ignored_in(text) {
            return Err(broken(&ignored));
        }
        let member = |name| document::text(&record, name);
        let kind = member("type").unwrap_or("default");
        let (id, key, token) = (member("secretId"), member("secretKey"), member("token"));
        match kind {
            "cvm-role" if member("role-arn").is_some() => {
                return Err(broken("has the type `cvm-role` and a `role-arn`: remove one of them"));
            }
            "cvm-role" => {
                let at = format!("{name} has type `cvm-role`");
                let role = InstanceRole::new(&self.environment).credential().await;
                return role.map_err(|error| error.chosen_by(&at));
            }
            "oauth" | "sso" if id.is_none() => {
                return Err(broken("has a login without a credential; log in with tccli again"));
            }
            "default" | "oauth" | "sso" => {}
            _ => return Err(broken("has a `type` other than default, cvm-role, oauth or sso")),
        }
        let expires_at = document::expiry(&record, "expiresAt").map_err(|why| broken(&why))?;
        let snapshot = document::snapshot(id, key, token, expires_at, name)?;
        match (member("role-arn"), member("role-session-name")) {
            (None, None) => Ok(Arc::new(snapshot)),
            (Some(role), Some(session)) => {
                let own: Credential = snapshot.credential().clone();
                AssumeRole::new(StaticCredentials::new(own), role, session)
                    .with_environment(&self.environment, &self.transport)
                    .read()
                    .await
                    .map(|snapshot| snapshot.with_setting(&format!("role-arn of {name}")))
                    .map_err(|error| error.chosen_by(&format!("role-arn of {name}")))
            }
            (Some(_), None) => Err(broken("has `role-arn`, but no `role-session-name`")),
            (None, Some(_)) => Err(broken("has `role-session-name`, but no `role-arn`")),
        }
    }
}

impl CredentialProvider for TccliProfile {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        Box::pin(self.read())
    }

    fn use_transport(&self, transport: &ClientTransport) {
        self.transport.set(transport);
    }
}

/// Whether a variable names the profile.
pub(super) fn is_chosen(environment: &Environment) -> bool {
    environment.path(PROFILE).is_some()
}

/// A profile, which may not exist.
struct Profile {
    name: String,
    is_chosen: bool,
    folder: Option<PathBuf>,
}

impl Profile {
    fn of(environment: &Environment) -> Result<Self, CredentialProviderError> {
        let chosen = environment.text(PROFILE).map_err(CredentialProviderError::broken)?;
        let is_chosen = chosen.is_some();
        let name = chosen.unwrap_or_else(|| "default".to_owned());
        // The name becomes part of a path and must not lead to another directory.
        if name.contains(['/', '\\', '\0']) || name.starts_with('.') {
            let text = format!("{PROFILE} is not a profile name: it leads to another directory");
            return Err(CredentialProviderError::broken(text));
        }
        let folder = files::home(environment)?.map(|home| home.join(".tccli"));
        Ok(Self { name, is_chosen, folder })
    }

    fn path(&self, extension: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("{}.{extension}", self.name)))
    }

    /// Adds the variable that names the profile to an error about one of its files.
    fn with_variable(&self, error: CredentialProviderError) -> CredentialProviderError {
        if self.is_chosen { error.chosen_by(PROFILE) } else { error }
    }

    /// The error for a profile without a credential file.
    fn missing(&self) -> CredentialProviderError {
        let what = match self.path("credential") {
            Some(path) => format!("there is no {WHAT} `{}`", path.display()),
            None => format!("there is no home directory for a {WHAT}"),
        };
        if self.is_chosen {
            let text = format!("{PROFILE} is `{}`, but {what}", self.name);
            return CredentialProviderError::broken(text);
        }
        CredentialProviderError::missing(what)
    }
}

/// The settings of a profile.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// The region.
    pub(crate) region: Option<String>,
    /// Endpoints other than the published ones, by service name.
    pub(crate) endpoints: Vec<(String, String)>,
    /// The name of the file in messages.
    pub(crate) file: String,
}

impl Settings {
    /// Reads the settings of the profile; the defaults if it has no such file.
    ///
    /// # Errors
    ///
    /// If the file is invalid, or if `TCCLI_PROFILE` names a profile without any file.
    pub(crate) fn read(environment: &Environment) -> Result<Self, CredentialProviderError> {
        let profile = Profile::of(environment)?;
        let Some(path) = profile.path("configure") else { return Ok(Self::default()) };
        let file = files::read_owned(&path, SETTINGS, MAX_SETTINGS);
        let Some((file, _)) = file.map_err(|error| profile.with_variable(error))? else {
            let exists = profile.path("credential").is_some_and(|path| path.exists());
            return if profile.is_chosen && !exists {
                Err(profile.missing())
            } else {
                Ok(Self::default())
            };
        };
        let chosen_by = if profile.is_chosen { format!("{PROFILE}: ") } else { String::new() };
        file.text()
            .and_then(|text| {
                Self::parse(text)
                    .map_err(|why| CredentialProviderError::broken(format!("{} {why}", file.name)))
            })
            .map(|settings| Self { file: format!("{chosen_by}{}", file.name), ..settings })
            .map_err(|error| profile.with_variable(error))
    }

    fn parse(whole: &str) -> Result<Self, String> {
        use serde_json::Value;
        let document: Value =
            serde_json::from_str(whole).map_err(|error| format!("is not JSON: {error}"))?;
        let Value::Object(document) = document else {
            return Err("is not a JSON object".to_owned());
        };
        // If a member occurs twice, `document` has only the last one.
        Json::parse(whole.as_bytes()).map_err(|error| format!("is not valid: {error}"))?;
        let text = |section: &str, key: &str, value: Option<&Value>| match value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            Some(_) => Err(format!("has a `{section}{key}` that is not text")),
        };
        // Older files have the region at the top level, where newer ones have the service of the same name.
        let of_top = document.get("region").filter(|value| !value.is_object());
        let mut region = text("", "region", of_top)?;
        let mut endpoints = Vec::new();
        for (section, content) in &document {
            let Value::Object(content) = content else {
                if section == "_sys_param" {
                    return Err("has a `_sys_param` that is not an object".to_owned());
                }
                continue;
            };
            let text = |key| text(&format!("{section}."), key, content.get(key));
            if section == "_sys_param" {
                region = text("region")?.or(region);
            } else if let Some(endpoint) = text("endpoint")?
                // tccli writes the published endpoint of every service into every profile.
                && endpoint != format!("{section}.tencentcloudapi.com")
            {
                endpoints.push((section.clone(), endpoint));
            }
        }
        Ok(Self { region, endpoints, file: String::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::files::test_directory::TestDirectory;
    use super::*;

    async fn read(text: &str) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let directory = TestDirectory::new();
        directory.write(".tccli/default.credential", text, 0o600);
        TccliProfile::of(&directory.home(&[])).credential().await
    }

    #[tokio::test]
    async fn keys_and_logins_are_read() {
        let snapshot = read(r#"{"secretId":"AKIDx","secretKey":"k","token":null}"#).await.unwrap();
        assert_eq!(snapshot.credential().secret_id(), "AKIDx");
        assert_eq!(snapshot.expires_at(), None);
        let login = r#"{"type":"oauth","secretId":"AKIDx","secretKey":"k","token":"t","expiresAt":4000000000,
                       "oauth":{"accessToken":"a"}}"#;
        let snapshot = read(login).await.unwrap();
        assert_eq!(snapshot.credential().token(), Some("t"));
        assert!(snapshot.expires_at().is_some());
        let error = read(r#"{"type":"sso","secretId":"","secretKey":""}"#).await.unwrap_err();
        assert!(error.to_string().contains("log in"), "{error}");
        assert!(!read("{").await.unwrap_err().is_missing());
    }

    #[test]
    fn region_is_found_in_both_layouts() {
        let directory = TestDirectory::new();
        let environment = directory.home(&[]);
        let region = |environment| Settings::read(environment).unwrap().region;
        assert_eq!(region(&environment), None);
        for text in [
            r#"{"_sys_param":{"region":"ap-tokyo"}}"#,
            r#"{"region":"ap-tokyo"}"#,
            "\u{feff}{\"region\":\"ap-tokyo\",\"_sys_param\":{\"region\":null}}",
        ] {
            directory.write(".tccli/default.configure", text, 0o644);
            assert_eq!(region(&environment).as_deref(), Some("ap-tokyo"));
        }
    }

    /// The whole file that `tccli configure set region ap-tokyo output table` of tccli 3.1.189 writes.
    const WRITTEN_BY_TCCLI: &str =
        include_str!("../../../../tests/fixtures/tccli-3.1.189.configure");

    fn written_by_tccli() -> serde_json::Map<String, serde_json::Value> {
        serde_json::from_str(WRITTEN_BY_TCCLI).unwrap()
    }

    fn endpoint(service: &str, host: &str) -> (String, String) {
        (service.to_owned(), host.to_owned())
    }

    #[test]
    fn file_written_by_tccli_is_read() {
        let directory = TestDirectory::new();
        directory.write(".tccli/default.configure", WRITTEN_BY_TCCLI, 0o644);
        let settings = Settings::read(&directory.home(&[])).unwrap();
        assert_eq!(settings.region.as_deref(), Some("ap-tokyo"));
        // It is the published endpoint of the service `as`.
        assert_eq!(settings.endpoints, [endpoint("autoscaling", "as.tencentcloudapi.com")]);
    }

    /// Each entry is a service, whatever its name: there is one named `region`.
    #[test]
    fn every_service_may_have_its_own_endpoint() {
        let written = written_by_tccli();
        let services: Vec<&String> = written.keys().filter(|key| *key != "_sys_param").collect();
        assert!(services.len() > 260 && services.iter().any(|service| *service == "region"));
        for service in services {
            let mut document = written.clone();
            let host = format!("{service}.internal.tencentcloudapi.com");
            document[service]["endpoint"] = host.as_str().into();
            let settings = Settings::parse(&serde_json::to_string(&document).unwrap()).unwrap();
            assert_eq!(settings.region.as_deref(), Some("ap-tokyo"), "{service}");
            assert!(settings.endpoints.contains(&endpoint(service, &host)), "{service}");
            document[service]["endpoint"] = 8.into();
            let message = Settings::parse(&serde_json::to_string(&document).unwrap()).unwrap_err();
            assert_eq!(message, format!("has a `{service}.endpoint` that is not text"));
            document.remove(service);
            let settings = Settings::parse(&serde_json::to_string(&document).unwrap()).unwrap();
            assert_eq!(settings.region.as_deref(), Some("ap-tokyo"), "without {service}");
        }
    }

    /// A profile without a region setting has no region, even though it has a service named `region`.
    #[test]
    fn service_named_region_is_not_the_region() {
        let mut document = written_by_tccli();
        document["_sys_param"].as_object_mut().unwrap().remove("region");
        let settings = Settings::parse(&serde_json::to_string(&document).unwrap()).unwrap();
        assert_eq!(settings.region, None);
    }

    #[test]
    fn invalid_configuration_is_reported() {
        let directory = TestDirectory::new();
        let environment = directory.home(&[]);
        for (text, why) in [
            (&b"{\n\"cvm\": {\n"[..], "default.configure` is not JSON: EOF while parsing"),
            (b"", "is not JSON"),
            (b"[]", "is not a JSON object"),
            (b"{\"cvm\":{\"endpoint\":8}}", "has a `cvm.endpoint` that is not text"),
            (b"{\"_sys_param\":{\"region\":[]}}", "has a `_sys_param.region` that is not text"),
            (b"{\"_sys_param\":8}", "has a `_sys_param` that is not an object"),
            (b"{\"region\":8}", "has a `region` that is not text"),
            (b"{\"region\":{\"endpoint\":8}}", "has a `region.endpoint` that is not text"),
            (b"{\"region\":\"ap-tokyo\",\"region\":\"ap-seoul\"}", "`region` is given twice"),
            (
                b"{\"_sys_param\":{\"region\":\"ap-tokyo\",\"region\":\"ap-seoul\"}}",
                "`region` is given twice",
            ),
            (
                b"{\"cvm\":{\"endpoint\":\"a.tencentcloudapi.com\",\"endpoint\":\"b.tencentcloudapi.com\"}}",
                "`endpoint` is given twice",
            ),
            (b"{\"cvm\":{\"endpoint\":\"a\"},\"cvm\":{}}", "`cvm` is given twice"),
            (b"\xff\xfe{\0}\0", "is UTF-16 text"),
            (b"{\n\xff", "is not UTF-8 text (line 2)"),
        ] {
            directory.write_bytes(".tccli/default.configure", text, 0o644);
            let message = Settings::read(&environment).unwrap_err().to_string();
            assert!(message.contains(why), "{message}");
        }
        let chosen = |name| Settings::read(&directory.home(&[("TCCLI_PROFILE", name)]));
        let message = chosen("prod").unwrap_err().to_string();
        assert!(message.starts_with("TCCLI_PROFILE is `prod`, but"), "{message}");
        assert!(chosen("../default").unwrap_err().to_string().contains("another directory"));
        directory.write(".tccli/prod.credential", "{}", 0o600);
        assert!(chosen("prod").unwrap().region.is_none());
    }
}
