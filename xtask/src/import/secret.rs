//! Members that look like secrets by their names. A model does not mark them, and a log must not show
//! them; a wrong guess costs a `Sensitive` where a `String` would do.

/// Ends of names that hold a secret.
const ENDS: [&str; 12] = [
    "password",
    "passwd",
    "pwd",
    "secret",
    "secretkey",
    "privatekey",
    "accesskey",
    "sessiontoken",
    "accesstoken",
    "refreshtoken",
    "securitytoken",
    "authtoken",
];

/// Whether a text member of this name is treated as a secret.
pub fn looks_secret(name: &str) -> bool {
    let lower: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let lower = lower.to_ascii_lowercase();
    // `Token` alone is a credential; with a word before it, it may as well be the next page.
    lower == "token" || ENDS.iter().any(|end| lower.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_what_only_sounds_like_one() {
        for name in ["Password", "LoginPassword", "TmpSecretKey", "Token", "private_key", "DbPwd"] {
            assert!(looks_secret(name), "{name}");
        }
        for name in ["SecretId", "ClientToken", "NextToken", "PasswordPolicy", "KeyId", "TokenType"]
        {
            assert!(!looks_secret(name), "{name}");
        }
    }
}
