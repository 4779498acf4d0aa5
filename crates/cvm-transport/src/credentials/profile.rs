//! Reads the credential file of the official SDKs, an INI file.

use std::path::PathBuf;
use std::sync::Arc;

use super::cached_provider::cached_provider;
use super::client_transport::{ClientTransport, LentTransport};
use super::process::CredentialProgram;
use super::provider::{CredentialProvider, CredentialProviderError, CredentialSnapshot};
use super::static_credentials::StaticCredentials;
use super::sts::AssumeRole;
use super::{document, files, identity, ini};
use crate::config::environment::Environment;
use crate::http::client::BoxFuture;

const WHAT: &str = "credential file";
/// The variable with the path of the file.
const FILE: &str = "TENCENTCLOUD_CREDENTIALS_FILE";
/// The variable with the name of the section.
const SECTION: &str = "TENCENTCLOUD_PROFILE";
/// The file for all users of the machine.
pub(super) const OF_MACHINE: &str = "/etc/tencentcloud/credentials";

cached_provider! {
    /// Reads a section of the file in `TENCENTCLOUD_CREDENTIALS_FILE`, otherwise of `~/.tencentcloud/credentials`, otherwise
    /// of `/etc/tencentcloud/credentials`.
    ///
    /// Keys: `secret_id`, `secret_key`, `token`; with them `role_arn` and `role_session_name`, a role to assume; or
    /// `credential_process`, a command that prints the credential. Other identity keys are errors. The section is `default`
    /// unless `TENCENTCLOUD_PROFILE` is set. A file or section that a variable names must exist.
    ///
    /// The credential is cached as by [`CachedCredentials`](crate::credentials::CachedCredentials); clones share the cache. The file
    /// is read again after five minutes, before the credential expires, and after the service has rejected it.
    ProfileCredentials(ProfileFile)
}

impl ProfileCredentials {
    /// Uses the environment of this process.
    #[must_use]
    pub fn new() -> Self {
        Self::of(ProfileFile::new())
    }
}

impl Default for ProfileCredentials {
    fn default() -> Self {
        Self::new()
    }
}

/// Reads the file at each read.
#[derive(Clone, Debug)]
pub(super) struct ProfileFile {
    environment: Environment,
    transport: LentTransport,
    places: Vec<PathBuf>,
    /// Whether no other file is tried after these.
    is_last: bool,
}

impl ProfileFile {
    fn new() -> Self {
        let environment = Environment::default();
        let mut places = Self::of_user(&environment).places;
        if environment.path(FILE).is_none() {
            places.push(OF_MACHINE.into());
        }
        Self { environment, transport: LentTransport::default(), places, is_last: true }
    }

    /// Reads the named file, or the user's.
    pub(super) fn of_user(environment: &Environment) -> Self {
        // A relative home directory becomes an error when the file is read.
        let home = || files::home(environment).ok().flatten();
        let of_home = || Some(home()?.join(".tencentcloud/credentials"));
        let places = environment.path(FILE).or_else(of_home).into_iter().collect();
        let transport = LentTransport::default();
        Self { environment: environment.clone(), transport, places, is_last: false }
    }

    /// Reads the machine's file.
    pub(super) fn of_machine(environment: &Environment, path: impl Into<PathBuf>) -> Self {
        let transport = LentTransport::default();
        let places = vec![path.into()];
        Self { environment: environment.clone(), transport, places, is_last: true }
    }

    async fn read(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let section = self.environment.text(SECTION).map_err(CredentialProviderError::broken)?;
        if !names_file(&self.environment) {
            files::home(&self.environment).map_err(|error| self.with_variables(error))?;
        }
        for path in &self.places {
            let read = async || match files::read_secret(path, WHAT)? {
                Some(file) => self.read_section(&file, section.as_deref()).await.map(Some),
                None => Ok(None),
            };
            if let Some(snapshot) = read().await.map_err(|error| self.with_variables(error))? {
                return Ok(snapshot);
            }
        }
        Err(self.missing())
    }

    /// Adds the variables that name the file or section to an error.
    fn with_variables(&self, error: CredentialProviderError) -> CredentialProviderError {
        let is_set = |name: &&str| self.environment.path(name).is_some();
        let names: Vec<&str> = [FILE, SECTION].into_iter().filter(is_set).collect();
        if names.is_empty() { error } else { error.chosen_by(&names.join(" and ")) }
    }

