//! `--show-wire`: signed requests and responses as they were transferred, with secrets masked.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cvm_models::http::MaskedRequest;
use cvm_models::observe::{Exchange, MaskedResponse, WireObserver};

use crate::{output, terminal};

/// Where requests and responses are shown.
#[derive(Clone, Copy, Debug)]
pub enum Show {
    /// On standard error, because another program may read the response on standard output.
    Stderr,
    /// On standard output, as part of the quickstart.
    Stdout,
}

/// Shows every exchange of a client, except while it is muted.
#[derive(Clone, Debug)]
pub struct Wire {
    show: Show,
    muted: Arc<AtomicBool>,
}

impl Wire {
    /// Shows exchanges on this stream.
    pub fn new(show: Show) -> Self {
        Self { show, muted: Arc::default() }
    }

    /// Hides the following exchanges: the polls of a waiter would hide everything else.
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
            // A closed pipe does not end the call.
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
