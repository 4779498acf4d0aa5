//! An action of a service: its request, its answer, and the facts that decide how it is sent.

use std::fmt;

use crate::{Condition, Model, ModelInfo, PageInfo, ReconcileInfo, Report, Value, member_named};

/// A request type that knows its action.
///
/// ```ignore
/// let answer: StopInstancesResponse = client.send(StopInstances { .. }).await?;
/// ```
pub trait Action: Model + Default + 'static {
    /// What the service answers.
    type Response: Model + Default + 'static;
    /// The facts of the action.
    const INFO: &'static ActionInfo;
}

/// A service: its name, version and addresses.
#[derive(Debug)]
pub struct ServiceInfo {
    /// Name in signatures and host names, such as `cvm`.
    pub name: &'static str,
    /// Version date, such as `2017-03-12`.
    pub version: &'static str,
    /// Host that answers for all regions but the finance ones.
    pub endpoint: &'static str,
    /// Host of one region, with `{region}` for its name.
    pub endpoint_regional: &'static str,
    /// Host of the international site.
    pub endpoint_intl: &'static str,
    /// Host inside the provider's private network.
    pub endpoint_internal: &'static str,
    /// Host and path of the older gateway, where the service has one.
    pub old_gateway: Option<OldGateway>,
    /// Error codes after which a request that changes something may have been carried out in part, separated
    /// by spaces.
    pub partial_errors: &'static str,
}

impl ServiceInfo {
    /// Whether a request that changes something may have been carried out in part although it ended with this
    /// error code.
    #[must_use]
    pub fn is_partial(&self, code: &str) -> bool {
        self.partial_errors.split_ascii_whitespace().any(|partial| partial == code)
    }
}

/// Where the older gateway listens.
#[derive(Clone, Copy, Debug)]
pub struct OldGateway {
    /// Host name.
    pub host: &'static str,
    /// Path, part of what is signed.
    pub path: &'static str,
}

/// The facts of one action.
#[derive(Debug)]
pub struct ActionInfo {
    /// Name on the wire.
    pub name: &'static str,
    /// The service it belongs to.
    pub service: &'static ServiceInfo,
    /// What it acts on, such as `instance`.
    pub group: &'static str,
    /// Table of the request.
    pub request: &'static ModelInfo,
    /// Table of the answer.
    pub response: &'static ModelInfo,
    /// How safe a second sending is, for a request that sets none of the members in [`Self::retry_overrides`].
    pub retry: RetryClass,
    /// Members that change the class.
    pub retry_overrides: &'static [RetryClassOverride],
    /// How to find out by reading what became of a request; `None` where no list tells.
    pub reconcile: Option<ReconcileInfo>,
    /// The member by which the service recognises a repeated request.
    pub idempotency_token: Option<&'static str>,
    /// Calls a second that the service documents, for one account and region.
    pub rate_limit_per_second: Option<u32>,
    /// Whether the answer depends on a region.
    pub regional: bool,
    /// Whether the request has a `DryRun` member. See [`Self::is_dry_run`].
    pub dry_run: bool,
    /// Whether the effect comes after the answer.
    pub asynchronous: bool,
    /// The service asks not to use it any more.
    pub deprecated: bool,
    /// How a long answer is read page by page.
    pub paginate: Option<PageInfo>,
    /// Names that its `Filters` member knows.
    pub filters: &'static [FilterInfo],
    /// Most filters in one request.
    pub filters_max: Option<u32>,
    /// Most values in one filter.
    pub filter_values_max: Option<u32>,
    /// Error codes that it documents beside the common ones, parted by spaces: thousands of strings in
    /// a row would take the compiler a twentieth of its time. [`errors`](Self::errors) gives each.
    pub errors: &'static str,
}

impl ActionInfo {
    /// The class of this very request: the highest among the action's own and those of the members
    /// that are set. A row below the action's own class (a dry run) lowers it, and wins.
    #[must_use]
    pub fn retry_class(&self, request: &dyn Model) -> RetryClass {
        let matching = || {
            self.retry_overrides
                .iter()
                .filter(|row| row.when.iter().all(|condition| condition.holds(request)))
                .map(|row| row.class)
        };
        let lowered = matching().filter(|class| *class < self.retry).min();
        lowered.unwrap_or_else(|| matching().fold(self.retry, RetryClass::max))
    }

