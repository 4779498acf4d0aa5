//! Security groups bound to instances.

use serde_json::json;

use crate::instances::attributes::{change, on};
use crate::support::*;

#[test]
fn security_groups_are_appended_and_removed() {
    let cloud = cloud();
    let id = running(&cloud, json!({ "SecurityGroupIds": ["sg-00000001"] }));
    let bare = running(&cloud, json!({}));
    let groups = |id: &str| show(&cloud, id)["SecurityGroupIds"].clone();
    let one = |number: u64| json!({ "SecurityGroupIds": [format!("sg-0000000{number}")] });
    change(&cloud, "AssociateSecurityGroups", &id, one(2));
    assert_eq!(groups(&id), json!(["sg-00000001", "sg-00000002"]));
    change(&cloud, "AssociateSecurityGroups", &id, one(1));
    assert_eq!(groups(&id), json!(["sg-00000001", "sg-00000002"]));
    change(&cloud, "DisassociateSecurityGroups", &id, one(1));
    assert_eq!(groups(&id), json!(["sg-00000002"]));
    let code = refused(&cloud, "DisassociateSecurityGroups", on(&[&id, &bare], one(2)));
    assert_eq!((code.as_str(), groups(&id)), ("UnsupportedOperation", json!(["sg-00000002"])));
    for number in 3..7 {
        change(&cloud, "AssociateSecurityGroups", &id, one(number));
    }
    let code = refused(&cloud, "AssociateSecurityGroups", on(&[&bare, &id], one(7)));
    assert_eq!(code, "LimitExceeded.AssociateUSGLimitExceeded");
    assert_eq!(groups(&bare), json!([]));
    let pending = launch(&cloud, json!({})).remove(0);
    let code = refused(&cloud, "AssociateSecurityGroups", on(&[&pending], one(1)));
    assert_eq!(code, "UnsupportedOperation.InstanceStatePending");
    let malformed = on(&[&id], json!({ "SecurityGroupIds": ["group"] }));
    assert_eq!(refused(&cloud, "AssociateSecurityGroups", malformed), "InvalidSgId.Malformed");
}