    fn missing(&self) -> CredentialProviderError {
        let list = |paths: &[PathBuf]| {
            let paths: Vec<_> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
            format!("there is no {WHAT} {}", paths.join(" or "))
        };
        let environment = &self.environment;
        if environment.path(FILE).is_some() {
            return CredentialProviderError::broken(format!("{FILE}: {}", list(&self.places)));
        }
        if self.is_last && environment.path(SECTION).is_some() {
            let mut all = Self::of_user(environment).places;
            all.extend(
                self.places
                    .iter()
                    .filter(|place| !all.contains(place))
                    .cloned()
                    .collect::<Vec<_>>(),
            );
            let text = format!("{SECTION} is set, but {}", list(&all));
            return CredentialProviderError::broken(text);
        }
        CredentialProviderError::missing(list(&self.places))
    }
}

impl ProfileFile {
    async fn read_section(
        &self,
        file: &files::SecretFile,
        chosen: Option<&str>,
    ) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let name = chosen.unwrap_or("default");
        let broken = |why: String| CredentialProviderError::broken(format!("{} {why}", file.name));
        let section = ini::Section::parse(file.text()?, name).map_err(broken)?;
        let Some(section) = section else {
            return Err(broken(format!("has no section [{name}]")));
        };
        let place = format!("{}: section [{name}] (line {})", file.name, section.line);
        for (key, line) in section.keys() {
            if let Some(fix) = identity::INI.fix(key) {
                let at = format!("{}, line {line}", file.name);
                let text = format!("{at}: `{key}` would be ignored: {fix}");
                return Err(CredentialProviderError::broken(text));
            }
        }
        if let Some((command, line)) = section.get("credential_process") {
            let other = section
                .keys()
                .find(|(key, _)| *key != "credential_process" && identity::INI.read.contains(key));
            if let Some((key, other)) = other {
                return Err(broken(format!(
                    "has `credential_process` in line {line} and `{key}` in line {other}: remove one of them"
                )));
            }
            let at = format!("{}, line {line}: credential_process", file.name);
            let provider = CredentialProgram::parse(command)
                .map_err(|why| CredentialProviderError::broken(format!("{at} {why}")))?;
            let snapshot = provider.credential().await.map_err(|error| error.chosen_by(&at))?;
            let snapshot = (*snapshot).clone().with_origin(at);
            return Ok(Arc::new(snapshot.with_warning(file.warning.clone())));
        }
        let value = |key| section.unquoted(key).map(|(value, _)| value);
        let (id, key) = (value("secret_id"), value("secret_key"));
        let snapshot = document::snapshot(id, key, value("token"), None, &place)?;
        let snapshot = match (section.unquoted("role_arn"), section.unquoted("role_session_name")) {
            (None, None) => snapshot,
            (Some((role, line)), Some((session, _))) => {
                let at = format!("{}, line {line}: role_arn", file.name);
                let own = StaticCredentials::new(snapshot.credential().clone());
                let role = AssumeRole::new(own, role, session)
                    .with_environment(&self.environment, &self.transport);
                let assumed = role.read().await.map_err(|error| error.chosen_by(&at))?;
                (*assumed.with_setting(&at)).clone()
            }
            (Some((_, line)), None) => {
                return Err(broken(format!(
                    "has `role_arn` in line {line}, but no `role_session_name`"
                )));
            }
            (None, Some((_, line))) => {
                return Err(broken(format!(
                    "has `role_session_name` in line {line}, but no `role_arn`"
                )));
            }
        };
        Ok(Arc::new(snapshot.with_warning(file.warning.clone())))
    }
}

/// Whether a variable names the file or the section.
pub(super) fn is_chosen(environment: &Environment) -> bool {
    [FILE, SECTION].iter().any(|name| environment.path(name).is_some())
}

/// Whether a variable names the file.
pub(super) fn names_file(environment: &Environment) -> bool {
    environment.path(FILE).is_some()
}

impl CredentialProvider for ProfileFile {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        Box::pin(self.read())
    }

    fn use_transport(&self, transport: &ClientTransport) {
        self.transport.set(transport);
    }
}

#[cfg(test)]
mod tests {
    use super::super::files::test_directory::TestDirectory;
    use super::*;

