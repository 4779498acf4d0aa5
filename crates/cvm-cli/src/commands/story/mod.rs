//! The chapters of the quickstart, and the one who tells them.

pub mod cloud;
pub mod launch;
pub mod resize;
mod teller;

pub use teller::Teller;
