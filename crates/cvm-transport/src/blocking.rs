//! The client without async, for programs that have no runtime: scripts, tests, build tools.
//!
//! ```no_run
//! # use std::time::Duration;
//! # fn example<A: cvm_transport::Action, L: cvm_transport::protocol::Paginate>(request: A, list: L, waiter: cvm_transport::protocol::Waiter) -> Result<(), cvm_transport::Error> {
//! let client = cvm_transport::blocking::Client::from_env()?;
//! let response = client.send(request)?;
//! for item in client.items(list) {
//!     let item = item?;
//! #   drop(item);
//! }
//! let report = client.wait(waiter)?;
//! # drop((response, report));
//! # Ok(())
//! # }
//! ```
//!
//! | to | use |
//! |---|---|
//! | call an action | [`Client::send`], [`Client::call`] |
//! | read a list | [`Client::items`] and [`Client::pages`], which are iterators |
//! | wait | [`Client::wait`], [`Client::wait_until`] |
//! | settle an unknown outcome | [`Client::reconcile`], [`Client::reconcile_creation`] |
//! | set an option of these, or use any other async method | [`Client::run`] |
//!
//! [`Client::run`] takes the async client and waits for what the closure returns:
//!
//! ```no_run
//! # use std::time::Duration;
//! # fn example(client: cvm_transport::blocking::Client, waiter: cvm_transport::protocol::Waiter) -> Result<(), cvm_transport::Error> {
//! let report = client.run(|client| client.wait(waiter).timeout(Duration::from_secs(60)))?;
//! # drop(report);
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::task::Poll;
use std::time::Duration;

use cvm_protocol::{Action, ActionInfo, Paginate, Waiter};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::http::PreparedRequest;
use crate::observe::CallReport;
use crate::observe::trace::in_current_span;
use crate::pagination::{Page, Position};
use crate::waiting::{CreatedResources, Reconciliation, WaitProgress, WaitReport, WaitVerdict};
use crate::{ClientBuilder, Error, UntypedAction, UntypedResponse};

/// A blocking API client.
///
/// It runs the async client on its own thread while the calling thread waits. So it can be used on any thread,
/// including inside tokio's `spawn_blocking` and `block_in_place`.
///
/// Do not call it directly in an async task: that blocks the thread that runs the task, and with it every other task
/// of that thread. Use [`crate::Client`] there.
///
/// A call from inside a call of the same client (from an interceptor, a metrics sink or a progress callback) would
/// deadlock, so it fails with [`Error::is_usage`].
#[derive(Clone)]
pub struct Client {
    client: crate::Client,
    runtime: Arc<OwnRuntime>,
}

