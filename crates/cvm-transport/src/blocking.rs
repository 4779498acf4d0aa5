//! The same client without async, for programs that have no runtime: scripts, tests, build tools.
//!
//! ```no_run
//! # fn example<A: cvm_transport::Action>(request: A) -> Result<(), cvm_transport::Error> {
//! let client = cvm_transport::blocking::Client::from_env()?;
//! let answer = client.send(request)?;
//! # drop(answer);
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::future::{Future, IntoFuture};
use std::sync::Arc;

use cvm_protocol::{Action, ActionInfo, Paginate, Waiter};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::{
    Answer, CallReport, ClientBuilder, Creation, Error, PreparedRequest, Reconciliation,
    WaitProgress, WaitReport,
};

/// Calls the service, and returns when it has answered.
///
/// It runs the async client on a thread of its own. Inside an async program its methods fail with
/// [`Error::is_usage`] instead of blocking the runtime; use [`crate::Client`] there.
#[derive(Clone)]
pub struct Client {
    client: crate::Client,
    runtime: Arc<OwnRuntime>,
}

/// A runtime that may be dropped anywhere.
struct OwnRuntime(Option<Runtime>);

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // An ordinary drop waits for the thread, which an async program must not do.
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("blocking::Client").field(&self.client).finish()
    }
}

impl Client {
    /// Makes a client of what the builder says.
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::build`]; or when no thread can be started.
    pub fn new(builder: ClientBuilder) -> Result<Self, Error> {
        Self::of(builder.build()?)
    }

    /// As [`crate::Client::from_env`].
    ///
    /// # Errors
    ///
    /// As [`crate::Client::from_env`].
    pub fn from_env() -> Result<Self, Error> {
        let this = Self::new(crate::Client::builder())?;
        this.wait_for(crate::Client::from_env())?;
        Ok(this)
    }

    fn of(client: crate::Client) -> Result<Self, Error> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("cvm-client")
            .enable_all()
            .build()
            .map_err(|error| Error::usage("no runtime could be started").with_source(error))?;
        Ok(Self { client, runtime: Arc::new(OwnRuntime(Some(runtime))) })
    }

    fn wait_for<T>(&self, future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        if Handle::try_current().is_ok() {
            return Err(Error::usage(
                "a blocking client was used in an async program; use the async client there",
            ));
        }
        match &self.runtime.0 {
            Some(runtime) => runtime.block_on(future),
            None => Err(Error::usage("the runtime has ended")),
        }
    }

    /// As [`crate::Client::in_region`].
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self { client: self.client.in_region(region), runtime: Arc::clone(&self.runtime) }
    }

    /// As [`crate::Client::send`].
    ///
    /// # Errors
    ///
    /// As [`crate::Client::send`].
    pub fn send<A: Action>(&self, request: A) -> Result<A::Response, Error> {
        self.wait_for(self.client.send(request))
    }

    /// As [`crate::Client::send_reported`].
    ///
    /// # Errors
    ///
    /// As [`crate::Client::send`].
    pub fn send_reported<A: Action>(&self, request: A) -> Result<(A::Response, CallReport), Error> {
        self.wait_for(self.client.send_reported(request))
    }

    /// As [`crate::Client::call`].
    ///
    /// # Errors
    ///
    /// As [`crate::Client::call`].
    pub fn call(
        &self,
        info: &'static ActionInfo,
        members: serde_json::Value,
    ) -> Result<Answer, Error> {
        self.wait_for(self.client.call(info, members))
    }

    /// As [`crate::Client::prepare`].
    ///
    /// # Errors
    ///
    /// As [`crate::Client::prepare`].
    pub fn prepare<A: Action>(&self, request: A) -> Result<PreparedRequest, Error> {
        self.wait_for(self.client.prepare(request))
    }

    /// As [`crate::Client::wait`].
    ///
    /// # Errors
    ///
    /// As [`crate::WaitSteps::try_next`].
    pub fn wait(&self, waiter: Waiter) -> Result<WaitReport, Error> {
        self.wait_for(self.client.wait(waiter).into_future())
    }

    /// As [`wait`](Self::wait), and calls this after every poll.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    pub fn wait_with_progress(
        &self,
        waiter: Waiter,
        callback: impl FnMut(&WaitProgress) + Send + 'static,
    ) -> Result<WaitReport, Error> {
        self.wait_for(self.client.wait(waiter).on_progress(callback).into_future())
    }

    /// As [`crate::Client::reconcile`].
    ///
    /// # Errors
    ///
    /// When the service refuses to be asked.
    pub fn reconcile(&self, waiter: Waiter) -> Result<Reconciliation, Error> {
        self.wait_for(self.client.reconcile(waiter).into_future())
    }

    /// As [`crate::Client::reconcile_creation`], for as many items as were asked for and the settle time
    /// counted from now.
    ///
    /// # Errors
    ///
    /// When the service refuses to be asked.
    pub fn reconcile_creation<A: Paginate>(
        &self,
        list: A,
        expected: usize,
        matches: impl FnMut(&A::Item) -> bool + Send + 'static,
    ) -> Result<Creation<A::Item>, Error> {
        let search = self.client.reconcile_creation(list, matches).expected(expected);
        self.wait_for(search.into_future())
    }

    /// As [`crate::Client::items`], as an iterator. After an error it goes on with the same page.
    pub fn items<A: Paginate>(&self, request: A) -> Items<A> {
        Items { items: self.client.items(request), client: self.clone() }
    }
}

/// A list, item by item.
#[derive(Debug)]
pub struct Items<A: Paginate> {
    items: crate::Items<A>,
    client: Client,
}

impl<A: Paginate> Iterator for Items<A> {
    type Item = Result<A::Item, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.client.wait_for(self.items.try_next()).transpose()
    }
}
