//! Recognizes secrets by their names. Models do not mark them, but they must not appear in logs. A wrong guess only makes a
//! `String` a `Sensitive`.

/// Endings of the names of secrets.
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

/// Whether a string member with this name is treated as a secret.
pub fn looks_secret(name: &str) -> bool {
    let lower: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let lower = lower.to_ascii_lowercase();
    // `Token` alone is a credential; `NextToken` is not.
    lower == "token" || ENDS.iter().any(|end| lower.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_secrets_are_recognized() {
        for name in ["Password", "LoginPassword", "TmpSecretKey", "Token", "private_key", "DbPwd"] {
            assert!(looks_secret(name), "{name}");
        }
        for name in ["SecretId", "ClientToken", "NextToken", "PasswordPolicy", "KeyId", "TokenType"]
        {
            assert!(!looks_secret(name), "{name}");
        }
    }
}
