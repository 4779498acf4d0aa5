//! Lists the tag keys of the account, without their values.

use tag_models::actions::DescribeTagKeys;
use tag_models::{Client, Error};

/// Returns the items of all pages.
pub async fn list() -> Result<Vec<String>, Error> {
    // Credentials and region from environment variables, credential files or the instance's role.
    let client = Client::from_env().await?;
    client.items(DescribeTagKeys::default()).try_collect().await
}
