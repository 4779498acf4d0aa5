//! Authenticates requests: verifies the signature of every dialect, and the token of temporary credentials.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use cvm_protocol::ActionInfo;
use cvm_signer::verify::{self, EmptyParameters, VerifyError, VerifyingKey};
use cvm_signer::{Credential, KeyCache, tc3, v1};
use cvm_simulator::{AccountId, ApiError, Caller, CredentialIssuer, Session, Timestamp};
use subtle::ConstantTimeEq;

use crate::dialect::{self, Call, Dialect, Incoming, Parameters};
use crate::explain::{self, Explanation};
use crate::start_error::StartError;

const SIGNATURE_NOT_VALIDATED: &str =
    "The provided credentials could not be validated. Please check your signature is correct.";
const SECRET_ID_NOT_FOUND: &str =
    "The SecretId is not found, please ensure that your SecretId is correct.";
/// The message of the old gateway.
const OLD_GATEWAY_FAILURE: &str =
    "qcloud was not able to validate the provided access credentials.";

/// Authenticates requests with the credentials of the emulated accounts, permanent and temporary ones.
#[derive(Debug)]
pub(crate) struct Authenticator {
    known: RwLock<KnownCredentials>,
    /// Recognizes temporary credentials.
    issuer: CredentialIssuer,
    key_cache: Mutex<KeyCache>,
}

/// Whose a request is.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) account: AccountId,
    pub(crate) caller: Caller,
    /// `None` for a request without a signature.
    pub(crate) secret_id: Option<String>,
}

#[derive(Debug, Default)]
struct KnownCredentials {
    by_id: HashMap<String, Arc<KnownCredential>>,
    /// The number of accounts after the first one.
    more_accounts: u32,
}

#[derive(Debug)]
struct KnownCredential {
    credential: Credential,
    /// `None` for a temporary credential: its token says whose it is.
    account: Option<AccountId>,
}

impl Authenticator {
    /// An authenticator that knows the temporary credentials of this issuer, and no permanent one yet.
    pub(crate) fn new(issuer: CredentialIssuer) -> Self {
        Self { known: RwLock::default(), issuer, key_cache: Mutex::default() }
    }

