//! Pages of a list that are read before their turn.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::task::Poll;

use crate::Error;
use crate::http::BoxFuture;

/// Pages that are being read before their turn. They are part of the reader and no tasks of their own:
/// dropping the reader stops them.
pub(crate) struct Ahead<R>(VecDeque<(u64, Reading<R>)>);

enum Reading<R> {
    Running(BoxFuture<'static, Result<R, Error>>),
    Ended(Result<R, Error>),
}

impl<R> Default for Ahead<R> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<R: Send + 'static> Ahead<R> {
    pub(crate) fn holds(&self, offset: u64) -> bool {
        self.0.iter().any(|(own, _)| *own == offset)
    }

    pub(crate) fn begin(
        &mut self,
        offset: u64,
        reading: impl Future<Output = Result<R, Error>> + Send + 'static,
    ) {
        self.0.push_back((offset, Reading::Running(Box::pin(reading))));
    }

    pub(crate) fn keep(&mut self, wanted: &[u64]) {
        self.0.retain(|(offset, _)| wanted.contains(offset));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Goes on with all readings until this one has ended. An error throws the others away.
    pub(crate) async fn take(&mut self, offset: u64) -> Result<R, Error> {
        poll_fn(|context| {
            for (_, reading) in &mut self.0 {
                if let Reading::Running(future) = reading
                    && let Poll::Ready(ended) = future.as_mut().poll(context)
                {
                    *reading = Reading::Ended(ended);
                }
            }
            let ended = |(own, reading): &(u64, Reading<R>)| {
                *own == offset && matches!(reading, Reading::Ended(_))
            };
            match self.0.iter().position(ended).and_then(|index| self.0.remove(index)) {
                Some((_, Reading::Ended(Ok(response)))) => Poll::Ready(Ok(response)),
                Some((_, Reading::Ended(Err(error)))) => {
                    self.0.clear();
                    Poll::Ready(Err(error))
                }
                _ => Poll::Pending,
            }
        })
        .await
    }
}
