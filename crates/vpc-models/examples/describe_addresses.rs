//! Lists elastic IPs with their state, billing and targets, page by page.

use vpc_models::actions::DescribeAddresses;
use vpc_models::types::Address;
use vpc_models::{Client, Error};

/// Returns the items of all pages.
pub async fn list() -> Result<Vec<Address>, Error> {
    // Credentials and region from environment variables, credential files or the instance's role.
    let client = Client::from_env().await?;
    client.items(DescribeAddresses::default()).try_collect().await
}
