//! Security groups bound to instances.

use serde_json::json;

use crate::instances::attributes::{change, for_instances};
use crate::support::*;

#[test]
fn security_groups_are_appended_and_removed() {
    let cloud = cloud();
    let id = launch_running(&cloud, json!({ "SecurityGroupIds": ["sg-00000001"] }));
    let bare = launch_running(&cloud, json!({}));
    let groups = |id: &str| describe(&cloud, id)["SecurityGroupIds"].clone();
    let default_groups = groups(&bare);
    let one = |number: u64| json!({ "SecurityGroupIds": [format!("sg-0000000{number}")] });
    change(&cloud, "AssociateSecurityGroups", &id, one(2));
    assert_eq!(groups(&id), json!(["sg-00000001", "sg-00000002"]));
    change(&cloud, "AssociateSecurityGroups", &id, one(1));
    assert_eq!(groups(&id), json!(["sg-00000001", "sg-00000002"]));
    change(&cloud, "DisassociateSecurityGroups", &id, one(1));
    assert_eq!(groups(&id), json!(["sg-00000002"]));
    let code = send_err(&cloud, "DisassociateSecurityGroups", for_instances(&[&id, &bare], one(2)));
    assert_eq!((code.as_str(), groups(&id)), ("UnsupportedOperation", json!(["sg-00000002"])));
    for number in 3..7 {
        change(&cloud, "AssociateSecurityGroups", &id, one(number));
    }
    let code = send_err(&cloud, "AssociateSecurityGroups", for_instances(&[&bare, &id], one(7)));
    assert_eq!(code, "LimitExceeded.AssociateUSGLimitExceeded");
    assert_eq!(groups(&bare), default_groups, "a request with an error changes nothing");
    let pending = launch(&cloud, json!({})).remove(0);
    let code = send_err(&cloud, "AssociateSecurityGroups", for_instances(&[&pending], one(1)));
    assert_eq!(code, "UnsupportedOperation.InstanceStatePending");
    let malformed = for_instances(&[&id], json!({ "SecurityGroupIds": ["group"] }));
    assert_eq!(send_err(&cloud, "AssociateSecurityGroups", malformed), "InvalidSgId.Malformed");
}
