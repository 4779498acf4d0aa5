//! Reads lists page by page.

pub(crate) mod cursor;
pub(crate) mod paginator;
pub(crate) mod prefetch;

pub use cursor::Position;
pub use paginator::{Items, Page, Pages};