/// A runtime that can be dropped in any context.
struct OwnRuntime(Option<Runtime>);

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // An ordinary drop blocks until the thread ends, which is not allowed in an async program.
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
    /// Builds a client.
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::build`]; or if no thread can be started.
    pub fn new(builder: ClientBuilder) -> Result<Self, Error> {
        Self::from_async(builder.build()?)
    }

    /// As [`crate::Client::from_env`].
    ///
    /// # Errors
    ///
    /// As [`crate::Client::from_env`].
    pub fn from_env() -> Result<Self, Error> {
        let this = Self::new(crate::Client::builder())?;
        let client = this.wait_for(crate::Client::from_env())??;
        Ok(Self { client, ..this })
    }

    /// Makes a blocking client of an async one, for example of a mocked one. It shares rate limits, retry budgets and credentials
    /// with the async client and its clones.
    ///
    /// ```
    /// use cvm_transport::{Client, Credential, blocking};
    ///
    /// let client = Client::builder()
    ///     .without_environment()
    ///     .region("ap-guangzhou")
    ///     .credential(Credential::new("AKIDEXAMPLE", "secret key")?)
    ///     .build()?;
    /// let client = blocking::Client::from_async(client)?;
    /// assert_eq!(client.as_async().region(), Some("ap-guangzhou"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_usage`] if no thread can be started.
    pub fn from_async(client: crate::Client) -> Result<Self, Error> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("cvm-client")
            .enable_all()
            .build()
            .map_err(|error| Error::usage("cannot start the runtime").with_source(error))?;
        Ok(Self { client, runtime: Arc::new(OwnRuntime(Some(runtime))) })
    }

    /// Runs anything that the async client offers on the client's own thread, and waits for it.
    ///
    /// # Errors
    ///
    /// The error of the call; [`Error::is_usage`] if this is a call inside a call of the same client.
    pub fn run<T, F>(&self, call: impl FnOnce(crate::Client) -> F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: IntoFuture<Output = Result<T, Error>>,
        F::IntoFuture: Send + 'static,
    {
        self.wait_for(call(self.client.clone()).into_future())?
    }

    /// The async client, which shares rate limits, retry budgets and credentials with this one.
    #[must_use]
    pub const fn as_async(&self) -> &crate::Client {
        &self.client
    }

    /// Runs a future on the client's own thread. A panic in it, for example in a callback, reaches the caller.
    ///
    /// `Runtime::block_on` is no alternative: it panics on every thread of another runtime.
    fn wait_for<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Error> {
        let runtime = self.usable_runtime()?;
        let (sender, receiver) = sync_channel(1);
        let mut future = Box::pin(in_current_span(future));
        #[cfg(feature = "test-util")]
        let running = crate::testing::RunningHandlers::current();
        let call = poll_fn(move |context| {
            let poll = || future.as_mut().poll(context);
            #[cfg(feature = "test-util")]
            let poll = || running.clone().inside(poll);
            match catch_unwind(AssertUnwindSafe(poll)) {
                Ok(Poll::Pending) => Poll::Pending,
                Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
                Err(panic) => Poll::Ready(Err(panic)),
            }
        });
        runtime.spawn(async move {
            // The receiver exists: it waits without a timeout.
            let _ = sender.send(call.await);
        });
        match receiver.recv() {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => Err(thread_has_ended()),
        }
    }

    /// The runtime, unless a call from this thread would deadlock.
    fn usable_runtime(&self) -> Result<&Runtime, Error> {
        let runtime = self.runtime.0.as_ref().ok_or_else(thread_has_ended)?;
        if Handle::try_current().is_ok_and(|here| here.id() == runtime.handle().id()) {
            return Err(Error::usage(
                "a blocking client was called inside one of its own calls, which would deadlock: \
                 move the call to another thread, or use another client",
            ));
        }
        Ok(runtime)
    }

    /// As [`crate::Client::in_region`].
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        self.with(self.client.in_region(region))
    }

    /// As [`crate::Client::with_operation_timeout`].
    #[must_use]
    pub fn with_operation_timeout(&self, timeout: Duration) -> Self {
        self.with(self.client.with_operation_timeout(timeout))
    }

    /// As [`crate::Client::with_max_attempts`].
    #[must_use]
    pub fn with_max_attempts(&self, attempts: u32) -> Self {
        self.with(self.client.with_max_attempts(attempts))
    }

    /// As [`crate::Client::with_fresh_connections`].
    #[must_use]
    pub fn with_fresh_connections(&self) -> Self {
        self.with(self.client.with_fresh_connections())
    }

    fn with(&self, client: crate::Client) -> Self {
        Self { client, runtime: Arc::clone(&self.runtime) }
    }

    /// As [`crate::Client::send`].
    ///
    /// # Errors
    ///
    /// As [`crate::Client::send`].
    pub fn send<A: Action>(&self, request: A) -> Result<A::Response, Error> {
        self.run(|client| async move { client.send(request).await })
    }

    /// As [`crate::Client::send_with_report`].
    ///
    /// # Errors
    ///
    /// As [`crate::Client::send`].
    pub fn send_with_report<A: Action>(
        &self,
        request: A,
    ) -> Result<(A::Response, CallReport), Error> {
        self.run(|client| async move { client.send_with_report(request).await })
    }

    /// As [`crate::Client::send_with`].
    ///
    /// # Errors
    ///
    /// As [`crate::Client::send_with`].
    pub fn send_with<A: Action>(
        &self,
        request: A,
        extra: serde_json::Value,
    ) -> Result<(A::Response, CallReport), Error> {
        self.run(|client| async move { client.send_with(request, extra).await })
    }

    /// As [`crate::Client::call_action`].
    ///
    /// # Errors
    ///
    /// As [`crate::Client::call_action`].
    pub fn call_action(
        &self,
        action: &UntypedAction,
        members: serde_json::Value,
    ) -> Result<UntypedResponse, Error> {
        let action = action.clone();
        self.run(|client| async move { client.call_action(&action, members).await })
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
    ) -> Result<UntypedResponse, Error> {
        self.run(|client| async move { client.call(info, members).await })
    }

    /// As [`crate::Client::prepare`].
    ///
    /// # Errors
    ///
    /// As [`crate::Client::prepare`].
    pub fn prepare<A: Action>(&self, request: A) -> Result<PreparedRequest, Error> {
        self.run(|client| async move { client.prepare(request).await })
    }

    /// As [`crate::Client::wait`].
    ///
    /// # Errors
    ///
    /// As [`crate::waiting::WaitProgressStream::try_next`].
    pub fn wait(&self, waiter: Waiter) -> Result<WaitReport, Error> {
        self.run(|client| client.wait(waiter))
    }

    /// As [`wait`](Self::wait), with a callback after every poll.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    pub fn wait_with_progress(
        &self,
        waiter: Waiter,
        callback: impl FnMut(&WaitProgress) + Send + 'static,
    ) -> Result<WaitReport, Error> {
        self.run(|client| client.wait(waiter).on_progress(callback))
    }

    /// As [`crate::Client::wait_until`], for one item or more.
    ///
    /// # Errors
    ///
    /// As [`crate::waiting::WaitUntil`].
    pub fn wait_until<A, F, V>(&self, list: A, decide: F) -> Result<Vec<A::Item>, Error>
    where
        A: Paginate,
        F: FnMut(&A::Item) -> V + Send + 'static,
        V: Into<WaitVerdict>,
    {
        self.run(|client| client.wait_until(list, decide))
    }

    /// As [`crate::Client::reconcile`].
    ///
    /// # Errors
    ///
    /// If a poll fails with an error that does not pass.
    pub fn reconcile(&self, waiter: Waiter) -> Result<Reconciliation, Error> {
        self.run(|client| client.reconcile(waiter))
    }

    /// As [`crate::Client::reconcile_creation`], with the expected number of items and a settle time that starts now.
    ///
    /// # Errors
    ///
    /// If a poll fails with an error that does not pass.
    pub fn reconcile_creation<A: Paginate>(
        &self,
        list: A,
        expected: usize,
        matches: impl FnMut(&A::Item) -> bool + Send + 'static,
    ) -> Result<CreatedResources<A::Item>, Error> {
        self.run(|client| client.reconcile_creation(list, matches).expected(expected))
    }

    /// As [`crate::Client::items`], as an iterator. It ends after an error.
    pub fn items<A: Paginate>(&self, request: A) -> Items<A> {
        Items { list: Some(self.client.items(request)), client: self.clone(), has_failed: false }
    }

    /// As [`crate::Client::pages`], as an iterator. It ends after an error.
    pub fn pages<A: Paginate>(&self, request: A) -> Pages<A> {
        Pages { list: Some(self.client.pages(request)), client: self.clone(), has_failed: false }
    }
}

