//! `cvm error CODE`: explains an error code, offline.

use cvm_models::protocol::{ErrorInfo, did_you_mean, similar_names};
use cvm_models::{ACTIONS, error_code};

use crate::error::{CliError, Result};
use crate::lookup::describe_code;
use crate::output;
use crate::text_page::TextPage;

/// Prints the description of a code.
pub fn run(code: Option<&str>) -> Result<()> {
    let Some(code) = code else {
        return Err(CliError::usage("`cvm error` needs a code")
            .hint("for example `cvm error InvalidInstanceId.NotFound`"));
    };
    match describe_code(code) {
        Some(info) => output::print(&text(code, info)),
        None => {
            let known = error_code::ERRORS.iter().map(|error| error.code);
            Err(CliError::usage(format!("no action documents the error code `{code}`"))
                .maybe_hint(did_you_mean(&similar_names(code, known))))
        }
    }
}

fn text(code: &str, info: &ErrorInfo) -> String {
    let mut page = TextPage::new();
    page.line(code);
    if code != info.code {
        page.paragraph(
            2,
            &format!("This code is newer than this program. Its parent code {} means:", info.code),
        );
    }
    page.paragraph(2, info.doc);
    page.gap();
    page.hanging(2, 2, &format!("What to do: {}", info.fix));
    page.gap();
    page.paragraph(2, &format!("Kind: {}.", info.kind.as_str()));
    if info.retryable {
        page.paragraph(
            2,
            "The same request may succeed later; retry it only if the action's retry class allows it.",
        );
    } else if !info.partial {
        page.paragraph(2, "The same request fails again until its cause is removed.");
    }
    if info.partial {
        page.paragraph(
            2,
            "A change that fails with this code may have been carried out in part, so its outcome is unknown.",
        );
    }
    let documenting: Vec<&str> = ACTIONS
        .iter()
        .filter(|action| action.documents(info.code))
        .map(|action| action.name)
        .collect();
    page.paragraph(
        2,
        &if documenting.is_empty() {
            "Any action can return it.".to_owned()
        } else {
            format!("Documented for {}.", documenting.join(", "))
        },
    );
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_code_is_explained_by_its_parent() {
        let info = describe_code("UnsupportedOperation.SomethingNew").unwrap();
        assert_eq!(info.code, "UnsupportedOperation");
        assert!(
            text("UnsupportedOperation.SomethingNew", info).contains("newer than this program")
        );
        assert!(describe_code("NothingLikeThis").is_none());
    }

    #[test]
    fn known_code_shows_meaning_and_fix() {
        let code = "UnsupportedOperation.SystemDiskType";
        let text = text(code, describe_code(code).unwrap());
        assert!(text.starts_with(code), "{text}");
        assert!(text.contains("What to do:"), "{text}");
        assert!(text.contains("ResetInstancesType"), "{text}");
        assert!(!text.contains("in part"), "{text}");
        let code = "FailedOperation.QImageShareFailed";
        assert!(self::text(code, describe_code(code).unwrap()).contains("carried out in part"));
    }
}
