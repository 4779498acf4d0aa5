//! The client without async, for programs that have no runtime: scripts, tests, build tools.
//!
//! ```no_run
//! # fn example<A: cvm_transport::Action>(request: A) -> Result<(), cvm_transport::Error> {
//! let client = cvm_transport::blocking::Client::from_env()?;
//! let response = client.send(request)?;
//! # drop(response);
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::task::Poll;

use cvm_protocol::{Action, ActionInfo, Paginate, Waiter};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::http::PreparedRequest;
use crate::observe::CallReport;
use crate::observe::trace::in_current_span;
use crate::waiting::{CreatedResources, Reconciliation, WaitProgress, WaitReport};
use crate::{ClientBuilder, Error, UntypedResponse};

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
        Self::of(builder.build()?)
    }

    /// As [`crate::Client::from_env`].
    ///
    /// # Errors
    ///
    /// As [`crate::Client::from_env`].
    pub fn from_env() -> Result<Self, Error> {
        let this = Self::new(crate::Client::builder())?;
        this.wait_for(crate::Client::from_env())??;
        Ok(this)
    }

    fn of(client: crate::Client) -> Result<Self, Error> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("cvm-client")
            .enable_all()
            .build()
            .map_err(|error| Error::usage("cannot start the runtime").with_source(error))?;
        Ok(Self { client, runtime: Arc::new(OwnRuntime(Some(runtime))) })
    }

    /// Runs a call on the client's own thread and waits for it.
    fn call_async<T, F>(&self, call: impl FnOnce(crate::Client) -> F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        self.wait_for(call(self.client.clone()))?
    }

    /// Runs a future on the client's own thread. A panic in it, for example in a callback, reaches the caller.
    ///
    /// `Runtime::block_on` is no alternative: it panics on every thread of another runtime.
    fn wait_for<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Error> {
        let ended = || Error::usage("the thread of the blocking client has ended");
        let runtime = self.runtime.0.as_ref().ok_or_else(ended)?;
        if Handle::try_current().is_ok_and(|here| here.id() == runtime.handle().id()) {
            return Err(Error::usage(
                "a blocking client was called inside one of its own calls, which would deadlock: \
                 move the call to another thread, or use another client",
            ));
        }
        let (sender, receiver) = sync_channel(1);
        let mut future = Box::pin(in_current_span(future));
        let call = poll_fn(move |context| {
            match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
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
            Err(_) => Err(ended()),
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
        self.call_async(|client| async move { client.send(request).await })
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
        self.call_async(|client| async move { client.send_with_report(request).await })
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
        self.call_async(|client| async move { client.call(info, members).await })
    }

    /// As [`crate::Client::prepare`].
    ///
    /// # Errors
    ///
    /// As [`crate::Client::prepare`].
    pub fn prepare<A: Action>(&self, request: A) -> Result<PreparedRequest, Error> {
        self.call_async(|client| async move { client.prepare(request).await })
    }

    /// As [`crate::Client::wait`].
    ///
    /// # Errors
    ///
    /// As [`crate::waiting::WaitProgressStream::try_next`].
    pub fn wait(&self, waiter: Waiter) -> Result<WaitReport, Error> {
        self.wait_for(self.client.wait(waiter).into_future())?
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
        self.wait_for(self.client.wait(waiter).on_progress(callback).into_future())?
    }

    /// As [`crate::Client::reconcile`].
    ///
    /// # Errors
    ///
    /// If a poll fails with an error that does not pass.
    pub fn reconcile(&self, waiter: Waiter) -> Result<Reconciliation, Error> {
        self.wait_for(self.client.reconcile(waiter).into_future())?
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
        let search = self.client.reconcile_creation(list, matches).expected(expected);
        self.wait_for(search.into_future())?
    }

    /// As [`crate::Client::items`], as an iterator. After an error it continues with the same page.
    pub fn items<A: Paginate>(&self, request: A) -> Items<A> {
        Items { items: Some(self.client.items(request)), client: self.clone() }
    }
}

/// The items of a list.
#[derive(Debug)]
pub struct Items<A: Paginate> {
    /// `None` while the client's thread uses it.
    items: Option<crate::pagination::Items<A>>,
    client: Client,
}

impl<A: Paginate> Iterator for Items<A> {
    type Item = Result<A::Item, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut items = self.items.take()?;
        let next = self.client.wait_for(async move {
            let next = items.try_next().await;
            (items, next)
        });
        match next {
            Ok((items, next)) => {
                self.items = Some(items);
                next.transpose()
            }
            Err(error) => Some(Err(error)),
        }
    }
}