    /// Accepts a credential of the first account.
    ///
    /// # Errors
    ///
    /// Another credential has the same secret id.
    pub(crate) fn add_credential(&self, credential: Credential) -> Result<(), StartError> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.add(credential, AccountId::FIRST)
    }

    /// Accepts a credential of a new account.
    ///
    /// # Errors
    ///
    /// Another credential has the same secret id.
    pub(crate) fn add_account(&self, credential: Credential) -> Result<AccountId, StartError> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let account = AccountId::nth(known.more_accounts + 1);
        known.add(credential, account)?;
        known.more_accounts += 1;
        Ok(account)
    }

    /// Accepts a credential of an account with a given number.
    ///
    /// # Errors
    ///
    /// Another credential has the same secret id.
    pub(crate) fn restore(
        &self,
        account: AccountId,
        credential: Credential,
    ) -> Result<(), StartError> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.add(credential, account)?;
        known.open(account);
        Ok(())
    }

    /// Opens an account that can have no credential: the next new one gets another number.
    pub(crate) fn open_account(&self, account: AccountId) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).open(account);
    }

    /// Whether a permanent credential with this id is the same one, of the same account; `None` if there is none.
    pub(crate) fn is_same(&self, account: AccountId, credential: &Credential) -> Option<bool> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let known = known.by_id.get(credential.secret_id())?;
        let is_same_key = known.credential.secret_key() == credential.secret_key();
        Some(is_same_key && known.account == Some(account))
    }

    fn find(&self, secret_id: &str) -> Option<Arc<KnownCredential>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.by_id.get(secret_id).cloned().or_else(|| {
            let key = self.issuer.secret_key(secret_id)?;
            let credential = Credential::new(secret_id, key.expose()).ok()?;
            Some(Arc::new(KnownCredential { credential, account: None }))
        })
    }

    /// Checks the head of a TC3 request: the secret id is known and the timestamp is valid. Everything else needs the
    /// body.
    pub(crate) fn check_tc3_head(&self, incoming: &Incoming<'_>, now: u64) -> Result<(), ApiError> {
        let (authorization, _) = parse_tc3_head(incoming, now)?;
        self.find(authorization.secret_id()).map(drop).ok_or_else(unknown_secret_id)
    }

    /// Checks a v1 request before it is decoded: the secret id is known and the timestamp is valid. Only the
    /// parameters for this are decoded, so no client without a key can make the emulator decode and sort a long form.
    pub(crate) fn check_v1_head(
        &self,
        dialect: Dialect,
        incoming: &Incoming<'_>,
        now: u64,
    ) -> Result<(), ApiError> {
        let values = dialect::first_values(incoming, V1_AUTH_PARAMETERS)?;
        let find = |name: &str| {
            let index = V1_AUTH_PARAMETERS.iter().position(|known| *known == name)?;
            values.get(index)?.as_deref()
        };
        let checked = check_v1_parameters(find, now)
            .and_then(|secret_id| self.find(secret_id).map(drop).ok_or_else(unknown_secret_id));
        checked.map_err(|error| in_dialect(dialect, error))
    }

    /// Checks the signature and the token; returns the account of the credential, and who calls. `now` is real time, and
    /// `virtual_now` the time at which temporary credentials expire. `info` tells which parameters an explanation must
    /// hide. Removes parameters from the call that the signature does not cover. Sets the explanation of a wrong signature.
    pub(crate) fn check(
        &self,
        incoming: &Incoming<'_>,
        call: &mut Call<'_>,
        info: Option<&ActionInfo>,
        now: u64,
        virtual_now: impl FnOnce() -> Timestamp,
        explanation: &mut Option<Box<Explanation>>,
    ) -> Result<Identity, ApiError> {
        let verified = match &mut call.parameters {
            Parameters::Pairs(pairs) if call.dialect != Dialect::Tc3 => {
                self.v1(incoming, pairs, info, now, explanation)
            }
            _ => self.tc3(incoming, info, now, explanation),
        };
        let checked = verified.and_then(|known| {
            let secret_id = known.credential.secret_id().to_owned();
            let Some(account) = known.account else {
                let Session { account, caller, .. } =
                    self.session(&secret_id, call, virtual_now())?;
                return Ok(Identity { account, caller, secret_id: Some(secret_id) });
            };
            check_token(&known.credential, call)?;
            Ok(Identity { account, caller: Caller::Account, secret_id: Some(secret_id) })
        });
        checked.map_err(|error| in_dialect(call.dialect, error))
    }

    /// The session of a temporary credential.
    fn session(
        &self,
        secret_id: &str,
        call: &Call<'_>,
        now: Timestamp,
    ) -> Result<Session, ApiError> {
        let token = call.token.as_deref().unwrap_or_default();
        let session = self.issuer.session(secret_id, token).ok_or_else(wrong_token)?;
        if session.expires > now {
            return Ok(session);
        }
        let message = format!(
            "The temporary credential expired at {}, and the virtual clock shows {now}: request a new one.",
            session.expires
        );
        Err(ApiError::new("AuthFailure.TokenFailure", message))
    }

    fn tc3(
        &self,
        incoming: &Incoming<'_>,
        info: Option<&ActionInfo>,
        now: u64,
        explanation: &mut Option<Box<Explanation>>,
    ) -> Result<Arc<KnownCredential>, ApiError> {
        let (authorization, timestamp) = parse_tc3_head(incoming, now)?;
        let known = self.find(authorization.secret_id());
        let credential = known.as_ref().map(|known| &known.credential);
        let key = {
            let mut key_cache = self.key_cache.lock().unwrap_or_else(PoisonError::into_inner);
            VerifyingKey::cached(&mut key_cache, credential, authorization.scope())
        };
        check_coverage(incoming)?;
        let mut request = tc3::Request {
            method: incoming.method,
            query: incoming.query,
            headers: incoming.headers,
            payload: tc3::Payload::Body(incoming.body),
        };
        if incoming.header("x-tc-content-sha256") == Some(tc3::UNSIGNED_PAYLOAD) {
            request = request.unsigned_payload();
        }
        let verified = verify::tc3(&key, &authorization, timestamp, &request);
        match (verified, known) {
            (Ok(()), Some(known)) => Ok(known),
            (Err(VerifyError::UnknownSecretId) | Ok(()), _) => Err(unknown_secret_id()),
            (Err(VerifyError::Signature), _) => {
                let why = explain::tc3(&key, &authorization, timestamp, &request, info);
                Err(explained_failure(why, explanation))
            }
            (Err(error), _) => Err(signature_failure(&error.to_string())),
        }
    }

    fn v1(
        &self,
        incoming: &Incoming<'_>,
        pairs: &mut Vec<(String, String)>,
        info: Option<&ActionInfo>,
        now: u64,
        explanation: &mut Option<Box<Explanation>>,
    ) -> Result<Arc<KnownCredential>, ApiError> {
        let find = |name: &str| {
            let pair = pairs.iter().find(|(given, value)| given == name && !value.is_empty());
            pair.map(|(_, value)| value.as_str())
        };
        let secret_id = check_v1_parameters(find, now)?;
        check_coverage(incoming)?;
        let known = self.find(secret_id);
        let credential = known.as_ref().map(|known| &known.credential);
        let request = v1::Request {
            method: incoming.method,
            host: incoming.host,
            path: incoming.path,
            params: pairs.as_slice(),
        };
        match (verify::v1(credential, &request), &known) {
            (Ok(EmptyParameters::Signed), Some(known)) => Ok(Arc::clone(known)),
            (Ok(EmptyParameters::Unsigned), Some(known)) => {
                pairs.retain(|(_, value)| !value.is_empty());
                Ok(Arc::clone(known))
            }
            (Err(VerifyError::UnknownSecretId) | Ok(_), _) => Err(unknown_secret_id()),
            (Err(VerifyError::RepeatedParameter(name)), _) => {
                let message =
                    format!("The parameter `{name}` is given twice; give each name once.");
                Err(ApiError::new("InvalidParameter", message))
            }
            (Err(VerifyError::Signature), _) => {
                let why = explain::v1(credential, &request, info);
                Err(explained_failure(Some(why), explanation))
            }
            (Err(error), _) => Err(signature_failure(&error.to_string())),
        }
    }
}

