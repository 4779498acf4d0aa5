//! Client tokens: a repeated request gets the first one's answer.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use cvm_signer::HexDigest;

use crate::Moment;
use crate::refusal::{Codes, Refusal};

/// How long a token is remembered; the service does not say.
const MEMORY: Duration = Duration::from_secs(86_400);

/// The tokens of one account in one region.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    answers: HashMap<String, Answered>,
    /// In the order in which they are forgotten.
    forgotten: VecDeque<(Moment, String)>,
}

#[derive(Debug)]
struct Answered {
    parameters: HexDigest,
    ids: Vec<String>,
}

/// What is known of a token.
#[derive(Debug, PartialEq, Eq)]
enum Remembered {
    /// It is new.
    No,
    /// The same request made these.
    Made(Vec<String>),
    /// Another request had it.
    Otherwise,
}

impl Tokens {
    /// What the first request with a token has made, when this is that request again; another
    /// request with its token is refused.
    pub(crate) fn repeated(
        &self,
        codes: Codes,
        token: &str,
        parameters: &[u8],
    ) -> Result<Option<Vec<String>>, Refusal> {
        match self.recall(token, parameters) {
            Remembered::No => Ok(None),
            Remembered::Made(ids) => Ok(Some(ids)),
            Remembered::Otherwise => {
                let message = "The parameter `ClientToken` belongs to an earlier request with \
                               other parameters; use a new one.";
                Err(codes.refuse(["InvalidParameterValue"], message))
            }
        }
    }

    /// Looks a token up. Parameters are compared by their hash, so that no password is kept.
    fn recall(&self, token: &str, parameters: &[u8]) -> Remembered {
        match self.answers.get(token) {
            None => Remembered::No,
            Some(answered) if answered.parameters == HexDigest::sha256(parameters) => {
                Remembered::Made(answered.ids.clone())
            }
            Some(_) => Remembered::Otherwise,
        }
    }

    /// Keeps what the request with this token made.
    pub(crate) fn keep(&mut self, token: &str, parameters: &[u8], ids: &[String], now: Moment) {
        let answered = Answered { parameters: HexDigest::sha256(parameters), ids: ids.to_vec() };
        self.answers.insert(token.to_owned(), answered);
        self.forgotten.push_back((now.after(MEMORY), token.to_owned()));
    }

    /// Forgets tokens whose time is over.
    pub(crate) fn forget(&mut self, now: Moment) {
        while self.forgotten.front().is_some_and(|(moment, _)| *moment <= now) {
            if let Some((_, token)) = self.forgotten.pop_front() {
                self.answers.remove(&token);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stands_for_one_request() {
        let mut tokens = Tokens::default();
        assert_eq!(tokens.recall("t", b"a"), Remembered::No);
        let ids = vec!["ins-00000001".to_owned()];
        tokens.keep("t", b"a", &ids, Moment::from_unix(0));
        assert_eq!(tokens.recall("t", b"a"), Remembered::Made(ids));
        assert_eq!(tokens.recall("t", b"b"), Remembered::Otherwise);
        assert_eq!(tokens.recall("u", b"a"), Remembered::No);
    }

    #[test]
    fn a_token_is_forgotten_after_a_day() {
        let mut tokens = Tokens::default();
        tokens.keep("t", b"a", &[], Moment::from_unix(0));
        tokens.forget(Moment::from_unix(86_399));
        assert_eq!(tokens.recall("t", b"a"), Remembered::Made(Vec::new()));
        tokens.forget(Moment::from_unix(86_400));
        assert_eq!(tokens.recall("t", b"a"), Remembered::No);
    }
}
