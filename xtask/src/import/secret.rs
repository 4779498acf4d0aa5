//! Recognizes secrets by their names. Models do not mark them, but they must not appear in logs.
//!
//! Only text can be a secret. A wrong guess makes a `String` a `Sensitive`, which cannot travel in a URL.

/// Endings of the names of secrets, in lower case and without underscores, unless the name is in [`NOT`].
const ENDS: [&str; 61] = [
    // Passwords.
    "password",
    "passwords",
    "passwordnew",
    "passwordvalue",
    "passwd",
    "pwd",
    "pass",
    "passphrase",
    "psk",
    // Secrets by name, and what a store of secrets or a decryption returns.
    "secret",
    "secretkey",
    "secretvalue",
    "secretstring",
    "secretbinary",
    "plaintext",
    // Tokens.
    "token",
    "tokenvalue",
    "apitokens",
    "tocken",
    // Keys that authenticate, sign, encrypt or decrypt. Most other keys are names of something.
    "accesskey",
    "aeskey",
    "apikey",
    "apikeys",
    "appkey",
    "appskey",
    "applicationkey",
    "authbackkey",
    "authkey",
    "callbackkey",
    "certkey",
    "certificatekey",
    "clientkey",
    "connectorkey",
    "decryptkey",
    "decryptionkey",
    "encryptkey",
    "encryptedkey",
    "forwardkey",
    "keycontent",
    "keymaterial",
    "licensekey",
    "merchantkey",
    "notifykey",
    "nwkkey",
    "nwkskey",
    "openkey",
    "plainkey",
    "playkey",
    "privatekey",
    "privatemapkey",
    "sessionkey",
    "sharekey",
    "sharedkey",
    "signkey",
    "streamkey",
    "streamenkey",
    "vpnkey",
    "webhookkey",
    // The rest gives access to something: a cluster, a console, a stored object.
    "kubeconfig",
    "vncurl",
    "signedurl",
];

/// Whole names of secrets. Boot scripts (`UserData`) contain keys.
const NAMES: [&str; 10] = [
    "amekey",
    "coskey",
    "deskey",
    "keytabcontent",
    "logincookie",
    "primarykey",
    "secondarykey",
    "skey",
    "userdata",
    "usersig",
];

/// Endings of names that only look like those of secrets: page positions, client tokens, counts, public keys.
const NOT: [&str; 21] = [
    "bypass",
    "clienttoken",
    "creationtoken",
    "idempotencytoken",
    "nexttoken",
    "pagetoken",
    "paginationtoken",
    "scrolltoken",
    "continuetoken",
    "continuationtoken",
    "paramtoken",
    "inputtoken",
    "outputtoken",
    "totaltoken",
    "maxtoken",
    "cachedtoken",
    "publickey",
    "publicencryptkey",
    "vodsessionkey",
    "dvauthkey",
    "validateauthkey",
];

/// Names of members beside which a plain `Key` is a secret: certificates, key ids, initialization vectors, callbacks.
const BESIDE_KEY: [&str; 9] =
    ["cert", "newcert", "cacert", "crt", "certificate", "keyid", "iv", "vector", "webhook"];

/// Whether a string member with this name, beside members with the names `siblings`, is treated as a secret.
pub fn looks_secret<'n>(name: &str, siblings: impl Iterator<Item = &'n str>) -> bool {
    let name = plain(name);
    if name == "key" || name == "newkey" {
        // In a pair of key and value, the key is a name.
        let siblings: Vec<String> = siblings.map(plain).collect();
        return !siblings.iter().any(|name| name.contains("val"))
            && siblings.iter().any(|name| BESIDE_KEY.contains(&name.as_str()));
    }
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    NAMES.contains(&name.as_str()) || ends(&ENDS) && !ends(&NOT)
}

/// A name in lower case, without underscores.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alone(name: &str) -> bool {
        looks_secret(name, [].into_iter())
    }

    #[test]
    fn only_secrets_are_recognized() {
        for name in [
            "Password",
            "LoginPassword",
            "TmpSecretKey",
            "Token",
            "private_key",
            "DbPwd",
            "PreShareKey",
            "SslVpnKey",
            "SamlToken",
            "SecretString",
            "APIKey",
            "KeyPass",
            "UserData",
            "InstanceVncUrl",
        ] {
            assert!(alone(name), "{name}");
        }
        for name in [
            "SecretId",
            "ClientToken",
            "NextToken",
            "NextPageToken",
            "PasswordPolicy",
            "KeyId",
            "TokenType",
            "TagKey",
            "SortKey",
            "EncryptionPublicKey",
            "MaxInputToken",
            "NamespaceNameKey",
            "KmsKey",
            "Bypass",
            "Key",
        ] {
            assert!(!alone(name), "{name}");
        }
    }

    /// `IMPORT.md` writes many names as an ending after `Key` or `Token`.
    #[test]
    fn documented_table_has_the_same_names() {
        let document = include_str!("../../../IMPORT.md");
        let rows = document.split_once("| kind | names |\n").unwrap().1;
        let rows: Vec<&str> = rows.lines().take_while(|line| line.starts_with('|')).collect();
        let documented: Vec<String> =
            rows.iter().flat_map(|row| row.split('`').skip(1).step_by(2)).map(plain).collect();
        let constants: Vec<&str> =
            [&ENDS[..], &NAMES, &NOT, &BESIDE_KEY].into_iter().flatten().copied().collect();
        for name in &constants {
            let parts = [Some(*name), name.strip_suffix("key"), name.strip_suffix("token")];
            let is_documented =
                parts.into_iter().flatten().any(|part| documented.iter().any(|name| name == part));
            assert!(is_documented, "IMPORT.md lacks `{name}`");
        }
        for name in &documented {
            let is_known = ["", "key", "token"]
                .into_iter()
                .any(|end| constants.contains(&format!("{name}{end}").as_str()));
            // The last row names plain keys, and parts of names that make them no secrets.
            let is_of_last_row = ["key", "newkey", "val"].contains(&name.as_str());
            assert!(is_known || is_of_last_row, "no constant has `{name}` of IMPORT.md");
        }
    }

    #[test]
    fn plain_key_is_a_secret_beside_a_certificate_or_a_key_id() {
        for sibling in ["Cert", "CACert", "Crt", "KeyId", "Iv", "Webhook"] {
            assert!(looks_secret("Key", ["Name", sibling].into_iter()), "{sibling}");
        }
        for siblings in [["Name", "Value"], ["KeyId", "DefaultVal"], ["Name", "Label"]] {
            assert!(!looks_secret("Key", siblings.into_iter()), "{siblings:?}");
        }
    }
}
