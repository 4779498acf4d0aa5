//! The chapters of the quickstart, and the one who tells them.

pub mod cloud;
pub mod launch;
mod printer;
pub mod resize;

pub use printer::Printer;