    async fn read(
        directory: &TestDirectory,
        more: &[(&str, &str)],
    ) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        ProfileFile::of_user(&directory.home(more)).credential().await
    }

    #[tokio::test]
    async fn sections_are_read_by_name() {
        let directory = TestDirectory::new();
        assert!(read(&directory, &[]).await.unwrap_err().is_missing());
        let file = "; a comment\n[default]\nsecret_id = AKIDdefault\nsecret_key=key=with=equals ; not this\n\
                    region = ap-tokyo\n\n[prod]\nsecret_id=AKIDprod\nsecret_key=k\ntoken=t\n[empty]\n";
        directory.write(".tencentcloud/credentials", file, 0o600);
        let snapshot = read(&directory, &[]).await.unwrap();
        assert_eq!(snapshot.credential().secret_id(), "AKIDdefault");
        assert_eq!(snapshot.credential().secret_key(), "key=with=equals");
        let snapshot = read(&directory, &[("TENCENTCLOUD_PROFILE", "prod")]).await.unwrap();
        assert_eq!(snapshot.credential().token(), Some("t"));
        for (profile, why) in [("nobody", "no section [nobody]"), ("empty", "neither a secret id")]
        {
            let error = read(&directory, &[("TENCENTCLOUD_PROFILE", profile)]).await.unwrap_err();
            assert!(error.to_string().contains(why) && !error.is_missing(), "{error}");
        }
    }

    /// The official SDKs accept both separators, any case of keys, a comment after a section header, and a byte order
    /// mark.
    #[tokio::test]
    async fn files_that_the_official_sdks_accept_are_accepted() {
        for text in [
            "[default]\nsecret_id: AKIDx\nsecret_key: a:b=c\n",
            "[default] ; mine\nSECRET_ID = AKIDx\nSecret_Key=a:b=c\n",
            "[default]# mine\r\nsecret_id=AKIDx\r\n\r\nsecret_key = a:b=c ; the new one\r\n",
            "\u{feff}[default]\nsecret_id=AKIDx\nsecret_key=a:b=c",
            "stray\n[other]\nno key\nsecret_id=y\n[ default ]\nsecret_id=AKIDx\nsecret_key=a:b=c\n",
        ] {
            let directory = TestDirectory::new();
            directory.write(".tencentcloud/credentials", text, 0o600);
            let snapshot = read(&directory, &[]).await.expect(text);
            let credential = snapshot.credential();
            assert_eq!((credential.secret_id(), credential.secret_key()), ("AKIDx", "a:b=c"));
        }
    }

    /// The SDK for Node.js removes quotes, the one for Python sends them. No part of a credential begins or ends with a
    /// quote.
    #[tokio::test]
    async fn quotes_around_a_value_are_removed() {
        let directory = TestDirectory::new();
        let read = async |value: &str| {
            let text =
                format!("[default]\nsecret_id = {value}\nsecret_key = 'k' ; mine\ntoken = \"t\"\n");
            directory.write(".tencentcloud/credentials", &text, 0o600);
            read(&directory, &[]).await
        };
        for value in ["AKIDx", "\"AKIDx\"", "'AKIDx'"] {
            let snapshot = read(value).await.expect(value);
            let credential = snapshot.credential();
            let parts = (credential.secret_id(), credential.secret_key(), credential.token());
            assert_eq!(parts, ("AKIDx", "k", Some("t")), "{value}");
        }
        for value in ["\"AKIDx", "AKIDx\"", "'AKIDx\"", "'AKIDx", "\"\"AKIDx\"\"", "\"A\"B\""] {
            let error = read(value).await.expect_err(value);
            assert!(error.to_string().contains("secret id begins or ends with a quote"), "{error}");
            assert!(!error.is_missing(), "{error}");
        }
        assert!(read("\"\"").await.unwrap_err().to_string().contains("no secret id"));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn credential_process_is_split_like_a_shell() {
        let directory = TestDirectory::new();
        let printed = r#"{"SecretId":"AKIDx","SecretKey":"k"}"#;
        let file = directory.write("the printed.json", printed, 0o600);
        let path = file.display();
        for command in [
            format!("cat '{path}'"),
            format!("/bin/cat \"{path}\" ; the real one"),
            format!("sh -c 'true ; cat \"$0\"' '{path}'"),
        ] {
            let text = format!("[default]\ncredential_process = {command}\n");
            directory.write(".tencentcloud/credentials", &text, 0o600);
            let snapshot = read(&directory, &[]).await.expect(&command);
            assert_eq!(snapshot.credential().secret_id(), "AKIDx", "{command}");
        }
        for (command, why) in [
            ("cat 'open", "line 2: credential_process has an unclosed quote"),
            ("''", "line 2: credential_process has no program"),
            ("sh -c 'echo no such key >&2; exit 3'", "no such key"),
        ] {
            let text = format!("[default]\ncredential_process = {command}\n");
            directory.write(".tencentcloud/credentials", &text, 0o600);
            let error = read(&directory, &[]).await.unwrap_err();
            assert!(error.to_string().contains(why) && !error.is_missing(), "{error}");
        }
    }
}