impl KnownCredentials {
    /// The next new account comes after this one.
    fn open(&mut self, account: AccountId) {
        // The first account is not counted.
        while AccountId::nth(self.more_accounts) < account {
            self.more_accounts += 1;
        }
    }

    fn add(&mut self, credential: Credential, account: AccountId) -> Result<(), StartError> {
        match self.by_id.entry(credential.secret_id().to_owned()) {
            Entry::Occupied(known) => Err(StartError::SecretIdInUse(known.key().clone())),
            Entry::Vacant(free) => {
                free.insert(Arc::new(KnownCredential { credential, account: Some(account) }));
                Ok(())
            }
        }
    }
}

/// The parameters for the checks before decoding.
const V1_AUTH_PARAMETERS: [&str; 4] = [v1::SIGNATURE, "SecretId", "Nonce", "Timestamp"];

/// Checks these parameters except for the signature itself. Returns the secret id.
fn check_v1_parameters<'a>(
    find: impl Fn(&str) -> Option<&'a str>,
    now: u64,
) -> Result<&'a str, ApiError> {
    if find(v1::SIGNATURE).is_none() {
        let message = "The request is not signed: it has neither an `Authorization` header nor a \
                       `Signature` parameter.";
        return Err(ApiError::new("AuthFailure.InvalidAuthorization", message));
    }
    let secret_id = find("SecretId").ok_or_else(|| missing_parameter("SecretId"))?;
    let nonce = find("Nonce").ok_or_else(|| missing_parameter("Nonce"))?;
    if nonce.parse::<u64>().is_err() {
        let message = "The parameter `Nonce` is not a positive integer.";
        return Err(ApiError::new("InvalidParameter", message));
    }
    let timestamp = parse_timestamp("Timestamp", find("Timestamp"))?;
    verify::clock(now, timestamp, verify::CLOCK_WINDOW)
        .map_err(|_| signature_expired(now, timestamp))?;
    Ok(secret_id)
}

/// Parses and checks the head of a TC3 request, except for the signature itself.
fn parse_tc3_head<'a>(
    incoming: &Incoming<'a>,
    now: u64,
) -> Result<(tc3::Authorization<'a>, u64), ApiError> {
    let header = incoming.header("authorization").unwrap_or_default();
    let authorization = tc3::Authorization::parse(header).map_err(|error| {
        ApiError::new("AuthFailure.InvalidAuthorization", format!("The {error}."))
    })?;
    let timestamp = parse_timestamp("X-TC-Timestamp", incoming.header("x-tc-timestamp"))?;
    verify::clock(now, timestamp, verify::CLOCK_WINDOW)
        .map_err(|_| signature_expired(now, timestamp))?;
    // Checked before a key is derived, so that no client can fill the cache with arbitrary dates.
    verify::scope_date(authorization.scope(), timestamp)
        .map_err(|error| signature_failure(&error.to_string()))?;
    Ok((authorization, timestamp))
}