fn thread_has_ended() -> Error {
    Error::usage("the thread of the blocking client has ended")
}

macro_rules! list_iterators {
    ($($(#[$doc:meta])* $name:ident of $item:ty;)+) => { $(
        $(#[$doc])*
        #[derive(Debug)]
        #[must_use = "a list is read only when it is iterated"]
        pub struct $name<A: Paginate> {
            /// `None` while the client's thread uses it, and after a panic there.
            list: Option<crate::pagination::$name<A>>,
            client: Client,
            has_failed: bool,
        }

        impl<A: Paginate> $name<A> {
            /// As [`crate::pagination::Pages::page_size`].
            pub fn page_size(mut self, items: u64) -> Self {
                self.list = self.list.map(|list| list.page_size(items));
                self
            }

            /// As [`crate::pagination::Pages::parallel`].
            pub fn parallel(mut self, pages: usize) -> Self {
                self.list = self.list.map(|list| list.parallel(pages));
                self
            }

            /// As [`crate::pagination::Pages::resume`].
            pub fn resume(mut self, position: Position) -> Self {
                self.list = self.list.map(|list| list.resume(position));
                self
            }

            /// The next element; `None` after the last one. After an error, the same page can be requested again.
            ///
            /// # Errors
            ///
            /// As [`crate::pagination::Pages::try_next`]; [`Error::is_usage`] if this is a call inside a call of the
            /// same client, or if an earlier read panicked, for example in an interceptor. After a panic every call
            /// fails, because the position in the list is lost.
            pub fn try_next(&mut self) -> Result<Option<$item>, Error> {
                // A panic leaves it false, so that the iterator reports the error too.
                self.has_failed = false;
                let next = self.read_next();
                self.has_failed = next.is_err();
                next
            }

            fn read_next(&mut self) -> Result<Option<$item>, Error> {
                // The list would be lost with a future that cannot run.
                self.client.usable_runtime()?;
                let Some(mut list) = self.list.take() else {
                    let text = "the rest of the list cannot be read, because an earlier read panicked: read the \
                                list again, or resume a new one at the `next` of the last page";
                    return Err(Error::usage(text).with_action(A::INFO.name));
                };
                let (list, next) = self.client.wait_for(async move {
                    let next = list.try_next().await;
                    (list, next)
                })?;
                self.list = Some(list);
                next
            }
        }

        impl<A: Paginate> Iterator for $name<A> {
            type Item = Result<$item, Error>;

            fn next(&mut self) -> Option<Self::Item> {
                if self.has_failed {
                    return None;
                }
                self.try_next().transpose()
            }
        }
    )+ };
}
list_iterators! {
    /// The items of a list.
    Items of A::Item;
    /// The pages of a list.
    Pages of Page<A::Item>;
}
