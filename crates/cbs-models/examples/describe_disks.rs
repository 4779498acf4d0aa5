//! Lists disks of the region with their full details, page by page.

use cbs_models::actions::DescribeDisks;
use cbs_models::types::Disk;
use cbs_models::{Client, Error};

/// Returns the items of all pages.
pub async fn list() -> Result<Vec<Disk>, Error> {
    // Credentials and region from environment variables, credential files or the instance's role.
    let client = Client::from_env().await?;
    client.items(DescribeDisks::default()).try_collect().await
}