/// Checks the token of a credential that the emulator was started with. Most have none: a token beside a permanent key is
/// left over from another credential, and the cloud refuses it.
fn check_token(credential: &Credential, call: &Call<'_>) -> Result<(), ApiError> {
    let given = call.token.as_deref().unwrap_or_default();
    let Some(expected) = credential.token() else {
        if given.is_empty() {
            return Ok(());
        }
        let message = "The key is permanent, but the request has a token, which belongs to a temporary one: remove \
                       the token (environment variable TENCENTCLOUD_TOKEN, or the profile).";
        return Err(ApiError::new("AuthFailure.TokenFailure", message));
    };
    if bool::from(given.as_bytes().ct_eq(expected.as_bytes())) {
        return Ok(());
    }
    Err(wrong_token())
}

fn wrong_token() -> ApiError {
    let message = "The token of the temporary credential is missing or wrong.";
    ApiError::new("AuthFailure.TokenFailure", message)
}

/// Checks that an action may be called without a signature: its parameters prove who calls.
pub(crate) fn check_unsigned(info: Option<&ActionInfo>) -> Result<(), ApiError> {
    const ACTION: &str = "AssumeRoleWithWebIdentity";
    if info.is_some_and(|info| info.service.name == "sts" && info.name == ACTION) {
        return Ok(());
    }
    let message =
        format!("Only sts:{ACTION} can be called with `Authorization: SKIP`; sign the request.");
    Err(ApiError::new("AuthFailure.InvalidAuthorization", message))
}

fn parse_timestamp(name: &str, text: Option<&str>) -> Result<u64, ApiError> {
    let text = text.filter(|text| !text.is_empty()).ok_or_else(|| missing_parameter(name))?;
    let seconds: u64 = text.parse().map_err(|_| {
        let message = format!("`{name}` is not a Unix timestamp in seconds.");
        ApiError::new("InvalidParameter", message)
    })?;
    // The signed text is the plain number, so a sign or leading zeros would be unsigned.
    if seconds.to_string() != text {
        return Err(signature_failure(&format!(
            "`{name}` has a sign or leading zeros: send only digits."
        )));
    }
    Ok(seconds)
}

/// Rejects parts of a request that no signature covers, and repeated headers, whose meaning is ambiguous.
fn check_coverage(incoming: &Incoming<'_>) -> Result<(), ApiError> {
    let parts = verify::covered(incoming.method, incoming.query, incoming.body);
    let headers = match incoming.repeated_header() {
        Some(name) => Err(VerifyError::Header(tc3::HeaderError::Repeated(name.into()))),
        None => Ok(()),
    };
    parts.and(headers).map_err(|error| signature_failure(&error.to_string()))
}

fn missing_parameter(name: &str) -> ApiError {
    let message = format!("The request is missing the common parameter `{name}`.");
    ApiError::new("MissingParameter", message)
}

fn unknown_secret_id() -> ApiError {
    ApiError::new("AuthFailure.SecretIdNotFound", SECRET_ID_NOT_FOUND)
}

fn signature_failure(why: &str) -> ApiError {
    ApiError::explained("AuthFailure.SignatureFailure", &format!("{SIGNATURE_NOT_VALIDATED} {why}"))
}

/// The error for a wrong signature. The caller gets its explanation as well.
fn explained_failure(
    why: Option<Explanation>,
    explanation: &mut Option<Box<Explanation>>,
) -> ApiError {
    let error = signature_failure(&why.as_ref().map(Explanation::to_string).unwrap_or_default());
    *explanation = why.map(Box::new);
    error
}

fn signature_expired(now: u64, timestamp: u64) -> ApiError {
    let message = format!(
        "The timestamp {timestamp} differs from the server time {now} by more than {} seconds.",
        verify::CLOCK_WINDOW.as_secs()
    );
    ApiError::new("AuthFailure.SignatureExpire", message)
}

/// Converts an error to a dialect. The old gateway documents one code, without a suffix, for invalid credentials.
/// A wrong clock keeps its own code there, because nothing else tells the client what to fix.
fn in_dialect(dialect: Dialect, error: ApiError) -> ApiError {
    let is_bare =
        error.code.starts_with("AuthFailure.") && error.code != "AuthFailure.SignatureExpire";
    if dialect != Dialect::OldGateway || !is_bare {
        return error;
    }
    let why = error.message.strip_prefix(SIGNATURE_NOT_VALIDATED).unwrap_or(&error.message);
    ApiError::explained("AuthFailure", &format!("{OLD_GATEWAY_FAILURE} {}", why.trim_start()))
}
