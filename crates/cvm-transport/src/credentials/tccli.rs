//! Reads the official command line's files: `~/.tccli/<profile>.credential` and `.configure`.

use std::path::PathBuf;
use std::sync::Arc;

use cvm_protocol::Json;
use cvm_signer::Credential;

use super::{
    AssumeRoleCredentials, CredentialProvider, CredentialProviderError, CredentialSnapshot,
    RoleCredentials, StaticCredentials, files, identity, reply,
};
use crate::config::environment::Environment;
use crate::http::client::BoxFuture;

const WHAT: &str = "tccli credential file";
const SETTINGS: &str = "tccli configuration file";
/// It names every service: 24 KiB today.
const LARGEST_SETTINGS: u64 = 1024 * 1024;
/// Names the profile.
const PROFILE: &str = "TCCLI_PROFILE";

/// Reads the profile that `TCCLI_PROFILE` names, or `default`: keys, a role to assume, the instance's
/// role, or a login that is still good. The file is read each time. A profile that the variable names has to
/// exist. Other keys that ask for an identity are errors.
#[derive(Clone, Debug, Default)]
pub struct TccliCredentials {
    environment: Environment,
}

impl TccliCredentials {
    /// Looks where this process's environment says.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn of(environment: &Environment) -> Self {
        Self { environment: environment.clone() }
    }

    async fn read(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let profile = Profile::of(&self.environment)?;
        let path = profile.path("credential");
        let file = path.as_ref().map(|path| files::read_secret(path, WHAT)).transpose();
        let Some(file) = file.map_err(|error| profile.named(error))?.flatten() else {
            return Err(profile.missing());
        };
        let snapshot = self.read_file(&file).await.map_err(|error| profile.named(error))?;
        Ok(Arc::new((*snapshot).clone().with_warning(file.warning.clone())))
    }

    async fn read_file(
        &self,
        file: &files::SecretFile,
    ) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let name = &file.name;
        let broken = |why: &str| CredentialProviderError::broken(format!("{name} {why}"));
        let text = file.text()?;
        let record = reply::read(&reply::TCCLI_FILE, text.as_bytes(), name)?;
        if let Some(ignored) = identity::TCCLI.ignored_in(text) {
            return Err(broken(&ignored));
        }
        let member = |name| reply::text(&record, name);
        let kind = member("type").unwrap_or("default");
        let (id, key, token) = (member("secretId"), member("secretKey"), member("token"));
        match kind {
            "cvm-role" if member("role-arn").is_some() => {
                return Err(broken("has the type `cvm-role` and a `role-arn`: remove one of them"));
            }
            "cvm-role" => {
                let at = format!("{name} has type `cvm-role`");
                let role = RoleCredentials::new().credential().await;
                return role.map_err(|error| error.of_chosen(&at));
            }
            "oauth" | "sso" if id.is_none() => {
                return Err(broken("holds a login without credential; log in with tccli again"));
            }
            "default" | "oauth" | "sso" => {}
            _ => return Err(broken("has a `type` that is none of default, cvm-role, oauth, sso")),
        }
        let expires_at = reply::end(&record, "expiresAt").map_err(|why| broken(&why))?;
        let snapshot = reply::snapshot(id, key, token, expires_at, name)?;
        match (member("role-arn"), member("role-session-name")) {
            (None, None) => Ok(Arc::new(snapshot)),
            (Some(role), Some(session)) => {
                let own: Credential = snapshot.credential().clone();
                AssumeRoleCredentials::new(StaticCredentials::new(own), role, session)
                    .environment(&self.environment)
                    .credential()
                    .await
                    .map(|snapshot| snapshot.named(&format!("role-arn of {name}")))
                    .map_err(|error| error.of_chosen(&format!("role-arn of {name}")))
            }
            (Some(_), None) => Err(broken("has `role-arn`, but no `role-session-name`")),
            (None, Some(_)) => Err(broken("has `role-session-name`, but no `role-arn`")),
        }
    }
}

impl CredentialProvider for TccliCredentials {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        Box::pin(self.read())
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
        // The name becomes part of a path, and must not lead anywhere else.
        if name.contains(['/', '\\', '\0']) || name.starts_with('.') {
            let text = format!("{PROFILE} is no name of a profile: it leads to another directory");
            return Err(CredentialProviderError::broken(text));
        }
        let folder = files::home(environment)?.map(|home| home.join(".tccli"));
        Ok(Self { name, is_chosen, folder })
    }

    fn path(&self, extension: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("{}.{extension}", self.name)))
    }

    /// An error about a file of this profile, with the variable that names the profile.
    fn named(&self, error: CredentialProviderError) -> CredentialProviderError {
        if self.is_chosen { error.of_chosen(PROFILE) } else { error }
    }

    /// The error when the profile has no credential file.
    fn missing(&self) -> CredentialProviderError {
        let what = match self.path("credential") {
            Some(path) => format!("there is no {WHAT} `{}`", path.display()),
            None => format!("there is no home directory with a {WHAT}"),
        };
        if self.is_chosen {
            let text = format!("{PROFILE} names the profile `{}`, but {what}", self.name);
            return CredentialProviderError::broken(text);
        }
        CredentialProviderError::missing(what)
    }
}

