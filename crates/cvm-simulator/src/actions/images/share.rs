//! ModifyImageSharePermission and DescribeImageSharePermission.

use crate::actions::images::owned_image;
use crate::api_error::{ApiError, DocumentedCodes};
use crate::handler::{ActionHandler, Outcome};
use crate::ids::UIN;
use crate::state::{OwnImage, RequestContext};
use cvm_models::actions::{
    DescribeImageSharePermission, DescribeImageSharePermissionResponse, ModifyImageSharePermission,
    ModifyImageSharePermissionResponse,
};
use cvm_models::enums::{ImageSharePermission, ImageState};
use cvm_models::types::SharePermission;
use std::collections::HashSet;

/// Most accounts that an image is shared with.
const MAX_SHARES: usize = 500;

/// Gives other accounts an image of the account, or takes it away.
impl ActionHandler for ModifyImageSharePermission {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let (codes, now) = (scene.codes, scene.now);
        check_accounts(codes, &self.account_ids)?;
        let own = owned_image::find(scene, &self.image_id)?;
        let named: HashSet<&String> = self.account_ids.iter().collect();
        let shares = self.permission != Some(ImageSharePermission::Cancel);
        if shares {
            can_be_shared(codes, own)?;
        }
        if *own.state(now) != ImageState::Normal {
            return Err(owned_image::wrong_state(codes, &self.image_id, own.state(now)));
        }
        if !shares {
            own.shares.retain(|share| !named.contains(&share.account_id));
            return Ok(Outcome::Response(ModifyImageSharePermissionResponse::default()));
        }
        if let Some(known) = own.shares.iter().find(|share| named.contains(&share.account_id)) {
            let message = format!("The image is already shared with `{}`.", known.account_id);
            return Err(codes.error(["FailedOperation.AccountAlreadyExists"], message));
        }
        let mut accounts = self.account_ids;
        accounts.sort();
        accounts.dedup();
        if own.shares.len() + accounts.len() > MAX_SHARES {
            let message = format!("An image is shared with at most {MAX_SHARES} accounts.");
            return Err(codes.error(["OverQuota"], message));
        }
        let created_time = now.to_string();
        own.shares.extend(
            accounts.into_iter().map(|account_id| SharePermission {
                created_time: created_time.clone(),
                account_id,
            }),
        );
        Ok(Outcome::Response(ModifyImageSharePermissionResponse::default()))
    }
}

/// Which accounts there are is not known here, so any number is taken for one.
fn check_accounts(codes: DocumentedCodes, accounts: &[String]) -> Result<(), ApiError> {
    let is_number =
        |text: &&String| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(account) = accounts.iter().find(|account| !is_number(account)) {
        let message = format!("The account `{account}` does not exist.");
        return Err(codes.error(["InvalidAccountId.NotFound"], message));
    }
    if accounts.iter().any(|account| account == UIN) {
        let message = format!("The account `{UIN}` owns the image.");
        return Err(codes.error(["InvalidAccountIs.YourSelf"], message));
    }
    Ok(())
}

fn can_be_shared(codes: DocumentedCodes, own: &OwnImage) -> Result<(), ApiError> {
    let (code, why) = if own.has_own_licence() {
        ("FailedOperation.BYOLImageShareFailed", "was imported under a licence of its owner")
    } else if own.has_data_disks() {
        ("InvalidParameter.InstanceImageNotSupport", "is of a whole machine, with data disks")
    } else if own.is_encrypted {
        ("UnsupportedOperation.EncryptedImagesNotSupported", "is encrypted")
    } else {
        return Ok(());
    };
    let message = format!("The image `{}` {why}, so it cannot be shared.", own.shown.image_id);
    Err(codes.error([code], message))
}

/// The accounts that an image is shared with, the newest share first.
impl ActionHandler for DescribeImageSharePermission {
    fn handle(self, scene: &mut RequestContext<'_>) -> Result<Outcome<Self::Response>, ApiError> {
        let own = owned_image::find(scene, &self.image_id)?;
        Ok(Outcome::Response(DescribeImageSharePermissionResponse {
            share_permission_set: own.shares.iter().rev().cloned().collect(),
            ..Self::Response::default()
        }))
    }
}
