//! The journal: a change is written to a file before its first byte is sent, so that neither a crash of this
//! program nor one of the machine loses track of it.

pub mod clocks;
mod directory;
pub mod entry;
mod entry_file;
mod entry_id;
mod entry_serde;
mod guard;
mod lock;
pub mod prior_item;
pub mod token_guard;

pub use directory::{Journal, ListedEntry, VARIABLE};
pub use guard::{JournalGuard, ReservedEntry};
