//! Reads values from files and from standard input.
//!
//! Every user of a machine can read its command lines, so secret parameters can come from a file (`@FILE`) or from
//! standard input (`@-`). A literal value that begins with `@` is written with two of them.
//!
//! A file of values may be a pipe, such as `@<(pass show key)` or a named pipe, and is read until its writer closes
//! it. Files of this program, such as a ready file, must be regular files, so that opening them never blocks.

use std::fs;
use std::io::{self, Read};
#[cfg(unix)]
use std::os::fd::AsFd;

use cvm_models::protocol::utf8_text;

use crate::error::{CliError, Result};
#[cfg(not(unix))]
use crate::nonblocking::AsFd;
use crate::nonblocking::Blocking;
use crate::private_file;
use cvm_models::protocol::Json;

/// Larger values are rejected.
const MAX_BYTES: u64 = 10 * 1024 * 1024;

/// Reads values. Standard input can be read only once.
#[derive(Default)]
pub struct Sources {
    stdin_taken_by: Option<String>,
}

impl Sources {
    /// The secret for a value: the value itself, or the content of the file that it names.
    pub fn secret(&mut self, name: &str, value: String) -> Result<String> {
        let (text, from) = match value.strip_prefix('@') {
            None => return Ok(value),
            Some(literal) if literal.starts_with('@') => return Ok(literal.to_owned()),
            Some("") => {
                return Err(CliError::usage(format!("`--{name}` has no file name after `@`"))
                    .hint(
                        "write @FILE, @- for standard input, or @@… for a value that begins with @",
                    ));
            }
            Some("-") => (self.stdin(&format!("--{name}"))?, "standard input"),
            // The text after the `@` is not shown: it may be a password that was meant literally.
            Some(path) => {
                let text = bytes_of(path).and_then(|bytes| text(&bytes)).map_err(|why| {
                    let what = "cannot read the file named after `@`";
                    CliError::local(format!("`--{name}`: {what}: {why}"))
                        .hint("write @@… for a value that begins with @")
                })?;
                (text, "the file named after `@`")
            }
        };
        // Editors and `echo` add a line break that is not part of the value.
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            return Err(CliError::usage(format!("`--{name}` is empty: {from} has no content"))
                .hint(format!("omit the parameter, or write `--{name}=` for an empty value")));
        }
        Ok(line.to_owned())
    }

    /// The JSON object of `--cli-input-json`: text, `file://PATH`, or `-`.
    pub fn json(&mut self, source: &str) -> Result<Json> {
        let text = match source.strip_prefix("file://") {
            Some("-") => self.stdin("--cli-input-json")?,
            Some(path) => file(path)?,
            None if source == "-" => self.stdin("--cli-input-json")?,
            None => source.to_owned(),
        };
        Json::parse(text.as_bytes()).map_err(|error| {
            let hint = "give a JSON object, `file://PATH`, or `-` for standard input";
            CliError::usage(format!("`--cli-input-json` is not JSON: {error}")).hint(hint)
        })
    }

    fn stdin(&mut self, parameter: &str) -> Result<String> {
        if let Some(first) = self.stdin_taken_by.replace(parameter.to_owned()) {
            return Err(CliError::usage(format!(
                "`{first}` and `{parameter}` both read standard input"
            )));
        }
        read(io::stdin().lock())
            .and_then(|bytes| text(&bytes))
            .map_err(|why| unreadable("standard input", &why))
    }
}

/// The text of a file on the command line.
pub fn file(path: &str) -> Result<String> {
    bytes_of(path).and_then(|bytes| text(&bytes)).map_err(|why| unreadable(path, &why))
}

/// As [`file()`], for a file with a secret: a file that other users can read is rejected. This does not apply to
/// pipes.
pub fn secret_file(path: &str) -> Result<String> {
    let read_private = || {
        let file = fs::File::open(path).map_err(|error| error.to_string())?;
        check_private(path, &file)?;
        text(&read(file)?)
    };
    read_private().map_err(|why| unreadable(path, &why))
}

