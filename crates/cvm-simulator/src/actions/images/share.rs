//! ModifyImageSharePermission and DescribeImageSharePermission.

use std::collections::HashSet;

use cvm_models::actions::{
    DescribeImageSharePermission, DescribeImageSharePermissionResponse, ModifyImageSharePermission,
    ModifyImageSharePermissionResponse,
};
use cvm_models::enums::{ImageSharePermission, ImageState};
use cvm_models::types::SharePermission;

use crate::account::AccountId;
use crate::actions::images::owned_image;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::handler::{ActionHandler, Outcome};
use crate::state::{OwnedImage, RequestContext};

/// Maximum number of accounts that an image is shared with.
const MAX_SHARES: usize = 500;

/// Shares an image with other accounts, or stops sharing it.
impl ActionHandler for ModifyImageSharePermission {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (context.codes, context.now);
        check_accounts(codes, context.account, &self.account_ids)?;
        let owned = owned_image::find(context, &self.image_id)?;
        let named: HashSet<&String> = self.account_ids.iter().collect();
        let shares = self.permission != Some(ImageSharePermission::Cancel);
        if shares {
            check_can_share(codes, owned)?;
        }
        if *owned.state(now) != ImageState::Normal {
            return Err(owned_image::wrong_state(codes, &self.image_id, owned.state(now)));
        }
        if !shares {
            owned.shares.retain(|share| !named.contains(&share.account_id));
            return Ok(Outcome::Response(ModifyImageSharePermissionResponse::default()));
        }
        if let Some(known) = owned.shares.iter().find(|share| named.contains(&share.account_id)) {
            let message = format!("The image is already shared with `{}`.", known.account_id);
            return Err(codes.error(["FailedOperation.AccountAlreadyExists"], message));
        }
        let mut accounts = self.account_ids;
        accounts.sort();
        accounts.dedup();
        if owned.shares.len() + accounts.len() > MAX_SHARES {
            let message = format!("An image can be shared with at most {MAX_SHARES} accounts.");
            return Err(codes.error(["OverQuota"], message));
        }
        let created_time = now.to_string();
        owned.shares.extend(accounts.into_iter().map(|account_id| SharePermission {
            created_time: created_time.clone(),
            account_id,
            ..Default::default()
        }));
        Ok(Outcome::Response(ModifyImageSharePermissionResponse::default()))
    }
}

/// An account can be opened after an image was shared with it, so every number can be one.
fn check_accounts(
    codes: DocumentedCodes,
    owner: AccountId,
    accounts: &[String],
) -> Result<(), ApiError> {
    let is_number =
        |text: &&String| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(account) = accounts.iter().find(|account| !is_number(account)) {
        let message = format!("The account `{account}` does not exist.");
        return Err(codes.error(["InvalidAccountId.NotFound"], message));
    }
    let owner = owner.uin().to_string();
    if accounts.contains(&owner) {
        let message = format!("The account `{owner}` owns the image.");
        return Err(codes.error(["InvalidAccountIs.YourSelf"], message));
    }
    Ok(())
}

fn check_can_share(codes: DocumentedCodes, owned: &OwnedImage) -> Result<(), ApiError> {
    let (code, why) = if owned.has_own_license() {
        ("FailedOperation.BYOLImageShareFailed", "was imported with a license of its owner")
    } else if owned.has_data_disks() {
        ("InvalidParameter.InstanceImageNotSupport", "contains the data disks of an instance")
    } else if owned.is_encrypted {
        ("UnsupportedOperation.EncryptedImagesNotSupported", "is encrypted")
    } else {
        return Ok(());
    };
    let message = format!("The image `{}` {why}, so it cannot be shared.", owned.api.image_id);
    Err(codes.error([code], message))
}

/// Lists the accounts that an image is shared with, in the order of sharing.
impl ActionHandler for DescribeImageSharePermission {
    fn handle(self, context: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let owned = owned_image::find(context, &self.image_id)?;
        Ok(Outcome::Response(DescribeImageSharePermissionResponse {
            share_permission_set: owned.shares.clone(),
            ..Self::Response::default()
        }))
    }
}
