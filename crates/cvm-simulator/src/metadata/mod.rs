//! Metadata of an instance: what it can read about itself over HTTP, its role's credentials included.
//!
//! See <https://cloud.tencent.com/document/product/213/4934>.

mod content;
mod path;
mod subject;

use std::fmt;

use crate::account::AccountId;
use crate::credential_issuer::CredentialIssuer;
use crate::state::State;
use crate::timestamp::Timestamp;

/// A path that an instance reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataQuery {
    /// The id of an instance that runs. `None` for the newest one.
    pub instance_id: Option<String>,
    /// The path, such as `/latest/meta-data/instance-id`.
    pub path: String,
}

/// The content of a path. `Debug` hides it, because it can be a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct MetadataContent(Vec<u8>);

impl MetadataContent {
    /// The bytes.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl fmt::Debug for MetadataContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MetadataContent")
    }
}

/// Reads a path; `None` if the path does not exist, or if no such instance runs.
pub(crate) fn read<'a>(
    query: &MetadataQuery,
    states: impl Iterator<Item = (AccountId, &'a State)>,
    issuer: &CredentialIssuer,
    now: Timestamp,
) -> Option<MetadataContent> {
    let subject = subject::find(query.instance_id.as_deref(), states)?;
    let place = path::parse(&query.path)?;
    let bytes = match place {
        path::Place::Versions => path::VERSIONS.into(),
        path::Place::Data => path::DATA.into(),
        path::Place::UserData => content::user_data(subject.instance)?,
        path::Place::MetaData(steps) => {
            path::lookup(&content::entries(&subject, issuer, now), steps)?.into_bytes()
        }
    };
    Some(MetadataContent(bytes))
}
