//! Describes an action of a service: its request, its response, and the facts that decide how it is sent.

use std::fmt;

use crate::{Condition, Model, ModelInfo, PageInfo, ReconcileInfo, Report, Value, member_named};

/// A request type that knows its action.
///
/// ```ignore
/// let response: StopInstancesResponse = client.send(StopInstances { .. }).await?;
/// ```
pub trait Action: Model + Default + 'static {
    /// The type of the response.
    type Response: Model + Default + 'static;
    /// The facts of the action.
    const INFO: &'static ActionInfo;
}

/// An action that returns a list in pages.
pub trait Paginate: Action {
    /// One item of the list.
    type Item: Send + 'static;

    /// Takes the items out of one response.
    fn items(response: Self::Response) -> Vec<Self::Item>;
}

/// A service: its name, version and addresses.
#[derive(Debug)]
pub struct ServiceInfo {
    /// Name in signatures and host names, such as `cvm`.
    pub name: &'static str,
    /// Version date, such as `2017-03-12`.
    pub version: &'static str,
    /// Host for all regions except the finance regions.
    pub endpoint: &'static str,
    /// Host of one region, with `{region}` for its name.
    pub endpoint_regional: &'static str,
    /// Host of the international site.
    pub endpoint_intl: &'static str,
    /// Host inside the provider's private network.
    pub endpoint_internal: &'static str,
    /// Host and path of the old gateway, if the service has one.
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

/// The address of the old gateway.
#[derive(Clone, Copy, Debug)]
pub struct OldGateway {
    /// Host name.
    pub host: &'static str,
    /// Path; it is part of the signed text.
    pub path: &'static str,
}

/// The facts of one action.
///
/// ```
/// use cvm_protocol::{ActionInfo, ModelInfo, RetryClass, ServiceInfo};
///
/// const fn list(
///     service: &'static ServiceInfo,
///     request: &'static ModelInfo,
///     response: &'static ModelInfo,
/// ) -> ActionInfo {
///     ActionInfo::new("ListThings", service, request, response)
///         .retry(RetryClass::Read)
///         .rate_limit_per_second(10)
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ActionInfo {
    /// Name on the wire.
    pub name: &'static str,
    /// The service it belongs to.
    pub service: &'static ServiceInfo,
    /// What it acts on, such as `instance`.
    pub group: &'static str,
    /// Model info of the request.
    pub request: &'static ModelInfo,
    /// Model info of the response.
    pub response: &'static ModelInfo,
    /// How safe a retry is, for a request that sets none of the members in [`Self::retry_overrides`].
    pub retry: RetryClass,
    /// Members that change the retry class.
    pub retry_overrides: &'static [RetryClassOverride],
    /// Which list shows whether a request took effect; `None` if no list does.
    pub reconcile: Option<ReconcileInfo>,
    /// The member by which the service recognizes a retry.
    pub idempotency_token: Option<&'static str>,
    /// The documented rate limit in calls per second, for one account and region.
    pub rate_limit_per_second: Option<u32>,
    /// Whether the action needs a region.
    pub regional: bool,
    /// Whether the request has a `DryRun` member. See [`Self::is_dry_run`].
    pub dry_run: bool,
    /// Whether the action is asynchronous: its effect comes after the response.
    pub asynchronous: bool,
    /// The service advises against using it.
    pub deprecated: bool,
    /// How the list is divided into pages.
    pub paginate: Option<PageInfo>,
    /// Filter names that its `Filters` member accepts.
    pub filters: &'static [FilterInfo],
    /// Maximum number of filters in one request.
    pub filters_max: Option<u32>,
    /// Maximum number of values in one filter.
    pub filter_values_max: Option<u32>,
    /// Error codes that the action documents in addition to the common ones, separated by spaces. Thousands of
    /// separate strings would cost 5 % of the compile time. [`errors`](Self::errors) gives each code.
    pub errors: &'static str,
}

impl ActionInfo {
    /// An action of a region about which nothing else is known, so its retry class is [`RetryClass::Hazard`].
    #[must_use]
    pub const fn new(
        name: &'static str,
        service: &'static ServiceInfo,
        request: &'static ModelInfo,
        response: &'static ModelInfo,
    ) -> Self {
        Self {
            name,
            service,
            group: "",
            request,
            response,
            retry: RetryClass::Hazard,
            retry_overrides: &[],
            reconcile: None,
            idempotency_token: None,
            rate_limit_per_second: None,
            regional: true,
            dry_run: false,
            asynchronous: false,
            deprecated: false,
            paginate: None,
            filters: &[],
            filters_max: None,
            filter_values_max: None,
            errors: "",
        }
    }

    /// The retry class of this request: the highest of the action's own class and the classes of the members that
    /// are set. An override below the action's own class, such as a dry run, lowers the class and takes precedence.
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

