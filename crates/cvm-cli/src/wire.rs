//! `--show-wire`: the signed request and the answer as they went over the wire, secrets masked.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cvm_models::{Exchange, MaskedRequest, MaskedResponse, WireObserver};

use crate::{output, terminal};

/// Where the wire is shown.
#[derive(Clone, Copy, Debug)]
pub enum Show {
    /// On standard error, beside an answer that another program may read.
    Stderr,
    /// On standard output, as part of a story.
    Stdout,
}

/// Shows every exchange of a client, unless it is muted for a while.
#[derive(Clone, Debug)]
pub struct Wire {
    show: Show,
    muted: Arc<AtomicBool>,
}

impl Wire {
    /// Shows exchanges there.
    pub fn new(show: Show) -> Self {
        Self { show, muted: Arc::default() }
    }

    /// Holds back what follows: the polls of a waiter would bury everything else.
    pub fn mute(&self, muted: bool) {
        self.muted.store(muted, Ordering::Relaxed);
    }

    fn show(&self, mark: char, head: &str, message: &dyn fmt::Display) {
        if self.muted.load(Ordering::Relaxed) {
            return;
        }
        let mut text = format!("{mark} {}\n", terminal::visible(head));
        for line in message.to_string().lines() {
            text.push_str(&format!("{mark} {}\n", terminal::visible(line)));
        }
        match self.show {
            Show::Stderr => output::eprint(text.trim_end()),
            // Who reads no more of the story has seen enough; the call goes on.
            Show::Stdout => drop(output::print(&text)),
        }
    }
}

impl WireObserver for Wire {
    fn request(&self, exchange: &Exchange<'_>, request: &MaskedRequest) {
        let head = format!("{}, attempt {}", exchange.action, exchange.attempt);
        self.show('>', &head, request);
    }

    fn response(&self, exchange: &Exchange<'_>, response: &MaskedResponse) {
        let head =
            format!("{}, attempt {}: {}", exchange.action, exchange.attempt, response.outcome);
        self.show('<', &head, response);
    }
}
