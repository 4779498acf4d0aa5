//! Client tokens: a repeated request gets the response of the first one.

use std::sync::Arc;

use cvm_signer::HexDigest;
use imbl::{OrdMap, Vector};

use crate::api_error::{ApiError, DocumentedCodes};

/// Maximum number of remembered tokens and ids. Beyond that the oldest tokens are removed. Time removes none: the
/// virtual clock may advance by days while a client retries.
const MAX_REMEMBERED: usize = 50_000;

/// The client tokens of one account in one region.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    answers: OrdMap<Arc<str>, Arc<TokenEntry>>,
    /// The oldest first.
    order: Vector<Arc<str>>,
    /// The number of tokens and ids.
    kept: usize,
}

#[derive(Clone, Debug)]
struct TokenEntry {
    parameters: HexDigest,
    ids: Vec<String>,
}

impl TokenEntry {
    fn size(&self) -> usize {
        self.ids.len().saturating_add(1)
    }
}

/// The result of a token lookup.
#[derive(Debug, PartialEq, Eq)]
enum TokenLookup {
    /// The token is new.
    No,
    /// The same request, which created these resources.
    Made(Vec<String>),
    /// Another request used the token.
    Otherwise,
}

impl Tokens {
    /// The ids that the first request with this token created, if this is the same request. Another request with the
    /// token is an error.
    pub(crate) fn find_repeated(
        &self,
        codes: DocumentedCodes,
        token: &str,
        parameters: &HexDigest,
    ) -> Result<Option<Vec<String>>, ApiError> {
        match self.look_up(token, parameters) {
            TokenLookup::No => Ok(None),
            TokenLookup::Made(ids) => Ok(Some(ids)),
            TokenLookup::Otherwise => {
                let message = "The parameter `ClientToken` belongs to an earlier request with \
                               other parameters; use a new one.";
                let candidates = ["InvalidParameter.InvalidClientToken", "InvalidParameterValue"];
                Err(codes.error(candidates, message))
            }
        }
    }

    /// Looks up a token. Parameters are compared by their hash, which comes with the command: no password is stored.
    fn look_up(&self, token: &str, parameters: &HexDigest) -> TokenLookup {
        match self.answers.get(token) {
            None => TokenLookup::No,
            Some(answered) if answered.parameters == *parameters => {
                TokenLookup::Made(answered.ids.clone())
            }
            Some(_) => TokenLookup::Otherwise,
        }
    }

    /// Stores what the request with this token created.
    pub(crate) fn keep(&mut self, token: &str, parameters: &HexDigest, ids: &[String]) {
        let answered = TokenEntry { parameters: *parameters, ids: ids.to_vec() };
        self.kept = self.kept.saturating_add(answered.size());
        let token: Arc<str> = token.into();
        self.answers.insert(Arc::clone(&token), Arc::new(answered));
        self.order.push_back(token);
        while self.kept > MAX_REMEMBERED && self.answers.len() > 1 {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some(token) = self.order.pop_front() else { return };
        if let Some(answered) = self.answers.remove(&token) {
            self.kept = self.kept.saturating_sub(answered.size());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_token_identifies_one_request() {
        let mut tokens = Tokens::default();
        let [a, b] = [b"a", b"b"].map(|text| HexDigest::sha256(text));
        assert_eq!(tokens.look_up("t", &a), TokenLookup::No);
        let ids = vec!["ins-00000001".to_owned()];
        tokens.keep("t", &a, &ids);
        assert_eq!(tokens.look_up("t", &a), TokenLookup::Made(ids));
        assert_eq!(tokens.look_up("t", &b), TokenLookup::Otherwise);
        assert_eq!(tokens.look_up("u", &a), TokenLookup::No);
    }

    #[test]
    fn oldest_client_tokens_are_removed_when_there_are_too_many() {
        let mut tokens = Tokens::default();
        let a = HexDigest::sha256(b"a");
        let ids: Vec<String> = (0..99).map(|number| format!("ins-{number:08}")).collect();
        for number in 0..10_000 {
            tokens.keep(&format!("t-{number}"), &a, &ids);
        }
        let left = MAX_REMEMBERED / 100;
        assert_eq!((tokens.answers.len(), tokens.order.len()), (left, left));
        assert_eq!(tokens.look_up("t-9499", &a), TokenLookup::No);
        assert_eq!(tokens.look_up("t-9500", &a), TokenLookup::Made(ids.clone()));
        tokens.keep("later", &a, &ids);
        assert_eq!((tokens.answers.len(), tokens.kept), (left, MAX_REMEMBERED));
    }
}
