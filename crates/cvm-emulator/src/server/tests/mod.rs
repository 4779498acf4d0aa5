//! Attacks on the server over in-memory pipes, in virtual time.

mod framing;
mod many;
mod pipes;
mod slow;
mod stop;
mod streams;
mod tls;
