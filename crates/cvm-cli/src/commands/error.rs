//! `cvm error CODE`: what an error code means and what to do about it, without any network.

use cvm_models::protocol::{ErrorCode, ErrorInfo, ErrorKind};
use cvm_models::{ACTIONS, error_code};

use crate::exit::{CliError, Result};
use crate::text_page::TextPage;
use crate::{output, suggest};

/// Prints what is known of a code.
pub fn run(code: Option<&str>) -> Result<()> {
    let Some(code) = code else {
        return Err(CliError::usage("`cvm error` needs a code")
            .hint("for example `cvm error InvalidInstanceId.NotFound`"));
    };
    match described(code) {
        Some(info) => output::print(&text(code, info)),
        None => {
            let known = error_code::ERRORS.iter().map(|error| error.code);
            Err(CliError::usage(format!("no action documents the error code `{code}`"))
                .maybe_hint(suggest::did_you_mean(&suggest::near(code, known))))
        }
    }
}

/// What is known of a code, or of the nearest one above it: codes are added without notice.
pub fn described(code: &str) -> Option<&'static ErrorInfo> {
    ErrorCode::from(code.to_owned()).ancestors().find_map(error_code::describe)
}

fn text(code: &str, info: &ErrorInfo) -> String {
    let mut page = TextPage::new();
    page.line(code);
    if code != info.code {
        page.paragraph(2, &format!("A code that is newer than this program; {} means:", info.code));
    }
    page.paragraph(2, info.doc);
    page.gap();
    page.hanging(2, 2, &format!("What to do: {}", info.fix));
    page.gap();
    page.paragraph(2, &format!("Kind: {}.", kind(info.kind)));
    page.paragraph(
        2,
        if info.retryable {
            "The same request may pass later, if the action's retry class allows sending it again."
        } else {
            "The same request will fail again."
        },
    );
    if info.partial {
        page.paragraph(
            2,
            "A change that ends with it may have been carried out in part, so its outcome is unknown.",
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
            "Any action can answer with it.".to_owned()
        } else {
            format!("Documented by {}.", documenting.join(", "))
        },
    );
    page.finish()
}

const fn kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Auth => "credentials, signature or permission",
        ErrorKind::Client => "the request is wrong",
        ErrorKind::NotFound => "something that the request names is not there",
        ErrorKind::State => "something is not in the state that the action needs",
        ErrorKind::Quota => "a quota or a stock is used up",
        ErrorKind::Throttle => "too many calls",
        ErrorKind::Server => "the service failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_newer_than_the_program_is_explained_by_its_family() {
        let info = described("UnsupportedOperation.SomethingNew").unwrap();
        assert_eq!(info.code, "UnsupportedOperation");
        assert!(
            text("UnsupportedOperation.SomethingNew", info).contains("newer than this program")
        );
        assert!(described("NothingLikeThis").is_none());
    }

    #[test]
    fn a_known_code_tells_meaning_and_way_out() {
        let code = "UnsupportedOperation.SystemDiskType";
        let text = text(code, described(code).unwrap());
        assert!(text.starts_with(code), "{text}");
        assert!(text.contains("What to do:"), "{text}");
        assert!(text.contains("ResetInstancesType"), "{text}");
        assert!(!text.contains("in part"), "{text}");
        let code = "FailedOperation.QImageShareFailed";
        assert!(self::text(code, described(code).unwrap()).contains("carried out in part"));
    }
}