/// Reads a regular file; a pipe or a device, which could block forever, is rejected. `parse` returns `None` for an
/// unrelated file. A file that it accepts contains a secret, and is rejected if other users can read it.
pub fn plain_secret_file<T>(
    path: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>> {
    let read_private = || {
        let opened = private_file::open_plain_behind_link(path.as_ref());
        let file = opened.map_err(|error| error.to_string())?;
        let parsed = parse(&text(&read(&file)?)?);
        if parsed.is_some() {
            check_private(path, &file)?;
        }
        Ok(parsed)
    };
    read_private().map_err(|why: String| unreadable(path, &why))
}

fn check_private(path: &str, file: &fs::File) -> std::result::Result<(), String> {
    private_file::check_private(path.as_ref(), file).map_err(|error| error.to_string())
}

fn bytes_of(path: &str) -> std::result::Result<Vec<u8>, String> {
    read(fs::File::open(path).map_err(|error| error.to_string())?)
}

fn read(source: impl Read + AsFd) -> std::result::Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    match Blocking(source).take(MAX_BYTES + 1).read_to_end(&mut bytes) {
        Ok(length) if length as u64 > MAX_BYTES => Err("it is too large".to_owned()),
        Ok(_) => Ok(bytes),
        Err(error) => Err(error.to_string()),
    }
}

/// The text of a file or pipe, without a byte order mark.
fn text(bytes: &[u8]) -> std::result::Result<String, String> {
    utf8_text(bytes).map(str::to_owned).map_err(|why| format!("it {why}"))
}

fn unreadable(name: &str, why: &str) -> CliError {
    CliError::local(format!("cannot read `{name}`: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn secret(value: &str) -> Result<String> {
        Sources::default().secret("LoginSettings.Password", value.to_owned())
    }

    #[test]
    fn secret_is_read_literally_or_from_a_file() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "from file\r").unwrap();
        let path = file.path().to_str().unwrap();
        assert_eq!(secret("plain").unwrap(), "plain");
        assert_eq!(secret("@@plain").unwrap(), "@plain");
        assert_eq!(secret(&format!("@{path}")).unwrap(), "from file");
        assert!(secret("@").is_err());
        let failure = secret("@canary").unwrap_err();
        assert_eq!(failure.exit(), crate::exit::ExitStatus::Local);
        assert!(!failure.to_string().contains("canary"), "{failure}");
    }

    #[test]
    fn only_the_last_line_break_is_removed() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write!(file, "a\n\n").unwrap();
        assert_eq!(secret(&format!("@{}", file.path().display())).unwrap(), "a\n");
    }

    #[test]
    fn json_input_is_literal_or_from_a_file() {
        let mut sources = Sources::default();
        assert_eq!(sources.json("{}").unwrap(), Json::Object(Vec::new()));
        let failure = sources.json("{'a'").unwrap_err().to_string();
        assert!(failure.contains("not JSON") && failure.contains("file://"), "{failure}");
    }

    #[test]
    fn empty_secret_file_is_an_error() {
        for text in ["", "\n", "\r\n", "\u{feff}\n"] {
            let file = tempfile::NamedTempFile::new().unwrap();
            fs::write(file.path(), text).unwrap();
            let failure = secret(&format!("@{}", file.path().display())).unwrap_err();
            assert_eq!(failure.exit(), crate::exit::ExitStatus::Usage);
            assert!(
                failure.to_string().contains("`--LoginSettings.Password` is empty"),
                "{failure}"
            );
        }
        assert_eq!(secret("").unwrap(), "", "an empty text on the command line is meant");
    }

    #[test]
    fn byte_order_mark_is_accepted_and_utf16_is_rejected_by_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let named = format!("file://{}", file.path().display());
        let as_secret = format!("@{}", file.path().display());
        fs::write(file.path(), "\u{feff}{}").unwrap();
        assert_eq!(Sources::default().json(&named).unwrap(), Json::Object(Vec::new()));
        assert_eq!(secret(&as_secret).unwrap(), "{}");
        for (bytes, why) in [(&b"\xff\xfe{\0}\0"[..], "UTF-16"), (b"canary\n\xff", "line 2")] {
            fs::write(file.path(), bytes).unwrap();
            for failure in
                [Sources::default().json(&named).unwrap_err(), secret(&as_secret).unwrap_err()]
            {
                let message = failure.to_string();
                assert!(message.contains(why) && !message.contains("canary"), "{message}");
            }
        }
    }
}
