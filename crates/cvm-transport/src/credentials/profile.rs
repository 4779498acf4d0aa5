//! The official SDKs' profile file: `~/.tencentcloud/credentials`, an INI file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use super::{
    CredentialProvider, CredentialProviderError, CredentialSnapshot, ProcessCredentials, files,
    reply,
};
use crate::environment::Environment;
use crate::http::BoxFuture;

const WHAT: &str = "credential file of the SDKs";

/// Reads a section of `~/.tencentcloud/credentials`, or of the file that
/// `TENCENTCLOUD_CREDENTIALS_FILE` names.
///
/// Keys: `secret_id`, `secret_key`, `token`; or `credential_process`, a program that prints the
/// credential. The section is `default` unless `TENCENTCLOUD_PROFILE` names another. The file is read
/// anew each time.
#[derive(Clone, Debug, Default)]
pub struct ProfileCredentials {
    environment: Environment,
}

impl ProfileCredentials {
    /// Looks where this process's environment says.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn of(environment: &Environment) -> Self {
        Self { environment: environment.clone() }
    }

    fn path(&self) -> Option<PathBuf> {
        let named = self.environment.get("TENCENTCLOUD_CREDENTIALS_FILE").map(PathBuf::from);
        named.or_else(|| Some(files::home(&self.environment)?.join(".tencentcloud/credentials")))
    }

    async fn read(&self) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        let missing = || CredentialProviderError::missing(format!("there is no {WHAT}"));
        let path = self.path().ok_or_else(missing)?;
        let profile = self.environment.get("TENCENTCLOUD_PROFILE");
        let profile = profile.as_deref().unwrap_or("default");
        let section = Section::read(&path, profile)?.ok_or_else(missing)?;
        if let Some(command) = section.get("credential_process") {
            let mut words = command.split_whitespace().map(str::to_owned);
            let program = words.next().unwrap_or_default();
            return ProcessCredentials::new(program, words).credential().await;
        }
        let snapshot = reply::snapshot(
            section.get("secret_id"),
            section.get("secret_key"),
            section.get("token"),
            None,
            &format!("section [{profile}] of the {WHAT}"),
        );
        snapshot.map(Arc::new)
    }
}

impl CredentialProvider for ProfileCredentials {
    fn credential(
        &self,
    ) -> BoxFuture<'_, Result<Arc<CredentialSnapshot>, CredentialProviderError>> {
        Box::pin(self.read())
    }
}

/// The keys of one section, in memory that is wiped.
struct Section(Vec<(String, Zeroizing<String>)>);

impl Section {
    fn read(path: &Path, name: &str) -> Result<Option<Self>, CredentialProviderError> {
        let Some(bytes) = files::read_secret(path, WHAT)? else { return Ok(None) };
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| CredentialProviderError::broken(format!("{WHAT} is not UTF-8")))?;
        Self::parse(text, name).map(Some).ok_or_else(|| {
            CredentialProviderError::broken(format!("{WHAT} has no section [{name}]"))
        })
    }

    fn parse(text: &str, name: &str) -> Option<Self> {
        let mut current = None;
        let mut found = None;
        for line in text.trim_start_matches('\u{feff}').lines().map(str::trim) {
            if line.is_empty() || line.starts_with([';', '#']) {
                continue;
            }
            if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                current = Some(section.trim());
                if current == Some(name) && found.is_none() {
                    found = Some(Vec::new());
                }
            } else if current == Some(name)
                && let Some(keys) = &mut found
                && let Some((key, value)) = line.split_once('=')
            {
                let value = value.split_once(" ;").map_or(value, |(value, _)| value);
                keys.push((key.trim().to_owned(), Zeroizing::new(value.trim().to_owned())));
            }
        }
        found.map(Self)
    }

    fn get(&self, key: &str) -> Option<&str> {
        let value = self.0.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::super::files::test_directory::TestDirectory;
    use super::*;

    const FILE: &str = "; a comment\n[default]\nsecret_id = AKIDdefault\nsecret_key=key=with=equals ; not this\n\
                        role_arn = unused\n\n[prod]\nsecret_id=AKIDprod\nsecret_key=k\ntoken=t\n[empty]\n";

    async fn read(
        directory: &TestDirectory,
        more: &[(&str, &str)],
    ) -> Result<Arc<CredentialSnapshot>, CredentialProviderError> {
        ProfileCredentials::of(&directory.home(more)).credential().await
    }

    #[tokio::test]
    async fn sections_are_read_by_name() {
        let directory = TestDirectory::new();
        assert!(read(&directory, &[]).await.unwrap_err().is_missing());
        directory.write(".tencentcloud/credentials", FILE, 0o600);
        let snapshot = read(&directory, &[]).await.unwrap();
        assert_eq!(snapshot.credential().secret_id(), "AKIDdefault");
        assert_eq!(snapshot.credential().secret_key(), "key=with=equals");
        let snapshot = read(&directory, &[("TENCENTCLOUD_PROFILE", "prod")]).await.unwrap();
        assert_eq!(snapshot.credential().token(), Some("t"));
        for (profile, why) in [("nobody", "no section [nobody]"), ("empty", "no secret id")] {
            let error = read(&directory, &[("TENCENTCLOUD_PROFILE", profile)]).await.unwrap_err();
            assert!(error.to_string().contains(why) && !error.is_missing(), "{error}");
        }
    }
}
