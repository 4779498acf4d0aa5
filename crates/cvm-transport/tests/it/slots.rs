//! A request that was never sent returns its rate-limit slot.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cvm_transport::{
    BoxFuture, Exchange, HeaderMapMut, HttpErrorKind, Interceptor, RateLimitKey, RateLimiter,
    RateLimiterError,
};

use crate::actions::{KillThings, ListThings};
use crate::fake_service::{Fake, Reply};

/// The numbers of the granted slots, and of the returned ones.
#[derive(Clone, Debug, Default)]
struct Book(Arc<Mutex<(Vec<u64>, Vec<u64>)>>);

impl RateLimiter for Book {
    fn acquire<'a>(
        &'a self,
        call: &'a RateLimitKey<'a>,
    ) -> BoxFuture<'a, Result<(), RateLimiterError>> {
        self.0.lock().unwrap().0.push(call.number);
        Box::pin(async { Ok(()) })
    }

    fn give_back(&self, call: &RateLimitKey<'_>) {
        self.0.lock().unwrap().1.push(call.number);
    }
}

impl Book {
    fn is_all_given_back(&self) -> bool {
        let (given, back) = &*self.0.lock().unwrap();
        !given.is_empty() && given == back
    }

    fn is_all_used(&self) -> bool {
        let (given, back) = &*self.0.lock().unwrap();
        !given.is_empty() && back.is_empty()
    }
}

fn with_book(reply: impl Fn() -> Reply + Send + Sync + 'static) -> (cvm_transport::Client, Book) {
    let book = Book::default();
    let fake = Fake::new(move |_, _| reply());
    (fake.builder().rate_limiter(book.clone()).build().unwrap(), book)
}

fn kill() -> KillThings {
    KillThings { thing_ids: vec!["thing-1".into()] }
}

#[tokio::test(start_paused = true)]
async fn unsent_request_returns_its_slot() {
    for held in [true, false] {
        // Dropped by the caller.
        let (client, book) = with_book(move || Reply::Silent { held });
        let five = Duration::from_secs(5);
        assert!(tokio::time::timeout(five, client.send(kill())).await.is_err());
        assert_eq!((book.is_all_given_back(), book.is_all_used()), (held, !held), "dropped");
        assert!(tokio::time::timeout(five, client.send(ListThings::default())).await.is_err());
        assert_eq!((book.is_all_given_back(), book.is_all_used()), (held, !held), "dropped");

        // Ended by its deadline, after more than one attempt.
        let (client, book) = with_book(move || Reply::Silent { held });
        client.send(ListThings::default()).await.unwrap_err();
        assert_eq!((book.is_all_given_back(), book.is_all_used()), (held, !held), "deadline");
    }
    for (kind, is_sent) in [(HttpErrorKind::NotSent, false), (HttpErrorKind::PossiblySent, true)] {
        let (client, book) = with_book(move || Reply::Fails(kind));
        client.send(ListThings::default()).await.unwrap_err();
        let shown = format!("{kind:?}");
        assert_eq!((book.is_all_given_back(), book.is_all_used()), (!is_sent, is_sent), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn answered_request_uses_its_slot() {
    for reply in [Reply::healthy, || Reply::refusal("LimitExceeded", Vec::new())] {
        let (client, book) = with_book(reply);
        let _ = client.send(ListThings::default()).await;
        assert!(book.is_all_used());
    }
}

/// Lets no request be signed.
#[derive(Debug)]
struct Stop;

impl Interceptor for Stop {
    fn before_signing(&self, _: &Exchange<'_>, _: &mut HeaderMapMut) -> Result<(), String> {
        Err("stop".into())
    }
}

#[tokio::test(start_paused = true)]
async fn unsignable_request_returns_its_slot() {
    let book = Book::default();
    let fake = Fake::new(|_, _| Reply::healthy());
    let client = fake.builder().rate_limiter(book.clone()).interceptor(Stop).build().unwrap();
    assert!(client.send(kill()).await.unwrap_err().is_usage());
    assert!(book.is_all_given_back());
    assert_eq!(fake.asked(), 0);
}
