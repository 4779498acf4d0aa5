//! Attacks on the server over pipes in memory, in virtual time.

mod framing;
mod many;
mod pipes;
mod slow;
mod stop;