    /// Whether this request only asks for a check. The response to it need carry nothing but the request id,
    /// whatever else is always present after a real one.
    #[must_use]
    pub fn is_dry_run(&self, request: &dyn Model) -> bool {
        self.dry_run && matches!(member_named(request, "DryRun"), Value::Bool(true))
    }

    /// Drops from a report the members that a response may lack because its request was a dry run.
    pub fn excuse_dry_run(&self, request: &dyn Model, report: &mut Report) {
        if self.is_dry_run(request) {
            report.missing.retain(|path| path == "RequestId" || path.contains('.'));
        }
    }

    /// The member that the client fills with a fresh token when the caller left it empty.
    ///
    /// Only actions of class [`RetryClass::Token`]: elsewhere a member of that name is stored or
    /// ignored, so a token would promise what the service does not keep.
    #[must_use]
    pub fn minted_token(&self) -> Option<&'static str> {
        self.idempotency_token.filter(|_| self.retry == RetryClass::Token)
    }

    /// Error codes that it documents beside the common ones.
    pub fn errors(&self) -> impl Iterator<Item = &'static str> {
        self.errors.split_ascii_whitespace()
    }

    /// Whether the action documents this error code, beside the common ones.
    #[must_use]
    pub fn documents(&self, code: &str) -> bool {
        self.errors().any(|documented| documented == code)
    }
}

/// How safe it is to send a request again whose first outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RetryClass {
    /// Changes nothing: send it again.
    Read,
    /// The service recognises the repeated token: send it again with the same token and parameters.
    Token,
    /// Sets a state that a repeat sets again: send it again once, but trust only a reading.
    Convergent,
    /// A repeat is refused or could undo somebody's later change: read first.
    Guarded,
    /// A repeat costs money or destroys: never sent again, the caller decides.
    Hazard,
}

impl RetryClass {
    /// The word that specifications use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Token => "token",
            Self::Convergent => "convergent",
            Self::Guarded => "guarded",
            Self::Hazard => "hazard",
        }
    }

    /// How the client handles a request of this class when its outcome is unknown, as part of a sentence.
    #[must_use]
    pub const fn handling(self) -> &'static str {
        match self {
            Self::Read => "changes nothing, so it is retried freely",
            Self::Token => "retried with the same token, which the service recognizes",
            Self::Convergent => "retried, because repeating it sets the same state",
            Self::Guarded => "not retried until a read shows that it did not take effect",
            Self::Hazard => {
                "never retried by the client, because repeating it can cost money or destroy something"
            }
        }
    }
}

impl fmt::Display for RetryClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Members that give a request another class than its action has.
#[derive(Clone, Copy, Debug)]
pub struct RetryClassOverride {
    /// All of these must hold.
    pub when: &'static [Condition],
    /// The class then.
    pub class: RetryClass,
}

/// A name that the `Filters` member of an action knows.
#[derive(Clone, Copy, Debug)]
pub struct FilterInfo {
    /// The name; `tag:tag-key` stands for `tag:` followed by any key.
    pub name: &'static str,
    /// Its known values, if the set is closed.
    pub values: &'static [&'static str],
    /// Layout of its values.
    pub format: Option<&'static str>,
    /// A request must carry it.
    pub required: bool,
}

impl FilterInfo {
    /// A filter that takes any value.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, values: &[], format: None, required: false }
    }

    /// Its known values.
    #[must_use]
    pub const fn values(mut self, values: &'static [&'static str]) -> Self {
        self.values = values;
        self
    }

    /// Layout of its values.
    #[must_use]
    pub const fn format(mut self, format: &'static str) -> Self {
        self.format = Some(format);
        self
    }

    /// A request must carry it.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Whether this row is the one for `name`.
    #[must_use]
    pub fn accepts(&self, name: &str) -> bool {
        match self.name.split_once(':') {
            Some((prefix, _)) => {
                name.split_once(':').is_some_and(|(given, key)| given == prefix && !key.is_empty())
            }
            None => self.name == name,
        }
    }
}