    /// Whether this request is a dry run. Its response needs only the request id, whatever else is always present in
    /// other responses.
    #[must_use]
    pub fn is_dry_run(&self, request: &dyn Model) -> bool {
        self.dry_run && matches!(member_named(request, "DryRun"), Value::Bool(true))
    }

    /// Removes from a report the members that the response to this request may lack: all but the request id after a dry
    /// run, and a list that may be empty ([`FieldInfo::empty_if`](crate::FieldInfo::empty_if)).
    pub fn allow_documented_gaps(&self, request: &dyn Model, report: &mut Report) {
        if self.is_dry_run(request) {
            report.missing.retain(|path| path == "RequestId" || path.contains('.'));
        }
        report.missing.retain(|path| {
            let field = self.response.field(path);
            !field.is_some_and(|field| field.may_be_empty(request))
        });
    }

    /// The member that the client fills with a new token if the caller left it empty.
    ///
    /// Only for actions of class [`RetryClass::Token`]. Elsewhere, the service stores or ignores a member of that
    /// name, so a token would not make a retry safe.
    #[must_use]
    pub fn generated_token(&self) -> Option<&'static str> {
        self.idempotency_token.filter(|_| self.retry == RetryClass::Token)
    }

    /// Error codes that the action documents in addition to the common ones.
    pub fn errors(&self) -> impl Iterator<Item = &'static str> {
        self.errors.split_ascii_whitespace()
    }

    /// Whether the action documents this error code in addition to the common ones.
    #[must_use]
    pub fn documents(&self, code: &str) -> bool {
        self.errors().any(|documented| documented == code)
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident $field:ident($($value:ident: $type:ty)?) $set:expr;)*) => {
        impl ActionInfo { $(
            $(#[$doc])*
            #[must_use]
            pub const fn $name(mut self $(, $value: $type)?) -> Self {
                self.$field = $set;
                self
            }
        )* }
    };
}
setters! {
    /// What it acts on, such as `instance`.
    group group(name: &'static str) name;
    /// How safe a retry is.
    retry retry(class: RetryClass) class;
    /// Members that change the retry class.
    retry_overrides retry_overrides(rows: &'static [RetryClassOverride]) rows;
    /// Which list shows whether a request took effect.
    reconcile reconcile(info: ReconcileInfo) Some(info);
    /// The member by which the service recognizes a retry.
    idempotency_token idempotency_token(member: &'static str) Some(member);
    /// The documented rate limit in calls per second.
    rate_limit_per_second rate_limit_per_second(calls: u32) Some(calls);
    /// It needs no region.
    without_region regional() false;
    /// The request has a `DryRun` member.
    dry_run dry_run() true;
    /// Its effect comes after the response.
    asynchronous asynchronous() true;
    /// The service advises against using it.
    deprecated deprecated() true;
    /// How the list is divided into pages.
    paginate paginate(pages: PageInfo) Some(pages);
    /// Filter names that its `Filters` member accepts.
    filters filters(filters: &'static [FilterInfo]) filters;
    /// Maximum number of filters in one request.
    filters_max filters_max(count: u32) Some(count);
    /// Maximum number of values in one filter.
    filter_values_max filter_values_max(count: u32) Some(count);
    /// Error codes that it documents in addition to the common ones, separated by spaces.
    error_codes errors(codes: &'static str) codes;
}

/// How safe it is to retry a request whose outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RetryClass {
    /// Changes nothing: retry.
    Read,
    /// The service recognizes the client token: retry with the same token and parameters.
    Token,
    /// Sets a state that a retry sets again: retry once, but trust only a read.
    Convergent,
    /// A retry is rejected, or could undo a later change by somebody else: read first.
    Guarded,
    /// A retry costs money or destroys something: retry only what certainly did not take effect; else the caller decides.
    Hazard,
}

impl RetryClass {
    /// The name in specifications.
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
            Self::Convergent => {
                "retried once if the outcome is unknown, because a second run sets the same state"
            }
            Self::Guarded => {
                "not retried once it may have taken effect; first read the state to see whether it did"
            }
            Self::Hazard => {
                "not retried once it may have taken effect, because a second run can cost money or destroy something"
            }
        }
    }
}

impl fmt::Display for RetryClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Conditions that give a request another retry class than its action has.
#[derive(Clone, Copy, Debug)]
pub struct RetryClassOverride {
    /// All of these must hold.
    pub when: &'static [Condition<'static>],
    /// The retry class if they hold.
    pub class: RetryClass,
}

/// A filter name that the `Filters` member of an action accepts.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FilterInfo {
    /// The name; `tag:tag-key` stands for `tag:` followed by any key.
    pub name: &'static str,
    /// Its known values, if the set is closed.
    pub values: &'static [&'static str],
    /// Format of its values.
    pub format: Option<&'static str>,
    /// A request must carry it.
    pub required: bool,
}

impl FilterInfo {
    /// A filter that accepts any value.
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

    /// Format of its values.
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

    /// Whether this filter has the name `name`.
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
