//! The login of a new instance: password strength, key pairs and host names.

use cvm_models::types::LoginSettings;
use cvm_protocol::Sensitive;

use crate::api_error::{ApiError, DocumentedCodes};
use crate::state::{LaunchImage, RequestContext, System};

/// Checks the password, and whether the image has a login to keep. The password is not stored: no response shows it
/// and no guest needs it.
pub(crate) fn check(
    codes: DocumentedCodes,
    requested: Option<&LoginSettings>,
    image: &LaunchImage,
) -> Result<(), ApiError> {
    let Some(requested) = requested else { return Ok(()) };
    if let Some(password) = &requested.password {
        Strength::of(image.system.is_windows()).check(codes, password)?;
    }
    let keeps = requested.keep_image_login.as_deref();
    if image.is_public && keeps.is_some_and(|text| text.eq_ignore_ascii_case("true")) {
        let message = format!(
            "`LoginSettings.KeepImageLogin` needs a custom, shared or imported image, and `{}` is \
             a public one.",
            image.id
        );
        return Err(codes.error(["InvalidParameterValue"], message));
    }
    Ok(())
}

/// The required strength of a password.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strength {
    /// Minimum number of characters.
    pub(crate) min: usize,
    /// Minimum number of kinds of characters.
    pub(crate) kinds: usize,
}

impl Strength {
    pub(crate) const LINUX: Self = Self { min: 8, kinds: 2 };
    pub(crate) const WINDOWS: Self = Self { min: 12, kinds: 3 };

    pub(crate) const fn of(is_windows: bool) -> Self {
        if is_windows { Self::WINDOWS } else { Self::LINUX }
    }

    pub(crate) fn check(
        self,
        codes: DocumentedCodes,
        password: &Sensitive,
    ) -> Result<(), ApiError> {
        let Self { min, kinds } = self;
        let password = password.expose();
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || SPECIAL.contains(&byte);
        let is_clean = password.bytes().all(is_allowed);
        if (min..=30).contains(&password.len()) && is_clean && kinds_in(password) >= kinds {
            return Ok(());
        }
        let message = format!(
            "A password for this system must have {min} to 30 characters of at least {kinds} \
             kinds, and no others: lower case, upper case, digits, {}",
            String::from_utf8_lossy(SPECIAL)
        );
        Err(codes.error(["InvalidPassword", "InvalidParameterValue.InvalidPassword"], message))
    }
}

/// The special characters of a password.
const SPECIAL: &[u8] = b"()`~!@#$%^&*-+=|{}[]:;',.?/";

/// The number of kinds of characters in a text.
fn kinds_in(text: &str) -> usize {
    let kinds: [fn(&u8) -> bool; 4] =
        [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit, |byte| {
            SPECIAL.contains(byte)
        }];
    kinds.iter().filter(|is_kind| text.as_bytes().iter().any(is_kind)).count()
}

/// The key pairs that open the instance from the start. All of them must exist.
pub(crate) fn key_ids(
    context: &RequestContext<'_>,
    requested: Option<&LoginSettings>,
    system: &System,
) -> Result<Vec<String>, ApiError> {
    let requested = requested.map_or(&[][..], |requested| &requested.key_ids);
    if !requested.is_empty() && system.is_windows() {
        let message = "Windows instances do not support key pairs; use a password.";
        let code = "UnsupportedOperation.KeyPairUnsupportedWindows";
        return Err(context.codes.error([code], message));
    }
    context.find_key_pairs(requested)
}

/// Checks the final host name.
pub(crate) fn check_host_name(
    codes: DocumentedCodes,
    name: &str,
    is_windows: bool,
) -> Result<(), ApiError> {
    let is_word = |word: &str| {
        !word.is_empty()
            && !word.starts_with('-')
            && !word.ends_with('-')
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_fit = if is_windows {
        name.len() <= 15 && is_word(name) && !name.bytes().all(|byte| byte.is_ascii_digit())
    } else {
        name.len() <= 60 && name.split('.').all(is_word)
    };
    if is_fit && name.len() >= 2 {
        return Ok(());
    }
    let platform = if is_windows { "Windows" } else { "Linux" };
    let message = format!("`HostName` is `{name}`, which is not valid for {platform}.");
    Err(codes.error(["InvalidParameterValue.IllegalHostName"], message))
}

#[cfg(test)]
mod tests {
    use cvm_models::actions::RunInstances;
    use cvm_protocol::Action;

    use super::*;
    use crate::catalog::Catalog;

    const CODES: DocumentedCodes = DocumentedCodes(RunInstances::INFO);
    const LINUX: &str = "img-pmqg1cw7";
    const WINDOWS: &str = "img-9id7emv7";

    fn launch_image(id: &str) -> LaunchImage {
        LaunchImage::of(&Catalog::builtin().image(id).unwrap().api())
    }

    fn passes(password: &str, id: &str) -> bool {
        let password = Some(password.into());
        let settings = LoginSettings { password, ..LoginSettings::default() };
        match check(CODES, Some(&settings), &launch_image(id)) {
            Ok(()) => true,
            Err(error) => {
                assert_eq!(error.code, "InvalidPassword");
                assert!(!error.message.contains(settings.password.unwrap().expose()));
                false
            }
        }
    }

    #[test]
    fn weak_passwords_are_rejected() {
        assert!(passes("Qcloud@TestApi123++", LINUX));
        assert!(passes("abcdefg1", LINUX) && !passes("abcdefgh", LINUX));
        assert!(!passes("abcdef1", LINUX));
        assert!(!passes(&"a1".repeat(16), LINUX));
        for other in [' ', 'é', '_', '<', '>', '"', '\\', '\n'] {
            assert!(!passes(&format!("Abcdefg1{other}"), LINUX), "{other}");
        }
        for special in SPECIAL {
            assert!(passes(&format!("abcdefg{}", char::from(*special)), LINUX), "{special}");
        }
        assert!(passes("Qcloud@TestApi123++", WINDOWS));
        assert!(!passes("abcdefghijk1", WINDOWS) && !passes("Abcdefghij1", WINDOWS));
    }

    #[test]
    fn only_images_that_are_not_public_have_a_login_to_keep() {
        let code = |text: &str, is_public| {
            let image = LaunchImage { is_public, ..launch_image(LINUX) };
            let keep_image_login = Some(text.to_owned());
            let settings = LoginSettings { keep_image_login, ..LoginSettings::default() };
            check(CODES, Some(&settings), &image).err().map(|error| error.code)
        };
        assert!(launch_image(LINUX).is_public);
        for text in ["true", "TRUE"] {
            assert_eq!(code(text, true), Some("InvalidParameterValue"), "{text}");
            assert_eq!(code(text, false), None, "{text}");
        }
        assert_eq!(code("FALSE", true), None);
    }

    #[test]
    fn host_name_rules_depend_on_the_platform() {
        let passes =
            |name, id| check_host_name(CODES, name, launch_image(id).system.is_windows()).is_ok();
        assert!(passes("web-1.example", LINUX) && !passes("web-1.example", WINDOWS));
        assert!(passes("12", LINUX) && !passes("12", WINDOWS));
        for name in ["a", "-web", "web-", "web..1", "web_1", ""] {
            assert!(!passes(name, LINUX), "{name}");
        }
        assert!(passes("web-1", WINDOWS) && !passes("a-name-of-16-chr", WINDOWS));
    }
}
