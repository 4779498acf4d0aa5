//! Published samples (`examples.json`): a request as HTTP text and a response as JSON text.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cvm_protocol::percent;
use serde::Deserialize;

use crate::error::{Error, at};

/// A file of samples.
#[derive(Debug, Deserialize)]
pub struct SampleFile {
    /// The samples of each action.
    pub actions: BTreeMap<String, Vec<Sample>>,
}

/// One sample, without its descriptions.
#[derive(Debug, Deserialize)]
pub struct Sample {
    /// The request, as HTTP text.
    pub input: String,
    /// The response, as JSON.
    pub output: String,
}

/// The request of a sample.
#[derive(Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// The action in the request.
    pub action: Option<String>,
    /// Its members.
    pub body: Body<'a>,
}

/// The encoded members of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// A JSON object.
    Json(&'a str),
    /// The pairs of the query encoding, including the common parameters.
    QueryForm(Vec<(String, String)>),
}

/// Reads a file of samples.
pub fn read(path: &Path) -> Result<SampleFile, Error> {
    let text = fs::read_to_string(path).map_err(|error| at(path, &error))?;
    serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line().max(1), error.column().max(1));
        let full = error.to_string();
        let message = full.rsplit_once(" at line ").map_or(full.as_str(), |(head, _)| head);
        let path = path.display();
        let help = "samples are the `examples.json` beside an API model";
        format!("{path}:{line}:{column}: error: {message}\n  help: {help}").into()
    })
}

impl Sample {
    /// Parses the request. There are two published formats: a POST request with a JSON body, and the URL of a GET request with one
    /// parameter per line.
    pub fn request(&self) -> Result<Request<'_>, String> {
        let text = self.input.trim();
        if text.starts_with("POST ") {
            let (head, body) = split_head(text).ok_or("a POST request without a body")?;
            let action = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.trim().eq_ignore_ascii_case("X-TC-Action"))
                .map(|(_, value)| value.trim().to_owned());
            return Ok(Request { action, body: Body::Json(body) });
        }
        if text.starts_with("https://") {
            let query = text.split_once('?').map_or("", |(_, query)| query);
            let mut pairs = Vec::new();
            for part in query.split('&').map(str::trim) {
                // The placeholder for the common parameters has no value.
                let Some((name, value)) = part.split_once('=') else { continue };
                let decoded =
                    |text: &str| percent::decode(text.trim()).map(|text| text.into_owned());
                let (Some(name), Some(value)) = (decoded(name), decoded(value)) else {
                    return Err(format!("`{}` has an invalid percent escape", part.escape_debug()));
                };
                pairs.push((name, value));
            }
            let action =
                pairs.iter().find(|(name, _)| name == "Action").map(|(_, name)| name.clone());
            return Ok(Request { action, body: Body::QueryForm(pairs) });
        }
        let first: String = text.chars().take(20).collect();
        Err(format!("`{}` is neither a POST request nor a URL", first.escape_debug()))
    }
}

/// Splits a request into head and body at the first empty line, with any line ending.
fn split_head(text: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            return Some((text.get(..at)?, text.get(at + line.len()..)?.trim()));
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(input: &str) -> Sample {
        Sample { input: input.to_owned(), output: String::new() }
    }

    #[test]
    fn both_formats_are_parsed() {
        let post = sample(
            "POST / HTTP/1.1\r\nHost: x\r\nX-TC-Action: StopX\r\n<common>\r\n\r\n{\"A\": 1}",
        );
        let request = post.request().unwrap();
        assert_eq!(
            request,
            Request { action: Some("StopX".into()), body: Body::Json("{\"A\": 1}") }
        );
        let get = sample("https://x.example/?Action=StopX\n&Ids.0=a%20b\n&<common>");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let body = Body::QueryForm(vec![pair("Action", "StopX"), pair("Ids.0", "a b")]);
        assert_eq!(get.request().unwrap(), Request { action: Some("StopX".into()), body });
    }

    #[test]
    fn other_formats_are_errors() {
        for (input, why) in [
            ("", "is neither"),
            ("{}", "is neither"),
            ("POST / HTTP/1.1\nHost: x", "without a body"),
            ("https://x/?A=%zz", "invalid percent escape"),
        ] {
            let error = sample(input).request().unwrap_err();
            assert!(error.contains(why), "{input:?}: {error}");
        }
    }
}
