//! Returns the account and user, role or federated user whose credentials signed the request.

use sts_models::actions::{GetCallerIdentity, GetCallerIdentityResponse};
use sts_models::{Client, Error};

/// Returns the response.
pub async fn call() -> Result<GetCallerIdentityResponse, Error> {
    // Credentials and region from environment variables, credential files or the instance's role.
    let client = Client::from_env().await?;
    client.send(GetCallerIdentity::default()).await
}
