//! Lists the availability zones that a product has in the region of the request.

use api_models::actions::{DescribeZones, DescribeZonesResponse};
use api_models::{Client, Error};

/// Returns the response.
pub async fn call() -> Result<DescribeZonesResponse, Error> {
    // Credentials and region from environment variables, credential files or the instance's role.
    let client = Client::from_env().await?;
    client.send(DescribeZones::default()).await
}
