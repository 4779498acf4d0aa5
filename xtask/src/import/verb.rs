//! Recognizes read actions by their names. Any other action gets the class `hazard`.

/// The first words of actions that change nothing. `Check` is none: such actions may start a check, count attempts, use up a
/// code, or cost money for each call.
const READS: [&str; 7] = ["Describe", "List", "Query", "Search", "Inquiry", "Inquire", GET];

/// Most actions that begin with it read, but some create what they return.
const GET: &str = "Get";

/// Last words of what a `Get` action creates, uses up or charges for each time.
const CREATED: [&str; 6] = ["Token", "Ticket", "Code", "Num", "Embedding", "Diagnosis"];

/// Ends of the names of actions that prepare an upload, in lower case. Each call may begin another one.
const UPLOADS: [&str; 10] = [
    "uploadurl",
    "uploadurls",
    "uploadlink",
    "uploadaddress",
    "uploadinfo",
    "uploadcredential",
    "uploadcredentials",
    "uploadtoken",
    "uploadsession",
    "uploadid",
];

/// Words that join two verbs.
const JOINTS: [&str; 3] = ["And", "Or", "Then"];

/// Verbs of actions that change something: the most frequent ones of all services, and others that could follow a read.
const CHANGES: [&str; 94] = [
    "Acquire",
    "Activate",
    "Add",
    "Allocate",
    "Apply",
    "Archive",
    "Assign",
    "Associate",
    "Attach",
    "Authorize",
    "Batch",
    "Bind",
    "Buy",
    "Cancel",
    "Change",
    "Clean",
    "Clear",
    "Clone",
    "Close",
    "Commit",
    "Configure",
    "Confirm",
    "Consume",
    "Copy",
    "Create",
    "Deactivate",
    "Delete",
    "Deploy",
    "Deregister",
    "Destroy",
    "Detach",
    "Disable",
    "Disassociate",
    "Drop",
    "Edit",
    "Enable",
    "Execute",
    "Export",
    "Generate",
    "Grant",
    "Import",
    "Init",
    "Initialize",
    "Insert",
    "Install",
    "Invoke",
    "Isolate",
    "Kill",
    "Lock",
    "Mark",
    "Migrate",
    "Modify",
    "Move",
    "Open",
    "Pause",
    "Pay",
    "Publish",
    "Purchase",
    "Purge",
    "Put",
    "Reboot",
    "Recover",
    "Refresh",
    "Refund",
    "Register",
    "Release",
    "Remove",
    "Renew",
    "Replace",
    "Reset",
    "Resize",
    "Restart",
    "Restore",
    "Resume",
    "Retry",
    "Revoke",
    "Rollback",
    "Run",
    "Save",
    "Send",
    "Set",
    "Start",
    "Stop",
    "Submit",
    "Switch",
    "Sync",
    "Terminate",
    "Transfer",
    "Trigger",
    "Unbind",
    "Unlock",
    "Update",
    "Upgrade",
    "Upload",
];

/// Whether an action of this name only reads.
pub fn is_read(name: &str) -> bool {
    let has_read_verb = READS.iter().any(|verb| {
        after_word(name, verb)
            .is_some_and(|rest| *verb != GET || !CREATED.iter().any(|word| rest.ends_with(word)))
    });
    has_read_verb && !prepares_upload(name) && !also_changes(name)
}

/// What follows a word at the beginning of a name.
fn after_word<'n>(name: &'n str, word: &str) -> Option<&'n str> {
    name.strip_prefix(word).filter(|rest| !rest.starts_with(|next: char| next.is_ascii_lowercase()))
}

fn prepares_upload(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    UPLOADS.iter().any(|end| name.ends_with(end))
}

/// Whether a second verb changes something, as in `GetAndDeleteMessages`. The word may also be a noun, but nothing proves that.
fn also_changes(name: &str) -> bool {
    let ends = JOINTS
        .iter()
        .flat_map(|joint| name.match_indices(joint).map(|(at, joint)| at + joint.len()));
    let mut rests = ends.filter_map(|end| name.get(end..));
    rests.any(|rest| CHANGES.iter().any(|verb| after_word(rest, verb).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_action_is_recognized_by_its_first_word() {
        for name in [
            "DescribeZones",
            "GetFile",
            "ListX",
            "InquiryPriceRun",
            "InquirePriceRun",
            "Search",
            "QueryMetric",
        ] {
            assert!(is_read(name), "{name}");
        }
        for name in ["Checkout", "Getaway", "RunInstances", "ListenToAll", "Queryable", "CheckCode"]
        {
            assert!(!is_read(name), "{name}");
        }
    }

    #[test]
    fn get_action_that_creates_its_result_is_no_read() {
        for name in ["GetSessionToken", "GetDeviceTicket", "GetLiveCode", "GetVirtualNum"] {
            assert!(!is_read(name), "{name}");
        }
        assert!(is_read("GetTokenCount") && is_read("DescribeToken"));
    }

    #[test]
    fn action_that_prepares_an_upload_is_no_read() {
        for name in [
            "GetSkillPackageUploadURL",
            "DescribeFileUploadURL",
            "GetUploadUrl",
            "ListPartUploadUrls",
            "DescribeUploadInfo",
            "DescribeSymbolArtifactUploadCredential",
        ] {
            assert!(!is_read(name), "{name}");
        }
        for name in [
            "GetUploadJobDetails",
            "DescribeUploadedFiles",
            "DescribeBackupUploadSize",
            "GetSkillPackageDownloadURL",
        ] {
            assert!(is_read(name), "{name}");
        }
    }

    #[test]
    fn action_with_a_second_verb_that_changes_something_is_no_read() {
        for joint in JOINTS {
            for verb in CHANGES {
                for name in [
                    format!("Get{joint}{verb}Messages"),
                    format!("Describe{joint}{verb}"),
                    format!("ListX{joint}{verb}"),
                    format!("QueryUserAndGroup{joint}{verb}Role"),
                ] {
                    assert!(!is_read(&name), "{name}");
                }
            }
        }
        for name in [
            "DescribeRegionAndPrice",
            "DescribeVcubeApplicationAndPlayList",
            "DescribeIgnoreHostAndItemConfig",
            "DescribeOrders",
            "ListAndroidUpdates",
            "DescribeUserInAndOutTime",
            "GetAndSettings",
        ] {
            assert!(is_read(name), "{name}");
        }
    }

    #[test]
    fn verbs_that_change_something_are_sorted() {
        assert!(CHANGES.is_sorted());
    }
}