/// What the profile says of calls.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// The region to call in.
    pub(crate) region: Option<String>,
    /// Addresses other than the published ones, by the names of their services.
    pub(crate) endpoints: Vec<(String, String)>,
    /// How messages name the file.
    pub(crate) file: String,
}

impl Settings {
    /// Reads the settings of the profile; nothing when it has no such file.
    ///
    /// # Errors
    ///
    /// When the file is there and broken, or when `TCCLI_PROFILE` names a profile that has no file at all.
    pub(crate) fn read(environment: &Environment) -> Result<Self, CredentialProviderError> {
        let profile = Profile::of(environment)?;
        let Some(path) = profile.path("configure") else { return Ok(Self::default()) };
        let file = files::read_owned(&path, SETTINGS, LARGEST_SETTINGS);
        let Some((file, _)) = file.map_err(|error| profile.named(error))? else {
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
            .map_err(|error| profile.named(error))
    }

    fn parse(whole: &str) -> Result<Self, String> {
        use serde_json::Value;
        let document: Value =
            serde_json::from_str(whole).map_err(|error| format!("is not JSON: {error}"))?;
        let Value::Object(document) = document else {
            return Err("holds no JSON object".to_owned());
        };
        // Of a member that is given twice, `document` has the last.
        Json::parse(whole.as_bytes()).map_err(|error| format!("cannot be used: {error}"))?;
        let text = |section: &str, key: &str, value: Option<&Value>| match value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            Some(_) => Err(format!("has a `{section}{key}` that is not text")),
        };
        // Older files keep the region at the top, where newer ones have the service of the same name.
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
                // tccli writes the published address of every service into every profile.
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
        TccliCredentials::of(&directory.home(&[])).credential().await
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
    fn the_region_is_found_in_both_layouts() {
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
    fn the_whole_file_that_tccli_writes_is_read() {
        let directory = TestDirectory::new();
        directory.write(".tccli/default.configure", WRITTEN_BY_TCCLI, 0o644);
        let settings = Settings::read(&directory.home(&[])).unwrap();
        assert_eq!(settings.region.as_deref(), Some("ap-tokyo"));
        // It is the published address of the service `as`.
        assert_eq!(settings.endpoints, [endpoint("autoscaling", "as.tencentcloudapi.com")]);
    }

    /// Whatever a service is called, its entry is that of a service: `region` is one of them.
    #[test]
    fn every_service_of_the_file_may_have_an_endpoint_of_its_own() {
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
            let told = Settings::parse(&serde_json::to_string(&document).unwrap()).unwrap_err();
            assert_eq!(told, format!("has a `{service}.endpoint` that is not text"));
            document.remove(service);
            let settings = Settings::parse(&serde_json::to_string(&document).unwrap()).unwrap();
            assert_eq!(settings.region.as_deref(), Some("ap-tokyo"), "without {service}");
        }
    }

    /// A profile without a region has no region, whatever else it names.
    #[test]
    fn the_service_named_region_is_no_region() {
        let mut document = written_by_tccli();
        document["_sys_param"].as_object_mut().unwrap().remove("region");
        let settings = Settings::parse(&serde_json::to_string(&document).unwrap()).unwrap();
        assert_eq!(settings.region, None);
    }

    #[test]
    fn a_broken_configuration_is_reported() {
        let directory = TestDirectory::new();
        let environment = directory.home(&[]);
        for (text, why) in [
            (&b"{\n\"cvm\": {\n"[..], "default.configure` is not JSON: EOF while parsing"),
            (b"", "is not JSON"),
            (b"[]", "holds no JSON object"),
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
            let told = Settings::read(&environment).unwrap_err().to_string();
            assert!(told.contains(why), "{told}");
        }
        let chosen = |name| Settings::read(&directory.home(&[("TCCLI_PROFILE", name)]));
        let told = chosen("prod").unwrap_err().to_string();
        assert!(told.starts_with("TCCLI_PROFILE names the profile `prod`, but"), "{told}");
        assert!(chosen("../default").unwrap_err().to_string().contains("another directory"));
        directory.write(".tccli/prod.credential", "{}", 0o600);
        assert!(chosen("prod").unwrap().region.is_none());
    }
}
