//! The parts of a call that are the same for all its attempts: address, client token, retry class, encoded request.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::time::Duration;

use cvm_protocol::{ActionInfo, Model, RetryClass};

use crate::client::extra::ExtraMembers;
use crate::client::shared::{Options, Shared};
use crate::config::endpoint::Address;
use crate::observe::UnsignedRequest;
use crate::observe::interceptor::stopped;
use crate::retry::sent_tokens::{TokenHold, TokenUse};
use crate::signing::client_token;
use crate::signing::request::EncodedRequest;
use crate::{Error, Region};

/// One call.
pub(super) struct Call<'a> {
    pub(super) shared: &'a Shared,
    pub(super) options: &'a Options,
    pub(super) info: &'static ActionInfo,
    pub(super) region: Option<&'a Region>,
    /// The members of the request that its type does not have, as the interceptors left them.
    pub(super) extra: Option<ExtraMembers>,
    pub(super) address: Arc<Address>,
    pub(super) backups: Vec<Address>,
    pub(super) token: Option<String>,
    /// What the token is sent with, and to where.
    token_use: Option<TokenUse>,
    pub(super) class: RetryClass,
    pub(super) encoded: EncodedRequest,
    pub(super) is_dry_run: bool,
    pub(super) progress: CallProgress,
}

impl<'a> Call<'a> {
    pub(super) fn open(
        shared: &'a Shared,
        options: &'a Options,
        info: &'static ActionInfo,
        request: &mut dyn Model,
    ) -> Result<Self, Error> {
        let region = options.region_for(info)?;
        let mut extra = options.extra.clone();
        for interceptor in &shared.interceptors {
            let mut unsigned = UnsignedRequest::new(info, region, request, &mut extra);
            interceptor.before_call(&mut unsigned).map_err(|why| stopped(&why))?;
        }
        if let Some(extra) = &extra {
            extra.check_places(request)?;
        }
        let address = shared.addresses.of(info.service, region)?;
        let token = client_token::fill_token(info, request, &*shared.entropy)?;
        let token_use = token.as_ref().map(|_| TokenUse {
            hash: client_token::hash_with_secrets(info, request, extra.as_ref()),
            service: info.service.name,
            region: region.map(|region| region.as_str().to_owned()),
            authority: address.shared_authority(),
        });
        // A read creates nothing under its token. A dry run of a write is refused all the same: the service could confuse the two.
        if info.retry != RetryClass::Read
            && let Some((token, used)) = token.as_ref().zip(token_use.as_ref())
        {
            shared.sent_tokens.admit(token, used, shared.read_clocks())?;
        }
        let class = info.retry_class(request);
        let class = extra.as_ref().map_or(class, |extra| extra.retry_class(class));
        let endpoint = shared.addresses.endpoint(info.service);
        let backups = shared.backups.of(&address, endpoint, region, class);
        let encoded = EncodedRequest::encode(request, extra.as_ref(), &shared.encoding, &address)?;
        let is_dry_run = info.is_dry_run(request);
        Ok(Self {
            shared,
            options,
            info,
            region,
            extra,
            address,
            backups,
            token,
            token_use,
            class,
            encoded,
            is_dry_run,
            progress: CallProgress::default(),
        })
    }

    /// Whether the response may take long to begin: for launches, and for asynchronous writes.
    pub(super) const fn is_slow(&self) -> bool {
        matches!(self.class, RetryClass::Token)
            || (self.info.asynchronous && !matches!(self.class, RetryClass::Read))
    }

    pub(super) fn operation_timeout(&self) -> Duration {
        let timeouts = &self.shared.timeouts;
        let default = if self.class == RetryClass::Token {
            timeouts.operation_with_token
        } else {
            timeouts.operation
        };
        self.options.operation_timeout.unwrap_or(default)
    }

    /// Binds the client token of a write to this request and its endpoint.
    pub(super) fn hold_token(&self) -> Result<Option<TokenHold<'_>>, Error> {
        let (Some(token), Some(used)) = (&self.token, &self.token_use) else { return Ok(None) };
        if self.class == RetryClass::Read {
            return Ok(None);
        }
        self.shared.sent_tokens.hold(token, used, self.shared.read_clocks()).map(Some)
    }
}

/// How far a call got. Only one task writes it; it is atomic because a future may move between threads.
#[derive(Debug, Default)]
pub(super) struct CallProgress {
    /// The number of attempts that have begun.
    pub(super) attempts: AtomicU32,
    /// Bytes of a request may have been sent.
    pub(super) sent: AtomicBool,
    /// A request that may have been sent may have taken effect.
    pub(super) maybe_applied: AtomicBool,
}

impl CallProgress {
    pub(super) fn begin_attempt(&self, number: u32) {
        self.attempts.store(number, Relaxed);
    }

    /// Records the end of an attempt, and whether any attempt so far may have taken effect.
    pub(super) fn end_attempt(&self, maybe_applied: bool) {
        self.maybe_applied.store(maybe_applied, Relaxed);
    }
}
